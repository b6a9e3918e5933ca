/*
 * Operators among themselves: who is there, the exclusive right to commit, messages, and ending
 * another's session. User interfaces are numbered as on a router: VTY n is interface 34 + n.
 */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

static struct session *session_of_id(struct app *a, uint32_t id)
{
    struct session *s = a->sessions;
    while (s && s->id != id)
        s = s->next;
    return s;
}

static struct session *session_of_vty(struct app *a, uint64_t vty)
{
    struct session *s = a->sessions;
    while (s && (!s->conn || s->vty != vty))
        s = s->next;
    return s;
}

/* --- display users ------------------------------------------------------------------- */

static void user_line(struct session *s, const struct session *who)
{
    char vty[16];
    uint64_t idle = (s->app->config.clock_ms() - who->active_ms) / 1000;
    snprintf(vty, sizeof vty, "VTY %u", who->vty);
    out(s, "%c %-4u%-8s%02llu:%02llu:%02llu  %-7s%-28s%s%17s\n", who == s ? '+' : ' ',
        VTY_FIRST + who->vty, vty, (unsigned long long)(idle / 3600),
        (unsigned long long)(idle / 60 % 60), (unsigned long long)(idle % 60),
        who->hello.from[0] ? "SSH" : "TTY", who->hello.from[0] ? who->hello.from : who->tty, "pass",
        "no");
    out(s, "  Username : %s\n", who->user);
    show_object(s, NULL);
    show_uint(s, "user_interface", VTY_FIRST + who->vty);
    show_text(s, "terminal", vty);
    show_text(s, "user", who->user);
    show_text(s, "type", who->hello.from[0] ? "SSH" : "TTY");
    show_text(s, "from", who->hello.from[0] ? who->hello.from : who->tty);
    show_uint(s, "idle_seconds", idle);
    show_uint(s, "level", (unsigned)who->level);
    show_bool(s, "own", who == s);
    show_close(s);
}

void cmd_display_users(struct session *s, const struct sch_match *m)
{
    bool all = *cmd_word(m, "all");
    show_begin(s);
    show_list(s, "users");
    out(s, "  User-Intf    Delay    Type   Network Address     AuthenStatus    AuthorcmdFlag\n");
    unsigned top = 0;
    for (const struct session *who = s->app->sessions; who; who = who->next)
        top = who->vty > top ? who->vty : top;
    for (unsigned vty = 0; vty <= top; vty++) {
        const struct session *who = session_of_vty(s->app, vty);
        if (who && (all || who->hello.interactive || who == s))
            user_line(s, who);
    }
}

/* --- exclusive right ------------------------------------------------------------------ */

void cmd_lock(struct session *s, const struct sch_match *m)
{
    (void)m;
    if (!config_lock(&s->edit))
        session_fail(s, -1, s->edit.err);
}

void cmd_unlock(struct session *s, const struct sch_match *m)
{
    (void)m;
    if (!config_unlock(&s->edit))
        session_fail(s, -1, s->edit.err);
}

/* Without the zone, as this display has it. */
static void local_time(int64_t when, char buf[64])
{
    app_time(when, buf, 64);
    buf[19] = 0;
}

void cmd_display_lock(struct session *s, const struct sch_match *m)
{
    const struct config *c = &s->app->config;
    const struct session *who = session_of_id(s->app, c->lock.session);
    char since[64], last[64];
    (void)m;
    show_begin(s);
    show_bool(s, "locked", c->lock.session && who);
    if (!c->lock.session || !who)
        return;
    local_time(c->lock.since, since);
    local_time(c->lock.last, last);
    show_uint(s, "user_interface", VTY_FIRST + who->vty);
    show_text(s, "user", who->user);
    if (who->hello.from[0])
        show_text(s, "from", who->hello.from);
    show_text(s, "locked_time", since);
    show_text(s, "last_configuration_time", last);
    show_uint(s, "timeout_seconds", config_lock_timeout(c));
    out(s, "User Index: %u\nUser Session Name: VTY %u\nUser Name: %s\nIP Address: %s\n",
        VTY_FIRST + who->vty, who->vty, who->user, who->hello.from[0] ? who->hello.from : "-");
    out(s,
        "Locked Time: %s\nLast Configuration Time: %s\n"
        "The time out value of configuration right locked is: %u second(s)\n",
        since, last, config_lock_timeout(c));
}

