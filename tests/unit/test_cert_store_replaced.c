/* certs/cert_store: an entry that is replaced, however slowly, in whatever order and whatever the
 * clock says, goes from one good version to the next. */
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

/* ---- replacing ---- */

static void unchanged_files_cost_no_event_and_no_set(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "added a");
    assert_in_range(f->again_in_ms, 1, 3000); /* it may be written again within the clock's step */
    const struct cert_set *set = cert_store_set(f->certs);
    EXPECT(f, 0, "");
    rest(f);
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "");
    assert_int_equal(utimensat(AT_FDCWD, in_root(f, "store/a.pem"), NULL, 0), 0);
    EXPECT(f, 0, "");
    put_pem(f, "store/.new", 1);
    move(f, "store/.new", "store/a.pem");
    EXPECT(f, 0, "");
    rest(f);
    assert_ptr_equal(cert_store_set(f->certs), set);
}

static void replaced_by_rename_and_in_place(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    EXPECT(f, 0, "added a");
    put_pem(f, "store/.new", 2);
    move(f, "store/.new", "store/a.pem");
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 2);
    put_pem(f, "store/a.pem", 3);
    EXPECT(f, 0, "replaced a");
    assert_int_equal(served(f, "a"), 3);
}

static void written_slowly_is_not_refused(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    rest(f);
    struct blob pem = pem_of(2);
    for (size_t size = 0; size < pem.size; size += 100) {
        put(f, "store/a.pem", pem.data, size, 0600);
        EXPECT(f, 1, "");
        assert_int_equal(served(f, "a"), 1);
        assert_int_equal(cert_store_refusal_count(f->certs), 0);
        assert_in_range(f->again_in_ms, 1, 3000);
    }
    put(f, "store/a.pem", pem.data, pem.size, 0600);
    EXPECT(f, 1, "replaced a");
    blob_finish(&pem);
}

static void put_chain(const struct fixture *f, const char *second) {
    static const char *const first[] = {"leaf.key", "leaf.pem"};
    struct buffer chain = {0};
    for (size_t i = 0; i < 2 + (size_t)(second != NULL); i++) {
        struct blob part = data_read(i < 2 ? first[i] : second);
        buffer_append(&chain, part.data, part.size);
        blob_finish(&part);
    }
    put(f, "store/a.pem", chain.data, chain.size, 0600);
    buffer_finish(&chain);
}

static void chain_cut_between_certificates_waits(void **state) {
    struct fixture *f = *state;
    put_chain(f, "issuing.pem");
    EXPECT(f, 0, "added a");
    scan(f, CERTAIN);
    const struct cert_set *set = cert_store_set(f->certs);
    put_chain(f, NULL); /* as if the issuer's certificate were still to be written */
    EXPECT(f, 0, "");
    assert_in_range(f->again_in_ms, 1, 2000);
    put_chain(f, "issuing.pem");
    EXPECT(f, 1, "");
    assert_ptr_equal(cert_store_set(f->certs), set);
    rest(f);
    put_chain(f, NULL);
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED, "replaced a"); /* it is meant so */
    rest(f);
    put_chain(f, "issuing.pem");
    EXPECT(f, 0, "replaced a");
    rest(f);
    put_pem(f, "store/a.pem", 1); /* self-signed: nothing can be missing */
    EXPECT(f, 0, "replaced a");
    rest(f);
}

/* One size for all: a signature's length differs from one to the next. */
static void pem_padded(unsigned number, char out[static 2048]) {
    struct blob pem = pem_of(number);
    assert_true(pem.size < 2048);
    memset(out, '\n', 2048);
    memcpy(out, pem.data, pem.size);
    blob_finish(&pem);
}

