/* certs/ec_key: the public half that is computed, against the curves' own numbers, and what is no
 * such key. That whole files with such keys are read: test_cert_read. */
#include "certs/ec_key.h"

#include "test_data.h"

/* A SEC 1 key with this number and curve, and no public half. Free it. */
static struct blob sec1(const void *number, size_t size, const void *curve, size_t curve_size) {
    struct blob der = {malloc(size + curve_size + 11), size + curve_size + 11};
    assert_non_null(der.data);
    unsigned char *at = der.data;
    memcpy(at,
           (unsigned char[]){0x30, (unsigned char)(der.size - 2), 2, 1, 1, 4, (unsigned char)size},
           7);
    memcpy(at += 7, number, size);
    memcpy(at += size,
           (unsigned char[]){0xa0, (unsigned char)(curve_size + 2), 6, (unsigned char)curve_size},
           4);
    memcpy(at + 4, curve, curve_size);
    return der;
}

static const char p256[] = "\x2a\x86\x48\xce\x3d\x03\x01\x07";
static const char p384[] = "\x2b\x81\x04\x00\x22";
static const char p521[] = "\x2b\x81\x04\x00\x23";

/* The public half of the number 1 is the curve's generator (FIPS 186-4, D.1.2). */
static void the_generator_is_found(void **state) {
    (void)state;
    static const struct {
        const char *curve;
        size_t curve_size, size; /* of a number */
        gnutls_ecc_curve_t id;
        unsigned char x[4], y[4]; /* their ends */
    } curves[] = {
        {p256, 8, 32, GNUTLS_ECC_CURVE_SECP256R1, "\xd8\x98\xc2\x96", "\x37\xbf\x51\xf5"},
        {p384, 5, 48, GNUTLS_ECC_CURVE_SECP384R1, "\x72\x76\x0a\xb7", "\x90\xea\x0e\x5f"},
        {p521, 5, 66, GNUTLS_ECC_CURVE_SECP521R1, "\xc2\xe5\xbd\x66", "\x9f\xd1\x66\x50"},
    };
    static const unsigned char one[66] = {[65] = 1};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        /* As it is to be written, and as older Java has it, without leading zeros. */
        for (size_t size = curves[i].size; size > 0; size = size > 1 ? 1 : 0) {
            struct blob der = sec1(one + 66 - size, size, curves[i].curve, curves[i].curve_size);
            gnutls_x509_privkey_t key = NULL;
            gnutls_ecc_curve_t id;
            gnutls_datum_t x = {0}, y = {0}, number = {0};
            struct error err = {0};
            assert_true(ec_key_is_half(&der));
            if (!ec_key_complete(&der, &key, &err))
                fail_msg("%s", err.text);
            assert_int_equal(gnutls_x509_privkey_export_ecc_raw(key, &id, &x, &y, &number), 0);
            assert_int_equal(id, curves[i].id);
            assert_memory_equal(x.data + x.size - 4, curves[i].x, 4);
            assert_memory_equal(y.data + y.size - 4, curves[i].y, 4);
            assert_int_equal(number.data[number.size - 1], 1);
            gnutls_free(x.data);
            gnutls_free(y.data);
            gnutls_free(number.data);
            gnutls_x509_privkey_deinit(key);
            blob_finish(&der);
        }
}

static void numbers_that_are_no_keys_are_refused(void **state) {
    (void)state;
    static const unsigned char zeros[66] = {0};
    /* P-256's order: the least number that is too great. */
    static const unsigned char order[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                          0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                          0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    unsigned char long_one[67], below[sizeof order];
    memset(long_one, 1, sizeof long_one);
    memcpy(below, order, sizeof order);
    below[31]--;
    const struct {
        struct blob der;
        bool is_key;
    } cases[] = {
        {sec1(zeros, 32, p256, 8), false},           {sec1(zeros, 0, p256, 8), false},
        {sec1(order, sizeof order, p256, 8), false}, {sec1(below, sizeof below, p256, 8), true},
        {sec1(long_one, 33, p256, 8), false},        {sec1(long_one, 67, p521, 5), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gnutls_x509_privkey_t key = NULL;
        struct error err = {0};
        if (ec_key_complete(&cases[i].der, &key, &err) != cases[i].is_key)
            fail_msg("%zu: %s", i, err.text);
        if (!cases[i].is_key) {
            assert_null(key);
            assert_non_null(strstr(err.text, "the EC key is damaged"));
        }
        gnutls_x509_privkey_deinit(key);
        free(cases[i].der.data);
    }
}

static void other_keys_are_none_of_these(void **state) {
    (void)state;
    static const char *const names[] = {"leaf.pkcs8.der", "leaf.encrypted.der", "leaf.der"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct blob der = data_read(names[i]), out = {0};
        if (ec_key_is_half(&der) || ec_key_decrypt(&der, "secret", &out))
            fail_msg("%s", names[i]);
        blob_finish(&der);
    }
}

/* One with the right password opens; one derived too slowly is not even begun. */
static void decryption_opens_the_right_ones(void **state) {
    (void)state;
    static const struct {
        const char *name, *password;
        bool opens;
    } cases[] = {
        {"leaf.no-public.aes256.der", "secret", true},
        {"leaf.no-public.aes256.der", "wrong", false},
        {"leaf.no-public.aes256.der", NULL, false},
        {"leaf.no-public.slow.der", "secret", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct blob der = data_read(cases[i].name), out = {0};
        if (ec_key_decrypt(&der, cases[i].password, &out) != cases[i].opens)
            fail_msg("%s with %s", cases[i].name, cases[i].password ? cases[i].password : "none");
        assert_int_equal(out.data != NULL, cases[i].opens);
        blob_wipe(&out);
        blob_finish(&der);
    }
}

/* Each cut in memory of its own, so that a sanitizer sees reading behind it. */
static void truncated_ones_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"leaf.no-public.der", "leaf.no-public.aes256.der"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct blob der = data_read(names[i]);
        for (size_t size = 1; size < der.size; size++) {
            struct blob part = {0}, out = {0};
            assert_true(blob_copy(der.data, size, &part));
            if (ec_key_is_half(&part) || ec_key_decrypt(&part, "secret", &out))
                fail_msg("%zu of %zu octets of %s", size, der.size, names[i]);
            blob_finish(&part);
        }
        blob_finish(&der);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_is_found),
        cmocka_unit_test(numbers_that_are_no_keys_are_refused),
        cmocka_unit_test(other_keys_are_none_of_these),
        cmocka_unit_test(decryption_opens_the_right_ones),
        cmocka_unit_test(truncated_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
