/* trust/judge: what is wrong with a certificate for a client, and how to mend it. */
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

static gnutls_x509_privkey_t key_of(const struct made *made) {
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

static void set_subject(gnutls_x509_crt_t crt, const char *name) {
    if (name)
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                       (unsigned)strlen(name)),
                         0);
}

static void set_names(gnutls_x509_crt_t crt, const struct made *made) {
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

static void constrain(gnutls_x509_crt_t crt, const char *name) {
    gnutls_x509_name_constraints_t constraints;
    gnutls_datum_t datum = {(unsigned char *)name, (unsigned)strlen(name)};
    assert_int_equal(gnutls_x509_name_constraints_init(&constraints), 0);
    assert_int_equal(
        gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &datum), 0);
    assert_int_equal(gnutls_x509_crt_set_name_constraints(crt, constraints, 1), 0);
    gnutls_x509_name_constraints_deinit(constraints);
}

static void set_shape(gnutls_x509_crt_t crt, const struct made *made) {
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
static gnutls_x509_crt_t make(const struct made *made) {
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

static const struct blob *der_of(struct bench *bench, const struct made *made) {
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

static void put_pem_of(struct bench *bench, const struct made *made, const char *path) {
    const struct blob *der = der_of(bench, made);
    gnutls_datum_t datum = {der->data, (unsigned)der->size}, text = {0};
    assert_int_equal(gnutls_pem_base64_encode2("CERTIFICATE", &datum, &text), 0);
    put_file(path, (const char *)text.data);
    gnutls_free(text.data);
}

static struct trust_anchors *anchors_of(struct bench *bench, const struct made *anchor) {
    const char *path = scratch_path(bench->scratch, "anchor.pem");
    struct trust_anchors *anchors;
    struct error err = {0};
    put_pem_of(bench, anchor, path);
    if (!trust_anchors_of_path(path, &anchors, &err))
        fail_msg("%s", err.text);
    return anchors;
}

/* `sent`: indices into `made`, e.g. "01". The caller's: trust_judgement_finish. */
static struct trust_judgement judge(struct bench *bench, const char *sent, int anchor,
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
static void assert_finding(const struct trust_judgement *judgement, enum trust_condition condition,
                           const char *expected) {
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

static void assert_judged(struct bench *bench, const char *sent, int anchor, const char *host,
                          const struct expected *expected) {
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

static struct bench bench_of(void **state) {
    return (struct bench){.scratch = *state};
}

/* ---- names ---- */

static void names_in_the_alternative_names_are_found(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail",
                                  .dns = {"mail.example.org", "*.web.example.org"},
                                  .address = "192.0.2.1"};
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, NULL, NULL);
    JUDGED(&bench, "0", 0, "a.web.example.org", NULL, NULL, NULL, NULL);
    JUDGED(&bench, "0", 0, "192.0.2.1", NULL, NULL, NULL, NULL);
    JUDGED(&bench, "0", 0, "mail", NULL,
           "it is for mail.example.org, *.web.example.org, 192.0.2.1, not for mail", NULL, NULL);
    JUDGED(&bench, "0", 0, "a.b.web.example.org", NULL, "stands for one label alone", NULL, NULL);
    JUDGED(&bench, "0", 0, "web.example.org", NULL, "not for web.example.org", NULL, NULL);
    JUDGED(&bench, "0", 0, "2001:db8::1", NULL, "not for 2001:db8::1", NULL, NULL);
}

static void many_names_are_not_all_told(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail",
                                  .dns = {"a.org", "b.org", "c.org", "d.org", "e.org", "f.org"}};
    JUDGED(&bench, "0", 0, "x.org", NULL, "a.org, b.org, c.org, d.org and 2 more, not for x.org",
           NULL, NULL);
}

static void common_name_alone_is_not_where_browsers_look(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail.example.org"};
    JUDGED(&bench, "0", 0, "mail.example.org",
           "its only name, mail.example.org, is the common name", NULL, NULL, NULL);
    JUDGED(&bench, "0", 0, "other.example.org", "is the common name",
           "it is for mail.example.org, not for other.example.org", NULL, NULL);
    bench.made[0] = (struct made){0};
    JUDGED(&bench, "0", 0, "mail.example.org", "there is no name in it", "it is for no host", NULL,
           NULL);
}

static void an_address_as_a_dns_name_is_told(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail", .dns = {"mail.example.org", "192.0.2.1"}};
    JUDGED(&bench, "0", 0, "mail.example.org", "+the address 192.0.2.1 stands in it as a DNS name",
           NULL, NULL, NULL);
    JUDGED(&bench, "0", 0, "192.0.2.1", "+the address 192.0.2.1 stands in it as a DNS name",
           "192.0.2.1 stands in it as a DNS name alone", NULL, NULL);
    bench.made[0] = (struct made){.subject = "mail", .dns = {"192.0.2.1"}};
    JUDGED(&bench, "0", 0, "192.0.2.1", "the address 192.0.2.1 stands in it as a DNS name",
           "stands in it as a DNS name alone", NULL, NULL);
    /* Old clients wanted it beside the address. */
    bench.made[0] = (struct made){.subject = "mail", .dns = {"192.0.2.1"}, .address = "192.0.2.1"};
    JUDGED(&bench, "0", 0, "192.0.2.1", NULL, NULL, NULL, NULL);
}

/* ---- dates ---- */

static void dates_are_those_of_the_time_asked_about(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail",
                                  .dns = {"mail.example.org"},
                                  .not_before = now - 2 * DAY,
                                  .not_after = now - DAY};
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, NULL,
           "it expired on 2027-01-14 08:00:00 UTC");
    bench.made[0].not_after = now;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, NULL, NULL);
    bench.made[0].not_after = now + 2 * DAY;
    bench.made[0].not_before = now + DAY;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, NULL,
           "it is valid only from 2027-01-16");
}

