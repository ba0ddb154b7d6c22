/* certs/cert_store: every form of an entry, replaced, broken, mended and removed. */
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

/* ---- forms ---- */

static void every_form_is_an_entry(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/whole.pem", 1);
    put_crt(f, "store/pair.crt", 2);
    put_key(f, "store/pair.key", 2);
    put_crt(f, "store/split.pem", 3);
    put_key(f, "store/split.key", 3);
    put_data(f, "store/der.cer", "leaf.der");
    put_data(f, "store/der.key", "leaf.pkcs8.der");
    put_data(f, "store/bundle.pfx", "aes.pfx");
    put_text(f, "store/bundle.pass", "secret\n");
    put_data(f, "store/EMPTY.P12", "empty.pfx");
    put_data(f, "store/locked.CRT", "leaf.pem");
    put_data(f, "store/locked.key", "leaf.encrypted.key");
    put_text(f, "store/locked.pass", "secret");
    make_folder(f, "store/secret");
    put_crt(f, "store/secret/tls.crt", 4);
    put_key(f, "store/secret/tls.key", 4);
    make_folder(f, "live");
    put_crt(f, "live/fullchain.pem", 5);
    put_key(f, "live/privkey.pem", 5);
    put_text(f, "live/README", "read me");
    make_link(f, "../live", "store/linked.example.org");
    put_text(f, "store/whole.meta", "friendly name");
    EXPECT(f, 0,
           "added EMPTY; added bundle; added der; added linked.example.org; added locked; "
           "added pair; added secret; added split; added whole");
    assert_true(f->changed);
    assert_int_equal(cert_set_count(cert_store_set(f->certs)), 9);
    assert_int_equal(served(f, "whole"), 1);
    assert_int_equal(served(f, "pair"), 2);
    assert_int_equal(served(f, "split"), 3);
    assert_int_equal(served(f, "secret"), 4);
    assert_int_equal(served(f, "linked.example.org"), 5);
    rest(f);
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
}

static void leftovers_are_passed_over(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = {
        ".hidden.pem", ".mailstored-1-2.tmp", "a.pem~",   "a.pem.bak",
        "a.tmp",       ".a.pem.swp",          "a.key.BAK"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "store/%s", names[i]);
        put_text(f, path, "no certificate");
    }
    make_folder(f, "store/..2024_x");
    EXPECT(f, 0, "");
    assert_int_equal(f->again_in_ms, -1);
    EXPECT(f, SETTLED, "");
}

static void what_fits_no_form_is_told_once(void **state) {
    struct fixture *f = *state;
    put_text(f, "store/README", "read me");
    put_text(f, "store/mail.csr", "request");
    make_folder(f, "store/lost+found");
    put_text(f, "store/lonely.pass", "secret");
    put_text(f, "store/lonely.meta", "name");
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED,
           "ignored README README; ignored lonely lonely.pass; ignored lost+found lost+found; "
           "ignored mail.csr mail.csr");
    rest(f);
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    assert_int_equal(cert_set_count(cert_store_set(f->certs)), 0);
}

static void first_form_goes_first_and_others_are_refused(void **state) {
    struct fixture *f = *state;
    make_folder(f, "store/a");
    put_crt(f, "store/a/tls.crt", 7);
    put_key(f, "store/a/tls.key", 7);
    EXPECT(f, 0, "added a");
    put_data(f, "store/a.pfx", "empty.pfx");
    put_crt(f, "store/a.crt", 5);
    put_key(f, "store/a.key", 5);
    put_pem(f, "store/a.pem", 3);
    put_pem(f, "store/a.PEM", 1);
    drop(f, "store/a.key");
    EXPECT(f, CERTAIN, "replaced a");
    EXPECT_REASON(f, SETTLED,
                  "refused a a.pem, kept; refused a a.crt, kept; refused a a.pfx, kept; "
                  "refused a a/tls.crt, kept",
                  "store/a.PEM goes first; mend: keep one of them; without this one: rm /tmp/");
    assert_int_equal(served(f, "a"), 1); /* capitals stand first in a folder's order */
    assert_int_equal(cert_store_refusal_count(f->certs), 4);
    assert_true(cert_store_refusal_at(f->certs, 3).kept);
    drop(f, "store/a.PEM");
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 3);
    drop(f, "store/a.pem");
    put_key(f, "store/a.key", 5);
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 5);
    drop(f, "store/a.crt");
    EXPECT(f, 0, "replaced a"); /* by the bundle */
    EXPECT(f, SETTLED, "refused a a/tls.crt, kept; refused a a.key, kept");
    drop(f, "store/a.pfx");
    drop(f, "store/a.key");
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 7);
    rest(f);
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
}

static void certificate_without_a_key_does_not_go_first(void **state) {
    struct fixture *f = *state;
    put_data(f, "store/a.cer", "leaf.der"); /* exported from Windows, with and without the key */
    put_data(f, "store/a.pfx", "empty.pfx");
    EXPECT(f, 0, "added a");
    EXPECT_REASON(f, SETTLED, "refused a a.cer, kept", "store/a.pfx goes first");
    make_folder(f, "store/b");
    put_crt(f, "store/b/tls.crt", 1);
    put_crt(f, "store/b/fullchain.pem", 2);
    put_key(f, "store/b/privkey.pem", 2);
    EXPECT(f, 0, "added b");
    assert_int_equal(served(f, "b"), 2);
    put_key(f, "store/b/tls.key", 1);
    EXPECT(f, 0, "replaced b");
    assert_int_equal(served(f, "b"), 1);
    EXPECT(f, CERTAIN, "refused b b/fullchain.pem, kept");
    rest(f);
}

