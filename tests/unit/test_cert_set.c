/* certs/cert_set: the rules of choice, one by one and against a plain reading of them; counting. */
#include "certs/cert_set.h"

#include "certs/names.h"
#include "made_cert.h"

#include <pthread.h>
#include <stdio.h>

#define NAMES(...)          \
    (const char *const[]) { \
        __VA_ARGS__, NULL   \
    }

enum { NOW = 1800000000, DAY = 24 * 3600, MOST = 8 };

struct entry {
    const char *name;
    struct made_cert made;
};

/* A set of these; an entry without a name ends them. */
static struct cert_set *set_of(const struct entry *entries) {
    struct cert *certs[MOST] = {0};
    size_t count = 0;
    for (; entries[count].name; count++)
        certs[count] = made_entry(entries[count].name, &entries[count].made);
    struct cert_set *set = NULL;
    struct error err = {0};
    assert_true(cert_set_create(certs, count, &set, &err));
    for (size_t i = 0; i < count; i++)
        cert_release(certs[i]); /* the set has references of its own */
    return set;
}

struct choice {
    struct cert_wanted wanted; /* key_types 0: all; now 0: NOW */
    enum cert_choice rule;
    const char *name; /* NULL: none */
};

static void check(const struct cert_set *set, const struct choice *choices, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct cert_wanted wanted = choices[i].wanted;
        enum cert_choice rule = CERT_CHOICE_NONE;
        wanted.key_types = wanted.key_types ? wanted.key_types : CERT_KEY_ANY;
        wanted.now = wanted.now ? wanted.now : NOW;
        const struct cert *cert = cert_set_choose(set, &wanted, &rule);
        const char *name = cert ? cert_name(cert) : NULL;
        if ((name == NULL) != (choices[i].name == NULL) ||
            (name && strcmp(name, choices[i].name) != 0) || rule != choices[i].rule)
            fail_msg("choice %zu: %s by rule %d", i, name ? name : "none", rule);
        assert_ptr_equal(cert_set_choose(set, &wanted, NULL), cert);
    }
}

#define CHECK(set, ...)                              \
    check(set, (const struct choice[]){__VA_ARGS__}, \
          sizeof(const struct choice[]){__VA_ARGS__} / sizeof(struct choice))

static struct made_cert valid(enum cert_key_type key, const char *const *names) {
    return (struct made_cert){
        .key = key, .names = names, .not_before = NOW - DAY, .not_after = NOW + DAY};
}

static void empty_set_has_nothing(void **state) {
    (void)state;
    struct cert_set *set = set_of((const struct entry[]){{0}});
    assert_int_equal(cert_set_count(set), 0);
    assert_null(cert_set_entry(set, "a"));
    CHECK(set, {{.server_name = "a.example"}, CERT_CHOICE_NONE, NULL},
          {{.address = "192.0.2.1"}, CERT_CHOICE_NONE, NULL},
          {{.pin = "a"}, CERT_CHOICE_NONE, NULL});
    cert_set_release(set);
}

static void entries_stand_by_name(void **state) {
    (void)state;
    struct made_cert made = valid(CERT_KEY_ECDSA, NAMES("x.example"));
    struct cert_set *set =
        set_of((const struct entry[]){{"b", made}, {"a", made}, {"c", made}, {0}});
    assert_int_equal(cert_set_count(set), 3);
    assert_string_equal(cert_name(cert_set_at(set, 0)), "a");
    assert_string_equal(cert_name(cert_set_at(set, 2)), "c");
    assert_ptr_equal(cert_set_entry(set, "b"), cert_set_at(set, 1));
    assert_null(cert_set_entry(set, "bb"));
    cert_set_release(set);
}

static void pin_goes_first_where_it_can_be_used(void **state) {
    (void)state;
    struct made_cert expired = valid(CERT_KEY_RSA, NAMES("p.example"));
    expired.not_after = NOW - 1;
    struct cert_set *set = set_of((const struct entry[]){
        {"pinned", expired}, {"named", valid(CERT_KEY_ECDSA, NAMES("n.example"))}, {0}});
    CHECK(set, {{.pin = "pinned", .server_name = "n.example"}, CERT_CHOICE_PIN, "pinned"},
          {{.pin = "gone", .server_name = "n.example"}, CERT_CHOICE_NAME, "named"},
          {{.pin = "pinned", .server_name = "n.example", .key_types = CERT_KEY_ECDSA},
           CERT_CHOICE_NAME,
           "named"},
          {{.pin = "pinned", .key_types = CERT_KEY_ECDSA}, CERT_CHOICE_NEWEST, "named"},
          {{.pin = "pinned", .key_types = CERT_KEY_EDDSA}, CERT_CHOICE_NONE, NULL});
    cert_set_release(set);
}