/* ---- self-signed ---- */

static void a_self_signed_one_must_be_trusted_itself(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail", .dns = {"mail.example.org"}};
    bench.made[1] = (struct made){.subject = "other", .dns = {"other.example.org"}, .key = 1};
    bench.made[2] = (struct made){.subject = "mail", .dns = {"mail.example.org"}, .key = 1};
    JUDGED(&bench, "0", 1, "mail.example.org", NULL, NULL,
           "it is self-signed and not among the trusted certificates", NULL);
    JUDGED(&bench, "0", 2, "mail.example.org", NULL, NULL,
           "what is trusted under its name is another certificate", NULL);
    struct trust_judgement judgement = judge(&bench, "0", 0, "mail.example.org");
    assert_true(judgement.silent);
    assert_string_equal(judgement.anchor, "CN=mail");
    trust_judgement_finish(&judgement);
    judgement = judge(&bench, "0", 1, "mail.example.org");
    assert_null(judgement.anchor);
    trust_judgement_finish(&judgement);
}

/* Of whose anchors nothing is known. */
static void without_anchors_the_rest_is_judged(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail", .dns = {"mail.example.org"}};
    const struct blob *chain = der_of(&bench, &bench.made[0]);
    struct trust_judgement judgement;
    struct error err = {0};
    assert_true(trust_judge(chain, 1, "mail.example.org", NULL, now, &judgement, &err));
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++)
        assert_int_equal(judgement.findings[i].holds, i != TRUST_ISSUER);
    assert_null(judgement.anchor);
    trust_judgement_finish(&judgement);
    blob_finish(&bench.der[0]);
}

/* The table in docs/ARCHITECTURE.md's source: what clients said of each shape. */
static void its_shape_decides_who_takes_it(void **state) {
    struct bench bench = bench_of(state);
    const struct made base = {.subject = "mail", .dns = {"mail.example.org"}};
    bench.made[0] = base;
    bench.made[0].shape = SHAPE_PLAIN;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, NULL, NULL);
    bench.made[0] = base;
    bench.made[0].usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, "+with key usage", NULL);
    bench.made[0] = base;
    bench.made[0].is_not_authority = true;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, "+with CA:FALSE", NULL);
    bench.made[0] = base;
    bench.made[0].is_authority = true;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, "Firefox refuses for a server", NULL);
    bench.made[0] = base;
    bench.made[0].usage = GNUTLS_KEY_KEY_CERT_SIGN;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, "digitalSignature is missing", NULL);
    bench.made[0] = base;
    bench.made[0].purpose = GNUTLS_KP_TLS_WWW_CLIENT;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, "it is not for servers", NULL);
    bench.made[0] = base;
    bench.made[0].rsa_1024 = true;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, "+OpenSSL refuses fewer than 2048 bits",
           NULL);
    /* Nobody looks at the signature of what is trusted itself. */
    bench.made[0] = base;
    bench.made[0].digest = GNUTLS_DIG_SHA1;
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL, NULL, NULL);
}

