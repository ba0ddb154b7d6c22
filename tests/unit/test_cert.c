/* certs/cert: what a certificate says, whether the key is its own, and sharing it. */
#include "certs/cert.h"
#include "certs/cert_make.h"
#include "certs/cert_read.h"

#include "test_data.h"

#include <pthread.h>

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */

static struct cert_info info_of(const char *name) {
    struct blob der = data_certificate(name);
    struct cert_info info = {0};
    assert_true(cert_info_read(&der, &info, NULL));
    blob_finish(&der);
    return info;
}

static struct cert_material make(const char *name) {
    struct cert_material material = {0};
    struct cert_wish wish = {
        .common_name = name, .not_before = begin, .not_after = years_after(begin, 1)};
    assert_true(cert_make_self_signed(&wish, &material, NULL));
    return material;
}

static struct cert *create(const struct cert_material *material, int64_t staple_until) {
    struct cert *cert = NULL;
    struct error err = {0};
    if (!cert_create("entry", material, staple_until, &cert, &err))
        fail_msg("%s", err.text);
    return cert;
}

static void info_says_what_openssl_says(void **state) {
    (void)state;
    struct cert_info info = info_of("leaf.pem");
    assert_string_equal(info.subject, "CN=mail.example.org");
    assert_string_equal(info.issuer, "CN=Test Issuing");
    assert_int_equal(info.dns_names.count, 2);
    assert_string_equal(info.dns_names.items[0], "mail.example.org"); /* "Mail.Example.ORG." */
    assert_string_equal(info.dns_names.items[1], "*.wild.example.org");
    assert_int_equal(info.addresses.count, 2);
    assert_string_equal(info.addresses.items[1], "2001:db8::7");
    assert_string_equal(info.signature, "ECDSA-SHA256");
    assert_false(info.self_issued);
    assert_false(info.is_authority);
    cert_info_finish(&info);

    info = info_of("root.pem");
    assert_true(info.self_issued && info.is_authority);
    assert_false(info.has_alternative_names);
    cert_info_finish(&info);
}

static void kinds_of_key_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *file, *name;
        unsigned type;
    } cases[] = {
        {"leaf.pem", "ECDSA P-256", CERT_KEY_ECDSA},
        {"rsa.pem", "RSA 2048", CERT_KEY_RSA},
        {"rsa-pss.pem", "RSA-PSS 2048", CERT_KEY_RSA_PSS},
        {"ed25519.pem", "Ed25519", CERT_KEY_EDDSA},
        {"dsa.pem", "DSA", CERT_KEY_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cert_info info = info_of(cases[i].file);
        assert_int_equal(info.key_type, cases[i].type);
        assert_non_null(strstr(info.key_name, cases[i].name));
        cert_info_finish(&info);
    }
}

static void names_match_by_the_rules(void **state) {
    (void)state;
    static const struct {
        const char *host;
        bool any, exact;
    } cases[] = {
        {"mail.example.org", true, true},    {"example.org", false, false},
        {"a.wild.example.org", true, false}, {"a.b.wild.example.org", false, false},
        {"wild.example.org", false, false},  {"192.0.2.7", true, true},
        {"2001:db8::7", true, true},         {"192.0.2.8", false, false},
    };
    struct cert_info info = info_of("leaf.pem");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(cert_info_names(&info, cases[i].host, false), cases[i].any);
        assert_int_equal(cert_info_names(&info, cases[i].host, true), cases[i].exact);
    }
    cert_info_finish(&info);
}

