/* platform/held_folder: what is done stays in the folder. */
#include "platform/held_folder.h"
#include "child.h"
#include "scratch.h"

#include <sys/mount.h>

static struct held_folder *held(struct scratch *scratch) {
    struct held_folder *folder;
    struct error err = {0};
    if (!held_folder_open(scratch->root, &folder, &err))
        fail_msg("%s", err.text);
    return folder;
}

static void it_stays_the_same_folder(void **state) {
    struct held_folder *folder;
    put_folder(scratch_path(*state, "one"));
    put_folder(scratch_path(*state, "two"));
    put_link("one", scratch_path(*state, "link"));
    assert_true(held_folder_open(scratch_path(*state, "link"), &folder, NULL));
    assert_int_equal(unlink(scratch_path(*state, "link")), 0);
    put_link("two", scratch_path(*state, "link"));
    assert_true(held_folder_create(folder, "file", "abc", 3, 0640, NULL));
    assert_true(held_folder_sync(folder, NULL));
    assert_file_holds(scratch_path(*state, "one/file"), "abc");
    assert_int_equal(mode_of(scratch_path(*state, "one/file")), 0640);
    assert_false(is_there(scratch_path(*state, "two/file")));
    held_folder_close(folder);
    held_folder_close(NULL);
}

static void links_are_looked_at_and_not_followed(void **state) {
    struct held_folder *folder = held(*state);
    struct held_file file, link;
    struct blob content = {0};
    struct error err = {0};
    put_file(scratch_path(*state, "file"), "abc");
    put_link("file", scratch_path(*state, "link"));
    put_folder(scratch_path(*state, "folder"));
    assert_true(held_folder_look(folder, "file", &file, NULL));
    assert_true(held_folder_look(folder, "link", &link, NULL));
    assert_false(held_file_same(&file, &link));
    assert_false(link.is_folder);
    assert_true(held_folder_look(folder, "folder", &file, NULL));
    assert_true(file.is_folder);
    assert_false(held_folder_look(folder, "none", &file, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(held_folder_read(folder, "link", 10, &content, &err));
    assert_true(held_folder_read(folder, "file", 10, &content, NULL));
    assert_int_equal(content.size, 3);
    blob_finish(&content);
    assert_false(held_folder_create(folder, "link", "xyz", 3, 0600, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_file_holds(scratch_path(*state, "file"), "abc");
    held_folder_close(folder);
}

static void a_file_is_known_by_more_than_its_name(void **state) {
    struct held_folder *folder = held(*state);
    struct held_file before, moved, other;
    put_file(scratch_path(*state, "a"), "1");
    assert_true(held_folder_look(folder, "a", &before, NULL));
    assert_true(held_folder_move(folder, "a", "b", NULL));
    put_file(scratch_path(*state, "a"), "1");
    assert_true(held_folder_look(folder, "b", &moved, NULL));
    assert_true(held_folder_look(folder, "a", &other, NULL));
    assert_true(held_file_same(&before, &moved));
    assert_false(held_file_same(&before, &other));
    /* The same inode, used again. */
    other = before;
    other.born_ns = before.born_ns + 1;
    assert_true(before.born_ns == 0 || !held_file_same(&before, &other));
    held_folder_close(folder);
}

static void moving_replaces_only_where_it_is_to(void **state) {
    struct held_folder *folder = held(*state);
    struct error err = {0};
    bool swapped = false;
    put_file(scratch_path(*state, "a"), "a");
    put_file(scratch_path(*state, "b"), "b");
    put_folder(scratch_path(*state, "folder"));
    assert_false(held_folder_move(folder, "a", "b", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_true(held_folder_swap(folder, "a", "b", &swapped, NULL));
    if (swapped) { /* not every file system can */
        assert_file_holds(scratch_path(*state, "a"), "b");
        assert_true(held_folder_swap(folder, "a", "b", &swapped, NULL));
    }
    assert_true(held_folder_replace(folder, "a", "b", NULL));
    assert_file_holds(scratch_path(*state, "b"), "a");
    assert_false(held_folder_replace(folder, "b", "folder", &err));
    assert_false(held_folder_move(folder, "none", "c", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    held_folder_close(folder);
}

static void a_folder_goes_with_all_that_is_in_it_and_no_more(void **state) {
    struct held_folder *folder = held(*state);
    struct error err = {0};
    put_folder(scratch_path(*state, "kept"));
    put_file(scratch_path(*state, "kept/file"), "kept");
    put_folder(scratch_path(*state, "gone"));
    put_folder(scratch_path(*state, "gone/inner"));
    put_file(scratch_path(*state, "gone/inner/file"), "gone");
    put_link("../kept", scratch_path(*state, "gone/link"));
    put_link("kept", scratch_path(*state, "link"));
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "gone/%d", i);
        put_file(scratch_path(*state, name), "");
    }
    assert_true(held_folder_remove(folder, "gone", &err));
    assert_false(is_there(scratch_path(*state, "gone")));
    assert_true(held_folder_remove(folder, "link", &err));
    assert_file_holds(scratch_path(*state, "kept/file"), "kept");
    assert_false(held_folder_remove(folder, "gone", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    held_folder_close(folder);
}

static void what_a_dead_process_moved_away_is_swept(void **state) {
    char dead[64];
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(0);
    child_status(child);
    snprintf(dead, sizeof dead, ".mailstored-%ld-0123456789abcdef.tmp", (long)child);
    const char *path = scratch_path(*state, dead);
    put_folder(path);
    snprintf(dead, sizeof dead, ".mailstored-%ld-0123456789abcdef.tmp/tls.key", (long)child);
    put_file(scratch_path(*state, dead), "a key");
    file_sweep(scratch_path(*state, "."));
    assert_false(is_there(path));
}

static void temporary_names_are_known(void **state) {
    (void)state;
    char one[FILE_TEMPORARY_SIZE], other[FILE_TEMPORARY_SIZE];
    assert_true(file_temporary_name(one, NULL));
    assert_true(file_temporary_name(other, NULL));
    assert_string_not_equal(one, other);
    assert_true(file_is_temporary(one));
    static const char *const others[] = {"",
                                         "file",
                                         ".mailstored-change",
                                         ".mailstored-.tmp",
                                         ".mailstored-x-1.tmp",
                                         ".mailstored-1-/../a.tmp"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(file_is_temporary(others[i]));
}

/* Somebody's name for another file of ours, which the note of who holds the lock would ruin. */
static void the_lock_ruins_no_other_file(void **state) {
    struct held_folder *folder = held(*state);
    struct file_lock *lock = NULL, *second = NULL;
    struct error err = {0};
    put_file(scratch_path(*state, "precious"), "precious");
    assert_int_equal(link(scratch_path(*state, "precious"), scratch_path(*state, "lock")), 0);
    assert_false(held_folder_lock(folder, "lock", 0, &lock, &err));
    assert_file_holds(scratch_path(*state, "precious"), "precious");
    assert_int_equal(unlink(scratch_path(*state, "lock")), 0);
    put_link("precious", scratch_path(*state, "lock"));
    assert_false(held_folder_lock(folder, "lock", 0, &lock, &err));
    assert_int_equal(unlink(scratch_path(*state, "lock")), 0);
    assert_true(held_folder_lock(folder, "lock", 0, &lock, NULL));
    assert_false(held_folder_lock(folder, "lock", 0, &second, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    file_lock_release(lock);
    assert_true(held_folder_lock(folder, "lock", 0, &lock, NULL));
    file_lock_release(lock);
    held_folder_close(folder);
}

/* Where another file system is mounted, what is in it is somebody else's. */
static int remove_around_a_mount(void *context) {
    struct scratch *scratch = context;
    struct held_folder *folder;
    struct error err = {0};
    char path[128], inside[160], file[200];
    snprintf(path, sizeof path, "%s/gone", scratch->root);
    snprintf(inside, sizeof inside, "%s/inner", path);
    snprintf(file, sizeof file, "%s/file", inside);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", inside, "tmpfs", 0, NULL) != 0)
        return CHILD_CANNOT;
    int made = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    require(made >= 0);
    close(made);
    require(held_folder_open(scratch->root, &folder, NULL));
    require(!held_folder_remove(folder, "gone", &err));
    require(err.kind == ERROR_BUSY);
    require(access(file, F_OK) == 0);
    held_folder_close(folder);
    return CHILD_OK;
}

static void what_is_mounted_in_it_stays(void **state) {
    put_folder(scratch_path(*state, "gone"));
    put_folder(scratch_path(*state, "gone/inner"));
    assert_in_namespaces(CLONE_NEWNS, remove_around_a_mount, *state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(it_stays_the_same_folder),
        scratch_test(links_are_looked_at_and_not_followed),
        scratch_test(a_file_is_known_by_more_than_its_name),
        scratch_test(moving_replaces_only_where_it_is_to),
        scratch_test(a_folder_goes_with_all_that_is_in_it_and_no_more),
        scratch_test(what_a_dead_process_moved_away_is_swept),
        cmocka_unit_test(temporary_names_are_known),
        scratch_test(the_lock_ruins_no_other_file),
        scratch_test(what_is_mounted_in_it_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