/* ---- chains ---- */

/* 0: the server's own, 1: intermediate, 2: root, 3: another root. */
static struct bench chain_of(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] = (struct made){.subject = "mail", .dns = {"mail.example.org"}};
    bench.made[1] = (struct made){.subject = "Issuing", .shape = SHAPE_AUTHORITY, .key = 1};
    bench.made[2] = (struct made){.subject = "Root", .shape = SHAPE_AUTHORITY, .key = 2};
    bench.made[3] = (struct made){.subject = "Other", .shape = SHAPE_AUTHORITY, .key = 3};
    return bench;
}

/* The bench moves when it is returned. */
static void link_chain(struct bench *bench) {
    bench->made[0].issuer = &bench->made[1];
    bench->made[1].issuer = &bench->made[2];
}

#define CHAIN(state)                      \
    struct bench bench = chain_of(state); \
    link_chain(&bench)

static void a_chain_holds_in_any_order(void **state) {
    CHAIN(state);
    static const char *const orders[] = {"01", "012", "021", "0321", "0131"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct trust_judgement judgement = judge(&bench, orders[i], 2, "mail.example.org");
        if (!judgement.silent)
            fail_msg("%s: %s", orders[i], judgement.findings[TRUST_ISSUER].reason);
        assert_string_equal(judgement.anchor, "CN=Root");
        trust_judgement_finish(&judgement);
    }
}

static void what_is_missing_is_named(void **state) {
    CHAIN(state);
    JUDGED(&bench, "0", 2, "mail.example.org", NULL, NULL,
           "the issuer CN=Issuing is not sent and not known", NULL);
    JUDGED(&bench, "02", 2, "mail.example.org", NULL, NULL,
           "the issuer CN=Issuing is not sent and not known", NULL);
    JUDGED(&bench, "01", 3, "mail.example.org", NULL, NULL,
           "the issuer CN=Root of CN=Issuing is not sent and not known", NULL);
    JUDGED(&bench, "012", 3, "mail.example.org", NULL, NULL,
           "its chain ends in CN=Root, which is not among the trusted certificates", NULL);
    JUDGED(&bench, "0", 0, "mail.example.org", NULL, NULL,
           "among the trusted ones in place of its issuer, CN=Issuing", NULL);
    JUDGED(&bench, "0", 1, "mail.example.org", NULL, NULL, NULL, NULL);
}

static void an_issuer_with_another_key_is_told(void **state) {
    CHAIN(state);
    bench.made[4] = bench.made[1]; /* the same name, renewed with a new key */
    bench.made[4].key = 3;
    JUDGED(&bench, "04", 2, "mail.example.org", NULL, NULL,
           "the certificate of CN=Issuing that was found did not sign that of CN=mail", NULL);
    JUDGED(&bench, "041", 2, "mail.example.org", NULL, NULL, NULL, NULL);
}

static void each_issuer_must_be_allowed_to(void **state) {
    CHAIN(state);
    bench.made[1].is_not_authority = true;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, "is no authority (CA:TRUE is missing)",
           NULL);
    bench.made[1].is_not_authority = false;
    bench.made[1].usage = GNUTLS_KEY_CRL_SIGN;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, "has no keyCertSign", NULL);
    bench.made[1].usage = 0;
    bench.made[2].path_length = 99;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL,
           "CN=Root allows 0 authorities below it, and there are 1", NULL);
    bench.made[2].path_length = 1;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, NULL, NULL);
    bench.made[1].purpose = GNUTLS_KP_EMAIL_PROTECTION;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, "CN=Issuing may not issue for servers",
           NULL);
    bench.made[1].purpose = NULL;
    bench.made[0].purpose = GNUTLS_KP_TLS_WWW_CLIENT;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, "it is not for servers", NULL);
    bench.made[0].purpose = NULL;
    bench.made[0].is_authority = true;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, "which Firefox refuses", NULL);
}

