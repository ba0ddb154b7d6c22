/* The certificates served now: immutable, counted, and the rules of choice among them. */
#pragma once

#include "certs/cert.h"

struct cert_set;

/* The entry that the daemon makes by itself; it serves while no other can. */
#define CERT_GENERATED_NAME "MailStoreServer"

/* Takes references of its own to the certs. Any number, also none. */
bool cert_set_create(struct cert *const *certs, size_t count, struct cert_set **out,
                     struct error *err);
struct cert_set *cert_set_acquire(const struct cert_set *set);
void cert_set_release(struct cert_set *set); /* NULL is legal */

size_t cert_set_count(const struct cert_set *set);
const struct cert *cert_set_at(const struct cert_set *set, size_t i); /* by name, in order */
const struct cert *cert_set_entry(const struct cert_set *set, const char *name);

/* Tells sets with other certificates apart, also from one run and one host to another: whoever has
 * the same entries has the same digest. */
enum { CERT_SET_DIGEST_SIZE = CERT_FINGERPRINT_SIZE };
const unsigned char *cert_set_digest(const struct cert_set *set);

/* What a connection asks for. Borrowed. */
struct cert_wanted {
    const char *pin;         /* entry name, or NULL */
    const char *server_name; /* as the client sent it (RFC 6066), normalised; NULL: it sent none */
    const char *address;     /* the local address it reached, canonical text */
    unsigned key_types;      /* enum cert_key_type the client can use, or-ed */
    int64_t now;
};

enum cert_choice {
    CERT_CHOICE_NONE, /* no entry of a usable key type */
    CERT_CHOICE_PIN,
    CERT_CHOICE_NAME,
    CERT_CHOICE_NEWEST,
    CERT_CHOICE_GENERATED,
};

/* The certificate for a connection; `choice` (may be NULL) says by which rule. Rules, in order,
 * among entries whose key type the client can use:
 *   1. the pinned entry;
 *   2. an operator's entry that names the server name (or, without one, the address): exact
 *      before wildcard;
 *   3. the operator's newest: valid now first, then the latest notBefore;
 *   4. the generated entry.
 * Among equals: valid now, ECDSA first, the latest notBefore, the name. Cost does not grow with the
 * number of entries (hash by name; wildcard by the parent domain; newest kept sorted).
 * Borrowed: valid while the caller holds the set. */
const struct cert *cert_set_choose(const struct cert_set *set, const struct cert_wanted *wanted,
                                   enum cert_choice *choice);

/* Where the current set stands: one writer publishes, any thread acquires. */
struct cert_slot;
bool cert_slot_create(struct cert_slot **out, struct error *err);
void cert_slot_destroy(struct cert_slot *slot);
void cert_slot_publish(struct cert_slot *slot,
                       const struct cert_set *set);         /* takes a reference of its own */
struct cert_set *cert_slot_acquire(struct cert_slot *slot); /* NULL before the first publish */

/* Beside the set: the local authority's certificate, DER. `certificate` is copied; NULL: there is
 * none. On failure the last one stays. */
bool cert_slot_publish_authority(struct cert_slot *slot, const struct blob *certificate,
                                 struct error *err);
/* A copy, empty where there is none. Gives `out`. */
bool cert_slot_copy_authority(struct cert_slot *slot, struct blob *out, struct error *err);
