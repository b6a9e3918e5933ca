/* Commands about the terminal of the moment: pages, widths, keys, aliases, history, modes. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/settings.h"
#include "cli/text/show.h"

static void only_here(struct session *s)
{
    if (s->hello.interactive)
        out(s,
            "Info: The configuration takes effect on the current user terminal interface only.\n");
}

void cmd_screen_length(struct session *s, const struct sch_match *m)
{
    s->page = (int)cmd_arg(m, "lines")->u;
    only_here(s);
}

void cmd_undo_screen_length(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->page = -1;
    only_here(s);
}

void cmd_screen_width(struct session *s, const struct sch_match *m)
{
    s->width = (unsigned)cmd_arg(m, "columns")->u;
    only_here(s);
}

void cmd_undo_screen_width(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->width = 0;
    only_here(s);
}

/* What is typed is always echoed as it is typed, which programs of either kind can follow. */
void cmd_echo_mode(struct session *s, const struct sch_match *m)
{
    (void)s, (void)m;
}

void cmd_mmi_mode(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->unasked = true;
}

void cmd_undo_mmi_mode(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->unasked = false;
}

void cmd_climb(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->no_climb = false;
}

void cmd_undo_climb(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->no_climb = true;
}

/* Offsets in the line stay what they are, so that a caret points at what was typed. */
void cmd_run(struct session *s, const struct sch_match *m)
{
    memset(s->line, ' ', (size_t)(cmd_arg(m, "command")->s - s->line));
    s->paged = false;
    s->nested = true;
    exec_line(s);
    s->nested = false;
}

/* --- history ------------------------------------------------------------------------- */

static void show_history(struct session *s, const struct session *of)
{
    show_object(s, NULL);
    show_uint(s, "vty", of->vty);
    show_text(s, "user", of->user);
    show_list(s, "commands");
    for (unsigned i = 0; i < of->nhistory; i++)
        SHOW_TEXT(s, NULL, "  %s\n", of->history[i]);
    show_close(s);
    show_close(s);
}

void cmd_display_history(struct session *s, const struct sch_match *m)
{
    bool all = *cmd_word(m, "whose");
    show_begin(s);
    show_list(s, "sessions");
    for (const struct session *of = s->app->sessions; of && all; of = of->next)
        if (of != s && of->nhistory) {
            out(s, "User-Intf: VTY %u, User: %s\n", of->vty, of->user);
            show_history(s, of);
        }
    if (all)
        out(s, "User-Intf: VTY %u, User: %s\n", s->vty, s->user);
    show_history(s, s);
}

void cmd_reset_history(struct session *s, const struct sch_match *m)
{
    for (struct session *of = s->app->sessions; of; of = of->next)
        if (of == s || *cmd_word(m, "whose"))
            exec_forget(of, 0);
}

/* --- keys and aliases ---------------------------------------------------------------- */

static const char *const keys[] = {"CTRL_G", "CTRL_L", "CTRL_O", "CTRL_U"};
#define KEYS (sizeof keys / sizeof *keys)

void cmd_display_hotkey(struct session *s, const struct sch_match *m)
{
    static const char *const fixed[][2] = {
        {"CTRL_A", "To the beginning of the line"},
        {"CTRL_B", "One character back"},
        {"CTRL_C", "Stop the command, give the line up"},
        {"CTRL_D", "Delete the character at the cursor"},
        {"CTRL_E", "To the end of the line"},
        {"CTRL_F", "One character forward"},
        {"CTRL_H", "Delete the character before the cursor"},
        {"CTRL_N", "Next command of the history"},
        {"CTRL_P", "Previous command of the history"},
        {"CTRL_R", "Show the line again"},
        {"CTRL_V", "Take the next character as it is"},
        {"CTRL_W", "Delete the word before the cursor"},
        {"CTRL_X", "Delete everything before the cursor"},
        {"CTRL_Y", "Delete everything from the cursor on"},
        {"CTRL_Z", "Return to the user view"},
        {"TAB", "Complete the word"},
        {"ESC_B", "One word back"},
        {"ESC_D", "Delete the word behind the cursor"},
        {"ESC_F", "One word forward"},
        {"ESC_N", "Next command of the history"},
        {"ESC_P", "Previous command of the history"},
    };
    char text[600];
    (void)m;
    show_begin(s);
    show_list(s, "hotkeys");
    out(s, "----------------- HOTKEY -----------------\n\n            =Defined hotkeys=\n"
           "Hotkeys Command\n");
    for (size_t i = 0; i < KEYS; i++)
        if (settings_hotkey(s->app, keys[i], text, sizeof text)) {
            show_object(s, NULL);
            show_text(s, "key", keys[i]);
            show_text(s, "command", text);
            show_close(s);
            out(s, "%-7s %s\n", keys[i], text);
        }
    out(s, "\n           =Undefined hotkeys=\nHotkeys Command\n");
    for (size_t i = 0; i < KEYS; i++)
        if (!settings_hotkey(s->app, keys[i], text, sizeof text))
            out(s, "%-7s NULL\n", keys[i]);
    out(s, "\n            =System hotkeys=\nHotkeys Function\n");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        out(s, "%-7s %s\n", fixed[i][0], fixed[i][1]);
}

static void show_alias(void *ctx, const char *name, const char *text)
{
    out(ctx, "%-32s%s\n", name, text);
    show_object(ctx, NULL);
    show_text(ctx, "alias", name);
    show_text(ctx, "command", text);
    show_close(ctx);
}

void cmd_display_alias(struct session *s, const struct sch_match *m)
{
    (void)m;
    settings_refresh(s);
    show_begin(s);
    show_list(s, "aliases");
    if (s->ui.aliases)
        out(s, "%-32s%s\n", "Alias", "Command");
    settings_aliases(s->app, show_alias, s);
}
