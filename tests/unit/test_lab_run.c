/* lab/run.c: what is made anew each day, and what is not. */
#include "lab/run.h"

#include "lab/chain.h"
#include "lab/keys.h"
#include "lab/scenario.h"
#include "platform/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct stage {
    struct loop *loop;
    struct lab_keys *keys;
    struct lab_run *run;
    size_t room;
};

static void ignore_key(void *context, enum lab_key key) {
    (void)context;
    (void)key;
}

static int set_up(void **state) {
    static struct stage stage;
    struct error err = {0};
    stage = (struct stage){.room = 100};
    if (!loop_create_beside(&stage.loop, &err) ||
        !lab_keys_create(ignore_key, NULL, &stage.keys, &err))
        fail_msg("%s", err.text);
    const struct lab_run_settings settings = {.loop = stage.loop,
                                              .keys = stage.keys,
                                              .name = "run",
                                              .domain = "lab.localhost",
                                              .address = "127.0.0.1",
                                              .room = &stage.room};
    if (!lab_run_create(&settings, &stage.run, &err))
        fail_msg("%s", err.text);
    *state = &stage;
    return 0;
}

static int tear_down(void **state) {
    struct stage *stage = *state;
    lab_run_destroy(stage->run);
    lab_keys_destroy(stage->keys);
    loop_destroy(stage->loop);
    return 0;
}

static const struct lab_chain *chain_of(const struct stage *stage, const char *name) {
    size_t i = 0;
    assert_true(lab_scenario_find(name, &i));
    return lab_run_chain(stage->run, i);
}

static void certificates_are_made_anew(void **state) {
    struct stage *stage = *state;
    const struct lab_chain *first = chain_of(stage, "right");
    assert_non_null(first);
    lab_run_renew(stage->run);
    const struct lab_chain *second = chain_of(stage, "right");
    assert_ptr_not_equal(first, second);
    assert_false(
        blob_equal(&first->certificates[0], &second->certificates[0])); /* both are there */
    assert_memory_not_equal(first->serial, second->serial, sizeof first->serial);
    assert_true(blob_equal(&first->certificates[1], &second->certificates[1])); /* the issuer */
    const struct lab_chain *stapled = chain_of(stage, "must-staple");
    lab_run_renew(stage->run);
    assert_false(blob_equal(&stapled->staple, &chain_of(stage, "must-staple")->staple));
    assert_ptr_not_equal(second, chain_of(stage, "right"));
}

static char *anchors_of(const struct stage *stage) {
    struct buffer anchors = {0};
    assert_true(lab_run_anchors(stage->run, &anchors, NULL));
    return buffer_take(&anchors);
}

/* Clients were given them at the beginning. */
static void anchors_stay(void **state) {
    struct stage *stage = *state;
    char *before = anchors_of(stage);
    const struct lab_chain *bare = chain_of(stage, "anchor-bare");
    lab_run_renew(stage->run);
    char *after = anchors_of(stage);
    assert_string_equal(before, after);
    assert_ptr_equal(bare, chain_of(stage, "anchor-bare"));
    free(before);
    free(after);
}

/* An OCSPRequest (RFC 6960, 4.1.1) about this serial number. */
static bool is_known(const struct stage *stage, const struct lab_chain *chain) {
    unsigned char request[83] = {0x30, 0x51, 0x30, 0x4f, 0x30, 0x4d, 0x30, 0x4b,
                                 0x30, 0x49, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
                                 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};
    request[43] = 0x04;
    request[44] = 0x14;
    request[65] = 0x02;
    request[66] = sizeof chain->serial;
    memcpy(request + 67, chain->serial, sizeof chain->serial);
    const struct blob der = {request, sizeof request};
    struct blob response = {0};
    struct error err = {0};
    bool known = lab_run_ocsp(stage->run, &der, &response, &err);
    if (!known)
        assert_int_equal(err.kind, ERROR_MISSING);
    blob_finish(&response);
    return known;
}

static bool is_listed(const struct stage *stage, const struct lab_chain *chain) {
    struct blob list = {0};
    assert_true(lab_run_revocation_list(stage->run, &list, NULL));
    bool found = memmem(list.data, list.size, chain->serial, sizeof chain->serial);
    blob_finish(&list);
    return found;
}

/* A client may have got it just before. */
static void revocation_is_told_of_yesterdays_too(void **state) {
    struct stage *stage = *state;
    const struct lab_chain *revoked = chain_of(stage, "revoked");
    struct lab_chain gone = *revoked;
    assert_true(is_known(stage, revoked) && is_listed(stage, revoked));
    assert_false(is_listed(stage, chain_of(stage, "right")));
    lab_run_renew(stage->run);
    assert_true(is_known(stage, revoked) && is_listed(stage, revoked));
    assert_true(is_known(stage, chain_of(stage, "revoked")));
    assert_true(is_listed(stage, chain_of(stage, "revoked")));
    lab_run_renew(stage->run);
    assert_false(is_known(stage, &gone) || is_listed(stage, &gone));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(certificates_are_made_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(anchors_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(revocation_is_told_of_yesterdays_too, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
