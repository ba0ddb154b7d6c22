/* certs/gather: files in any form and order, and what is missing among them. */
#include "certs/gather.h"

#include "test_data.h"

enum { MOST = 4 };

static struct cert_gathering *create(void) {
    struct cert_gathering *gathering = NULL;
    assert_true(cert_gathering_create(&gathering, NULL));
    return gathering;
}

static bool add(struct cert_gathering *gathering, const char *name, const char *password,
                struct error *err) {
    struct blob content = data_read(name);
    struct cert_file file = {name, content.data, content.size};
    bool ok = cert_gathering_add(gathering, &file, password, err);
    blob_finish(&content);
    return ok;
}

static void files_are_joined_in_any_form_and_order(void **state) {
    (void)state;
    static const struct {
        const char *files[MOST], *password, *friendly_name;
        size_t chain;
    } cases[] = {
        {{"leaf.pem", "leaf.key"}, NULL, NULL, 1},
        {{"leaf.key", "leaf.der"}, NULL, NULL, 1},
        {{"root.pem", "leaf.pkcs8.der", "issuing.pem", "leaf.pem"}, NULL, NULL, 3},
        {{"stranger.pem", "leaf.key", "leaf.pem", "issuing.pem"}, NULL, NULL, 2},
        {{"rsa.pkcs1.key", "leaf.key", "leaf.pem"}, NULL, NULL, 1},
        {{"chain.der.p7b", "leaf.encrypted.der"}, "secret", NULL, 3},
        {{"chain.p7b", "leaf.traditional.key"}, "secret", NULL, 3},
        {{"aes.pfx"}, "secret", "test", 3},
        {{"legacy.pfx"}, "secret", "test", 3},
        {{"utf8.pfx"}, "gehe1m-ÄÖ", "test", 3},
        {{"no-key.pfx", "leaf.key"}, "secret", NULL, 1},
        {{"empty.pfx"}, NULL, "test", 3},
        {{"null.pfx", "issuing.pem"}, NULL, "test", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_gathering *gathering = create();
        struct cert_material material = {0};
        struct error err = {0};
        for (size_t at = 0; at < MOST && cases[i].files[at]; at++)
            if (!add(gathering, cases[i].files[at], cases[i].password, &err))
                fail_msg("case %zu: %s", i, err.text);
        if (!cert_gathering_join(gathering, &material, &err))
            fail_msg("case %zu: %s", i, err.text);
        struct blob leaf = data_certificate("leaf.pem");
        assert_int_equal(material.chain_count, cases[i].chain);
        assert_true(blob_equal(&material.chain[0], &leaf));
        assert_true(material.key.size > 0);
        const char *name = cert_gathering_friendly_name(gathering);
        if (cases[i].friendly_name)
            assert_string_equal(name, cases[i].friendly_name);
        else
            assert_null(name);
        blob_finish(&leaf);
        cert_material_finish(&material);
        cert_gathering_destroy(gathering);
    }
}

static void what_is_missing_is_said(void **state) {
    (void)state;
    static const struct {
        const char *files[MOST], *words;
    } cases[] = {
        {{"leaf.key"}, "there is no certificate"},
        {{"leaf.pem", "root.pem"}, "there is no private key"},
        {{"leaf.pem", "rsa.pkcs1.key"}, "no private key among the files is that of a certificate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_gathering *gathering = create();
        struct cert_material material = {0};
        struct error err = {0};
        for (size_t at = 0; at < MOST && cases[i].files[at]; at++)
            assert_true(add(gathering, cases[i].files[at], NULL, &err));
        assert_false(cert_gathering_join(gathering, &material, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, cases[i].words))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].words);
        cert_gathering_destroy(gathering);
    }
}

/* So that the password can be asked for and the file be added again. */
static void a_missing_password_is_told_apart(void **state) {
    (void)state;
    static const char *const files[] = {"leaf.encrypted.key", "leaf.encrypted.der",
                                        "leaf.traditional.key", "aes.pfx", "legacy.pfx"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct cert_gathering *gathering = create();
        struct error err = {0};
        assert_false(add(gathering, files[i], NULL, &err));
        assert_int_equal(err.kind, ERROR_PERMISSION);
        assert_non_null(strstr(err.text, "its password is needed"));
        assert_ptr_equal(strstr(err.text, files[i]), err.text);
        assert_false(add(gathering, files[i], "wrong", &err));
        assert_int_equal(err.kind, ERROR_PERMISSION);
        assert_non_null(strstr(err.text, "does not open with that password"));
        assert_int_equal(cert_gathering_key_count(gathering), 0);
        assert_true(add(gathering, files[i], "secret", &err));
        assert_int_equal(cert_gathering_key_count(gathering), 1);
        cert_gathering_destroy(gathering);
    }
}

static void nothing_of_a_bad_file_is_taken(void **state) {
    (void)state;
    struct cert_gathering *gathering = create();
    struct blob leaf = data_read("leaf.pem"), key = data_read("leaf.encrypted.key");
    struct buffer both = {0};
    struct error err = {0};
    buffer_append(&both, leaf.data, leaf.size);
    buffer_append(&both, key.data, key.size);
    struct cert_file file = {"both.pem", both.data, both.size};
    assert_false(cert_gathering_add(gathering, &file, NULL, &err));
    assert_int_equal(cert_gathering_count(gathering), 0);
    assert_true(cert_gathering_add(gathering, &file, "secret", &err));
    assert_int_equal(cert_gathering_count(gathering), 1);

    static const struct {
        const char *file, *words;
    } bad[] = {
        {"request.pem", "it holds a certificate request, and neither"},
        {"request.der", "found a certificate request"},
        {"openssh.key", "an OpenSSH key, and neither"},
        {"made_at", "found other text"},
        {"slow.pfx", "iterations"},
        {"java.jks.der", "a Java keystore"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(add(gathering, bad[i].file, "secret", &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, bad[i].words) || strstr(err.text, bad[i].file) != err.text)
            fail_msg("\"%s\" does not say \"%s\"", err.text, bad[i].words);
    }
    assert_int_equal(cert_gathering_count(gathering), 1);
    assert_int_equal(cert_gathering_key_count(gathering), 1);
    buffer_finish(&both);
    blob_finish(&leaf);
    blob_finish(&key);
    cert_gathering_destroy(gathering);
}

static void a_key_from_elsewhere_joins(void **state) {
    (void)state;
    struct cert_gathering *gathering = create();
    struct blob key = data_read("leaf.pkcs8.der");
    struct cert_material material = {0};
    struct error err = {0};
    assert_true(add(gathering, "chain.p7b", NULL, &err));
    assert_int_equal(cert_gathering_count(gathering), 4);
    assert_true(cert_gathering_at(gathering, 0)->size > 0);
    struct blob other = data_read("ed25519.key");
    assert_true(cert_gathering_matches(gathering, &key));
    assert_false(cert_gathering_matches(gathering, &other));
    blob_finish(&other);
    assert_true(cert_gathering_add_key(gathering, &key, &err));
    assert_true(cert_gathering_join(gathering, &material, &err));
    assert_int_equal(material.chain_count, 3);
    blob_finish(&key);
    cert_material_finish(&material);
    cert_gathering_destroy(gathering);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_joined_in_any_form_and_order),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(a_missing_password_is_told_apart),
        cmocka_unit_test(nothing_of_a_bad_file_is_taken),
        cmocka_unit_test(a_key_from_elsewhere_joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
