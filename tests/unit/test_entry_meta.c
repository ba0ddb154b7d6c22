/* certs/entry_meta: what is read is written again, and what is wrong is named. */
#include "certs/entry_meta.h"
#include "scratch.h"

static struct entry_meta read_good(const char *text) {
    struct entry_meta meta = {0};
    struct error err = {0};
    if (!entry_meta_read(text, strlen(text), &meta, &err))
        fail_msg("%s: %s", text, err.text);
    return meta;
}

static void assert_writes(const struct entry_meta *meta, const char *expected) {
    struct blob text = {0};
    struct error err = {0};
    if (!entry_meta_write(meta, &text, &err))
        fail_msg("%s", err.text);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
    blob_finish(&text);
}

static void every_member_is_read_and_written(void **state) {
    (void)state;
    static const char text[] = "{\n"
                               "  \"friendly_name\": \"Archiv München\",\n"
                               "  \"exportable\": true,\n"
                               "  \"made_by\": \"request\",\n"
                               "  \"made\": 1764000000,\n"
                               "  \"note\": [\n"
                               "    1,\n"
                               "    null\n"
                               "  ]\n"
                               "}\n";
    struct entry_meta meta = read_good(text);
    assert_string_equal(meta.friendly_name, "Archiv München");
    assert_true(meta.exportable);
    assert_string_equal(meta.made_by, "request");
    assert_int_equal(meta.made, 1764000000);
    assert_string_equal(meta.unknown, "{\"note\":[1,null]}");
    assert_writes(&meta, text);
    entry_meta_finish(&meta);
    assert_null(meta.unknown);
}

static void every_member_may_be_absent(void **state) {
    (void)state;
    struct entry_meta meta = read_good(" {} ");
    assert_null(meta.friendly_name);
    assert_false(meta.exportable);
    assert_null(meta.made_by);
    assert_int_equal(meta.made, 0);
    assert_null(meta.unknown);
    assert_writes(&meta, "{}\n");
    meta = read_good("{\"exportable\": false}");
    assert_false(meta.exportable);
}

/* Whoever keeps unknown members does not let them speak for the known ones. */
static void known_members_win_over_unknown_ones(void **state) {
    (void)state;
    char unknown[] = "{\"made_by\":\"other\",\"x\":1}", made_by[] = "import";
    struct entry_meta meta = {.made_by = made_by, .unknown = unknown};
    assert_writes(&meta, "{\n  \"made_by\": \"import\",\n  \"x\": 1\n}\n");
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "line 1, column 0"},
        {"[]", "one JSON object"},
        {"\"text\"", "is no JSON"},
        {"{\"a\x7f\": \x1b}", "\\x1B"},
        {"{\n\"made\": }", "line 2, column"},
        {"{} x", "line 1, column 4"},
        {"{\"friendly_name\": 1}", "\"friendly_name\" must be a text"},
        {"{\"friendly_name\": null}", "\"friendly_name\" must be a text"},
        {"{\"friendly_name\": \"a\\u0000b\"}", "is no JSON"},
        {"{\"friendly_name\": \"\xff\"}", "is no JSON"},
        {"{\"exportable\": \"yes\"}", "\"exportable\" must be true or false"},
        {"{\"exportable\": 1}", "\"exportable\" must be true or false"},
        {"{\"made_by\": []}", "\"made_by\" must be a text"},
        {"{\"made\": \"2026\"}", "\"made\" must be a whole number"},
        {"{\"made\": 1.5}", "\"made\" must be a whole number"},
        {"{\"exportable\": false, \"exportable\": true}", "is no JSON: duplicate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char before[] = "before";
        struct entry_meta meta = {.friendly_name = before};
        struct error err = {0};
        assert_false(entry_meta_read(cases[i].text, strlen(cases[i].text), &meta, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.text);
        assert_ptr_equal(meta.friendly_name, before);
    }
}

static void what_cannot_be_read_again_is_not_written(void **state) {
    (void)state;
    char bad[] = "\xff", list[] = "[]", *long_text = malloc(ENTRY_META_LIMIT + 1);
    assert_non_null(long_text);
    memset(long_text, 'a', ENTRY_META_LIMIT);
    long_text[ENTRY_META_LIMIT] = '\0';
    const struct entry_meta cases[] = {
        {.friendly_name = bad}, {.unknown = list}, {.friendly_name = long_text}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct blob text = {0};
        struct error err = {0};
        assert_false(entry_meta_write(&cases[i], &text, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_null(text.data);
    }
    free(long_text);
}

static void an_entry_has_it_beside_its_certificate(void **state) {
    struct entry_meta meta = {.made = 1};
    struct error err = {0};
    const char *folder = scratch_path(*state, ".");
    assert_true(entry_meta_load(folder, "mail", &meta, &err)); /* absent */
    assert_int_equal(meta.made, 0);
    put_file(scratch_path(*state, "mail.meta"), "{\"friendly_name\": \"Mail\"}");
    assert_true(entry_meta_load(folder, "mail", &meta, &err));
    assert_string_equal(meta.friendly_name, "Mail");
    entry_meta_finish(&meta);
    put_file(scratch_path(*state, "mail.meta"), "{\"made\": true}");
    assert_false(entry_meta_load(folder, "mail", &meta, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "mail.meta: \"made\" must be"));
    put_folder(scratch_path(*state, "folder.meta"));
    assert_false(entry_meta_load(folder, "folder", &meta, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_read_and_written),
        cmocka_unit_test(every_member_may_be_absent),
        cmocka_unit_test(known_members_win_over_unknown_ones),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(what_cannot_be_read_again_is_not_written),
        scratch_test(an_entry_has_it_beside_its_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
