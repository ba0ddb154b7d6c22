/* The certificate store: a folder read into a set, and read again cheaply.
 *
 * One thread. Knows nothing of watching, HTTP or configuration: whoever owns it calls
 * cert_store_scan when something may have changed, watches cert_store_folders, and publishes
 * cert_store_set.
 *
 * Entries (docs/ARCHITECTURE.md, "The store"):
 *   NAME.pem                           chain and key together
 *   NAME.crt | NAME.cer | NAME.pem  with  NAME.key      PEM or DER
 *   NAME.pfx | NAME.p12                password in NAME.pass, likewise for an encrypted NAME.key
 *   NAME/ with tls.crt + tls.key       Kubernetes; NAME may be a link
 *   NAME/ with fullchain.pem + privkey.pem              certbot's live/NAME; NAME may be a link
 *   NAME.ocsp (NAME/… : ocsp.der)      a response to staple, at most 64 KB
 *   NAME.meta                          not read here
 * Where several certificates of one name stand side by side, the first in the order .pem, .crt,
 * .cer, .pfx, .p12, NAME/tls.crt, NAME/fullchain.pem that has the key of its form (a .pem may hold
 * it) is the entry's; the others are refused and say which one goes first. An entry is removed when
 * the last of its certificates and keys is gone; while one of them is there (or a link that leads
 * nowhere), the last good version is served.
 * Names that begin with a dot, or end with "~", ".tmp", ".swp" or ".bak" are passed over in
 * silence; other files that fit no form are reported once as unknown at LOG_LEVEL_DEBUG's worth
 * (CERT_STORE_IGNORED). */
#pragma once

#include "certs/cert_set.h"

struct cert_store;

struct cert_store_options {
    const char *folder;
    bool accept_public_keys; /* take a key that everyone can read (Kubernetes mounts 0644) */
};

/* Nothing is read yet; the set is empty. */
bool cert_store_create(const struct cert_store_options *options, struct cert_store **out,
                       struct error *err);
void cert_store_destroy(struct cert_store *store);
void cert_store_set_options(struct cert_store *store, const struct cert_store_options *options);

enum cert_store_event_kind {
    CERT_STORE_ADDED,
    CERT_STORE_REPLACED,
    CERT_STORE_REMOVED,
    CERT_STORE_REFUSED,        /* `kept`: the last good version is still served */
    CERT_STORE_MENDED,         /* refused before, now back to the very version that is served */
    CERT_STORE_STAPLE_REFUSED, /* the entry is served without it */
    CERT_STORE_IGNORED,
    CERT_STORE_UNREADABLE, /* the folder itself: everything served stays as it was */
    CERT_STORE_READABLE,   /* … and is back */
};

struct cert_store_event {
    enum cert_store_event_kind kind;
    const char *entry;  /* name; NULL for the folder's events */
    const char *file;   /* full path of the file concerned; the folder's for the folder's events */
    const char *reason; /* for refusals: what is wrong, one sentence */
    const char *mend;   /* for refusals: a command or step that mends it; may be NULL */
    const struct cert
        *cert; /* the one served now (ADDED, REPLACED), or last (REMOVED); else NULL */
    bool kept;
};

enum { CERT_STORE_SETTLE_MS = 1000 };

/* Looks at the folder again and reads what changed (or looked at too young to be sure: a
 * file changed within the clock's grain before it was read is read again at the next scan). Calls
 * `report` for each event, in name order. A pair that just stopped matching, or a file that just
 * stopped parsing, is held back as "settling" rather than reported while its files changed less
 * than CERT_STORE_SETTLE_MS ago by their file system's clock: the last good version serves
 * meanwhile, and it is no refusal yet. `again_in_ms`: when to scan once more without being told,
 * because something is settling or young, or a staple ends; -1: no need. Returns true if the set
 * changed; its events are reported after it did. */
bool cert_store_scan(struct cert_store *store, int64_t now,
                     void (*report)(void *context, const struct cert_store_event *event),
                     void *context, int64_t *again_in_ms);
/* The same to the nanosecond since 1970, by which what is young or settles is known sooner. */
bool cert_store_scan_at(struct cert_store *store, int64_t now_ns,
                        void (*report)(void *context, const struct cert_store_event *event),
                        void *context, int64_t *again_in_ms);

/* The set after the last scan. Borrowed until the next scan: acquire it to keep it. */
const struct cert_set *cert_store_set(const struct cert_store *store);

/* Every folder whose changes can change the store: itself, its parent, entry folders, and where
 * links lead through. Borrowed until the next scan. */
const struct string_list *cert_store_folders(const struct cert_store *store);

/* What is refused now. Borrowed until the next scan. */
struct cert_store_refusal {
    const char *entry, *file, *reason, *mend;
    bool kept;   /* a last good version is served */
    bool staple; /* only the staple is refused */
};
size_t cert_store_refusal_count(const struct cert_store *store);
struct cert_store_refusal cert_store_refusal_at(const struct cert_store *store, size_t i);