static void names_exact_before_wildcard(void **state) {
    (void)state;
    struct made_cert newest = valid(CERT_KEY_ECDSA, NAMES("other.example"));
    newest.not_before = NOW - 1;
    struct made_cert exact = valid(CERT_KEY_ECDSA, NAMES("mail.example.org"));
    exact.not_before = NOW - 9 * DAY;
    exact.not_after = NOW - 1; /* expired, and exact all the same */
    struct cert_set *set = set_of((const struct entry[]){
        {"exact", exact},
        {"wild", valid(CERT_KEY_ECDSA, NAMES("*.example.org", "example.org"))},
        {"newest", newest},
        {0}});
    CHECK(set, {{.server_name = "mail.example.org"}, CERT_CHOICE_NAME, "exact"},
          {{.server_name = "www.example.org"}, CERT_CHOICE_NAME, "wild"},
          {{.server_name = "example.org"}, CERT_CHOICE_NAME, "wild"},
          {{.server_name = "a.b.example.org"}, CERT_CHOICE_NEWEST, "newest"},
          {{.server_name = "org"}, CERT_CHOICE_NEWEST, "newest"},
          {{.server_name = ".example.org"}, CERT_CHOICE_NEWEST, "newest"},
          {{.server_name = ""}, CERT_CHOICE_NEWEST, "newest"},
          {{.server_name = "*.example.org"}, CERT_CHOICE_NAME, "wild"},
          {{0}, CERT_CHOICE_NEWEST, "newest"});
    cert_set_release(set);
}

static void address_counts_where_no_name_was_sent(void **state) {
    (void)state;
    struct made_cert addressed = valid(CERT_KEY_ECDSA, NAMES("a.example", "192.0.2.9"));
    addressed.address = "192.0.2.1";
    addressed.not_before = NOW - 9 * DAY;
    struct cert_set *set = set_of((const struct entry[]){
        {"addressed", addressed}, {"newest", valid(CERT_KEY_ECDSA, NAMES("n.example"))}, {0}});
    CHECK(
        set, {{.address = "192.0.2.1"}, CERT_CHOICE_NAME, "addressed"},
        {{.address = "192.0.2.2"}, CERT_CHOICE_NEWEST, "newest"},
        /* An address written as a name is none. */
        {{.address = "192.0.2.9"}, CERT_CHOICE_NEWEST, "newest"},
        {{.server_name = "192.0.2.1"}, CERT_CHOICE_NEWEST, "newest"},
        {{.server_name = "unknown.example", .address = "192.0.2.1"}, CERT_CHOICE_NEWEST, "newest"});
    cert_set_release(set);
}

static void common_name_counts_without_alternative_names_alone(void **state) {
    (void)state;
    struct made_cert classic = valid(CERT_KEY_ECDSA, NULL), emailed = classic, address = classic,
                     newest = valid(CERT_KEY_ECDSA, NAMES("n.example"));
    classic.common_name = "Old.Example.";
    emailed.common_name = "mail.example";
    emailed.emails = NAMES("post@mail.example");
    address.common_name = "192.0.2.7";
    newest.not_before = NOW - 1;
    struct cert_set *set = set_of((const struct entry[]){
        {"classic", classic}, {"emailed", emailed}, {"address", address}, {"newest", newest}, {0}});
    CHECK(set, {{.server_name = "old.example"}, CERT_CHOICE_NAME, "classic"},
          {{.server_name = "mail.example"}, CERT_CHOICE_NEWEST, "newest"},
          {{.address = "192.0.2.7"}, CERT_CHOICE_NAME, "address"});
    cert_set_release(set);
}

