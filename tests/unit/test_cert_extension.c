/* certs/cert_extension: the octets of extensions. Small ones are held against RFC 5280's and
 * X.690's rules by hand, great ones are read back by GnuTLS. */
#include "certs/cert_extension.h"

#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "\x30\x00" as a literal, compared and freed. */
#define ASSERT_DER(der, literal)                                       \
    do {                                                               \
        assert_int_equal((der).size, sizeof(literal) - 1);             \
        assert_memory_equal((der).data, literal, sizeof(literal) - 1); \
        blob_finish(&(der));                                           \
    } while (0)

static gnutls_datum_t datum(const struct blob *der) {
    return (gnutls_datum_t){der->data, (unsigned)der->size};
}

static void lists_keep_one_of_each(void **state) {
    (void)state;
    struct cert_extensions list = {0};
    struct blob one = {(unsigned char *)"one", 3}, two = {(unsigned char *)"two", 3};
    assert_true(cert_extensions_set(&list, "1.2.3", false, &one));
    assert_true(cert_extensions_set(&list, "1.2.4", true, &one));
    assert_true(cert_extensions_set(&list, "1.2.3", true, &two));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].oid, "1.2.3");
    assert_true(list.items[0].critical);
    assert_true(blob_equal(&list.items[0].der, &two));
    assert_ptr_equal(cert_extensions_find(&list, "1.2.4"), &list.items[1]);
    assert_null(cert_extensions_find(&list, "1.2"));
    cert_extensions_finish(&list);
    assert_int_equal(list.count, 0);
}

static void object_identifiers_are_checked(void **state) {
    (void)state;
    static const char *const good[] = {"0.0",
                                       "1.39",
                                       "2.999",
                                       "2.5.29.17",
                                       "1.3.6.1.4.1.311.20.2.3",
                                       "1.2.9223372036854775807",
                                       "2.9223372036854775727"};
    static const char *const wrong[] = {"",
                                        "1",
                                        "1.",
                                        ".1",
                                        "1..2",
                                        "1.2.",
                                        "3.1",
                                        "1.40",
                                        "1.02",
                                        "a.b",
                                        "1.2 ",
                                        " 1.2",
                                        "1.2.-3",
                                        "1.2.3abc",
                                        "1,2",
                                        "1.2.9223372036854775808",
                                        "2.9223372036854775728"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!cert_oid_is_valid(good[i]))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cert_oid_is_valid(wrong[i]))
            fail_msg("%s", wrong[i]);
    char text[CERT_OID_SIZE + 1];
    memset(text, '1', sizeof text);
    for (size_t i = 1; i < sizeof text; i += 2)
        text[i] = '.';
    text[CERT_OID_SIZE - 1] = '\0';
    text[CERT_OID_SIZE - 2] = '1';
    assert_true(cert_oid_is_valid(text));
    memcpy(text + CERT_OID_SIZE - 2, "11", 3);
    assert_false(cert_oid_is_valid(text));
}

static void key_usage_is_a_string_of_bits(void **state) {
    (void)state;
    struct blob der = {0};
    struct error err = {0};
    assert_true(cert_extension_key_usage(0xa0, &der, NULL));
    ASSERT_DER(der, "\x03\x02\x05\xa0");
    assert_true(cert_extension_key_usage(0x06, &der, NULL)); /* keyCertSign, cRLSign */
    ASSERT_DER(der, "\x03\x02\x01\x06");
    assert_true(cert_extension_key_usage(0x80, &der, NULL));
    ASSERT_DER(der, "\x03\x02\x07\x80");
    assert_true(cert_extension_key_usage(0x8008, &der, NULL)); /* decipherOnly, keyAgreement */
    ASSERT_DER(der, "\x03\x03\x07\x08\x80");
    assert_false(cert_extension_key_usage(0, &der, &err));
    assert_false(cert_extension_key_usage(0x4080, &der, &err));
    assert_non_null(strstr(err.text, "0x4080 has bits without a meaning"));
    assert_null(der.data);
}

static void basic_constraints_leave_defaults_out(void **state) {
    (void)state;
    struct blob der = {0};
    struct error err = {0};
    assert_true(cert_extension_basic_constraints(false, -1, &der, NULL));
    ASSERT_DER(der, "\x30\x00");
    assert_true(cert_extension_basic_constraints(true, -1, &der, NULL));
    ASSERT_DER(der, "\x30\x03\x01\x01\xff");
    assert_true(cert_extension_basic_constraints(true, 0, &der, NULL));
    ASSERT_DER(der, "\x30\x06\x01\x01\xff\x02\x01\x00");
    assert_true(cert_extension_basic_constraints(true, 128, &der, NULL));
    ASSERT_DER(der, "\x30\x07\x01\x01\xff\x02\x02\x00\x80"); /* the first bit is the sign */
    assert_false(cert_extension_basic_constraints(false, 3, &der, &err));
    assert_non_null(strstr(err.text, "a path length of 3 belongs to an authority"));
}

