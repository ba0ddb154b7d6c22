/* lab/authorities, lab/chain: each recipe is followed, and is wrong in one way alone. */
#include "lab/chain.h"

#include "certs/cert.h"
#include "certs/cert_extension.h"
#include "certs/parsed.h"
#include "certs/private_key.h"
#include "certs/staple.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>

#include <cmocka.h>

#include <gnutls/x509-ext.h>

enum { now = 1795000000 }; /* 2026-11-18 */

static const struct lab_place place = {"lab.localhost", "127.0.0.1", 4711, now};

/* GnuTLS's clock. */
static time_t told_time(time_t *out) {
    if (out)
        *out = (time_t)now;
    return (time_t)now;
}

/* ---- keys and authorities, made once for all tests ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    unsigned left; /* so many keys are still to be made */
    bool is_held;  /* the keys' thread waits */
} making = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false};

static struct lab_keys *keys;
static struct lab_authorities *authorities;

static void note_made(void *context, enum lab_key key) {
    (void)context;
    (void)key;
    pthread_mutex_lock(&making.lock);
    making.left--;
    pthread_cond_broadcast(&making.more);
    while (making.is_held)
        pthread_cond_wait(&making.more, &making.lock);
    pthread_mutex_unlock(&making.lock);
}

static int make_authorities(void **state) {
    struct error err;
    (void)state;
    gnutls_global_set_time_function(told_time);
    making.left = 5;
    assert_true(lab_keys_create(note_made, NULL, &keys, &err));
    assert_true(lab_authorities_create(keys, place.domain, now, &authorities, &err));
    pthread_mutex_lock(&making.lock);
    while (making.left > 0)
        pthread_cond_wait(&making.more, &making.lock);
    pthread_mutex_unlock(&making.lock);
    return 0;
}

static int drop_authorities(void **state) {
    (void)state;
    lab_authorities_destroy(authorities);
    lab_authorities_destroy(NULL);
    lab_keys_destroy(keys);
    return 0;
}

static const struct lab_authority *authority(enum lab_issuer issuer) {
    struct error err = {0};
    const struct lab_authority *out = lab_authority(authorities, issuer, &err);
    if (!out)
        fail_msg("%s", err.text);
    return out;
}

static struct lab_chain made_turn(const struct lab_scenario *scenario, unsigned turn) {
    struct lab_chain chain;
    struct error err = {0};
    if (lab_chain_make(scenario, &place, keys, authorities, turn, &chain, &err) != LAB_MADE)
        fail_msg("%s: %s", scenario->name, err.text);
    return chain;
}

static struct lab_chain made(const struct lab_recipe *recipe) {
    const struct lab_scenario scenario = {.name = "host", .recipe = *recipe};
    return made_turn(&scenario, 0);
}

static gnutls_x509_crt_t parsed(const struct blob *der) {
    gnutls_x509_crt_t certificate = NULL;
    struct error err;
    if (!certificate_parse(der, &certificate, &err))
        fail_msg("%s", err.text);
    return certificate;
}

/* ---- verifying ---- */

static void trust(gnutls_x509_trust_list_t list, const struct blob *der) {
    gnutls_x509_crt_t certificate = parsed(der);
    assert_int_equal(gnutls_x509_trust_list_add_cas(list, &certificate, 1, 0), 1);
}

/* What GnuTLS has against it as the certificate of that host, with the laboratory's anchors. */
static unsigned judged(const struct lab_chain *chain, const char *host) {
    gnutls_x509_trust_list_t list = NULL;
    gnutls_x509_crt_t certificates[LAB_CHAIN_LIMIT];
    gnutls_typed_vdata_st data[] = {
        {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)host, 0},
        {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER, 0},
    };
    unsigned status = 0;
    assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
    trust(list, &authority(LAB_BY_ROOT)->certificate);
    trust(list, &authority(LAB_BY_EXPIRED_ROOT)->certificate);
    if (chain->is_anchor)
        trust(list, &chain->certificates[0]);
    for (size_t i = 0; i < chain->count; i++)
        certificates[i] = parsed(&chain->certificates[i]);
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(list, certificates, (unsigned)chain->count,
                                                        data, 2, GNUTLS_VERIFY_ALLOW_UNSORTED_CHAIN,
                                                        &status, NULL),
                     0);
    for (size_t i = 0; i < chain->count; i++)
        gnutls_x509_crt_deinit(certificates[i]);
    gnutls_x509_trust_list_deinit(list, 1);
    return status & ~(unsigned)GNUTLS_CERT_INVALID;
}

