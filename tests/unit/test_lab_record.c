/* lab/record.c: what a client's connections come to. */
#include "lab/record.h"

#include "lab/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A row that is as a test needs it, whatever it is called. */
static size_t some(enum lab_expected expected, enum lab_behaviour behaviour) {
    for (size_t i = 0; i < lab_scenario_count(); i++)
        if (lab_scenario_at(i)->expected == expected && lab_scenario_at(i)->behaviour == behaviour)
            return i;
    fail_msg("no such scenario");
    return 0;
}

static struct lab_observation asked(size_t scenario) {
    return (struct lab_observation){.scenario = scenario,
                                    .at = 100,
                                    .end = LAB_END_ASKED,
                                    .alert = -1,
                                    .finished = true,
                                    .saw = true,
                                    .version = "TLS 1.3",
                                    .server_name = "",
                                    .print = "aa",
                                    .agent = "curl/8",
                                    .address = "127.0.0.1"};
}

static struct lab_observation ended(size_t scenario, enum lab_end end) {
    struct lab_observation seen = asked(scenario);
    seen.end = end;
    seen.finished = end == LAB_END_FINISHED;
    seen.alert = end == LAB_END_ALERT ? 48 : -1;
    seen.agent = "";
    return seen;
}

static struct lab_record *record_of(const struct lab_observation *seen, size_t count) {
    struct lab_record *record = NULL;
    assert_true(lab_record_create(&record, NULL));
    for (size_t i = 0; i < count; i++)
        lab_record_note(record, &seen[i]);
    return record;
}

static enum lab_verdict verdict_of(const struct lab_observation *seen, size_t count) {
    struct lab_record *record = record_of(seen, count);
    enum lab_verdict verdict = lab_record_result(record, 0, seen[0].scenario).verdict;
    lab_record_destroy(record);
    return verdict;
}

static enum lab_verdict verdict(struct lab_observation seen) {
    return verdict_of(&seen, 1);
}

static void what_a_client_must_refuse(void **state) {
    (void)state;
    size_t bad = some(LAB_REFUSE, LAB_PLAIN);
    assert_int_equal(verdict(asked(bad)), LAB_ACCEPTED_WRONGLY);
    assert_int_equal(verdict(ended(bad, LAB_END_ALERT)), LAB_REFUSED_RIGHTLY);
    assert_int_equal(verdict(ended(bad, LAB_END_LEFT)), LAB_REFUSED_RIGHTLY);
    assert_int_equal(verdict(ended(bad, LAB_END_NOTHING_COMMON)), LAB_REFUSED_RIGHTLY);
    assert_int_equal(verdict(ended(bad, LAB_END_FINISHED)), LAB_UNDETERMINED);
    assert_int_equal(verdict(ended(bad, LAB_END_LATE)), LAB_UNDETERMINED);
    assert_int_equal(verdict(ended(bad, LAB_END_BROKEN)), LAB_UNDETERMINED);
}

static void what_is_fine(void **state) {
    (void)state;
    size_t good = some(LAB_ACCEPT, LAB_PLAIN);
    assert_int_equal(verdict(asked(good)), LAB_ACCEPTED_RIGHTLY);
    assert_int_equal(verdict(ended(good, LAB_END_ALERT)), LAB_REFUSED_WRONGLY);
    assert_int_equal(verdict(ended(good, LAB_END_FINISHED)), LAB_UNDETERMINED);
    size_t free = some(LAB_EITHER, LAB_PLAIN);
    assert_int_equal(verdict(asked(free)), LAB_ACCEPTED_FREELY);
    assert_int_equal(verdict(ended(free, LAB_END_ALERT)), LAB_REFUSED_FREELY);
    assert_int_equal(verdict(ended(free, LAB_END_FINISHED)), LAB_UNDETERMINED);
}

static void who_left_before_the_certificate_says_nothing_of_it(void **state) {
    (void)state;
    struct lab_observation early = ended(some(LAB_REFUSE, LAB_PLAIN), LAB_END_LEFT);
    early.saw = false;
    assert_int_equal(verdict(early), LAB_UNDETERMINED);
    /* Where nothing more was to come it has given up. */
    early = ended(some(LAB_REFUSE, LAB_STALLS), LAB_END_LEFT);
    early.saw = false;
    assert_int_equal(verdict(early), LAB_REFUSED_RIGHTLY);
}

static void one_request_among_refusals_is_accepting(void **state) {
    (void)state;
    size_t bad = some(LAB_REFUSE, LAB_PLAIN);
    const struct lab_observation seen[] = {ended(bad, LAB_END_ALERT), asked(bad),
                                           ended(bad, LAB_END_ALERT)};
    assert_int_equal(verdict_of(seen, 3), LAB_ACCEPTED_WRONGLY);
}

static void leaving_without_a_request_counts_for_who_sends_one(void **state) {
    (void)state;
    size_t bad = some(LAB_REFUSE, LAB_PLAIN), good = some(LAB_ACCEPT, LAB_PLAIN);
    const struct lab_observation seen[] = {ended(bad, LAB_END_FINISHED), asked(good)};
    assert_int_equal(verdict_of(seen, 2), LAB_REFUSED_RIGHTLY);
    struct lab_record *record = record_of(seen, 2);
    assert_int_equal(lab_record_result(record, 0, bad).end, LAB_END_FINISHED);
    lab_record_destroy(record);
    /* Another client's requests say nothing of this one. */
    struct lab_observation other[] = {ended(bad, LAB_END_FINISHED), asked(good)};
    other[1].print = "bb";
    assert_int_equal(verdict_of(other, 2), LAB_UNDETERMINED);
}

