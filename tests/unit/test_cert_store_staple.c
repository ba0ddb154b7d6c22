/* certs/cert_store: an OCSP response beside an entry comes, ends and is refused apart from it. */
#include "store_fixture.h"

static bool stapled(const struct fixture *f) {
    const struct cert *cert = cert_set_entry(cert_store_set(f->certs), "a");
    return cert && cert_staple(cert, f->now);
}

static void put_leaf(const struct fixture *f) {
    struct blob leaf = data_read("leaf.pem"), issuing = data_read("issuing.pem");
    struct buffer chain = {0};
    buffer_append(&chain, leaf.data, leaf.size);
    buffer_append(&chain, issuing.data, issuing.size);
    assert_false(chain.failed);
    put(f, "store/a.crt", chain.data, chain.size, 0644);
    put_data(f, "store/a.key", "leaf.key");
    buffer_finish(&chain);
    blob_finish(&leaf);
    blob_finish(&issuing);
}

static void staple_comes_and_goes(void **state) {
    struct fixture *f = *state;
    put_leaf(f);
    EXPECT(f, 0, "added a");
    assert_false(stapled(f));
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "replaced a");
    assert_true(stapled(f));
    scan(f, CERTAIN);
    assert_in_range(f->again_in_ms, 1000, INT64_C(1000) * 7 * 24 * 3600);
    put_data(f, "store/a.ocsp", "delegated.ocsp");
    EXPECT(f, 0, "replaced a");
    drop(f, "store/a.ocsp");
    EXPECT(f, 0, "replaced a");
    assert_false(stapled(f));
    rest(f);
}

static void bad_staples_are_left_out(void **state) {
    struct fixture *f = *state;
    static const char *const bad[] = {"revoked.ocsp", "unknown.ocsp", "stranger.ocsp", "leaf.der"};
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    scan(f, CERTAIN);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_data(f, "store/a.ocsp", bad[i]);
        EXPECT(f, 0, "");
        assert_true(stapled(f)); /* the last one, while this one may be half written */
        EXPECT(f, SETTLED, "staple refused a a.ocsp");
        assert_true(f->changed);
        assert_false(stapled(f));
        assert_int_equal(cert_store_refusal_count(f->certs), 1);
        assert_true(cert_store_refusal_at(f->certs, 0).staple);
        EXPECT(f, 10, "");
        assert_int_equal(cert_set_count(cert_store_set(f->certs)), 1);
        put_data(f, "store/a.ocsp", "good.ocsp");
        EXPECT(f, 0, "replaced a");
        assert_true(stapled(f));
        assert_int_equal(cert_store_refusal_count(f->certs), 0);
        scan(f, CERTAIN);
    }
    assert_int_equal(truncate(in_root(f, "store/a.ocsp"), 64 * 1024 + 1), 0);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "staple refused a a.ocsp", "more than the 65536 it may");
    drop(f, "store/a.ocsp");
    EXPECT(f, 0, "mended a");
    rest(f);
}

static void staple_of_another_certificate_is_left_out(void **state) {
    struct fixture *f = *state;
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    put_crt(f, "store/a.crt", 1);
    put_key(f, "store/a.key", 1);
    EXPECT(f, CERTAIN, "replaced a");
    assert_false(stapled(f));
    EXPECT_REASON(f, SETTLED, "staple refused a a.ocsp", "another certificate");
    put_leaf(f);
    EXPECT(f, 0, "replaced a");
    assert_true(stapled(f));
}

static void staple_ends_with_time(void **state) {
    struct fixture *f = *state;
    int64_t made_at = f->now;
    enum { WEEK = 7 * 24 * 3600, SLACK = 300 };
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    scan(f, made_at + WEEK - 600 - f->now);
    assert_string_equal(f->lines.data ? f->lines.data : "", "");
    assert_true(stapled(f));
    assert_in_range(f->again_in_ms, 1, (600 + SLACK) * INT64_C(1000));
    EXPECT_REASON(f, f->again_in_ms / 1000, "staple refused a a.ocsp", "is over since");
    assert_false(stapled(f));
    assert_int_equal(f->again_in_ms, -1);
    /* Its host's clock was wrong. */
    f->now = made_at;
    EXPECT(f, 0, "replaced a");
    assert_true(stapled(f));
}

static void staple_of_a_broken_entry_ends_in_silence(void **state) {
    struct fixture *f = *state;
    enum { MONTH = 30 * 24 * 3600 };
    put_leaf(f);
    put_data(f, "store/a.ocsp", "good.ocsp");
    EXPECT(f, 0, "added a");
    put_text(f, "store/a.key", "garbage");
    scan(f, 0);
    EXPECT(f, CERTAIN, "refused a a.key, kept");
    assert_true(stapled(f));
    EXPECT(f, MONTH, "");
    assert_false(stapled(f));
    assert_int_equal(f->again_in_ms, -1);
    put_data(f, "store/a.key", "leaf.key");
    EXPECT(f, 0, "staple refused a a.ocsp");
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(staple_comes_and_goes),
        STORE_TEST(bad_staples_are_left_out),
        STORE_TEST(staple_of_another_certificate_is_left_out),
        STORE_TEST(staple_ends_with_time),
        STORE_TEST(staple_of_a_broken_entry_ends_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
