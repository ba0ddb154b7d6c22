/* certs/cert_read: each form an administrator may have, and a sentence for each way it is wrong. */
#include "certs/cert_read.h"

#include "test_data.h"

struct entry {
    const char *certificate, *key, *password; /* files and a text; NULL: none */
    const char *expected;                     /* chain's length as text, or a part of the error */
};

static bool read_entry(const struct entry *entry, struct cert_material *out, struct error *err) {
    struct blob certificate = data_read(entry->certificate), key = {0};
    if (entry->key)
        key = data_read(entry->key);
    struct cert_sources sources = {
        .certificate = {entry->certificate, certificate.data, certificate.size},
        .key = {entry->key, key.data, key.size},
        .password = {"entry.pass", entry->password, entry->password ? strlen(entry->password) : 0},
        .is_pkcs12 = strstr(entry->certificate, ".pfx") != NULL,
    };
    bool ok = cert_read(&sources, out, err);
    blob_finish(&certificate);
    blob_finish(&key);
    return ok;
}

static void check_entries(const struct entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct cert_material material = {0};
        struct error err = {0};
        char length[600] = "";
        bool ok = read_entry(&entries[i], &material, &err);
        snprintf(length, sizeof length, "%zu", material.chain_count);
        const char *result = ok ? length : err.text;
        bool is_chain = strlen(entries[i].expected) == 1;
        if (ok != is_chain || !strstr(result, entries[i].expected))
            fail_msg("%s + %s: %s; expected %s", entries[i].certificate,
                     entries[i].key ? entries[i].key : "-", result, entries[i].expected);
        if (ok) {
            struct cert *cert = NULL;
            if (!cert_create("entry", &material, 0, &cert, &err) || !cert_credentials(cert, &err))
                fail_msg("%s + %s: %s", entries[i].certificate,
                         entries[i].key ? entries[i].key : "-", err.text);
            cert_release(cert);
        } else
            assert_true(strlen(err.text) < sizeof err.text - 1);
        cert_material_finish(&material);
    }
}
#define CHECK(entries) check_entries((entries), sizeof(entries) / sizeof((entries)[0]))

static void every_form_of_key_is_read(void **state) {
    (void)state;
    static const struct entry entries[] = {
        {"leaf.pem", "leaf.key", NULL, "1"},
        {"leaf.der", "leaf.pkcs8.der", NULL, "1"},
        {"leaf.pem", "leaf.sec1.key", NULL, "1"},
        {"leaf.pem", "leaf.encrypted.key", "secret", "1"},
        {"leaf.pem", "leaf.encrypted.key", "secret\n", "1"},
        {"leaf.pem", "leaf.encrypted.key", "\xEF\xBB\xBFsecret\r\n", "1"},
        {"leaf.pem", "leaf.encrypted.der", "secret", "1"},
        {"leaf.pem", "leaf.empty-password.key", NULL, "1"},
        {"leaf.pem", "leaf.empty-password.key", "\n", "1"},
        {"leaf.pem", "leaf.traditional.key", "secret", "1"},
        {"rsa.pem", "rsa.pkcs1.key", NULL, "1"},
        {"rsa.pem", "rsa.traditional.key", "secret", "1"},
        {"ed25519.pem", "ed25519.key", NULL, "1"},
        {"rsa-pss.pem", "rsa-pss.key", NULL, "1"},
        {"leaf.pem", "leaf.no-public.key", NULL, "1"},
        {"leaf.pem", "leaf.no-public.der", NULL, "1"},
        {"leaf.pem", "leaf.no-public.pkcs8.key", NULL, "1"},
        {"leaf.pem", "leaf.no-public.aes128.key", "secret", "1"},
        {"leaf.pem", "leaf.no-public.aes192.key", "secret\n", "1"},
        {"leaf.pem", "leaf.no-public.aes256.der", "secret", "1"},
    };
    CHECK(entries);
}

static void chains_are_put_in_order(void **state) {
    (void)state;
    static const struct entry entries[] = {
        {"chain.p7b", "leaf.key", NULL, "3"},
        {"chain.der.p7b", "leaf.pkcs8.der", NULL, "3"},
    };
    CHECK(entries);
}

