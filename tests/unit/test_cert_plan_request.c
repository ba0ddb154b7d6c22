/* certs/cert_plan: requests as planned, checked by GnuTLS, which did not write them. */
#include "planned_cert.h"

#include <string.h>

static bool has_octets(const struct blob *der, const void *octets, size_t size) {
    return memmem(der->data, der->size, octets, size) != NULL;
}

static gnutls_x509_crq_t parsed_request(const struct blob *der) {
    gnutls_x509_crq_t request = NULL;
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    assert_int_equal(gnutls_x509_crq_init(&request), 0);
    assert_int_equal(gnutls_x509_crq_import(request, &datum, GNUTLS_X509_FMT_DER), 0);
    return request;
}

static void requests_hold_the_plan(void **state) {
    (void)state;
    struct cert_plan plan = plan_of("C=DE,O=Größe,CN=x");
    char *pairs[] = {(char *)"CertificateTemplate=WebServer", (char *)"SAN=dns=a&dns=ß"};
    struct string_list attributes = {pairs, 2};
    struct blob der = {0}, subject = {0};
    struct error err = {0};
    add_name(&plan, "mail.example.org");
    if (!cert_plan_request(&plan, key_of(p256), &attributes, &der, &err))
        fail_msg("%s", err.text);
    gnutls_x509_crq_t request = parsed_request(&der);
    assert_int_equal(gnutls_x509_crq_verify(request, 0), 0);
    assert_true(x500_name_encode(&plan.subject, &subject, NULL));
    assert_true(has_octets(&der, subject.data, subject.size));
    char name[64], id[64];
    size_t size = sizeof name, id_size = sizeof id;
    unsigned type = 0;
    assert_true(gnutls_x509_crq_get_subject_alt_name(request, 0, name, &size, &type, NULL) >= 0);
    assert_int_equal(type, GNUTLS_SAN_DNSNAME);
    assert_memory_equal(name, "mail.example.org", 16);
    assert_int_equal(gnutls_x509_crq_get_extension_by_oid(request, CERT_OID_SUBJECT_KEY_ID, 0, id,
                                                          &id_size, NULL),
                     0);
    assert_int_equal(gnutls_x509_crq_get_extension_by_oid(request, CERT_OID_AUTHORITY_KEY_ID, 0, id,
                                                          &id_size, NULL),
                     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    /* SEQUENCE { BMPString "SAN", BMPString "dns=a&dns=ß" }, before the longer one: a SET OF is
     * sorted. */
    static const char pair[] =
        "\x30\x20\x1e\x06\0S\0A\0N\x1e\x16\0d\0n\0s\0=\0a\0&\0d\0n\0s\0=\0\xdf"
        "\x30";
    assert_true(has_octets(&der, pair, sizeof pair - 1));
    gnutls_x509_crq_deinit(request);
    blob_finish(&subject);
    blob_finish(&der);
    cert_plan_finish(&plan);
}

static void requests_are_signed_as_planned(void **state) {
    (void)state;
    static const struct {
        bool is_rsa, pss;
        enum cert_hash hash;
        int algorithm;
    } cases[] = {
        {true, false, CERT_HASH_SHA512, GNUTLS_SIGN_RSA_SHA512},
        {true, true, CERT_HASH_SHA384, GNUTLS_SIGN_RSA_PSS_SHA384},
        {false, false, CERT_HASH_SHA256, GNUTLS_SIGN_ECDSA_SHA256},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_plan plan = plan_of("CN=x");
        struct blob der = {0};
        plan.hash = cases[i].hash;
        plan.pss = cases[i].pss;
        plan.key_ids = false; /* no extension, no attribute */
        assert_true(
            cert_plan_request(&plan, key_of(cases[i].is_rsa ? rsa : p256), NULL, &der, NULL));
        gnutls_x509_crq_t request = parsed_request(&der);
        assert_int_equal(gnutls_x509_crq_get_signature_algorithm(request), cases[i].algorithm);
        assert_int_equal(gnutls_x509_crq_verify(request, 0), 0);
        gnutls_x509_crq_deinit(request);
        blob_finish(&der);
        cert_plan_finish(&plan);
    }
}

static void wrong_attributes_are_told(void **state) {
    (void)state;
    static const struct {
        const char *pair, *why;
    } cases[] = {
        {"CertificateTemplate", "\"CertificateTemplate\" is not of the form Name=value"},
        {"=WebServer", "is not of the form Name=value"},
        {"Name=\xFF", "is no UTF-8"},
    };
    struct cert_plan plan = plan_of("CN=x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *pairs[] = {(char *)cases[i].pair};
        struct blob der = {0};
        struct error err = {0};
        assert_false(
            cert_plan_request(&plan, key_of(p256), &(struct string_list){pairs, 1}, &der, &err));
        if (!strstr(err.text, cases[i].why))
            fail_msg("\"%s\" does not say: %s", err.text, cases[i].why);
        assert_null(der.data);
    }
    cert_plan_finish(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_hold_the_plan),
        cmocka_unit_test(requests_are_signed_as_planned),
        cmocka_unit_test(wrong_attributes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
