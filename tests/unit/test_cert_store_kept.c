/* certs/cert_store: what is broken, or not to be read, is refused with its reason, and the last
 * good version is kept. */
#include "store_fixture.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(last_good_version_outlives_everything),
        STORE_TEST(refusals_change_their_reason),
        STORE_TEST(password_decides),
        STORE_TEST(key_that_everyone_can_read_is_refused),
        STORE_TEST(mending_command_is_fit_for_a_shell),
        STORE_TEST(what_cannot_be_read_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