/* RFC 9525: with any alternative name the common name counts no more. */
static void common_name_counts_only_alone(void **state) {
    (void)state;
    char name[] = "Mail.Example.org", other[] = "other.example.org";
    char *items[] = {other};
    struct cert_info info = {.common_name = name};
    assert_true(cert_info_names(&info, "mail.example.org", true));
    assert_false(cert_info_names(&info, "example.org", true));
    info.has_alternative_names = true; /* an e-mail address, say */
    assert_false(cert_info_names(&info, "mail.example.org", true));
    info.dns_names = (struct string_list){items, 1};
    assert_false(cert_info_names(&info, "mail.example.org", false));
    assert_true(cert_info_names(&info, "other.example.org", false));
    char address[] = "192.0.2.1", wildcard[] = "*.example.org", words[] = "My Mail Server";
    info = (struct cert_info){.common_name = address};
    assert_true(cert_info_names(&info, "192.0.2.1", true));
    info.common_name = wildcard;
    assert_true(cert_info_names(&info, "mail.example.org", false));
    assert_false(cert_info_names(&info, "mail.example.org", true));
    info.common_name = words;
    assert_false(cert_info_names(&info, "mail.example.org", false));
    info.common_name = NULL;
    assert_false(cert_info_names(&info, "mail.example.org", false));
}

/* An address written as a DNS name names no address: clients do not take it. */
static void address_in_a_dns_name_does_not_count(void **state) {
    (void)state;
    char *items[] = {(char *)"192.0.2.1"};
    struct string_list dns = {items, 1};
    struct cert_material material = {0};
    struct cert_wish wish = {
        .common_name = "192.0.2.1", .dns_names = &dns, .not_before = begin, .not_after = begin + 1};
    struct cert_info info = {0};
    assert_true(cert_make_self_signed(&wish, &material, NULL));
    assert_true(cert_info_read(&material.chain[0], &info, NULL));
    assert_string_equal(info.dns_names.items[0], "192.0.2.1");
    assert_false(cert_info_names(&info, "192.0.2.1", false));
    cert_info_finish(&info);
    cert_material_finish(&material);
}

/* As it stands in the certificate, not as it would in a name's text. */
static void common_name_is_plain_text(void **state) {
    (void)state;
    static const char *const names[] = {"Foo, \"Bar\" + Söhne", "#1 \\00 back\\slash;", " blank "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cert_material material = {0};
        struct cert_wish wish = {
            .common_name = names[i], .not_before = begin, .not_after = begin + 1};
        struct cert_info info = {0};
        assert_true(cert_make_self_signed(&wish, &material, NULL));
        assert_true(cert_info_read(&material.chain[0], &info, NULL));
        assert_string_equal(info.common_name, names[i]);
        cert_info_finish(&info);
        cert_material_finish(&material);
    }
}

/* "localhost\0.evil.org" must not become "localhost". The NUL is put into a certificate that is
 * there, since no library writes one. */
static void nul_in_a_name_hides_nothing(void **state) {
    (void)state;
    char *items[] = {(char *)"localhost-.evil.org"};
    struct string_list dns = {items, 1};
    struct cert_material material = {0};
    struct cert_wish wish = {.common_name = "localhost-.evil.org",
                             .dns_names = &dns,
                             .not_before = begin,
                             .not_after = begin + 1};
    assert_true(cert_make_self_signed(&wish, &material, NULL));
    struct blob *der = &material.chain[0];
    for (size_t at = 0; at + 10 < der->size; at++)
        if (memcmp(der->data + at, "localhost-", 10) == 0)
            der->data[at + 9] = '\0';
    struct cert_info info = {0};
    struct error err = {0};
    if (!cert_info_read(der, &info, &err))
        fail_msg("%s", err.text);
    assert_string_equal(info.dns_names.items[0], "localhost\\00.evil.org");
    assert_false(cert_info_names(&info, "localhost", false));
    info.has_alternative_names = false;
    assert_false(cert_info_names(&info, "localhost", false));
    cert_info_finish(&info);
    cert_material_finish(&material);
}

static void fingerprints_are_written(void **state) {
    (void)state;
    char *text = fingerprint_text((const unsigned char *)"\x00\xab\x10", 3);
    assert_string_equal(text, "00:AB:10");
    free(text);
}

