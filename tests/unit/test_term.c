/*
 * The terminal on a pseudo terminal, octet for octet, against a host whose sessions answer every
 * line with itself. What is checked is what programs that drive the shell depend on: echo without
 * noise on every kind of terminal, nothing typed ahead lost or shown twice.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/term/pager.h"
#include "cli/term/term.h"
#include "engine/host.h"

/* --- the made-up session ------------------------------------------------------------- */

struct fake {
    struct host_conn *conn;
    unsigned page, left;
    bool held, sizes, pouring, ahead;
    unsigned idle;
};

static void say(struct fake *s, enum proto_type t, int flags, const char *text)
{
    struct proto_buf b = {0};
    proto_begin(&b, t);
    if (flags >= 0) {
        proto_u8(&b, (uint8_t)flags);
    }
    if (t == PROTO_PROMPT) {
        proto_u16(&b, (uint16_t)s->page);
    }
    proto_str(&b, text, strlen(text));
    if (t == PROTO_PROMPT) {
        proto_u32(&b, s->idle);
    }
    proto_end(&b);
    host_send(s->conn, &b);
    proto_buf_free(&b);
}

static void ask(struct fake *s, int flags, const char *text)
{
    say(s, PROTO_PROMPT, flags, text);
    host_ready(s->conn);
}

static void pour(void *session)
{
    struct fake *s = session;
    static const char text[] = "0123456789 0123456789 0123456789 0123456789 0123456789\n";
    while (s->pouring && s->left) {
        struct proto_buf b = {0};
        s->left--;
        proto_begin(&b, PROTO_OUT);
        proto_u8(&b, PROTO_OUT_PAGED);
        proto_str(&b, text, sizeof text - 1);
        proto_end(&b);
        bool more = host_send(s->conn, &b);
        proto_buf_free(&b);
        if (!more) {
            return;
        }
    }
    if (s->pouring) {
        s->pouring = false;
        ask(s, 0, "<R>");
    }
}

static void line(struct fake *s, const char *text)
{
    char buf[6000];
    unsigned n;
    if (sscanf(text, "page %u", &n) == 1) {
        s->page = n;
    } else if (sscanf(text, "idle %u", &n) == 1) {
        s->idle = n;
    } else if (sscanf(text, "lines %u", &n) == 1) {
        for (unsigned i = 1; i <= n; i++) {
            snprintf(buf, sizeof buf, "line %u\n", i);
            say(s, PROTO_OUT, PROTO_OUT_PAGED, buf);
        }
    } else if (sscanf(text, "pour %u", &n) == 1) {
        s->pouring = true;
        s->left = n;
        pour(s);
        return;
    } else if (strcmp(text, "hold") == 0) {
        s->held = true;
        return;
    } else if (strcmp(text, "sleep") == 0) {
        usleep(150000);
        say(s, PROTO_OUT, 0, "slept\n");
    } else if (strcmp(text, "sizes") == 0) {
        s->sizes = true;
    } else if (strcmp(text, "ask") == 0) {
        ask(s, PROTO_PROMPT_QUESTION, "Sure? [Y/N]:");
        return;
    } else if (strcmp(text, "secret") == 0) {
        ask(s, PROTO_PROMPT_SECRET | PROTO_PROMPT_QUESTION, "Password:");
        return;
    } else if (strcmp(text, "quit") == 0) {
        host_bye(s->conn, 0);
        return;
    } else if (strcmp(text, "die") == 0) {
        raise(SIGKILL);
    } else if (*text) {
        snprintf(buf, sizeof buf, "%s[%s]\n", s->ahead ? "ahead" : "got", text);
        s->ahead = false;
        say(s, PROTO_OUT, 0, buf);
    }
    ask(s, 0, "<R>");
}

static void candidates(struct fake *s, const char *text)
{
    struct proto_buf b = {0};
    const char *word = strrchr(text, ' ');
    word = word ? word + 1 : text;
    proto_begin(&b, PROTO_COMPLETE);
    proto_u32(&b, (uint32_t)(word - text));
    if (strcmp(text, "\a") == 0) {
        proto_u16(&b, 1);
        proto_str(&b, "the hotkey", 10);
    } else if (strcmp(word, "di") == 0) {
        proto_u16(&b, 1);
        proto_str(&b, "display", 7);
    } else if (strcmp(word, "pe") == 0) {
        proto_u16(&b, 2);
        proto_str(&b, "peer", 4);
        proto_str(&b, "performance", 11);
    } else {
        proto_u16(&b, 0);
    }
    proto_end(&b);
    host_send(s->conn, &b);
    proto_buf_free(&b);
}

