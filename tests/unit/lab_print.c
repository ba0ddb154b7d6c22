/* Writes every scenario of the laboratory into a folder, for the system tests to have others read
 * them:
 *     lab_print FOLDER DOMAIN ADDRESS PORT
 * index.json, the authorities root.der, expired-root.der, stranger.der (whom nobody trusts) and
 * unseen.der (which no scenario sends), and for each scenario NAME/TURN/0.der … (as they are sent),
 * key.der and staple.der. Waits for the keys. */
#include "lab/chain.h"
#include "platform/file.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const struct error *err) {
    fprintf(stderr, "%s: %s\n", what, err->text);
    exit(1);
}

/* How many costly keys there are. */
struct progress {
    pthread_mutex_t mutex;
    pthread_cond_t made;
    size_t count;
};

static void count_key(void *context, enum lab_key key) {
    struct progress *progress = context;
    (void)key;
    pthread_mutex_lock(&progress->mutex);
    progress->count++;
    pthread_cond_signal(&progress->made);
    pthread_mutex_unlock(&progress->mutex);
}

static size_t keys_made(struct progress *progress) {
    pthread_mutex_lock(&progress->mutex);
    size_t count = progress->count;
    pthread_mutex_unlock(&progress->mutex);
    return count;
}

static void wait_for_more(struct progress *progress, size_t than) {
    pthread_mutex_lock(&progress->mutex);
    while (progress->count <= than)
        pthread_cond_wait(&progress->made, &progress->mutex);
    pthread_mutex_unlock(&progress->mutex);
}

struct lab_print {
    const char *folder;
    struct lab_place place;
    struct progress progress;
    struct lab_keys *keys;
    struct lab_authorities *authorities;
};

static void write_file(const char *folder, const char *name, const void *data, size_t size) {
    struct error err = {0};
    char *path = path_join(folder, name);
    if (!path || !file_write(path, data, size, 0644, FILE_NEW_ONLY, &err))
        fail(name, &err);
    free(path);
}

static void make_chain(struct lab_print *print, const struct lab_scenario *scenario, unsigned turn,
                       struct lab_chain *out) {
    for (;;) {
        struct error err = {0};
        size_t before = keys_made(&print->progress);
        enum lab_made made = lab_chain_make(scenario, &print->place, print->keys,
                                            print->authorities, turn, out, &err);
        if (made == LAB_MADE)
            return;
        if (made == LAB_NOT_MADE)
            fail(scenario->name, &err);
        wait_for_more(&print->progress, before);
    }
}

static json_t *print_turn(struct lab_print *print, const struct lab_scenario *scenario,
                          unsigned turn) {
    struct error err = {0};
    struct lab_chain chain = {0};
    char name[LAB_HOST_SIZE];
    make_chain(print, scenario, turn, &chain);
    snprintf(name, sizeof name, "%s/%u", scenario->name, turn);
    char *folder = path_join(print->folder, name);
    if (!folder || !folder_make(folder, 0755, &err))
        fail(name, &err);
    for (size_t i = 0; i < chain.count; i++) {
        snprintf(name, sizeof name, "%zu.der", i);
        write_file(folder, name, chain.certificates[i].data, chain.certificates[i].size);
    }
    write_file(folder, "key.der", chain.key.data, chain.key.size);
    write_file(folder, "staple.der", chain.staple.data, chain.staple.size);
    char serial[2 * sizeof chain.serial + 1];
    for (size_t i = 0; i < sizeof chain.serial; i++)
        snprintf(serial + 2 * i, 3, "%02x", chain.serial[i]);
    json_t *turn_json = json_pack("{s:i,s:b,s:s}", "count", (int)chain.count, "is_anchor",
                                  (int)chain.is_anchor, "serial", serial);
    lab_chain_finish(&chain);
    free(folder);
    return turn_json;
}

static json_t *print_scenario(struct lab_print *print, const struct lab_scenario *scenario) {
    char host[LAB_HOST_SIZE];
    json_t *turns = json_array();
    unsigned count = scenario->behaviour == LAB_CHANGES ? 2 : 1;
    for (unsigned turn = 0; turn < count; turn++)
        json_array_append_new(turns, print_turn(print, scenario, turn));
    lab_scenario_host(scenario, print->place.domain, print->place.address, host);
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:o}", "name", scenario->name, "group",
                     lab_group_word(scenario->group), "expected",
                     lab_expected_word(scenario->expected), "host", host, "behaviour",
                     (int)scenario->behaviour, "turns", turns);
}

static void print_authority(struct lab_print *print, enum lab_issuer issuer, const char *name) {
    struct error err = {0};
    const struct lab_authority *authority = lab_authority(print->authorities, issuer, &err);
    if (!authority)
        fail(name, &err);
    write_file(print->folder, name, authority->certificate.data, authority->certificate.size);
}

static void print_index(struct lab_print *print) {
    json_t *scenarios = json_array();
    for (size_t i = 0; i < lab_scenario_count(); i++)
        json_array_append_new(scenarios, print_scenario(print, lab_scenario_at(i)));
    json_t *index = json_pack("{s:s,s:s,s:i,s:I,s:o}", "domain", print->place.domain, "address",
                              print->place.address, "port", (int)print->place.index_port, "now",
                              (json_int_t)print->place.now, "scenarios", scenarios);
    char *text = json_dumps(index, JSON_INDENT(1));
    if (!text)
        abort();
    write_file(print->folder, "index.json", text, strlen(text));
    free(text);
    json_decref(index);
}

int main(int argc, char **argv) {
    enum { FOLDER = 1, DOMAIN, ADDRESS, PORT, COUNT };
    if (argc != COUNT) {
        fprintf(stderr, "usage: lab_print FOLDER DOMAIN ADDRESS PORT\n");
        return 64;
    }
    struct lab_print print = {
        .folder = argv[FOLDER],
        .place = {.domain = argv[DOMAIN],
                  .address = argv[ADDRESS],
                  .index_port = (uint16_t)strtoul(argv[PORT], NULL, 10),
                  .now = (int64_t)time(NULL)},
        .progress = {.mutex = PTHREAD_MUTEX_INITIALIZER, .made = PTHREAD_COND_INITIALIZER},
    };
    struct error err = {0};
    if (!folder_make(print.folder, 0755, &err) ||
        !lab_keys_create(count_key, &print.progress, &print.keys, &err) ||
        !lab_authorities_create(print.keys, print.place.domain, print.place.now, &print.authorities,
                                &err))
        fail("lab_print", &err);
    print_index(&print);
    print_authority(&print, LAB_BY_ROOT, "root.der");
    print_authority(&print, LAB_BY_EXPIRED_ROOT, "expired-root.der");
    print_authority(&print, LAB_BY_STRANGER, "stranger.der");
    print_authority(&print, LAB_BY_UNSEEN, "unseen.der");
    lab_authorities_destroy(print.authorities);
    lab_keys_destroy(print.keys);
    return 0;
}
