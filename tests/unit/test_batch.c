/*
 * Batch mode against a host whose sessions know four words: where a diagnostic is said to be,
 * what counts as a line, and every way for a batch to end early.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/batch.h"
#include "engine/host.h"

/* --- the made-up session: "bad..." is an error, "die" ends the host, "#" says nothing,
 * all else is echoed --- */

struct fake {
    struct host_conn *conn;
    bool keep_going, failed;
    unsigned line;
};

static void wrong(struct fake *s, const char *text, size_t n)
{
    struct proto_buf b = {0};
    char why[64];
    int len = snprintf(why, sizeof why, "%zu octets \"%c\"", n, n > 3 ? text[3] : '-');
    proto_begin(&b, PROTO_DIAG);
    proto_u8(&b, 'E');
    proto_u32(&b, s->line);
    proto_u32(&b, n > PROTO_LINE_MAX ? 0 : 4);
    proto_str(&b, why, (size_t)len);
    proto_end(&b);
    host_send(s->conn, &b);
    proto_buf_free(&b);
    s->failed = true;
    if (!s->keep_going) {
        host_bye(s->conn, 1);
    }
}

static void frame(void *session, struct proto_frame *f)
{
    struct fake *s = session;
    size_t n;
    if (f->type == PROTO_EOF) {
        host_bye(s->conn, s->failed);
        return;
    }
    const char *text = proto_get_str(f, &n);
    s->line++;
    if (n > PROTO_LINE_MAX || (n >= 3 && memcmp(text, "bad", 3) == 0)) {
        wrong(s, text, n);
    } else if (n == 3 && memcmp(text, "die", 3) == 0) {
        raise(SIGKILL);
    } else if (n != 1 || *text != '#') {
        struct proto_buf b = {0};
        proto_begin(&b, PROTO_OUT);
        proto_u8(&b, PROTO_OUT_PAGED);
        proto_str(&b, text, n);
        proto_end(&b);
        proto_begin(&b, PROTO_OUT);
        proto_u8(&b, PROTO_OUT_PAGED);
        proto_str(&b, ";", 1);
        proto_end(&b);
        host_send(s->conn, &b); /* a test's lines fit; nothing here waits for ops->drained */
        proto_buf_free(&b);
    }
    host_ready(s->conn);
}

static void *open_session(void *ctx, struct host_conn *conn, const struct host_peer *peer,
                          const struct proto_hello *hello, char *err, size_t errlen)
{
    (void)ctx, (void)peer, (void)err, (void)errlen;
    struct fake *s = calloc(1, sizeof *s);
    s->conn = conn;
    s->keep_going = hello->keep_going;
    return s;
}

static bool start(void *ctx, struct uv_loop_s *loop, char *err, size_t errlen)
{
    (void)ctx, (void)loop, (void)err, (void)errlen;
    return true;
}

static void nothing(void *p)
{
    (void)p;
}

static const struct host_ops ops = {.start = start,
                                    .stop = nothing,
                                    .open = open_session,
                                    .frame = frame,
                                    .drained = nothing,
                                    .close = free,
                                    .idle = nothing};

/* --- running a batch ----------------------------------------------------------------- */

static char dir[64], db[128];
static pid_t host;
static char out[1 << 20], err[4096]; /* what the last batch said */