static void key_types_stand_side_by_side(void **state) {
    (void)state;
    struct made_cert rsa = valid(CERT_KEY_RSA, NAMES("a.example"));
    rsa.not_before = NOW - 1; /* the newer one, and yet ECDSA comes first under a name */
    struct cert_set *set =
        set_of((const struct entry[]){{"ecdsa", valid(CERT_KEY_ECDSA, NAMES("a.example"))},
                                      {"rsa", rsa},
                                      {"wild", valid(CERT_KEY_EDDSA, NAMES("*.example"))},
                                      {0}});
    CHECK(set, {{.server_name = "a.example"}, CERT_CHOICE_NAME, "ecdsa"},
          {{.server_name = "a.example", .key_types = CERT_KEY_RSA}, CERT_CHOICE_NAME, "rsa"},
          {{.server_name = "a.example", .key_types = CERT_KEY_EDDSA}, CERT_CHOICE_NAME, "wild"},
          {{.server_name = "a.example", .key_types = CERT_KEY_RSA_PSS}, CERT_CHOICE_NONE, NULL},
          {{0}, CERT_CHOICE_NEWEST, "rsa"});
    cert_set_release(set);
}

static void newest_is_valid_before_it_is_young(void **state) {
    (void)state;
    struct made_cert future = valid(CERT_KEY_ECDSA, NAMES("f.example")), old = future, now = future;
    future.not_before = NOW + DAY;
    future.not_after = NOW + 9 * DAY;
    old.not_before = NOW - 9 * DAY;
    old.not_after = NOW + 99 * DAY;
    struct cert_set *set =
        set_of((const struct entry[]){{"future", future}, {"now", now}, {"old", old}, {0}});
    CHECK(set, {{0}, CERT_CHOICE_NEWEST, "now"}, {{.now = NOW + DAY}, CERT_CHOICE_NEWEST, "future"},
          {{.now = NOW + 8 * DAY}, CERT_CHOICE_NEWEST, "future"},
          {{.now = NOW + 10 * DAY}, CERT_CHOICE_NEWEST, "old"},
          {{.now = NOW - 2 * DAY}, CERT_CHOICE_NEWEST, "old"},
          /* None is valid: the latest notBefore. */
          {{.now = NOW - 99 * DAY}, CERT_CHOICE_NEWEST, "future"},
          {{.now = NOW + 999 * DAY}, CERT_CHOICE_NEWEST, "future"},
          {{.now = NOW + 999 * DAY, .server_name = "f.example"}, CERT_CHOICE_NAME, "future"});
    cert_set_release(set);
}

static void equals_are_chosen_by_name(void **state) {
    (void)state;
    struct made_cert made = valid(CERT_KEY_ECDSA, NAMES("a.example")), rsa = made;
    rsa.key = CERT_KEY_RSA;
    struct cert_set *set =
        set_of((const struct entry[]){{"c", made}, {"b", made}, {"a", rsa}, {0}});
    CHECK(set, {{0}, CERT_CHOICE_NEWEST, "b"},
          {{.server_name = "a.example"}, CERT_CHOICE_NAME, "b"},
          {{.server_name = "a.example", .key_types = CERT_KEY_RSA}, CERT_CHOICE_NAME, "a"});
    cert_set_release(set);
}

static void generated_serves_while_no_other_can(void **state) {
    (void)state;
    struct made_cert generated = valid(CERT_KEY_ECDSA, NAMES("host.example"));
    generated.not_before = NOW - 1;
    struct made_cert expired = valid(CERT_KEY_RSA, NAMES("other.example"));
    expired.not_after = NOW - 1;
    struct cert_set *set =
        set_of((const struct entry[]){{CERT_GENERATED_NAME, generated}, {"expired", expired}, {0}});
    CHECK(set, {{.server_name = "host.example"}, CERT_CHOICE_NEWEST, "expired"},
          {{0}, CERT_CHOICE_NEWEST, "expired"},
          {{.key_types = CERT_KEY_ECDSA}, CERT_CHOICE_GENERATED, CERT_GENERATED_NAME},
          {{.pin = CERT_GENERATED_NAME}, CERT_CHOICE_PIN, CERT_GENERATED_NAME},
          {{.key_types = CERT_KEY_EDDSA}, CERT_CHOICE_NONE, NULL});
    cert_set_release(set);
}

/* ---- the rules once more, read plainly ---- */