/* A page that is mapped and written changes no times any more until it is written back. */
static void change_within_a_step_of_the_clock_is_found(void **state) {
    struct fixture *f = *state;
    char first[2048], second[2048];
    pem_padded(1, first);
    pem_padded(3, second);
    put(f, "store/a.pem", first, sizeof first, 0600);
    int file = open(in_root(f, "store/a.pem"), O_RDWR);
    char *mapped = mmap(NULL, sizeof first, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(mapped != MAP_FAILED);
    memcpy(mapped, first, sizeof first);
    EXPECT(f, 0, "added a");
    struct stat before, after;
    assert_int_equal(fstat(file, &before), 0);
    memcpy(mapped, second, sizeof second);
    assert_int_equal(fstat(file, &after), 0);
    if (before.st_ctim.tv_sec != after.st_ctim.tv_sec ||
        before.st_ctim.tv_nsec != after.st_ctim.tv_nsec)
        fail_msg("the file's times changed, so nothing is tested");
    EXPECT(f, 1, "replaced a");
    assert_int_equal(served(f, "a"), 3);
    munmap(mapped, sizeof first);
    close(file);
}

static void pair_is_replaced_in_either_order_without_a_gap(void **state) {
    struct fixture *f = *state;
    put_crt(f, "store/a.crt", 1);
    put_key(f, "store/a.key", 1);
    EXPECT(f, 0, "added a");
    rest(f);
    put_crt(f, "store/a.crt", 2);
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "a"), 1);
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    put_key(f, "store/a.key", 2);
    EXPECT(f, 1, "replaced a");
    assert_int_equal(served(f, "a"), 2);
    rest(f);
    put_key(f, "store/a.key", 3);
    EXPECT(f, 0, "");
    assert_int_equal(served(f, "a"), 2);
    put_crt(f, "store/a.crt", 3);
    EXPECT(f, 1, "replaced a");
    rest(f);
    /* Removed and written again. */
    drop(f, "store/a.key");
    EXPECT(f, 0, "");
    drop(f, "store/a.crt");
    put_key(f, "store/a.key", 4);
    EXPECT(f, 1, "");
    assert_int_equal(served(f, "a"), 3);
    put_crt(f, "store/a.crt", 4);
    EXPECT(f, 1, "replaced a");
    rest(f);
}

static void pair_that_stays_apart_is_refused(void **state) {
    struct fixture *f = *state;
    put_crt(f, "store/a.crt", 1);
    put_key(f, "store/a.key", 1);
    rest(f);
    put_crt(f, "store/a.crt", 2);
    EXPECT(f, 0, "");
    assert_in_range(f->again_in_ms, 1, 2000);
    EXPECT_REASON(f, SETTLED, "refused a a.key, kept", "the key does not match the certificate");
    assert_int_equal(cert_store_refusal_count(f->certs), 1);
    struct cert_store_refusal refusal = cert_store_refusal_at(f->certs, 0);
    assert_string_equal(refusal.entry, "a");
    assert_string_equal(refusal.file, in_root(f, "store/a.key"));
    assert_true(refusal.kept);
    assert_false(refusal.staple);
    EXPECT(f, 10, "");
    put_crt(f, "store/a.crt", 1); /* back to what is served */
    EXPECT(f, 0, "mended a");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    rest(f);
}

static void certificate_waits_for_its_key(void **state) {
    struct fixture *f = *state;
    put_crt(f, "store/a.pem", 1);
    EXPECT(f, 0, "");
    assert_in_range(f->again_in_ms, 1, 2000);
    EXPECT_REASON(f, SETTLED, "refused a a.pem", "no private key");
    assert_false(cert_store_refusal_at(f->certs, 0).kept);
    rest(f);
    put_key(f, "store/a.key", 1);
    EXPECT(f, 0, "added a");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
    make_folder(f, "store/b");
    put_crt(f, "store/b/tls.crt", 2);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused b b/tls.crt", "store/b/tls.key");
    put_key(f, "store/b/tls.key", 2);
    EXPECT(f, 0, "added b");
}

static void key_waits_for_its_certificate(void **state) {
    struct fixture *f = *state;
    put_key(f, "store/a.key", 1);
    make_folder(f, "store/b");
    put_key(f, "store/b/privkey.pem", 1);
    EXPECT(f, 0, "");
    EXPECT_REASON(f, SETTLED, "refused a a.key; refused b b/privkey.pem",
                  "no certificate beside it; mend: put the certificate beside it as /tmp/");
    rest(f);
    put_crt(f, "store/a.cer", 1);
    EXPECT(f, 0, "added a");
    drop(f, "store/b/privkey.pem");
    drop(f, "store/b");
    EXPECT(f, 0, "");
    assert_int_equal(cert_store_refusal_count(f->certs), 0);
}

/* ---- times ---- */

static void files_that_are_old_at_the_start_are_judged_at_once(void **state) {
    struct fixture *f = *state;
    put_pem(f, "store/a.pem", 1);
    put_text(f, "store/b.pem", "garbage");
    put_crt(f, "store/c.crt", 1);
    f->now = time(NULL) + 60;
    EXPECT(f, 0, "added a; refused b b.pem; refused c c.crt");
    assert_int_equal(f->again_in_ms, -1);
}