static void setup(void)
{
    int p[2];
    char reply;
    strcpy(dir, "/tmp/vrpsh-batch.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(db, sizeof db, "%s/x.db", dir);
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

static void teardown(void)
{
    char cmd[128];
    kill(host, SIGTERM);
    waitpid(host, NULL, 0);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(cmd), 0);
}

/* A source whose text comes through a file, so that any octet may be in it. */
static struct batch_source file(const char *name, const char *text, size_t n)
{
    char path[160];
    snprintf(path, sizeof path, "%s/src", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return (struct batch_source){.name = name, .fd = fd};
}

static void slurp(const char *name, char *into, size_t size)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t n = read(fd, into, size - 1);
    ck_assert_int_ge(n, 0);
    into[n] = '\0';
    close(fd);
}

static int run_to(int stdout_fd, const struct batch_source *s, size_t n, bool keep, bool json)
{
    char path[160];
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct client c;
        char why[256];
        struct proto_hello h = {.version = PROTO_VERSION, .keep_going = keep, .json = json};
        signal(SIGPIPE, SIG_IGN);
        snprintf(path, sizeof path, "%s/err", dir);
        int e = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(stdout_fd, 1) < 0 || dup2(e, 2) < 0 || client_connect(&c, db) != 0 ||
            client_greet(&c, &h, why, sizeof why) != CLIENT_WELCOME) {
            _exit(99);
        }
        int code = batch_run(&c, s, n, json);
        client_close(&c);
        fflush(stderr);
        _exit(code);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    slurp("err", err, sizeof err);
    return WEXITSTATUS(status);
}

