/* certs/cert_plan: certificates as planned, signed by themselves or issued, checked by GnuTLS,
 * which did not write them. */
#include "planned_cert.h"
#include "test_data.h"

/* Is its signature that of the other's key? */
static bool is_signed_by(const struct blob *der, const struct blob *issuer) {
    gnutls_x509_crt_t certificate = parsed(der), above = parsed(issuer);
    unsigned status = 0;
    int code = gnutls_x509_crt_verify(
        certificate, &above, 1,
        GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
            GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT | GNUTLS_VERIFY_DISABLE_CA_SIGN,
        &status);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_crt_deinit(above);
    return code == 0 && status == 0;
}

static void every_signature_is_good(void **state) {
    (void)state;
    static const struct cert_key_choice p384 = {CERT_FAMILY_ECDSA, 384};
    static const struct cert_key_choice p521 = {CERT_FAMILY_ECDSA, 521};
    const struct {
        const struct cert_key_choice *key;
        enum cert_hash hash;
        bool pss;
        const char *signature;
    } cases[] = {
        {&rsa, CERT_HASH_SHA256, false, "RSA-SHA256"},
        {&rsa, CERT_HASH_SHA384, false, "RSA-SHA384"},
        {&rsa, CERT_HASH_SHA512, false, "RSA-SHA512"},
        {&rsa, CERT_HASH_SHA1, false, "RSA-SHA1"},
        {&rsa, CERT_HASH_MD5, false, "RSA-MD5"},
        {&rsa, CERT_HASH_SHA256, true, "RSA-PSS-SHA256"},
        {&rsa, CERT_HASH_SHA384, true, "RSA-PSS-SHA384"},
        {&rsa, CERT_HASH_SHA512, true, "RSA-PSS-SHA512"},
        {&p256, CERT_HASH_SHA256, false, "ECDSA-SHA256"},
        {&p256, CERT_HASH_SHA1, false, "ECDSA-SHA1"},
        {&p384, CERT_HASH_SHA384, true, "ECDSA-SHA384"}, /* `pss` is about RSA alone */
        {&p521, CERT_HASH_SHA512, false, "ECDSA-SHA512"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_plan plan = plan_of("CN=x");
        plan.hash = cases[i].hash;
        plan.pss = cases[i].pss;
        struct cert_material material = self_signed(&plan, key_of(*cases[i].key));
        struct cert_info info = {0};
        assert_true(cert_info_read(&material.chain[0], &info, NULL));
        assert_string_equal(info.signature, cases[i].signature);
        if (!is_signed_by(&material.chain[0], &material.chain[0]))
            fail_msg("%s", cases[i].signature);
        cert_info_finish(&info);
        cert_material_finish(&material);
        cert_plan_finish(&plan);
    }
}

static void keys_of_every_form_are_taken(void **state) {
    (void)state;
    static const char *const files[] = {"leaf.sec1.key", "leaf.key", "ed25519.key", "rsa-pss.key"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct blob pem = data_read(files[i]), key = {0};
        gnutls_datum_t datum = {pem.data, (unsigned)pem.size}, der = {0};
        gnutls_x509_privkey_t read = NULL;
        assert_int_equal(gnutls_x509_privkey_init(&read), 0);
        assert_int_equal(gnutls_x509_privkey_import(read, &datum, GNUTLS_X509_FMT_PEM), 0);
        /* The first in the type's own form, the others in PKCS#8. */
        int code = i == 0 ? gnutls_x509_privkey_export2(read, GNUTLS_X509_FMT_DER, &der)
                          : gnutls_x509_privkey_export2_pkcs8(read, GNUTLS_X509_FMT_DER, NULL,
                                                              GNUTLS_PKCS_PLAIN, &der);
        assert_int_equal(code, 0);
        assert_true(blob_copy(der.data, der.size, &key));
        gnutls_free(der.data);
        gnutls_x509_privkey_deinit(read);
        struct cert_plan plan = plan_of("CN=x");
        struct cert_material material = self_signed(&plan, &key);
        assert_true(is_signed_by(&material.chain[0], &material.chain[0]));
        struct cert *cert = NULL; /* the key is the certificate's, and can be served */
        struct error err = {0};
        if (!cert_create("x", &material, 0, &cert, &err))
            fail_msg("%s: %s", files[i], err.text);
        cert_release(cert);
        cert_material_finish(&material);
        cert_plan_finish(&plan);
        blob_finish(&pem);
        blob_wipe(&key);
    }
}

/* Every RSA key that can be asked for keeps its length. */
static void keys_are_made_as_chosen(void **state) {
    (void)state;
    struct cert_plan plan = plan_of("CN=x");
    struct cert_material material = self_signed(&plan, key_of((struct cert_key_choice){0}));
    struct cert_info info = {0};
    assert_true(cert_info_read(&material.chain[0], &info, NULL));
    assert_string_equal(info.key_name, "ECDSA P-256");
    cert_info_finish(&info);
    cert_material_finish(&material);
    cert_plan_finish(&plan);
    struct blob key = {0};
    struct error err = {0};
    assert_false(cert_plan_make_key((struct cert_key_choice){CERT_FAMILY_ECDSA, 255}, &key, &err));
    assert_non_null(strstr(err.text, "ecdsa-p255"));
    assert_null(key.data);
}

static struct cert_extension extension_at(gnutls_x509_crt_t certificate, unsigned i) {
    static char oid[64];
    size_t size = sizeof oid;
    unsigned critical = 0;
    if (gnutls_x509_crt_get_extension_info(certificate, i, oid, &size, &critical) < 0)
        oid[0] = '\0';
    return (struct cert_extension){.oid = oid, .critical = critical != 0};
}

static void subject_and_extensions_are_the_plans(void **state) {
    (void)state;
    struct cert_plan plan = plan_of("C=DE,O=\"Größe, Inc\",OU=1,OU=2,CN=x,E=a@example.org");
    struct blob value = {(unsigned char *)"\x04\x02hi", 4}, subject = {0};
    add_name(&plan, "mail.example.org");
    assert_true(cert_extensions_set(&plan.extensions, "1.3.6.1.4.1.99999.1", true, &value));
    assert_true(cert_extensions_set(&plan.extensions, CERT_OID_SUBJECT_KEY_ID, false, &value));
    struct cert_material material = self_signed(&plan, key_of(p256));
    gnutls_x509_crt_t certificate = parsed(&material.chain[0]);
    gnutls_datum_t name = {0}, issuer = {0};
    assert_true(x500_name_encode(&plan.subject, &subject, NULL));
    assert_int_equal(gnutls_x509_crt_get_raw_dn(certificate, &name), 0);
    assert_int_equal(gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer), 0);
    assert_int_equal(name.size, subject.size);
    assert_memory_equal(name.data, subject.data, subject.size);
    assert_memory_equal(issuer.data, subject.data, subject.size);
    static const struct {
        const char *oid;
        bool critical;
    } wanted[] = {
        {CERT_OID_ALTERNATIVE_NAME, false},
        {"1.3.6.1.4.1.99999.1", true},
        {CERT_OID_SUBJECT_KEY_ID, false},
        {CERT_OID_AUTHORITY_KEY_ID, false},
        {"", false},
    };
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct cert_extension extension = extension_at(certificate, i);
        assert_string_equal(extension.oid, wanted[i].oid);
        assert_int_equal(extension.critical, wanted[i].critical);
    }
    /* The plan's own key identifier, and that of the authority follows it. */
    char id[64];
    size_t size = sizeof id;
    assert_int_equal(gnutls_x509_crt_get_authority_key_id(certificate, id, &size, NULL), 0);
    assert_int_equal(size, 2);
    assert_memory_equal(id, "hi", 2);
    gnutls_free(name.data);
    gnutls_free(issuer.data);
    blob_finish(&subject);
    gnutls_x509_crt_deinit(certificate);
    cert_material_finish(&material);
    cert_plan_finish(&plan);
}