/* ---- replacing ---- */

static void unchanged_files_cost_no_event_and_no_set(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "added a");
    assert_in_range(f->again_in_ms, 1, 3000); /* it may be written again within the clock's step */
    const struct cert_set *set = cert_store_set(f->certs);
    EXPECT(f, 0, "");
    rest(f);
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "");
    assert_int_equal(utimensat(AT_FDCWD, in_root(f, "store/a.pem"), NULL, 0), 0);
    EXPECT(f, 0, "");
    put_pem(f, "store/.new", 1);
    move(f, "store/.new", "store/a.pem");
    EXPECT(f, 0, "");
    rest(f);
    assert_ptr_equal(cert_store_set(f->certs), set);
}

static void replaced_by_rename_and_in_place(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "added a");
    put_pem(f, "store/.new", 2);
    move(f, "store/.new", "store/a.pem");
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 2);
    put_pem(f, "store/a.pem", 3);
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 3);
}

static void written_slowly_is_not_refused(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    rest(f);
    struct blob pem = pem_of(2);
    for (size_t size = 0; size < pem.size; size += 100) {
        put(f, "store/a.pem", pem.data, size, 0600);
        EXPECT(f, 1, "");
        assert_int_equal(served(f, "a"), 1);
        assert_int_equal(cert_store_refusal_count(f->certs), 0);
        assert_in_range(f->again_in_ms, 1, 3000);
    }
    put(f, "store/a.pem", pem.data, pem.size, 0600);
    EXPECT(f, 1, "replaced a");
    blob_finish(&pem);
}

static void put_chain(const struct fixture *f, const char *second) {
    static const char *const first[] = {"leaf.key", "leaf.pem"};
    struct buffer chain = {0};
    for (size_t i = 0; i < 2 + (size_t)(second != NULL); i++) {
        struct blob part = data_read(i < 2 ? first[i] : second);
        buffer_append(&chain, part.data, part.size);
        blob_finish(&part);
    }
    put(f, "store/a.pem", chain.data, chain.size, 0600);
    buffer_finish(&chain);
}

static void chain_cut_between_certificates_waits(void **state) {
    struct fixture *f = *state;
    put_chain(f, "issuing.pem");
    EXPECT(f, 0, "added a");
    scan(f, CERTAIN);
    const struct cert_set *set = cert_store_set(f->certs);
    put_chain(f, NULL); /* as if the issuer's certificate were still to be written */
    EXPECT(f, 0, "");
    assert_in_range(f->again_in_ms, 1, 2000);
    put_chain(f, "issuing.pem");
    EXPECT(f, 1, "");
    assert_ptr_equal(cert_store_set(f->certs), set);
    rest(f);
    put_chain(f, NULL);
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED, "replaced a"); /* it is meant so */
    rest(f);
    put_chain(f, "issuing.pem");
    EXPECT(f, 0, "replaced a");
    rest(f);
    put_pem(f, "store/a.pem", 1); /* self-signed: nothing can be missing */
    EXPECT(f, 0, "replaced a");
    rest(f);
}

/* One size for all: a signature's length differs from one to the next. */
static void pem_padded(unsigned number, char out[static 2048]) {
    struct blob pem = pem_of(number);
    assert_true(pem.size < 2048);
    memset(out, '\n', 2048);
    memcpy(out, pem.data, pem.size);
    blob_finish(&pem);
}

/* A page that is mapped and written changes no times any more until it is written back. */
static void change_within_a_step_of_the_clock_is_found(void **state) {
    struct fixture *f = *state;
    char first[2048], second[2048];
    pem_padded(1, first);
    pem_padded(3, second);
    put(f, "store/a.pem", first, sizeof first, 0600);
    int file = open(in_root(f, "store/a.pem"), O_RDWR);
    char *mapped = mmap(NULL, sizeof first, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(mapped != MAP_FAILED);
    memcpy(mapped, first, sizeof first);
    EXPECT(f, 0, "added a");
    struct stat before, after;
    assert_int_equal(fstat(file, &before), 0);
    memcpy(mapped, second, sizeof second);
    assert_int_equal(fstat(file, &after), 0);
    if (before.st_ctim.tv_sec != after.st_ctim.tv_sec ||
        before.st_ctim.tv_nsec != after.st_ctim.tv_nsec)
        fail_msg("the file's times changed, so nothing is tested");
    EXPECT(f, 1, "replaced a");
    assert_int_equal(served(f, "a"), 3);
    munmap(mapped, sizeof first);
    close(file);
}

static void pair_is_replaced_in_either_order_without_a_gap(void **state) {
    struct fixture *f = *state;
    put_crt(f, "store/a.crt", 1);
    put_key(f, "store/a.key", 1);
    EXPECT(f, 0, "added a");
    rest(f);
    put_crt(f, "store/a.crt", 2);
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "a"), 1);
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    put_key(f, "store/a.key", 2);
    EXPECT(f, 1, "replaced a");
    assert_int_equal(served(f, "a"), 2);
    rest(f);
    put_key(f, "store/a.key", 3);
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "a"), 2);
    put_crt(f, "store/a.crt", 3);
    EXPECT(f, 1, "replaced a");
    rest(f);
    /* Removed and written again. */
    drop(f, "store/a.key");
    EXPECT(f, 0, "");
    drop(f, "store/a.crt");
    put_key(f, "store/a.key", 4);
    EXPECT(f, 1, "");
    assert_int_equal(served(f, "a"), 3);
    put_crt(f, "store/a.crt", 4);
    EXPECT(f, 1, "replaced a");
    rest(f);
}

