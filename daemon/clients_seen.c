#include "daemon/clients_seen.h"

#include "tls/alert.h"

#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 16384 };

struct client {
    struct client_seen seen;
    struct client *newer, *older; /* by when they were seen */
    struct client *next;          /* in the same bucket */
};

struct clients_seen {
    atomic_bool remembers;
    uint64_t secret;       /* so that nobody can choose addresses that share a bucket */
    pthread_mutex_t mutex; /* guards what follows */
    struct client **buckets;
    struct client *newest, *oldest;
    size_t count;
    uint64_t changes;
};

static bool is_refusal(enum handshake_end end, int alert) {
    return end == HANDSHAKE_LEFT || (end == HANDSHAKE_REFUSED && alert_meaning(alert));
}

bool client_refuses(const struct client_seen *client) {
    return is_refusal(client->end, client->alert);
}

bool clients_seen_create(struct clients_seen **out, struct error *err) {
    struct clients_seen *seen = calloc(1, sizeof *seen);
    if (!seen || !(seen->buckets = calloc(BUCKETS, sizeof(struct client *)))) {
        error_set(err, ERROR_MEMORY, "clients: out of memory");
        free(seen);
        return false;
    }
    int status = gnutls_rnd(GNUTLS_RND_NONCE, &seen->secret, sizeof seen->secret);
    if (status != GNUTLS_E_SUCCESS) {
        error_set(err, ERROR_SYSTEM, "clients: no random number: %s", gnutls_strerror(status));
        free(seen->buckets);
        free(seen);
        return false;
    }
    pthread_mutex_init(&seen->mutex, NULL);
    *out = seen;
    return true;
}

void clients_seen_destroy(struct clients_seen *seen) {
    if (!seen)
        return;
    clients_seen_remember(seen, false);
    pthread_mutex_destroy(&seen->mutex);
    free(seen->buckets);
    free(seen);
}

/* ---- finding; under the lock ---- */

/* The last step of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * 2014): each bit of the result depends on each of `word`. */
static uint64_t mix(uint64_t word) {
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9u;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBu;
    return word ^ (word >> 31);
}

static uint64_t hash_text(uint64_t hash, const char *text) {
    size_t left = strlen(text) + 1; /* with its end, which parts it from the next */
    while (left > 0) {
        uint64_t word = 0;
        size_t size = left < sizeof word ? left : sizeof word;
        memcpy(&word, text, size);
        hash = mix(hash ^ word);
        text += size;
        left -= size;
    }
    return hash;
}

/* Where the client stands or would stand. */
static struct client **find(struct clients_seen *seen, const char *address, const char *service) {
    uint64_t hash = hash_text(hash_text(seen->secret, address), service);
    struct client **at = &seen->buckets[hash % BUCKETS];
    while (*at &&
           (strcmp((*at)->seen.address, address) != 0 || strcmp((*at)->seen.service, service) != 0))
        at = &(*at)->next;
    return at;
}

static void leave_order(struct clients_seen *seen, struct client *client) {
    if (client->newer)
        client->newer->older = client->older;
    else
        seen->newest = client->older;
    if (client->older)
        client->older->newer = client->newer;
    else
        seen->oldest = client->newer;
    client->newer = client->older = NULL;
}

static void become_newest(struct clients_seen *seen, struct client *client) {
    client->older = seen->newest;
    if (seen->newest)
        seen->newest->newer = client;
    else
        seen->oldest = client;
    seen->newest = client;
}

static void become_oldest(struct clients_seen *seen, struct client *client) {
    client->newer = seen->oldest;
    if (seen->oldest)
        seen->oldest->older = client;
    else
        seen->newest = client;
    seen->oldest = client;
}

static void forget(struct clients_seen *seen, struct client *client) {
    struct client **at = find(seen, client->seen.address, client->seen.service);
    *at = client->next;
    leave_order(seen, client);
    seen->count--;
    seen->changes++;
    free(client);
}

