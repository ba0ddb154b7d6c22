/* daemon/leaf.c: when a service's certificate of the local authority is renewed, and why. */
#include "certs/authority.h"
#include "daemon/cert_warnings.h"
#include "daemon/leaf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR = 3600, DAY = 24 * HOUR, LIFETIME = 90 * DAY };

static const int64_t now = 2000000000;

/* An authority, and what is wished of it. */
struct office {
    struct cert_material authority;
    struct leaf_issuer issuer;
    struct leaf_wish wish;
};

static void list_of(struct string_list *out, const char *const *texts) {
    for (; *texts; texts++)
        assert_true(string_list_add(out, *texts));
}
#define LIST(out, ...) list_of(out, (const char *const[]){__VA_ARGS__, NULL})

static void appoint(struct office *office, int64_t not_after) {
    struct string_list domains = {0}, networks = {0};
    LIST(&domains, "example.org");
    LIST(&networks, "192.0.2.0/24");
    const struct authority_wish wish = {.common_name = "Ours",
                                        .not_before = now - DAY,
                                        .not_after = not_after,
                                        .domains = &domains,
                                        .networks = &networks};
    assert_true(authority_make(&wish, &office->authority, NULL));
    office->issuer = (struct leaf_issuer){office->authority.chain[0], wish.not_before, not_after};
    string_list_finish(&domains);
    string_list_finish(&networks);
}

static void dismiss(struct office *office) {
    cert_material_finish(&office->authority);
}

static int open_office(void **state) {
    struct office *office = calloc(1, sizeof *office);
    assert_non_null(office);
    appoint(office, now + 3650 * (int64_t)DAY);
    office->wish = (struct leaf_wish){.names_exact = true, .lifetime_s = LIFETIME};
    LIST(&office->wish.names.dns, "mail.example.org", "*.example.org");
    LIST(&office->wish.names.addresses, "192.0.2.7");
    *state = office;
    return 0;
}

static int close_office(void **state) {
    struct office *office = *state;
    dismiss(office);
    subject_names_finish(&office->wish.names);
    free(office);
    return 0;
}

static struct cert *issued(const struct office *office, int64_t not_before, int64_t not_after) {
    struct cert_material material = {0};
    struct cert *cert = NULL;
    struct error err = {0};
    const struct server_wish server = {
        .common_name = leaf_common_name(&office->wish.names, "x"),
        .dns_names = &office->wish.names.dns,
        .addresses = &office->wish.names.addresses,
        .key = office->wish.key,
        .not_before = not_before,
        .not_after = not_after,
    };
    if (!authority_issue(&office->authority, &server, &material, &err) ||
        !cert_create("authority-x", &material, 0, &cert, &err))
        fail_msg("%s", err.text);
    cert_material_finish(&material);
    return cert;
}

static enum leaf_state judged(const struct office *office, const struct cert *leaf, int64_t at) {
    int64_t due = -1;
    enum leaf_state found = leaf_judge(leaf, &office->issuer, &office->wish, at, &due);
    if (found == LEAF_GOOD)
        assert_true(due > at);
    return found;
}

static void two_thirds_of_its_life_it_is_good(void **state) {
    struct office *office = *state;
    struct cert *leaf = issued(office, now, now + LIFETIME);
    int64_t due = 0;
    assert_int_equal(leaf_judge(leaf, &office->issuer, &office->wish, now, &due), LEAF_GOOD);
    assert_int_equal(due, now + 60 * DAY);
    assert_int_equal(judged(office, leaf, now + 60 * DAY - 1), LEAF_GOOD);
    assert_int_equal(judged(office, leaf, now + 60 * DAY), LEAF_DUE);
    assert_int_equal(judged(office, leaf, now + 100 * DAY), LEAF_DUE);
    assert_int_equal(judged(office, NULL, now), LEAF_MISSING);
    cert_release(leaf);
}

