/* trust/anchors: what a client trusts, from files, folders and the system. */
#include "trust_bench.h"

static void anchors_come_from_files_and_folders(void **state) {
    CHAIN(state);
    struct trust_anchors *anchors = NULL;
    struct error err = {0};
    struct blob both = {0};
    put_folder(scratch_path(*state, "folder"));
    assert_false(trust_anchors_of_path(scratch_path(*state, "folder"), &anchors, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    put_file(scratch_path(*state, "folder/README"), "no certificate");
    put_pem_of(&bench, &bench.made[2], scratch_path(*state, "folder/root.pem"));
    put_link("root.pem", scratch_path(*state, "folder/01234567.0")); /* as c_rehash does */
    put_pem_of(&bench, &bench.made[3], scratch_path(*state, "folder/other.pem"));
    assert_true(trust_anchors_of_path(scratch_path(*state, "folder"), &anchors, &err));
    assert_int_equal(trust_anchors_count(anchors), 2);
    trust_anchors_destroy(anchors);
    const char *der = scratch_path(*state, "root.der");
    int file = open(der, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const struct blob *octets = der_of(&bench, &bench.made[2]);
    assert_int_equal(write(file, octets->data, octets->size), octets->size);
    close(file);
    assert_true(trust_anchors_of_path(der, &anchors, &err));
    assert_int_equal(trust_anchors_count(anchors), 1);
    trust_anchors_destroy(anchors);
    assert_false(trust_anchors_of_path(scratch_path(*state, "folder/README"), &anchors, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(trust_anchors_of_path(scratch_path(*state, "none"), &anchors, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    trust_anchors_destroy(NULL);
    blob_finish(&both);
    for (size_t i = 0; i < MOST; i++)
        blob_finish(&bench.der[i]);
}

/* Whether this machine has any is not ours to say. */
static void the_systems_are_found_or_missing(void **state) {
    (void)state;
    struct trust_anchors *anchors = NULL;
    struct error err = {0};
    if (trust_anchors_of_system(&anchors, &err))
        assert_true(trust_anchors_count(anchors) > 0);
    else
        assert_int_equal(err.kind, ERROR_MISSING);
    trust_anchors_destroy(anchors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(anchors_come_from_files_and_folders),
        cmocka_unit_test(the_systems_are_found_or_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
