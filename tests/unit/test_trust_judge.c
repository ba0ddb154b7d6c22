/* trust/judge: what is wrong with a server's own certificate for a client, and how to mend it. */
#include "trust_bench.h"

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
#define MAIL .subject = "mail", .dns = { "mail.example.org" }
    static const struct {
        struct made made;
        const char *issuer;
    } shapes[] = {
        {{MAIL, .shape = SHAPE_PLAIN}, NULL},
        {{MAIL, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT},
         "+with key usage"},
        {{MAIL, .is_not_authority = true}, "+with CA:FALSE"},
        {{MAIL, .is_authority = true}, "Firefox refuses for a server"},
        {{MAIL, .usage = GNUTLS_KEY_KEY_CERT_SIGN}, "digitalSignature is missing"},
        {{MAIL, .purpose = GNUTLS_KP_TLS_WWW_CLIENT}, "it is not for servers"},
        {{MAIL, .rsa_1024 = true}, "+OpenSSL refuses fewer than 2048 bits"},
        /* Nobody looks at the signature of what is trusted itself. */
        {{MAIL, .digest = GNUTLS_DIG_SHA1}, NULL},
    };
    struct bench bench = bench_of(state);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bench.made[0] = shapes[i].made;
        JUDGED(&bench, "0", 0, "mail.example.org", .issuer = shapes[i].issuer);
    }
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
        scratch_test(what_is_no_certificate_is_an_error),
        cmocka_unit_test(each_condition_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
