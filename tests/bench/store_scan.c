/* What scanning a store costs: store_scan [ENTRIES [FORM]], by default 10000 entries of the form
 * "pem"; others are "pair" (NAME.crt with NAME.key) and "folder" (NAME/tls.crt with tls.key). */
#include "base/time_text.h"
#include "certs/cert_make.h"
#include "certs/cert_store.h"
#include "platform/file.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    exit(1);
}

/* Of the processor's time, so that what else the machine does counts less. */
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long resident_kb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* ---- the store ---- */

struct made {
    struct blob whole, certificate, key;
};

static struct blob pem_block(const char *label, const struct blob *der) {
    gnutls_datum_t datum = {der->data, (unsigned)der->size}, text = {0};
    struct blob pem;
    check(gnutls_pem_base64_encode2(label, &datum, &text) == 0, "PEM");
    check(blob_copy(text.data, text.size, &pem), "memory");
    gnutls_free(text.data);
    return pem;
}

static struct made make(int number) {
    char name[64], wildcard[64];
    struct string_list names = {0}, none = {0};
    struct cert_material material = {0};
    struct made made = {0};
    snprintf(wildcard, sizeof wildcard, "*.host-%d.example.org", number);
    snprintf(name, sizeof name, "host-%d.example.org", number);
    check(string_list_add(&names, name) && string_list_add(&names, wildcard), "memory");
    struct cert_wish wish = {.shape = CERT_SHAPE_MODERN,
                             .common_name = name,
                             .dns_names = &names,
                             .addresses = &none,
                             .not_before = time_now() - 1,
                             .not_after = time_now() + 1000000};
    check(cert_make_self_signed(&wish, &material, NULL), "making a certificate");
    check(cert_to_pem(&material, &made.whole, NULL), "PEM");
    made.certificate = pem_block("CERTIFICATE", &material.chain[0]);
    made.key = pem_block("PRIVATE KEY", &material.key);
    cert_material_finish(&material);
    string_list_finish(&names);
    return made;
}

static void put(const char *path, const struct blob *content) {
    FILE *file = fopen(path, "w");
    check(file != NULL, path);
    check(fwrite(content->data, 1, content->size, file) == content->size, path);
    check(fclose(file) == 0 && chmod(path, 0600) == 0, path);
}

static void put_files(const char *folder, const char *form, int number, const struct made *made) {
    char path[300];
    if (strcmp(form, "pem") == 0) {
        snprintf(path, sizeof path, "%s/host-%d.example.org.pem", folder, number);
        put(path, &made->whole);
        return;
    }
    bool is_pair = strcmp(form, "pair") == 0;
    if (!is_pair) {
        snprintf(path, sizeof path, "%s/host-%d.example.org", folder, number);
        mkdir(path, 0700);
    }
    const char *ending = is_pair ? "." : "/tls.";
    snprintf(path, sizeof path, "%s/host-%d.example.org%scrt", folder, number, ending);
    put(path, &made->certificate);
    snprintf(path, sizeof path, "%s/host-%d.example.org%skey", folder, number, ending);
    put(path, &made->key);
}

/* A new certificate each time. */
static void put_entry(const char *folder, const char *form, int number) {
    struct made made = make(number);
    put_files(folder, form, number, &made);
    blob_finish(&made.whole);
    blob_finish(&made.certificate);
    blob_finish(&made.key);
}

/* ---- measuring ---- */

static void count_event(void *context, const struct cert_store_event *event) {
    (void)event;
    ++*(size_t *)context;
}

/* `now` far enough ahead that every file is old: nothing is read again for its youth alone. */
static void measure(struct cert_store *store, const char *what, int64_t now) {
    size_t events = 0;
    int64_t again_in_ms = -1;
    double start = seconds();
    bool changed = cert_store_scan(store, now, count_event, &events, &again_in_ms);
    double took = seconds() - start;
    printf("%-28s %9.2f ms  %6zu events  set %s  %ld KB resident at most\n", what, took * 1e3,
           events, changed ? "changed  " : "unchanged", resident_kb());
}

static void measure_set(const struct cert_store *store) {
    const struct cert_set *set = cert_store_set(store);
    size_t count = cert_set_count(set);
    struct cert **certs = calloc(count + 1, sizeof(struct cert *));
    check(certs != NULL, "memory");
    for (size_t i = 0; i < count; i++)
        certs[i] = cert_acquire(cert_set_at(set, i));
    struct cert_set *built = NULL;
    double start = seconds();
    check(cert_set_create(certs, count, &built, NULL), "set");
    printf("%-28s %9.2f ms\n", "building the set", (seconds() - start) * 1e3);
    enum { CHOICES = 1000000 };
    size_t found = 0;
    start = seconds();
    for (int i = 0; i < CHOICES; i++) {
        struct cert_wanted wanted = {.server_name = i % 2 ? "host-3.example.org" : "x.example.com",
                                     .key_types = CERT_KEY_ANY,
                                     .now = time_now()};
        found += cert_set_choose(built, &wanted, NULL) != NULL;
    }
    printf("%-28s %9.0f ns  (%zu found)\n", "one choice", (seconds() - start) * 1e9 / CHOICES,
           found);
    for (size_t i = 0; i < count; i++)
        cert_release(certs[i]);
    free(certs);
    cert_set_release(built);
}

static bool remove_one(void *context, const char *name) {
    char *path = path_join(context, name);
    check(path != NULL, "memory");
    if (remove(path) != 0 && folder_list(path, remove_one, path, NULL))
        remove(path);
    free(path);
    return true;
}

int main(int argc, char **argv) {
    int entries = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000;
    const char *form = argc > 2 ? argv[2] : "pem";
    char folder[] = "/tmp/mailstored-bench-XXXXXX";
    struct cert_store *store = NULL;
    check(mkdtemp(folder) != NULL, folder);
    for (int i = 0; i < entries; i++)
        put_entry(folder, form, i);
    int64_t now = time_now() + 60;
    struct cert_store_options options = {folder, false};
    check(cert_store_create(&options, &store, NULL), "store");
    printf("%d entries of the form %s\n", entries, form);
    measure(store, "first scan", now);
    for (int i = 0; i < 3; i++)
        measure(store, "nothing changed", now);
    for (int i = 0; i < 3; i++) {
        put_entry(folder, form, entries / 2);
        now = time_now() + 60;
        measure(store, "one entry replaced", now);
    }
    measure_set(store);
    cert_store_destroy(store);
    folder_list(folder, remove_one, folder, NULL);
    remove(folder);
    return 0;
}
