/* What no setting shows by itself: how settings fit together, and whether folders can be written.
 */
#pragma once

#include "conf/conf_read.h"

/* Looks at the conf as it will be used, with everything filled in, and tells every mistake. */
void conf_check(struct conf_reading *reading, const struct conf_overrides *overrides);
