/* A store in a folder of its own, scanned at times of the test's choosing: nothing sleeps.
 *
 * The test's clock stands before that of the file system, so a change counts from the scan that saw
 * it: it is settled 2 s later and certain 3 s later, on any machine. */
#pragma once

#include "certs/cert_make.h"
#include "certs/cert_store.h"
#include "made_cert.h"
#include "test_data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTLED = 2, CERTAIN = 3 }; /* seconds after the scan that saw a change */

struct fixture {
    char root[64];  /* holds the store and what is beside it */
    char store[80]; /* root/store */
    struct cert_store *certs;
    int64_t now;
    bool changed;        /* of the last scan */
    int64_t again_in_ms; /* likewise */
    struct buffer lines; /* what it reported */
    struct buffer texts; /* … with reasons and mending */
};

/* ---- files ---- */

/* A path below the root; borrowed until the eighth next call. */
static inline const char *in_root(const struct fixture *f, const char *name) {
    static char paths[8][400];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", f->root, name);
    return path;
}

static inline void put(const struct fixture *f, const char *name, const void *data, size_t size,
                       mode_t mode) {
    int file = open(in_root(f, name), O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (file < 0)
        fail_msg("%s: %s", name, strerror(errno));
    assert_int_equal(write(file, data, size), (ssize_t)size);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static inline void put_text(const struct fixture *f, const char *name, const char *text) {
    put(f, name, text, strlen(text), 0600);
}

static inline void put_data(const struct fixture *f, const char *name, const char *data) {
    struct blob content = data_read(data);
    put(f, name, content.data, content.size, 0600);
    blob_finish(&content);
}

static inline void make_folder(const struct fixture *f, const char *name) {
    assert_int_equal(mkdir(in_root(f, name), 0700), 0);
}

static inline void make_link(const struct fixture *f, const char *target, const char *name) {
    assert_int_equal(symlink(target, in_root(f, name)), 0);
}

static inline void move(const struct fixture *f, const char *from, const char *to) {
    assert_int_equal(rename(in_root(f, from), in_root(f, to)), 0);
}

static inline void drop(const struct fixture *f, const char *name) {
    assert_int_equal(remove(in_root(f, name)), 0);
}

/* ---- material: certificate number N, with a key that numbers of the same parity share ---- */

/* Borrowed; made once, since a signature is different each time. */
static inline const struct cert_material *material(unsigned number) {
    static struct cert_material made[16];
    assert_true(number < sizeof made / sizeof made[0]);
    if (!made[number].chain)
        made[number] =
            made_material(&(struct made_cert){.key = CERT_KEY_ECDSA,
                                              .other_key = number % 2,
                                              .names = (const char *const[]){"a.example", NULL},
                                              .not_before = 1700000000,
                                              .not_after = 4000000000,
                                              .serial = number});
    return &made[number];
}

static inline struct blob pem_block(const char *label, const struct blob *der) {
    gnutls_datum_t datum = {der->data, (unsigned)der->size}, text = {0};
    assert_int_equal(gnutls_pem_base64_encode2(label, &datum, &text), 0);
    return made_blob(&text);
}

/* Key and chain in one. */
static inline struct blob pem_of(unsigned number) {
    struct blob pem = {0};
    assert_true(cert_to_pem(material(number), &pem, NULL));
    return pem;
}

static inline void put_pem(const struct fixture *f, const char *name, unsigned number) {
    struct blob pem = pem_of(number);
    put(f, name, pem.data, pem.size, 0600);
    blob_finish(&pem);
}

static inline void put_crt(const struct fixture *f, const char *name, unsigned number) {
    struct blob pem = pem_block("CERTIFICATE", &material(number)->chain[0]);
    put(f, name, pem.data, pem.size, 0644);
    blob_finish(&pem);
}

static inline void put_key(const struct fixture *f, const char *name, unsigned number) {
    struct blob pem = pem_block("PRIVATE KEY", &material(number)->key);
    put(f, name, pem.data, pem.size, 0600);
    blob_finish(&pem);
}

/* A folder with both. */
static inline void put_version(const struct fixture *f, const char *folder, unsigned number) {
    char path[64];
    make_folder(f, folder);
    snprintf(path, sizeof path, "%s/tls.crt", folder);
    put_crt(f, path, number);
    snprintf(path, sizeof path, "%s/tls.key", folder);
    put_key(f, path, number);
}

/* The number of the certificate that an entry serves; -1: none. */
static inline int served(const struct fixture *f, const char *entry) {
    const struct cert *cert = cert_set_entry(cert_store_set(f->certs), entry);
    return cert ? (int)strtol(cert_info(cert)->serial + 2, NULL, 16) : -1;
}

/* ---- scanning ---- */

static inline void note_event(void *context, const struct cert_store_event *event) {
    static const char *const words[] = {
        [CERT_STORE_ADDED] = "added",       [CERT_STORE_REPLACED] = "replaced",
        [CERT_STORE_REMOVED] = "removed",   [CERT_STORE_REFUSED] = "refused",
        [CERT_STORE_MENDED] = "mended",     [CERT_STORE_STAPLE_REFUSED] = "staple refused",
        [CERT_STORE_IGNORED] = "ignored",   [CERT_STORE_UNREADABLE] = "unreadable",
        [CERT_STORE_READABLE] = "readable",
    };
    struct fixture *f = context;
    bool about_file = event->reason && event->entry;
    assert_non_null(event->file);
    assert_int_equal(event->cert != NULL, event->kind == CERT_STORE_ADDED ||
                                              event->kind == CERT_STORE_REPLACED ||
                                              event->kind == CERT_STORE_REMOVED);
    buffer_printf(&f->lines, "%s%s%s%s%s%s", f->lines.size ? "; " : "", words[event->kind],
                  event->entry ? " " : "", event->entry ? event->entry : "", about_file ? " " : "",
                  about_file ? event->file + strlen(f->store) + 1 : "");
    if (event->kind == CERT_STORE_REFUSED && event->kept)
        buffer_append_text(&f->lines, ", kept");
    buffer_printf(&f->texts, "%s: %s; mend: %s\n", event->file, event->reason ? event->reason : "",
                  event->mend ? event->mend : "");
}

/* Scans so many seconds after the last scan. */
static inline void scan(struct fixture *f, int64_t later_s) {
    f->now += later_s;
    buffer_clear(&f->lines);
    buffer_clear(&f->texts);
    f->changed = cert_store_scan(f->certs, f->now, note_event, f, &f->again_in_ms);
    assert_true(f->again_in_ms == -1 || f->again_in_ms > 0);
}

/* … and expects just these events, "; " between them. */
#define EXPECT(f, later_s, expected)                                 \
    do {                                                             \
        scan(f, later_s);                                            \
        const char *got_ = (f)->lines.data ? (f)->lines.data : "";   \
        if (strcmp(got_, expected) != 0)                             \
            fail_msg("\"%s\" instead of \"%s\"\n%s", got_, expected, \
                     (f)->texts.data ? (f)->texts.data : "");        \
    } while (0)

/* … and that the reasons hold this. */
#define EXPECT_REASON(f, later_s, expected, reason)               \
    do {                                                          \
        EXPECT(f, later_s, expected);                             \
        if (!strstr((f)->texts.data, reason))                     \
            fail_msg("no \"%s\" in %s", reason, (f)->texts.data); \
    } while (0)

/* Long enough after the last change that everything is certain and told. */
static inline void rest(struct fixture *f) {
    scan(f, 0);
    scan(f, CERTAIN);
    EXPECT(f, CERTAIN, "");
    assert_int_equal(f->again_in_ms, -1);
    assert_false(f->changed);
}

/* ---- beginning and end ---- */

static inline void open_store(struct fixture *f, bool accept_public_keys) {
    struct cert_store_options options = {f->store, accept_public_keys};
    struct error err = {0};
    cert_store_destroy(f->certs);
    if (!cert_store_create(&options, &f->certs, &err))
        fail_msg("%s", err.text);
}

static inline int fixture_set_up_in(const char *folder, void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->root, sizeof f->root, "%s/mailstored-store-XXXXXX", folder);
    assert_non_null(mkdtemp(f->root));
    snprintf(f->store, sizeof f->store, "%s/store", f->root);
    make_folder(f, "store");
    f->now = data_made_at();
    open_store(f, false);
    *state = f;
    return 0;
}

static inline int fixture_set_up(void **state) {
    return fixture_set_up_in("/tmp", state);
}

/* On a tmpfs where there is one: renaming moves a name to the end of its folder there. */
static inline int fixture_set_up_in_memory(void **state) {
    return fixture_set_up_in(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", state);
}

static inline int remove_one(const char *path, const struct stat *status, int kind,
                             struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline int fixture_tear_down(void **state) {
    struct fixture *f = *state;
    cert_store_destroy(f->certs);
    buffer_finish(&f->lines);
    buffer_finish(&f->texts);
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)
