/* The files beside the datastore: listing, showing, copying, renaming and deleting them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/config/save.h"
#include "cli/text/show.h"
#include "engine/files.h"

/* --- looking at them ------------------------------------------------------------------ */

/* A text shown as it is, a piece at a time. */
struct shown {
    char *text;
    size_t n, at;
};
#define PIECE 16384

static bool shown_next(struct session *s, void *state)
{
    struct shown *t = state;
    size_t n = t->n - t->at < PIECE ? t->n - t->at : PIECE;
    out_text(s, t->text + t->at, n);
    t->at += n;
    if (t->at < t->n)
        return true;
    if (t->n && t->text[t->n - 1] != '\n')
        out_text(s, "\n", 1);
    return false;
}

static void shown_free(void *state)
{
    struct shown *t = state;
    free(t->text);
    free(t);
}

void save_show(struct session *s, const char *name)
{
    char err[400];
    struct shown *t = calloc(1, sizeof *t);
    if (t)
        t->text = files_read(s->app->opts.db, name, &t->n, err, sizeof err);
    if (!t || !t->text) {
        session_error(s, "%s", t ? err : "Out of memory.");
        free(t);
        return;
    }
    s->stream = (struct stream){shown_next, shown_free, t};
}

static void dir_line(void *ctx, const struct files_entry *e)
{
    struct session *s = ctx;
    char when[64];
    time_t t = (time_t)e->time;
    struct tm tm;
    localtime_r(&t, &tm);
    show_object(s, NULL);
    show_text(s, "name", e->name);
    show_uint(s, "size", e->size);
    app_time(e->time, when, sizeof when);
    show_text(s, "time", when);
    show_close(s);
    strftime(when, sizeof when, "%b %d %Y %H:%M:%S", &tm);
    out(s, "%5u  -rw-  %13llu  %s   %s\n", s->listed++, (unsigned long long)e->size, when, e->name);
}

void cmd_dir(struct session *s, const struct sch_match *m)
{
    uint64_t free_kb, total_kb;
    (void)m;
    s->listed = 0;
    show_begin(s);
    show_list(s, "files");
    out(s, "  Idx  Attr     Size(Byte)  Date        Time       FileName\n");
    files_list(s->app->opts.db, dir_line, s, &free_kb, &total_kb);
    show_close(s);
    show_uint(s, "total_kb", total_kb);
    show_uint(s, "free_kb", free_kb);
    out(s, "\n%llu KB total (%llu KB free)\n", (unsigned long long)total_kb,
        (unsigned long long)free_kb);
}

/* A file's name from an argument; false: it is none, said. */
static bool name_of(struct session *s, const struct sch_value *arg, char name[FILES_NAME_MAX + 1])
{
    snprintf(name, FILES_NAME_MAX + 1, "%.*s", (int)(arg->n <= FILES_NAME_MAX ? arg->n : 0),
             arg->s);
    if (files_plain(name))
        return true;
    session_error(s, "The file name is not valid.");
    return false;
}

/* The same for a file that must be there. */
static bool file_of(struct session *s, const struct sch_value *arg, char name[FILES_NAME_MAX + 1])
{
    if (!name_of(s, arg, name))
        return false;
    if (files_exist(s->app->opts.db, name))
        return true;
    session_error(s, "The file %s does not exist.", name);
    return false;
}

void cmd_more(struct session *s, const struct sch_match *m)
{
    char name[FILES_NAME_MAX + 1];
    if (name_of(s, cmd_arg(m, "file"), name))
        save_show(s, name);
}

/* --- changing them -------------------------------------------------------------------- */

static void delete_answered(struct session *s, enum answer a)
{
    char err[400];
    if (a != ANSWER_YES)
        return;
    if (!files_remove(s->app->opts.db, s->file, err, sizeof err))
        session_error(s, "%s", err);
    else
        session_note(s, "Info: Deleting file %s succeeded.", s->file);
}

void cmd_delete(struct session *s, const struct sch_match *m)
{
    char text[200];
    if (!file_of(s, cmd_arg(m, "file"), s->file))
        return;
    snprintf(text, sizeof text, "Warning: The file %s will be deleted. Continue? [Y/N]:", s->file);
    session_ask(s, QUESTION_YES_NO, text, delete_answered);
}

/* What it holds is read and written: between .cfg and .zip that packs or unpacks it. */
static bool copy_now(struct session *s, char *err, size_t len)
{
    const char *db = s->app->opts.db;
    size_t n;
    char *text = files_read(db, s->file, &n, err, len);
    bool ok = text && files_write(db, s->file_to, text, n, err, len);
    free(text);
    return ok;
}

static void move_sure(struct session *s, enum answer a)
{
    char err[400];
    if (a != ANSWER_YES)
        return;
    bool ok = s->renames ? files_rename(s->app->opts.db, s->file, s->file_to, err, sizeof err)
                         : copy_now(s, err, sizeof err);
    if (ok)
        session_note(s, "Info: %s file %s to %s succeeded.", s->renames ? "Renaming" : "Copying",
                     s->file, s->file_to);
    else
        session_error(s, "%s", err);
}

static void move_answered(struct session *s, enum answer a)
{
    char text[200];
    if (a != ANSWER_YES)
        return;
    if (!files_exist(s->app->opts.db, s->file_to)) {
        move_sure(s, a);
        return;
    }
    snprintf(text, sizeof text,
             "Warning: The file %s already exists. Overwrite it? [Y/N]:", s->file_to);
    session_ask(s, QUESTION_YES_NO, text, move_sure);
}

static void move(struct session *s, const struct sch_match *m, bool renames)
{
    char text[240];
    if (!file_of(s, cmd_arg(m, "file"), s->file) || !name_of(s, cmd_arg(m, "to"), s->file_to))
        return;
    if (strcmp(s->file, s->file_to) == 0) {
        session_error(s, "The two names are the same.");
        return;
    }
    if (renames && !files_alike(s->file, s->file_to)) {
        session_error(s, "A file is packed or unpacked by copying it.");
        return;
    }
    s->renames = renames;
    snprintf(text, sizeof text,
             "Info: Are you sure to %s %s to %s? [Y/N]:", renames ? "rename" : "copy", s->file,
             s->file_to);
    session_ask(s, QUESTION_YES_NO, text, move_answered);
}

void cmd_copy(struct session *s, const struct sch_match *m)
{
    move(s, m, false);
}

void cmd_rename(struct session *s, const struct sch_match *m)
{
    move(s, m, true);
}