static void a_shorter_life_that_is_wished_counts_for_the_old_one(void **state) {
    struct office *office = *state;
    struct cert *leaf = issued(office, now, now + LIFETIME);
    office->wish.lifetime_s = 30 * DAY;
    assert_int_equal(judged(office, leaf, now + 20 * DAY - 1), LEAF_GOOD);
    assert_int_equal(judged(office, leaf, now + 20 * DAY), LEAF_DUE);
    office->wish.lifetime_s = 2 * LIFETIME;
    assert_int_equal(judged(office, leaf, now + 60 * DAY - 1), LEAF_GOOD);
    assert_int_equal(judged(office, leaf, now + 60 * DAY), LEAF_DUE);
    cert_release(leaf);
}

static void another_authority_is_another_also_under_its_name(void **state) {
    struct office *office = *state;
    struct office other = {0};
    struct cert *leaf = issued(office, now, now + LIFETIME);
    appoint(&other, now + 3650 * (int64_t)DAY);
    other.wish = office->wish;
    assert_int_equal(judged(&other, leaf, now), LEAF_OF_ANOTHER);
    dismiss(&other);
    cert_release(leaf);
}

static void a_renewed_authority_stands_in_the_chain_of_a_new_one(void **state) {
    struct office *office = *state;
    struct cert_material renewed = {0};
    struct cert *leaf = issued(office, now, now + LIFETIME);
    assert_true(
        authority_renew(&office->authority, now, now + 3650 * (int64_t)DAY, &renewed, NULL));
    cert_material_finish(&office->authority);
    office->authority = renewed;
    office->issuer.certificate = renewed.chain[0];
    assert_int_equal(judged(office, leaf, now), LEAF_OF_ANOTHER);
    cert_release(leaf);
}

static void configured_names_are_all_and_no_others(void **state) {
    struct office *office = *state;
    struct cert *leaf = issued(office, now, now + LIFETIME);
    struct subject_names *names = &office->wish.names;
    LIST(&names->dns, "other.example.org");
    assert_int_equal(judged(office, leaf, now), LEAF_MISNAMED);
    string_list_finish(&names->dns);
    LIST(&names->dns, "*.example.org");
    assert_int_equal(judged(office, leaf, now), LEAF_MISNAMED);
    LIST(&names->dns, "mail.example.org"); /* in another order */
    assert_int_equal(judged(office, leaf, now), LEAF_GOOD);
    string_list_finish(&names->addresses);
    assert_int_equal(judged(office, leaf, now), LEAF_MISNAMED);
    LIST(&names->addresses, "192.0.2.8");
    assert_int_equal(judged(office, leaf, now), LEAF_MISNAMED);
    cert_release(leaf);
}

static void of_the_hosts_names_there_may_be_more(void **state) {
    struct office *office = *state;
    struct cert *leaf = issued(office, now, now + LIFETIME);
    office->wish.names_exact = false;
    string_list_finish(&office->wish.names.addresses);
    assert_int_equal(judged(office, leaf, now), LEAF_GOOD);
    LIST(&office->wish.names.addresses, "192.0.2.8");
    assert_int_equal(judged(office, leaf, now), LEAF_MISNAMED);
    cert_release(leaf);
}

static void another_kind_of_key_is_another_certificate(void **state) {
    struct office *office = *state;
    struct cert *leaf = issued(office, now, now + LIFETIME);
    office->wish.key = (struct cert_key_choice){CERT_FAMILY_ECDSA, 256};
    assert_int_equal(judged(office, leaf, now), LEAF_GOOD);
    office->wish.key.bits = 384;
    assert_int_equal(judged(office, leaf, now), LEAF_OF_OTHER_KEY);
    office->wish.key = (struct cert_key_choice){CERT_FAMILY_RSA, 2048};
    assert_int_equal(judged(office, leaf, now), LEAF_OF_OTHER_KEY);
    cert_release(leaf);
}