/* What is wrong is all that is wrong. GnuTLS follows RFC 5280 in these. */
static void each_is_wrong_in_its_one_way(void **state) {
    enum {
        UNKNOWN = GNUTLS_CERT_SIGNER_NOT_FOUND,
        OLD = GNUTLS_CERT_EXPIRED,
        NO_CA = GNUTLS_CERT_SIGNER_NOT_CA,
        USAGE = GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
        WEAK = GNUTLS_CERT_INSECURE_ALGORITHM,
        HOST = GNUTLS_CERT_UNEXPECTED_OWNER,
    };
    static const struct {
        const char *name;
        struct lab_recipe recipe;
        unsigned expected;
    } cases[] = {
        {"usual", {0}, 0},
        {"by the root", {.issuer = LAB_BY_ROOT}, 0},
        {"by itself", {.issuer = LAB_BY_ITSELF}, UNKNOWN},
        {"by itself, trusted", {.issuer = LAB_BY_ITSELF_TRUSTED}, 0},
        {"by a stranger", {.issuer = LAB_BY_STRANGER}, UNKNOWN},
        {"expired intermediate", {.issuer = LAB_BY_EXPIRED_INTERMEDIATE}, OLD},
        {"expired root", {.issuer = LAB_BY_EXPIRED_ROOT}, OLD},
        {"no authority", {.issuer = LAB_BY_NO_AUTHORITY}, NO_CA},
        {"no signer", {.issuer = LAB_BY_NO_SIGNER}, USAGE},
        {"too deep", {.issuer = LAB_BY_ONE_TOO_DEEP}, USAGE},
        {"constrained", {.issuer = LAB_BY_CONSTRAINED}, 0},
        {"constrained elsewhere", {.issuer = LAB_BY_CONSTRAINED_ELSEWHERE}, USAGE},
        {"by RSA", {.issuer = LAB_BY_RSA}, 0},
        {"RSASSA-PSS", {.issuer = LAB_BY_RSA, .signature = LAB_PSS_SHA256}, 0},
        {"SHA-1", {.issuer = LAB_BY_RSA, .signature = LAB_SHA1}, WEAK},
        {"MD5", {.issuer = LAB_BY_RSA, .signature = LAB_MD5}, WEAK},
        {"SHA-384", {.signature = LAB_SHA384}, 0},
        {"SHA-1 intermediate", {.issuer = LAB_BY_SHA1_INTERMEDIATE}, WEAK},
        {"unseen", {.issuer = LAB_BY_UNSEEN}, 0},
        {"with root", {.sent = LAB_SEND_WITH_ROOT}, 0},
        {"leaf alone", {.issuer = LAB_BY_UNSEEN, .sent = LAB_SEND_LEAF_ALONE}, UNKNOWN},
        {"reversed", {.sent = LAB_SEND_REVERSED}, 0},
        {"expired", {.begins = -864000, .ends = -86400}, OLD},
        {"to come", {.begins = 86400}, GNUTLS_CERT_NOT_ACTIVATED},
        {"another host", {.names = "dns:other.%"}, HOST},
        {"client alone", {.purposes = "1.3.6.1.5.5.7.3.2"}, GNUTLS_CERT_PURPOSE_MISMATCH},
        {"any purpose", {.purposes = "2.5.29.37.0"}, 0},
        {"no purpose", {.purposes = ""}, 0},
        {"unknown", {.unknown_critical = true}, GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS},
        {"tampered", {.tampered = true}, GNUTLS_CERT_SIGNATURE_FAILURE},
        {"no subject", {.subject = "", .names_critical = true}, 0},
        {"many names", {.more_names = 999}, 0},
        {"wildcard", {.names = "dns:*.%"}, 0},
        {"RSA 2048", {.key = LAB_RSA_2048}, 0},
        {"RSA 4096", {.key = LAB_RSA_4096}, 0},
        {"RSA exponent 3", {.key = LAB_RSA_EXPONENT_3}, 0},
        {"RSASSA-PSS key", {.key = LAB_RSA_PSS}, 0},
        {"P-384", {.key = LAB_P384}, 0},
        {"Ed25519", {.key = LAB_ED25519}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lab_chain chain = made(&cases[i].recipe);
        unsigned status = judged(&chain, "host.lab.localhost");
        if (status != cases[i].expected)
            fail_msg("%s: 0x%x, expected 0x%x", cases[i].name, status, cases[i].expected);
        lab_chain_finish(&chain);
    }
}

static void the_wrong_intermediate_has_the_right_name(void **state) {
    gnutls_datum_t issuer, subject;
    (void)state;
    struct lab_chain chain =
        made(&(struct lab_recipe){.issuer = LAB_BY_UNSEEN, .sent = LAB_SEND_WRONG_INTERMEDIATE});
    assert_int_equal(chain.count, 2);
    assert_true(judged(&chain, "host.lab.localhost") != 0);
    gnutls_x509_crt_t leaf = parsed(&chain.certificates[0]), above = parsed(&chain.certificates[1]);
    assert_int_equal(gnutls_x509_crt_get_raw_issuer_dn(leaf, &issuer), 0);
    assert_int_equal(gnutls_x509_crt_get_raw_dn(above, &subject), 0);
    assert_int_equal(issuer.size, subject.size);
    assert_memory_equal(issuer.data, subject.data, issuer.size);
    gnutls_free(issuer.data);
    gnutls_free(subject.data);
    gnutls_x509_crt_deinit(leaf);
    gnutls_x509_crt_deinit(above);
    lab_chain_finish(&chain);
}

/* ---- what is sent ---- */

static void sent_in_the_order_that_the_recipe_says(void **state) {
    enum { MOST = 3 };
    static const enum lab_issuer end = LAB_ISSUERS;
    static const struct {
        struct lab_recipe recipe;
        enum lab_issuer above[MOST];
    } cases[] = {
        {{0}, {LAB_BY_INTERMEDIATE, LAB_ISSUERS}},
        {{.issuer = LAB_BY_ROOT}, {LAB_ISSUERS}},
        {{.issuer = LAB_BY_ITSELF, .sent = LAB_SEND_WITH_ROOT}, {LAB_ISSUERS}},
        {{.sent = LAB_SEND_WITH_ROOT}, {LAB_BY_INTERMEDIATE, LAB_BY_ROOT, LAB_ISSUERS}},
        {{.sent = LAB_SEND_REVERSED}, {LAB_BY_ROOT, LAB_BY_INTERMEDIATE, LAB_ISSUERS}},
        {{.sent = LAB_SEND_LEAF_ALONE}, {LAB_ISSUERS}},
        {{.issuer = LAB_BY_STRANGER}, {LAB_ISSUERS}},
        {{.issuer = LAB_BY_ONE_TOO_DEEP}, {LAB_BY_ONE_TOO_DEEP, LAB_BY_INTERMEDIATE, LAB_ISSUERS}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lab_chain chain = made(&cases[i].recipe);
        size_t above = 0;
        for (; above < MOST && cases[i].above[above] != end; above++) {
            assert_in_range(above + 1, 1, chain.count - 1);
            assert_true(blob_equal(&chain.certificates[above + 1],
                                   &authority(cases[i].above[above])->certificate));
        }
        assert_int_equal(chain.count, 1 + above);
        lab_chain_finish(&chain);
    }
}

static bool same_key(const struct blob *key, const struct blob *certificate) {
    unsigned char one[KEY_ID_SIZE], two[KEY_ID_SIZE];
    gnutls_x509_privkey_t read = NULL;
    struct error err;
    gnutls_x509_crt_t leaf = parsed(certificate);
    assert_true(private_key_parse(key, &read, &err));
    assert_true(private_key_id(read, one) && certificate_key_id(leaf, two));
    gnutls_x509_privkey_deinit(read);
    gnutls_x509_crt_deinit(leaf);
    return memcmp(one, two, sizeof one) == 0;
}

static void the_key_is_the_leafs_unless_it_is_not_to_be(void **state) {
    (void)state;
    for (enum lab_key key = 0; key < LAB_KEYS; key++) {
        struct lab_chain chain = made(&(struct lab_recipe){.key = key});
        assert_true(same_key(&chain.key, &chain.certificates[0]));
        lab_chain_finish(&chain);
    }
    struct lab_chain chain = made(&(struct lab_recipe){.foreign_key = true});
    assert_false(same_key(&chain.key, &chain.certificates[0]));
    lab_chain_finish(&chain);
}

static void a_certificate_that_changes_changes_its_key(void **state) {
    const struct lab_scenario scenario = {.name = "host"};
    (void)state;
    struct lab_chain first = made_turn(&scenario, 0), second = made_turn(&scenario, 1);
    assert_true(same_key(&second.key, &second.certificates[0]));
    assert_false(same_key(&second.key, &first.certificates[0]));
    assert_memory_not_equal(first.serial, second.serial, sizeof first.serial);
    lab_chain_finish(&first);
    lab_chain_finish(&second);
}

/* ---- what the leaf says ---- */

static struct cert_info said(const struct lab_scenario *scenario) {
    struct lab_chain chain = made_turn(scenario, 0);
    struct cert_info info;
    struct error err;
    if (!cert_info_read(&chain.certificates[0], &info, &err))
        fail_msg("%s", err.text);
    lab_chain_finish(&chain);
    return info;
}

static void signs_in_texts_are_filled_in(void **state) {
    const struct lab_scenario scenario = {
        .name = "here",
        .host = "www.here.%",
        .recipe = {.subject = "O=!, CN=@", .names = "dns:@ ip:! dns:other.%"}};
    (void)state;
    struct cert_info info = said(&scenario);
    assert_string_equal(info.common_name, "www.here.lab.localhost");
    assert_non_null(strstr(info.subject, "O=127.0.0.1"));
    assert_int_equal(info.dns_names.count, 2);
    assert_string_equal(info.dns_names.items[0], "www.here.lab.localhost");
    assert_string_equal(info.dns_names.items[1], "other.lab.localhost");
    assert_string_equal(info.addresses.items[0], "127.0.0.1");
    cert_info_finish(&info);
}

static void lives_are_as_long_as_they_are_to_be(void **state) {
    static const int64_t year_2107 = 4323369600;
    static const struct {
        struct lab_recipe recipe;
        int64_t begins, ends;
    } cases[] = {
        {{0}, now - 3600, now + 7776000},
        {{.begins = -5000, .ends = -1000}, now - 5000, now - 1000},
        {{.ends_at = 4323369600}, now - 3600, 4323369600},
    };
    (void)state;
    assert_int_equal(cases[2].ends, year_2107);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct lab_scenario scenario = {.name = "host", .recipe = cases[i].recipe};
        struct cert_info info = said(&scenario);
        assert_int_equal(info.not_before, cases[i].begins);
        assert_int_equal(info.not_after, cases[i].ends);
        cert_info_finish(&info);
    }
}

/* The value of the leaf's extension, and whether it is critical; NULL: it has none. */
static bool extension(const struct lab_recipe *recipe, const char *oid, gnutls_datum_t *out,
                      unsigned *critical) {
    struct lab_chain chain = made(recipe);
    gnutls_x509_crt_t leaf = parsed(&chain.certificates[0]);
    int code = gnutls_x509_crt_get_extension_by_oid2(leaf, oid, 0, out, critical);
    gnutls_x509_crt_deinit(leaf);
    lab_chain_finish(&chain);
    return code == 0;
}

#define OCTETS(text) (text), sizeof(text) - 1

static void extensions_are_those_of_the_recipe(void **state) {
    static const struct {
        struct lab_recipe recipe;
        const char *oid, *der; /* NULL: it is not there */
        size_t size;
        bool critical;
    } cases[] = {
        {{0}, CERT_OID_BASIC_CONSTRAINTS, OCTETS("\x30\x00"), true},
        {{.constraints = LAB_CA_FALSE}, CERT_OID_BASIC_CONSTRAINTS, OCTETS("\x30\x00"), true},
        {{.constraints = LAB_CA_TRUE},
         CERT_OID_BASIC_CONSTRAINTS,
         OCTETS("\x30\x03\x01\x01\xff"),
         true},
        {{.constraints = LAB_NO_CONSTRAINTS}, CERT_OID_BASIC_CONSTRAINTS, NULL, 0, false},
        {{0}, CERT_OID_KEY_USAGE, OCTETS("\x03\x02\x07\x80"), true},
        {{.key = LAB_RSA_2048}, CERT_OID_KEY_USAGE, OCTETS("\x03\x02\x05\xa0"), true},
        {{.key = LAB_RSA_PSS}, CERT_OID_KEY_USAGE, OCTETS("\x03\x02\x07\x80"), true},
        {{.usage = 0x04}, CERT_OID_KEY_USAGE, OCTETS("\x03\x02\x02\x04"), true},
        {{.usage = LAB_USAGE_NONE}, CERT_OID_KEY_USAGE, NULL, 0, false},
        {{0},
         CERT_OID_EXTENDED_KEY_USAGE,
         OCTETS("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"),
         false},
        {{.purposes = "2.5.29.37.0 1.3.6.1.5.5.7.3.1"},
         CERT_OID_EXTENDED_KEY_USAGE,
         OCTETS("\x30\x10\x06\x04\x55\x1d\x25\x00\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"),
         false},
        {{.purposes = ""}, CERT_OID_EXTENDED_KEY_USAGE, NULL, 0, false},
        {{.names = ""}, CERT_OID_ALTERNATIVE_NAME, NULL, 0, false},
        {{.names = "", .more_names = 1},
         CERT_OID_ALTERNATIVE_NAME,
         OCTETS("\x30\x12\x82\x10n1.lab.localhost"),
         false},
        {{.names = "dns:@\\0.x", .names_critical = true},
         CERT_OID_ALTERNATIVE_NAME,
         OCTETS("\x30\x17\x82\x15host.lab.localhost\0.x"),
         true},
        {{.must_staple = true},
         GNUTLS_X509EXT_OID_TLSFEATURES,
         OCTETS("\x30\x03\x02\x01\x05"),
         false},
        {{0}, GNUTLS_X509EXT_OID_TLSFEATURES, NULL, 0, false},
        {{0}, "1.3.6.1.5.5.7.1.1", NULL, 0, false},
        {{0}, "2.5.29.31", NULL, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gnutls_datum_t value = {0};
        unsigned critical = 0;
        bool found = extension(&cases[i].recipe, cases[i].oid, &value, &critical);
        if (found != (cases[i].der != NULL) || value.size != cases[i].size ||
            (found && memcmp(value.data, cases[i].der, value.size) != 0) ||
            critical != cases[i].critical)
            fail_msg("%zu: %s", i, cases[i].oid);
        gnutls_free(value.data);
    }
}

static void revocation_is_told_where_the_index_is(void **state) {
    static const struct lab_recipe told[] = {{.revoked = true}, {.staple = LAB_STAPLE_GOOD}};
    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct lab_chain chain = made(&told[i]);
        gnutls_x509_crt_t leaf = parsed(&chain.certificates[0]);
        gnutls_datum_t uri = {0};
        char point[64];
        size_t size = sizeof point;
        assert_int_equal(
            gnutls_x509_crt_get_authority_info_access(leaf, 0, GNUTLS_IA_OCSP_URI, &uri, NULL), 0);
        assert_int_equal(uri.size, strlen("http://127.0.0.1:4711/ocsp"));
        assert_memory_equal(uri.data, "http://127.0.0.1:4711/ocsp", uri.size);
        assert_int_equal(gnutls_x509_crt_get_crl_dist_points(leaf, 0, point, &size, NULL, NULL),
                         GNUTLS_SAN_URI);
        assert_string_equal(point, "http://127.0.0.1:4711/crl");
        gnutls_free(uri.data);
        gnutls_x509_crt_deinit(leaf);
        lab_chain_finish(&chain);
    }
}

static void an_address_of_ipv6_stands_in_brackets(void **state) {
    const struct lab_scenario scenario = {.name = "host", .recipe = {.revoked = true}};
    const struct lab_place ipv6 = {"lab.localhost", "::1", 4711, now};
    struct lab_chain chain;
    struct error err;
    (void)state;
    assert_int_equal(lab_chain_make(&scenario, &ipv6, keys, authorities, 0, &chain, &err),
                     LAB_MADE);
    assert_non_null(memmem(chain.certificates[0].data, chain.certificates[0].size,
                           "http://[::1]:4711/crl", strlen("http://[::1]:4711/crl")));
    lab_chain_finish(&chain);
}

static void version_1_stays_bare(void **state) {
    (void)state;
    struct lab_chain chain =
        made(&(struct lab_recipe){.issuer = LAB_BY_ITSELF_TRUSTED, .version_1 = true});
    gnutls_x509_crt_t leaf = parsed(&chain.certificates[0]);
    assert_int_equal(gnutls_x509_crt_get_version(leaf), 1);
    assert_true(chain.is_anchor);
    gnutls_x509_crt_deinit(leaf);
    lab_chain_finish(&chain);
}

static void staples_say_what_they_are_to_say(void **state) {
    static const struct {
        enum lab_staple staple;
        const char *expected; /* NULL: it is right */
    } cases[] = {
        {LAB_STAPLE_GOOD, NULL},
        {LAB_STAPLE_REVOKED, "revoked at"},
        {LAB_STAPLE_OF_ANOTHER, "is about another certificate"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lab_chain chain = made(&(struct lab_recipe){.staple = cases[i].staple});
        struct error err = {0};
        int64_t until = 0;
        bool ok = staple_check(&chain.staple, &chain.certificates[0], &chain.certificates[1], now,
                               &until, &err);
        if (ok != !cases[i].expected || (!ok && !strstr(err.text, cases[i].expected)))
            fail_msg("%zu: %s", i, err.text);
        lab_chain_finish(&chain);
    }
    struct lab_chain none = made(&(struct lab_recipe){0});
    assert_int_equal(none.staple.size, 0);
    lab_chain_finish(&none);
}

/* ---- authorities ---- */

static void authorities_have_keys_of_their_own(void **state) {
    unsigned char ids[LAB_ISSUERS + 1][KEY_ID_SIZE];
    size_t count = 0;
    struct error err = {0};
    (void)state;
    for (enum lab_issuer issuer = 0; issuer < LAB_ISSUERS; issuer++) {
        if (issuer == LAB_BY_ITSELF || issuer == LAB_BY_ITSELF_TRUSTED)
            continue;
        gnutls_x509_crt_t read = parsed(&authority(issuer)->certificate);
        assert_true(certificate_key_id(read, ids[count++]));
        gnutls_x509_crt_deinit(read);
    }
    const struct lab_authority *namesake = lab_authority_namesake(authorities, &err);
    assert_non_null(namesake);
    gnutls_x509_crt_t read = parsed(&namesake->certificate);
    assert_true(certificate_key_id(read, ids[count++]));
    gnutls_x509_crt_deinit(read);
    for (size_t i = 0; i < count; i++)
        for (size_t other = 0; other < i; other++)
            assert_memory_not_equal(ids[i], ids[other], KEY_ID_SIZE);
    assert_true(blob_equal(&namesake->subject, &authority(LAB_BY_UNSEEN)->subject));
    assert_ptr_equal(authority(LAB_BY_RSA), authority(LAB_BY_RSA));
}

/* What RFC 5280, 4.2.1.3 and 4.2.1.9, forbids beside what is to be wrong. */
static void an_authority_is_wrong_in_nothing_else(void **state) {
    unsigned usage = 0, critical = 0, is_authority = 0;
    int path_length = 0;
    (void)state;
    gnutls_x509_crt_t none = parsed(&authority(LAB_BY_NO_AUTHORITY)->certificate);
    assert_int_equal(gnutls_x509_crt_get_key_usage(none, &usage, &critical),
                     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    assert_int_equal(
        gnutls_x509_crt_get_basic_constraints(none, &critical, &is_authority, &path_length), 0);
    assert_int_equal(is_authority, 0);
    gnutls_x509_crt_deinit(none);
    gnutls_x509_crt_t signer = parsed(&authority(LAB_BY_NO_SIGNER)->certificate);
    assert_int_equal(gnutls_x509_crt_get_key_usage(signer, &usage, &critical), 0);
    assert_int_equal(usage & GNUTLS_KEY_KEY_CERT_SIGN, 0);
    assert_int_equal(
        gnutls_x509_crt_get_basic_constraints(signer, &critical, &is_authority, &path_length), 1);
    assert_int_equal(path_length, -1);
    gnutls_x509_crt_deinit(signer);
}

static void what_signs_itself_has_no_authority(void **state) {
    struct error err = {0};
    (void)state;
    assert_null(lab_authority(authorities, LAB_BY_ITSELF, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* ---- what cannot be made, or not yet ---- */

static void what_waits_for_a_key_is_made_once_it_is_there(void **state) {
    static const struct lab_recipe waits[] = {{.key = LAB_RSA_4096}, {.key = LAB_RSA_PSS}};
    const struct lab_scenario by_rsa = {.name = "host", .recipe = {.issuer = LAB_BY_RSA}};
    struct lab_keys *few = NULL;
    struct lab_authorities *above = NULL;
    struct lab_chain chain;
    struct error err = {0};
    (void)state;
    making.left = 5;
    making.is_held = true;
    assert_true(lab_keys_create(note_made, NULL, &few, &err));
    assert_true(lab_authorities_create(few, place.domain, now, &above, &err));
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        const struct lab_scenario scenario = {.name = "host", .recipe = waits[i]};
        assert_int_equal(lab_chain_make(&scenario, &place, few, above, 0, &chain, &err),
                         LAB_NOT_YET);
    }
    /* The first key, RSA 2048, may be there already; once it is, nothing else is. */
    pthread_mutex_lock(&making.lock);
    while (making.left > 4)
        pthread_cond_wait(&making.more, &making.lock);
    pthread_mutex_unlock(&making.lock);
    assert_int_equal(lab_chain_make(&by_rsa, &place, few, above, 0, &chain, &err), LAB_MADE);
    assert_int_equal(err.kind, ERROR_NONE);
    lab_chain_finish(&chain);
    lab_authorities_destroy(above);
    pthread_mutex_lock(&making.lock);
    making.is_held = false;
    pthread_cond_broadcast(&making.more);
    pthread_mutex_unlock(&making.lock);
    lab_keys_destroy(few);
}

static void a_recipe_that_cannot_be_followed_is_an_error(void **state) {
    static const struct lab_recipe wrong[] = {
        {.signature = LAB_MD5}, /* ECDSA has none */
        {.names = "ip:@"},          {.names = "other:x"}, {.subject = "nonsense"},
        {.purposes = "serverAuth"}, {.usage = 0x4000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct lab_scenario scenario = {.name = "host", .recipe = wrong[i]};
        struct lab_chain chain = {.count = 42};
        struct error err = {0};
        assert_int_equal(lab_chain_make(&scenario, &place, keys, authorities, 0, &chain, &err),
                         LAB_NOT_MADE);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_int_equal(chain.count, 42);
    }
}

static void every_scenario_can_be_made(void **state) {
    (void)state;
    for (size_t i = 0; i < lab_scenario_count(); i++)
        for (unsigned turn = 0; turn < 2; turn++) {
            struct lab_chain chain = made_turn(lab_scenario_at(i), turn);
            assert_in_range(chain.count, 1, LAB_CHAIN_LIMIT);
            lab_chain_finish(&chain);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_wrong_in_its_one_way),
        cmocka_unit_test(the_wrong_intermediate_has_the_right_name),
        cmocka_unit_test(sent_in_the_order_that_the_recipe_says),
        cmocka_unit_test(the_key_is_the_leafs_unless_it_is_not_to_be),
        cmocka_unit_test(a_certificate_that_changes_changes_its_key),
        cmocka_unit_test(signs_in_texts_are_filled_in),
        cmocka_unit_test(lives_are_as_long_as_they_are_to_be),
        cmocka_unit_test(extensions_are_those_of_the_recipe),
        cmocka_unit_test(revocation_is_told_where_the_index_is),
        cmocka_unit_test(an_address_of_ipv6_stands_in_brackets),
        cmocka_unit_test(version_1_stays_bare),
        cmocka_unit_test(staples_say_what_they_are_to_say),
        cmocka_unit_test(authorities_have_keys_of_their_own),
        cmocka_unit_test(an_authority_is_wrong_in_nothing_else),
        cmocka_unit_test(what_signs_itself_has_no_authority),
        cmocka_unit_test(what_waits_for_a_key_is_made_once_it_is_there),
        cmocka_unit_test(a_recipe_that_cannot_be_followed_is_an_error),
        cmocka_unit_test(every_scenario_can_be_made),
    };
    return cmocka_run_group_tests(tests, make_authorities, drop_authorities);
}
