/* The keys of a laboratory: one for each kind, made once. Those that cost little are there from the
 * beginning, the others are made in a thread of their own, in the order in which they are needed
 * most. They are worth nothing, and never leave memory. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "lab/scenario.h"

struct lab_keys;

/* `made` is called from the keys' thread after each costly key. */
bool lab_keys_create(void (*made)(void *context, enum lab_key key), void *context,
                     struct lab_keys **out, struct error *err);
/* Gives up a key that is being made just now: some milliseconds. NULL is legal. */
void lab_keys_destroy(struct lab_keys *keys);

/* PKCS#8 or the type's own form, DER; borrowed, for as long as `keys` is. NULL: not made yet, and
 * `made` will be called for it. Any thread. `spare`: the second key of that kind (LAB_P256 alone),
 * for a certificate that changes. */
const struct blob *lab_key(const struct lab_keys *keys, enum lab_key key, bool spare);

/* A P-256 key for an authority, which has one of its own: a client that knows another of the same
 * key, or caches it, would find a way around what is broken. Gives `out`. */
bool lab_key_for_authority(struct blob *out, struct error *err);
