/*
 * The host with made-up sessions: what reaches a session and in which order, back-pressure both
 * ways, the lock, the socket, and every way for a client or the host to end.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/host.h"

/* --- the made-up session: every line is answered by its own text, some lines do more --- */

struct fake {
    struct host_conn *conn;
    bool interactive;
    bool held; /* "hold" keeps the next line waiting until INTR */
    unsigned flood;
    bool counting;
    unsigned lines;
};
static unsigned idles;

static void out(struct fake *s, const char *text, size_t n)
{
    struct proto_buf b = {0};
    proto_begin(&b, PROTO_OUT);
    proto_u8(&b, 0);
    proto_str(&b, text, n);
    proto_end(&b);
    host_send(s->conn, &b);
    proto_buf_free(&b);
}

static void flood(struct fake *s)
{
    static char text[1000];
    memset(text, 'f', sizeof text);
    bool more = true;
    while (s->flood && more) {
        struct proto_buf b = {0};
        proto_begin(&b, PROTO_OUT);
        proto_u8(&b, 0);
        proto_str(&b, text, sizeof text);
        proto_end(&b);
        more = host_send(s->conn, &b);
        proto_buf_free(&b);
        s->flood--;
    }
    if (!s->flood) {
        host_ready(s->conn);
    }
}

static bool start(void *ctx, struct uv_loop_s *loop, char *err, size_t errlen)
{
    (void)loop;
    if (ctx) {
        snprintf(err, errlen, "%s", (const char *)ctx);
    }
    return !ctx;
}

static void stop(void *ctx)
{
    (void)ctx;
}

static void *open_session(void *ctx, struct host_conn *conn, const struct host_peer *peer,
                          const struct proto_hello *hello, char *err, size_t errlen)
{
    (void)ctx;
    if (strcmp(hello->tty, "refuse") == 0) {
        snprintf(err, errlen, "not today");
        return NULL;
    }
    struct fake *s = calloc(1, sizeof *s);
    s->conn = conn;
    s->interactive = hello->interactive;
    if (peer->uid != getuid() || peer->pid == 0) {
        out(s, "bad peer", 8);
    }
    return s;
}

static void line(struct fake *s, const char *text, size_t n)
{
    char buf[64];
    s->lines++;
    if (n == 4 && memcmp(text, "hold", 4) == 0) {
        s->held = true;
        return;
    }
    if (n > 6 && memcmp(text, "flood ", 6) == 0) {
        s->flood = (unsigned)strtoul(text + 6, NULL, 10);
        flood(s);
        return;
    }
    if (n == 3 && memcmp(text, "bye", 3) == 0) {
        host_bye(s->conn, 7);
        return;
    }
    if (n == 7 && memcmp(text, "pending", 7) == 0) {
        out(s, host_pending(s->conn) ? "yes" : "no", host_pending(s->conn) ? 3 : 2);
    } else if (n == 5 && memcmp(text, "idles", 5) == 0) {
        out(s, buf, (size_t)snprintf(buf, sizeof buf, "%u", idles));
    } else if (n == 5 && memcmp(text, "count", 5) == 0) {
        s->counting = true;
    } else if (!s->counting) {
        out(s, text, n);
    }
    host_ready(s->conn);
}

static void frame(void *session, struct proto_frame *f)
{
    struct fake *s = session;
    char buf[64];
    size_t n;
    const char *text;
    switch (f->type) {
    case PROTO_LINE:
        text = proto_get_str(f, &n);
        line(s, text, n);
        break;
    case PROTO_INTR:
        out(s, "INTR", 4);
        if (s->held) {
            s->held = false;
            host_ready(s->conn);
        }
        break;
    case PROTO_SIZE:
        out(s, buf, (size_t)snprintf(buf, sizeof buf, "SIZE %u", proto_get_u16(f)));
        break;
    case PROTO_EOF:
        out(s, buf, (size_t)snprintf(buf, sizeof buf, "lines %u", s->lines));
        host_bye(s->conn, 0);
        break;
    default:
        out(s, "other", 5);
    }
}

static void drained(void *session)
{
    flood(session);
}

static void close_session(void *session)
{
    free(session);
}

static void idle(void *ctx)
{
    (void)ctx;
    idles++;
}

static const struct host_ops ops = {.start = start,
                                    .stop = stop,
                                    .open = open_session,
                                    .frame = frame,
                                    .drained = drained,
                                    .close = close_session,
                                    .idle = idle};

/* --- the client side of the tests ---------------------------------------------------- */

static char dir[64], db[128], sock[160];
static pid_t host;

