/* Where keys wait for their certificates (certs/waiting.h). */
#pragma once

#include "ctl/place.h"

/* STATE/waiting, where new ones go. Newly allocated; NULL: memory. */
char *waiting_folder(const struct place *place);
/* Where the other one may be, for a request that was made with --store alone and a certificate that
 * is accepted without, or the other way round; NULL: memory. */
char *waiting_folder_of_store(const struct place *place);
