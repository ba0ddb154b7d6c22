/* The slot of certs/cert_set.h. A lock held for one addition costs a handshake nothing that could
 * be measured, and unlike a bare atomic pointer it cannot hand out a set that was just released. */
#include "certs/cert_set.h"

#include <pthread.h>
#include <stdlib.h>

struct cert_slot {
    pthread_mutex_t lock;
    struct cert_set *current; /* NULL before the first publish */
    struct blob authority;    /* of no size: there is none */
};

bool cert_slot_create(struct cert_slot **out, struct error *err) {
    struct cert_slot *slot = calloc(1, sizeof *slot);
    if (!slot || pthread_mutex_init(&slot->lock, NULL) != 0) {
        free(slot);
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    *out = slot;
    return true;
}

void cert_slot_destroy(struct cert_slot *slot) {
    if (!slot)
        return;
    cert_set_release(slot->current);
    blob_finish(&slot->authority);
    pthread_mutex_destroy(&slot->lock);
    free(slot);
}

void cert_slot_publish(struct cert_slot *slot, const struct cert_set *set) {
    struct cert_set *next = cert_set_acquire(set);
    pthread_mutex_lock(&slot->lock);
    struct cert_set *last = slot->current;
    slot->current = next;
    pthread_mutex_unlock(&slot->lock);
    cert_set_release(last); /* may free thousands of certificates: not under the lock */
}

struct cert_set *cert_slot_acquire(struct cert_slot *slot) {
    pthread_mutex_lock(&slot->lock);
    struct cert_set *set = slot->current ? cert_set_acquire(slot->current) : NULL;
    pthread_mutex_unlock(&slot->lock);
    return set;
}

bool cert_slot_publish_authority(struct cert_slot *slot, const struct blob *certificate,
                                 struct error *err) {
    struct blob next = {0};
    if (certificate && !blob_copy(certificate->data, certificate->size, &next)) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    pthread_mutex_lock(&slot->lock);
    struct blob last = slot->authority;
    slot->authority = next;
    pthread_mutex_unlock(&slot->lock);
    blob_finish(&last);
    return true;
}

bool cert_slot_copy_authority(struct cert_slot *slot, struct blob *out, struct error *err) {
    struct blob copy = {0};
    pthread_mutex_lock(&slot->lock);
    bool ok =
        slot->authority.size == 0 || blob_copy(slot->authority.data, slot->authority.size, &copy);
    pthread_mutex_unlock(&slot->lock);
    if (ok)
        *out = copy;
    else
        error_set(err, ERROR_MEMORY, "out of memory");
    return ok;
}
