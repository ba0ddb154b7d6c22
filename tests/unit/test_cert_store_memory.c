/* certs/cert_store while memory runs out: whichever allocation fails, nothing that is served is
 * lost, and the next scan makes up for it. */
#include "failing_allocations.h"
#include "store_fixture.h"

static void note_nothing(void *context, const struct cert_store_event *event) {
    assert_int_not_equal(event->kind, CERT_STORE_MENDED);
    *(bool *)context |= event->kind == CERT_STORE_REMOVED;
}

/* Scans while the allocation after `n` others fails; false if there were no more than that. */
static bool scan_failing(struct fixture *f, long n, bool *removed) {
    allocation_fails_after(n);
    cert_store_scan(f->certs, ++f->now, note_nothing, removed, &f->again_in_ms);
    bool failed = allocation_has_failed();
    return failed;
}

static void fill(const struct fixture *f) {
    put_pem(f, "store/a.pem", 1);
    put_crt(f, "store/b.crt", 1);
    put_key(f, "store/b.key", 1);
    put_crt(f, "live/tls.crt", 3);
    put_key(f, "live/tls.key", 3);
    put_text(f, "store/broken.pem", "garbage");
    put_text(f, "store/README", "read me");
}

static void first_scan_is_made_up_for(void **state) {
    struct fixture *f = *state;
    bool removed = false;
    make_folder(f, "live");
    make_link(f, "../live", "store/c");
    fill(f);
    long n = 0;
    for (bool failed = true; failed; n++) {
        open_store(f, false);
        failed = scan_failing(f, n, &removed);
        scan(f, CERTAIN);
        scan(f, CERTAIN);
        assert_int_equal(cert_set_count(cert_store_set(f->certs)), 3);
        assert_int_equal(served(f, "c"), 3);
        assert_int_equal(cert_store_refusal_count(f->certs), 1);
        assert_string_equal(cert_store_refusal_at(f->certs, 0).entry, "broken");
    }
    assert_true(n > 100); /* or the allocations did not come here */
    assert_false(removed);
}

static void change_is_made_up_for(void **state) {
    struct fixture *f = *state;
    make_folder(f, "live");
    make_link(f, "../live", "store/c");
    long n = 0;
    for (bool failed = true; failed; n++) {
        bool removed = false;
        fill(f);
        scan(f, 0);
        scan(f, CERTAIN);
        scan(f, CERTAIN);
        assert_int_equal(cert_set_count(cert_store_set(f->certs)), 3);
        put_pem(f, "store/a.pem", 2);
        put_crt(f, "live/tls.crt", 5);
        drop(f, "store/b.crt");
        drop(f, "store/b.key");
        drop(f, "store/broken.pem");
        put_pem(f, "store/d.pem", 4);
        failed = scan_failing(f, n, &removed);
        assert_int_not_equal(served(f, "a"), -1);
        assert_int_not_equal(served(f, "c"), -1);
        scan(f, CERTAIN);
        removed |= f->lines.data && strstr(f->lines.data, "removed b");
        scan(f, CERTAIN);
        assert_true(removed);
        assert_int_equal(cert_set_count(cert_store_set(f->certs)), 3);
        assert_int_equal(served(f, "a"), 2);
        assert_int_equal(served(f, "c"), 5);
        assert_int_equal(served(f, "d"), 4);
        assert_int_equal(cert_store_refusal_count(f->certs), 0);
        drop(f, "store/d.pem");
        scan(f, 0);
    }
    assert_true(n > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(first_scan_is_made_up_for),
        STORE_TEST(change_is_made_up_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
