/* The command line's --listen SERVICE=ADDRESS:PORT. */
#pragma once

#include "conf/conf_mistake.h"

/* Replaces the listeners of the services named. What a service's first listener has beside address
 * and port (protocol, pinned certificate) holds for its new ones. Tells every mistake. */
void conf_listen(struct conf *conf, const char *const *listen, size_t count,
                 struct conf_mistakes *mistakes);
