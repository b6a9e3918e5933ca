/*
 * The state machine of RFC 4271 section 8 as a pure function.
 *
 * bgp_fsm_step() maps (state, event) to the next state and what has to be done; it touches nothing.
 * peer.c carries the steps out. Event numbers are those of RFC 4271 8.1, then this speaker's own.
 */
#ifndef VRPSH_BGP_FSM_H
#define VRPSH_BGP_FSM_H

#include "bgp/bgp.h"

enum bgp_fsm_event {
    BGP_EV_START = 1,          /* ManualStart */
    BGP_EV_STOP,               /* ManualStop */
    BGP_EV_AUTO_START,         /* AutomaticStart */
    BGP_EV_START_PASSIVE,      /* ManualStart_with_PassiveTcpEstablishment */
    BGP_EV_AUTO_START_PASSIVE, /* AutomaticStart_with_PassiveTcpEstablishment */
    BGP_EV_DAMPED_START,       /* AutomaticStart_with_DampPeerOscillations */
    BGP_EV_DAMPED_START_PASSIVE,
    BGP_EV_AUTO_STOP,
    BGP_EV_RETRY_TIMER,      /* ConnectRetryTimer_Expires */
    BGP_EV_HOLD_TIMER,       /* HoldTimer_Expires */
    BGP_EV_KEEPALIVE_TIMER,  /* KeepaliveTimer_Expires */
    BGP_EV_DELAY_OPEN_TIMER, /* DelayOpen is not used: its events are errors of the FSM */
    BGP_EV_IDLE_HOLD_TIMER,
    BGP_EV_TCP_VALID,     /* TcpConnection_Valid */
    BGP_EV_TCP_INVALID,   /* Tcp_CR_Invalid */
    BGP_EV_TCP_ACKED,     /* Tcp_CR_Acked: our connect succeeded */
    BGP_EV_TCP_CONFIRMED, /* TcpConnectionConfirmed: the peer's connection was accepted */
    BGP_EV_TCP_FAILS,     /* TcpConnectionFails */
    BGP_EV_OPEN,          /* BGPOpen, valid */
    BGP_EV_OPEN_DELAYED,  /* BGPOpen with DelayOpenTimer running */
    BGP_EV_HEADER_ERROR,
    BGP_EV_OPEN_ERROR,
    BGP_EV_COLLISION, /* OpenCollisionDump: this connection lost */
    BGP_EV_NOTIFICATION_VERSION,
    BGP_EV_NOTIFICATION,
    BGP_EV_KEEPALIVE,
    BGP_EV_UPDATE,
    BGP_EV_UPDATE_ERROR,
    BGP_EV_SEND_HOLD_TIMER,        /* RFC 9687 event 29 */
    BGP_EV_REFRESH,                /* RFC 2918; treated as RFC 4271 treats UPDATE */
    BGP_EV_NOTIFICATION_COLLISION, /* the peer says that this connection lost: Cease/7 */
    BGP_EVENTS
};

enum {                          /* what a step asks for, in the order it is done */
       BGP_DO_DROP = 1 << 0,    /* end the connection; with the NOTIFICATION of the step, if any */
       BGP_DO_FAULT = 1 << 1,   /* ... of the caller instead: it knows what is wrong */
       BGP_DO_CONNECT = 1 << 2, /* open a TCP connection */
       BGP_DO_RETRY = 1 << 3,   /* (re)start the connect-retry timer */
       BGP_DO_OPEN = 1 << 4,    /* send OPEN, large hold timer */
       BGP_DO_CONFIRM = 1 << 5, /* send KEEPALIVE, negotiated hold and keepalive timers */
       BGP_DO_KEEPALIVE = 1 << 6, /* send KEEPALIVE, restart its timer */
       BGP_DO_HOLD = 1 << 7,      /* restart the hold timer */
       BGP_DO_UP = 1 << 8,        /* the session is established */
       BGP_DO_PAUSE = 1 << 9      /* an error: wait the idle-hold time before the next start */
};

struct bgp_step {
    enum bgp_state next;
    uint16_t actions;      /* BGP_DO_ flags */
    uint8_t code, subcode; /* NOTIFICATION of BGP_DO_DROP; code 0: none */
};

struct bgp_step bgp_fsm_step(enum bgp_state state, enum bgp_fsm_event event);

/* VRP's name of the event for displays and for logs, and its D1 reason when a session ends, or
 * NULL. */
const char *bgp_fsm_event_name(enum bgp_fsm_event event);
const char *bgp_fsm_input(enum bgp_fsm_event event);
const char *bgp_fsm_reason(enum bgp_fsm_event event);

#endif
