/* Sees to it that every service that wants one has a certificate of the local authority, kept as an
 * entry of the store: issues it, and issues it anew at two thirds of its life, when the authority
 * is replaced, when other names are wanted, and when the entry is gone. Loop's thread.
 *
 * The authority's key is in memory only while issuing. What cannot be done is said once in the log
 * and tried again, with growing pauses; whatever was served is served meanwhile. */
#pragma once

#include "certs/cert_make.h"
#include "daemon/cert_keeper.h"

struct authority_keeper;

/* Plain data, borrowed for the call. */
struct authority_service {
    const char *name;
    const struct string_list *names; /* of its certificate; empty: the host's */
};
struct authority_keeper_settings {
    const char *store_folder;
    const char *passphrase_file; /* NULL: not configured */
    struct cert_key_choice key;
    int64_t leaf_lifetime_s;
    const struct authority_service *services;
    size_t service_count;
};

/* `certificates` has the store; it outlives the keeper, and is told to look at what was issued.
 * Issues what is missing before it returns. */
bool authority_keeper_create(struct loop *loop, const char *state_folder,
                             struct cert_keeper *certificates,
                             const struct authority_keeper_settings *settings,
                             struct authority_keeper **out, struct error *err);
void authority_keeper_destroy(struct authority_keeper *keeper); /* NULL is legal */

/* Takes other settings and looks. On failure nothing changed. */
bool authority_keeper_configure(struct authority_keeper *keeper,
                                const struct authority_keeper_settings *settings,
                                struct error *err);

/* Looks now: also tries again what failed. */
void authority_keeper_look(struct authority_keeper *keeper);
/* The store changed, or the authority's file may have: looks when the loop turns. */
void authority_keeper_look_soon(struct authority_keeper *keeper);
