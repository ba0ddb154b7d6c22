/* report/: entries and refusals as JSON. */
#include "certs/cert_make.h"
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 86400 };
static const int64_t now = 1795514400; /* 2026-11-24 10:00:00 UTC */

static struct cert *make(const char *name, const char *common_name) {
    static char mail[] = "mail.example.org", wildcard[] = "*.example.net", literal[] = "192.0.2.1";
    static char *dns[] = {mail, wildcard}, *literals[] = {literal};
    const struct string_list names = {dns, 2}, addresses = {literals, 1};
    struct cert_wish wish = {.shape = CERT_SHAPE_MODERN,
                             .common_name = common_name,
                             .dns_names = &names,
                             .addresses = &addresses,
                             .not_before = now - DAY,
                             .not_after = now + 30 * DAY};
    struct cert_material material = {0};
    struct cert *cert = NULL;
    struct error err = {0};
    if (!cert_make_self_signed(&wish, &material, &err) ||
        !cert_create(name, &material, 0, &cert, &err))
        fail_msg("%s", err.text);
    cert_material_finish(&material);
    return cert;
}

static const char *text(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static void entry_has_every_member(void **state) {
    (void)state;
    struct cert *cert = make(CERT_GENERATED_NAME, "größe");
    const struct report_use uses[] = {{"web-access", CERT_GENERATED_NAME},
                                      {"client", "other"},
                                      {"web-access", CERT_GENERATED_NAME},
                                      {"administration", CERT_GENERATED_NAME}};
    json_t *entry = report_entry(cert, (struct report_uses){uses, 4}, now);
    assert_non_null(entry);
    assert_string_equal(text(entry, "name"), CERT_GENERATED_NAME);
    assert_string_equal(text(entry, "common_name"), "größe");
    assert_string_equal(text(entry, "subject"), text(entry, "issuer"));
    assert_string_equal(text(entry, "key"), "ECDSA P-256");
    assert_non_null(text(entry, "signature"));
    assert_non_null(text(entry, "serial"));
    assert_int_equal(strlen(text(entry, "fingerprint")), 32 * 3 - 1);
    assert_int_equal(strlen(text(entry, "thumbprint")), 20 * 3 - 1);
    assert_int_equal(json_integer_value(json_object_get(entry, "not_before")), now - DAY);
    assert_int_equal(json_integer_value(json_object_get(entry, "not_after")), now + 30 * DAY);
    assert_int_equal(json_integer_value(json_object_get(entry, "chain")), 1);
    assert_int_equal(json_array_size(json_object_get(entry, "dns_names")), 2);
    assert_int_equal(json_array_size(json_object_get(entry, "addresses")), 1);
    assert_true(json_is_true(json_object_get(entry, "self_issued")));
    assert_true(json_is_true(json_object_get(entry, "generated")));
    assert_true(json_is_false(json_object_get(entry, "authority")));
    assert_true(json_is_false(json_object_get(entry, "staple")));
    json_t *wanted = json_pack("[s, s]", "web-access", "administration");
    assert_true(json_equal(json_object_get(entry, "used_by"), wanted));
    json_decref(wanted);
    json_decref(entry);

    entry = report_entry(cert, (struct report_uses){0}, now);
    assert_true(json_is_null(json_object_get(entry, "used_by")));
    json_decref(entry);
    cert_release(cert);
}

static void texts_of_any_bytes_fit(void **state) {
    (void)state;
    json_t *string = report_text("caf\xE9");
    assert_string_equal(json_string_value(string), "caf\\xE9");
    json_decref(string);
    assert_true(json_is_null(report_text(NULL)));
    const struct cert_store_refusal refusal = {
        .entry = "\xFF", .file = "/s/\xFF.pem", .reason = "no", .mend = NULL, .kept = true};
    json_t *said = report_refusal(&refusal);
    assert_string_equal(text(said, "file"), "/s/\\xFF.pem");
    assert_true(json_is_null(json_object_get(said, "mend")));
    assert_true(json_is_true(json_object_get(said, "kept")));
    json_decref(said);
}

static void certificate_alone_is_told(void **state) {
    (void)state;
    struct cert *cert = make("mail", "mail");
    struct error err = {0};
    json_t *said = report_certificate(cert_chain(cert, 0), &err);
    assert_string_equal(text(said, "common_name"), "mail");
    json_decref(said);
    unsigned char junk[] = "junk";
    const struct blob wrong = {junk, 4};
    assert_null(report_certificate(&wrong, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    cert_release(cert);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_has_every_member),
        cmocka_unit_test(texts_of_any_bytes_fit),
        cmocka_unit_test(certificate_alone_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