static void pair_that_stays_apart_is_refused(void **state) {
    struct fixture *f = *state;
    put_crt(f, "store/a.crt", 1);
    put_key(f, "store/a.key", 1);
    rest(f);
    put_crt(f, "store/a.crt", 2);
    EXPECT(f, 0, "");
    assert_in_range(f->again_in_ms, 1, 2000);
    EXPECT_REASON(f, SETTLED, "refused a a.key, kept", "the key does not match the certificate");
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
    struct cert_store_refusal refusal = cert_store_refusal_at(f->certs, 0);
    assert_string_equal(refusal.entry, "a");
    assert_string_equal(refusal.file, in_root(f, "store/a.key"));
    assert_true(refusal.kept);
    assert_false(refusal.staple);
    EXPECT(f, 10, "");
    put_crt(f, "store/a.crt", 1); /* back to what is served */
    EXPECT(f, 0, "mended a");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    rest(f);
}

static void certificate_waits_for_its_key(void **state) {
    struct fixture *f = *state;
    put_crt(f, "store/a.pem", 1);
    EXPECT(f, 0, "");
    assert_in_range(f->again_in_ms, 1, 2000);
    EXPECT_REASON(f, SETTLED, "refused a a.pem", "no private key");
    assert_false(cert_store_refusal_at(f->certs, 0).kept);
    rest(f);
    put_key(f, "store/a.key", 1);
    EXPECT(f, 0, "added a");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    make_folder(f, "store/b");
    put_crt(f, "store/b/tls.crt", 2);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused b b/tls.crt", "store/b/tls.key");
    put_key(f, "store/b/tls.key", 2);
    EXPECT(f, 0, "added b");
}

static void key_waits_for_its_certificate(void **state) {
    struct fixture *f = *state;
    put_key(f, "store/a.key", 1);
    make_folder(f, "store/b");
    put_key(f, "store/b/privkey.pem", 1);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused a a.key; refused b b/privkey.pem",
                  "no certificate beside it; mend: put the certificate beside it as /tmp/");
    rest(f);
    put_crt(f, "store/a.cer", 1);
    EXPECT(f, 0, "added a");
    drop(f, "store/b/privkey.pem");
    drop(f, "store/b");
    EXPECT(f, 0, "");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
}

/* ---- links and folders that are swapped ---- */

static void put_version(const struct fixture *f, const char *folder, unsigned number) {
    char path[64];
    make_folder(f, folder);
    snprintf(path, sizeof path, "%s/tls.crt", folder);
    put_crt(f, path, number);
    snprintf(path, sizeof path, "%s/tls.key", folder);
    put_key(f, path, number);
}

static void kubernetes_swaps_a_folder_in_the_store(void **state) {
    struct fixture *f = *state;
    make_folder(f, "store/a");
    put_version(f, "store/a/..1", 1);
    make_link(f, "..1", "store/a/..data");
    make_link(f, "..data/tls.crt", "store/a/tls.crt");
    make_link(f, "..data/tls.key", "store/a/tls.key");
    EXPECT(f, 0, "added a");
    rest(f);
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "store/a")));
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "store/a/..1")));
    put_version(f, "store/a/..2", 2);
    make_link(f, "..2", "store/a/..data_tmp");
    move(f, "store/a/..data_tmp", "store/a/..data");
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 2);
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "store/a/..2")));
    assert_false(string_list_has(cert_store_folders(f->certs), in_root(f, "store/a/..1")));
    /* For a moment nothing is there. */
    drop(f, "store/a/..data");
    EXPECT(f, CERTAIN, "");
    EXPECT_REASON(f, SETTLED, "refused a a/tls.crt, kept", "the link leads nowhere");
    make_link(f, "..1", "store/a/..data");
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 1);
    rest(f);
}

static void kubernetes_mounts_the_store_itself(void **state) {
    struct fixture *f = *state;
    put_version(f, "store/..1", 1);
    make_link(f, "..1", "store/..data");
    make_link(f, "..data/tls.crt", "store/tls.crt");
    make_link(f, "..data/tls.key", "store/tls.key");
    EXPECT(f, 0, "added tls");
    put_version(f, "store/..2", 2);
    make_link(f, "..2", "store/..data_tmp");
    move(f, "store/..data_tmp", "store/..data");
    EXPECT(f, CERTAIN, "replaced tls");
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "store/..2")));
    rest(f);
}

