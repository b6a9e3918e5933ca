/* The saved configuration: save, and the startup file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/held.h"
#include "cli/config/listing.h"
#include "cli/config/save.h"
#include "cli/text/show.h"
#include "cli/config/startup.h"

static const char no_name[] = "Invalid file name or Invalid extension ( *.cfg, *.zip ).";

void startup_file(struct store *store, char name[FILES_NAME_MAX + 1])
{
    if (!store_note(store, "startup_file", name, FILES_NAME_MAX + 1) || !files_valid(name))
        snprintf(name, FILES_NAME_MAX + 1, "%s", FILES_DEFAULT);
}

/* The file a command names, or the startup file; false when the name is none. */
static bool file_of(struct session *s, const struct sch_value *arg, char name[FILES_NAME_MAX + 1])
{
    if (!arg->present) {
        startup_file(s->app->config.store, name);
        return true;
    }
    if (arg->n <= FILES_NAME_MAX) {
        memcpy(name, arg->s, arg->n);
        name[arg->n] = 0;
        if (files_valid(name))
            return true;
    }
    session_error(s, "%s", no_name);
    return false;
}

/* --- save ---------------------------------------------------------------------------- */

bool save_running(struct session *s, const char *file)
{
    struct store *store = s->app->config.store;
    char err[400], when[32], commit[32], startup[FILES_NAME_MAX + 1];
    int64_t now = time(NULL);
    size_t n;
    bool ok = false;
    out(s, "Now saving the current configuration to the slot 1 ....\n");
    char *text = listing_running(s, now, &n);
    if (!text) {
        session_error(s, "%s", *store_error(store) ? store_error(store) : "Out of memory.");
        return false;
    }
    snprintf(when, sizeof when, "%lld", (long long)now);
    snprintf(commit, sizeof commit, "%u", s->app->config.head);
    startup_file(store, startup);
    if (!files_write(s->app->opts.db, file, text, n, err, sizeof err))
        session_error(s, "%s", err);
    else if (!store_note_set(store, "saved_time", when) ||
             !store_note_set(store, "saved_user", s->user) ||
             !store_note_set(store, "saved_file", file) ||
             (strcmp(file, startup) == 0 && !store_note_set(store, "saved_commit", commit)))
        session_error(s, "%s", store_error(store));
    else
        ok = true;
    if (ok) {
        out(s, "Info: Save the configuration successfully.\n");
        show_text(s, "saved_file", file);
    }
    free(text);
    return ok;
}

static void save_sure(struct session *s)
{
    if (held(s))
        held_save(s, s->file);
    else
        save_running(s, s->file);
}

static void overwrite_answered(struct session *s, enum answer a)
{
    if (a == ANSWER_YES)
        save_sure(s);
}

static void save_answered(struct session *s, enum answer a)
{
    char text[200];
    if (a != ANSWER_YES)
        return;
    if (!s->overwrites) {
        save_sure(s);
        return;
    }
    snprintf(text, sizeof text,
             "Warning: The file %s already exists. Overwrite it? [Y/N]:", s->file);
    session_ask(s, QUESTION_YES_NO, text, overwrite_answered);
}

void cmd_save(struct session *s, const struct sch_match *m)
{
    const struct sch_value *file = cmd_arg(m, "file");
    if (!file_of(s, file, s->file))
        return;
    s->overwrites = file->present && files_exist(s->app->opts.db, s->file);
    session_ask(
        s, QUESTION_YES_NO,
        "Warning: The current configuration will be written to the device. Continue? [Y/N]:",
        save_answered);
}

/* --- what was saved ------------------------------------------------------------------ */

void cmd_display_saved(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    const char *form = cmd_word(m, "form");
    char file[FILES_NAME_MAX + 1], text[64], when[64];
    if (strcmp(form, "time") == 0)
        show_begin(s);
    if (*form && (!store_note(store, "saved_time", text, sizeof text) ||
                  !store_note(store, "saved_file", file, sizeof file))) {
        show_remark(s, "Info: The configuration has not been saved yet.");
        return;
    }
    if (strcmp(form, "time") == 0) {
        app_time(strtoll(text, NULL, 10), when, sizeof when);
        SHOW_TEXT(s, "saved_time", "%s\n", when);
        show_text(s, "file", file);
        return;
    }
    if (!*form)
        startup_file(store, file);
    if (!*form && !files_exist(s->app->opts.db, file))
        show_remark(s, "Info: The configuration file does not exist.");
    else
        save_show(s, file);
}

void cmd_display_startup(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    char next[FILES_NAME_MAX + 1], now[FILES_NAME_MAX + 1];
    (void)m;
    startup_file(store, next);
    bool loaded = store_note(store, "startup_loaded", now, sizeof now),
         there = files_exist(s->app->opts.db, next);
    show_begin(s);
    if (loaded)
        show_text(s, "startup_file", now);
    if (there)
        show_text(s, "next_startup_file", next);
    out(s, "MainBoard:\n");
    out(s, "  %-43s%s\n", "Startup saved-configuration file:", loaded ? now : "NULL");
    out(s, "  %-43s%s\n", "Next startup saved-configuration file:", there ? next : "NULL");
}

void cmd_startup_saved(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    char file[FILES_NAME_MAX + 1];
    if (!file_of(s, cmd_arg(m, "file"), file))
        return;
    if (!files_exist(s->app->opts.db, file))
        session_error(s, "The file %s does not exist.", file);
    else if (!store_note_set(store, "startup_file", file))
        session_error(s, "%s", store_error(store));
    else
        session_note(s, "Info: Succeeded in setting the configuration for booting system.");
}

static void reset_sure(struct session *s, enum answer a)
{
    struct store *store = s->app->config.store;
    char err[400];
    if (a != ANSWER_YES)
        return;
    if (!files_remove(s->app->opts.db, s->file, err, sizeof err))
        session_error(s, "%s", err);
    else if (!store_note_set(store, "startup_file", FILES_DEFAULT))
        session_error(s, "%s", store_error(store));
    else
        out(s, "Info: Succeeded in clearing the configuration in the device.\n");
}

static void reset_answered(struct session *s, enum answer a)
{
    if (a == ANSWER_YES)
        session_ask(s, QUESTION_YES_NO,
                    "Warning: Now the system is clearing the configuration. "
                    "Are you sure to continue? [Y/N]:",
                    reset_sure);
}

void cmd_reset_saved(struct session *s, const struct sch_match *m)
{
    (void)m;
    startup_file(s->app->config.store, s->file);
    if (!files_exist(s->app->opts.db, s->file)) {
        session_error(s, "The configuration file does not exist.");
        return;
    }
    session_ask(s, QUESTION_YES_NO,
                "Warning: The action will delete the saved configuration in the device. The "
                "configuration will be erased to reconfigure. Continue? [Y/N]:",
                reset_answered);
}