static pid_t spawn(bool private_host, char *why, char *reply, size_t size)
{
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(p[0]);
        if (!freopen("/dev/null", "w", stderr)) {
            _exit(9);
        }
        struct host_opts o = {.db = db, .ready_fd = p[1], .end_with_client = private_host};
        _exit(host_run(&o, &ops, why));
    }
    close(p[1]);
    ssize_t n = read(p[0], reply, size - 1);
    ck_assert_int_gt(n, 0);
    reply[n] = '\0';
    close(p[0]);
    return pid;
}

static int reap(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void setup(void)
{
    strcpy(dir, "/tmp/vrpsh-host.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(db, sizeof db, "%s/a/b/x.db", dir);
    ck_assert(host_socket_path(db, sock, sizeof sock));
    char reply[256];
    host = spawn(false, NULL, reply, sizeof reply);
    ck_assert_str_eq(reply, "");
}

static void teardown(void)
{
    char cmd[128];
    if (host > 0) {
        kill(host, SIGTERM);
        ck_assert_int_eq(reap(host), 0);
        ck_assert_int_lt(access(sock, F_OK), 0);
    }
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(cmd), 0);
}

static int dial(void)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    ck_assert(host_socket_path(db, sa.sun_path, sizeof sa.sun_path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    return fd;
}

static void put(int fd, struct proto_buf *b)
{
    ck_assert_int_eq(send(fd, b->bytes, b->n, MSG_NOSIGNAL), (ssize_t)b->n);
    b->n = 0;
}

static void add_line(struct proto_buf *b, const char *text)
{
    proto_begin(b, PROTO_LINE);
    proto_str(b, text, strlen(text));
    proto_end(b);
}

static void add(struct proto_buf *b, enum proto_type t)
{
    proto_begin(b, t);
    proto_end(b);
}

static uint8_t in[1 << 20];
static size_t nin, used;

/* The next frame as text: "OUT text", "BYE 0", ... "END" at the end of the connection. */
static const char *get(int fd)
{
    static char text[5000];
    struct proto_frame f;
    long size;
    memmove(in, in + used, nin - used);
    nin -= used;
    used = 0;
    while ((size = proto_next(in, nin, &f)) == 0) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&p, 1, 60000), 1);
        ssize_t n = recv(fd, in + nin, sizeof in - nin, 0);
        if (n <= 0) {
            return "END";
        }
        nin += (size_t)n;
    }
    ck_assert_int_gt(size, 0);
    used = (size_t)size;
    size_t n;
    switch (f.type) {
    case PROTO_WELCOME:
        snprintf(text, sizeof text, "WELCOME %u", proto_get_u16(&f));
        break;
    case PROTO_REFUSED: {
        const char *s = proto_get_str(&f, &n);
        snprintf(text, sizeof text, "REFUSED %.*s", (int)n, s);
        break;
    }
    case PROTO_OUT: {
        proto_get_u8(&f);
        const char *s = proto_get_str(&f, &n);
        snprintf(text, sizeof text, "OUT %.*s", (int)n, s);
        break;
    }
    case PROTO_BYE:
        snprintf(text, sizeof text, "BYE %u", proto_get_u8(&f));
        break;
    default:
        snprintf(text, sizeof text, "type %d", (int)f.type);
    }
    return text;
}

