/* Passwords and passphrases: from a file, a descriptor or a prompt, never from the command line. */
#pragma once

#include "ctl/ctl.h"

/* Options of a verb that needs one, "password" or "passphrase". */
#define SECRET_OPTIONS(word)                                                                     \
    {.name = "--" word "-file",                                                                  \
     .value = "FILE",                                                                            \
     .help = "read the " word " from this file (one trailing line end is dropped)",              \
     .completion = CTL_COMPLETE_FILE},                                                           \
    {                                                                                            \
        .name = "--" word "-fd", .value = "N", .help = "read the " word " from this descriptor", \
        .check = secret_check_descriptor, .not_with = "--" word "-file",                         \
    }

/* Is it the number of a descriptor that is open? For the row above. */
bool secret_check_descriptor(const char *number, struct error *err);

/* `word`: "password" or "passphrase". Reads it from where the options say; without them asks on the
 * terminal with `prompt` (twice, if `twice`), with the echo off; without a terminal ERROR_MISSING,
 * which names the options. Gives `out`: NUL-terminated, blob_wipe. "" may be an answer. */
bool secret_get(const struct ctl *ctl, const char *word, const char *prompt, bool twice,
                struct blob *out, struct error *err);