/* RFC 5280, 4.2.1.6: the alternative names are the subject then, and critical. */
static void empty_subject_makes_the_names_critical(void **state) {
    (void)state;
    struct cert_plan plan = plan_of("");
    plan.key_ids = false;
    add_name(&plan, "mail.example.org");
    struct cert_material material = self_signed(&plan, key_of(p256));
    gnutls_x509_crt_t certificate = parsed(&material.chain[0]);
    assert_true(extension_at(certificate, 0).critical);
    assert_string_equal(extension_at(certificate, 1).oid, "");
    gnutls_x509_crt_deinit(certificate);
    cert_material_finish(&material);
    cert_plan_finish(&plan);
}

static void impossible_plans_are_refused(void **state) {
    (void)state;
    static const struct cert_key_choice short_rsa = {CERT_FAMILY_RSA, 1024};
    static const struct cert_key_choice *const kinds[] = {&p256, &rsa, &short_rsa};
    struct {
        size_t kind;
        enum cert_hash hash;
        bool pss;
        int64_t not_before, not_after;
        const char *why;
    } cases[] = {
        {0, CERT_HASH_SHA256, false, begin, begin, "would end before it begins"},
        {0, CERT_HASH_SHA256, false, begin, 253402300800, "from 1950 to 9999"},
        {0, CERT_HASH_SHA256, false, -631152001, begin, "from 1950 to 9999"},
        {0, CERT_HASH_MD5, false, begin, begin + day, "no signature is made of MD5"},
        {1, CERT_HASH_SHA1, true, begin, begin + day, "no signature is made of SHA-1"},
        {2, CERT_HASH_SHA512, true, begin, begin + day, "SHA-512 is too long for RSASSA-PSS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_plan plan = plan_of("CN=x");
        struct cert_material material = {0};
        struct error err = {0};
        plan.hash = cases[i].hash;
        plan.pss = cases[i].pss;
        plan.not_before = cases[i].not_before;
        plan.not_after = cases[i].not_after;
        assert_false(cert_plan_self_sign(&plan, key_of(*kinds[cases[i].kind]), &material, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, cases[i].why))
            fail_msg("\"%s\" does not say: %s", err.text, cases[i].why);
        assert_null(material.chain);
        cert_plan_finish(&plan);
    }
    /* Octets that the plan brought, and that nobody could read. */
    struct cert_plan plan = plan_of("CN=x");
    struct cert_material material = {0};
    struct error err = {0};
    struct blob noise = {(unsigned char *)"\x30\x05\x01", 3};
    assert_true(cert_extensions_set(&plan.extensions, CERT_OID_ALTERNATIVE_NAME, false, &noise));
    assert_false(cert_plan_self_sign(&plan, key_of(p256), &material, &err));
    assert_non_null(strstr(err.text, "none that can be read"));
    cert_plan_finish(&plan);
}

/* ---- issuing ---- */

static struct cert_plan authority_plan(unsigned usage) {
    struct cert_plan plan = plan_of("O=Example,CN=Example authority");
    struct blob value = {0};
    plan.not_after = begin + 3650 * day;
    assert_true(cert_extension_basic_constraints(true, 0, &value, NULL));
    assert_true(cert_extensions_set(&plan.extensions, CERT_OID_BASIC_CONSTRAINTS, true, &value));
    blob_finish(&value);
    assert_true(cert_extension_key_usage(usage, &value, NULL));
    assert_true(cert_extensions_set(&plan.extensions, CERT_OID_KEY_USAGE, true, &value));
    blob_finish(&value);
    return plan;
}

static void a_leaf_points_at_its_authority(void **state) {
    (void)state;
    struct cert_plan above = authority_plan(0x06), plan = plan_of("CN=leaf");
    struct cert_material authority = self_signed(&above, key_of(rsa)), leaf = {0};
    struct error err = {0};
    plan.hash = CERT_HASH_SHA384;
    if (!cert_plan_issue(&plan, key_of(p256), &authority, &leaf, &err))
        fail_msg("%s", err.text);
    assert_int_equal(leaf.chain_count, 2);
    assert_true(blob_equal(&leaf.chain[1], &authority.chain[0]));
    assert_true(blob_equal(&leaf.key, key_of(p256)));
    assert_true(is_signed_by(&leaf.chain[0], &authority.chain[0]));
    struct cert_info info = {0};
    assert_true(cert_info_read(&leaf.chain[0], &info, NULL));
    assert_string_equal(info.signature, "RSA-SHA384"); /* the authority's key signs */
    assert_string_equal(info.key_name, "ECDSA P-256");
    assert_string_equal(info.issuer, "CN=Example authority,O=Example");
    gnutls_x509_crt_t one = parsed(&leaf.chain[0]), two = parsed(&authority.chain[0]);
    char points_at[64], id[64];
    size_t points_size = sizeof points_at, id_size = sizeof id;
    assert_int_equal(gnutls_x509_crt_get_authority_key_id(one, points_at, &points_size, NULL), 0);
    assert_int_equal(gnutls_x509_crt_get_subject_key_id(two, id, &id_size, NULL), 0);
    assert_int_equal(points_size, id_size);
    assert_memory_equal(points_at, id, id_size);
    gnutls_x509_crt_deinit(one);
    gnutls_x509_crt_deinit(two);
    cert_info_finish(&info);
    cert_material_finish(&leaf);
    cert_material_finish(&authority);
    cert_plan_finish(&above);
    cert_plan_finish(&plan);
}

static void only_authorities_issue(void **state) {
    (void)state;
    struct cert_plan good = authority_plan(0x06), powerless = authority_plan(0x80);
    struct cert_plan plain = plan_of("CN=plain"), plan = plan_of("CN=leaf");
    struct cert_material authority = self_signed(&good, key_of(p256)), out = {0};
    struct cert_material no_usage = self_signed(&powerless, key_of(p256));
    struct cert_material server = self_signed(&plain, key_of(p256));
    struct error err = {0};
    assert_false(cert_plan_issue(&plan, key_of(p256), &server, &out, &err));
    assert_non_null(strstr(err.text, "CN=plain is not the certificate of an authority"));
    assert_false(cert_plan_issue(&plan, key_of(p256), &no_usage, &out, &err));
    assert_non_null(strstr(err.text, "is not the certificate of an authority"));
    plan.not_after = good.not_after + 1;
    assert_false(cert_plan_issue(&plan, key_of(p256), &authority, &out, &err));
    assert_non_null(strstr(err.text, "ends on 2036-11-21, before the certificate would"));
    plan.not_after = good.not_after;
    assert_true(cert_plan_issue(&plan, key_of(p256), &authority, &out, &err));
    cert_material_finish(&out);
    out = (struct cert_material){0};
    blob_wipe(&authority.key);
    assert_true(blob_copy(key_of(rsa)->data, key_of(rsa)->size, &authority.key));
    assert_false(cert_plan_issue(&plan, key_of(p256), &authority, &out, &err));
    assert_non_null(strstr(err.text, "the key is not the one of the authority's certificate"));
    assert_null(out.chain);
    cert_material_finish(&authority);
    cert_material_finish(&no_usage);
    cert_material_finish(&server);
    cert_plan_finish(&good);
    cert_plan_finish(&powerless);
    cert_plan_finish(&plain);
    cert_plan_finish(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signature_is_good),
        cmocka_unit_test(keys_of_every_form_are_taken),
        cmocka_unit_test(keys_are_made_as_chosen),
        cmocka_unit_test(subject_and_extensions_are_the_plans),
        cmocka_unit_test(empty_subject_makes_the_names_critical),
        cmocka_unit_test(impossible_plans_are_refused),
        cmocka_unit_test(a_leaf_points_at_its_authority),
        cmocka_unit_test(only_authorities_issue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
