/* control/pin_file.c: what the tool pins, as the daemon reads it. */
#include "tests/unit/scratch.h"

#include "control/pin_file.h"

#include <sys/wait.h>

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *taken(const char *path) {
    char text[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return strdup(text);
}

static void what_is_set_is_read(void **state) {
    struct scratch *scratch = *state;
    struct pin_list list = {0};
    struct stat status;
    assert_true(pin_file_read(scratch->root, &list, NULL));
    assert_int_equal(list.count, 0);
    pin_list_finish(&list);

    assert_true(pin_file_set(scratch->root, "web-access", "mail.example.org", NULL));
    assert_true(pin_file_set(scratch->root, "client", "b\xC3\xBCro \"1\"", NULL));
    assert_true(pin_file_set(scratch->root, "web-access", "authority", NULL));
    assert_true(pin_file_read(scratch->root, &list, NULL));
    assert_int_equal(list.count, 2);
    assert_string_equal(pin_list_find(&list, "web-access"), "authority");
    assert_string_equal(pin_list_find(&list, "client"), "b\xC3\xBCro \"1\"");
    assert_null(pin_list_find(&list, "web"));
    assert_int_equal(stat(scratch_path(scratch, "pins"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);

    struct pin_list fewer = {0};
    assert_true(pin_file_set(scratch->root, "client", NULL, NULL));
    assert_true(pin_file_read(scratch->root, &fewer, NULL));
    assert_int_equal(fewer.count, 1);
    assert_false(pin_list_equal(&list, &fewer));
    pin_list_finish(&list);
    pin_list_finish(&fewer);
}

static void all_that_have_an_entry_move(void **state) {
    struct scratch *scratch = *state;
    struct pin_list list = {0};
    assert_true(pin_file_move(scratch->root, "old", "new", NULL));
    assert_true(pin_file_set(scratch->root, "web-access", "old", NULL));
    assert_true(pin_file_set(scratch->root, "client", "other", NULL));
    assert_true(pin_file_set(scratch->root, "administration", "old", NULL));
    assert_true(pin_file_move(scratch->root, "old", "new", NULL));
    assert_true(pin_file_read(scratch->root, &list, NULL));
    assert_int_equal(list.count, 3);
    assert_string_equal(pin_list_find(&list, "web-access"), "new");
    assert_string_equal(pin_list_find(&list, "administration"), "new");
    assert_string_equal(pin_list_find(&list, "client"), "other");
    pin_list_finish(&list);
    assert_true(pin_file_move(scratch->root, "new", NULL, NULL));
    assert_true(pin_file_read(scratch->root, &list, NULL));
    assert_int_equal(list.count, 1);
    assert_string_equal(pin_list_find(&list, "client"), "other");
    pin_list_finish(&list);
}

static void what_changes_nothing_writes_nothing(void **state) {
    struct scratch *scratch = *state;
    struct stat before, after;
    assert_true(pin_file_set(scratch->root, "client", NULL, NULL));
    assert_int_equal(stat(scratch_path(scratch, "pins"), &before), -1);
    assert_true(pin_file_set(scratch->root, "client", "a", NULL));
    assert_int_equal(stat(scratch_path(scratch, "pins"), &before), 0);
    assert_true(pin_file_set(scratch->root, "client", "a", NULL));
    assert_int_equal(stat(scratch_path(scratch, "pins"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void root_gives_it_to_the_owner_of_the_folder(void **state) {
    struct scratch *scratch = *state;
    struct stat status;
    bool is_root = geteuid() == 0;
    const uid_t owner = is_root ? 12345 : geteuid();
    const gid_t group = is_root ? 12345 : getegid();
    assert_int_equal(chown(scratch->root, owner, group), 0);
    assert_true(pin_file_set(scratch->root, "client", "a", NULL));
    assert_int_equal(stat(scratch_path(scratch, "pins"), &status), 0);
    assert_int_equal(status.st_uid, owner);
    assert_int_equal(status.st_gid, group);
}

enum { RIVALS = 8 };

static int pin_one(const char *folder, int number) {
    char service[16];
    snprintf(service, sizeof service, "service%d", number);
    return pin_file_set(folder, service, "entry", NULL) ? 0 : 1;
}

static void those_who_pin_at_once_all_succeed(void **state) {
    struct scratch *scratch = *state;
    struct pin_list list = {0};
    pid_t rivals[RIVALS];
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = fork();
        assert_true(rivals[i] >= 0);
        if (rivals[i] == 0)
            _exit(pin_one(scratch->root, i));
    }
    for (int i = 0; i < RIVALS; i++) {
        int status;
        assert_int_equal(waitpid(rivals[i], &status, 0), rivals[i]);
        assert_int_equal(status, 0);
    }
    assert_true(pin_file_read(scratch->root, &list, NULL));
    assert_int_equal(list.count, RIVALS);
    pin_list_finish(&list);
}

static void a_broken_file_is_told_and_stays(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "pins");
    static const char *const broken[] = {
        "",
        "{",
        "[]",
        "\"a\"",
        "{}{}",
        "{\"a\": 1}",
        "{\"a\": \"\"}",
        "{\"a\": null}",
        "{\"a\": \"b\", \"a\": \"c\"}",
        "{\"a\": \"b\\u0000c\"}",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct pin_list list = {0};
        struct error err = {0};
        put(path, broken[i]);
        if (pin_file_read(scratch->root, &list, &err))
            fail_msg("taken: %s", broken[i]);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, path));
        assert_null(list.items);
        assert_false(pin_file_set(scratch->root, "client", "x", &err));
        char *left = taken(path);
        assert_string_equal(left, broken[i]);
        free(left);
    }
}

static void a_name_that_json_cannot_hold_is_refused(void **state) {
    struct scratch *scratch = *state;
    struct error err = {0};
    assert_false(pin_file_set(scratch->root, "client", "caf\xE9", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    struct stat status;
    assert_int_equal(stat(scratch_path(scratch, "pins"), &status), -1);
}

static void a_file_that_cannot_be_read_is_not_an_empty_one(void **state) {
    struct scratch *scratch = *state;
    struct pin_list list = {0};
    struct error err = {0};
    assert_int_equal(mkdir(scratch_path(scratch, "pins"), 0700), 0);
    assert_false(pin_file_read(scratch->root, &list, &err));
    assert_int_not_equal(err.kind, ERROR_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(what_is_set_is_read),
        scratch_test(all_that_have_an_entry_move),
        scratch_test(what_changes_nothing_writes_nothing),
        scratch_test(root_gives_it_to_the_owner_of_the_folder),
        scratch_test(those_who_pin_at_once_all_succeed),
        scratch_test(a_broken_file_is_told_and_stays),
        scratch_test(a_name_that_json_cannot_hold_is_refused),
        scratch_test(a_file_that_cannot_be_read_is_not_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
