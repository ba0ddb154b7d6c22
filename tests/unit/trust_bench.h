/* Certificates that issue each other, and a client that is sent some of them: what trust/judge
 * says. */
#pragma once

#include "certs/names.h"
#include "made_cert.h"
#include "scratch.h"
#include "trust/judge.h"

static const int64_t now = 1800000000;
enum { DAY = 24 * 3600 };

/* ---- certificates that issue each other ---- */

enum shape {
    SHAPE_LEAF, /* EKU serverAuth alone */
    SHAPE_AUTHORITY,
    SHAPE_PLAIN, /* no extension but names */
};

struct made {
    const char *subject;
    const struct made *issuer; /* NULL: itself */
    unsigned key;              /* made_key's `other` */
    enum shape shape;
    const char *dns[6], *address;
    const char *purpose;   /* OID in place of serverAuth */
    const char *permitted; /* DNS name constraint */
    int usage;             /* key usage; -1: none at all */
    int path_length;       /* of an authority; 0 is written 99; otherwise none */
    bool is_not_authority; /* CA:FALSE */
    bool is_authority;     /* CA:TRUE in a leaf */
    gnutls_digest_algorithm_t digest;
    int64_t not_before, not_after;
    bool rsa_1024;
    bool version_1;
};

static inline gnutls_x509_privkey_t key_of(const struct made *made) {
    static gnutls_x509_privkey_t weak;
    if (made->digest == GNUTLS_DIG_MD5)
        return made_key(CERT_KEY_RSA, made->key);
    if (!made->rsa_1024)
        return made_key(CERT_KEY_ECDSA, made->key);
    if (!weak) {
        assert_int_equal(gnutls_x509_privkey_init(&weak), 0);
        assert_int_equal(gnutls_x509_privkey_generate(weak, GNUTLS_PK_RSA, 1024, 0), 0);
    }
    return weak;
}

static inline void set_subject(gnutls_x509_crt_t crt, const char *name) {
    if (name)
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                       (unsigned)strlen(name)),
                         0);
}

static inline void set_names(gnutls_x509_crt_t crt, const struct made *made) {
    unsigned char octets[ADDRESS_OCTETS];
    for (size_t i = 0; i < 6 && made->dns[i]; i++)
        assert_int_equal(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, made->dns[i],
                                                              (unsigned)strlen(made->dns[i]),
                                                              GNUTLS_FSAN_APPEND),
                         0);
    if (made->address)
        assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
                             crt, GNUTLS_SAN_IPADDRESS, octets,
                             (unsigned)address_octets(made->address, octets), GNUTLS_FSAN_APPEND),
                         0);
}

static inline void constrain(gnutls_x509_crt_t crt, const char *name) {
    gnutls_x509_name_constraints_t constraints;
    gnutls_datum_t datum = {(unsigned char *)name, (unsigned)strlen(name)};
    assert_int_equal(gnutls_x509_name_constraints_init(&constraints), 0);
    assert_int_equal(
        gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &datum), 0);
    assert_int_equal(gnutls_x509_crt_set_name_constraints(crt, constraints, 1), 0);
    gnutls_x509_name_constraints_deinit(constraints);
}

static inline void set_shape(gnutls_x509_crt_t crt, const struct made *made) {
    bool is_authority = made->shape == SHAPE_AUTHORITY;
    if (made->is_not_authority)
        gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
    else if (is_authority || made->is_authority)
        gnutls_x509_crt_set_basic_constraints(crt, 1,
                                              made->path_length == 99 ? 0
                                              : made->path_length     ? made->path_length
                                                                      : -1);
    if (made->usage > 0)
        gnutls_x509_crt_set_key_usage(crt, (unsigned)made->usage);
    else if (is_authority && made->usage == 0)
        gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    if (made->purpose || made->shape == SHAPE_LEAF)
        gnutls_x509_crt_set_key_purpose_oid(
            crt, made->purpose ? made->purpose : GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (made->permitted)
        constrain(crt, made->permitted);
}

/* The caller's. */
static inline gnutls_x509_crt_t make(const struct made *made) {
    static unsigned char serial = 1;
    const struct made *issuer = made->issuer ? made->issuer : made;
    gnutls_x509_crt_t crt, above;
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_init(&above), 0);
    gnutls_x509_crt_set_version(crt, made->version_1 ? 1 : 3);
    serial = serial == 127 ? 1 : (unsigned char)(serial + 1);
    gnutls_x509_crt_set_serial(crt, &serial, 1);
    gnutls_x509_crt_set_activation_time(crt,
                                        (time_t)(made->not_before ? made->not_before : now - DAY));
    gnutls_x509_crt_set_expiration_time(
        crt, (time_t)(made->not_after ? made->not_after : now + 30 * DAY));
    set_subject(crt, made->subject);
    set_subject(above, issuer->subject);
    if (!made->version_1) {
        set_names(crt, made);
        set_shape(crt, made);
    }
    assert_int_equal(gnutls_x509_crt_set_key(crt, key_of(made)), 0);
    assert_int_equal(gnutls_x509_crt_set_key(above, key_of(issuer)), 0);
    gnutls_digest_algorithm_t digest = made->digest ? made->digest : GNUTLS_DIG_SHA256;
    assert_int_equal(
        gnutls_x509_crt_sign2(crt, made->issuer ? above : crt, key_of(issuer), digest, 0), 0);
    gnutls_x509_crt_deinit(above);
    return crt;
}

