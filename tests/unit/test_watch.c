/* platform/watch.h: every way a folder's content can change is told, whatever becomes of the folder
 * itself. */
#include "platform/watch.h"

#include "child.h"
#include "scratch.h"

#include <sys/resource.h>

enum { PATIENCE_MS = 30000 }; /* for what must come; only a broken build waits so long */

struct fixture {
    struct scratch *scratch;
    struct loop *loop;
    struct watch *watch;
    int changes;
    bool stops; /* at the next change */
};

static void on_change(void *context) {
    struct fixture *f = context;
    f->changes++;
    if (f->stops)
        loop_stop(f->loop);
}

static int watch_setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    void *scratch = NULL;
    if (!f || scratch_setup(&scratch) != 0)
        return -1;
    f->scratch = scratch;
    *state = f;
    return loop_create(&f->loop, NULL) && watch_create(f->loop, on_change, f, &f->watch, NULL) ? 0
                                                                                               : -1;
}

static int watch_teardown(void **state) {
    struct fixture *f = *state;
    void *scratch = f->scratch;
    watch_destroy(f->watch);
    loop_destroy(f->loop);
    free(f);
    return scratch_teardown(&scratch);
}

#define watch_test(test) cmocka_unit_test_setup_teardown(test, watch_setup, watch_teardown)

static const char *at(struct fixture *f, const char *name) {
    return name[0] ? scratch_path(f->scratch, name) : f->scratch->root;
}

static void give_up(void *context) {
    (void)context;
    fail_msg("no change was told");
}

static void stop(void *context) {
    loop_stop(context);
}

static void stop_later(void *context) {
    assert_true(loop_post(context, stop, context));
}

/* Lets everything that has happened be told; gives how many times it was. */
static int told(struct fixture *f) {
    int before = f->changes;
    assert_true(loop_post(f->loop, stop_later, f->loop));
    loop_run(f->loop);
    return f->changes - before;
}

static void await_change(struct fixture *f) {
    struct loop_timer *patience = NULL;
    assert_true(loop_timer_create(f->loop, give_up, NULL, &patience, NULL));
    loop_timer_set(patience, PATIENCE_MS);
    f->stops = true;
    loop_run(f->loop);
    f->stops = false;
    loop_timer_destroy(patience);
    told(f); /* the rest of it */
}

/* watch_set with names in the scratch folder, "" for itself. */
static bool set(struct fixture *f, const char *const *names) {
    struct string_list folders = {0};
    for (; *names; names++)
        assert_true(string_list_add(&folders, at(f, *names)));
    bool differs = watch_set(f->watch, &folders);
    string_list_finish(&folders);
    return differs;
}

#define SET(f, ...) set(f, (const char *const[]){__VA_ARGS__, NULL})

/* ---- what happens in a folder ---- */

static void every_kind_of_change_is_told(void **state) {
    struct fixture *f = *state;
    const char *file = at(f, "a/file"), *other = at(f, "a/other"), *outside = at(f, "outside");
    put_folder(at(f, "a"));
    assert_true(SET(f, "a"));

    put_file(file, "one");
    await_change(f);
    int open_file = open(file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(open_file, "two", 3), 3); /* in place, and not closed */
    await_change(f);
    close(open_file);
    await_change(f);
    assert_int_equal(chmod(file, 0600), 0);
    await_change(f);
    assert_int_equal(rename(file, other), 0);
    await_change(f);
    assert_int_equal(rename(other, outside), 0);
    await_change(f);
    assert_int_equal(rename(outside, file), 0);
    await_change(f);
    assert_int_equal(link(file, other), 0);
    await_change(f);
    assert_int_equal(unlink(file), 0);
    await_change(f);
    put_link("other", file);
    await_change(f);
    put_folder(at(f, "a/below"));
    await_change(f);
    assert_int_equal(rmdir(at(f, "a/below")), 0);
    await_change(f);
}

static void reading_is_no_change(void **state) {
    struct fixture *f = *state;
    put_file(at(f, "file"), "text");
    SET(f, "");
    told(f);
    assert_file_holds(at(f, "file"), "text");
    assert_int_equal(told(f), 0);
}