static void key_purposes_are_read_back(void **state) {
    (void)state;
    char *texts[] = {(char *)CERT_OID_SERVER_AUTH, (char *)"2.999.4294967296"};
    struct string_list oids = {texts, 2}, none = {0};
    struct blob der = {0};
    struct error err = {0};
    gnutls_x509_key_purposes_t purposes = NULL;
    gnutls_datum_t oid = {0};
    assert_true(cert_extension_key_purposes(&oids, &der, NULL));
    gnutls_datum_t octets = datum(&der);
    assert_int_equal(gnutls_x509_key_purpose_init(&purposes), 0);
    assert_int_equal(gnutls_x509_ext_import_key_purposes(&octets, purposes, 0), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gnutls_x509_key_purpose_get(purposes, i, &oid), 0);
        assert_string_equal((char *)oid.data, texts[i]);
    }
    assert_int_not_equal(gnutls_x509_key_purpose_get(purposes, 2, &oid), 0);
    gnutls_x509_key_purpose_deinit(purposes);
    blob_finish(&der);
    texts[1] = (char *)"serverAuth";
    assert_false(cert_extension_key_purposes(&oids, &der, &err));
    assert_non_null(strstr(err.text, "\"serverAuth\" is no object identifier"));
    assert_false(cert_extension_key_purposes(&none, &der, &err));
}

struct read_name {
    unsigned type;
    const char *octets;
    size_t size;
};

static void alternative_names_of_every_kind_are_read_back(void **state) {
    (void)state;
    static const char directory[] = "\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02hi";
    static const char upn[] = "\x0c\x03u@x";
    struct blob directory_der = {(unsigned char *)directory, sizeof directory - 1};
    struct blob upn_der = {(unsigned char *)upn, sizeof upn - 1};
    struct cert_alt_names names = {0};
    assert_true(cert_alt_names_add(&names, CERT_ALT_DNS, "*.example.org", NULL) &&
                cert_alt_names_add(&names, CERT_ALT_DNS, "172.31.1.5", NULL) &&
                cert_alt_names_add(&names, CERT_ALT_ADDRESS, "192.0.2.7", NULL) &&
                cert_alt_names_add(&names, CERT_ALT_ADDRESS, "2001:db8::7", NULL) &&
                cert_alt_names_add(&names, CERT_ALT_EMAIL, "a@example.org", NULL) &&
                cert_alt_names_add(&names, CERT_ALT_URL, "https://example.org/", NULL) &&
                cert_alt_names_add(&names, CERT_ALT_DIRECTORY, NULL, &directory_der) &&
                cert_alt_names_add(&names, CERT_ALT_OTHER, "1.3.6.1.4.1.311.20.2.3", &upn_der) &&
                cert_alt_names_add(&names, CERT_ALT_REGISTERED, "2.999.3", NULL));
    struct blob der = {0};
    struct error err = {0};
    if (!cert_extension_alternative_names(&names, &der, &err))
        fail_msg("%s", err.text);
    /* GnuTLS reads no registeredID; it stands at the end: [8], its octets. */
    assert_memory_equal(der.data + der.size - 5, "\x88\x03\x88\x37\x03", 5);
    gnutls_subject_alt_names_t read = NULL;
    gnutls_datum_t octets = datum(&der);
    assert_int_equal(gnutls_subject_alt_names_init(&read), 0);
    assert_int_equal(gnutls_x509_ext_import_subject_alt_names(&octets, read, 0), 0);
    static const struct read_name wanted[] = {
        {GNUTLS_SAN_DNSNAME, "*.example.org", 13},
        {GNUTLS_SAN_DNSNAME, "172.31.1.5", 10},
        {GNUTLS_SAN_IPADDRESS, "\xc0\x00\x02\x07", 4},
        {GNUTLS_SAN_IPADDRESS, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16},
        {GNUTLS_SAN_RFC822NAME, "a@example.org", 13},
        {GNUTLS_SAN_URI, "https://example.org/", 20},
        {GNUTLS_SAN_DN, "CN=hi", 5},
        {GNUTLS_SAN_OTHERNAME, upn, sizeof upn - 1},
    };
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        unsigned type = 0;
        gnutls_datum_t name = {0}, oid = {0};
        assert_int_equal(gnutls_subject_alt_names_get(read, i, &type, &name, &oid), 0);
        assert_int_equal(type, wanted[i].type);
        assert_int_equal(name.size, wanted[i].size);
        assert_memory_equal(name.data, wanted[i].octets, wanted[i].size);
        if (type == GNUTLS_SAN_OTHERNAME)
            assert_string_equal((char *)oid.data, "1.3.6.1.4.1.311.20.2.3");
    }
    gnutls_subject_alt_names_deinit(read);
    blob_finish(&der);
    cert_alt_names_finish(&names);
}