static void bundles_are_read(void **state) {
    (void)state;
    static const struct entry entries[] = {
        {"aes.pfx", NULL, "secret", "3"},
        {"legacy.pfx", NULL, "secret\r\n", "3"},
        {"empty.pfx", NULL, NULL, "3"},
        {"empty.pfx", NULL, "", "3"},
        {"null.pfx", NULL, NULL, "1"},
        {"no-mac.pfx", NULL, "secret", "3"},
        {"utf8.pfx", NULL, "gehe1m-\xC3\x84\xC3\x96", "3"},
        {"java.pfx", NULL, "secret", "1"},
        {"java-p384.pfx", NULL, "secret\n", "1"},
        {"java-p521.pfx", NULL, "secret", "1"},
    };
    CHECK(entries);
}

static void wrong_things_are_named_with_their_mend(void **state) {
    (void)state;
    static const struct entry entries[] = {
        {"aes.pfx", NULL, NULL,
         "aes.pfx: the bundle is encrypted: put its password into entry.pass"},
        {"aes.pfx", NULL, "wrong", "does not open with the password in entry.pass"},
        {"legacy.pfx", NULL, "wrong", "does not open with the password in entry.pass"},
        {"no-mac.pfx", NULL, "wrong", "does not open with the password in entry.pass"},
        {"no-key.pfx", NULL, "secret", "holds no private key: export it again, with"},
        {"java.pfx", NULL, NULL,
         "java.pfx: the bundle is encrypted: put its password into entry.pass"},
        {"java.pfx", NULL, "wrong", "does not open with the password in entry.pass"},
        {"java-old.pfx", NULL, "secret",
         "or is an EC key that an older Java encrypted: write it again with a newer one's"},
        {"leaf.pem", "leaf.no-public.aes256.der", NULL,
         "the key is encrypted: put its password into"},
        {"leaf.pem", "leaf.no-public.aes192.key", "wrong",
         "the key does not open with the password in"},
        {"leaf.pem", "leaf.no-public.slow.der", "secret", "5000001 iterations"},
        {"leaf.pem", "other-curve.no-public.key", NULL,
         "other-curve.no-public.key: the EC key is on another curve than P-256, P-384 and P-521"},
        {"rsa.pem", "leaf.no-public.key", NULL, "the key does not match the certificate"},
        {"slow.pfx", NULL, "secret", "5000001 iterations"},
        {"leaf.pem", "leaf.encrypted.key", NULL,
         "leaf.encrypted.key: the key is encrypted: put its password into entry.pass"},
        {"leaf.pem", "leaf.encrypted.key", "wrong", "the key does not open with the password in"},
        {"leaf.pem", "leaf.encrypted.der", NULL, "the key is encrypted: put its password into"},
        {"leaf.pem", "leaf.traditional.key", NULL, "the key is encrypted: put its password into"},
        {"leaf.pem", "leaf.traditional.key", "wrong", "the key does not open with the password in"},
        {"rsa.pem", "rsa.traditional.key", "wrong", "the key does not open with the password in"},
        {"leaf.pem", NULL, NULL, "leaf.pem: it holds no private key: add the PRIVATE KEY block"},
        {"leaf.der", NULL, NULL, "leaf.der: it holds no private key"},
        {"leaf.pem", "leaf.pem", NULL, "leaf.pem: it holds a certificate, not a private key: put"},
        {"leaf.pem", "leaf.der", NULL, "leaf.der: expected a private key, found a certificate"},
        {"leaf.key", "leaf.key", NULL, "leaf.key: it holds a private key, not a certificate: put"},
        {"leaf.pkcs8.der", "leaf.key", NULL, "expected a certificate, found a private key"},
        {"leaf.pem", "rsa.pkcs1.key", NULL,
         "rsa.pkcs1.key: the key does not match the certificate, which has a key of EC/ECDSA 256 "
         "bits while this is one of RSA 2048: put the key that leaf.pem was made with into"},
        {"issuing.pem", "leaf.key", NULL,
         "leaf.key: the key does not match the certificate: put the key that issuing.pem was made"},
        {"request.pem", "leaf.key", NULL,
         "request.pem: it holds a certificate request, not a certificate: put the certificate that "
         "the authority issued"},
        {"request.der", "leaf.key", NULL, "found a certificate request: put the certificate that"},
        {"leaf.trusted.pem", "leaf.key", NULL, "openssl x509 -in OLD -out NEW"},
        {"leaf.pem", "openssh.key", NULL, "an OpenSSH key, not a private key: convert a copy"},
        {"good.ocsp", "leaf.key", NULL, "expected PEM or DER, found an OCSP response: name it"},
        {"made_at", "leaf.key", NULL, "expected PEM or DER, found other text"},
        {"leaf.pem", "made_at", NULL, "expected PEM or DER, found other text"},
        {"java.jks.der", NULL, NULL, "a Java keystore: convert it with"},
    };
    CHECK(entries);
}