/* Is a before b, of two that fit alike? */
static bool comes_first(const struct cert *a, const struct cert *b, int64_t now, bool newest) {
    const struct cert_info *left = cert_info(a), *right = cert_info(b);
    bool left_first = left->key_type == CERT_KEY_ECDSA,
         right_first = right->key_type == CERT_KEY_ECDSA;
    if (cert_valid_at(a, now) != cert_valid_at(b, now))
        return cert_valid_at(a, now);
    if (newest && left->not_before != right->not_before)
        return left->not_before > right->not_before;
    if (left_first != right_first)
        return left_first;
    if (left->not_before != right->not_before)
        return left->not_before > right->not_before;
    return strcmp(cert_name(a), cert_name(b)) < 0;
}

static const struct cert *plain_best(const struct cert_set *set, const struct cert_wanted *wanted,
                                     const char *host, bool exact) {
    const struct cert *best = NULL;
    for (size_t i = 0; i < cert_set_count(set); i++) {
        const struct cert *cert = cert_set_at(set, i);
        if ((cert_info(cert)->key_type & wanted->key_types) == 0 ||
            strcmp(cert_name(cert), CERT_GENERATED_NAME) == 0 ||
            (host && !cert_info_names(cert_info(cert), host, exact)))
            continue;
        if (!best || comes_first(cert, best, wanted->now, !host))
            best = cert;
    }
    return best;
}

static const struct cert *plain_choice(const struct cert_set *set,
                                       const struct cert_wanted *wanted) {
    const char *host = wanted->server_name ? wanted->server_name : wanted->address;
    const struct cert *cert = cert_set_entry(set, wanted->pin);
    if (cert && (cert_info(cert)->key_type & wanted->key_types) != 0)
        return cert;
    cert = plain_best(set, wanted, host, true);
    if (!cert)
        cert = plain_best(set, wanted, host, false);
    if (!cert)
        cert = plain_best(set, wanted, NULL, false);
    if (cert)
        return cert;
    cert = cert_set_entry(set, CERT_GENERATED_NAME);
    return cert && (cert_info(cert)->key_type & wanted->key_types) != 0 ? cert : NULL;
}

static unsigned next_random(unsigned *seed, unsigned below) {
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % below;
}

static void choice_follows_the_rules_whatever_the_set(void **state) {
    (void)state;
    enum { SETS = 12, ENTRIES = 40, CHOICES = 3000 };
    static const char *const hosts[] = {"a.example",    "b.example",   "*.example",
                                        "c.a.example",  "*.a.example", "d.example.org",
                                        "*.example.org"};
    static const char *const asked[] = {"a.example",     "b.example",   "c.example",
                                        "c.a.example",   "d.a.example", "d.example.org",
                                        "e.example.org", "nowhere"};
    static const enum cert_key_type types[] = {CERT_KEY_ECDSA, CERT_KEY_RSA, CERT_KEY_EDDSA};
    unsigned seed = 1;
    for (int round = 0; round < SETS; round++) {
        struct cert *certs[ENTRIES];
        for (int i = 0; i < ENTRIES; i++) {
            char name[16];
            const char *names[] = {hosts[next_random(&seed, 7)], hosts[next_random(&seed, 7)],
                                   NULL};
            struct made_cert made = {.key = types[next_random(&seed, 3)],
                                     .names = next_random(&seed, 6) ? names : NULL,
                                     .common_name = "a.example",
                                     .not_before = NOW - next_random(&seed, 10)};
            made.not_after = made.not_before + 1 + next_random(&seed, 10);
            snprintf(name, sizeof name, "%u", i);
            certs[i] = made_entry(i ? name : CERT_GENERATED_NAME, &made);
        }
        struct cert_set *set = NULL;
        assert_true(cert_set_create(certs, ENTRIES, &set, NULL));
        for (int i = 0; i < CHOICES; i++) {
            struct cert_wanted wanted = {
                .pin = next_random(&seed, 20) ? "none" : "7",
                .server_name = asked[next_random(&seed, 8)],
                .key_types = 1 + next_random(&seed, CERT_KEY_ANY),
                .now = NOW - 12 + next_random(&seed, 24),
            };
            const struct cert *expected = plain_choice(set, &wanted);
            const struct cert *got = cert_set_choose(set, &wanted, NULL);
            if (got != expected)
                fail_msg("%s, types %x, now %lld: %s instead of %s", wanted.server_name,
                         wanted.key_types, (long long)(wanted.now - NOW),
                         got ? cert_name(got) : "none", expected ? cert_name(expected) : "none");
        }
        for (int i = 0; i < ENTRIES; i++)
            cert_release(certs[i]);
        cert_set_release(set);
    }
}

