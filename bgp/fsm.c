/*
 * The state machine, one function per state; see the header.
 *
 * Two departures from the letter of RFC 4271: a NOTIFICATION is never answered with one (section
 * 6.4 wins over 8.2.2), and a peer's Cease/7 before the session is up leads to Active, not Idle,
 * because the connection that won may be about to be accepted.
 */
#include "bgp/fsm.h"

#include "bgp/wire/frame.h"

static struct bgp_step stay(enum bgp_state s)
{
    return (struct bgp_step){s, 0, 0, 0};
}

static struct bgp_step go(enum bgp_state next, unsigned actions)
{
    return (struct bgp_step){next, (uint16_t)actions, 0, 0};
}

/* Ends the connection with a NOTIFICATION and waits. */
static struct bgp_step fail(unsigned code, unsigned subcode)
{
    return (struct bgp_step){BGP_IDLE, BGP_DO_DROP | BGP_DO_PAUSE, (uint8_t)code, (uint8_t)subcode};
}

static struct bgp_step in_idle(enum bgp_fsm_event e)
{
    switch (e) {
    case BGP_EV_START:
    case BGP_EV_AUTO_START:
    case BGP_EV_DAMPED_START:
    case BGP_EV_IDLE_HOLD_TIMER:
        return go(BGP_CONNECT, BGP_DO_CONNECT | BGP_DO_RETRY);
    case BGP_EV_START_PASSIVE:
    case BGP_EV_AUTO_START_PASSIVE:
    case BGP_EV_DAMPED_START_PASSIVE:
        return go(BGP_ACTIVE, 0);
    case BGP_EV_TCP_ACKED:
    case BGP_EV_TCP_CONFIRMED:
        return go(BGP_IDLE, BGP_DO_DROP);
    default:
        return stay(BGP_IDLE);
    }
}

static struct bgp_step in_connect(enum bgp_fsm_event e)
{
    switch (e) {
    case BGP_EV_START:
    case BGP_EV_AUTO_START:
    case BGP_EV_START_PASSIVE:
    case BGP_EV_AUTO_START_PASSIVE:
    case BGP_EV_DAMPED_START:
    case BGP_EV_DAMPED_START_PASSIVE:
    case BGP_EV_TCP_VALID:
    case BGP_EV_TCP_INVALID:
        return stay(BGP_CONNECT);
    case BGP_EV_STOP:
        return go(BGP_IDLE, BGP_DO_DROP);
    case BGP_EV_RETRY_TIMER:
        return go(BGP_CONNECT, BGP_DO_DROP | BGP_DO_CONNECT | BGP_DO_RETRY);
    case BGP_EV_TCP_ACKED:
    case BGP_EV_TCP_CONFIRMED:
        return go(BGP_OPENSENT, BGP_DO_OPEN);
    case BGP_EV_TCP_FAILS:
    case BGP_EV_NOTIFICATION_COLLISION:
        return go(BGP_ACTIVE, BGP_DO_DROP | BGP_DO_RETRY);
    default:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_PAUSE);
    }
}

static struct bgp_step in_active(enum bgp_fsm_event e)
{
    switch (e) {
    case BGP_EV_START:
    case BGP_EV_AUTO_START:
    case BGP_EV_START_PASSIVE:
    case BGP_EV_AUTO_START_PASSIVE:
    case BGP_EV_DAMPED_START:
    case BGP_EV_DAMPED_START_PASSIVE:
    case BGP_EV_TCP_VALID:
    case BGP_EV_TCP_INVALID:
        return stay(BGP_ACTIVE);
    case BGP_EV_STOP:
        return go(BGP_IDLE, BGP_DO_DROP);
    case BGP_EV_RETRY_TIMER:
        return go(BGP_CONNECT, BGP_DO_CONNECT | BGP_DO_RETRY);
    case BGP_EV_TCP_ACKED:
    case BGP_EV_TCP_CONFIRMED:
        return go(BGP_OPENSENT, BGP_DO_OPEN);
    case BGP_EV_NOTIFICATION_COLLISION:
        return go(BGP_ACTIVE, BGP_DO_DROP | BGP_DO_RETRY);
    default:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_PAUSE);
    }
}

/* Events whose outcome is the same in OpenSent, OpenConfirm and Established. unexpected: the FSM
 * error subcode of RFC 6608 for a message that does not belong into the state. */