static void certbot_moves_its_links_one_by_one(void **state) {
    struct fixture *f = *state;
    make_folder(f, "archive");
    make_folder(f, "live");
    put_crt(f, "archive/fullchain1.pem", 1);
    put_key(f, "archive/privkey1.pem", 1);
    make_link(f, "../archive/fullchain1.pem", "live/fullchain.pem");
    make_link(f, "../archive/privkey1.pem", "live/privkey.pem");
    make_link(f, in_root(f, "live"), "store/a.example");
    EXPECT(f, 0, "added a.example");
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "live")));
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "archive")));
    assert_true(string_list_has(cert_store_folders(f->certs), f->store));
    assert_true(string_list_has(cert_store_folders(f->certs), f->root));
    rest(f);
    put_crt(f, "archive/fullchain2.pem", 2);
    put_key(f, "archive/privkey2.pem", 2);
    drop(f, "live/privkey.pem");
    EXPECT(f, 0, "");
    make_link(f, "../archive/privkey2.pem", "live/privkey.pem");
    EXPECT(f, 1, "");
    make_link(f, "../archive/fullchain2.pem", "live/.new");
    move(f, "live/.new", "live/fullchain.pem");
    EXPECT(f, 0, "replaced a.example");
    rest(f);
    /* The link's target is gone, and the link itself. */
    move(f, "live", "away");
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused a.example a.example/fullchain.pem, kept", "leads nowhere");
    move(f, "away", "live");
    EXPECT(f, 0, "mended a.example");
    drop(f, "store/a.example");
    EXPECT(f, 0, "removed a.example");
    rest(f);
}

static void link_into_nowhere_is_an_entry_to_come(void **state) {
    struct fixture *f = *state;
    make_link(f, "../live", "store/a");
    make_link(f, "../b.pem", "store/b.pem");
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED, "refused a a; refused b b.pem");
    put_pem(f, "b.pem", 2);
    put_version(f, "live", 1);
    EXPECT(f, 0, "added a; added b");
    drop(f, "b.pem");
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "b"), 2);
    EXPECT(f, SETTLED, "refused b b.pem, kept");
    drop(f, "store/b.pem");
    EXPECT(f, 0, "removed b");
}

/* ---- the last good version ---- */

static void check_kept(struct fixture *f, const char *reason) {
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "a"), 1);
    EXPECT_REASON(f, SETTLED, "refused a a.pem, kept", reason);
    assert_int_equal(served(f, "a"), 1);
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
    assert_int_equal(remove(in_root(f, "store/a.pem")), 0);
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "mended a");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    rest(f);
}

static void last_good_version_outlives_everything(void **state) {
    struct fixture *f = *state;
    struct blob pem = pem_of(2);
    put_pem(f, "store/a.pem", 1);
    rest(f);
    put_text(f, "store/a.pem", "garbage");
    check_kept(f, "found other text");
    put_text(f, "store/a.pem", "");
    check_kept(f, "it is empty");
    put(f, "store/a.pem", pem.data, pem.size - 40, 0600);
    check_kept(f, "truncated");
    put_data(f, "store/a.pem", "leaf.encrypted.key");
    check_kept(f, "the key is encrypted");
    put_data(f, "store/a.pem", "request.pem");
    check_kept(f, "request");
    assert_int_equal(truncate(in_root(f, "store/a.pem"), CERT_FILE_LIMIT + 1), 0);
    check_kept(f, "holds 1048577 bytes, more than the 1048576 it may");
    drop(f, "store/a.pem");
    assert_int_equal(mkfifo(in_root(f, "store/a.pem"), 0600), 0);
    check_kept(f, "neither a file nor a folder");
    drop(f, "store/a.pem");
    make_folder(f, "store/a.pem");
    check_kept(f, "it is a folder where a file is expected");
    drop(f, "store/a.pem");
    make_link(f, "nowhere", "store/a.pem");
    check_kept(f, "the link leads nowhere");
    drop(f, "store/a.pem");
    make_link(f, "a.pem", "store/a.pem");
    check_kept(f, "Too many levels of symbolic links");
    blob_finish(&pem);
}

static void refusals_change_their_reason(void **state) {
    struct fixture *f = *state;
    put_text(f, "store/a.pem", "garbage");
    scan(f, 0);
    EXPECT(f, SETTLED, "refused a a.pem");
    put_text(f, "store/a.pem", "other garbage");
    scan(f, 0);
    EXPECT(f, SETTLED, ""); /* the same to say */
    put_text(f, "store/a.pem", "");
    scan(f, 0);
    EXPECT_REASON(f, SETTLED, "refused a a.pem", "it is empty");
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
    drop(f, "store/a.pem");
    EXPECT(f, 0, ""); /* nothing of it was ever served */
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    rest(f);
}

static void password_decides(void **state) {
    struct fixture *f = *state;
    put_data(f, "store/a.pfx", "aes.pfx");
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused a a.pfx", "a.pass");
    put_text(f, "store/a.pass", "wrong\n");
    scan(f, 0);
    EXPECT_REASON(f, SETTLED, "refused a a.pfx", "a.pass");
    put_text(f, "store/a.pass", "secret\n");
    EXPECT(f, 0, "added a");
    put_text(f, "store/a.pass", "wrong\n");
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED, "refused a a.pfx, kept");
    put_text(f, "store/a.pass", "secret\r\n");
    EXPECT(f, 0, "mended a");
    drop(f, "store/a.pfx");
    EXPECT(f, 0, "removed a"); /* a password is no certificate */
    EXPECT(f, SETTLED, "ignored a a.pass");
    rest(f);
}

