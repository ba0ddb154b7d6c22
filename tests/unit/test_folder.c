/* platform/file.h: folders, paths, where links lead, and the lock. */
#include "platform/file.h"

#include "base/string_list.h"
#include "child.h"
#include "scratch.h"

#include <signal.h>

/* ---- making, listing, judging folders ---- */

static void make_makes_parents(void **state) {
    struct error err = {0};
    const char *path = scratch_path(*state, "a//b/c/");
    mode_t before = umask(027);
    bool ok = folder_make(path, 0700, &err);
    umask(before);
    assert_true(ok);
    assert_int_equal(mode_of(path), 0700);
    assert_int_equal(mode_of(scratch_path(*state, "a")), 0750);
    assert_int_equal(mode_of(scratch_path(*state, "a/b")), 0750);
}

static void make_sets_the_mode_whatever_the_umask(void **state) {
    const char *path = scratch_path(*state, "folder");
    mode_t before = umask(0777);
    bool ok = folder_make(path, 0751, NULL);
    umask(before);
    assert_true(ok);
    assert_int_equal(mode_of(path), 0751);
}

static void make_leaves_what_exists(void **state) {
    struct error err = {0};
    const char *path = scratch_path(*state, "folder"), *link = scratch_path(*state, "link");
    put_folder(path);
    put_link("folder", link);
    assert_true(folder_make(path, 0700, &err));
    assert_true(folder_make(link, 0700, &err));
    assert_int_equal(mode_of(path), 0755);
    assert_true(folder_make("/", 0700, &err));
}