static int attach(void)
{
    struct proto_buf b = {0};
    struct proto_hello h = {.version = PROTO_VERSION};
    int fd = dial();
    nin = used = 0;
    proto_hello_write(&b, &h);
    put(fd, &b);
    proto_buf_free(&b);
    char welcome[32];
    snprintf(welcome, sizeof welcome, "WELCOME %d", PROTO_VERSION);
    ck_assert_str_eq(get(fd), welcome);
    return fd;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- tests --------------------------------------------------------------------------- */

START_TEST(files)
{
    struct stat st;
    char path[160];
    ck_assert_int_eq(stat(sock, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    snprintf(path, sizeof path, "%s/a", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(second_host)
{
    char reply[256];
    pid_t other = spawn(false, NULL, reply, sizeof reply);
    ck_assert_int_eq(reply[0], 1);
    ck_assert_ptr_nonnull(strstr(reply, "in use by another host, process "));
    ck_assert_int_eq(reap(other), 3);
    close(attach()); /* the first still serves */
}
END_TEST

START_TEST(after_a_crash)
{
    kill(host, SIGKILL);
    int status;
    waitpid(host, &status, 0);
    ck_assert_int_eq(access(sock, F_OK), 0);
    char reply[256];
    host = spawn(false, NULL, reply, sizeof reply);
    ck_assert_str_eq(reply, "");
    close(attach());
}
END_TEST

START_TEST(start_fails)
{
    kill(host, SIGTERM);
    ck_assert_int_eq(reap(host), 0);
    char reply[256];
    host = spawn(false, "the datastore is damaged", reply, sizeof reply);
    ck_assert_str_eq(reply, "the datastore is damaged\n");
    ck_assert_int_eq(reap(host), 3);
    host = 0;
}
END_TEST

START_TEST(lines_in_order)
{
    int fd = attach();
    struct proto_buf b = {0};
    add_line(&b, "one");
    add_line(&b, "hold");
    add_line(&b, "two");
    put(fd, &b);
    ck_assert_str_eq(get(fd), "OUT one");
    proto_begin(&b, PROTO_SIZE);
    proto_u16(&b, 40);
    proto_u16(&b, 80);
    proto_end(&b);
    add(&b, PROTO_INTR);
    add_line(&b, "pending");
    add_line(&b, "pending");
    put(fd, &b);
    ck_assert_str_eq(get(fd), "OUT SIZE 40"); /* both overtake "two" */
    ck_assert_str_eq(get(fd), "OUT INTR");
    ck_assert_str_eq(get(fd), "OUT two");
    ck_assert_str_eq(get(fd), "OUT yes");
    ck_assert_str_eq(get(fd), "OUT no");
    add(&b, PROTO_EOF);
    put(fd, &b);
    ck_assert_str_eq(get(fd), "OUT lines 5");
    ck_assert_str_eq(get(fd), "BYE 0");
    ck_assert_str_eq(get(fd), "END");
    proto_buf_free(&b);
    close(fd);
}
END_TEST

START_TEST(bye_with_lines_behind)
{
    int fd = attach();
    struct proto_buf b = {0};
    add_line(&b, "bye");
    for (int i = 0; i < 1000; i++) {
        add_line(&b, "never");
    }
    put(fd, &b);
    ck_assert_str_eq(get(fd), "BYE 7");
    ck_assert_str_eq(get(fd), "END");
    proto_buf_free(&b);
    close(fd);
}
END_TEST

START_TEST(broken_clients)
{
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"\0\0\0\1\5", 5},             /* INTR before HELLO */
        {"\0\0\0\2\1\0", 6},           /* a HELLO too short for its version */
        {"\0\0\0\1\x40", 5},           /* what only a host says */
        {"\xff\xff\xff\xff\1", 5},     /* too long */
        {"\0\0\0\1\0", 5},             /* no type */
        {"GET / HTTP/1.0\r\n\r\n", 18} /* somebody else */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = dial();
        nin = used = 0;
        ck_assert_int_eq(send(fd, bad[i].bytes, bad[i].n, MSG_NOSIGNAL), (ssize_t)bad[i].n);
        ck_assert_str_eq(get(fd), "END");
        close(fd);
    }
    int fd = attach();
    ck_assert_int_eq(send(fd, "\0\0\0\7\2\0\0\0\4ab", 11, 0), 11); /* string past its frame */
    ck_assert_str_eq(get(fd), "END");
    close(fd);
    close(attach());
}
END_TEST

START_TEST(refusals)
{
    struct proto_buf b = {0};
    struct proto_hello h = {.version = PROTO_VERSION + 1};
    int fd = dial();
    nin = used = 0;
    proto_hello_write(&b, &h);
    put(fd, &b);
    ck_assert_ptr_nonnull(strstr(get(fd), "another version of vrpsh"));
    ck_assert_str_eq(get(fd), "END");
    close(fd);
    h = (struct proto_hello){.version = PROTO_VERSION, .tty = "refuse"};
    fd = dial();
    nin = used = 0;
    proto_hello_write(&b, &h);
    put(fd, &b);
    ck_assert_str_eq(get(fd), "REFUSED not today");
    ck_assert_str_eq(get(fd), "END");
    close(fd);
    proto_buf_free(&b);
}
END_TEST

START_TEST(output_waits_for_the_reader)
{
    int fd = attach(), other = attach();
    struct proto_buf b = {0};
    add_line(&b, "flood 20000"); /* 20 MB */
    add_line(&b, "after");
    put(fd, &b);
    usleep(100000);
    add_line(&b, "still served");
    put(other, &b);
    ck_assert_str_eq(get(other), "OUT still served");
    char path[64], word[64] = "";
    unsigned long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)host);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fscanf(f, "%63s", word) == 1 && strcmp(word, "VmHWM:") != 0) {
    }
    ck_assert_int_eq(fscanf(f, "%lu", &kb), 1);
    fclose(f);
    ck_assert_uint_lt(kb, 200000); /* sanitizers included; without back-pressure it only grows */
    nin = used = 0;
    for (int i = 0; i < 20000; i++) {
        ck_assert_uint_eq(strlen(get(fd)), 1004);
    }
    ck_assert_str_eq(get(fd), "OUT after");
    proto_buf_free(&b);
    close(fd);
    close(other);
}
END_TEST

