/* Keeps the certificates served in step with the store: watches it, scans it, publishes what it
 * found, says so in the log, and sees to it that there is always one to serve. Loop's thread. */
#pragma once

#include "certs/cert_store.h"
#include "daemon/first_certificate.h"
#include "platform/loop.h"

struct cert_keeper;

/* Plain data, borrowed for the call. */
struct cert_keeper_settings {
    const char *store_folder;
    bool accept_public_keys;
    int64_t poll_interval_ms;
    struct first_certificate first;
    const struct string_list *renewed; /* entries that the daemon renews by itself: of their end it
                                          warns only where that has not happened */
};

/* Arms the watch, scans, makes the first certificate if the store has none, publishes.
 * `published` (may be NULL) runs after each later change. */
bool cert_keeper_create(struct loop *loop, struct cert_slot *slot,
                        const struct cert_keeper_settings *settings,
                        void (*published)(void *context), void *context, struct cert_keeper **out,
                        struct error *err);
void cert_keeper_destroy(struct cert_keeper *keeper);

/* Takes other settings; another store folder is read and published at once. On failure nothing
 * changed. */
bool cert_keeper_configure(struct cert_keeper *keeper, const struct cert_keeper_settings *settings,
                           struct error *err);

/* Looks at the store now. */
void cert_keeper_rescan(struct cert_keeper *keeper);

/* Replaces the generated entry by a new one with the host's names of today, and serves it.
 * ERROR_BUSY: somebody is changing the store just now. */
bool cert_keeper_renew_generated(struct cert_keeper *keeper, struct error *err);

/* Tells the pages of the local authority's certificate (DER); NULL: there is none. */
void cert_keeper_publish_authority(struct cert_keeper *keeper, const struct blob *certificate);

/* After its last scan; borrowed until the next. */
const struct cert_store *cert_keeper_store(const struct cert_keeper *keeper);
/* How often the set changed, from 1. */
uint64_t cert_keeper_generation(const struct cert_keeper *keeper);
/* How often a file was refused. */
uint64_t cert_keeper_refusals(const struct cert_keeper *keeper);