static void put_text(char *out, size_t size, const char *text) {
    size_t length = strnlen(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

/* ---- noting ---- */

/* What came before our certificate (a port scan, a connection that a browser opens in advance) says
 * nothing about it, and must not hide what an earlier one said. */
static void take_news(struct client_seen *client, const struct client_news *news, int64_t now) {
    client->last = now;
    if (client->first > now) /* the clock was set back */
        client->first = now;
    client->handshakes++;
    client->refusals += is_refusal(news->end, news->alert);
    if (client->tells && !news->tells)
        return;
    bool asked_before = client->end == HANDSHAKE_FINISHED && client->asked;
    client->end = news->end;
    client->alert = news->end == HANDSHAKE_REFUSED ? news->alert : 0;
    client->asked = news->end == HANDSHAKE_FINISHED && (news->asked || asked_before);
    client->tells = news->tells;
}

static struct client *make(struct clients_seen *seen, const char *address, const char *service,
                           int64_t now) {
    if (seen->count == CLIENTS_SEEN_MOST)
        forget(seen, seen->oldest);
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    put_text(client->seen.address, sizeof client->seen.address, address);
    put_text(client->seen.service, sizeof client->seen.service, service);
    client->seen.first = now;
    *find(seen, address, service) = client;
    seen->count++;
    return client;
}

/* The client with this key, made if it is not there, and now the newest. NULL: out of memory. */
static struct client *obtain(struct clients_seen *seen, const char *address, const char *service,
                             int64_t now) {
    struct client *client = *find(seen, address, service);
    if (client)
        leave_order(seen, client);
    else
        client = make(seen, address, service, now);
    if (client)
        become_newest(seen, client);
    return client;
}

void clients_seen_note(struct clients_seen *seen, const struct client_news *news, int64_t now) {
    if (!atomic_load_explicit(&seen->remembers, memory_order_relaxed))
        return;
    char service[CLIENT_SERVICE_SIZE];
    put_text(service, sizeof service, news->service);
    pthread_mutex_lock(&seen->mutex);
    /* Asked again: whoever switches it off under the lock must find nobody afterwards. */
    bool remembers = atomic_load_explicit(&seen->remembers, memory_order_relaxed);
    struct client *client = remembers ? obtain(seen, news->address, service, now) : NULL;
    if (client) {
        take_news(&client->seen, news, now);
        seen->changes++;
    }
    pthread_mutex_unlock(&seen->mutex);
}

/* ---- all of them ---- */

void clients_seen_remember(struct clients_seen *seen, bool remember) {
    pthread_mutex_lock(&seen->mutex);
    atomic_store(&seen->remembers, remember);
    while (!remember && seen->oldest)
        forget(seen, seen->oldest);
    pthread_mutex_unlock(&seen->mutex);
}

static void join(struct client_seen *client, const struct client_seen *earlier) {
    if (earlier->first < client->first)
        client->first = earlier->first;
    client->handshakes += earlier->handshakes;
    client->refusals += earlier->refusals;
    if (client->tells || !earlier->tells)
        return;
    client->end = earlier->end;
    client->alert = earlier->alert;
    client->asked = earlier->asked;
    client->tells = true;
}

void clients_seen_add(struct clients_seen *seen, const struct client_seen *client) {
    pthread_mutex_lock(&seen->mutex);
    struct client **at = find(seen, client->address, client->service);
    struct client *added = NULL;
    bool remembers = atomic_load(&seen->remembers);
    if (remembers && *at)
        join(&(*at)->seen, client);
    else if (remembers && seen->count < CLIENTS_SEEN_MOST)
        added = calloc(1, sizeof *added);
    if (added) {
        added->seen = *client;
        *at = added;
        become_oldest(seen, added);
        seen->count++;
    }
    pthread_mutex_unlock(&seen->mutex);
}

bool clients_seen_forget(struct clients_seen *seen, int64_t before, int64_t now) {
    bool forgot = false;
    pthread_mutex_lock(&seen->mutex);
    struct client *older;
    /* All of them: a clock that was set leaves them in another order than their times. */
    for (struct client *client = seen->newest; client; client = older) {
        older = client->older;
        if (client->seen.last > now) {
            client->seen.last = now;
            seen->changes++;
        }
        if (client->seen.first > client->seen.last)
            client->seen.first = client->seen.last;
        if (client->seen.last < before) {
            forget(seen, client);
            forgot = true;
        }
    }
    pthread_mutex_unlock(&seen->mutex);
    return forgot;
}

uint64_t clients_seen_changes(struct clients_seen *seen) {
    pthread_mutex_lock(&seen->mutex);
    uint64_t changes = seen->changes;
    pthread_mutex_unlock(&seen->mutex);
    return changes;
}

bool clients_seen_copy(struct clients_seen *seen, struct client_seen **out, size_t *count,
                       struct error *err) {
    /* For as many as there can be: nothing is allocated while workers wait. */
    struct client_seen *copy = malloc(CLIENTS_SEEN_MOST * sizeof *copy);
    if (!copy) {
        error_set(err, ERROR_MEMORY, "clients: out of memory");
        return false;
    }
    size_t used = 0;
    pthread_mutex_lock(&seen->mutex);
    for (const struct client *client = seen->newest; client; client = client->older)
        copy[used++] = client->seen;
    pthread_mutex_unlock(&seen->mutex);
    *out = copy;
    *count = used;
    return true;
}