static struct bgp_step connected(enum bgp_state s, enum bgp_fsm_event e, unsigned unexpected)
{
    switch (e) {
    case BGP_EV_START:
    case BGP_EV_AUTO_START:
    case BGP_EV_START_PASSIVE:
    case BGP_EV_AUTO_START_PASSIVE:
    case BGP_EV_DAMPED_START:
    case BGP_EV_DAMPED_START_PASSIVE:
    case BGP_EV_TCP_VALID: /* a second connection has a machine of its own */
    case BGP_EV_TCP_INVALID:
    case BGP_EV_TCP_ACKED:
    case BGP_EV_TCP_CONFIRMED:
        return stay(s);
    case BGP_EV_STOP:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_FAULT);
    case BGP_EV_AUTO_STOP:
    case BGP_EV_HEADER_ERROR:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_FAULT | BGP_DO_PAUSE);
    case BGP_EV_HOLD_TIMER:
        return fail(BGP_ERR_HOLD, 0);
    case BGP_EV_SEND_HOLD_TIMER:
        return fail(BGP_ERR_SEND_HOLD, 0);
    case BGP_EV_COLLISION:
        return fail(BGP_ERR_CEASE, BGP_CEASE_COLLISION);
    case BGP_EV_TCP_FAILS:
    case BGP_EV_NOTIFICATION:
    case BGP_EV_NOTIFICATION_VERSION:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_PAUSE);
    case BGP_EV_NOTIFICATION_COLLISION:
        return go(BGP_ACTIVE, BGP_DO_DROP | BGP_DO_RETRY);
    case BGP_EV_OPEN:
    case BGP_EV_OPEN_ERROR:
    case BGP_EV_KEEPALIVE:
    case BGP_EV_UPDATE:
    case BGP_EV_UPDATE_ERROR:
    case BGP_EV_REFRESH:
        return fail(BGP_ERR_FSM, unexpected);
    default: /* a timer that cannot run here */
        return fail(BGP_ERR_FSM, 0);
    }
}

static struct bgp_step in_opensent(enum bgp_fsm_event e)
{
    switch (e) {
    case BGP_EV_TCP_FAILS:
        return go(BGP_ACTIVE, BGP_DO_DROP | BGP_DO_RETRY);
    case BGP_EV_OPEN:
        return go(BGP_OPENCONFIRM, BGP_DO_CONFIRM);
    case BGP_EV_OPEN_ERROR:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_FAULT | BGP_DO_PAUSE);
    default:
        return connected(BGP_OPENSENT, e, 1);
    }
}

static struct bgp_step in_openconfirm(enum bgp_fsm_event e)
{
    switch (e) {
    case BGP_EV_KEEPALIVE_TIMER:
        return go(BGP_OPENCONFIRM, BGP_DO_KEEPALIVE);
    case BGP_EV_KEEPALIVE:
        return go(BGP_ESTABLISHED, BGP_DO_HOLD | BGP_DO_UP);
    default:
        return connected(BGP_OPENCONFIRM, e, 2);
    }
}

static struct bgp_step in_established(enum bgp_fsm_event e)
{
    switch (e) {
    case BGP_EV_KEEPALIVE_TIMER:
        return go(BGP_ESTABLISHED, BGP_DO_KEEPALIVE);
    case BGP_EV_KEEPALIVE:
    case BGP_EV_UPDATE:
    case BGP_EV_REFRESH:
        return go(BGP_ESTABLISHED, BGP_DO_HOLD);
    case BGP_EV_UPDATE_ERROR:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_FAULT | BGP_DO_PAUSE);
    case BGP_EV_NOTIFICATION_COLLISION:
        return go(BGP_IDLE, BGP_DO_DROP | BGP_DO_PAUSE);
    default:
        return connected(BGP_ESTABLISHED, e, 3);
    }
}

struct bgp_step bgp_fsm_step(enum bgp_state state, enum bgp_fsm_event event)
{
    switch (state) {
    case BGP_CONNECT:
        return in_connect(event);
    case BGP_ACTIVE:
        return in_active(event);
    case BGP_OPENSENT:
        return in_opensent(event);
    case BGP_OPENCONFIRM:
        return in_openconfirm(event);
    case BGP_ESTABLISHED:
        return in_established(event);
    case BGP_IDLE:
        break;
    }
    return in_idle(event);
}

