/* Which level a command needs, and how low a level still finds something below a point of the trie.
 */
#include "schema/schema.h"

#define CONFIGURATION 2
#define HIGHEST 3

uint8_t sch_level(const struct sch_cmd *c)
{
    return c->kind == SCH_COMMAND ? c->level : CONFIGURATION;
}

/* Filled when first asked for; 0: not yet, else level + 1. A repeated parameter leads back to a
 * node that is being looked at: that way adds nothing. */
static uint8_t known[UINT16_MAX + 1];

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