static void frame(void *session, struct proto_frame *f)
{
    struct fake *s = session;
    char text[5000] = "", buf[6000];
    size_t n = 0;
    if (f->type == PROTO_LINE || f->type == PROTO_HELP || f->type == PROTO_TAB) {
        const char *str = proto_get_str(f, &n);
        snprintf(text, sizeof text, "%.*s", (int)n, str);
    }
    switch (f->type) {
    case PROTO_LINE:
        line(s, text);
        break;
    case PROTO_HELP:
        snprintf(buf, sizeof buf, "help[%s]\n", text);
        say(s, PROTO_OUT, PROTO_OUT_PAGED, buf);
        struct proto_buf b = {0};
        proto_begin(&b, PROTO_HELPED);
        proto_end(&b);
        host_send(s->conn, &b);
        proto_buf_free(&b);
        break;
    case PROTO_TAB:
        candidates(s, text);
        break;
    case PROTO_INTR:
        if (s->held) /* output would not be shown any more */
            say(s, PROTO_LOG, -1, "INTR");
        else
            say(s, PROTO_OUT, 0, "INTR\n");
        s->held = s->pouring = false;
        ask(s, 0, "<R>");
        break;
    case PROTO_AHEAD:
        s->ahead = true;
        break;
    case PROTO_SIZE:
        if (s->sizes) {
            unsigned rows = proto_get_u16(f);
            snprintf(buf, sizeof buf, "size %ux%u", rows, proto_get_u16(f));
            say(s, PROTO_LOG, -1, buf);
        }
        break;
    default:
        host_bye(s->conn, 5);
    }
}

