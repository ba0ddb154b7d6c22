/* certs/waiting: keys that wait for their certificates, in a folder of their own. */
#include "certs/cert_plan.h"
#include "certs/waiting.h"

#include "scratch.h"

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */

/* A key with its request; the caller's. */
static struct waiting_key made(const char *name) {
    struct cert_plan plan = {.key_ids = true};
    struct waiting_key waiting = {.name = strdup(name)};
    assert_true(x500_name_add(&plan.subject, X500_COMMON_NAME, name));
    assert_true(cert_plan_make_key(plan.key, &waiting.key, NULL));
    assert_true(cert_plan_request(&plan, &waiting.key, NULL, &waiting.request, NULL));
    waiting.meta.friendly_name = strdup("Größe");
    waiting.meta.exportable = true;
    waiting.meta.made = begin;
    cert_plan_finish(&plan);
    return waiting;
}

/* What an authority would answer with. */
static struct blob certificate_of(const struct blob *key) {
    struct cert_plan plan = {.not_before = begin, .not_after = begin + 86400};
    struct cert_material material = {0};
    struct blob der = {0};
    assert_true(x500_name_add(&plan.subject, X500_COMMON_NAME, "mail.example.org"));
    assert_true(cert_plan_self_sign(&plan, key, &material, NULL));
    assert_true(blob_copy(material.chain[0].data, material.chain[0].size, &der));
    cert_material_finish(&material);
    cert_plan_finish(&plan);
    return der;
}

static void put(const char *folder, const struct waiting_key *waiting) {
    struct error err = {0};
    if (!waiting_put(folder, waiting, false, &err))
        fail_msg("%s", err.text);
}

static void a_key_is_found_by_its_certificate(void **state) {
    const char *folder = scratch_path(*state, "waiting");
    struct waiting_key one = made("one"), two = made("two"), found = {0};
    struct blob certificate = certificate_of(&two.key);
    struct error err = {0};
    put(folder, &one);
    put(folder, &two);
    if (!waiting_find(folder, &certificate, &found, &err))
        fail_msg("%s", err.text);
    assert_string_equal(found.name, "two");
    assert_true(blob_equal(&found.key, &two.key));
    assert_true(blob_equal(&found.request, &two.request));
    assert_string_equal(found.meta.friendly_name, "Größe");
    assert_true(found.meta.exportable);
    assert_int_equal(found.meta.made, begin);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(scratch_path(*state, "waiting/two.pem")), 0600);
    blob_finish(&certificate);
    waiting_key_finish(&found);
    waiting_key_finish(&one);
    waiting_key_finish(&two);
}

static void what_nobody_waits_for_is_told(void **state) {
    const char *folder = scratch_path(*state, "waiting");
    struct waiting_key one = made("one"), two = made("two"), other = made("other"), found = {0};
    struct blob certificate = certificate_of(&other.key);
    struct blob noise = {(unsigned char *)"noise", 5};
    struct error err = {0};
    assert_false(waiting_find(folder, &certificate, &found, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_non_null(strstr(err.text, "no key waits for a certificate"));
    assert_false(is_there(folder)); /* asking makes nothing */
    put(folder, &one);
    assert_false(waiting_find(folder, &certificate, &found, &err));
    assert_non_null(strstr(err.text, "CN=mail.example.org, 1 waits for another"));
    put(folder, &two);
    assert_false(waiting_find(folder, &certificate, &found, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_non_null(strstr(err.text, "CN=mail.example.org, 2 wait for others"));
    assert_false(waiting_find(folder, &noise, &found, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(found.name);
    blob_finish(&certificate);
    waiting_key_finish(&one);
    waiting_key_finish(&two);
    waiting_key_finish(&other);
}

static void a_name_is_replaced_only_when_asked(void **state) {
    const char *folder = scratch_path(*state, "waiting");
    struct waiting_key first = made("mail"), second = made("mail"), found = {0};
    struct blob of_first = certificate_of(&first.key), of_second = certificate_of(&second.key);
    struct error err = {0};
    put(folder, &first);
    assert_false(waiting_put(folder, &second, false, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_non_null(strstr(err.text, "a key named mail waits for its certificate already"));
    assert_true(waiting_find(folder, &of_first, &found, NULL));
    waiting_key_finish(&found);
    assert_true(waiting_put(folder, &second, true, NULL));
    assert_true(waiting_find(folder, &of_second, &found, NULL));
    waiting_key_finish(&found);
    assert_false(waiting_find(folder, &of_first, &found, NULL));
    blob_finish(&of_first);
    blob_finish(&of_second);
    waiting_key_finish(&first);
    waiting_key_finish(&second);
}

static void names_that_lead_elsewhere_are_refused(void **state) {
    const char *folder = scratch_path(*state, "waiting");
    struct waiting_key waiting = made("../mail");
    struct error err = {0};
    assert_false(waiting_put(folder, &waiting, false, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(is_there(folder));
    waiting_key_finish(&waiting);
}

static void note(void *context, const struct waiting_key *key) {
    char *text = context;
    strcat(text, key->name); /* NOLINT: the test's own few */
    strcat(text, " ");       /* NOLINT */
}

static void keys_are_listed_by_name(void **state) {
    const char *folder = scratch_path(*state, "waiting");
    static const char *const names[] = {"b", "c", "a"};
    char text[64] = "";
    assert_true(waiting_list(folder, note, text, NULL));
    assert_string_equal(text, "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct waiting_key waiting = made(names[i]);
        put(folder, &waiting);
        waiting_key_finish(&waiting);
    }
    put_file(scratch_path(*state, "waiting/noise.pem"), "no key");
    put_file(scratch_path(*state, "waiting/notes.txt"), "for people");
    put_file(scratch_path(*state, "waiting/b.meta"), "{"); /* the key is there all the same */
    assert_true(waiting_list(folder, note, text, NULL));
    assert_string_equal(text, "a b c ");
}

static void a_key_is_removed(void **state) {
    const char *folder = scratch_path(*state, "waiting");
    struct waiting_key waiting = made("mail"), other = made("other");
    struct error err = {0};
    char text[64] = "";
    assert_false(waiting_remove(folder, "mail", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(is_there(folder));
    put(folder, &waiting);
    put(folder, &other);
    assert_true(waiting_remove(folder, "mail", NULL));
    assert_false(is_there(scratch_path(*state, "waiting/mail.pem")));
    assert_false(is_there(scratch_path(*state, "waiting/mail.meta")));
    assert_true(waiting_list(folder, note, text, NULL));
    assert_string_equal(text, "other ");
    assert_false(waiting_remove(folder, "mail", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_non_null(strstr(err.text, "no key named mail waits"));
    waiting_key_finish(&waiting);
    waiting_key_finish(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(a_key_is_found_by_its_certificate),
        scratch_test(what_nobody_waits_for_is_told),
        scratch_test(a_name_is_replaced_only_when_asked),
        scratch_test(names_that_lead_elsewhere_are_refused),
        scratch_test(keys_are_listed_by_name),
        scratch_test(a_key_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
