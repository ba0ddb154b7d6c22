#include "daemon/client_counts.h"

#include "platform/socket.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct client {
    char address[SOCKET_TEXT_SIZE];
    unsigned connections;
    struct client *next;
};

struct client_counts {
    struct client *buckets[BUCKETS];
};

struct client_counts *client_counts_create(void) {
    return calloc(1, sizeof(struct client_counts));
}

void client_counts_destroy(struct client_counts *counts) {
    for (size_t i = 0; counts && i < BUCKETS; i++)
        while (counts->buckets[i]) {
            struct client *next = counts->buckets[i]->next;
            free(counts->buckets[i]);
            counts->buckets[i] = next;
        }
    free(counts);
}

/* Where the client stands or would stand in its bucket. */
static struct client **find(struct client_counts *counts, const char *address) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = address; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    struct client **at = &counts->buckets[hash % BUCKETS];
    while (*at && strcmp((*at)->address, address) != 0)
        at = &(*at)->next;
    return at;
}

bool client_counts_add(struct client_counts *counts, const struct sockaddr *client, unsigned most) {
    char address[SOCKET_TEXT_SIZE] = "";
    struct client **at = find(counts, socket_address_host(client, address));
    if (!*at) {
        *at = calloc(1, sizeof **at);
        if (!*at)
            return false;
        memcpy((*at)->address, address, sizeof address);
    }
    if ((*at)->connections >= most)
        return false;
    (*at)->connections++;
    return true;
}

void client_counts_remove(struct client_counts *counts, const struct sockaddr *client) {
    char address[SOCKET_TEXT_SIZE];
    struct client **at = find(counts, socket_address_host(client, address));
    struct client *found = *at;
    if (!found || --found->connections > 0)
        return;
    *at = found->next;
    free(found);
}
