/*
 * The framed protocol between a terminal (client) and the host, over a Unix stream socket.
 *
 * A frame is a 4-octet big-endian length of what follows, one type octet, then the body. Bodies
 * are built and read with the helpers below; strings are a 4-octet length and UTF-8 bytes without
 * NUL. A frame longer than PROTO_MAX, an unknown type or a short body ends the connection. The two
 * ends are the same program, but not always the same version of it: HELLO and WELCOME carry
 * PROTO_VERSION and a mismatch is refused with a sentence a person understands.
 */
#ifndef VRPSH_PROTO_H
#define VRPSH_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTO_VERSION 2
#define PROTO_MAX (1u << 20) /* octets after the length field */
#define PROTO_LINE_MAX 4096  /* longest input line; longer is an error the host reports */

enum proto_type {
    /* client -> host */
    PROTO_HELLO = 1, /* struct proto_hello, first frame */
    PROTO_LINE,      /* str: one input line, no newline; may exceed PROTO_LINE_MAX */
    PROTO_HELP,      /* str: text before the cursor when "?" was pressed */
    PROTO_TAB,       /* str: text before the cursor */
    PROTO_INTR,      /* empty: Ctrl-C while a command runs */
    PROTO_SIZE,      /* u16 rows, u16 columns */
    PROTO_EOF,       /* empty: no more input (end of batch, Ctrl-D) */
    PROTO_STOP,      /* empty: end the host ("vrpsh --stop"); instead of any line */
    PROTO_AHEAD,     /* empty: the LINE that follows was typed before its prompt was shown */
    /* host -> client */
    PROTO_WELCOME = 64, /* u16 version, u32 session id */
    PROTO_REFUSED,      /* str: why; then the host closes */
    PROTO_PROMPT,       /* u8 flags (PROTO_PROMPT_*), u16 page length (0: no paging), str text,
                           u32 seconds after which an idle session ends (0: never):
                           the last line is done, the next may come */
    PROTO_OUT,          /* u8 flags (PROTO_OUT_*), str text */
    PROTO_DIAG,         /* u8 severity ('E' error, 'W' warning, 'I' info), u32 line number (1 is the
                           first PROTO_LINE), u32 column (1 is the first octet, 0 none), str text */
    PROTO_COMPLETE,     /* answer to TAB: u32 offset of the word being completed, u16 n, n str */
    PROTO_HELPED,       /* answer to HELP, after its PROTO_OUT frames: empty */
    PROTO_LOG,          /* str: a message line to show above whatever is being typed */
    PROTO_RESULT,       /* u32 line number as of DIAG, str a JSON object: what the line came to */
    PROTO_BYE           /* u8 exit code; then the host closes */
};

#define PROTO_PROMPT_QUESTION 1 /* a question: the line is an answer, keep it out of history */
#define PROTO_PROMPT_SECRET 2   /* do not echo */
#define PROTO_PROMPT_FORGET 4   /* the line before held a secret: keep it out of history */
#define PROTO_PROMPT_ROWS 8 /* the page length is that of the terminal, whatever it has become */
#define PROTO_OUT_PAGED 1   /* display output: goes through the pager on a terminal */

/* How the client behaves, said once. */
struct proto_hello {
    uint16_t version;
    bool interactive;    /* a person or a program on a terminal: prompts, echo, questions */
    bool keep_going;     /* batch: -k */
    bool json;           /* --json */
    bool atomic;         /* batch: one commit at the end, or none */
    bool dry_run;        /* batch: no commit, the changes are shown */
    bool login;          /* a login shell: the banner of one is wanted */
    uint16_t rows, cols; /* 0 when not a terminal */
    char tty[64];        /* "pts/3", "" when there is none */
    char from[64];       /* remote address when known (SSH_CLIENT), else "" */
};

/* --- writing: a growing buffer ------------------------------------------------------- */
struct proto_buf {
    uint8_t *bytes;
    size_t n, cap;
    size_t frame; /* offset of the frame being written */
};
void proto_begin(struct proto_buf *b, enum proto_type t);
void proto_u8(struct proto_buf *b, uint8_t v);
void proto_u16(struct proto_buf *b, uint16_t v);
void proto_u32(struct proto_buf *b, uint32_t v);
void proto_str(struct proto_buf *b, const char *s, size_t n);
void proto_end(struct proto_buf *b); /* fills in the length */
void proto_hello_write(struct proto_buf *b, const struct proto_hello *h);
void proto_buf_free(struct proto_buf *b);

/* --- reading: a bounds-checked cursor over one frame --------------------------------- */
struct proto_frame {
    enum proto_type type;
    const uint8_t *p, *end; /* the unread rest of the body */
    bool bad;               /* a read went past the end; every later read gives zero */
};
/* Finds a whole frame at the start of bytes: its size, 0 when more bytes are needed, -1 when the
 * connection must end. */
long proto_next(const uint8_t *bytes, size_t n, struct proto_frame *out);
uint8_t proto_get_u8(struct proto_frame *f);
uint16_t proto_get_u16(struct proto_frame *f);
uint32_t proto_get_u32(struct proto_frame *f);
const char *proto_get_str(struct proto_frame *f,
                          size_t *n); /* not NUL-terminated, into the frame */
bool proto_hello_read(struct proto_frame *f, struct proto_hello *out);

#endif
