/* Time zone, levels of commands and what happens by the clock; see device.h. */
#include "cli/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/config/save.h"
#include "cli/config/startup.h"
#include "engine/config/model.h"

/* --- zone and levels ------------------------------------------------------------------ */

/* POSIX counts west of Greenwich. */
static void set_zone(struct app *a)
{
    const struct sys_conf *sys = &a->config.model->sys;
    char zone[80] = "";
    if (sys->zone_name)
        snprintf(zone, sizeof zone, "<%s>%c%s", sys->zone_name, sys->zone_minus ? '+' : '-',
                 sys->zone_offset);
    if (strcmp(zone, a->zone) == 0)
        return;
    if (!a->zone[0]) { /* what the host was started with comes back when the line goes */
        free(a->own_zone);
        a->own_zone = getenv("TZ") ? strdup(getenv("TZ")) : NULL;
    }
    snprintf(a->zone, sizeof a->zone, "%s", zone);
    if (*zone)
        setenv("TZ", zone, 1);
    else if (a->own_zone)
        setenv("TZ", a->own_zone, 1);
    else
        unsetenv("TZ");
    tzset();
    a->daily_time[0] = 0; /* it is another time now */
}

static bool move_level(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct sch_place p;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    (void)arg;
    if (sch_key_place(key, nkey, &p) &&
        p.line == &sch_lines[LINE_SYSTEM_COMMAND_PRIVILEGE_LEVEL_VIEW] &&
        sch_row_parse(p.line, text, n, v, &negated)) {
        int view = sch_view_named(v[1].s, v[1].n);
        if (view >= 0)
            sch_level_move((uint8_t)view, v[2].s, v[2].n, (int)v[0].u);
    }
    return true;
}

void device_refresh(struct app *a)
{
    static const struct store_candidate running;
    uint8_t rank = sch_lines[LINE_SYSTEM_COMMAND_PRIVILEGE_LEVEL_VIEW].rank;
    if (a->device == a->config.head + 1)
        return;
    a->device = a->config.head + 1;
    set_zone(a);
    sch_levels_declared();
    store_scan(a->config.store, &running, &rank, 1, NULL, 0, move_level, NULL);
}

/* --- saving --------------------------------------------------------------------------- */

#define BY_ITSELF "SYSTEM automatically" /* who saved it, in the header of the configuration */

static void save_by_itself(struct app *a)
{
    static const struct proto_hello hello = {.version = PROTO_VERSION};
    char file[FILES_NAME_MAX + 1], saved[32] = "";
    struct session *s;
    store_note(a->config.store, "saved_commit", saved, sizeof saved);
    if (strtoul(saved, NULL, 10) == a->config.head)
        return;
    s = session_new(a, NULL, BY_ITSELF, &hello);
    if (!s)
        return;
    startup_file(a->config.store, file);
    if (save_running(s, file))
        app_log(a, "CFM/5/SAVED", "The configuration has been saved.");
    else
        app_log(a, "CFM/3/NOT_SAVED", s->failed);
    session_free(s, false);
}

/* --- labels by the day ---------------------------------------------------------------- */

#define DAILY "daily-"
#define DAILY_KEPT 10 /* VRP8 */

struct daily {
    uint32_t spare[64];
    unsigned n, seen;
};

static bool note_daily(void *arg, const struct store_commit *c)
{
    struct daily *d = arg;
    if (strncmp(c->label, DAILY, strlen(DAILY)) == 0 && ++d->seen > DAILY_KEPT)
        d->spare[d->n++] = c->id;
    return d->n < sizeof d->spare / sizeof *d->spare;
}

/* The newest commit is kept from now on, unless a label keeps it already. */
static void label_newest(struct app *a, int64_t wall)
{
    struct store *store = a->config.store;
    struct store_commit c, other;
    struct daily d = {.n = 0};
    char label[64], when[64];
    app_time(wall, when, sizeof when);
    snprintf(label, sizeof label, DAILY "%.10s", when);
    if (a->config.trial.active || !store_commit_nth(store, 1, &c) || c.label[0] ||
        store_commit_find(store, 0, label, &other))
        return;
    if (!store_label(store, c.id, label)) {
        app_log(a, "CFM/3/NO_CHECKPOINT", store_error(store));
        return;
    }
    store_commits(store, 1000000, true, note_daily, &d);
    while (d.n)
        store_label(store, d.spare[--d.n], NULL);
}

/* --- the clock ------------------------------------------------------------------------ */

/* The first time after now that the clock shows HH:MM:SS. */
static int64_t next_time(const char *hms, int64_t now)
{
    time_t t = (time_t)now;
    struct tm tm;
    localtime_r(&t, &tm);
    tm.tm_hour = (int)strtol(hms, NULL, 10);
    tm.tm_min = (int)strtol(hms + 3, NULL, 10);
    tm.tm_sec = (int)strtol(hms + 6, NULL, 10);
    tm.tm_isdst = -1;
    struct tm later = tm;
    int64_t at = mktime(&tm);
    later.tm_mday++;
    return at > now ? at : (int64_t)mktime(&later);
}

static int64_t save_due(struct app *a, uint64_t now_ms)
{
    uint32_t minutes = a->config.model->sys.save_interval;
    if (minutes != a->save_every)
        a->save_at_ms = now_ms + (uint64_t)minutes * 60000;
    a->save_every = minutes;
    if (!minutes)
        return -1;
    if (now_ms >= a->save_at_ms) {
        save_by_itself(a);
        a->save_at_ms = now_ms + (uint64_t)minutes * 60000;
    }
    return (int64_t)(a->save_at_ms - now_ms);
}

#define LOOK_AGAIN_MS 60000 /* somebody may set the clock */

static int64_t daily_due(struct app *a, int64_t wall)
{
    const char *at = a->config.model->sys.daily_label;
    if (!at) {
        a->daily_time[0] = 0;
        return -1;
    }
    if (strcmp(at, a->daily_time) != 0) {
        snprintf(a->daily_time, sizeof a->daily_time, "%s", at);
        a->daily_at = next_time(at, wall);
    }
    if (wall >= a->daily_at) {
        label_newest(a, wall);
        a->daily_at = next_time(at, wall);
    }
    int64_t left = (a->daily_at - wall) * 1000;
    return left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS;
}

int64_t device_due(struct app *a, uint64_t now_ms, int64_t wall)
{
    int64_t save = save_due(a, now_ms), daily = daily_due(a, wall);
    return save < 0 || (daily >= 0 && daily < save) ? daily : save;
}