/* ---- who may read ---- */

static void key_that_everyone_can_read_is_refused(void **state) {
    struct fixture *f = *state;
    char mend[300];
    put_pem(f, "store/a.pem", 1);
    put_crt(f, "store/b.crt", 2);
    put_key(f, "store/b.key", 2);
    put_data(f, "store/c.pfx", "empty.pfx");
    chmod(in_root(f, "store/a.pem"), 0644);
    chmod(in_root(f, "store/b.key"), 0604);
    chmod(in_root(f, "store/c.pfx"), 0444);
    EXPECT(f, 0, "");
    snprintf(mend, sizeof mend, "(owner: user %u, mode 0644); mend: chmod 600 %s/a.pem\n",
             (unsigned)geteuid(), f->store);
    EXPECT_REASON(f, SETTLED, "refused a a.pem; refused b b.key; refused c c.pfx", mend);
    chmod(in_root(f, "store/a.pem"), 0600);
    chmod(in_root(f, "store/b.key"), 0640); /* the group may */
    EXPECT(f, 0, "added a; added b");
    /* A Secret that Kubernetes mounts cannot be changed. */
    put_pem(f, "away.pem", 1);
    chmod(in_root(f, "away.pem"), 0644);
    make_link(f, "../away.pem", "store/d.pem");
    scan(f, 0);
    EXPECT_REASON(f, SETTLED, "refused d d.pem",
                  "d.pem (where that cannot be, as in Kubernetes: accept_public_keys)");
    drop(f, "store/d.pem");
    struct cert_store_options options = {f->store, true};
    cert_store_set_options(f->certs, &options);
    EXPECT(f, 0, "added c");
    chmod(in_root(f, "store/a.pem"), 0644);
    EXPECT(f, 0, "");
    rest(f);
    options.accept_public_keys = false;
    cert_store_set_options(f->certs, &options);
    EXPECT(f, 10, "refused a a.pem, kept; refused c c.pfx, kept");
    chmod(in_root(f, "store/a.pem"), 0600);
    EXPECT(f, 0, "mended a");
}

static void mending_command_is_fit_for_a_shell(void **state) {
    struct fixture *f = *state;
    char mend[300];
    put_pem(f, "store/it's; rm me.pem", 1);
    chmod(in_root(f, "store/it's; rm me.pem"), 0644);
    scan(f, 0);
    snprintf(mend, sizeof mend, "chmod 600 '%s/it'\\''s; rm me.pem'\n", f->store);
    EXPECT_REASON(f, SETTLED, "refused it's; rm me it's; rm me.pem", mend);
}

/* As somebody whom file modes bind. */
static void without_privileges(const struct fixture *f, void (*call)(struct fixture *f)) {
    enum { NOBODY = 65534 };
    struct fixture *shared = (struct fixture *)f;
    bool is_root = geteuid() == 0;
    if (is_root) {
        assert_int_equal(chown(f->root, NOBODY, NOBODY), 0);
        assert_int_equal(chown(f->store, NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    call(shared);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
}

static void try_unreadable(struct fixture *f) {
    char mend[400];
    put_pem(f, "store/a.pem", 1);
    put_pem(f, "store/b.pem", 1);
    make_folder(f, "live");
    put_crt(f, "live/tls.crt", 2);
    put_key(f, "live/tls.key", 2);
    make_link(f, "../live", "store/c");
    EXPECT(f, 0, "added a; added b; added c");
    rest(f);
    chmod(in_root(f, "store/a.pem"), 0);
    chmod(in_root(f, "live"), 0);
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "a"), 1);
    snprintf(mend, sizeof mend,
             "a.pem: cannot be read: Permission denied (owner: user %u, mode 0000); mend: chown "
             "--reference=%s %s/a.pem && chmod 600 %s/a.pem\n",
             (unsigned)geteuid(), f->store, f->store, f->store);
    EXPECT_REASON(f, SETTLED, "refused a a.pem, kept; refused c c/tls.crt, kept", mend);
    assert_non_null(strstr(f->texts.data, "namei -l "));
    EXPECT(f, 10, "");
    chmod(in_root(f, "store/a.pem"), 0600);
    chmod(in_root(f, "live"), 0700);
    EXPECT(f, 0, "mended a; mended c");
    rest(f);
    /* A folder that can be entered, but not listed, still serves what is known to be in it. */
    chmod(in_root(f, "live"), 0100);
    EXPECT(f, 0, "");
    rest(f);
    put_version(f, "store/d", 3);
    chmod(in_root(f, "store/d"), 0100);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused d d", "the folder cannot be listed");
    chmod(in_root(f, "store/d"), 0700);
    EXPECT(f, 0, "added d");
    chmod(in_root(f, "live"), 0700);
    rest(f);
    chmod(f->store, 0300);
    EXPECT_REASON(f, 0, "unreadable", "/store: cannot be listed: Permission denied; mend: \n");
    EXPECT(f, 10, "");
    chmod(f->store, 0600); /* can be listed, but what is in it cannot be reached */
    EXPECT(f, 0, "");
    assert_int_equal(cert_set_count(cert_store_set(f->certs)), 4);
    chmod(f->store, 0700);
    EXPECT(f, 0, "readable");
    rest(f);
}

static void what_cannot_be_read_is_kept(void **state) {
    struct fixture *f = *state;
    made_key(CERT_KEY_ECDSA, 0);
    made_key(CERT_KEY_ECDSA, 1);
    without_privileges(f, try_unreadable);
}

/* ---- removal ---- */

static void removed_is_gone_at_once(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    put_crt(f, "store/b.crt", 2);
    put_key(f, "store/b.key", 2);
    put_version(f, "store/c", 3);
    put_version(f, "store/d", 3);
    EXPECT(f, 0, "added a; added b; added c; added d");
    rest(f);
    drop(f, "store/a.pem");
    drop(f, "store/b.key");
    drop(f, "store/c/tls.crt");
    drop(f, "store/c/tls.key");
    move(f, "store/d", "away");
    EXPECT(f, 0, "removed a; removed c; removed d");
    assert_true(f->changed);
    assert_int_equal(served(f, "a"), -1);
    assert_int_equal(served(f, "b"), 2);
    EXPECT_REASON(f, SETTLED, "refused b b.crt, kept; ignored c c", "no private key");
    drop(f, "store/b.crt");
    EXPECT(f, 0, "removed b");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    move(f, "away", "store/d");
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "added a; added d");
    rest(f);
}

