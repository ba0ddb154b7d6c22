/* certs/cert_store: every form of an entry; links and folders; what is removed. */
#include "store_fixture.h"

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

/* ---- links and folders that are swapped ---- */

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

/* ---- many ---- */

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

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_form_is_an_entry),
        STORE_TEST(leftovers_are_passed_over),
        STORE_TEST(what_fits_no_form_is_told_once),
        STORE_TEST(first_form_goes_first_and_others_are_refused),
        STORE_TEST(certificate_without_a_key_does_not_go_first),
        STORE_TEST(kubernetes_swaps_a_folder_in_the_store),
        STORE_TEST(kubernetes_mounts_the_store_itself),
        STORE_TEST(certbot_moves_its_links_one_by_one),
        STORE_TEST(link_into_nowhere_is_an_entry_to_come),
        STORE_TEST(removed_is_gone_at_once),
        STORE_TEST(store_that_vanishes_keeps_serving),
        STORE_TEST(store_moves_to_another_folder),
        STORE_TEST(thousand_entries_stand_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
