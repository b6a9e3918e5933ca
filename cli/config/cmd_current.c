/* "display current-configuration" and "display this": running, whole or in parts. */
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/listing.h"

const struct sch_line *listing_section(const char *name)
{
    for (unsigned i = 0; i < SCH_VIEWS; i++)
        if (sch_views[i].enter && sch_views[i].parent == VIEW_SYSTEM &&
            strcmp(sch_views[i].name, name) == 0)
            return &sch_lines[sch_views[i].enter - 1];
    return NULL;
}

/* Key prefix of one view line, or of all lines of its kind; its length. */
static size_t section_prefix(const struct sch_line *l, const struct sch_value *instance,
                             uint8_t prefix[SCH_KEY_MAX])
{
    struct sch_value v[SCH_SLOTS] = {0};
    struct sch_key k = {0};
    if (!instance->present || !l->nparams || !l->params[0].key) {
        prefix[0] = l->rank;
        return 1;
    }
    v[0] = *instance;
    sch_key_add(&k, l, v);
    memcpy(prefix, k.b, k.n);
    return k.n;
}

void cmd_display_current(struct session *s, const struct sch_match *m)
{
    const char *section = cmd_word(m, "section"), *what = cmd_word(m, "what");
    const struct sch_line *l = listing_section(*what ? what : section);
    const struct sch_value *instance = cmd_arg(m, *what ? "name" : "instance");
    uint8_t prefix[SCH_KEY_MAX];
    size_t n = l ? section_prefix(l, instance, prefix) : 0;
    struct listing *list = list_start(s, prefix, n);
    if (list)
        list->defaults = *cmd_word(m, "defaults");
    if (list && !*section && !*what)
        listing_header(s, 0);
    if (list && strcmp(section, "system") == 0)
        list->only_top = true;
}

void cmd_display_this(struct session *s, const struct sch_match *m)
{
    const struct level *v = session_level(s);
    struct listing *l = list_start(s, v->key.b, v->key.n);
    if (l) {
        l->defaults = *cmd_word(m, "defaults");
        l->only_top = s->depth == 1;
    }
    if (l && s->depth > 2)
        out(s, "#\n");
}