static void no_file_for_a_password_is_named_where_none_would_be_read(void **state) {
    (void)state;
    struct blob certificate = data_read("leaf.pem"), key = data_read("leaf.encrypted.key");
    struct buffer both = {0};
    struct cert_material material = {0};
    struct error err = {0};
    buffer_append(&both, certificate.data, certificate.size);
    buffer_append(&both, key.data, key.size);
    const struct cert_sources sources = {.certificate = {"sign.pem", both.data, both.size}};
    assert_false(cert_read(&sources, &material, &err));
    assert_string_equal(err.text, "sign.pem: the key is encrypted, and there is no way to give its "
                                  "password here: decrypt it");
    buffer_finish(&both);
    blob_finish(&certificate);
    blob_finish(&key);
}

/* The leaf's subject and serial tell whether the right one came first. */
static void check_order(const struct blob *text, const char *const *subjects, size_t count) {
    struct cert_material material = {0};
    struct error err = {0};
    struct cert_sources sources = {.certificate = {"mixed.pem", text->data, text->size}};
    if (!cert_read(&sources, &material, &err))
        fail_msg("%s", err.text);
    assert_int_equal(material.chain_count, count);
    for (size_t i = 0; i < count; i++) {
        struct cert_info info = {0};
        assert_true(cert_info_read(&material.chain[i], &info, &err));
        assert_string_equal(info.subject, subjects[i]);
        cert_info_finish(&info);
    }
    cert_material_finish(&material);
}

static void append_file(struct buffer *text, const char *name, bool crlf) {
    struct blob content = data_read(name);
    for (size_t i = 0; i < content.size; i++) {
        if (crlf && content.data[i] == '\n')
            buffer_append_text(text, "\r");
        buffer_append(text, &content.data[i], 1);
    }
    blob_finish(&content);
}