static void store_that_vanishes_keeps_serving(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    put_pem(f, "store/b.pem", 2);
    put_text(f, "store/c.pem", "garbage");
    rest(f);
    const struct cert_set *set = cert_store_set(f->certs);
    move(f, "store", "away");
    EXPECT_REASON(f, 0, "unreadable", "/store: No such file or directory; mend: \n");
    assert_int_equal(f->again_in_ms, -1);
    EXPECT(f, 10, "");
    put_text(f, "store", "a file");
    EXPECT(f, 0, "");
    drop(f, "store");
    make_link(f, "nowhere", "store");
    EXPECT(f, 0, "");
    assert_ptr_equal(cert_store_set(f->certs), set);
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
    assert_true(string_list_has(cert_store_folders(f->certs), f->store));
    assert_true(string_list_has(cert_store_folders(f->certs), f->root));
    drop(f, "store");
    move(f, "away", "store");
    put_pem(f, "store/b.pem", 4);
    EXPECT(f, 0, "readable; replaced b");
    rest(f);
    /* Swapped as a whole, by a link. */
    make_folder(f, "next");
    put_pem(f, "next/a.pem", 3);
    move(f, "store", "last");
    make_link(f, "next", "store");
    EXPECT(f, 0, "replaced a; removed b");
    assert_true(string_list_has(cert_store_folders(f->certs), in_root(f, "next")));
    rest(f);
}

static void store_moves_to_another_folder(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    put_pem(f, "store/b.pem", 2);
    rest(f);
    make_folder(f, "other");
    put_pem(f, "other/a.pem", 1);
    put_pem(f, "other/c.pem", 3);
    struct cert_store_options options = {in_root(f, "absent"), false};
    cert_store_set_options(f->certs, &options);
    EXPECT(f, 0, "unreadable");
    assert_int_equal(served(f, "b"), 2);
    options.folder = in_root(f, "other//");
    cert_store_set_options(f->certs, &options);
    EXPECT(f, 0, "removed b; added c");
    assert_non_null(strstr(f->texts.data, "/other/c.pem"));
    rest(f);
    options.folder = in_root(f, "other"); /* the same */
    cert_store_set_options(f->certs, &options);
    const struct cert_set *set = cert_store_set(f->certs);
    rest(f);
    assert_ptr_equal(cert_store_set(f->certs), set);
}

/* ---- staples ---- */

static bool stapled(const struct fixture *f) {
    const struct cert *cert = cert_set_entry(cert_store_set(f->certs), "a");
    return cert && cert_staple(cert, f->now);
}

static void put_leaf(const struct fixture *f) {
    struct blob leaf = data_read("leaf.pem"), issuing = data_read("issuing.pem");
    struct buffer chain = {0};
    buffer_append(&chain, leaf.data, leaf.size);
    buffer_append(&chain, issuing.data, issuing.size);
    assert_false(chain.failed);
    put(f, "store/a.crt", chain.data, chain.size, 0644);
    put_data(f, "store/a.key", "leaf.key");
    buffer_finish(&chain);
    blob_finish(&leaf);
    blob_finish(&issuing);
}

static void staple_comes_and_goes(void **state) {
    struct fixture *f = *state;
    put_leaf(f);
    EXPECT(f, 0, "added a");
    assert_false(stapled(f));
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "replaced a");
    assert_true(stapled(f));
    scan(f, CERTAIN);
    assert_in_range(f->again_in_ms, 1000, INT64_C(1000) * 7 * 24 * 3600);
    put_data(f, "store/a.ocsp", "delegated.ocsp");
    EXPECT(f, 0, "replaced a");
    drop(f, "store/a.ocsp");
    EXPECT(f, 0, "replaced a");
    assert_false(stapled(f));
    rest(f);
}