/* ---- the slot ---- */

static void slot_holds_what_was_published_last(void **state) {
    (void)state;
    struct cert_slot *slot = NULL;
    struct cert_set *first = set_of((const struct entry[]){{0}}),
                    *second = set_of((const struct entry[]){{0}});
    assert_true(cert_slot_create(&slot, NULL));
    assert_null(cert_slot_acquire(slot));
    cert_slot_publish(slot, first);
    struct cert_set *held = cert_slot_acquire(slot);
    assert_ptr_equal(held, first);
    cert_slot_publish(slot, second);
    cert_set_release(first);
    assert_int_equal(cert_set_count(held), 0); /* still there */
    cert_set_release(held);
    held = cert_slot_acquire(slot);
    assert_ptr_equal(held, second);
    cert_set_release(held);
    cert_set_release(second);
    cert_slot_destroy(slot);
    cert_slot_destroy(NULL);
}

static void slot_holds_the_authority_beside_it(void **state) {
    (void)state;
    unsigned char octets[] = {1, 2, 3};
    const struct blob certificate = {octets, sizeof octets};
    struct cert_slot *slot = NULL;
    struct blob copy = {0};
    assert_true(cert_slot_create(&slot, NULL));
    assert_true(cert_slot_copy_authority(slot, &copy, NULL));
    assert_int_equal(copy.size, 0);
    assert_true(cert_slot_publish_authority(slot, &certificate, NULL));
    assert_true(cert_slot_copy_authority(slot, &copy, NULL));
    assert_true(blob_equal(&copy, &certificate));
    blob_finish(&copy);
    assert_true(cert_slot_publish_authority(slot, NULL, NULL));
    assert_true(cert_slot_copy_authority(slot, &copy, NULL));
    assert_int_equal(copy.size, 0);
    cert_slot_destroy(slot);
}

enum { TURNS = 2000, READERS = 3 };

/* Gives its context back if something was wrong. */
static void *read_slot(void *context) {
    size_t wrong = 0;
    for (int i = 0; i < TURNS; i++) {
        struct cert_set *set = cert_slot_acquire(context);
        struct cert_wanted wanted = {
            .server_name = "a.example", .key_types = CERT_KEY_ANY, .now = NOW};
        wrong += !set || !cert_set_choose(set, &wanted, NULL);
        cert_set_release(set);
    }
    return wrong ? context : NULL;
}

static void slot_serves_many_threads(void **state) {
    (void)state;
    struct cert_slot *slot = NULL;
    pthread_t readers[READERS];
    struct cert *cert =
        made_entry("a", &(struct made_cert){.key = CERT_KEY_ECDSA, .names = NAMES("a.example")});
    struct cert_set *set = NULL;
    assert_true(cert_slot_create(&slot, NULL));
    assert_true(cert_set_create(&cert, 1, &set, NULL));
    cert_slot_publish(slot, set);
    cert_set_release(set);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_slot, slot), 0);
    for (int i = 0; i < TURNS; i++) {
        assert_true(cert_set_create(&cert, 1, &set, NULL));
        cert_slot_publish(slot, set);
        cert_set_release(set);
    }
    for (int i = 0; i < READERS; i++) {
        void *wrong = NULL;
        pthread_join(readers[i], &wrong);
        assert_null(wrong);
    }
    cert_release(cert);
    cert_slot_destroy(slot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_set_has_nothing),
        cmocka_unit_test(entries_stand_by_name),
        cmocka_unit_test(pin_goes_first_where_it_can_be_used),
        cmocka_unit_test(names_exact_before_wildcard),
        cmocka_unit_test(address_counts_where_no_name_was_sent),
        cmocka_unit_test(common_name_counts_without_alternative_names_alone),
        cmocka_unit_test(key_types_stand_side_by_side),
        cmocka_unit_test(newest_is_valid_before_it_is_young),
        cmocka_unit_test(equals_are_chosen_by_name),
        cmocka_unit_test(generated_serves_while_no_other_can),
        cmocka_unit_test(choice_follows_the_rules_whatever_the_set),
        cmocka_unit_test(slot_holds_what_was_published_last),
        cmocka_unit_test(slot_holds_the_authority_beside_it),
        cmocka_unit_test(slot_serves_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