static void key_of_another_certificate_is_refused(void **state) {
    (void)state;
    struct cert_material one = make("one"), two = make("two");
    struct blob key = one.key;
    struct cert *cert = NULL;
    struct error err = {0};
    one.key = two.key;
    assert_false(cert_create("entry", &one, 0, &cert, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.text, "the key does not match the certificate");
    assert_null(cert);
    one.key = key;
    key.data[0] ^= 1;
    assert_false(cert_create("entry", &one, 0, &cert, &err));
    key.data[0] ^= 1;
    /* A judgement that was made of another key does not count. */
    struct blob pem = {0};
    struct cert_material read = {0};
    assert_true(cert_to_pem(&one, &pem, &err));
    struct cert_sources sources = {.certificate = {"one.pem", pem.data, pem.size}};
    assert_true(cert_read(&sources, &read, &err));
    assert_non_null(read.judgement);
    struct blob own = read.key;
    read.key = two.key;
    assert_false(cert_create("entry", &read, 0, &cert, &err));
    read.key = own;
    assert_true(cert_create("entry", &read, 0, &cert, &err));
    cert_release(cert);
    cert_material_finish(&read);
    blob_wipe(&pem);
    one.chain[0].data[0] ^= 1;
    assert_false(cert_create("entry", &one, 0, &cert, &err));
    cert_material_finish(&one);
    cert_material_finish(&two);
}

/* The public half in the key's file is the certificate's, the private half is another's. */
static void patched_key_is_refused(void **state) {
    (void)state;
    struct cert_material material = make("one");
    struct cert *cert = NULL;
    struct error err = {0};
    /* PKCS#8 of a P-256 key: 36 octets of headers, then the 32 of the private half. */
    material.key.data[50] ^= 1;
    assert_false(cert_create("entry", &material, 0, &cert, &err));
    assert_non_null(strstr(err.text, "its two halves do not belong together"));
    cert_material_finish(&material);
}

/* A copy outlives what it was made of. */
static void info_is_copied_whole(void **state) {
    (void)state;
    struct cert_info info = info_of("leaf.pem"), copy = {0};
    assert_true(cert_info_copy(&info, &copy));
    cert_info_finish(&info);
    assert_string_equal(copy.subject, "CN=mail.example.org");
    assert_true(cert_info_names(&copy, "192.0.2.7", true));
    cert_info_finish(&copy);
}

static void key_no_server_can_use_is_refused(void **state) {
    (void)state;
    struct blob certificate = data_read("dsa.pem"), key = data_read("dsa.key");
    struct cert_sources sources = {.certificate = {"dsa.pem", certificate.data, certificate.size},
                                   .key = {"dsa.key", key.data, key.size}};
    struct cert_material material = {0};
    struct error err = {0};
    assert_false(cert_read(&sources, &material, &err));
    assert_non_null(strstr(err.text, "which no browser takes: make one with"));
    blob_finish(&certificate);
    blob_finish(&key);
}

static void certs_are_compared_by_all_they_hold(void **state) {
    (void)state;
    struct cert_material material = make("one"), other = make("one");
    struct cert *a = create(&material, 0), *b = create(&material, 0), *c = create(&other, 0);
    material.staple = (struct blob){(unsigned char *)"response", 8};
    struct cert *stapled = create(&material, 0);
    material.staple = (struct blob){0};
    assert_true(cert_same(a, b));
    assert_false(cert_same(a, c));
    assert_false(cert_same(a, stapled));
    cert_release(a);
    cert_release(b);
    cert_release(c);
    cert_release(stapled);
    cert_release(NULL);
    cert_material_finish(&material);
    cert_material_finish(&other);
}

static void time_bounds_are_inclusive(void **state) {
    (void)state;
    struct cert_material material = make("one");
    material.staple = (struct blob){(unsigned char *)"response", 8};
    struct cert *cert = create(&material, begin + 100);
    int64_t end = cert_info(cert)->not_after;
    assert_false(cert_valid_at(cert, begin - 1));
    assert_true(cert_valid_at(cert, begin));
    assert_true(cert_valid_at(cert, end));
    assert_false(cert_valid_at(cert, end + 1));
    assert_memory_equal(cert_staple(cert, begin + 99)->data, "response", 8);
    assert_null(cert_staple(cert, begin + 100));
    material.staple = (struct blob){0};
    struct cert *without = create(&material, begin + 100);
    assert_null(cert_staple(without, begin));
    cert_release(cert);
    cert_release(without);
    cert_material_finish(&material);
}

static void anchor_is_the_topmost(void **state) {
    (void)state;
    struct cert_material material = make("one");
    struct blob chain[2] = {material.chain[0], data_certificate("root.pem")};
    struct cert_material longer = {.chain = chain, .chain_count = 2, .key = material.key};
    struct cert *alone = create(&material, 0), *chained = create(&longer, 0);
    assert_true(blob_equal(cert_anchor(alone), &material.chain[0]));
    assert_true(blob_equal(cert_anchor(chained), &chain[1]));
    assert_int_equal(cert_chain_count(chained), 2);
    cert_release(alone);
    cert_release(chained);
    blob_finish(&chain[1]);
    cert_material_finish(&material);
}

struct asker {
    pthread_t thread;
    const struct cert *cert;
    const struct cert_credentials *answer;
};

static void *ask_for_credentials(void *context) {
    struct asker *asker = context;
    asker->answer = cert_credentials(asker->cert, NULL);
    return NULL;
}

static void credentials_are_built_once_for_all_threads(void **state) {
    (void)state;
    enum { THREADS = 8 };
    struct cert_material material = make("one");
    for (int round = 0; round < 20; round++) {
        struct cert *cert = create(&material, 0);
        struct asker askers[THREADS];
        for (int i = 0; i < THREADS; i++) {
            askers[i] = (struct asker){.cert = cert};
            assert_int_equal(
                pthread_create(&askers[i].thread, NULL, ask_for_credentials, &askers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++)
            pthread_join(askers[i].thread, NULL);
        const struct cert_credentials *credentials = askers[0].answer;
        assert_non_null(credentials);
        for (int i = 1; i < THREADS; i++)
            assert_ptr_equal(askers[i].answer, credentials);
        assert_int_equal(credentials->chain_count, 1);
        assert_int_equal(gnutls_privkey_get_pk_algorithm(credentials->key, NULL), GNUTLS_PK_ECDSA);
        cert_release(cert);
    }
    cert_material_finish(&material);
}

static void *hold_and_release(void *context) {
    struct cert *cert = context;
    for (int i = 0; i < 10000; i++)
        cert_release(cert_acquire(cert));
    return NULL;
}

static void references_are_counted_across_threads(void **state) {
    (void)state;
    struct cert_material material = make("one");
    struct cert *cert = create(&material, 0);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, cert), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_string_equal(cert_name(cert), "entry");
    cert_release(cert);
    cert_material_finish(&material);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_says_what_openssl_says),
        cmocka_unit_test(kinds_of_key_are_told_apart),
        cmocka_unit_test(names_match_by_the_rules),
        cmocka_unit_test(common_name_counts_only_alone),
        cmocka_unit_test(common_name_is_plain_text),
        cmocka_unit_test(address_in_a_dns_name_does_not_count),
        cmocka_unit_test(nul_in_a_name_hides_nothing),
        cmocka_unit_test(fingerprints_are_written),
        cmocka_unit_test(key_of_another_certificate_is_refused),
        cmocka_unit_test(patched_key_is_refused),
        cmocka_unit_test(info_is_copied_whole),
        cmocka_unit_test(key_no_server_can_use_is_refused),
        cmocka_unit_test(certs_are_compared_by_all_they_hold),
        cmocka_unit_test(time_bounds_are_inclusive),
        cmocka_unit_test(anchor_is_the_topmost),
        cmocka_unit_test(credentials_are_built_once_for_all_threads),
        cmocka_unit_test(references_are_counted_across_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
