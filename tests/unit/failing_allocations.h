/* Memory that runs out: one allocation of those that the linker leads here (certs.cmake) fails. */
#pragma once

#include <stdbool.h>

/* So many go well, then one fails, then all go well again. */
void allocation_fails_after(long count);

/* Whether it has failed by now; in any case none fails any more. */
bool allocation_has_failed(void);