static void clock_that_is_ahead_settles_all_the_same(void **state) {
    struct fixture *f = *state;
    struct timespec future[] = {{4000000000, 0}, {4000000000, 0}};
    f->now = time(NULL) - 1000000;
    put_text(f, "store/a.pem", "garbage");
    assert_int_equal(utimensat(AT_FDCWD, in_root(f, "store/a.pem"), future, 0), 0);
    EXPECT(f, 0, "");
    EXPECT(f, SETTLED, "refused a a.pem");
    rest(f);
}

static void clock_that_is_set_back_settles_all_the_same(void **state) {
    struct fixture *f = *state;
    put_text(f, "store/a.pem", "garbage");
    EXPECT(f, 0, "");
    EXPECT(f, -100000, "");
    assert_in_range(f->again_in_ms, 1, 4000);
    EXPECT(f, SETTLED, "refused a a.pem");
    rest(f);
}

/* ---- at the same time ---- */

/* Many long names: a folder gives them bit by bit. */
#define BUSY_NAME "%0200d"
enum { BUSY_ENTRIES = 1500, BUSY_TURNS = 6000 };

struct writer {
    const struct fixture *fixture;
    struct blob pem[2];
    atomic_bool done;
};

/* Paths of its own: the fixture's are for one thread. */
static void *replace_again_and_again(void *context) {
    struct writer *writer = context;
    char fresh[128], path[400];
    snprintf(fresh, sizeof fresh, "%s/.fresh", writer->fixture->store);
    for (int i = 0; i < BUSY_TURNS; i++) {
        const struct blob *pem = &writer->pem[i % 2];
        int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        bool ok = file >= 0 && write(file, pem->data, pem->size) == (ssize_t)pem->size;
        close(file);
        snprintf(path, sizeof path, "%s/" BUSY_NAME ".pem", writer->fixture->store,
                 i % BUSY_ENTRIES);
        if (!ok || rename(fresh, path) != 0)
            break;
    }
    atomic_store(&writer->done, true);
    return NULL;
}

/* A listing promises nothing of names that are replaced meanwhile. */
static void what_is_replaced_during_a_scan_is_never_gone(void **state) {
    struct fixture *f = *state;
    struct writer writer = {.fixture = f, .pem = {pem_of(1), pem_of(2)}};
    pthread_t thread;
    for (int i = 0; i < BUSY_ENTRIES; i++) {
        char name[256];
        snprintf(name, sizeof name, "store/" BUSY_NAME ".pem", i);
        put(f, name, writer.pem[0].data, writer.pem[0].size, 0600);
    }
    scan(f, 0);
    assert_int_equal(pthread_create(&thread, NULL, replace_again_and_again, &writer), 0);
    bool gone = false;
    for (bool last = false; !last;) {
        last = atomic_load(&writer.done);
        scan(f, 0);
        gone |= f->lines.data && strstr(f->lines.data, "removed");
        gone |= cert_set_count(cert_store_set(f->certs)) != BUSY_ENTRIES;
    }
    pthread_join(thread, NULL);
    assert_false(gone);
    for (int i = 0; i < BUSY_ENTRIES; i++) {
        char name[256];
        snprintf(name, sizeof name, BUSY_NAME, i);
        int last_turn = BUSY_TURNS - BUSY_ENTRIES + i;
        assert_int_equal(served(f, name), 1 + last_turn % 2);
    }
    blob_finish(&writer.pem[0]);
    blob_finish(&writer.pem[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(unchanged_files_cost_no_event_and_no_set),
        STORE_TEST(replaced_by_rename_and_in_place),
        STORE_TEST(written_slowly_is_not_refused),
        STORE_TEST(chain_cut_between_certificates_waits),
        STORE_TEST(change_within_a_step_of_the_clock_is_found),
        STORE_TEST(pair_is_replaced_in_either_order_without_a_gap),
        STORE_TEST(pair_that_stays_apart_is_refused),
        STORE_TEST(certificate_waits_for_its_key),
        STORE_TEST(key_waits_for_its_certificate),
        STORE_TEST(files_that_are_old_at_the_start_are_judged_at_once),
        STORE_TEST(clock_that_is_ahead_settles_all_the_same),
        STORE_TEST(clock_that_is_set_back_settles_all_the_same),
        cmocka_unit_test_setup_teardown(what_is_replaced_during_a_scan_is_never_gone,
                                        fixture_set_up_in_memory, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