static void bad_staples_are_left_out(void **state) {
    struct fixture *f = *state;
    static const char *const bad[] = {"revoked.ocsp", "unknown.ocsp", "stranger.ocsp", "leaf.der"};
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    scan(f, CERTAIN);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_data(f, "store/a.ocsp", bad[i]);
        EXPECT(f, 0, "");
        assert_true(stapled(f)); /* the last one, while this one may be half written */
        EXPECT(f, SETTLED, "staple refused a a.ocsp");
        assert_true(f->changed);
        assert_false(stapled(f));
        assert_int_equal(cert_store_refusal_count(f->certs), 1);
        assert_true(cert_store_refusal_at(f->certs, 0).staple);
        EXPECT(f, 10, "");
        assert_int_equal(cert_set_count(cert_store_set(f->certs)), 1);
        put_data(f, "store/a.ocsp", "good.ocsp");
        EXPECT(f, 0, "replaced a");
        assert_true(stapled(f));
        assert_int_equal(cert_store_refusal_count(f->certs), 0);
        scan(f, CERTAIN);
    }
    assert_int_equal(truncate(in_root(f, "store/a.ocsp"), 64 * 1024 + 1), 0);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "staple refused a a.ocsp", "more than the 65536 it may");
    drop(f, "store/a.ocsp");
    EXPECT(f, 0, "mended a");
    rest(f);
}

static void staple_of_another_certificate_is_left_out(void **state) {
    struct fixture *f = *state;
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    put_crt(f, "store/a.crt", 1);
    put_key(f, "store/a.key", 1);
    EXPECT(f, CERTAIN, "replaced a");
    assert_false(stapled(f));
    EXPECT_REASON(f, SETTLED, "staple refused a a.ocsp", "another certificate");
    put_leaf(f);
    EXPECT(f, 0, "replaced a");
    assert_true(stapled(f));
}

static void staple_ends_with_time(void **state) {
    struct fixture *f = *state;
    int64_t made_at = f->now;
    enum { WEEK = 7 * 24 * 3600, SLACK = 300 };
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    scan(f, made_at + WEEK - 600 - f->now);
    assert_string_equal(f->lines.data ? f->lines.data : "", "");
    assert_true(stapled(f));
    assert_in_range(f->again_in_ms, 1, (600 + SLACK) * INT64_C(1000));
    EXPECT_REASON(f, f->again_in_ms / 1000, "staple refused a a.ocsp", "is over since");
    assert_false(stapled(f));
    assert_int_equal(f->again_in_ms, -1);
    /* Its host's clock was wrong. */
    f->now = made_at;
    EXPECT(f, 0, "replaced a");
    assert_true(stapled(f));
}

static void staple_of_a_broken_entry_ends_in_silence(void **state) {
    struct fixture *f = *state;
    enum { MONTH = 30 * 24 * 3600 };
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    put_text(f, "store/a.key", "garbage");
    scan(f, 0);
    EXPECT(f, CERTAIN, "refused a a.key, kept");
    assert_true(stapled(f));
    EXPECT(f, MONTH, "");
    assert_false(stapled(f));
    assert_int_equal(f->again_in_ms, -1);
    put_data(f, "store/a.key", "leaf.key");
    EXPECT(f, 0, "staple refused a a.ocsp");
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
}

/* ---- times ---- */

static void files_that_are_old_at_the_start_are_judged_at_once(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    put_text(f, "store/b.pem", "garbage");
    put_crt(f, "store/c.crt", 1);
    f->now = time(NULL) + 60;
    EXPECT(f, 0, "added a; refused b b.pem; refused c c.crt");
    assert_int_equal(f->again_in_ms, -1);
}

static void clock_that_is_ahead_settles_all_the_same(void **state) {
    struct fixture *f = *state;
    struct timespec future[] = {{4000000000, 0}, {4000000000, 0}};
    f->now = time(NULL) - 1000000;
    put_text(f, "store/a.pem", "garbage");
    assert_int_equal(utimensat(AT_FDCWD, in_root(f, "store/a.pem"), future, 0), 0);
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED, "refused a a.pem");
    rest(f);
}

static void clock_that_is_set_back_settles_all_the_same(void **state) {
    struct fixture *f = *state;
    put_text(f, "store/a.pem", "garbage");
    EXPECT(f, 0, "");
    EXPECT(f, -100000, "");
    assert_in_range(f->again_in_ms, 1, 4000);
    EXPECT(f, SETTLED, "refused a a.pem");
    rest(f);
}

static void thousand_entries_stand_in_order(void **state) {
    struct fixture *f = *state;
    enum { COUNT = 1000 };
    struct blob pem = pem_of(1);
    char name[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "store/%d.pem", i);
        put(f, name, pem.data, pem.size, 0600);
    }
    scan(f, 0);
    assert_int_equal(cert_set_count(cert_store_set(f->certs)), COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "store/%d.pem", i);
        if (i % 3 == 0)
            drop(f, name);
        snprintf(name, sizeof name, "store/x%d.pem", i);
        if (i % 5 == 0)
            put(f, name, pem.data, pem.size, 0600);
    }
    scan(f, 0);
    const struct cert_set *set = cert_store_set(f->certs);
    assert_int_equal(cert_set_count(set), COUNT - 334 + 200);
    for (size_t i = 1; i < cert_set_count(set); i++)
        assert_true(strcmp(cert_name(cert_set_at(set, i - 1)), cert_name(cert_set_at(set, i))) < 0);
    assert_non_null(cert_set_entry(set, "x995"));
    assert_null(cert_set_entry(set, "999"));
    blob_finish(&pem);
    rest(f);
}

