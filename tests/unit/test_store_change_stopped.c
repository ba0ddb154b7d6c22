/* certs/store_change: whatever stops it, and at whichever call, the store is as before or as after;
 * and who looks while it is under way finds the last good version. */
#include "store_scenario.h"

/* ---- killed ---- */

/* A daemon that looked before, and one that starts now; then the files. */
static int look_after(struct fixture *f, const struct scenario *scenario, const struct ends *ends,
                      long at) {
    struct fixture starting = *f;
    starting.certs = NULL;
    starting.lines = starting.texts = (struct buffer){0};
    scan(f, 0);
    int which = which_of(ends->served, serving(f), "what is served", scenario->name, at);
    open_store(&starting, false);
    scan(&starting, 0);
    int again =
        which_of(ends->served, serving(&starting), "what is served at a start", scenario->name, at);
    assert_int_equal(again, which);
    cert_store_destroy(starting.certs);
    buffer_finish(&starting.lines);
    buffer_finish(&starting.texts);
    store_change_finish_interrupted(f->store);
    int files = which_of(ends->stood, standing(f), "the store", scenario->name, at);
    if (strcmp(ends->served[0], ends->served[1]) != 0)
        assert_int_equal(files, which);
    return files;
}

static void kill_everywhere(const struct scenario *scenario) {
    struct ends ends = ends_of(scenario);
    int status = CHILD_CANNOT, last = 0;
    long at = 1;
    for (; status == CHILD_CANNOT; at++) {
        struct fixture *f = fresh();
        void *state = f;
        scenario->prepare(f);
        scan(f, 0);
        status = in_child(attempt, &(struct attempt){f, scenario, at, 0});
        assert_int_not_equal(status, CHILD_FAILED);
        int which = look_after(f, scenario, &ends, at);
        assert_true(which >= last); /* once it has happened, it stays so */
        last = which;
        fixture_tear_down(&state);
    }
    assert_int_equal(last, 1);
    assert_int_equal(at - 1, ends.calls + 1);
    ends_finish(&ends);
}

static void killed_at_any_call_it_is_as_before_or_after(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        kill_everywhere(&scenarios[i]);
}

static void the_same_where_files_cannot_change_places(void **state) {
    (void)state;
    write_calls.no_swap = true;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        kill_everywhere(&scenarios[i]);
    write_calls.no_swap = false;
}

/* ---- failing ---- */

/* What a failure that strikes once leaves, nothing having been cleared up. */
static void fail_everywhere(const struct scenario *scenario) {
    struct ends ends = ends_of(scenario);
    for (long at = 1; at <= ends.calls; at++) {
        struct fixture *f = fresh();
        void *state = f;
        struct error err = {0};
        scenario->prepare(f);
        write_calls_arm(0, at);
        bool ok = carry_out(f, scenario, &err);
        assert_true(write_calls.made >= at);
        write_calls_arm(0, 0);
        assert_int_equal(ok, err.kind == ERROR_NONE);
        if (!ok)
            assert_int_equal(which_of(ends.stood, standing(f), "what failed", scenario->name, at),
                             0);
        store_change_finish_interrupted(f->store);
        assert_int_equal(which_of(ends.stood, standing(f), "the store", scenario->name, at), ok);
        fixture_tear_down(&state);
    }
    ends_finish(&ends);
}

static void what_fails_changes_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        fail_everywhere(&scenarios[i]);
}

/* Killed while it takes back what it had done. */
static void killed_while_it_fails_it_is_as_before_or_after(void **state) {
    const struct scenario *scenario = &scenarios[3]; /* over a PEM file with meta */
    struct ends ends = ends_of(scenario);
    (void)state;
    for (long fails = 1; fails <= ends.calls; fails++) {
        int status = CHILD_CANNOT;
        for (long kills = fails + 1; status == CHILD_CANNOT; kills++) {
            struct fixture *f = fresh();
            void *own = f;
            scenario->prepare(f);
            scan(f, 0);
            status = in_child(attempt, &(struct attempt){f, scenario, kills, fails});
            look_after(f, scenario, &ends, kills);
            fixture_tear_down(&own);
        }
    }
    ends_finish(&ends);
}

/* Where the older file cannot be kept aside there is no way back, only forward. */
static void without_a_way_back_it_is_finished_by_the_next(void **state) {
    const struct scenario *scenario = &scenarios[3]; /* over a PEM file with meta */
    (void)state;
    write_calls.no_swap = true;
    struct ends ends = ends_of(scenario);
    unsigned finished_later = 0;
    for (long at = 1; at <= ends.calls; at++) {
        struct fixture *f = fresh();
        void *own = f;
        struct error err = {0};
        scenario->prepare(f);
        write_calls_arm(0, at);
        bool ok = carry_out(f, scenario, &err);
        write_calls_arm(0, 0);
        bool is_under_way = strstr(err.text, "will be finished by the next command") != NULL;
        finished_later += is_under_way;
        store_change_finish_interrupted(f->store);
        assert_int_equal(which_of(ends.stood, standing(f), "the store", scenario->name, at),
                         ok || is_under_way);
        fixture_tear_down(&own);
    }
    assert_int_equal(finished_later, 2); /* the second file, and the folder's sync */
    ends_finish(&ends);
    write_calls.no_swap = false;
}

/* ---- looked at meanwhile ---- */

struct look {
    struct fixture *f;
    const struct scenario *scenario;
};

static void look_meanwhile(void *context) {
    const struct look *look = context;
    const char *name = look->scenario->always;
    scan(look->f, 0);
    const char *events = look->f->lines.data ? look->f->lines.data : "";
    if (strstr(events, "refused") ||
        (name && !cert_set_entry(cert_store_set(look->f->certs), name)))
        fail_msg("%s, call %ld: %s", look->scenario->name, write_calls.made, events);
}

static void who_looks_meanwhile_finds_the_last_good_version(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        struct fixture *f = fresh();
        void *own = f;
        struct look look = {f, &scenarios[i]};
        struct error err = {0};
        scenarios[i].prepare(f);
        scan(f, 0);
        write_calls.looker = look_meanwhile;
        write_calls.looker_context = &look;
        if (!carry_out(f, &scenarios[i], &err))
            fail_msg("%s: %s", scenarios[i].name, err.text);
        write_calls.looker = NULL;
        scan(f, 0);
        scan(f, CERTAIN);
        size_t refused = cert_store_refusal_count(f->certs);
        open_store(f, false); /* who has not looked meanwhile */
        scan(f, 0);
        scan(f, CERTAIN);
        assert_int_equal(cert_store_refusal_count(f->certs), refused);
        fixture_tear_down(&own);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_call_it_is_as_before_or_after),
        cmocka_unit_test(the_same_where_files_cannot_change_places),
        cmocka_unit_test(what_fails_changes_nothing),
        cmocka_unit_test(killed_while_it_fails_it_is_as_before_or_after),
        cmocka_unit_test(without_a_way_back_it_is_finished_by_the_next),
        cmocka_unit_test(who_looks_meanwhile_finds_the_last_good_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
