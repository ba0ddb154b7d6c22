/* trust/judge: the way from a server's certificate to a trusted one. */
#include "trust_bench.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
