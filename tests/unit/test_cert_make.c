/* certs/cert_make: the shapes that clients accept, read back by our own reader. The extensions are
 * looked at in DER, since a reader of the same library could share a mistake with its writer. */
#include "certs/cert_make.h"
#include "certs/cert_read.h"

#include "test_data.h"

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */

static bool has_octets(const struct blob *der, const void *octets, size_t size) {
    for (size_t at = 0; at + size <= der->size; at++)
        if (memcmp(der->data + at, octets, size) == 0)
            return true;
    return false;
}
/* The DER of an object identifier below id-ce (RFC 5280): 2.5.29.N. */
static bool has_extension(const struct blob *der, unsigned char number) {
    return has_octets(der, (unsigned char[]){0x06, 0x03, 0x55, 0x1d, number}, 5);
}
enum { SKI = 14, KEY_USAGE = 15, SAN = 17, BASIC_CONSTRAINTS = 19, AKI = 35, EKU = 37 };

static struct cert_material make(const struct cert_wish *wish) {
    struct cert_material material = {0};
    struct error err = {0};
    if (!cert_make_self_signed(wish, &material, &err))
        fail_msg("%s", err.text);
    return material;
}

static struct cert_info info_of(const struct cert_material *material) {
    struct cert_info info = {0};
    assert_int_equal(material->chain_count, 1);
    assert_true(cert_info_read(&material->chain[0], &info, NULL));
    return info;
}

static void modern_shape_is_as_clients_accept_it(void **state) {
    (void)state;
    char *names[] = {(char *)"mailstoreserver", (char *)"mail.example.org"};
    char *addresses[] = {(char *)"192.0.2.1", (char *)"2001:db8::1"};
    struct string_list dns = {names, 2}, ips = {addresses, 2};
    struct cert_wish wish = {.shape = CERT_SHAPE_MODERN,
                             .common_name = "MailStoreServer",
                             .dns_names = &dns,
                             .addresses = &ips,
                             .not_before = begin,
                             .not_after = years_after(begin, 20)};
    struct cert_material material = make(&wish);
    struct cert_info info = info_of(&material);
    const struct blob *der = &material.chain[0];
    assert_string_equal(info.subject, "CN=MailStoreServer");
    assert_string_equal(info.common_name, "MailStoreServer");
    assert_true(info.self_issued);
    assert_false(info.is_authority);
    assert_string_equal(info.signature, "ECDSA-SHA256");
    assert_string_equal(info.key_name, "ECDSA P-256");
    assert_int_equal(info.key_type, CERT_KEY_ECDSA);
    assert_int_equal(info.dns_names.count, 2);
    assert_string_equal(info.dns_names.items[1], "mail.example.org");
    assert_int_equal(info.addresses.count, 2);
    assert_string_equal(info.addresses.items[0], "192.0.2.1");
    assert_string_equal(info.addresses.items[1], "2001:db8::1");
    assert_int_equal(info.not_before, begin);
    assert_int_equal(info.not_after, begin + 7305 * (int64_t)86400);
    assert_int_equal(strlen(info.serial), 32);
    assert_true(info.serial[0] >= '4' && info.serial[0] <= '7');
    assert_true(has_extension(der, SAN) && has_extension(der, EKU) && has_extension(der, SKI) &&
                has_extension(der, AKI));
    assert_false(has_extension(der, BASIC_CONSTRAINTS) || has_extension(der, KEY_USAGE));
    cert_info_finish(&info);
    cert_material_finish(&material);
}

static void classic_shape_has_its_common_name_alone(void **state) {
    (void)state;
    char *names[] = {(char *)"ignored.example.org"};
    struct string_list dns = {names, 1};
    struct cert_wish wish = {.shape = CERT_SHAPE_CLASSIC,
                             .key = {CERT_FAMILY_RSA, 2048},
                             .common_name = "mailstore.mydomain.local",
                             .dns_names = &dns,
                             .not_before = begin,
                             .not_after = years_after(begin, 20)};
    struct cert_material material = make(&wish);
    struct cert_info info = info_of(&material);
    assert_string_equal(info.key_name, "RSA 2048");
    assert_string_equal(info.signature, "RSA-SHA256");
    assert_false(info.has_alternative_names);
    assert_int_equal(info.dns_names.count, 0);
    assert_false(has_octets(&material.chain[0], "\x06\x03\x55\x1d", 4)); /* no extension at all */
    assert_true(cert_info_names(&info, "mailstore.mydomain.local", true));
    cert_info_finish(&info);
    cert_material_finish(&material);
}