static void what_changes_must_be_accepted_each_time(void **state) {
    (void)state;
    size_t changes = some(LAB_ACCEPT, LAB_CHANGES);
    assert_true(lab_scenario_at(changes)->connections > 1);
    const struct lab_observation twice[] = {asked(changes), asked(changes)};
    assert_int_equal(verdict_of(twice, 1), LAB_UNDETERMINED);
    assert_int_equal(verdict_of(twice, 2), LAB_ACCEPTED_RIGHTLY);
    const struct lab_observation once[] = {asked(changes), ended(changes, LAB_END_ALERT)};
    assert_int_equal(verdict_of(once, 2), LAB_REFUSED_WRONGLY);
    const struct lab_observation never[] = {ended(changes, LAB_END_FINISHED),
                                            ended(changes, LAB_END_FINISHED),
                                            asked(some(LAB_ACCEPT, LAB_PLAIN))};
    assert_int_equal(verdict_of(never, 3), LAB_REFUSED_WRONGLY);
}

/* Chromium opens one more than it asks over. */
static void a_spare_connection_is_no_refusal(void **state) {
    (void)state;
    size_t changes = some(LAB_ACCEPT, LAB_CHANGES), bad = some(LAB_REFUSE, LAB_PLAIN);
    const struct lab_observation seen[] = {asked(changes), ended(changes, LAB_END_FINISHED),
                                           ended(changes, LAB_END_FINISHED), asked(changes)};
    assert_int_equal(verdict_of(seen, 3), LAB_UNDETERMINED);
    assert_int_equal(verdict_of(seen, 4), LAB_ACCEPTED_RIGHTLY);
    const struct lab_observation once[] = {asked(bad), ended(bad, LAB_END_FINISHED)};
    assert_int_equal(verdict_of(once, 2), LAB_ACCEPTED_WRONGLY);
}

static void who_says_nothing_is_nobody(void **state) {
    (void)state;
    struct lab_observation scan = ended(0, LAB_END_SILENT);
    scan.print = "";
    struct lab_record *record = record_of(&scan, 1);
    assert_int_equal(lab_record_client_count(record), 0);
    lab_record_destroy(record);
}

static void clients_are_kept_apart_and_named(void **state) {
    (void)state;
    size_t bad = some(LAB_REFUSE, LAB_PLAIN), good = some(LAB_ACCEPT, LAB_PLAIN);
    struct lab_observation seen[] = {ended(bad, LAB_END_ALERT), asked(good), asked(bad)};
    snprintf(seen[2].address, sizeof seen[2].address, "127.0.0.2");
    seen[1].at = 200;
    struct lab_record *record = record_of(seen, 3);
    assert_int_equal(lab_record_client_count(record), 2);
    struct lab_client client = lab_record_client(record, 0);
    assert_string_equal(client.agent, "curl/8");
    assert_true(client.asks);
    assert_int_equal(client.first, 100);
    assert_int_equal(client.last, 200);
    assert_int_equal(lab_record_result(record, 0, bad).alert, 48);
    assert_int_equal(lab_record_result(record, 1, bad).verdict, LAB_ACCEPTED_WRONGLY);
    assert_int_equal(lab_record_result(record, 1, good).verdict, LAB_NOT_TRIED);
    lab_record_destroy(record);
}

static void the_one_not_seen_for_longest_makes_room(void **state) {
    (void)state;
    struct lab_record *record = NULL;
    assert_true(lab_record_create(&record, NULL));
    struct lab_observation seen = asked(0);
    for (int i = 0; i <= LAB_CLIENT_LIMIT; i++) {
        char print[HELLO_PRINT_SIZE];
        snprintf(print, sizeof print, "%032x", (unsigned)i);
        seen.print = print;
        seen.at = i == 0 ? 1000 : i; /* the first came again */
        lab_record_note(record, &seen);
    }
    assert_int_equal(lab_record_client_count(record), LAB_CLIENT_LIMIT);
    assert_int_equal(lab_record_client(record, 0).last, 1000);
    assert_string_equal(lab_record_client(record, 1).print, "00000000000000000000000000000002");
    lab_record_destroy(record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_client_must_refuse),
        cmocka_unit_test(what_is_fine),
        cmocka_unit_test(who_left_before_the_certificate_says_nothing_of_it),
        cmocka_unit_test(one_request_among_refusals_is_accepting),
        cmocka_unit_test(leaving_without_a_request_counts_for_who_sends_one),
        cmocka_unit_test(what_changes_must_be_accepted_each_time),
        cmocka_unit_test(a_spare_connection_is_no_refusal),
        cmocka_unit_test(who_says_nothing_is_nobody),
        cmocka_unit_test(clients_are_kept_apart_and_named),
        cmocka_unit_test(the_one_not_seen_for_longest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