/* ---- at the same time ---- */

/* Many long names: a folder gives them bit by bit. */
#define BUSY_NAME "%0200d"
enum { BUSY_ENTRIES = 1500, BUSY_TURNS = 6000 };

struct writer {
    const struct fixture *fixture;
    struct blob pem[2];
    atomic_bool done;
};

/* Paths of its own: the fixture's are for one thread. */
static void *replace_again_and_again(void *context) {
    struct writer *writer = context;
    char fresh[128], path[400];
    snprintf(fresh, sizeof fresh, "%s/.fresh", writer->fixture->store);
    for (int i = 0; i < BUSY_TURNS; i++) {
        const struct blob *pem = &writer->pem[i % 2];
        int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        bool ok = file >= 0 && write(file, pem->data, pem->size) == (ssize_t)pem->size;
        close(file);
        snprintf(path, sizeof path, "%s/" BUSY_NAME ".pem", writer->fixture->store,
                 i % BUSY_ENTRIES);
        if (!ok || rename(fresh, path) != 0)
            break;
    }
    atomic_store(&writer->done, true);
    return NULL;
}

/* A listing promises nothing of names that are replaced meanwhile. */
static void what_is_replaced_during_a_scan_is_never_gone(void **state) {
    struct fixture *f = *state;
    struct writer writer = {.fixture = f, .pem = {pem_of(1), pem_of(2)}};
    pthread_t thread;
    for (int i = 0; i < BUSY_ENTRIES; i++) {
        char name[256];
        snprintf(name, sizeof name, "store/" BUSY_NAME ".pem", i);
        put(f, name, writer.pem[0].data, writer.pem[0].size, 0600);
    }
    scan(f, 0);
    assert_int_equal(pthread_create(&thread, NULL, replace_again_and_again, &writer), 0);
    bool gone = false;
    for (bool last = false; !last;) {
        last = atomic_load(&writer.done);
        scan(f, 0);
        gone |= f->lines.data && strstr(f->lines.data, "removed");
        gone |= cert_set_count(cert_store_set(f->certs)) != BUSY_ENTRIES;
    }
    pthread_join(thread, NULL);
    assert_false(gone);
    for (int i = 0; i < BUSY_ENTRIES; i++) {
        char name[256];
        snprintf(name, sizeof name, BUSY_NAME, i);
        int last_turn = BUSY_TURNS - BUSY_ENTRIES + i;
        assert_int_equal(served(f, name), 1 + last_turn % 2);
    }
    blob_finish(&writer.pem[0]);
    blob_finish(&writer.pem[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_form_is_an_entry),
        STORE_TEST(leftovers_are_passed_over),
        STORE_TEST(what_fits_no_form_is_told_once),
        STORE_TEST(first_form_goes_first_and_others_are_refused),
        STORE_TEST(certificate_without_a_key_does_not_go_first),
        STORE_TEST(unchanged_files_cost_no_event_and_no_set),
        STORE_TEST(replaced_by_rename_and_in_place),
        STORE_TEST(written_slowly_is_not_refused),
        STORE_TEST(chain_cut_between_certificates_waits),
        STORE_TEST(change_within_a_step_of_the_clock_is_found),
        STORE_TEST(pair_is_replaced_in_either_order_without_a_gap),
        STORE_TEST(pair_that_stays_apart_is_refused),
        STORE_TEST(certificate_waits_for_its_key),
        STORE_TEST(key_waits_for_its_certificate),
        STORE_TEST(kubernetes_swaps_a_folder_in_the_store),
        STORE_TEST(kubernetes_mounts_the_store_itself),
        STORE_TEST(certbot_moves_its_links_one_by_one),
        STORE_TEST(link_into_nowhere_is_an_entry_to_come),
        STORE_TEST(last_good_version_outlives_everything),
        STORE_TEST(refusals_change_their_reason),
        STORE_TEST(password_decides),
        STORE_TEST(key_that_everyone_can_read_is_refused),
        STORE_TEST(mending_command_is_fit_for_a_shell),
        STORE_TEST(what_cannot_be_read_is_kept),
        STORE_TEST(removed_is_gone_at_once),
        STORE_TEST(store_that_vanishes_keeps_serving),
        STORE_TEST(store_moves_to_another_folder),
        STORE_TEST(staple_comes_and_goes),
        STORE_TEST(bad_staples_are_left_out),
        STORE_TEST(staple_of_another_certificate_is_left_out),
        STORE_TEST(staple_ends_with_time),
        STORE_TEST(staple_of_a_broken_entry_ends_in_silence),
        STORE_TEST(files_that_are_old_at_the_start_are_judged_at_once),
        STORE_TEST(clock_that_is_ahead_settles_all_the_same),
        STORE_TEST(clock_that_is_set_back_settles_all_the_same),
        cmocka_unit_test_setup_teardown(what_is_replaced_during_a_scan_is_never_gone,
                                        fixture_set_up_in_memory, fixture_tear_down),
        STORE_TEST(thousand_entries_stand_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