static bool note_time(void *arg, const struct store_blame *row)
{
    *(int64_t *)arg = row->time;
    return false;
}

/* The right is given and taken by commits: the line's own one says when. */
void cmd_display_lock_user(struct session *s, const struct sch_match *m)
{
    static const struct sch_value none[SCH_SLOTS];
    const char *name = s->app->config.model->sys.exclusive_user;
    struct sch_key k = {0};
    int64_t since = 0;
    char when[64] = "-";
    (void)m;
    show_begin(s);
    show_bool(s, "locked", name);
    if (!name)
        return;
    sch_key_add(&k, &sch_lines[LINE_SYSTEM_CONFIGURATION_EXCLUSIVE_BY_USER_NAME], none);
    store_blame(s->app->config.store, k.b, k.n, NULL, 0, note_time, &since);
    if (since)
        local_time(since, when);
    SHOW_TEXT(s, "user", "User Name: %s\n", name);
    SHOW_TEXT(s, "locked_time", "Locked Time: %s\n", when);
    out(s, "Unlocked Time: -\n"); /* it is not there any more then */
}

int64_t lock_due(struct app *a)
{
    int64_t left;
    struct session *s = session_of_id(a, config_lock_due(&a->config, &left));
    if (s && s->hello.interactive)
        session_message(s, "Info: The exclusive right to commit has ended, because it was not "
                           "used.");
    return left;
}

/* --- kill ------------------------------------------------------------------------------- */

static void kill_answered(struct session *s, enum answer a)
{
    struct session *who = session_of_vty(s->app, s->asked_about);
    char text[160];
    if (a != ANSWER_YES)
        return;
    if (!who || who->ended) {
        session_error(s, "The user interface is not in use.");
        return;
    }
    snprintf(text, sizeof text, "Info: This session has been ended by %s.", s->user);
    session_message(who, text);
    session_hangup(who, 1);
}

void cmd_kill(struct session *s, const struct sch_match *m)
{
    const struct sch_value *ui = cmd_arg(m, "ui"), *vty = cmd_arg(m, "vty");
    uint64_t n = vty->present ? vty->u : ui->u - VTY_FIRST;
    char text[100];
    if ((ui->present && ui->u < VTY_FIRST) || !session_of_vty(s->app, n)) {
        session_error(s, "The user interface is not in use.");
        return;
    }
    s->asked_about = n;
    snprintf(text, sizeof text, "Warning: User interface VTY %llu will be freed. Continue? [Y/N]:",
             (unsigned long long)n);
    session_ask(s, QUESTION_YES_NO, text, kill_answered);
}

/* --- send -------------------------------------------------------------------------------- */

#define TO_ALL UINT64_MAX

static void send_answered(struct session *s, enum answer a)
{
    char text[700];
    if (a != ANSWER_YES)
        return;
    for (struct session *who = s->app->sessions; who; who = who->next)
        if (who->conn && who->hello.interactive && who != s &&
            (s->asked_about == TO_ALL || s->asked_about == who->vty)) {
            snprintf(text, sizeof text, "***Message from VTY %u (%s) to VTY %u: %.500s", s->vty,
                     s->user, who->vty, s->kept);
            session_message(who, text);
        }
}

static void text_answered(struct session *s, enum answer a)
{
    if (a != ANSWER_YES)
        return;
    memcpy(s->kept, s->line, sizeof s->kept);
    session_ask(s, QUESTION_YES_NO, "Send message? [Y/N]:", send_answered);
}

void cmd_send(struct session *s, const struct sch_match *m)
{
    const struct sch_value *ui = cmd_arg(m, "ui"), *vty = cmd_arg(m, "vty");
    s->asked_about = vty->present ? vty->u : ui->present ? ui->u - VTY_FIRST : TO_ALL;
    if (s->asked_about != TO_ALL &&
        ((ui->present && ui->u < VTY_FIRST) || !session_of_vty(s->app, s->asked_about))) {
        session_error(s, "The user interface is not in use.");
        return;
    }
    session_ask(s, QUESTION_TEXT,
                "Enter message, end with CTRL+Z or Enter; abort with CTRL+C:", text_answered);
}
