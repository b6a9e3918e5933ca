/* Which level a command needs, and how low a level still finds something below a point of the trie.
 * What is declared holds until "command-privilege" says otherwise. mgmt thread only. */
#include <string.h>

#include "schema/schema.h"

#define HIGHEST 3
#define COMMANDS_MAX 4096

static uint8_t moved[COMMANDS_MAX]; /* level + 1 of commands that are not where they are declared */

uint8_t sch_level(const struct sch_cmd *c)
{
    size_t i = (size_t)(c - sch_cmds);
    return i < COMMANDS_MAX && moved[i] ? (uint8_t)(moved[i] - 1) : c->level;
}

/* Filled when first asked for; 0: not yet, else level + 1. A repeated parameter leads back to a
 * node that is being looked at: that way adds nothing. */
static uint8_t known[UINT16_MAX + 1];

void sch_levels_declared(void)
{
    memset(moved, 0, sizeof moved);
    memset(known, 0, sizeof known);
}

/* The syntax begins with these words, in full. */
static bool begins(const char *syntax, const char *words, size_t n)
{
    return strncmp(syntax, words, n) == 0 && (syntax[n] == 0 || syntax[n] == ' ');
}

static bool of_view(const struct sch_cmd *c, uint8_t view)
{
    const struct sch_view *v = &sch_views[view];
    for (uint8_t i = 0; i < v->nscopes; i++)
        if (v->scopes[i] == c->view)
            return true;
    return c->view == view;
}

int sch_view_named(const char *name, size_t n)
{
    if (n == 5 && memcmp(name, "shell", 5) == 0)
        return VIEW_USER;
    for (int i = 0; i < SCH_VIEWS; i++)
        if (strlen(sch_views[i].name) == n && memcmp(sch_views[i].name, name, n) == 0)
            return i;
    return -1;
}

unsigned sch_level_move(uint8_t view, const char *words, size_t n, int level)
{
    unsigned found = 0;
    for (size_t i = 0; i < sch_ncmds && i < COMMANDS_MAX; i++)
        if (of_view(&sch_cmds[i], view) && begins(sch_cmds[i].syntax, words, n)) {
            if (level >= 0)
                moved[i] = (uint8_t)((level > HIGHEST ? HIGHEST : level) + 1);
            found++;
        }
    if (level >= 0)
        memset(known, 0, sizeof known);
    return found;
}

uint8_t sch_node_level(uint16_t at)
{
    const struct sch_node *node = &sch_nodes[at];
    uint8_t least = HIGHEST;
    if (known[at])
        return (uint8_t)(known[at] - 1);
    known[at] = HIGHEST + 1;
    if (node->cmd && sch_level(&sch_cmds[node->cmd - 1]) < least)
        least = sch_level(&sch_cmds[node->cmd - 1]);
    for (uint16_t i = 0; i < node->n; i++) {
        uint8_t below = sch_node_level(sch_edges[node->first + i].next);
        least = below < least ? below : least;
    }
    known[at] = (uint8_t)(least + 1);
    return least;
}
