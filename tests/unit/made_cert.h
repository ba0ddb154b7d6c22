/* Certificates with any names, times and kind of key, made from a few keys: making keys is slow,
 * signing is not. For tests of rooms that choose and store certificates. */
#pragma once

#include "certs/cert.h"

#include <gnutls/x509.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>

#include <cmocka.h>

struct made_cert {
    enum cert_key_type key;    /* ECDSA, RSA or EDDSA */
    unsigned other_key;        /* 0, 1, …: another key of that kind */
    const char *common_name;   /* or NULL */
    const char *const *names;  /* dNSName, ends with NULL; NULL: none */
    const char *const *emails; /* rfc822Name, likewise */
    const char *address;       /* IPv4, or NULL */
    int64_t not_before, not_after;
    unsigned serial;
};

static inline gnutls_x509_privkey_t made_key(enum cert_key_type type, unsigned other) {
    enum { KINDS = 3, KEYS = 4 };
    static gnutls_x509_privkey_t keys[KINDS][KEYS];
    unsigned kind = type == CERT_KEY_ECDSA ? 0 : type == CERT_KEY_RSA ? 1 : 2;
    static const gnutls_pk_algorithm_t algorithms[] = {GNUTLS_PK_ECDSA, GNUTLS_PK_RSA,
                                                       GNUTLS_PK_EDDSA_ED25519};
    static const unsigned bits[] = {GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 2048,
                                    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)};
    assert_true(other < KEYS);
    if (!keys[kind][other]) {
        assert_int_equal(gnutls_x509_privkey_init(&keys[kind][other]), 0);
        assert_int_equal(
            gnutls_x509_privkey_generate(keys[kind][other], algorithms[kind], bits[kind], 0), 0);
    }
    return keys[kind][other];
}

static inline struct blob made_blob(gnutls_datum_t *datum) {
    struct blob blob;
    assert_true(blob_copy(datum->data, datum->size, &blob));
    gnutls_free(datum->data);
    return blob;
}

/* The caller's: cert_material_finish. */
static inline struct cert_material made_material(const struct made_cert *made) {
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = made_key(made->key, made->other_key);
    gnutls_digest_algorithm_t digest =
        made->key == CERT_KEY_EDDSA ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256;
    unsigned char serial[] = {1, (unsigned char)(made->serial >> 16),
                              (unsigned char)(made->serial >> 8), (unsigned char)made->serial};
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
    gnutls_x509_crt_set_activation_time(crt, (time_t)made->not_before);
    gnutls_x509_crt_set_expiration_time(crt, (time_t)made->not_after);
    if (made->common_name)
        gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, made->common_name,
                                      (unsigned)strlen(made->common_name));
    for (const char *const *name = made->names; name && *name; name++)
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, *name,
                                             (unsigned)strlen(*name), GNUTLS_FSAN_APPEND);
    for (const char *const *email = made->emails; email && *email; email++)
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_RFC822NAME, *email,
                                             (unsigned)strlen(*email), GNUTLS_FSAN_APPEND);
    if (made->address) {
        unsigned part[4];
        assert_int_equal(
            sscanf(made->address, "%u.%u.%u.%u", &part[0], &part[1], &part[2], &part[3]), 4);
        unsigned char octets[4] = {(unsigned char)part[0], (unsigned char)part[1],
                                   (unsigned char)part[2], (unsigned char)part[3]};
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, octets, 4,
                                             GNUTLS_FSAN_APPEND);
    }
    assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
    assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, digest, 0), 0);
    gnutls_datum_t der = {0}, key_der = {0};
    assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
    assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, NULL,
                                                       GNUTLS_PKCS_PLAIN, &key_der),
                     0);
    gnutls_x509_crt_deinit(crt);
    struct cert_material material = {.chain = calloc(1, sizeof(struct blob)), .chain_count = 1};
    assert_non_null(material.chain);
    material.chain[0] = made_blob(&der);
    material.key = made_blob(&key_der);
    return material;
}

/* The caller's: cert_release. */
static inline struct cert *made_entry(const char *name, const struct made_cert *made) {
    struct cert_material material = made_material(made);
    struct cert *cert = NULL;
    struct error err = {0};
    if (!cert_create(name, &material, 0, &cert, &err))
        fail_msg("%s: %s", name, err.text);
    cert_material_finish(&material);
    return cert;
}
