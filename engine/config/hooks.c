/* The functions that the declarations name, by the numbers the schema compiler gave them. */
#include "engine/config/config.h"

edit_hook *const edit_checks[SCH_CHECK_COUNT] = {NULL,
#define X(name) check_##name,
                                                 SCH_CHECK_LIST(X)
#undef X
};

edit_hook *const edit_thens[SCH_THEN_COUNT] = {NULL,
#define X(name) then_##name,
                                               SCH_THEN_LIST(X)
#undef X
};

edit_hook *const edit_undoes[SCH_UNDOES_COUNT] = {NULL,
#define X(name) undo_##name,
                                                  SCH_UNDOES_LIST(X)
#undef X
};
