/* trust/deployment and what it is made of: the files of a deployment, byte for byte. What others
 * read in them is in tests/system/test_deployment_*. */
#include "made_cert.h"
#include "trust/cert_blob.h"
#include "trust/deployment_text.h"
#include "trust/deployment_warnings.h"
#include "trust/name_uuid.h"
#include "trust/registry_pol.h"
#include "trust/signed_data.h"

static const int64_t begin = 1790000000; /* 2026 */
enum { DAY = 24 * 3600 };

/* ---- an anchor ---- */

struct anchor {
    struct cert_material material;
    struct cert_info info;
    struct deployment deployment;
};

static const char *const two_names[] = {"archive.example.org", "archive", NULL};

static struct made_cert made_for(int64_t days) {
    return (struct made_cert){.key = CERT_KEY_RSA,
                              .common_name = "archive.example.org",
                              .names = two_names,
                              .not_before = begin,
                              .not_after = begin + days * DAY - 1};
}

/* Points into itself: stays where it is. */
static void anchor_init(struct anchor *anchor, const struct made_cert *made) {
    *anchor = (struct anchor){.material = made_material(made)};
    struct error err = {0};
    assert_true(cert_info_read(&anchor->material.chain[0], &anchor->info, &err));
    anchor->deployment = (struct deployment){.anchor = &anchor->material.chain[0],
                                             .info = &anchor->info,
                                             .host = "archive.example.org",
                                             .port = 8462,
                                             .language = "en"};
}

static void anchor_finish(struct anchor *anchor) {
    cert_info_finish(&anchor->info);
    cert_material_finish(&anchor->material);
}

static const struct deployment_file *file_named(const struct deployment_files *files,
                                                const char *path) {
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].path, path) == 0)
            return &files->items[i];
    fail_msg("%s is not there", path);
    return NULL;
}

static struct deployment_files made_files(const struct deployment *deployment) {
    struct deployment_files files = {0};
    struct error err = {0};
    if (!deployment_windows(deployment, &files, &err) ||
        !deployment_apple(deployment, &files, &err))
        fail_msg("%s", err.text);
    return files;
}

/* ---- files ---- */

static void files_stand_in_order(void **state) {
    (void)state;
    static const char *const added[] = {"windows/b", "a", "windows/a", "windows.txt"};
    static const char *const ordered[] = {"a", "windows.txt", "windows/a", "windows/b"};
    struct deployment_files files = {0};
    struct error err = {0};
    for (size_t i = 0; i < 4; i++)
        assert_true(deployment_add(&files, added[i], i == 0 ? 0755 : 0644, added[i],
                                   strlen(added[i]), &err));
    assert_int_equal(files.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(files.items[i].path, ordered[i]);
        assert_int_equal(files.items[i].content.size, strlen(ordered[i]));
        assert_memory_equal(files.items[i].content.data, ordered[i], strlen(ordered[i]));
    }
    assert_int_equal(files.items[3].mode, 0755);
    deployment_files_finish(&files);
}

static void the_same_certificate_gives_the_same_bytes(void **state) {
    (void)state;
    struct made_cert made = made_for(397);
    struct anchor anchor;
    anchor_init(&anchor, &made);
    anchor.deployment.signer = &anchor.material;
    struct deployment_files first = made_files(&anchor.deployment);
    struct deployment_files second = made_files(&anchor.deployment);
    assert_int_equal(first.count, second.count);
    for (size_t i = 0; i < first.count; i++) {
        assert_string_equal(first.items[i].path, second.items[i].path);
        assert_true(blob_equal(&first.items[i].content, &second.items[i].content));
    }
    deployment_files_finish(&first);
    deployment_files_finish(&second);
    anchor_finish(&anchor);
}