static void one_file_may_hold_all_in_any_order(void **state) {
    (void)state;
    static const char *const subjects[] = {"CN=mail.example.org", "CN=Test Issuing",
                                           "CN=Test Root"};
    static const char *const orders[][6] = {
        {"leaf.key", "leaf.pem", "issuing.pem", "root.pem"},
        {"root.pem", "issuing.pem", "leaf.pem", "leaf.key"},
        {"stranger.pem", "root.pem", "rsa.pem", "leaf.key", "leaf.pem", "issuing.pem"},
        {"leaf.pem", "leaf.pem", "issuing.pem", "issuing.pem", "root.pem", "leaf.sec1.key"},
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        for (int crlf = 0; crlf < 2; crlf++) {
            struct buffer text = {0};
            buffer_append_text(&text, "\xEF\xBB\xBFissuer=CN = Test Issuing\n\n");
            for (size_t part = 0; part < 6 && orders[i][part]; part++)
                append_file(&text, orders[i][part], crlf);
            check_order(&(struct blob){(unsigned char *)text.data, text.size}, subjects, 3);
            buffer_finish(&text);
        }
}

/* Files put together without a line end between them. */
static void blocks_may_touch(void **state) {
    (void)state;
    static const char *const subjects[] = {"CN=mail.example.org"};
    struct buffer text = {0};
    append_file(&text, "leaf.pem", false);
    text.size--;
    append_file(&text, "leaf.key", false);
    check_order(&(struct blob){(unsigned char *)text.data, text.size}, subjects, 1);
    buffer_finish(&text);
}

/* A file that is being written: every beginning of it is refused or whole, never half. */
static void every_truncation_is_refused(void **state) {
    (void)state;
    struct buffer text = {0};
    append_file(&text, "leaf.key", false);
    append_file(&text, "leaf.pem", false);
    append_file(&text, "issuing.pem", false);
    struct blob leaf = data_read("leaf.pem"), key = data_read("leaf.key");
    size_t first_whole = leaf.size + key.size - 1, last = text.size - 1;
    for (size_t size = 0; size <= text.size; size++) {
        struct cert_material material = {0};
        struct error err = {0};
        /* Of its own, so that a sanitizer sees reading behind it. */
        struct blob part = {0};
        assert_true(blob_copy(text.data, size, &part));
        struct cert_sources sources = {.certificate = {"part.pem", part.data, part.size}};
        bool ok = cert_read(&sources, &material, &err);
        bool is_whole = size >= last || (size >= first_whole && size < first_whole + 12);
        if (ok != is_whole)
            fail_msg("%zu of %zu octets: %s", size, text.size, ok ? "taken" : err.text);
        if (!ok)
            assert_non_null(strstr(err.text, "part.pem: "));
        cert_material_finish(&material);
        blob_finish(&part);
    }
    blob_finish(&leaf);
    blob_finish(&key);
    buffer_finish(&text);
}

static void der_is_whole_or_refused(void **state) {
    (void)state;
    struct blob der = data_read("leaf.der"), *certs = NULL;
    size_t count = 0;
    struct error err = {0};
    struct cert_file file = {"leaf.der", der.data, der.size - 1};
    assert_false(cert_read_chain(&file, &certs, &count, &err));
    assert_non_null(strstr(err.text, "truncated: its DER has"));
    der.data[der.size] = 'x';
    file.size = der.size + 1;
    assert_false(cert_read_chain(&file, &certs, &count, &err));
    assert_non_null(strstr(err.text, "behind its DER of"));
    file.size = 0;
    assert_false(cert_read_chain(&file, &certs, &count, &err));
    assert_non_null(strstr(err.text, "leaf.der: it is empty"));
    blob_finish(&der);
}

static void text_that_is_none_is_recognised(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *expected;
    } cases[] = {
        {"\xFF\xFE-\0-\0", 6, "UTF-16 text: save it as UTF-8"},
        {"-----BEG", 8, "truncated"},
        {"-----BEGIN CERTIFICATE", 22, "line 1: the BEGIN line is cut off"},
        {"x\n-----BEGIN CERTIFICATE-----\nMI*I\n-----END CERTIFICATE-----\n", 62,
         "line 3: the CERTIFICATE block is damaged"},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 54, "is damaged"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 59, "cannot be read"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n", 59, "no END line"},
        {"MIIB", 4, "base64 without its BEGIN and END lines"},
        {"<html>", 6, "a web page"},
        {"PK\3\4", 4, "a ZIP archive"},
        {"\0\0\0\0", 4, "zero octets"},
        {"hello", 5, "other text"},
        {"-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n", 63,
         "it holds no certificate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct blob *certs = NULL, text = {0};
        size_t count = 0;
        struct error err = {0};
        assert_true(blob_copy(cases[i].text, cases[i].size, &text));
        struct cert_file file = {"odd", text.data, text.size};
        assert_false(cert_read_chain(&file, &certs, &count, &err));
        if (!strstr(err.text, cases[i].expected))
            fail_msg("%s; expected %s", err.text, cases[i].expected);
        assert_memory_equal(err.text, "odd: ", 5);
        blob_finish(&text);
    }
}

static void huge_files_are_refused(void **state) {
    (void)state;
    struct error err = {0};
    struct cert_material material = {0};
    struct cert_sources sources = {.certificate = {"huge.pem", "x", CERT_FILE_LIMIT + 1}};
    assert_false(cert_read(&sources, &material, &err));
    assert_non_null(strstr(err.text, "huge.pem: it has 1048577 octets"));
}

static void chain_alone_keeps_its_order(void **state) {
    (void)state;
    struct blob text = data_read("chain.p7b"), *certs = NULL;
    size_t count = 0;
    struct cert_file file = {"chain.p7b", text.data, text.size};
    assert_true(cert_read_chain(&file, &certs, &count, NULL));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        blob_finish(&certs[i]);
    free(certs);
    blob_finish(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_key_is_read),
        cmocka_unit_test(chains_are_put_in_order),
        cmocka_unit_test(bundles_are_read),
        cmocka_unit_test(wrong_things_are_named_with_their_mend),
        cmocka_unit_test(no_file_for_a_password_is_named_where_none_would_be_read),
        cmocka_unit_test(one_file_may_hold_all_in_any_order),
        cmocka_unit_test(blocks_may_touch),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(der_is_whole_or_refused),
        cmocka_unit_test(text_that_is_none_is_recognised),
        cmocka_unit_test(huge_files_are_refused),
        cmocka_unit_test(chain_alone_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