static void a_trusted_one_of_version_1_may_issue(void **state) {
    CHAIN(state);
    bench.made[2].version_1 = true;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, NULL, NULL);
    bench.made[1].version_1 = true;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, "CN=Issuing issued that of CN=mail",
           NULL);
}

static void weak_signatures_no_longer_count(void **state) {
    CHAIN(state);
    bench.made[0].digest = GNUTLS_DIG_SHA1;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL,
           "it is signed with ECDSA-SHA1, which no longer counts", NULL);
    bench.made[0].digest = 0;
    bench.made[1].digest = GNUTLS_DIG_SHA1;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL,
           "the certificate of CN=Issuing is signed with", NULL);
    bench.made[1].digest = 0;
    bench.made[2].digest = GNUTLS_DIG_SHA1; /* the root's own does not matter */
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, NULL, NULL);
}

static void md5_no_longer_counts(void **state) {
    CHAIN(state);
    for (size_t i = 0; i < 3; i++)
        bench.made[i].digest = GNUTLS_DIG_MD5; /* with RSA keys: there is no ECDSA with it */
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL,
           "it is signed with RSA-MD5, which no longer counts", NULL);
}

static void name_constraints_bind(void **state) {
    CHAIN(state);
    bench.made[1].permitted = "example.org";
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, NULL, NULL);
    bench.made[1].permitted = "example.com";
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL,
           "CN=Issuing may not issue for all the names in the certificate of CN=mail", NULL);
    bench.made[1].permitted = NULL;
    bench.made[2].permitted = "example.com"; /* those of what is trusted, too */
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL,
           "CN=Root may not issue for all the names in the certificate of CN=mail", NULL);
}

static void each_of_the_chain_must_be_current(void **state) {
    CHAIN(state);
    bench.made[1].not_before = now - 9 * DAY;
    bench.made[1].not_after = now - 1;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, NULL,
           "the certificate of its issuer CN=Issuing expired on 2027-01-15 07:59:59 UTC");
    JUDGED(&bench, "01", 3, "mail.example.org", NULL, NULL, "is not sent and not known",
           "CN=Issuing expired");
    /* Renewed with the same key: the way leads through the new one, wherever it stands. */
    bench.made[4] = bench.made[1];
    bench.made[4].not_after = now + DAY;
    JUDGED(&bench, "014", 2, "mail.example.org", NULL, NULL, NULL, NULL);
    bench.made[1].not_after = now + DAY;
    bench.made[2].not_before = now - 9 * DAY;
    bench.made[2].not_after = now - 1;
    JUDGED(&bench, "01", 2, "mail.example.org", NULL, NULL, NULL, "CN=Root expired");
}

/* A root that was also signed by an older one which nobody trusts any more. */
static void a_way_through_what_is_not_trusted_is_not_the_only_one(void **state) {
    CHAIN(state);
    bench.made[4] = bench.made[2];
    bench.made[4].issuer = &bench.made[3];
    JUDGED(&bench, "0143", 2, "mail.example.org", NULL, NULL, NULL, NULL);
    JUDGED(&bench, "014", 3, "mail.example.org", NULL, NULL, NULL, NULL);
}

/* Many of one name and key cost no more than each being looked at once. */
static void a_ring_ends(void **state) {
    struct bench bench = bench_of(state);
    bench.made[0] =
        (struct made){.subject = "mail", .dns = {"mail.example.org"}, .issuer = &bench.made[1]};
    bench.made[1] =
        (struct made){.subject = "A", .shape = SHAPE_AUTHORITY, .key = 1, .issuer = &bench.made[2]};
    bench.made[2] =
        (struct made){.subject = "B", .shape = SHAPE_AUTHORITY, .key = 2, .issuer = &bench.made[1]};
    bench.made[3] = (struct made){.subject = "Other", .shape = SHAPE_AUTHORITY, .key = 3};
    JUDGED(&bench, "012", 3, "mail.example.org", NULL, NULL,
           "the issuer CN=A of CN=B is not sent and not known", NULL);
}