static void wrong_alternative_names_are_told(void **state) {
    (void)state;
    struct blob part = {(unsigned char *)"\x0c\x05u", 3}; /* says it has five octets */
    static const struct {
        enum cert_alt_kind kind;
        const char *text, *why;
    } cases[] = {
        {CERT_ALT_DNS, "mail example", "the DNS name \"mail example\""},
        {CERT_ALT_DNS, "", "is empty or has characters"},
        {CERT_ALT_DNS, "münchen.example", "write it in ASCII"},
        {CERT_ALT_ADDRESS, "192.0.2", "\"192.0.2\" is no address"},
        {CERT_ALT_EMAIL, "jörg@example.org", "the e-mail address"},
        {CERT_ALT_URL, "https://example.org/a b", "the URL"},
        {CERT_ALT_REGISTERED, "mail", "\"mail\" is no object identifier"},
        {CERT_ALT_OTHER, "upn", "\"upn\" is no object identifier"},
        {CERT_ALT_OTHER, "1.2.3", "not one whole element of DER"},
        {CERT_ALT_DIRECTORY, NULL, "not one whole element of DER"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_alt_names names = {0};
        struct blob der = {0};
        struct error err = {0};
        assert_true(cert_alt_names_add(&names, CERT_ALT_DNS, "good.example", NULL));
        assert_true(cert_alt_names_add(&names, cases[i].kind, cases[i].text, &part));
        assert_false(cert_extension_alternative_names(&names, &der, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, cases[i].why))
            fail_msg("\"%s\" does not say: %s", err.text, cases[i].why);
        assert_null(der.data);
        cert_alt_names_finish(&names);
    }
    assert_false(cert_extension_alternative_names(&(struct cert_alt_names){0}, &part, NULL));
}

static struct blob constraints(const char *domain, const char *network) {
    char *domain_items[] = {(char *)domain}, *network_items[] = {(char *)network};
    struct string_list domains = {domain_items, domain ? 1 : 0};
    struct string_list networks = {network_items, network ? 1 : 0};
    struct blob der = {0};
    struct error err = {0};
    if (!cert_extension_name_constraints(&domains, &networks, &der, &err))
        fail_msg("%s", err.text);
    return der;
}

#define ZEROS "\0\0\0\0\0\0\0\0"
#define ALL_IPV4 "\x30\x0a\x87\x08" ZEROS
#define ALL_IPV6 "\x30\x22\x87\x20" ZEROS ZEROS ZEROS ZEROS

/* What is not named is excluded: by 0.0.0.0/0, by ::/0, and by the domain that every name ends
 * with. */
static void constraints_say_what_is_excluded(void **state) {
    (void)state;
    struct blob der = constraints("Example.org.", NULL);
    ASSERT_DER(der, "\x30\x43"
                    "\xa0\x0f\x30\x0d\x82\x0b"
                    "example.org"
                    "\xa1\x30" ALL_IPV4 ALL_IPV6);
    der = constraints(NULL, "192.0.2.0/24");
    ASSERT_DER(der, "\x30\x38"
                    "\xa0\x0c\x30\x0a\x87\x08\xc0\x00\x02\x00\xff\xff\xff\x00"
                    "\xa1\x28\x30\x02\x82\x00" ALL_IPV6);
    der = constraints("example.org", "2001:db8::/33");
    ASSERT_DER(der, "\x30\x43"
                    "\xa0\x33\x30\x0d\x82\x0b"
                    "example.org"
                    "\x30\x22\x87\x20\x20\x01\x0d\xb8\0\0\0\0" ZEROS
                    "\xff\xff\xff\xff\x80\0\0\0" ZEROS "\xa1\x0c" ALL_IPV4);
}

static void wrong_constraints_are_told(void **state) {
    (void)state;
    static const struct {
        const char *domain, *network, *why;
    } cases[] = {
        {"*.example.org", NULL, "\"*.example.org\" is no domain"},
        {".example.org", NULL, "\".example.org\" is no domain"},
        {"192.0.2.7", NULL, "is no domain"},
        {NULL, "192.0.2.7/24", "write 192.0.2.0/24 for the network, 192.0.2.7 for the address"},
        {NULL, "192.0.2.0/33", "is no network"},
        {NULL, "192.0.2.0/", "is no network"},
        {NULL, "192.0.2.0/-1", "is no network"},
        {NULL, "2001:db8::/129", "is no network"},
        {NULL, "example.org", "is no network"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *domain[] = {(char *)cases[i].domain}, *network[] = {(char *)cases[i].network};
        struct string_list domains = {domain, domain[0] ? 1 : 0};
        struct string_list networks = {network, network[0] ? 1 : 0};
        struct blob der = {0};
        struct error err = {0};
        assert_false(cert_extension_name_constraints(&domains, &networks, &der, &err));
        if (!strstr(err.text, cases[i].why))
            fail_msg("\"%s\" does not say: %s", err.text, cases[i].why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_keep_one_of_each),
        cmocka_unit_test(object_identifiers_are_checked),
        cmocka_unit_test(key_usage_is_a_string_of_bits),
        cmocka_unit_test(basic_constraints_leave_defaults_out),
        cmocka_unit_test(key_purposes_are_read_back),
        cmocka_unit_test(alternative_names_of_every_kind_are_read_back),
        cmocka_unit_test(wrong_alternative_names_are_told),
        cmocka_unit_test(constraints_say_what_is_excluded),
        cmocka_unit_test(wrong_constraints_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
