/* certs/staple: responses of a real responder (openssl ocsp); only the good and current pass. */
#include "certs/staple.h"

#include "base/time_text.h"
#include "test_data.h"

static const int64_t hour = 3600, day = 86400;

struct fixture {
    struct blob leaf, other, issuer, stranger;
    int64_t made_at;
};

static int set_up(void **state) {
    static struct fixture fixture;
    fixture = (struct fixture){data_certificate("leaf.pem"), data_certificate("rsa.pem"),
                               data_certificate("issuing.pem"), data_certificate("stranger.pem"),
                               data_made_at()};
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    blob_finish(&fixture->leaf);
    blob_finish(&fixture->other);
    blob_finish(&fixture->issuer);
    blob_finish(&fixture->stranger);
    return 0;
}

static bool check(const char *name, const struct blob *leaf, const struct blob *issuer, int64_t now,
                  int64_t *until, struct error *err) {
    struct blob response = data_read(name);
    bool ok = staple_check(&response, leaf, issuer, now, until, err);
    blob_finish(&response);
    return ok;
}

static void good_responses_pass(void **state) {
    const struct fixture *f = *state;
    static const char *const names[] = {"good.ocsp", "delegated.ocsp", "key-id.ocsp"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t until = 0;
        struct error err = {0};
        if (!check(names[i], &f->leaf, &f->issuer, f->made_at + hour, &until, &err))
            fail_msg("%s: %s", names[i], err.text);
        /* make.sh takes some seconds. */
        assert_in_range(until, f->made_at + 7 * day, f->made_at + 7 * day + 300);
        assert_true(check(names[i], &f->leaf, NULL, f->made_at + hour, &until, &err));
    }
}

static void response_without_end_lives_a_week(void **state) {
    const struct fixture *f = *state;
    int64_t until = 0;
    assert_true(check("no-end.ocsp", &f->leaf, &f->issuer, f->made_at + hour, &until, NULL));
    assert_in_range(until, f->made_at + 7 * day, f->made_at + 7 * day + 300);
    assert_false(check("no-end.ocsp", &f->leaf, &f->issuer, until, &until, NULL));
}

static void time_decides(void **state) {
    const struct fixture *f = *state;
    int64_t until = 0, end = 0, unchanged = 42;
    struct error err = {0};
    assert_true(check("good.ocsp", &f->leaf, &f->issuer, f->made_at + hour, &end, &err));
    assert_true(check("good.ocsp", &f->leaf, &f->issuer, end - 1, &until, &err));
    assert_false(check("good.ocsp", &f->leaf, &f->issuer, end, &unchanged, &err));
    assert_int_equal(unchanged, 42);
    char date[TIME_TEXT_SIZE], expected[100];
    snprintf(expected, sizeof expected, "is over since %s: fetch a new one", time_text(end, date));
    assert_non_null(strstr(err.text, expected));
    /* This host's clock may be five minutes behind the responder's, not more. */
    int64_t this_update = end - 7 * day;
    assert_true(check("good.ocsp", &f->leaf, &f->issuer, this_update - 300, &until, &err));
    assert_false(check("good.ocsp", &f->leaf, &f->issuer, this_update - 301, &until, &err));
    assert_non_null(strstr(err.text, "set this host's clock right"));
}

static void bad_responses_say_why(void **state) {
    const struct fixture *f = *state;
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"revoked.ocsp", "revoked at 2026-01-01 00:00:00 UTC: replace the certificate"},
        {"unknown.ocsp", "is about another certificate"},
        {"impostor.ocsp", "signed by a certificate that is not meant for OCSP"},
        {"stranger.ocsp", "is not signed by the certificate's issuer"},
        {"try-later.ocsp", "answered with an error (try later)"},
        {"leaf.der", "expected an OCSP response in DER"},
        {"made_at", "expected an OCSP response in DER"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t until = 42;
        struct error err = {0};
        assert_false(check(cases[i].name, &f->leaf, &f->issuer, f->made_at + hour, &until, &err));
        if (!strstr(err.text, cases[i].expected))
            fail_msg("%s: %s", cases[i].name, err.text);
        assert_int_equal(until, 42);
    }
}

static void response_belongs_to_one_certificate(void **state) {
    const struct fixture *f = *state;
    int64_t until = 0;
    struct error err = {0};
    assert_false(check("good.ocsp", &f->other, &f->issuer, f->made_at + hour, &until, &err));
    assert_non_null(strstr(err.text, "is about another certificate"));
    assert_false(check("unknown.ocsp", &f->other, &f->issuer, f->made_at + hour, &until, &err));
    assert_non_null(strstr(err.text, "does not know the certificate"));
    assert_false(check("good.ocsp", &f->leaf, &f->stranger, f->made_at + hour, &until, &err));
    assert_non_null(strstr(err.text, "is not signed by the certificate's issuer"));
}

/* What is signed (RFC 6960, tbsResponseData) stands behind id-pkix-ocsp-basic and the headers of an
 * OCTET STRING and of the BasicOCSPResponse, four octets each. Borrowed from the response. */
static struct blob signed_part(const struct blob *response) {
    static const unsigned char basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
    for (size_t at = 0; at + sizeof basic + 11 < response->size; at++)
        if (memcmp(response->data + at, basic, sizeof basic) == 0) {
            unsigned char *start = response->data + at + sizeof basic + 8;
            assert_int_equal(start[1], 0x81); /* its length follows in one octet */
            return (struct blob){start, 3 + (size_t)start[2]};
        }
    fail_msg("no BasicOCSPResponse");
    return (struct blob){0};
}

static void every_change_of_what_is_signed_is_noticed(void **state) {
    const struct fixture *f = *state;
    struct blob response = data_read("good.ocsp"), part = signed_part(&response);
    for (size_t at = 0; at < part.size; at++) {
        int64_t until = 0;
        part.data[at] ^= 0x01;
        if (staple_check(&response, &f->leaf, &f->issuer, f->made_at + hour, &until, NULL))
            fail_msg("octet %zu of %zu may be changed", at, part.size);
        part.data[at] ^= 0x01;
    }
    blob_finish(&response);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_responses_pass),
        cmocka_unit_test(response_without_end_lives_a_week),
        cmocka_unit_test(time_decides),
        cmocka_unit_test(bad_responses_say_why),
        cmocka_unit_test(response_belongs_to_one_certificate),
        cmocka_unit_test(every_change_of_what_is_signed_is_noticed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