static void a_burst_is_told_once(void **state) {
    struct fixture *f = *state;
    SET(f, "");
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        put_file(at(f, name), "text");
    }
    assert_int_equal(told(f), 1);
}

static void a_swap_of_kubernetes_is_told(void **state) {
    struct fixture *f = *state;
    put_folder(at(f, "..1"));
    put_folder(at(f, "..2"));
    put_link("..1", at(f, "..data"));
    put_link("..2", at(f, "..data_tmp"));
    SET(f, "");
    assert_int_equal(rename(at(f, "..data_tmp"), at(f, "..data")), 0);
    await_change(f);
}

static long most_queued(void) {
    long most = 0;
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &most), 1);
    fclose(file);
    return most;
}

static void after_an_overflow_changes_are_still_told(void **state) {
    struct fixture *f = *state;
    const char *first = at(f, "first"), *second = at(f, "second");
    put_file(first, "");
    SET(f, "");
    /* Each rename is two events, and one name after the other, so that none is merged. */
    for (long i = 0; i <= most_queued() / 2; i++)
        assert_int_equal(rename(i % 2 ? second : first, i % 2 ? first : second), 0);
    assert_true(told(f) > 0);
    assert_int_equal(told(f), 0);
    put_file(at(f, "after"), "");
    await_change(f);
}

/* ---- what happens to a folder ---- */

static void the_same_folders_are_no_news(void **state) {
    struct fixture *f = *state;
    put_folder(at(f, "a"));
    put_folder(at(f, "b"));
    assert_true(SET(f, "a", "b"));
    assert_false(SET(f, "b", "a", "b"));
    assert_true(SET(f, "a"));
    assert_false(SET(f, "a"));
    assert_true(SET(f, "a", "b"));
}

static void a_folder_no_longer_named_is_silent(void **state) {
    struct fixture *f = *state;
    put_folder(at(f, "a"));
    put_folder(at(f, "b"));
    SET(f, "a", "b");
    SET(f, "b");
    told(f);
    put_file(at(f, "a/file"), "");
    assert_int_equal(told(f), 0);
    put_file(at(f, "b/file"), "");
    await_change(f);
}

static void a_folder_that_comes_is_watched_when_it_is_there(void **state) {
    struct fixture *f = *state;
    assert_true(SET(f, "", "a"));
    assert_false(SET(f, "", "a"));
    put_folder(at(f, "a"));
    await_change(f); /* the parent's event */
    assert_true(SET(f, "", "a"));
    told(f);
    put_file(at(f, "a/file"), "");
    await_change(f);
}

/* Where inodes are used again at once, the new folder has the device and inode of the old. */
static void a_folder_removed_and_made_again_is_watched_anew(void **state) {
    enum { ROUNDS = 10 };
    struct fixture *f = *state;
    put_folder(at(f, "a"));
    SET(f, "a");
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(rmdir(at(f, "a")), 0);
        await_change(f);
        put_folder(at(f, "a"));
        assert_true(SET(f, "a"));
        assert_false(SET(f, "a"));
        told(f);
        put_file(at(f, "a/file"), "");
        await_change(f);
        assert_int_equal(unlink(at(f, "a/file")), 0);
        await_change(f);
    }
}

static void a_folder_replaced_by_another_is_watched_anew(void **state) {
    struct fixture *f = *state;
    put_folder(at(f, "a"));
    put_folder(at(f, "new"));
    SET(f, "a");
    assert_int_equal(rename(at(f, "a"), at(f, "old")), 0);
    assert_int_equal(rename(at(f, "new"), at(f, "a")), 0);
    await_change(f);
    assert_true(SET(f, "a"));
    told(f);
    put_file(at(f, "old/file"), "");
    assert_int_equal(told(f), 0);
    put_file(at(f, "a/file"), "");
    await_change(f);
}