static void each_choice_of_key_is_made(void **state) {
    (void)state;
    static const struct {
        const char *word, *key_name;
    } cases[] = {{"ecdsa-p256", "ECDSA P-256"},
                 {"ecdsa-p384", "ECDSA P-384"},
                 {"ecdsa-p521", "ECDSA P-521"},
                 {"rsa-2048", "RSA 2048"},
                 {"rsa-2560", "RSA 2560"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cert_wish wish = {
            .common_name = "x", .not_before = begin, .not_after = years_after(begin, 1)};
        assert_true(cert_key_choice_parse(cases[i].word, &wish.key));
        char word[CERT_KEY_CHOICE_SIZE];
        assert_string_equal(cert_key_choice_name(wish.key, word), cases[i].word);
        struct cert_material material = make(&wish);
        struct cert_info info = info_of(&material);
        assert_string_equal(info.key_name, cases[i].key_name);
        cert_info_finish(&info);
        cert_material_finish(&material);
    }
    static const char *const wrong[] = {"rsa-1024", "rsa-2047", "rsa-4160", "rsa-02048", "rsa-",
                                        "rsa",      "p256",     "",         "ecdsa-p255"};
    struct cert_key_choice choice = {CERT_FAMILY_RSA, 4096};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(cert_key_choice_parse(wrong[i], &choice));
    assert_int_equal(choice.bits, 4096);
}

/* Serial and key are new each time. */
static void no_two_are_alike(void **state) {
    (void)state;
    struct cert_wish wish = {
        .common_name = "x", .not_before = begin, .not_after = years_after(begin, 1)};
    struct cert_material first = make(&wish), second = make(&wish);
    struct cert_info one = info_of(&first), two = info_of(&second);
    assert_string_not_equal(one.serial, two.serial);
    assert_false(blob_equal(&first.key, &second.key));
    cert_info_finish(&one);
    cert_info_finish(&two);
    cert_material_finish(&first);
    cert_material_finish(&second);
}

static void dates_beyond_2049_are_written(void **state) {
    (void)state;
    struct cert_wish wish = {.common_name = "x", .not_before = begin, .not_after = 253402300799};
    struct cert_material material = make(&wish);
    struct cert_info info = info_of(&material);
    assert_int_equal(info.not_after, 253402300799);
    /* GeneralizedTime (RFC 5280, 4.1.2.5.2), while the beginning stays UTCTime. */
    assert_true(has_octets(&material.chain[0],
                           "\x18\x0f"
                           "99991231235959Z",
                           17));
    assert_true(has_octets(&material.chain[0],
                           "\x17\x0d"
                           "261124000000Z",
                           15));
    cert_info_finish(&info);
    cert_material_finish(&material);
}

static void impossible_wishes_are_refused(void **state) {
    (void)state;
    struct cert_material material = {0};
    struct error err = {0};
    char name[66];
    memset(name, 'a', 65);
    name[65] = '\0';
    char *addresses[] = {(char *)"not.an.address"};
    struct string_list ips = {addresses, 1};
    struct cert_wish wish = {.common_name = name, .not_before = begin, .not_after = begin + 1};
    assert_false(cert_make_self_signed(&wish, &material, &err));
    assert_non_null(strstr(err.text, "has 65 characters, a certificate allows 1 to 64"));
    wish.common_name = "";
    assert_false(cert_make_self_signed(&wish, &material, &err));
    wish.common_name = "x";
    wish.not_after = begin;
    assert_false(cert_make_self_signed(&wish, &material, &err));
    assert_non_null(strstr(err.text, "would end before it begins"));
    wish.not_after = begin + 1;
    wish.addresses = &ips;
    assert_false(cert_make_self_signed(&wish, &material, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(material.chain);
}

static void pem_is_read_back_the_same(void **state) {
    (void)state;
    static const struct cert_key_choice keys[] = {
        {CERT_FAMILY_ECDSA, 256}, {CERT_FAMILY_ECDSA, 384}, {CERT_FAMILY_RSA, 2048}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct cert_wish wish = {.key = keys[i],
                                 .common_name = "x",
                                 .not_before = begin,
                                 .not_after = years_after(begin, 20)};
        struct cert_material made = make(&wish), read = {0};
        struct blob pem = {0};
        struct error err = {0};
        assert_true(cert_to_pem(&made, &pem, &err));
        assert_int_equal(strlen((char *)pem.data), pem.size);
        assert_memory_equal(pem.data, "-----BEGIN PRIVATE KEY-----\n", 28);
        struct cert_sources sources = {.certificate = {"made.pem", pem.data, pem.size}};
        if (!cert_read(&sources, &read, &err))
            fail_msg("%s", err.text);
        assert_true(blob_equal(&made.chain[0], &read.chain[0]));
        assert_true(blob_equal(&made.key, &read.key));
        blob_wipe(&pem);
        cert_material_finish(&made);
        cert_material_finish(&read);
    }
}

static void years_keep_day_and_time(void **state) {
    (void)state;
    static const struct {
        int64_t from;
        int years;
        int64_t to;
    } cases[] = {
        {0, 1, 31536000},                          /* 1971-01-01 */
        {begin, 20, 2426630400},                   /* 2046-11-24 */
        {1709164800 + 3600, 1, 1740787200 + 3600}, /* 2024-02-29 → 2025-03-01 */
        {1709164800, 4, 1835395200},               /* 2024-02-29 → 2028-02-29 */
        {1709251200, 1, 1740787200},               /* 2024-03-01 → 2025-03-01 */
        {1709078400, 1, 1740700800},               /* 2024-02-28 → 2025-02-28 */
        {1677628800, 1, 1709251200},               /* 2023-03-01 → 2024-03-01 */
        {4102444800, 1, 4133980800},               /* 2100-01-01 → 2101-01-01, no leap year */
        {946684800, 1, 978307200},                 /* 2000-01-01 → 2001-01-01, a leap year */
        {begin, 9000, 253402300799},               /* the last that a certificate can say */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(years_after(cases[i].from, cases[i].years), cases[i].to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modern_shape_is_as_clients_accept_it),
        cmocka_unit_test(classic_shape_has_its_common_name_alone),
        cmocka_unit_test(each_choice_of_key_is_made),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(dates_beyond_2049_are_written),
        cmocka_unit_test(impossible_wishes_are_refused),
        cmocka_unit_test(pem_is_read_back_the_same),
        cmocka_unit_test(years_keep_day_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