START_TEST(fifty_thousand_lines)
{
    int fd = attach();
    struct proto_buf b = {0};
    add_line(&b, "count");
    for (int i = 0; i < 50000; i++) {
        add_line(&b, "peer 192.0.2.1 as-number 64601");
    }
    add(&b, PROTO_EOF);
    double t0 = now();
    put(fd, &b);
    ck_assert_str_eq(get(fd), "OUT lines 50001");
    double took = now() - t0;
    printf("50,000 lines: %.1f ms\n", took * 1000);
    ck_assert_str_eq(get(fd), "BYE 0");
    proto_buf_free(&b);
    close(fd);
}
END_TEST

START_TEST(unread_lines_stay_in_the_socket)
{
    int fd = attach();
    struct proto_buf b = {0};
    add_line(&b, "hold");
    put(fd, &b);
    add_line(&b, "x");
    size_t one = b.n, total = 0;
    for (;;) { /* until the host no longer reads */
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (poll(&p, 1, 300) == 0) {
            break;
        }
        ck_assert_int_eq(send(fd, b.bytes, one, 0), (ssize_t)one);
        total += one;
        ck_assert_uint_lt(total, 8 << 20);
    }
    close(fd); /* and its going is seen all the same */
    usleep(50000);
    close(attach());
    proto_buf_free(&b);
}
END_TEST

START_TEST(idle_once_per_burst)
{
    int fd = attach();
    struct proto_buf b = {0};
    usleep(20000);
    add_line(&b, "idles");
    put(fd, &b);
    const char *first = get(fd);
    unsigned before = (unsigned)strtoul(first + 4, NULL, 10);
    usleep(20000);
    for (int i = 0; i < 100; i++) {
        add_line(&b, "x");
    }
    put(fd, &b);
    usleep(20000);
    add_line(&b, "idles");
    put(fd, &b);
    for (int i = 0; i < 100; i++) {
        ck_assert_str_eq(get(fd), "OUT x");
    }
    ck_assert_uint_le((unsigned)strtoul(get(fd) + 4, NULL, 10), before + 2);
    proto_buf_free(&b);
    close(fd);
}
END_TEST

START_TEST(stop_on_request)
{
    int other = attach(), fd = dial();
    struct proto_buf b = {0};
    nin = used = 0;
    add(&b, PROTO_STOP);
    put(fd, &b);
    ck_assert_str_eq(get(fd), "BYE 0");
    ck_assert_str_eq(get(fd), "END");
    ck_assert_int_lt(access(sock, F_OK), 0);
    ck_assert_int_eq(reap(host), 0);
    host = 0;
    ck_assert_str_eq(get(other), "END");
    proto_buf_free(&b);
    close(fd);
    close(other);
}
END_TEST

START_TEST(private_host)
{
    kill(host, SIGTERM);
    ck_assert_int_eq(reap(host), 0);
    char reply[256];
    host = spawn(true, NULL, reply, sizeof reply);
    int a = attach(), b = attach();
    close(a);
    usleep(50000);
    ck_assert_int_eq(waitpid(host, NULL, WNOHANG), 0);
    close(b);
    ck_assert_int_eq(reap(host), 0);
    host = 0;
}
END_TEST

int main(void)
{
    Suite *s = suite_create("host");
    TCase *t = tcase_create("host");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, files);
    tcase_add_test(t, second_host);
    tcase_add_test(t, after_a_crash);
    tcase_add_test(t, start_fails);
    tcase_add_test(t, lines_in_order);
    tcase_add_test(t, bye_with_lines_behind);
    tcase_add_test(t, broken_clients);
    tcase_add_test(t, refusals);
    tcase_add_test(t, output_waits_for_the_reader);
    tcase_add_test(t, fifty_thousand_lines);
    tcase_add_test(t, unread_lines_stay_in_the_socket);
    tcase_add_test(t, idle_once_per_burst);
    tcase_add_test(t, stop_on_request);
    tcase_add_test(t, private_host);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