static void another_certificate_is_another_policy(void **state) {
    (void)state;
    struct made_cert made = made_for(397);
    struct anchor one, other;
    anchor_init(&one, &made);
    made.serial++;
    anchor_init(&other, &made);
    struct deployment_files first = made_files(&one.deployment),
                            second = made_files(&other.deployment);
    const char *const differ[] = {"windows/gpo/manifest.xml", "windows/registry.pol",
                                  "apple/mailstored.mobileconfig"};
    for (size_t i = 0; i < 3; i++)
        assert_false(blob_equal(&file_named(&first, differ[i])->content,
                                &file_named(&second, differ[i])->content));
    deployment_files_finish(&first);
    deployment_files_finish(&second);
    anchor_finish(&one);
    anchor_finish(&other);
}

/* ---- texts ---- */

static char *text_of(const struct deployment *deployment, const char *name,
                     const struct deployment_value *more) {
    struct buffer text = {0};
    struct error err = {0};
    if (!deployment_text(deployment, name, more, &text, &err))
        fail_msg("%s", err.text);
    return buffer_take(&text);
}

static void texts_speak_the_language(void **state) {
    (void)state;
    static const struct {
        const char *language, *word;
    } rows[] = {{"en", "Compare it"}, {"de", "Vergleichen Sie"}, {"fr", "Comparez-le"}};
    struct made_cert made = made_for(397);
    struct anchor anchor;
    struct buffer text = {0};
    struct error err = {0};
    anchor_init(&anchor, &made);
    for (size_t i = 0; i < 3; i++) {
        anchor.deployment.language = rows[i].language;
        char *steps = text_of(&anchor.deployment, "android/STEPS.txt", NULL);
        assert_non_null(strstr(steps, rows[i].word));
        assert_non_null(strstr(steps, "archive.example.org"));
        assert_null(strstr(steps, "{{"));
        free(steps);
    }
    anchor.deployment.language = "tlh";
    assert_false(deployment_text(&anchor.deployment, "android/STEPS.txt", NULL, &text, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    buffer_finish(&text);
    anchor_finish(&anchor);
}

static void sections_appear_by_their_value(void **state) {
    (void)state;
    struct made_cert made = made_for(397);
    struct anchor anchor;
    anchor_init(&anchor, &made);
    const struct deployment_value is_signed[] = {{"signed", "1"}, {NULL, NULL}},
                                  is_not[] = {{"signed", NULL}, {NULL, NULL}};
    char *text = text_of(&anchor.deployment, "apple/STEPS.txt", is_signed);
    assert_non_null(strstr(text, "It is signed."));
    assert_null(strstr(text, "It is not signed"));
    assert_non_null(strstr(text, "needs a local authority"));
    free(text);
    anchor.deployment.is_authority = true;
    text = text_of(&anchor.deployment, "apple/STEPS.txt", is_not);
    assert_null(strstr(text, "It is signed."));
    assert_non_null(strstr(text, "It is not signed"));
    assert_null(strstr(text, "needs a local authority"));
    free(text);
    anchor_finish(&anchor);
}

static void a_value_that_nobody_knows_is_told(void **state) {
    (void)state;
    struct made_cert made = made_for(397);
    struct anchor anchor;
    struct buffer text = {0};
    struct error err = {0};
    anchor_init(&anchor, &made);
    assert_false(deployment_text(&anchor.deployment, "apple/STEPS.txt", NULL, &text, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "{{?signed}}"));
    buffer_finish(&text);
    anchor_finish(&anchor);
}

/* ---- Registry.pol ---- */

static void a_setting_is_written_as_specified(void **state) {
    (void)state;
    /* "PReg", version 1, then [key;value;type;size;data] in UTF-16LE. */
    static const unsigned char expected[] = {
        'P',  'R',  'e',  'g',  1,    0,    0,    0,                            /**/
        '[',  0,    'K',  0,    0,    0,    ';',  0,    'v', 0, 0,   0, ';', 0, /* */
        4,    0,    0,    0,    ';',  0,    4,    0,    0,   0, ';', 0,         /* */
        0x78, 0x56, 0x34, 0x12, ']',  0,                                        /* */
        '[',  0,    0x3d, 0xd8, 0x00, 0xde, 0xfd, 0xff, 0,   0, ';', 0, 0,   0,
        ';',  0,    7,    0,    0,    0,    ';',  0,    10,  0, 0,   0, ';', 0, /* */
        'a',  0,    0,    0,    0xe9, 0,    0,    0,    0,   0, ']', 0,
    };
    struct buffer pol = {0};
    registry_pol_begin(&pol);
    const struct registry_setting number = {"K", "v", REGISTRY_DWORD, .number = 0x12345678},
                                  texts = {"\xf0\x9f\x98\x80\xff", "", REGISTRY_MULTI_SZ,
                                           .text = "a\n\xc3\xa9"};
    registry_pol_append(&pol, &number);
    registry_pol_append(&pol, &texts);
    assert_false(pol.failed);
    assert_int_equal(pol.size, sizeof expected);
    assert_memory_equal(pol.data, expected, sizeof expected);
    buffer_finish(&pol);
}

static void what_is_no_certificate_is_no_blob(void **state) {
    (void)state;
    static const unsigned char sequence[] = {0x30, 0x02, 0x30, 0x00};
    struct blob out = {0};
    struct error err = {0};
    for (size_t size = 0; size <= sizeof sequence; size++) {
        const struct blob der = {(unsigned char *)sequence, size};
        assert_false(cert_blob_write(&der, "name", &out, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    assert_null(out.data);
}

static void a_certificate_too_large_for_a_policy_is_refused(void **state) {
    (void)state;
    enum { NAMES = 350, NAME_LENGTH = 240, LABEL_AND_DOT = 40 };
    static char names[NAMES][NAME_LENGTH + 1];
    static const char *list[NAMES + 1];
    for (size_t i = 0; i < NAMES; i++) {
        for (size_t at = 0; at < NAME_LENGTH; at++)
            names[i][at] = at % LABEL_AND_DOT == LABEL_AND_DOT - 1 ? '.' : 'a';
        snprintf(names[i] + NAME_LENGTH - LABEL_AND_DOT, LABEL_AND_DOT, "%zu", i);
        list[i] = names[i];
    }
    struct made_cert made = made_for(397);
    made.names = list;
    struct anchor anchor;
    struct deployment_files files = {0};
    struct error err = {0};
    anchor_init(&anchor, &made);
    assert_true(anchor.deployment.anchor->size > REGISTRY_DATA_LIMIT);
    assert_false(deployment_windows(&anchor.deployment, &files, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "Group Policy"));
    deployment_files_finish(&files);
    anchor_finish(&anchor);
}

/* ---- identifiers ---- */

static void identifiers_follow_from_their_name(void **state) {
    (void)state;
    char one[NAME_UUID_SIZE], again[NAME_UUID_SIZE], other[NAME_UUID_SIZE];
    struct error err = {0};
    assert_true(name_uuid("group policy", "AB:CD", one, &err));
    assert_true(name_uuid("group policy", "AB:CD", again, &err));
    assert_true(name_uuid("group policy backup", "AB:CD", other, &err));
    /* uuid.uuid5(uuid.UUID("c1f2d1d0-6f0b-4f2e-9c35-2b8a6e0d74b3"), "group policy:AB:CD") */
    assert_string_equal(one, "1DDACC12-ECB1-5397-B969-54EDBEF2AA04");
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
}

/* ---- warnings ---- */

/* Of what the server sends, a second after it begins. */
static size_t warnings_with(const struct anchor *anchor, const struct anchor *leaf,
                            const char *word) {
    const struct deployment_look look = {.chain = leaf->material.chain,
                                         .count = leaf->material.chain_count,
                                         .host = "archive.example.org",
                                         .host_is_named = true,
                                         .now = leaf->info.not_before + 1};
    struct trust_remarks remarks = {0};
    struct error err = {0};
    size_t count = 0;
    assert_true(deployment_warnings(&anchor->deployment, &look, &remarks, &err));
    for (size_t i = 0; i < remarks.count; i++)
        count += strstr(remarks.items[i].text, word) != NULL;
    trust_remarks_finish(&remarks);
    return count;
}

static size_t warnings_of(const struct made_cert *made, const char *word) {
    struct anchor anchor;
    anchor_init(&anchor, made);
    size_t count = warnings_with(&anchor, &anchor, word);
    anchor_finish(&anchor);
    return count;
}

static void apple_refuses_long_lives(void **state) {
    (void)state;
    struct made_cert made = made_for(825);
    assert_int_equal(warnings_of(&made, "825"), 0);
    made.not_after++;
    assert_int_equal(warnings_of(&made, "825"), 1);
    /* Before July 2019 nothing was asked. */
    made.not_before = 1561939199;
    assert_int_equal(warnings_of(&made, "825"), 0);
}

static void who_refuses_for_one_reason_is_told_once(void **state) {
    (void)state;
    struct made_cert made = made_for(397);
    assert_int_equal(warnings_of(&made, "alternative names"), 0);
    assert_int_equal(warnings_of(&made, "Ed25519"), 0);
    made.key = CERT_KEY_EDDSA;
    assert_int_equal(warnings_of(&made, "Ed25519"), 1);
    assert_int_equal(
        warnings_of(&made, "by Windows and Outlook, Chrome and Edge, Firefox, Android: its"), 1);
    made.key = CERT_KEY_ECDSA;
    made.names = NULL;
    assert_int_equal(warnings_of(&made, "alternative names"), 1);
    assert_int_equal(warnings_of(&made, "Chrome and Edge, Firefox, Apple, Android, Go: "), 1);
}

/* What is asked of a server is not asked of what issued its certificate. */
static void of_an_authority_only_the_name_is_asked(void **state) {
    (void)state;
    struct made_cert made = made_for(3650), made_leaf = made_for(397);
    struct anchor anchor, leaf;
    made.common_name = NULL;
    anchor_init(&anchor, &made);
    anchor_init(&leaf, &made_leaf);
    assert_int_equal(warnings_with(&anchor, &leaf, "825"), 0);
    assert_int_equal(warnings_with(&anchor, &leaf, "iPhones and iPads do not list"), 1);
    anchor_finish(&anchor);
    anchor_finish(&leaf);
}

static void a_signer_needs_key_and_certificate(void **state) {
    (void)state;
    struct made_cert made = made_for(397), made_other = made_for(397);
    made_other.key = CERT_KEY_EDDSA;
    struct anchor anchor, other;
    struct deployment_files files = {0};
    struct error err = {0};
    struct cert_material none = {0};
    anchor_init(&anchor, &made);
    anchor_init(&other, &made_other);
    anchor.deployment.signer = &none;
    assert_false(deployment_apple(&anchor.deployment, &files, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "no certificate"));
    struct cert_material mixed = {
        .chain = other.material.chain, .chain_count = 1, .key = anchor.material.key};
    struct blob out = {0};
    assert_false(signed_data_write(&anchor.material.chain[0], &mixed, &out, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    deployment_files_finish(&files);
    anchor_finish(&anchor);
    anchor_finish(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_stand_in_order),
        cmocka_unit_test(the_same_certificate_gives_the_same_bytes),
        cmocka_unit_test(another_certificate_is_another_policy),
        cmocka_unit_test(texts_speak_the_language),
        cmocka_unit_test(sections_appear_by_their_value),
        cmocka_unit_test(a_value_that_nobody_knows_is_told),
        cmocka_unit_test(a_setting_is_written_as_specified),
        cmocka_unit_test(what_is_no_certificate_is_no_blob),
        cmocka_unit_test(a_certificate_too_large_for_a_policy_is_refused),
        cmocka_unit_test(identifiers_follow_from_their_name),
        cmocka_unit_test(apple_refuses_long_lives),
        cmocka_unit_test(who_refuses_for_one_reason_is_told_once),
        cmocka_unit_test(of_an_authority_only_the_name_is_asked),
        cmocka_unit_test(a_signer_needs_key_and_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