static int run(const struct batch_source *s, size_t n, bool keep, bool json)
{
    char path[160];
    snprintf(path, sizeof path, "%s/out", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    int code = run_to(fd, s, n, keep, json);
    close(fd);
    slurp("out", out, sizeof out);
    return code;
}

#define FILE_OF(name, text) file(name, text, sizeof(text) - 1)

/* --- tests --------------------------------------------------------------------------- */

START_TEST(lines)
{
    struct batch_source s[] = {FILE_OF("f", "one\r\n\ntwo \r\r\nthree\rlast\r")};
    ck_assert_int_eq(run(s, 1, false, false), 0);
    ck_assert_str_eq(out, "one;;two ;;three;last;");
    ck_assert_str_eq(err, "");
    struct batch_source marked[] = {FILE_OF("f", "\xef\xbb\xbfone\n\xef\xbb\xbftwo\n"),
                                    FILE_OF("g", "\xef\xbb\xbfthree")};
    ck_assert_int_eq(run(marked, 2, false, false), 0);
    ck_assert_str_eq(out, "one;\xef\xbb\xbftwo;three;");
    s[0] = FILE_OF("f", "");
    ck_assert_int_eq(run(s, 1, false, false), 0);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(first_error_ends_it)
{
    struct batch_source s[] = {FILE_OF("a.cfg", "one\n bad\nbad x\nnever\n"),
                               FILE_OF("b.cfg", "never\n")};
    ck_assert_int_eq(run(s, 2, false, false), 1);
    ck_assert_str_eq(out, "one; bad;");
    ck_assert_str_eq(err, "a.cfg:3:4: Error: 5 octets \" \"\n");
}
END_TEST

START_TEST(places)
{
    struct batch_source s[] = {FILE_OF("a", "bad1\nx\nbad2"), FILE_OF("empty", ""),
                               FILE_OF("b", "\nbad3\n"), FILE_OF("c", "bad4\n")};
    ck_assert_int_eq(run(s, 4, true, false), 1);
    ck_assert_str_eq(err, "a:1:4: Error: 4 octets \"1\"\na:3:4: Error: 4 octets \"2\"\n"
                          "b:2:4: Error: 4 octets \"3\"\nc:1:4: Error: 4 octets \"4\"\n");
    struct batch_source c[] = {{.name = "-c", .fd = -1, .text = "fine"},
                               {.name = "-c", .fd = -1, .text = ""},
                               {.name = "-c", .fd = -1, .text = "bad5"}};
    ck_assert_int_eq(run(c, 3, false, false), 1);
    ck_assert_str_eq(out, "fine;;");
    ck_assert_str_eq(err, "-c:3:4: Error: 4 octets \"5\"\n");
}
END_TEST

START_TEST(json)
{
    struct batch_source s[] = {FILE_OF("a\"\\\x01\xff\xc3\xa4", "ok\nbad\0\nbad\xff\n")};
    ck_assert_int_eq(run(s, 1, true, true), 1);
    ck_assert_str_eq(out,
                     "ok;{\"file\":\"a\\\"\\\\\\u0001\\ufffd\xc3\xa4\",\"line\":2,\"column\":4,"
                     "\"severity\":\"error\",\"message\":\"4 octets \\\"\\u0000\\\"\"}\n"
                     "{\"file\":\"a\\\"\\\\\\u0001\\ufffd\xc3\xa4\",\"line\":3,\"column\":4,"
                     "\"severity\":\"error\",\"message\":\"4 octets \\\"\\ufffd\\\"\"}\n");
    ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(long_line)
{
    static char text[3 << 20];
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 7, "\nafter\n", 7);
    struct batch_source s[] = {file("long", text, sizeof text)};
    ck_assert_int_eq(run(s, 1, true, false), 1);
    ck_assert_str_eq(out, "after;");
    ck_assert_str_eq(err, "long:1: Error: 8192 octets \"x\"\n"); /* enough to be refused */
}
END_TEST

/* Far more than fits any buffer, both ways at once: neither end may wait for the other for ever. */
START_TEST(both_ways_full)
{
    static char text[8 << 20];
    for (size_t i = 0; i < sizeof text; i += 32) {
        memcpy(text + i, "0123456789012345678901234567890\n", 32);
    }
    struct batch_source s[] = {file("big", text, sizeof text)};
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    pid_t reader = fork();
    if (reader == 0) {
        static char sink[4096];
        size_t total = 0;
        ssize_t n;
        close(p[1]);
        usleep(200000);
        while ((n = read(p[0], sink, sizeof sink)) > 0) {
            total += (size_t)n;
        }
        _exit(total == sizeof text ? 0 : 1);
    }
    close(p[0]);
    ck_assert_int_eq(run_to(p[1], s, 1, false, false), 0);
    close(p[1]);
    int status;
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* Short lines fill what waits for the host beyond its limit in one read; when a single write then
 * takes all of it, nothing but the batch itself can go on. */
START_TEST(short_lines_overfill)
{
    enum { N = 3000000 };
    char *text = malloc(N);
    for (int i = 0; i < N; i++)
        text[i] = i % 2 ? '\n' : '#';
    for (int i = 0; i < 5; i++) {
        struct batch_source s = file("f", text, N);
        ck_assert_int_eq(run(&s, 1, false, false), 0);
        ck_assert_str_eq(out, "");
    }
    free(text);
}
END_TEST

START_TEST(nobody_reads)
{
    struct batch_source s[] = {FILE_OF("f", "one\ntwo\n")};
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    close(p[0]);
    ck_assert_int_eq(run_to(p[1], s, 1, false, false), 1);
    ck_assert_str_eq(err, "");
    close(p[1]);
}
END_TEST

START_TEST(host_dies)
{
    struct batch_source s[] = {FILE_OF("f", "one\ndie\ntwo\n")};
    ck_assert_int_eq(run(s, 1, true, false), 3);
    ck_assert_str_eq(err, "vrpsh: the host has ended before the lines were done\n");
}
END_TEST

START_TEST(source_that_cannot_be_read)
{
    struct batch_source s[] = {FILE_OF("f", "one\n"), {.name = "d"}};
    s[1].fd = open(dir, O_RDONLY);
    ck_assert_int_eq(run(s, 2, true, false), 2);
    ck_assert_str_eq(err, "vrpsh: d: Is a directory\n");
    close(s[1].fd);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch");
    TCase *t = tcase_create("batch");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, lines);
    tcase_add_test(t, first_error_ends_it);
    tcase_add_test(t, places);
    tcase_add_test(t, json);
    tcase_add_test(t, long_line);
    tcase_add_test(t, both_ways_full);
    tcase_add_test(t, short_lines_overfill);
    tcase_add_test(t, nobody_reads);
    tcase_add_test(t, host_dies);
    tcase_add_test(t, source_that_cannot_be_read);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
