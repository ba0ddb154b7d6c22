/* lab/keys, lab/forge: what is asked for is what stands there, however wrong it is. */
#include "lab/keys.h"

#include "base/time_text.h"
#include "certs/parsed.h"
#include "certs/private_key.h"
#include "certs/staple.h"
#include "certs/x500_name.h"
#include "lab/forge.h"
#include "lab/rsa_key.h"

#include <gnutls/ocsp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>

#include <cmocka.h>

static const int64_t now = 1795000000; /* 2026-11-18 */
static const int64_t day = 86400, week = 604800;

/* ---- keys ---- */

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t more;
    enum lab_key made[LAB_KEYS];
    size_t count;
};

static void waiting_init(struct waiting *waiting) {
    *waiting = (struct waiting){0};
    assert_int_equal(pthread_mutex_init(&waiting->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&waiting->more, NULL), 0);
}

static void waiting_finish(struct waiting *waiting) {
    pthread_cond_destroy(&waiting->more);
    pthread_mutex_destroy(&waiting->lock);
}

static void note_made(void *context, enum lab_key key) {
    struct waiting *waiting = context;
    pthread_mutex_lock(&waiting->lock);
    waiting->made[waiting->count++] = key;
    pthread_cond_signal(&waiting->more);
    pthread_mutex_unlock(&waiting->lock);
}

static void wait_for(struct waiting *waiting, size_t count) {
    pthread_mutex_lock(&waiting->lock);
    while (waiting->count < count)
        pthread_cond_wait(&waiting->more, &waiting->lock);
    pthread_mutex_unlock(&waiting->lock);
}

/* All keys, made once for all tests. */
static struct waiting waiting;
static struct lab_keys *keys;

static int make_keys(void **state) {
    static const enum lab_key cheap[] = {LAB_P256, LAB_P384, LAB_ED25519};
    struct error err;
    (void)state;
    waiting_init(&waiting);
    assert_true(lab_keys_create(note_made, &waiting, &keys, &err));
    for (size_t i = 0; i < sizeof cheap / sizeof *cheap; i++)
        assert_non_null(lab_key(keys, cheap[i], false));
    wait_for(&waiting, 5);
    return 0;
}

static int drop_keys(void **state) {
    (void)state;
    lab_keys_destroy(keys);
    waiting_finish(&waiting);
    return 0;
}

static void keys_are_made_in_order_of_need(void **state) {
    static const enum lab_key order[] = {LAB_RSA_2048, LAB_RSA_1024, LAB_RSA_EXPONENT_3,
                                         LAB_RSA_PSS, LAB_RSA_4096};
    (void)state;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        assert_int_equal(waiting.made[i], order[i]);
}

static gnutls_privkey_t parsed_key(const struct blob *der) {
    gnutls_x509_privkey_t key = NULL;
    gnutls_privkey_t out = NULL;
    struct error err;
    assert_non_null(der);
    if (!private_key_parse(der, &key, &err))
        fail_msg("%s", err.text);
    assert_int_equal(gnutls_privkey_init(&out), 0);
    assert_int_equal(gnutls_privkey_import_x509(out, key, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE), 0);
    return out;
}

static void keys_are_of_their_kind(void **state) {
    static const struct {
        enum lab_key key;
        int algorithm;
        unsigned bits;
    } kinds[] = {
        {LAB_P256, GNUTLS_PK_ECDSA, 256},
        {LAB_P384, GNUTLS_PK_ECDSA, 384},
        {LAB_ED25519, GNUTLS_PK_EDDSA_ED25519, 256},
        {LAB_RSA_2048, GNUTLS_PK_RSA, 2048},
        {LAB_RSA_1024, GNUTLS_PK_RSA, 1024},
        {LAB_RSA_4096, GNUTLS_PK_RSA, 4096},
        {LAB_RSA_PSS, GNUTLS_PK_RSA_PSS, 2048},
        {LAB_RSA_EXPONENT_3, GNUTLS_PK_RSA, 2048},
    };
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        unsigned bits = 0;
        gnutls_privkey_t key = parsed_key(lab_key(keys, kinds[i].key, false));
        assert_int_equal(gnutls_privkey_get_pk_algorithm(key, &bits), kinds[i].algorithm);
        assert_int_equal(bits, kinds[i].bits);
        assert_int_equal(gnutls_privkey_verify_params(key), 0);
        gnutls_privkey_deinit(key);
    }
    assert_false(blob_equal(lab_key(keys, LAB_P256, false), lab_key(keys, LAB_P256, true)));
}