/* Otherwise each would be renewed at two thirds of less and less. */
static void what_ends_with_the_authority_is_not_renewed_for_nothing(void **state) {
    struct office *office = *state;
    dismiss(office);
    appoint(office, now + 30 * DAY);
    struct cert *leaf = issued(office, now, now + LIFETIME);
    assert_int_equal(cert_info(leaf)->not_after, now + 30 * DAY);
    assert_int_equal(judged(office, leaf, now + 20 * DAY - 1), LEAF_GOOD);
    assert_int_equal(judged(office, leaf, now + 20 * DAY), LEAF_ENDS_WITH_ISSUER);
    office->wish.lifetime_s = DAY;
    assert_int_equal(judged(office, leaf, now + 20 * DAY), LEAF_DUE);
    cert_release(leaf);
}

static void only_what_is_permitted_is_left_of_the_hosts_names(void **state) {
    struct office *office = *state;
    struct subject_names host = {0}, left = {0};
    LIST(&host.dns, "mail", "mail.example.org", "notexample.org", "localhost");
    LIST(&host.addresses, "192.0.2.200", "198.51.100.1", "::1");
    assert_true(leaf_permitted(&host, &office->issuer, &left));
    assert_int_equal(left.dns.count, 1);
    assert_string_equal(left.dns.items[0], "mail.example.org");
    assert_int_equal(left.addresses.count, 1);
    assert_string_equal(left.addresses.items[0], "192.0.2.200");
    subject_names_finish(&left);
    subject_names_finish(&host);
}

static void it_begins_a_little_earlier_but_not_before_the_authority(void **state) {
    struct office *office = *state;
    assert_int_equal(leaf_begin(&office->issuer, LIFETIME, now), now - HOUR);
    assert_int_equal(leaf_begin(&office->issuer, 10, now), now - 1);
    office->issuer.not_before = now - 5;
    assert_int_equal(leaf_begin(&office->issuer, LIFETIME, now), now - 5);
    office->issuer.not_before = now + 5; /* made on a host whose clock is ahead */
    assert_int_equal(leaf_begin(&office->issuer, LIFETIME, now), now);
}

static void its_common_name_is_one_that_fits(void **state) {
    (void)state;
    struct subject_names names = {0};
    char longest[80];
    memset(longest, 'a', 65);
    strcpy(longest + 60, ".org");
    assert_string_equal(leaf_common_name(&names, "web-access"), "web-access");
    LIST(&names.addresses, "192.0.2.7");
    assert_string_equal(leaf_common_name(&names, "web-access"), "192.0.2.7");
    LIST(&names.dns, "a.a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.example.org",
         longest);
    assert_string_equal(leaf_common_name(&names, "web-access"), longest);
    subject_names_finish(&names);
}

static void a_renewal_has_failed_when_half_of_the_rest_is_over(void **state) {
    (void)state;
    assert_false(renewal_failed(now, now + LIFETIME, now + 60 * DAY));
    assert_false(renewal_failed(now, now + LIFETIME, now + 75 * DAY));
    assert_true(renewal_failed(now, now + LIFETIME, now + 75 * DAY + 1));
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, open_office, close_office)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_OFFICE(two_thirds_of_its_life_it_is_good),
        IN_OFFICE(a_shorter_life_that_is_wished_counts_for_the_old_one),
        IN_OFFICE(another_authority_is_another_also_under_its_name),
        IN_OFFICE(a_renewed_authority_stands_in_the_chain_of_a_new_one),
        IN_OFFICE(configured_names_are_all_and_no_others),
        IN_OFFICE(of_the_hosts_names_there_may_be_more),
        IN_OFFICE(another_kind_of_key_is_another_certificate),
        IN_OFFICE(what_ends_with_the_authority_is_not_renewed_for_nothing),
        IN_OFFICE(only_what_is_permitted_is_left_of_the_hosts_names),
        IN_OFFICE(it_begins_a_little_earlier_but_not_before_the_authority),
        cmocka_unit_test(its_common_name_is_one_that_fits),
        cmocka_unit_test(a_renewal_has_failed_when_half_of_the_rest_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