static bool start(void *ctx, struct uv_loop_s *loop, char *err, size_t errlen)
{
    (void)ctx, (void)loop, (void)err, (void)errlen;
    return true;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void *open_session(void *ctx, struct host_conn *conn, const struct host_peer *peer,
                          const struct proto_hello *hello, char *err, size_t errlen)
{
    (void)ctx, (void)peer, (void)hello, (void)err, (void)errlen;
    struct fake *s = calloc(1, sizeof *s);
    s->conn = conn;
    s->page = 24;
    say(s, PROTO_OUT, 0, "hello\n");
    ask(s, 0, "<R>");
    return s;
}

static const struct host_ops ops = {.start = start,
                                    .stop = nothing,
                                    .open = open_session,
                                    .frame = frame,
                                    .drained = pour,
                                    .close = free,
                                    .idle = nothing};

/* --- the terminal -------------------------------------------------------------------- */

static const char *const terms[] = {"xterm", "dumb", NULL};
static char dir[64], db[128], history[128];
static pid_t host, shell;
static int tty = -1;

static void start_host(void)
{
    int p[2];
    char reply;
    ck_assert_int_eq(pipe(p), 0);
    host = fork();
    if (host == 0) {
        struct host_opts o = {.db = db, .ready_fd = p[1]};
        _exit(host_run(&o, &ops, NULL));
    }
    close(p[1]);
    ck_assert_int_eq(read(p[0], &reply, 1), 1);
    close(p[0]);
}

static void start_shell(const char *name)
{
    struct winsize ws = {.ws_row = 24, .ws_col = 40};
    shell = forkpty(&tty, NULL, NULL, &ws);
    ck_assert_int_ge(shell, 0);
    if (shell == 0) {
        struct client c;
        char err[256];
        struct proto_hello h = {.version = PROTO_VERSION, .interactive = true};
        if (name) {
            setenv("TERM", name, 1);
        } else {
            unsetenv("TERM");
        }
        if (client_connect(&c, db) != 0 ||
            client_greet(&c, &h, err, sizeof err) != CLIENT_WELCOME) {
            _exit(99);
        }
        _exit(term_run(&c, history));
    }
}

static void setup(void)
{
    strcpy(dir, "/tmp/vrpsh-term.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(db, sizeof db, "%s/x.db", dir);
    snprintf(history, sizeof history, "%s/state/history", dir);
    start_host();
}

static void teardown(void)
{
    char cmd[128];
    if (tty >= 0) {
        close(tty);
    }
    kill(host, SIGTERM);
    waitpid(host, NULL, 0);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(cmd), 0);
}

static void type(const char *keys)
{
    ck_assert_int_eq(write(tty, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* All that appears until nothing more does; exactly what is expected must come. */
static void see(const char *expected)
{
    static char got[70000];
    size_t n = 0, len = strlen(expected);
    while (n < sizeof got - 1) {
        struct pollfd p = {.fd = tty, .events = POLLIN};
        if (poll(&p, 1, n < len ? 60000 : 30) <= 0) {
            break;
        }
        ssize_t r = read(tty, got + n, sizeof got - 1 - n);
        if (r <= 0) {
            break;
        }
        n += (size_t)r;
    }
    got[n] = '\0';
    ck_assert_str_eq(got, expected);
}

static int ended(void)
{
    int status;
    ck_assert_int_eq(waitpid(shell, &status, 0), shell);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define BEGIN(name)                                                                                \
    start_shell(name);                                                                             \
    see("hello\r\n<R>")

/* --- tests --------------------------------------------------------------------------- */

START_TEST(echo)
{
    BEGIN(terms[_i]);
    type("d");
    see("d");
    type("isplay clock");
    see("isplay clock");
    type("\r");
    see("\r\ngot[display clock]\r\n<R>");
    type("abc\n");
    see("abc\r\ngot[abc]\r\n<R>");
    type("\r\n"); /* one Enter */
    see("\r\n<R>");
    type("gr\xc3\xbc\xc3\x9f"
         "e \xff \xe2\x82\xac\r");
    see("gr\xc3\xbc\xc3\x9f"
        "e \xff \xe2\x82\xac\r\ngot[gr\xc3\xbc\xc3\x9f"
        "e \xff \xe2\x82\xac]\r\n<R>");
}
END_TEST

START_TEST(echo_of_a_line_that_wraps)
{
    static const char text[] = "the quick brown fox jumps over the lazy dog and then some more, "
                               "over two margins and beyond, until it ends here";
    char out[400];
    BEGIN(terms[_i]);
    type(text);
    see(text);
    type("\r");
    snprintf(out, sizeof out, "\r\ngot[%s]\r\n<R>", text);
    see(out);
}
END_TEST

START_TEST(editing)
{
    BEGIN(terms[_i]);
    type("abd");
    see("abd");
    type("\002c"); /* ^B */
    see("\bcd\b");
    type("\177");
    see("\bd \b\b");
    type("\001"); /* ^A */
    see("\b\b");
    type("\005"); /* ^E */
    see("abd");
    type("\177\177\177");
    see("\b \b\b \b\b \b");
    type("\177");
    see("\a");
    type("one two three\033b\033bX\r");
    see("one two three\b\b\b\b\b\b\b\b\bXtwo three\b\b\b\b\b\b\b\b\btwo three\r\ngot[one Xtwo "
        "three]\r\n<R>");
    type("one two\027\027three\r"); /* ^W */
    see("one two\b\b\b   \b\b\b\b\b\b\b    \b\b\b\bthree\r\ngot[three]\r\n<R>");
    type("abcdef\002\002\002\030\005\r"); /* ^X */
    see("abcdef\b\b\b\b\b\bdef   \b\b\b\b\b\bdef\r\ngot[def]\r\n<R>");
    type("abcdef\002\002\002\031\r"); /* ^Y */
    see("abcdef\b\b\b   \b\b\b\r\ngot[abc]\r\n<R>");
    type("abc\025x\r"); /* ^U */
    see("abc\b\b\b   \b\b\bx\r\ngot[x]\r\n<R>");
    type("abc\001\004\r"); /* ^D */
    see("abc\b\b\bbc \b\b\bbc\r\ngot[bc]\r\n<R>");
    type("abc\022"); /* ^R */
    see("abc\r\n<R>abc");
    type("\003"); /* ^C */
    see("\r\n<R>");
    type("\026?\026\001\r"); /* ^V */
    see("?^A\r\ngot[?\001]\r\n<R>");
}
END_TEST

START_TEST(recall)
{
    BEGIN(terms[_i]);
    type("one\rtwo\rtwo\rask\rno\r");
    see("one\r\ngot[one]\r\n<R>two\r\ngot[two]\r\n<R>two\r\ngot[two]\r\n<R>ask\r\nSure? "
        "[Y/N]:no\r\nahead[no]\r\n<R>");
    type("\020\020\020"); /* ^P */
    see("ask\b\b\btwo\b\b\bone");
    type("\033n\r");
    see("\b\b\btwo\r\ngot[two]\r\n<R>");
    type("\033[A\033[A\033[B\r");
    see("two\b\b\bask\b\b\btwo\r\ngot[two]\r\n<R>");
    type("quit\r");
    see("quit\r\n");
    ck_assert_int_eq(ended(), 0);
    close(tty);
    BEGIN(terms[_i]); /* kept for the next session */
    type("\020\020\r");
    see("quit\b\b\b\btwo \b\r\ngot[two]\r\n<R>");
    struct stat st;
    ck_assert_int_eq(stat(history, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(help)
{
    BEGIN(terms[_i]);
    type("display ?");
    see("display \r\nhelp[display ]\r\n<R>display ");
    type("x\001?");
    see("x\b\b\b\b\b\b\b\b\bdisplay x\r\nhelp[]\r\n<R>display x\b\b\b\b\b\b\b\b\b");
    type("\005 \"a?b\"\r"); /* within quotes it is a character */
    see("display x \"a?b\"\r\ngot[display x \"a?b\"]\r\n<R>");
    type("ask\r");
    see("ask\r\nSure? [Y/N]:");
    type("?\r");
    see("?\r\ngot[?]\r\n<R>");
}
END_TEST

START_TEST(tab)
{
    BEGIN(terms[_i]);
    type("di\t");
    see("display ");
    type("x\t");
    see("x\a");
    type(" pe\t");
    see(" peer");
    type("\t");
    see("\b\brformance");
    type("\t");
    see("\b\b\b\b\b\b\b\b\ber       \b\b\b\b\b\b\b");
    type(" 1\r");
    see(" 1\r\ngot[display x peer 1]\r\n<R>");
}
END_TEST

START_TEST(control_keys)
{
    BEGIN(terms[_i]);
    type("half a line\003");
    see("half a line\r\n<R>");
    type("half\032"); /* ^Z */
    see("half\r\ngot[return]\r\n<R>");
    type("hold\r");
    see("hold\r\n");
    type("\003");
    see("INTR\r\n<R>");
    type("ask\r");
    see("ask\r\nSure? [Y/N]:");
    type("\003"); /* is heard by the command that asks */
    see("\r\nINTR\r\n<R>");
    type("\004"); /* ^D on an empty line */
    see("\r\n");
    ck_assert_int_eq(ended(), 5);
}
END_TEST

START_TEST(secret)
{
    BEGIN(terms[_i]);
    type("secret\r");
    see("secret\r\nPassword:");
    type("swordfish\r");
    see("\r\ngot[swordfish]\r\n<R>");
    type("\020\r");
    see("secret\r\nPassword:");
}
END_TEST

START_TEST(typed_ahead)
{
    BEGIN(terms[_i]);
    type("one\rtwo\rthree\r");
    see("one\r\ngot[one]\r\n<R>two\r\ngot[two]\r\n<R>three\r\ngot[three]\r\n<R>");
    type("one\ntwo\nthr");
    see("one\r\ngot[one]\r\n<R>two\r\ngot[two]\r\n<R>thr");
    type("\r");
    see("\r\ngot[thr]\r\n<R>");
    type("sleep\r");
    usleep(30000);
    type("next\rla");
    usleep(30000);
    type("st");
    see("sleep\r\nslept\r\n<R>next\r\ngot[next]\r\n<R>last");
    type("\r");
    see("\r\ngot[last]\r\n<R>");
}
END_TEST

START_TEST(many_lines_pasted)
{
    static char keys[60000], expected[200000];
    size_t k = 0, e = 0;
    BEGIN("xterm");
    for (int i = 0; i < 1000; i++) {
        k += (size_t)snprintf(keys + k, sizeof keys - k, "line number %d\r", i);
        e += (size_t)snprintf(expected + e, sizeof expected - e,
                              "line number %d\r\ngot[line number %d]\r\n<R>", i, i);
    }
    /* The kernel holds 4 KiB of input: writing and reading must go on together. */
    pid_t writer = fork();
    if (writer == 0) {
        for (size_t at = 0; at < k;) {
            ssize_t n = write(tty, keys + at, k - at < 200 ? k - at : 200);
            at += n > 0 ? (size_t)n : 0;
        }
        _exit(0);
    }
    see(expected);
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
}
END_TEST

#define ERASE "\033[16D                \033[16D"

START_TEST(pages)
{
    BEGIN(terms[_i]);
    type("page 4\r");
    see("page 4\r\n<R>");
    type("lines 3\r");
    see("lines 3\r\nline 1\r\nline 2\r\nline 3\r\n<R>");
    type("lines 9\r");
    see("lines 9\r\nline 1\r\nline 2\r\nline 3\r\n  ---- More ----");
    type("x"); /* no key of the pager */
    see("");
    type("\r");
    see(ERASE "line 4\r\n  ---- More ----");
    type(" ");
    see(ERASE "line 5\r\nline 6\r\nline 7\r\n  ---- More ----");
    type(" ");
    see(ERASE "line 8\r\nline 9\r\n<R>");
    type("pour 100000\r");
    see("pour 100000\r\n"
        "0123456789 0123456789 0123456789 0123456789 0123456789\r\n"
        "0123456789 0123456789 0123456789 0123456" /* the row that wraps is the fourth */
        "  ---- More ----");
    usleep(100000); /* as much as is held back has come by now */
    type("q");
    see(ERASE "<R>");
}
END_TEST

START_TEST(host_dies_behind_a_page)
{
    BEGIN("xterm");
    type("page 3\rlines 5\r");
    see("page 3\r\n<R>lines 5\r\nline 1\r\nline 2\r\n  ---- More ----");
    kill(host, SIGKILL);
    waitpid(host, NULL, 0);
    see("");
    type("  ");
    see(ERASE "line 3\r\nline 4\r\n  ---- More ----" ERASE
              "line 5\r\n<R>\r\nInfo: The host has ended.\r\n");
    ck_assert_int_eq(ended(), 3);
    start_host();
}
END_TEST

START_TEST(resize)
{
    BEGIN("xterm");
    struct winsize ws = {.ws_row = 30, .ws_col = 60};
    type("abc");
    see("abc");
    ck_assert_int_eq(ioctl(tty, TIOCSWINSZ, &ws), 0);
    see(""); /* a line that fits is left alone */
    type("\025sizes\rabc\002");
    see("\b\b\b   \b\b\bsizes\r\n<R>abc\b");
    ws.ws_col = 50;
    ck_assert_int_eq(ioctl(tty, TIOCSWINSZ, &ws), 0);
    see("\r\033[Jsize 30x50\r\n<R>abc\b"); /* a message above the line being typed */
    type("\r");
    see("c\r\ngot[abc]\r\n<R>");
}
END_TEST

START_TEST(ends)
{
    struct termios before, after;
    BEGIN("xterm");
    ck_assert_int_eq(tcgetattr(tty, &after), 0);
    ck_assert_uint_eq(after.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
    ck_assert_uint_eq(after.c_iflag & (ICRNL | INLCR | IGNCR | IXON), 0);
    ck_assert_uint_eq(after.c_cc[VMIN], 1);
    type("x\r");
    see("x\r\ngot[x]\r\n<R>");
    ck_assert_int_eq(tcgetattr(tty, &before), 0);
    ck_assert_mem_eq(before.c_cc, after.c_cc, sizeof before.c_cc);
    ck_assert_uint_eq(before.c_lflag, after.c_lflag);
    ck_assert_uint_eq(before.c_iflag, after.c_iflag);
    type("abc");
    see("abc");
    kill(shell, SIGTERM);
    see("\r\n");
    ck_assert_int_eq(ended(), 1);
    close(tty);
    BEGIN("xterm");
    type("abc");
    see("abc");
    close(tty); /* hangs up */
    tty = -1;
    ck_assert_int_eq(ended(), 1);
    BEGIN("xterm");
    type("abc");
    see("abc");
    kill(host, SIGKILL);
    see("\r\nInfo: The host has ended.\r\n");
    ck_assert_int_eq(ended(), 3);
    waitpid(host, NULL, 0);
    start_host();
}
END_TEST

START_TEST(page_arithmetic)
{
    struct pager p;
    pager_begin(&p, 0, 80);
    ck_assert_uint_eq(pager_fit(&p, "a\nb\nc\n", 6), 6);
    pager_begin(&p, 3, 80);
    ck_assert_uint_eq(pager_fit(&p, "a\nb\nc\n", 6), 4);
    ck_assert_uint_eq(pager_fit(&p, "c\n", 2), 0);
    ck_assert_int_eq(pager_key(&p, '\r'), PAGER_GO);
    ck_assert_uint_eq(pager_fit(&p, "c\nd\n", 4), 2);
    ck_assert_int_eq(pager_key(&p, ' '), PAGER_GO);
    ck_assert_uint_eq(pager_fit(&p, "d\n", 2), 2);
    ck_assert_uint_eq(pager_fit(&p, "e\n", 2), 2);
    ck_assert_uint_eq(pager_fit(&p, "\n", 1), 0);
    ck_assert_int_eq(pager_key(&p, 'x'), PAGER_IGNORE);
    ck_assert_int_eq(pager_key(&p, 3), PAGER_STOP);
    pager_begin(&p, 3, 4); /* a full row is one row; one more character makes it two */
    ck_assert_uint_eq(pager_fit(&p, "abcd\nabcd\n", 10), 10);
    pager_begin(&p, 3, 4);
    ck_assert_uint_eq(pager_fit(&p, "abcde\nf", 7), 6);
    pager_begin(&p, 2, 4);
    ck_assert_uint_eq(pager_fit(&p, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4x", 9), 8);
    pager_begin(&p, 1, 80);
    ck_assert_uint_eq(pager_fit(&p, "a\nb\n", 4), 2);
}
END_TEST

/* A key that stands for a command enters that, whatever was on the line. */
START_TEST(hotkeys)
{
    BEGIN(terms[_i]);
    type("\a");
    see("the hotkey\r\ngot[the hotkey]\r\n<R>");
    type("\f"); /* stands for nothing */
    see("\a");
    type("abc");
    see("abc");
    type("\025x\r");
    see("\b\b\b   \b\b\bx\r\ngot[x]\r\n<R>");
}
END_TEST

#define HELD "  ---- More ----"

START_TEST(pager_goes_back_and_filters)
{
    BEGIN("vt100");
    type("page 3\r");
    see("page 3\r\n<R>");
    type("lines 9\r");
    see("lines 9\r\nline 1\r\nline 2\r\n" HELD);
    type(" ");
    see(PAGER_ERASE "line 3\r\nline 4\r\n" HELD);
    type("b");
    see(PAGER_ERASE "line 1\r\nline 2\r\n" HELD);
    type("x"); /* no key of the pager */
    type("/[79]");
    see(PAGER_ERASE "/[79]");
    type("\r");
    see("\b \b\b \b\b \b\b \b\b \bline 7\r\nline 8\r\n" HELD);
    type(" ");
    see(PAGER_ERASE "line 9\r\n<R>");
    type("lines 9\r -[3-8]\r");
    see("lines 9\r\nline 1\r\nline 2\r\n" HELD PAGER_ERASE "line 3\r\nline 4\r\n" HELD PAGER_ERASE
        "-[3-8]\b \b\b \b\b \b\b \b\b \b\b \bline 9\r\n<R>");
}
END_TEST

/* Only a line that was there before the question was asked is marked. */
START_TEST(ahead_of_a_question)
{
    BEGIN("vt100");
    type("ask\rnext\r");
    see("ask\r\nSure? [Y/N]:next\r\nahead[next]\r\n<R>");
    type("ask\r\n");
    see("ask\r\nSure? [Y/N]:");
    type("next\r\n");
    see("next\r\ngot[next]\r\n<R>");
}
END_TEST

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Each key begins the time anew. Nothing is learnt where the keys come too late. */
START_TEST(idle)
{
    BEGIN("vt100");
    type("idle 3\r");
    see("idle 3\r\n<R>");
    for (int i = 0; i < 2; i++) {
        double since = now();
        usleep(1600000);
        if (now() - since > 2.2) {
            return;
        }
        type(i ? "y" : "x");
        see(i ? "y" : "x");
    }
    see("\r\033[JInfo: The session ends: nothing has been typed for too long.\r\n<R>xy\r\n");
    ck_assert_int_eq(ended(), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("term");
    TCase *t = tcase_create("term");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, echo, 0, 3);
    tcase_add_loop_test(t, echo_of_a_line_that_wraps, 0, 3);
    tcase_add_loop_test(t, editing, 0, 3);
    tcase_add_loop_test(t, recall, 0, 3);
    tcase_add_loop_test(t, help, 0, 3);
    tcase_add_loop_test(t, tab, 0, 3);
    tcase_add_loop_test(t, control_keys, 0, 3);
    tcase_add_loop_test(t, secret, 0, 3);
    tcase_add_loop_test(t, typed_ahead, 0, 3);
    tcase_add_test(t, many_lines_pasted);
    tcase_add_loop_test(t, pages, 0, 3);
    tcase_add_test(t, host_dies_behind_a_page);
    tcase_add_test(t, resize);
    tcase_add_test(t, ends);
    tcase_add_test(t, page_arithmetic);
    tcase_add_loop_test(t, hotkeys, 0, 2);
    tcase_add_test(t, pager_goes_back_and_filters);
    tcase_add_test(t, ahead_of_a_question);
    tcase_add_test(t, idle);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
