/* daemon/passphrase.c: where the passphrase of the authority's key is found. */
#include "tests/unit/scratch.h"

#include "daemon/passphrase.h"

static const char *put(struct scratch *scratch, const char *name, const char *text, size_t size,
                       mode_t mode) {
    const char *path = scratch_path(scratch, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}
#define PUT(scratch, name, text) put(scratch, name, text, sizeof(text) - 1, 0600)

static void assert_found(const char *configured, const char *text, const char *file) {
    struct passphrase found = {0};
    struct error err = {0};
    if (!passphrase_find(configured, &found, &err))
        fail_msg("%s", err.text);
    assert_string_equal(found.text, text);
    assert_string_equal(found.file, file);
    passphrase_finish(&found);
}

static void assert_not_found(const char *configured, const char *said) {
    struct passphrase found = {0};
    struct error err = {0};
    assert_false(passphrase_find(configured, &found, &err));
    assert_int_equal(err.kind, ERROR_PERMISSION);
    if (!strstr(err.text, said))
        fail_msg("not said: %s\nbut: %s", said, err.text);
    assert_null(found.text);
}

static void one_line_end_behind_it_is_no_part_of_it(void **state) {
    struct scratch *scratch = *state;
    static const struct {
        const char *written, *read;
    } rows[] = {{"open sesame", "open sesame"},
                {"open sesame\n", "open sesame"},
                {"open sesame\r\n", "open sesame"},
                {"\xEF\xBB\xBFopen sesame\r\n", "open sesame"},
                {" open\nsesame \n\n", " open\nsesame \n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path =
            put(scratch, "passphrase", rows[i].written, strlen(rows[i].written), 0600);
        assert_found(path, rows[i].read, path);
    }
}

static void what_is_no_passphrase_is_refused(void **state) {
    struct scratch *scratch = *state;
    assert_not_found(PUT(scratch, "empty", ""), "holds no passphrase");
    assert_not_found(PUT(scratch, "blank", "\n"), "holds no passphrase");
    assert_not_found(PUT(scratch, "nul", "a\0b"), "holds no passphrase");
    assert_not_found(scratch_path(scratch, "none"), scratch_path(scratch, "none"));
    assert_not_found(put(scratch, "public", "a", 1, 0644), "everyone can read");
}

static void the_configured_file_goes_before_the_credential(void **state) {
    struct scratch *scratch = *state;
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_not_found(NULL, "authority.passphrase_file");
    setenv("CREDENTIALS_DIRECTORY", scratch->root, 1);
    assert_not_found(NULL, "LoadCredential=");
    const char *credential = PUT(scratch, "authority-passphrase", "handed over\n");
    assert_found(NULL, "handed over", credential);
    const char *configured = PUT(scratch, "configured", "configured");
    assert_found(configured, "configured", configured);
    /* Not the one where the other was meant. */
    assert_not_found(scratch_path(scratch, "none"), "none");
    unsetenv("CREDENTIALS_DIRECTORY");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(one_line_end_behind_it_is_no_part_of_it),
        scratch_test(what_is_no_passphrase_is_refused),
        scratch_test(the_configured_file_goes_before_the_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