static void make_says_what_is_in_the_way(void **state) {
    struct error err = {0};
    put_file(scratch_path(*state, "file"), "");
    put_link("nowhere", scratch_path(*state, "link"));
    assert_false(folder_make(scratch_path(*state, "file"), 0700, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "is no folder"));
    assert_false(folder_make(scratch_path(*state, "link"), 0700, &err));
    err = (struct error){0};
    assert_false(folder_make(scratch_path(*state, "file/below/it"), 0700, &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
    assert_false(folder_make("", 0700, &err));
}

static int judge_what_is_not_ours(void *context) {
    struct scratch *scratch = context;
    struct error err = {0};
    require(!folder_writable(scratch_path(scratch, "closed"), &err));
    require(err.kind == ERROR_PERMISSION);
    err = (struct error){0};
    require(!folder_writable(scratch_path(scratch, "closed/a/b"), &err));
    require(err.kind == ERROR_PERMISSION);
    err = (struct error){0};
    require(!folder_make(scratch_path(scratch, "closed/a/b"), 0700, &err));
    require(folder_writable(scratch_path(scratch, "open/a/b"), NULL));
    require(folder_make(scratch_path(scratch, "open/a/b"), 0700, NULL));
    return CHILD_OK;
}

static void writable_knows_permissions(void **state) {
    const char *open = scratch_path(*state, "open"), *closed = scratch_path(*state, "closed");
    put_folder(open);
    put_folder(closed);
    assert_int_equal(chmod(open, 0777), 0);
    assert_int_equal(chmod(closed, 0555), 0);
    assert_as_nobody(judge_what_is_not_ours, *state);
}

static void writable_leaves_no_trace(void **state) {
    struct error err = {0};
    assert_true(folder_writable(scratch_path(*state, "."), &err));
    assert_true(folder_writable(scratch_path(*state, "a/b/c"), &err));
    assert_false(is_there(scratch_path(*state, "a")));
}

static void writable_knows_what_can_be_no_folder(void **state) {
    struct error err = {0};
    put_file(scratch_path(*state, "file"), "");
    put_link("nowhere", scratch_path(*state, "link"));
    assert_false(folder_writable(scratch_path(*state, "file"), &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(folder_writable(scratch_path(*state, "file/below"), &err));
    assert_false(folder_writable(scratch_path(*state, "link"), &err));
    assert_int_equal(err.kind, ERROR_MISSING);
}

struct listing {
    struct string_list names;
    size_t limit;
};

static bool note_name(void *context, const char *name) {
    struct listing *listing = context;
    assert_true(string_list_add(&listing->names, name));
    return listing->names.count < listing->limit;
}

static void list_gives_each_name_once(void **state) {
    struct listing listing = {.limit = SIZE_MAX};
    put_file(scratch_path(*state, "a"), "");
    put_file(scratch_path(*state, ".hidden"), "");
    put_folder(scratch_path(*state, "b"));
    put_link("nowhere", scratch_path(*state, "c"));
    assert_true(folder_list(scratch_path(*state, "."), note_name, &listing, NULL));
    assert_int_equal(listing.names.count, 4);
    assert_true(string_list_has(&listing.names, "a") && string_list_has(&listing.names, "b") &&
                string_list_has(&listing.names, "c") && string_list_has(&listing.names, ".hidden"));
    string_list_finish(&listing.names);
}

static void list_stops_when_told(void **state) {
    struct listing listing = {.limit = 1};
    put_file(scratch_path(*state, "a"), "");
    put_file(scratch_path(*state, "b"), "");
    assert_true(folder_list(scratch_path(*state, "."), note_name, &listing, NULL));
    assert_int_equal(listing.names.count, 1);
    string_list_finish(&listing.names);
}

static void list_of_what_is_no_folder(void **state) {
    struct listing listing = {.limit = SIZE_MAX};
    struct error err = {0};
    put_file(scratch_path(*state, "file"), "");
    assert_false(folder_list(scratch_path(*state, "none"), note_name, &listing, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(folder_list(scratch_path(*state, "file"), note_name, &listing, &err));
    assert_int_equal(listing.names.count, 0);
}

/* ---- paths ---- */

static void assert_text(char *text, const char *expected) {
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void paths_are_joined_and_parted(void **state) {
    (void)state;
    assert_text(path_join("/a", "b"), "/a/b");
    assert_text(path_join("/a/", "b"), "/a/b");
    assert_text(path_join("/", "b"), "/b");
    assert_text(path_join(".", "b"), "./b");
    assert_text(path_folder("/a/b"), "/a");
    assert_text(path_folder("/a"), "/");
    assert_text(path_folder("a"), ".");
    assert_text(path_folder("a/b"), "a");
    assert_text(path_absolute("/a/../b"), "/a/../b");
}

static void a_relative_path_starts_here(void **state) {
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch_path(*state, ".")), 0);
    char *path = path_absolute("a/b");
    assert_int_equal(chdir(before), 0);
    assert_text(path, scratch_path(*state, "a/b"));
}

/* ---- where links lead ---- */

static void note_folder(void *context, const char *folder) {
    assert_true(string_list_add_unique(context, folder));
}

/* The trail of `path` is made of these folders, "" for the scratch folder itself. */
static void assert_trail(struct scratch *scratch, const char *path, const char *const *folders) {
    struct string_list trail = {0};
    size_t expected = 0;
    file_trail(scratch_path(scratch, path), note_folder, &trail);
    for (; folders[expected]; expected++) {
        const char *folder =
            folders[expected][0] ? scratch_path(scratch, folders[expected]) : scratch->root;
        if (!string_list_has(&trail, folder))
            fail_msg("%s: %s is missing", path, folder);
    }
    if (trail.count != expected)
        fail_msg("%s: %zu folders, not %zu", path, trail.count, expected);
    string_list_finish(&trail);
}

#define FOLDERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void trail_of_a_plain_path(void **state) {
    put_folder(scratch_path(*state, "a"));
    put_folder(scratch_path(*state, "a/b"));
    put_file(scratch_path(*state, "a/b/file"), "");
    assert_trail(*state, "a/b/file", FOLDERS("a/b"));
    assert_trail(*state, "a//./b/../b/file", FOLDERS("a/b"));
    assert_trail(*state, "a/b/", FOLDERS("a"));
    assert_trail(*state, "a/b/.", FOLDERS("a"));
    assert_trail(*state, "a/b/new", FOLDERS("a/b"));
}

static void trail_through_links(void **state) {
    put_folder(scratch_path(*state, "live"));
    put_folder(scratch_path(*state, "archive"));
    put_file(scratch_path(*state, "archive/cert1.pem"), "");
    put_link("../archive/cert1.pem", scratch_path(*state, "live/cert.pem"));
    put_link("live", scratch_path(*state, "linked"));
    put_link(scratch_path(*state, "linked"), scratch_path(*state, "archive/absolute"));
    assert_trail(*state, "live/cert.pem", FOLDERS("live", "archive"));
    assert_trail(*state, "linked/cert.pem", FOLDERS("", "live", "archive"));
    assert_trail(*state, "archive/absolute/cert.pem", FOLDERS("archive", "", "live"));
    /* ".." is taken where the link leads, not where it stands. */
    assert_trail(*state, "archive/absolute/../archive/cert1.pem", FOLDERS("archive", ""));
}

static void trail_of_a_kubernetes_volume(void **state) {
    put_folder(scratch_path(*state, "volume"));
    put_folder(scratch_path(*state, "volume/..2026_11_24"));
    put_file(scratch_path(*state, "volume/..2026_11_24/tls.crt"), "");
    put_link("..2026_11_24", scratch_path(*state, "volume/..data"));
    put_link("..data/tls.crt", scratch_path(*state, "volume/tls.crt"));
    assert_trail(*state, "volume/tls.crt", FOLDERS("volume", "volume/..2026_11_24"));
}

static void trail_ends_where_the_missing_would_appear(void **state) {
    put_folder(scratch_path(*state, "a"));
    put_folder(scratch_path(*state, "b"));
    put_link("../b/gone/file", scratch_path(*state, "a/link"));
    assert_trail(*state, "a/link", FOLDERS("a", "b"));
    assert_trail(*state, "b/gone/deep/file", FOLDERS("b"));
    put_file(scratch_path(*state, "file"), "");
    assert_trail(*state, "file/below", FOLDERS(""));
}

static void trail_of_a_ring_ends(void **state) {
    put_link("ring", scratch_path(*state, "ring"));
    put_folder(scratch_path(*state, "a"));
    put_link("../a/two", scratch_path(*state, "a/one"));
    put_link("../a/one", scratch_path(*state, "a/two"));
    assert_trail(*state, "ring", FOLDERS(""));
    assert_trail(*state, "a/one/file", FOLDERS("a"));
}

static void trail_of_a_path_too_long_ends(void **state) {
    struct string_list trail = {0};
    char path[3 * PATH_MAX];
    memset(path, '/', sizeof path - 1);
    for (size_t i = 1; i < sizeof path - 1; i += 2)
        path[i] = '.';
    path[sizeof path - 1] = '\0';
    file_trail(path, note_folder, &trail);
    memset(path + 1, 'x', sizeof path - 2);
    file_trail(path, note_folder, &trail);
    assert_true(trail.count <= 1);
    string_list_finish(&trail);
    (void)state;
}

/* ---- the lock ---- */

static void lock_excludes(void **state) {
    struct error err = {0};
    struct file_lock *lock = NULL, *second = NULL;
    const char *path = scratch_path(*state, "lock");
    char owner[32];
    assert_true(file_lock_acquire(path, &lock, &err));
    assert_int_equal(mode_of(path), 0600);
    assert_false(file_lock_acquire(path, &second, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    snprintf(owner, sizeof owner, "process %ld", (long)getpid());
    assert_non_null(strstr(err.text, owner));
    assert_null(second);
    file_lock_release(lock);
    assert_true(file_lock_acquire(path, &lock, &err));
    file_lock_release(lock);
    file_lock_release(NULL);
    assert_true(is_there(path));
}

static void lock_ends_with_its_process(void **state) {
    struct error err = {0};
    struct file_lock *lock = NULL;
    const char *path = scratch_path(*state, "lock");
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!file_lock_acquire(path, &lock, NULL) || write(ends[1], "", 1) != 1)
            _exit(CHILD_FAILED);
        for (;;)
            pause();
    }
    char ready;
    assert_int_equal(read(ends[0], &ready, 1), 1);
    assert_false(file_lock_acquire(path, &lock, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    kill(child, SIGKILL);
    child_status(child);
    assert_true(file_lock_acquire(path, &lock, &err));
    file_lock_release(lock);
    close(ends[0]);
    close(ends[1]);
}

static void lock_follows_no_link(void **state) {
    struct error err = {0};
    struct file_lock *lock = NULL;
    put_file(scratch_path(*state, "precious"), "text");
    put_link("precious", scratch_path(*state, "lock"));
    assert_false(file_lock_acquire(scratch_path(*state, "lock"), &lock, &err));
    assert_file_holds(scratch_path(*state, "precious"), "text");
    assert_false(file_lock_acquire(scratch_path(*state, "none/lock"), &lock, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_null(lock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(make_makes_parents),
        scratch_test(make_sets_the_mode_whatever_the_umask),
        scratch_test(make_leaves_what_exists),
        scratch_test(make_says_what_is_in_the_way),
        scratch_test(writable_knows_permissions),
        scratch_test(writable_leaves_no_trace),
        scratch_test(writable_knows_what_can_be_no_folder),
        scratch_test(list_gives_each_name_once),
        scratch_test(list_stops_when_told),
        scratch_test(list_of_what_is_no_folder),
        cmocka_unit_test(paths_are_joined_and_parted),
        scratch_test(a_relative_path_starts_here),
        scratch_test(trail_of_a_plain_path),
        scratch_test(trail_through_links),
        scratch_test(trail_of_a_kubernetes_volume),
        scratch_test(trail_ends_where_the_missing_would_appear),
        scratch_test(trail_of_a_ring_ends),
        scratch_test(trail_of_a_path_too_long_ends),
        scratch_test(lock_excludes),
        scratch_test(lock_ends_with_its_process),
        scratch_test(lock_follows_no_link),
    };
    return cmocka_run_group_tests_name("platform/folder", tests, NULL, NULL);
}
