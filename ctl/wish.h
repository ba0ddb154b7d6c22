/* What a certificate for a server is to be, as a command line says it: its names, addresses, key
 * and life. */
#pragma once

#include "certs/cert_plan.h"
#include "certs/names.h"
#include "ctl/ctl.h"

#define WISH_LIFE_OPTIONS                                                                \
    {.name = "--days", .value = "N", .help = "how long it is valid, in days"},           \
        {.name = "--years", .value = "N", .help = "… or in years"}, {                    \
        .name = "--key", .value = "KIND",                                                \
        .help = "ecdsa-p256 (the default), ecdsa-p384, ecdsa-p521, rsa-2048 … rsa-4096", \
        .completion = CTL_COMPLETE_WORDS,                                                \
        .words = "ecdsa-p256 ecdsa-p384 ecdsa-p521 rsa-2048 rsa-3072 rsa-4096"           \
    }
#define WISH_OPTIONS                                         \
    {.name = "--name",                                       \
     .value = "HOST",                                        \
     .help = "another name that clients call the host by",   \
     .many = true},                                          \
        {.name = "--address",                                \
         .value = "IP",                                      \
         .help = "an address that clients call the host by", \
         .many = true},                                      \
        WISH_LIFE_OPTIONS

struct wish {
    struct string_list dns_names, addresses; /* normalised, each once */
    struct cert_key_choice key;
    int64_t not_before, not_after;
};
void wish_finish(struct wish *wish);

/* The verb's arguments are host names, and --name's values after them. It begins now and ends at
 * `usual_end` unless the command line says otherwise. ERROR_INPUT: a wrong command line. Gives
 * `out`. */
bool wish_read(const struct ctl *ctl, int64_t usual_end, struct wish *out, struct error *err);

/* The life and the key alone. Fill `out`. */
bool wish_read_life(const struct ctl *ctl, int64_t usual_end, struct wish *out, struct error *err);
bool wish_read_key(const struct ctl *ctl, struct cert_key_choice *out, struct error *err);

/* "an RSA key of 4096 bits": what takes a while, for progress_begin. */
enum { WISH_KEY_WORDS_SIZE = 64 };
const char *wish_key_words(struct cert_key_choice key, char out[static WISH_KEY_WORDS_SIZE]);

/* Apple's clients take no certificate of a server that is valid for longer. */
enum { WISH_APPLE_DAYS = 825 };
/* A warning where the life is longer than that; false: memory. */
bool wish_warn_of_life(int64_t not_before, int64_t not_after, struct string_list *warnings);
