/*
 * The exclusive right to commit: one session takes it and gives it back, or loses it with its end
 * or after a time without configuration commands. A line of the configuration may give the right to
 * a user instead. Others go on editing; only committing is refused. Nothing here is stored: the
 * right of a session cannot outlive its host.
 */
#include <string.h>
#include <time.h>

#include "engine/config/model.h"

static bool locked(struct edit *e)
{
    return edit_error(e, "The configuration is locked by other user. [Session ID = %u]",
                      e->config->lock.session);
}

static void touch(struct config *c)
{
    c->lock.last = (int64_t)time(NULL);
    c->lock.until_ms = c->clock_ms() + (uint64_t)config_lock_timeout(c) * 1000;
}

uint32_t config_lock_timeout(const struct config *c)
{
    const struct sys_conf *sys = &c->model->sys;
    return sys->exclusive_timeout ? sys->exclusive_timeout : LOCK_DEFAULT_S;
}

bool config_lock(struct edit *e)
{
    struct config *c = e->config;
    if (c->lock.session && c->lock.session != e->session)
        return locked(e);
    if (!c->lock.session)
        c->lock.since = (int64_t)time(NULL);
    c->lock.session = e->session;
    touch(c);
    return true;
}

bool config_unlock(struct edit *e)
{
    struct config *c = e->config;
    if (!c->lock.session)
        return edit_error(e, "The configuration is not locked.");
    if (c->lock.session != e->session)
        return locked(e);
    memset(&c->lock, 0, sizeof c->lock);
    return true;
}

void config_lock_used(struct edit *e)
{
    if (e->config->lock.session && e->config->lock.session == e->session)
        touch(e->config);
}

void config_lock_session_over(struct config *c, uint32_t session)
{
    if (c->lock.session == session)
        memset(&c->lock, 0, sizeof c->lock);
}

uint32_t config_lock_due(struct config *c, int64_t *left_ms)
{
    uint32_t had = c->lock.session;
    uint64_t now = c->clock_ms();
    *left_ms = -1;
    if (!had)
        return 0;
    if (now < c->lock.until_ms) {
        *left_ms = (int64_t)(c->lock.until_ms - now);
        return 0;
    }
    memset(&c->lock, 0, sizeof c->lock);
    return had;
}

bool config_lock_allows(struct edit *e)
{
    const struct config *c = e->config;
    const char *name = c->model->sys.exclusive_user;
    if (c->lock.session && c->lock.session != e->session)
        return locked(e);
    if (name && e->user && strcmp(name, e->user) != 0)
        return edit_error(e, "The configuration is locked by the user %.100s.", name);
    return true;
}

/* "configuration exclusive by-user-name": nobody gives or takes another's right. */
bool check_exclusive_user(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    (void)view, (void)l;
    if (e->user && *e->user && (strlen(e->user) != v[0].n || memcmp(e->user, v[0].s, v[0].n) != 0))
        return edit_error(e, "The user name must be that of the current user.");
    return true;
}
