/* certs/cert_export: what others take, read back by our own reader and looked into with GnuTLS.
 * That OpenSSL, NSS and Java read it is proved by the system tests. */
#include "certs/cert_export.h"
#include "certs/cert_plan.h"

#include "test_data.h"

#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */

/* A leaf under an authority. */
static struct cert_material two_levels(void) {
    struct server_wish wish = {.not_before = begin, .not_after = begin + 86400};
    struct cert_plan above = {0}, plan = {0};
    struct cert_material authority = {0}, leaf = {0};
    struct blob key = {0}, value = {0};
    struct error err = {0};
    wish.common_name = "authority";
    assert_true(cert_plan_for_server(&wish, &above, NULL));
    assert_true(cert_extension_basic_constraints(true, 0, &value, NULL));
    assert_true(cert_extensions_set(&above.extensions, CERT_OID_BASIC_CONSTRAINTS, true, &value));
    blob_finish(&value);
    wish.common_name = "mail.example.org";
    assert_true(cert_plan_for_leaf(&wish, &plan, NULL));
    assert_true(cert_plan_make_key(wish.key, &key, NULL));
    if (!cert_plan_self_sign(&above, &key, &authority, &err))
        fail_msg("%s", err.text);
    blob_wipe(&key);
    assert_true(cert_plan_make_key(wish.key, &key, NULL));
    if (!cert_plan_issue(&plan, &key, &authority, &leaf, &err))
        fail_msg("%s", err.text);
    blob_wipe(&key);
    cert_material_finish(&authority);
    cert_plan_finish(&above);
    cert_plan_finish(&plan);
    return leaf;
}

static void certificates_alone_are_read_back(void **state) {
    (void)state;
    struct cert_material material = two_levels();
    bool (*const forms[])(const struct blob *, size_t, struct blob *,
                          struct error *) = {cert_export_pem, cert_export_p7b};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct blob text = {0}, *chain = NULL;
        struct error err = {0};
        size_t count = 0;
        if (!forms[i](material.chain, material.chain_count, &text, &err))
            fail_msg("%s", err.text);
        struct cert_file file = {"x", text.data, text.size};
        if (!cert_read_chain(&file, &chain, &count, &err))
            fail_msg("%s", err.text);
        assert_int_equal(count, 2);
        /* PEM keeps the order; in PKCS#7 they are a set. */
        size_t first = blob_equal(&chain[0], &material.chain[0]) ? 0 : 1;
        assert_true(first == 0 || i == 1);
        assert_true(blob_equal(&chain[first], &material.chain[0]));
        assert_true(blob_equal(&chain[1 - first], &material.chain[1]));
        for (size_t c = 0; c < count; c++)
            blob_finish(&chain[c]);
        free(chain);
        blob_finish(&text);
    }
    cert_material_finish(&material);
}

static bool p12_is_read(const struct blob *p12, const char *password, struct cert_material *out) {
    struct cert_sources sources = {.certificate = {"x.p12", p12->data, p12->size},
                                   .password = {"x.pass", password, strlen(password)},
                                   .is_pkcs12 = true};
    return cert_read(&sources, out, NULL);
}

static void pkcs12_is_read_back(void **state) {
    (void)state;
    struct cert_material material = two_levels(), read = {0};
    struct blob p12 = {0};
    struct error err = {0};
    if (!cert_export_p12(&material, "x", "pässword", &p12, &err))
        fail_msg("%s", err.text);
    assert_true(p12_is_read(&p12, "pässword", &read));
    assert_int_equal(read.chain_count, 2);
    assert_true(blob_equal(&read.chain[0], &material.chain[0]));
    assert_true(blob_equal(&read.chain[1], &material.chain[1]));
    assert_true(blob_equal(&read.key, &material.key));
    cert_material_finish(&read);
    assert_false(p12_is_read(&p12, "password", &read));
    /* Neither stands there for everyone to read: the key's last octets, the leaf's name. */
    const struct blob *key = &material.key;
    assert_null(memmem(p12.data, p12.size, key->data + key->size - 32, 32));
    assert_null(memmem(p12.data, p12.size, "mail.example.org", 16));
    blob_wipe(&p12);
    cert_material_finish(&material);
}

/* Also one that is longer than a block of the derivation: 31 characters and the end fill one. */
static void ascii_passwords_of_any_length_open_it_soon(void **state) {
    (void)state;
    struct cert_material material = two_levels();
    for (size_t length = 30; length <= 33; length++) {
        char password[34] = "";
        struct blob p12 = {0};
        struct error err = {0};
        memset(password, '~', length);
        if (!cert_export_p12(&material, "x", password, &p12, &err))
            fail_msg("%s", err.text);
        gnutls_pkcs12_t bundle = NULL;
        gnutls_datum_t datum = {p12.data, (unsigned)p12.size};
        unsigned iterations = 0;
        assert_int_equal(gnutls_pkcs12_init(&bundle), 0);
        assert_int_equal(gnutls_pkcs12_import(bundle, &datum, GNUTLS_X509_FMT_DER, 0), 0);
        assert_int_equal(gnutls_pkcs12_mac_info(bundle, NULL, NULL, NULL, &iterations, NULL), 0);
        assert_in_range(iterations, 10000, 100000);
        assert_int_equal(gnutls_pkcs12_verify_mac(bundle, password), 0);
        password[length - 1] = '}';
        assert_int_not_equal(gnutls_pkcs12_verify_mac(bundle, password), 0);
        gnutls_pkcs12_deinit(bundle);
        blob_finish(&p12);
    }
    cert_material_finish(&material);
}

