/* certs/store_change: one at a time, on entries of every form; what cannot be done is said, and
 * changes nothing. */
#include "certs/store_journal.h"
#include "store_scenario.h"

/* ---- one at a time ---- */

static struct store_change *other_change; /* ends while somebody waits for it */
static int64_t slept_ns;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out) {
    int status = __real_clock_gettime(clock, out);
    out->tv_sec += slept_ns / 1000000000;
    return status;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left) {
    (void)left;
    slept_ns += pause->tv_sec * 1000000000 + pause->tv_nsec;
    store_change_abandon(other_change);
    other_change = NULL;
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void one_waits_for_the_other_but_not_for_ever(void **state) {
    struct fixture *f = fresh();
    struct store_change *change = NULL, *first = NULL;
    struct error err = {0};
    *state = f;
    nothing(f);
    slept_ns = 0;
    assert_true(store_change_begin(f->store, &other_change, NULL));
    assert_true(store_change_begin(f->store, &change, NULL));
    assert_true(slept_ns > 0);
    assert_null(other_change);
    first = change;
    assert_false(store_change_begin(f->store, &change, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    char owner[64];
    snprintf(owner, sizeof owner, "is held by process %ld", (long)getpid());
    assert_non_null(strstr(err.text, owner));
    assert_in_range(slept_ns / 1000000000, 5, 6);
    slept_ns = 0;
    assert_false(store_change_try(f->store, &change, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    assert_true(slept_ns == 0);
    store_change_abandon(first);
    assert_true(store_change_try(f->store, &change, &err));
    store_change_abandon(change);
    fixture_tear_down(state);
}

/* ---- whose the files are ---- */

static void what_root_writes_is_the_folders_owners(void **state) {
    enum { OWNER = 1234, GROUP = 1235 };
    struct fixture *f = fresh();
    struct stat status;
    *state = f;
    if (geteuid() != 0) {
        fixture_tear_down(state);
        return; /* whoever is not root owns what he writes */
    }
    nothing(f);
    assert_int_equal(chown(f->store, OWNER, GROUP), 0);
    assert_true(carry_out(f, &scenarios[0], NULL));
    static const char *const names[] = {"store/mail.pem", "store/mail.meta",
                                        "store/.mailstored-lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(lstat(in_root(f, names[i]), &status), 0);
        assert_int_equal(status.st_uid, OWNER);
        assert_int_equal(status.st_gid, GROUP);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    assert_int_equal(chown(f->root, OWNER, GROUP), 0);
    struct store_change *change;
    assert_true(store_change_begin(in_root(f, "new"), &change, NULL));
    store_change_abandon(change);
    assert_int_equal(lstat(in_root(f, "new"), &status), 0);
    assert_int_equal(status.st_uid, OWNER);
    assert_int_equal(status.st_gid, GROUP);
    assert_int_equal(status.st_mode & 07777, 0700);
    fixture_tear_down(state);
}

/* ---- entries ---- */

static struct store_change *begun(const struct fixture *f) {
    struct store_change *change;
    struct error err = {0};
    if (!store_change_begin(f->store, &change, &err))
        fail_msg("%s", err.text);
    return change;
}

static void every_form_of_an_entry_is_found(void **state) {
    struct fixture *f = fresh();
    *state = f;
    put_text(f, "store/mail.example.org.pem", "");
    put_text(f, "store/key.KEY", "");
    put_text(f, "store/bundle.p12", "");
    put_text(f, "store/only.meta", "{}");
    put_text(f, "store/README", "read me");
    make_folder(f, "store/lost+found");
    make_folder(f, "store/folder");
    put_text(f, "store/folder/tls.key", "");
    make_link(f, "nowhere", "store/broken");
    make_link(f, "README", "store/linked");
    struct store_change *change = begun(f);
    static const char *const there[] = {"mail.example.org", "key", "bundle", "folder", "broken"};
    static const char *const absent[] = {"mail",   "mail.example",         "only",
                                         "README", "lost+found",           "linked",
                                         "KEY",    "mail.example.org.pem", ""};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        if (!store_change_has(change, there[i]))
            fail_msg("%s", there[i]);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (store_change_has(change, absent[i]))
            fail_msg("%s", absent[i]);
    store_change_abandon(change);
    fixture_tear_down(state);
}

static void folders_and_files_of_another_meaning_stay(void **state) {
    struct fixture *f = fresh();
    struct error err = {0};
    *state = f;
    make_folder(f, "store/mail");
    put_text(f, "store/mail/notes", "mine");
    put_text(f, "store/post", "mine, too");
    struct store_change *change = begun(f);
    assert_false(store_change_remove_entry(change, "mail", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_rename_entry(change, "post", "other", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_true(store_change_put(change, "mail", material(1), NULL, true, NULL));
    assert_true(store_change_put(change, "post", material(1), NULL, false, NULL));
    assert_true(store_change_commit(change, NULL));
    assert_int_equal(access(in_root(f, "store/mail/notes"), F_OK), 0);
    assert_int_equal(access(in_root(f, "store/post"), F_OK), 0);
    EXPECT(f, 0, "added mail; added post");
    fixture_tear_down(state);
}

static void what_cannot_be_done_is_said(void **state) {
    struct fixture *f = fresh();
    struct error err = {0};
    struct cert_material keyless = *material(1);
    *state = f;
    keyless.key = (struct blob){0};
    put_pem(f, "store/mail.pem", 1);
    put_pem(f, "store/post.pem", 2);
    char *before = standing(f);
    struct store_change *change = begun(f);
    assert_false(store_change_put(change, "mail", material(1), &about, false, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(store_change_put(change, "new", &keyless, &about, false, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_put(change, ".new", material(1), &about, false, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_rename_entry(change, "mail", "post", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(store_change_rename_entry(change, "mail", "mail", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(store_change_rename_entry(change, "none", "new", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_rename_entry(change, "mail", "a/b", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_set_meta(change, "none", &about, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_write(change, "../file", "", 0, 0600, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_write(change, STORE_JOURNAL, "", 0, 0600, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_remove(change, "none", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_rename(change, "mail.pem", "post.pem", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_true(store_change_commit(change, &err)); /* of nothing */
    char *after = standing(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_tear_down(state);
}

/* A step that fails in the middle takes the whole change with it. */
static void half_an_entry_is_not_committed(void **state) {
    struct fixture *f = fresh();
    struct error err = {0};
    char not_utf8[] = "\xff";
    *state = f;
    nothing(f);
    char *before = standing(f);
    struct store_change *change = begun(f);
    struct entry_meta meta = {.friendly_name = not_utf8};
    assert_false(store_change_put(change, "mail", material(1), &meta, false, &err));
    assert_false(store_change_commit(change, &err));
    char *after = standing(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_tear_down(state);
}

/* Read by the tool as the owner, who cannot write what root made in it. */
static int remove_as_somebody(void *context) {
    const struct fixture *f = context;
    struct store_change *change;
    struct error err = {0};
    require(store_change_begin(f->store, &change, NULL));
    require(!store_change_remove_entry(change, "mail", &err));
    require(err.kind == ERROR_PERMISSION);
    store_change_abandon(change);
    return CHILD_OK;
}

static void a_folder_that_could_not_be_emptied_stays(void **state) {
    enum { NOBODY = 65534 };
    struct fixture *f = fresh();
    *state = f;
    a_folder(f);
    assert_int_equal(chmod(f->root, 0755), 0);
    assert_int_equal(chmod(in_root(f, "store/mail"), 0555), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(f->store, NOBODY, NOBODY), 0);
    assert_as_nobody(remove_as_somebody, f);
    assert_int_equal(access(in_root(f, "store/mail/tls.crt"), F_OK), 0);
    assert_int_equal(chmod(in_root(f, "store/mail"), 0755), 0);
    fixture_tear_down(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_waits_for_the_other_but_not_for_ever),
        cmocka_unit_test(what_root_writes_is_the_folders_owners),
        cmocka_unit_test(every_form_of_an_entry_is_found),
        cmocka_unit_test(folders_and_files_of_another_meaning_stay),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(half_an_entry_is_not_committed),
        cmocka_unit_test(a_folder_that_could_not_be_emptied_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