/* VRP's displays and logs name some of these; the others are formed alike. The reason counts only
 * when the event lowers the state: a KEEPALIVE does so where none is expected. */
static const struct {
    const char *name, *input, *reason;
} events[BGP_EVENTS] = {
    [BGP_EV_START] = {"Start", "START", NULL},
    [BGP_EV_STOP] = {"Stop", "STOP", "Configuration lead peer down"},
    [BGP_EV_AUTO_START] = {"Start", "START", NULL},
    [BGP_EV_START_PASSIVE] = {"Start", "START", NULL},
    [BGP_EV_AUTO_START_PASSIVE] = {"Start", "START", NULL},
    [BGP_EV_DAMPED_START] = {"IHTimerExpired", "IH_TIMER", NULL},
    [BGP_EV_DAMPED_START_PASSIVE] = {"IHTimerExpired", "IH_TIMER", NULL},
    [BGP_EV_AUTO_STOP] = {"Stop", "STOP", "Remote peer not reachable"},
    [BGP_EV_RETRY_TIMER] = {"CRTimerExpired", "CR_TIMER", NULL},
    [BGP_EV_HOLD_TIMER] = {"HoldTimerExpired", "HOLD_TIMER", "Hold timer expire"},
    [BGP_EV_KEEPALIVE_TIMER] = {"KATimerExpired", "KA_TIMER", NULL},
    [BGP_EV_DELAY_OPEN_TIMER] = {"ODTimerExpired", "OD_TIMER", NULL},
    [BGP_EV_IDLE_HOLD_TIMER] = {"IHTimerExpired", "IH_TIMER", NULL},
    [BGP_EV_TCP_VALID] = {"TcpValid", "TCP_VALID", NULL},
    [BGP_EV_TCP_INVALID] = {"TcpInvalid", "TCP_INVALID", NULL},
    [BGP_EV_TCP_ACKED] = {"TcpOpened", "TCP_OPENED", NULL},
    [BGP_EV_TCP_CONFIRMED] = {"TcpOpened", "TCP_OPENED", NULL},
    [BGP_EV_TCP_FAILS] = {"TcpFail", "TCP_FAIL", "Remote peer not reachable"},
    [BGP_EV_OPEN] = {"RecvOpen", "RECV_OPEN", "Receive error packet"},
    [BGP_EV_OPEN_DELAYED] = {"RecvOpen", "RECV_OPEN", NULL},
    [BGP_EV_HEADER_ERROR] = {"RecvErrorPacket", "RECV_ERROR_PACKET", "Receive error packet"},
    [BGP_EV_OPEN_ERROR] = {"RecvErrorPacket", "RECV_ERROR_PACKET", "Receive error packet"},
    [BGP_EV_COLLISION] = {"OpenCollision", "OPEN_COLLISION", NULL},
    [BGP_EV_NOTIFICATION_VERSION] = {"RecvNotification", "RECV_NOTIFICATION",
                                     "Receive notification"},
    [BGP_EV_NOTIFICATION] = {"RecvNotification", "RECV_NOTIFICATION", "Receive notification"},
    [BGP_EV_KEEPALIVE] = {"RecvKeepalive", "RECV_KEEPALIVE", "Receive error packet"},
    [BGP_EV_UPDATE] = {"RecvUpdate", "RECV_UPDATE", "Receive error packet"},
    [BGP_EV_UPDATE_ERROR] = {"RecvErrorPacket", "RECV_ERROR_PACKET", "Receive error packet"},
    [BGP_EV_SEND_HOLD_TIMER] = {"SendHoldTimerExpired", "SEND_HOLD_TIMER", "Hold timer expire"},
    [BGP_EV_REFRESH] = {"RecvRouteRefresh", "RECV_ROUTE_REFRESH", "Receive error packet"},
    [BGP_EV_NOTIFICATION_COLLISION] = {"RecvNotification", "RECV_NOTIFICATION",
                                       "Receive notification"},
};

const char *bgp_fsm_event_name(enum bgp_fsm_event event)
{
    return events[event].name;
}

const char *bgp_fsm_input(enum bgp_fsm_event event)
{
    return events[event].input;
}

const char *bgp_fsm_reason(enum bgp_fsm_event event)
{
    return events[event].reason;
}
