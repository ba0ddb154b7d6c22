/* conf_load behind its file: from bytes, so that it can be fuzzed. */
#pragma once

#include "base/blob.h"
#include "conf/conf.h"

/* As conf_load, for the bytes of a file called `name`; without bytes the built-in defaults. */
bool conf_load_bytes(const struct conf_overrides *overrides, const char *name,
                     const struct blob *bytes, conf_report *report, void *context,
                     struct conf **out);