/* ---- a client and what it is sent ---- */

enum { MOST = 8 };

struct bench {
    struct made made[MOST];
    struct blob der[MOST]; /* made once */
    struct scratch *scratch;
};

static inline const struct blob *der_of(struct bench *bench, const struct made *made) {
    size_t at = (size_t)(made - bench->made);
    gnutls_datum_t datum = {0};
    assert_true(at < MOST);
    if (!bench->der[at].data) {
        gnutls_x509_crt_t crt = make(made);
        assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &datum), 0);
        bench->der[at] = made_blob(&datum);
        gnutls_x509_crt_deinit(crt);
    }
    return &bench->der[at];
}

static inline void put_pem_of(struct bench *bench, const struct made *made, const char *path) {
    const struct blob *der = der_of(bench, made);
    gnutls_datum_t datum = {der->data, (unsigned)der->size}, text = {0};
    assert_int_equal(gnutls_pem_base64_encode2("CERTIFICATE", &datum, &text), 0);
    put_file(path, (const char *)text.data);
    gnutls_free(text.data);
}

static inline struct trust_anchors *anchors_of(struct bench *bench, const struct made *anchor) {
    const char *path = scratch_path(bench->scratch, "anchor.pem");
    struct trust_anchors *anchors;
    struct error err = {0};
    put_pem_of(bench, anchor, path);
    if (!trust_anchors_of_path(path, &anchors, &err))
        fail_msg("%s", err.text);
    return anchors;
}

/* `sent`: indices into `made`, e.g. "01". The caller's: trust_judgement_finish. */
static inline struct trust_judgement judge(struct bench *bench, const char *sent, int anchor,
                                           const char *host) {
    struct blob chain[MOST];
    struct trust_judgement judgement;
    struct error err = {0};
    size_t count = strlen(sent);
    for (size_t i = 0; i < count; i++)
        chain[i] = *der_of(bench, &bench->made[sent[i] - '0']);
    struct trust_anchors *anchors = anchors_of(bench, &bench->made[anchor]);
    if (!trust_judge(chain, count, host, anchors, now, &judgement, &err))
        fail_msg("%s", err.text);
    trust_anchors_destroy(anchors);
    for (size_t i = 0; i < MOST; i++)
        blob_finish(&bench->der[i]);
    return judgement;
}

/* What is expected of one condition: NULL: holds and says nothing; "+…": holds with a reservation
 * in which this stands; else it does not hold, and this stands in the reason. */
static inline void assert_finding(const struct trust_judgement *judgement,
                                  enum trust_condition condition, const char *expected) {
    const struct trust_finding *finding = &judgement->findings[condition];
    const char *word = trust_conditions[condition].word;
    bool holds = !expected || expected[0] == '+';
    if (finding->holds != holds)
        fail_msg("%s: %s (%s)", word, holds ? "does not hold" : "holds",
                 finding->reason ? finding->reason : "");
    if (!expected) {
        if (finding->reason || finding->mend)
            fail_msg("%s: %s; %s", word, finding->reason, finding->mend);
        return;
    }
    if (!finding->reason || !strstr(finding->reason, expected + holds))
        fail_msg("%s: no \"%s\" in \"%s\"", word, expected, finding->reason);
    assert_non_null(finding->mend);
}

struct expected {
    const char *named, *used, *issuer, *current;
};

static inline void assert_judged(struct bench *bench, const char *sent, int anchor,
                                 const char *host, const struct expected *expected) {
    struct trust_judgement judgement = judge(bench, sent, anchor, host);
    bool silent = true;
    assert_finding(&judgement, TRUST_NAMED, expected->named);
    assert_finding(&judgement, TRUST_USED, expected->used);
    assert_finding(&judgement, TRUST_ISSUER, expected->issuer);
    assert_finding(&judgement, TRUST_CURRENT, expected->current);
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++)
        silent &= judgement.findings[i].holds;
    assert_int_equal(judgement.silent, silent);
    trust_judgement_finish(&judgement);
}

#define JUDGED(bench, sent, anchor, host, ...) \
    assert_judged(bench, sent, anchor, host, &(struct expected){__VA_ARGS__})

static inline struct bench bench_of(void **state) {
    return (struct bench){.scratch = *state};
}

/* 0: the server's own, 1: intermediate, 2: root, 3: another root. */
static inline struct bench chain_of(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail", .dns = {"mail.example.org"}};
    bench.made[1] = (struct made){.subject = "Issuing", .shape = SHAPE_AUTHORITY, .key = 1};
    bench.made[2] = (struct made){.subject = "Root", .shape = SHAPE_AUTHORITY, .key = 2};
    bench.made[3] = (struct made){.subject = "Other", .shape = SHAPE_AUTHORITY, .key = 3};
    return bench;
}

/* The bench moves when it is returned. */
static inline void link_chain(struct bench *bench) {
    bench->made[0].issuer = &bench->made[1];
    bench->made[1].issuer = &bench->made[2];
}

#define CHAIN(state)                      \
    struct bench bench = chain_of(state); \
    link_chain(&bench)