struct seen {
    int type;
    char name[64];
    unsigned char id[64];
    size_t id_size;
};

/* What stands in the bags, in their order. */
static size_t look_into(const struct blob *p12, const char *password, struct seen *out,
                        size_t room) {
    gnutls_pkcs12_t bundle = NULL;
    gnutls_datum_t datum = {p12->data, (unsigned)p12->size};
    gnutls_mac_algorithm_t mac = GNUTLS_MAC_UNKNOWN;
    size_t count = 0;
    assert_int_equal(gnutls_pkcs12_init(&bundle), 0);
    assert_int_equal(gnutls_pkcs12_import(bundle, &datum, GNUTLS_X509_FMT_DER, 0), 0);
    assert_int_equal(gnutls_pkcs12_mac_info(bundle, &mac, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(mac, GNUTLS_MAC_SHA256);
    assert_int_equal(gnutls_pkcs12_verify_mac(bundle, password), 0);
    for (int i = 0;; i++) {
        gnutls_pkcs12_bag_t bag = NULL;
        assert_int_equal(gnutls_pkcs12_bag_init(&bag), 0);
        bool is_there = gnutls_pkcs12_get_bag(bundle, i, bag) == 0;
        if (is_there && gnutls_pkcs12_bag_get_type(bag, 0) == GNUTLS_BAG_ENCRYPTED)
            assert_int_equal(gnutls_pkcs12_bag_decrypt(bag, password), 0);
        int items = is_there ? gnutls_pkcs12_bag_get_count(bag) : 0;
        for (int item = 0; item < items; item++, count++) {
            char *name = NULL;
            gnutls_datum_t id = {0};
            assert_true(count < room);
            out[count] =
                (struct seen){.type = (int)gnutls_pkcs12_bag_get_type(bag, (unsigned)item)};
            gnutls_pkcs12_bag_get_friendly_name(bag, (unsigned)item, &name);
            gnutls_pkcs12_bag_get_key_id(bag, (unsigned)item, &id);
            snprintf(out[count].name, sizeof out[count].name, "%s", name ? name : "");
            assert_true(id.size <= sizeof out[count].id);
            if (id.size > 0)
                memcpy(out[count].id, id.data, id.size);
            out[count].id_size = id.size;
        }
        gnutls_pkcs12_bag_deinit(bag);
        if (!is_there)
            break;
    }
    gnutls_pkcs12_deinit(bundle);
    return count;
}

/* Java takes a key only with the certificate that has its local key id; Windows shows the name. */
static void pkcs12_names_key_and_leaf(void **state) {
    (void)state;
    static const char *const names[] = {"Größe, Łódź, 中 😀", NULL};
    struct cert_material material = two_levels();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct blob p12 = {0};
        struct seen seen[4] = {0};
        assert_true(cert_export_p12(&material, names[i], "password", &p12, NULL));
        assert_int_equal(look_into(&p12, "password", seen, 4), 3);
        assert_int_equal(seen[0].type, GNUTLS_BAG_CERTIFICATE);
        assert_int_equal(seen[1].type, GNUTLS_BAG_CERTIFICATE);
        assert_int_equal(seen[2].type, GNUTLS_BAG_PKCS8_ENCRYPTED_KEY);
        assert_string_equal(seen[0].name, names[i] ? names[i] : "");
        assert_string_equal(seen[1].name, "");
        assert_string_equal(seen[2].name, names[i] ? names[i] : "");
        assert_int_equal(seen[0].id_size, 20);
        assert_int_equal(seen[1].id_size, 0);
        assert_int_equal(seen[2].id_size, 20);
        assert_memory_equal(seen[0].id, seen[2].id, 20);
        blob_wipe(&p12);
    }
    cert_material_finish(&material);
}

static void what_pkcs12_cannot_be_is_told(void **state) {
    (void)state;
    struct cert_material material = two_levels();
    struct blob p12 = {0};
    struct error err = {0};
    assert_false(cert_export_p12(&material, "x", "", &p12, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "needs a password"));
    assert_false(cert_export_p12(&material, "x", NULL, &p12, &err));
    assert_false(cert_export_p12(&material, "x\xff", "password", &p12, &err));
    assert_non_null(strstr(err.text, "the friendly name is no UTF-8"));
    blob_wipe(&material.key);
    assert_false(cert_export_p12(&material, "x", "password", &p12, &err));
    assert_null(p12.data);
    cert_material_finish(&material);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_alone_are_read_back),
        cmocka_unit_test(pkcs12_is_read_back),
        cmocka_unit_test(ascii_passwords_of_any_length_open_it_soon),
        cmocka_unit_test(pkcs12_names_key_and_leaf),
        cmocka_unit_test(what_pkcs12_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