static void exponent_is_the_one_asked_for(void **state) {
    gnutls_datum_t modulus, exponent;
    (void)state;
    gnutls_privkey_t key = parsed_key(lab_key(keys, LAB_RSA_EXPONENT_3, false));
    assert_int_equal(gnutls_privkey_export_rsa_raw2(key, &modulus, &exponent, NULL, NULL, NULL,
                                                    NULL, NULL, NULL, GNUTLS_EXPORT_FLAG_NO_LZ),
                     0);
    assert_int_equal(exponent.size, 1);
    assert_int_equal(exponent.data[0], 3);
    gnutls_free(modulus.data);
    gnutls_free(exponent.data);
    gnutls_privkey_deinit(key);
}

static void a_key_is_given_up_when_nobody_wants_it(void **state) {
    atomic_bool stop = true;
    struct blob key = {0};
    struct error err = {0};
    (void)state;
    assert_false(rsa_key_make((struct rsa_key_choice){16384, 3, false}, &stop, &key, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    assert_null(key.data);
}

static void keys_can_go_at_once(void **state) {
    struct waiting none;
    struct lab_keys *short_lived = NULL;
    struct error err;
    (void)state;
    waiting_init(&none);
    assert_true(lab_keys_create(note_made, &none, &short_lived, &err));
    lab_keys_destroy(short_lived);
    lab_keys_destroy(NULL);
    waiting_finish(&none);
}

/* ---- certificates ---- */

static struct blob name(const char *text) {
    struct x500_name parsed = {0};
    struct blob der = {0};
    struct error err;
    if (!x500_name_parse(text, &parsed, NULL, &err) || !x500_name_encode(&parsed, &der, &err))
        fail_msg("%s", err.text);
    x500_name_finish(&parsed);
    return der;
}

struct forged {
    struct blob issuer, subject, der;
    unsigned char serial[FORGE_SERIAL_SIZE];
    gnutls_x509_crt_t read; /* NULL: GnuTLS cannot */
};

static void forged_finish(struct forged *forged) {
    blob_finish(&forged->issuer);
    blob_finish(&forged->subject);
    blob_finish(&forged->der);
    gnutls_x509_crt_deinit(forged->read);
}

/* What the plan does not say: names, P-256, now. */
static struct forged forge(struct forge_plan plan) {
    struct error err;
    struct forged out = {.issuer = name("CN=issuer"), .subject = name("CN=subject")};
    plan.issuer = out.issuer;
    plan.subject = out.subject;
    plan.key = plan.key ? plan.key : lab_key(keys, LAB_P256, false);
    plan.issuer_key = plan.issuer_key ? plan.issuer_key : lab_key(keys, LAB_P256, true);
    plan.begins = plan.begins ? plan.begins : now;
    plan.ends = plan.ends ? plan.ends : now + week;
    if (!forge_certificate(&plan, out.serial, &out.der, &err) ||
        !certificate_parse(&out.der, &out.read, &err))
        fail_msg("%s", err.text);
    return out;
}

static bool has_octets(const struct blob *in, const void *octets, size_t size) {
    return memmem(in->data, in->size, octets, size) != NULL;
}

static void certificate_is_what_the_plan_says(void **state) {
    unsigned char serial[64];
    size_t size = sizeof serial;
    gnutls_datum_t subject, issuer;
    (void)state;
    struct forged forged = forge((struct forge_plan){.begins = now - day, .ends = now + day});
    assert_int_equal(gnutls_x509_crt_get_version(forged.read), 3);
    assert_int_equal(gnutls_x509_crt_get_serial(forged.read, serial, &size), 0);
    assert_int_equal(size, sizeof forged.serial);
    assert_memory_equal(serial, forged.serial, size);
    assert_in_range(serial[0], 0x40, 0x7f);
    assert_int_equal(gnutls_x509_crt_get_activation_time(forged.read), now - day);
    assert_int_equal(gnutls_x509_crt_get_expiration_time(forged.read), now + day);
    assert_int_equal(gnutls_x509_crt_get_raw_dn(forged.read, &subject), 0);
    assert_int_equal(gnutls_x509_crt_get_raw_issuer_dn(forged.read, &issuer), 0);
    assert_int_equal(subject.size, forged.subject.size);
    assert_memory_equal(subject.data, forged.subject.data, subject.size);
    assert_int_equal(issuer.size, forged.issuer.size);
    assert_memory_equal(issuer.data, forged.issuer.data, issuer.size);
    gnutls_free(subject.data);
    gnutls_free(issuer.data);
    struct forged other = forge((struct forge_plan){0});
    assert_memory_not_equal(forged.serial, other.serial, sizeof other.serial);
    forged_finish(&other);
    forged_finish(&forged);
}

static void version_1_has_no_extensions(void **state) {
    struct cert_extensions extensions = {0};
    struct error err;
    (void)state;
    const struct blob *key = lab_key(keys, LAB_P256, false);
    assert_true(forge_key_ids(&extensions, key, key, &err));
    struct forged old = forge((struct forge_plan){.version_1 = true, .extensions = &extensions});
    struct forged usual = forge((struct forge_plan){.extensions = &extensions});
    char oid[CERT_OID_SIZE];
    size_t size = sizeof oid;
    assert_int_equal(gnutls_x509_crt_get_version(old.read), 1);
    assert_int_equal(gnutls_x509_crt_get_extension_info(old.read, 0, oid, &size, NULL),
                     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    assert_int_equal(gnutls_x509_crt_get_extension_info(usual.read, 0, oid, &size, NULL), 0);
    assert_string_equal(oid, CERT_OID_SUBJECT_KEY_ID);
    forged_finish(&old);
    forged_finish(&usual);
    cert_extensions_finish(&extensions);
}

static void times_have_the_form_of_their_century(void **state) {
    static const struct {
        const char *at, *written;
    } cases[] = {
        {"2049-12-31T23:59:59Z", "\x17\x0d"
                                 "491231235959Z"},
        {"2050-01-01T00:00:00Z", "\x18\x0f"
                                 "20500101000000Z"},
        {"2107-01-01T00:00:00Z", "\x18\x0f"
                                 "21070101000000Z"},
        {"9999-12-31T23:59:59Z", "\x18\x0f"
                                 "99991231235959Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ends = 0;
        assert_true(time_from_text(cases[i].at, &ends));
        struct forged forged = forge((struct forge_plan){.ends = ends});
        assert_true(has_octets(&forged.der, cases[i].written, strlen(cases[i].written)));
        forged_finish(&forged);
    }
}

static void every_signature_is_made(void **state) {
    static const struct {
        enum lab_key issuer;
        enum lab_signature signature;
        int expected;
    } cases[] = {
        {LAB_P256, LAB_SHA256, GNUTLS_SIGN_ECDSA_SHA256},
        {LAB_P256, LAB_SHA384, GNUTLS_SIGN_ECDSA_SHA384},
        {LAB_P256, LAB_SHA1, GNUTLS_SIGN_ECDSA_SHA1},
        {LAB_ED25519, LAB_SHA256, GNUTLS_SIGN_EDDSA_ED25519},
        {LAB_RSA_2048, LAB_SHA1, GNUTLS_SIGN_RSA_SHA1},
        {LAB_RSA_2048, LAB_MD5, GNUTLS_SIGN_RSA_MD5},
        {LAB_RSA_2048, LAB_PSS_SHA256, GNUTLS_SIGN_RSA_PSS_SHA256},
        {LAB_RSA_EXPONENT_3, LAB_SHA256, GNUTLS_SIGN_RSA_SHA256},
        {LAB_RSA_1024, LAB_SHA256, GNUTLS_SIGN_RSA_SHA256},
        {LAB_RSA_PSS, LAB_SHA256, GNUTLS_SIGN_RSA_PSS_SHA256},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Signed by itself, so that it can be verified with itself. */
        const struct blob *key = lab_key(keys, cases[i].issuer, false);
        struct forged forged = forge(
            (struct forge_plan){.key = key, .issuer_key = key, .signature = cases[i].signature});
        assert_int_equal(gnutls_x509_crt_get_signature_algorithm(forged.read), cases[i].expected);
        gnutls_pubkey_t public_key = NULL;
        gnutls_datum_t tbs = {0}, signature = {0};
        unsigned char octets[1024];
        size_t size = sizeof octets;
        assert_int_equal(gnutls_x509_crt_get_signature(forged.read, (char *)octets, &size), 0);
        signature = (gnutls_datum_t){octets, (unsigned)size};
        /* The signed part begins behind the outer header and is what its own header says. */
        tbs.data = forged.der.data + (forged.der.data[1] == 0x82 ? 4 : 3);
        tbs.size = tbs.data[1] == 0x82 ? 4U + (tbs.data[2] << 8 | tbs.data[3]) : 3U + tbs.data[2];
        assert_int_equal(gnutls_pubkey_init(&public_key), 0);
        assert_int_equal(gnutls_pubkey_import_x509(public_key, forged.read, 0), 0);
        assert_int_equal(gnutls_pubkey_verify_data2(public_key,
                                                    (gnutls_sign_algorithm_t)cases[i].expected,
                                                    GNUTLS_VERIFY_ALLOW_BROKEN, &tbs, &signature),
                         0);
        gnutls_pubkey_deinit(public_key);
        forged_finish(&forged);
    }
}

static void a_signature_that_cannot_be_is_an_error(void **state) {
    struct blob issuer = name("CN=x"), der = {0};
    unsigned char serial[FORGE_SERIAL_SIZE];
    struct error err = {0};
    struct forge_plan plan = {.issuer = issuer,
                              .subject = issuer,
                              .key = lab_key(keys, LAB_P256, false),
                              .issuer_key = lab_key(keys, LAB_P256, false),
                              .signature = LAB_MD5,
                              .begins = now,
                              .ends = now + day};
    (void)state;
    assert_false(forge_certificate(&plan, serial, &der, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(der.data);
    blob_finish(&issuer);
}

/* ---- names ---- */

#define NAMES(octets) (octets), sizeof(octets) - 1

static void names_are_written_unchecked(void **state) {
    static const struct {
        const char *names, *der;
        size_t size;
    } cases[] = {
        {"dns:a.b", NAMES("\x30\x05\x82\x03"
                          "a.b")},
        {"", NAMES("\x30\x00")},
        {"dns:localhost\\0.evil.org", NAMES("\x30\x15\x82\x13"
                                            "localhost\0.evil.org")},
        {"dns:a. dns:*", NAMES("\x30\x07\x82\x02"
                               "a."
                               "\x82\x01*")},
        {"dns:192.0.2.7", NAMES("\x30\x0b\x82\x09"
                                "192.0.2.7")},
        {"ip:192.0.2.7", NAMES("\x30\x06\x87\x04\xc0\x00\x02\x07")},
        {"ip:::1", NAMES("\x30\x12\x87\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01")},
        {" email:a@b  uri:c://d ", NAMES("\x30\x0c\x81\x03"
                                         "a@b"
                                         "\x86\x05"
                                         "c://d")},
        {"dns:w*_x.y", NAMES("\x30\x08\x82\x06w*_x.y")},
        {"dns:", NAMES("\x30\x02\x82\x00")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct blob der = {0};
        struct error err;
        if (!forge_names(cases[i].names, 0, "lab.localhost", &der, &err))
            fail_msg("%s: %s", cases[i].names, err.text);
        assert_int_equal(der.size, cases[i].size);
        assert_memory_equal(der.data, cases[i].der, der.size);
        blob_finish(&der);
    }
}

static void many_names_stand_behind_the_others(void **state) {
    struct blob der = {0};
    struct error err;
    (void)state;
    assert_true(forge_names("dns:x", 1000, "y", &der, &err));
    assert_true(has_octets(&der, NAMES("\x82\x01x\x82\x04n1.y\x82\x04n2.y")));
    assert_memory_equal(der.data + der.size - 9, "\x82\x07n1000.y", 9);
    blob_finish(&der);
}

static void names_of_no_kind_are_an_error(void **state) {
    static const char *const wrong[] = {"a.b", "ip:host", "dns:a ip:", "dn", "DNS:a", "ip:1.2.3"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct blob der = {0};
        struct error err = {0};
        assert_false(forge_names(wrong[i], 0, "y", &der, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_null(der.data);
    }
}

/* ---- revocation ---- */

/* An authority that signs itself, and a leaf of it. */
struct pair {
    struct blob name, issuer, leaf;
    const struct blob *key;
    unsigned char serial[FORGE_SERIAL_SIZE];
};

static struct pair make_pair(void) {
    struct pair pair = {.name = name("CN=issuer"), .key = lab_key(keys, LAB_P384, false)};
    struct cert_extensions extensions = {0};
    struct blob authority = {0};
    struct error err;
    struct forge_plan plan = {.issuer = pair.name,
                              .subject = pair.name,
                              .key = pair.key,
                              .issuer_key = pair.key,
                              .begins = now - day,
                              .ends = now + day,
                              .extensions = &extensions};
    assert_true(cert_extension_basic_constraints(true, -1, &authority, &err) &&
                forge_extension(&extensions, CERT_OID_BASIC_CONSTRAINTS, true, &authority, &err));
    assert_true(forge_certificate(&plan, pair.serial, &pair.issuer, &err));
    cert_extensions_finish(&extensions);
    plan.key = lab_key(keys, LAB_P256, false);
    assert_true(forge_certificate(&plan, pair.serial, &pair.leaf, &err));
    return pair;
}

static void pair_finish(struct pair *pair) {
    blob_finish(&pair->name);
    blob_finish(&pair->issuer);
    blob_finish(&pair->leaf);
}

static void ocsp_response_says_good_or_revoked(void **state) {
    struct pair pair = make_pair(), stranger = make_pair();
    struct blob good = {0}, revoked = {0};
    struct error err = {0};
    int64_t until = 0;
    (void)state;
    assert_true(forge_ocsp_response(&pair.leaf, &pair.issuer, pair.key, false, now, &good, &err));
    if (!staple_check(&good, &pair.leaf, &pair.issuer, now, &until, &err))
        fail_msg("%s", err.text);
    assert_int_equal(until, now + week);
    assert_false(staple_check(&good, &stranger.leaf, &stranger.issuer, now, &until, &err));
    assert_true(forge_ocsp_response(&pair.leaf, &pair.issuer, pair.key, true, now, &revoked, &err));
    assert_false(staple_check(&revoked, &pair.leaf, &pair.issuer, now, &until, &err));
    char at[TIME_TEXT_SIZE];
    assert_non_null(strstr(err.text, "revoked at"));
    assert_non_null(strstr(err.text, time_text(now - 3600, at)));
    blob_finish(&good);
    blob_finish(&revoked);
    pair_finish(&pair);
    pair_finish(&stranger);
}

static void ocsp_response_needs_certificates(void **state) {
    struct pair pair = make_pair();
    struct blob none = {(unsigned char *)"\x30\x00", 2}, out = {0};
    struct error err = {0};
    (void)state;
    assert_false(forge_ocsp_response(&none, &pair.issuer, pair.key, false, now, &out, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(forge_ocsp_response(&pair.leaf, &none, pair.key, false, now, &out, &err));
    struct forge_revoked revoked = {&none, pair.key, NULL, 0, now};
    assert_false(forge_revocation_list(&revoked, &out, &err));
    assert_null(out.data);
    pair_finish(&pair);
}

static gnutls_x509_crl_t read_list(const struct pair *pair, size_t count) {
    struct blob der = {0};
    struct error err;
    gnutls_x509_crl_t list = NULL;
    gnutls_x509_crt_t issuer = NULL;
    /* The clock that GnuTLS goes by has nothing to do with ours. */
    static const unsigned time_says =
        GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
    unsigned status = 1;
    unsigned char serials[2 * FORGE_SERIAL_SIZE] = {0x40, 1};
    memcpy(serials + FORGE_SERIAL_SIZE, pair->serial, FORGE_SERIAL_SIZE);
    struct forge_revoked revoked = {&pair->issuer, pair->key, serials, count, now};
    if (!forge_revocation_list(&revoked, &der, &err) ||
        !certificate_parse(&pair->issuer, &issuer, &err))
        fail_msg("%s", err.text);
    gnutls_datum_t datum = datum_of(&der);
    assert_int_equal(gnutls_x509_crl_init(&list), 0);
    assert_int_equal(gnutls_x509_crl_import(list, &datum, GNUTLS_X509_FMT_DER), 0);
    gnutls_x509_crl_verify(list, &issuer, 1, 0, &status);
    assert_int_equal(status & ~(time_says | GNUTLS_CERT_INVALID), 0);
    gnutls_x509_crt_deinit(issuer);
    blob_finish(&der);
    return list;
}

static void revocation_list_names_the_revoked(void **state) {
    unsigned char serial[64], number[8];
    size_t size = sizeof serial, number_size = sizeof number;
    unsigned critical = 1;
    time_t at = 0;
    struct pair pair = make_pair();
    (void)state;
    gnutls_x509_crl_t list = read_list(&pair, 2);
    assert_int_equal(gnutls_x509_crl_get_version(list), 2);
    assert_int_equal(gnutls_x509_crl_get_this_update(list), now);
    assert_int_equal(gnutls_x509_crl_get_next_update(list), now + week);
    assert_int_equal(gnutls_x509_crl_get_crt_count(list), 2);
    assert_int_equal(gnutls_x509_crl_get_crt_serial(list, 1, serial, &size, &at), 0);
    assert_int_equal(size, FORGE_SERIAL_SIZE);
    assert_memory_equal(serial, pair.serial, size);
    assert_int_equal(at, now - 3600);
    assert_int_equal(gnutls_x509_crl_get_number(list, number, &number_size, &critical), 0);
    assert_int_equal(critical, 0);
    gnutls_x509_crl_deinit(list);
    list = read_list(&pair, 0);
    assert_int_equal(gnutls_x509_crl_get_crt_count(list), 0);
    gnutls_x509_crl_deinit(list);
    pair_finish(&pair);
}

/* As GnuTLS asks. */
static struct blob ocsp_request(const struct pair *pair) {
    gnutls_ocsp_req_t request = NULL;
    gnutls_x509_crt_t leaf = NULL, issuer = NULL;
    gnutls_datum_t der = {0};
    struct blob out = {0};
    struct error err;
    assert_true(certificate_parse(&pair->leaf, &leaf, &err));
    assert_true(certificate_parse(&pair->issuer, &issuer, &err));
    assert_int_equal(gnutls_ocsp_req_init(&request), 0);
    assert_int_equal(gnutls_ocsp_req_add_cert(request, GNUTLS_DIG_SHA1, issuer, leaf), 0);
    assert_int_equal(gnutls_ocsp_req_randomize_nonce(request), 0);
    assert_int_equal(gnutls_ocsp_req_export(request, &der), 0);
    assert_true(blob_copy(der.data, der.size, &out));
    gnutls_free(der.data);
    gnutls_ocsp_req_deinit(request);
    gnutls_x509_crt_deinit(leaf);
    gnutls_x509_crt_deinit(issuer);
    return out;
}

static void serial_of_an_ocsp_request_is_read(void **state) {
    struct pair pair = make_pair();
    struct blob request = ocsp_request(&pair), serial = {0};
    (void)state;
    assert_true(forge_ocsp_request_serial(&request, &serial));
    assert_int_equal(serial.size, FORGE_SERIAL_SIZE);
    assert_memory_equal(serial.data, pair.serial, serial.size);
    for (size_t size = 0; size < request.size; size++) {
        struct blob cut = {request.data, size};
        assert_false(forge_ocsp_request_serial(&cut, &serial));
    }
    assert_false(forge_ocsp_request_serial(&pair.leaf, &serial));
    blob_finish(&request);
    pair_finish(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_made_in_order_of_need),
        cmocka_unit_test(keys_are_of_their_kind),
        cmocka_unit_test(exponent_is_the_one_asked_for),
        cmocka_unit_test(a_key_is_given_up_when_nobody_wants_it),
        cmocka_unit_test(keys_can_go_at_once),
        cmocka_unit_test(certificate_is_what_the_plan_says),
        cmocka_unit_test(version_1_has_no_extensions),
        cmocka_unit_test(times_have_the_form_of_their_century),
        cmocka_unit_test(every_signature_is_made),
        cmocka_unit_test(a_signature_that_cannot_be_is_an_error),
        cmocka_unit_test(names_are_written_unchecked),
        cmocka_unit_test(many_names_stand_behind_the_others),
        cmocka_unit_test(names_of_no_kind_are_an_error),
        cmocka_unit_test(ocsp_response_says_good_or_revoked),
        cmocka_unit_test(ocsp_response_needs_certificates),
        cmocka_unit_test(revocation_list_names_the_revoked),
        cmocka_unit_test(serial_of_an_ocsp_request_is_read),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