static void what_is_no_certificate_is_an_error(void **state) {
    struct bench bench = bench_of(state);
    struct trust_judgement judgement;
    struct error err = {0};
    unsigned char text[] = "garbage";
    bench.made[0] = (struct made){.subject = "mail"};
    struct trust_anchors *anchors = anchors_of(&bench, &bench.made[0]);
    struct blob chain[] = {*der_of(&bench, &bench.made[0]), {text, sizeof text}};
    assert_false(trust_judge(chain, 2, "mail", anchors, now, &judgement, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "certificate 2 of the chain"));
    assert_false(trust_judge(chain, 0, "mail", anchors, now, &judgement, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    blob_finish(&bench.der[0]);
    trust_anchors_destroy(anchors);
}

/* ---- anchors ---- */

static void anchors_come_from_files_and_folders(void **state) {
    CHAIN(state);
    struct trust_anchors *anchors = NULL;
    struct error err = {0};
    struct blob both = {0};
    put_folder(scratch_path(*state, "folder"));
    assert_false(trust_anchors_of_path(scratch_path(*state, "folder"), &anchors, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    put_file(scratch_path(*state, "folder/README"), "no certificate");
    put_pem_of(&bench, &bench.made[2], scratch_path(*state, "folder/root.pem"));
    put_link("root.pem", scratch_path(*state, "folder/01234567.0")); /* as c_rehash does */
    put_pem_of(&bench, &bench.made[3], scratch_path(*state, "folder/other.pem"));
    assert_true(trust_anchors_of_path(scratch_path(*state, "folder"), &anchors, &err));
    assert_int_equal(trust_anchors_count(anchors), 2);
    trust_anchors_destroy(anchors);
    const char *der = scratch_path(*state, "root.der");
    int file = open(der, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const struct blob *octets = der_of(&bench, &bench.made[2]);
    assert_int_equal(write(file, octets->data, octets->size), octets->size);
    close(file);
    assert_true(trust_anchors_of_path(der, &anchors, &err));
    assert_int_equal(trust_anchors_count(anchors), 1);
    trust_anchors_destroy(anchors);
    assert_false(trust_anchors_of_path(scratch_path(*state, "folder/README"), &anchors, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(trust_anchors_of_path(scratch_path(*state, "none"), &anchors, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    trust_anchors_destroy(NULL);
    blob_finish(&both);
    for (size_t i = 0; i < MOST; i++)
        blob_finish(&bench.der[i]);
}

/* Whether this machine has any is not ours to say. */
static void the_systems_are_found_or_missing(void **state) {
    (void)state;
    struct trust_anchors *anchors = NULL;
    struct error err = {0};
    if (trust_anchors_of_system(&anchors, &err))
        assert_true(trust_anchors_count(anchors) > 0);
    else
        assert_int_equal(err.kind, ERROR_MISSING);
    trust_anchors_destroy(anchors);
}

static void each_condition_has_its_row(void **state) {
    (void)state;
    static const char *const words[] = {"named", "used", "issuer", "current"};
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        assert_string_equal(trust_conditions[i].word, words[i]);
        assert_true(strlen(trust_conditions[i].sentence) > 0);
        assert_true(strlen(trust_conditions[i].who) > 0);
        assert_true(strlen(trust_conditions[i].mend) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(names_in_the_alternative_names_are_found),
        scratch_test(many_names_are_not_all_told),
        scratch_test(common_name_alone_is_not_where_browsers_look),
        scratch_test(an_address_as_a_dns_name_is_told),
        scratch_test(dates_are_those_of_the_time_asked_about),
        scratch_test(a_self_signed_one_must_be_trusted_itself),
        scratch_test(without_anchors_the_rest_is_judged),
        scratch_test(its_shape_decides_who_takes_it),
        scratch_test(a_chain_holds_in_any_order),
        scratch_test(what_is_missing_is_named),
        scratch_test(an_issuer_with_another_key_is_told),
        scratch_test(each_issuer_must_be_allowed_to),
        scratch_test(a_trusted_one_of_version_1_may_issue),
        scratch_test(weak_signatures_no_longer_count),
        scratch_test(md5_no_longer_counts),
        scratch_test(name_constraints_bind),
        scratch_test(each_of_the_chain_must_be_current),
        scratch_test(a_way_through_what_is_not_trusted_is_not_the_only_one),
        scratch_test(a_ring_ends),
        scratch_test(what_is_no_certificate_is_an_error),
        scratch_test(anchors_come_from_files_and_folders),
        cmocka_unit_test(the_systems_are_found_or_missing),
        cmocka_unit_test(each_condition_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