static void two_names_of_one_folder_are_one_watch(void **state) {
    struct fixture *f = *state;
    put_folder(at(f, "a"));
    put_link("a", at(f, "link"));
    assert_true(SET(f, "a", "link"));
    assert_false(SET(f, "link"));
    put_file(at(f, "a/file"), "");
    assert_int_equal(told(f), 1);
    assert_false(SET(f, "a"));
    put_file(at(f, "a/other"), "");
    await_change(f);
}

static void thousands_of_folders_are_watched(void **state) {
    enum { COUNT = 1000 };
    struct fixture *f = *state;
    struct string_list folders = {0};
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        put_folder(at(f, name));
        assert_true(string_list_add(&folders, at(f, name)));
    }
    assert_true(watch_set(f->watch, &folders));
    assert_true(watch_is_complete(f->watch, NULL));
    assert_false(watch_set(f->watch, &folders));
    told(f);
    put_file(at(f, "999/file"), "");
    await_change(f);
    string_list_finish(&folders);
}

/* ---- what cannot be watched ---- */

static void what_is_no_folder_is_skipped(void **state) {
    struct fixture *f = *state;
    put_file(at(f, "file"), "");
    assert_false(SET(f, "file", "none"));
    assert_true(watch_is_complete(f->watch, NULL));
}

static int watch_what_is_not_ours(void *context) {
    struct fixture *f = context;
    struct error err = {0};
    struct string_list folders = {0};
    require(string_list_add(&folders, at(f, "closed")) && string_list_add(&folders, at(f, "open")));
    require(watch_set(f->watch, &folders)); /* the other one */
    require(!watch_is_complete(f->watch, &err));
    require(err.kind == ERROR_PERMISSION && strstr(err.text, at(f, "closed")));
    free(folders.items[0]);
    folders.items[0] = strdup(at(f, "open"));
    require(folders.items[0] && !watch_set(f->watch, &folders));
    require(watch_is_complete(f->watch, &err));
    return CHILD_OK;
}

static void a_folder_that_cannot_be_watched_is_named(void **state) {
    struct fixture *f = *state;
    put_folder(at(f, "closed"));
    put_folder(at(f, "open"));
    assert_int_equal(chmod(at(f, "closed"), 0311), 0);
    assert_as_nobody(watch_what_is_not_ours, f);
}

static int watch_without_a_descriptor(void *context) {
    struct fixture *f = context;
    struct error err = {0};
    struct watch *watch = NULL;
    struct string_list folders = {0};
    int next = dup(STDERR_FILENO);
    close(next);
    const struct rlimit none = {(rlim_t)next, (rlim_t)next};
    require(string_list_add(&folders, f->scratch->root));
    require(setrlimit(RLIMIT_NOFILE, &none) == 0);
    require(watch_create(f->loop, on_change, f, &watch, &err));
    require(!watch_set(watch, &folders));
    require(!watch_is_complete(watch, &err));
    require(err.kind != ERROR_NONE);
    watch_destroy(watch);
    return CHILD_OK;
}

/* The slow poll is behind it: a system that gives no watch is no reason not to start. */
static void without_any_watch_all_goes_on(void **state) {
    assert_int_equal(in_child(watch_without_a_descriptor, *state), CHILD_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        watch_test(every_kind_of_change_is_told),
        watch_test(reading_is_no_change),
        watch_test(a_burst_is_told_once),
        watch_test(a_swap_of_kubernetes_is_told),
        watch_test(after_an_overflow_changes_are_still_told),
        watch_test(the_same_folders_are_no_news),
        watch_test(a_folder_no_longer_named_is_silent),
        watch_test(a_folder_that_comes_is_watched_when_it_is_there),
        watch_test(a_folder_removed_and_made_again_is_watched_anew),
        watch_test(a_folder_replaced_by_another_is_watched_anew),
        watch_test(two_names_of_one_folder_are_one_watch),
        watch_test(thousands_of_folders_are_watched),
        watch_test(what_is_no_folder_is_skipped),
        watch_test(a_folder_that_cannot_be_watched_is_named),
        watch_test(without_any_watch_all_goes_on),
    };
    return cmocka_run_group_tests_name("platform/watch", tests, NULL, NULL);
}
