/* certs/store_change, certs/store_journal: what a change that was interrupted had written down is
 * carried out by whoever comes next, and nothing else is. */
#include "certs/store_journal.h"
#include "store_scenario.h"

/* A store in which a process died right after writing its change down. */
static struct fixture *interrupted(const struct scenario *scenario) {
    for (long at = 1;; at++) {
        struct fixture *f = fresh();
        void *state = f;
        scenario->prepare(f);
        assert_int_equal(in_child(attempt, &(struct attempt){f, scenario, at, 0}), CHILD_CANNOT);
        if (store_journal_is_there(f->store))
            return f;
        fixture_tear_down(&state);
    }
}

static const struct scenario over_a_pair = {"", a_pair_with_everything, puts_over, NULL};

static void what_was_dropped_since_is_left_alone(void **state) {
    struct fixture *f = interrupted(&over_a_pair);
    *state = f;
    move(f, "store/mail.key", "old.key"); /* so that its inode is not used again */
    put_text(f, "store/mail.key", "dropped");
    put_text(f, "store/mail.pem", "dropped, too");
    store_change_finish_interrupted(f->store);
    assert_false(store_journal_is_there(f->store));
    struct string_list names = names_in(f->store);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.items[0], "mail.key");
    assert_string_equal(names.items[1], "mail.meta");
    assert_string_equal(names.items[2], "mail.pem");
    assert_string_equal(names.items[3], "other.pem");
    string_list_finish(&names);
    struct blob content = {0};
    assert_true(file_read(in_root(f, "store/mail.pem"), 100, &content, NULL, NULL));
    assert_string_equal((const char *)content.data, "dropped, too");
    blob_finish(&content);
    fixture_tear_down(state);
    *state = NULL;
}

static int finish(void *context) {
    const struct attempt *attempt = context;
    write_calls_arm(attempt->kill_at, attempt->fail_at);
    store_change_finish_interrupted(attempt->f->store);
    write_calls_arm(0, 0);
    return CHILD_OK;
}

static void finishing_it_may_be_interrupted_too(void **state) {
    struct ends ends = ends_of(&over_a_pair);
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        int status = CHILD_CANNOT;
        long at = 1;
        for (; fails ? at < 40 : status == CHILD_CANNOT; at++) {
            struct fixture *f = interrupted(&over_a_pair);
            void *own = f;
            status = in_child(finish, &(struct attempt){f, NULL, fails ? 0 : at, fails ? at : 0});
            store_change_finish_interrupted(f->store);
            char *stands = standing(f);
            assert_string_equal(stands, ends.stood[1]);
            free(stands);
            fixture_tear_down(&own);
        }
        assert_true(at > 12);
    }
    ends_finish(&ends);
}

static void the_next_change_finishes_it_first(void **state) {
    struct fixture *f = interrupted(&over_a_pair);
    struct store_change *change;
    struct entry_meta meta;
    *state = f;
    assert_true(store_change_begin(f->store, &change, NULL));
    assert_false(store_journal_is_there(f->store));
    assert_true(store_change_rename_entry(change, "mail", "post", NULL));
    assert_true(store_change_commit(change, NULL));
    assert_true(entry_meta_load(f->store, "post", &meta, NULL));
    assert_int_equal(meta.made, about.made);
    scan(f, 0);
    assert_int_equal(served(f, "post"), 2);
    fixture_tear_down(state);
}

static int finish_as_somebody(void *context) {
    const struct fixture *f = context;
    store_change_finish_interrupted(f->store);
    require(store_journal_is_there(f->store));
    return CHILD_OK;
}

static void where_nothing_may_be_written_nothing_is(void **state) {
    struct fixture *f = interrupted(&over_a_pair);
    *state = f;
    assert_int_equal(chmod(f->root, 0755), 0);
    assert_int_equal(chmod(f->store, 0555), 0);
    char *before = standing(f);
    assert_as_nobody(finish_as_somebody, f);
    char *after = standing(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
    assert_int_equal(chmod(f->store, 0700), 0);
    fixture_tear_down(state);
}

static void what_is_written_down_wrongly_is_named_and_stays(void **state) {
    struct fixture *f = fresh();
    struct store_change *change = NULL;
    struct error err = {0};
    *state = f;
    a_pem(f);
    put_text(f, "store/" STORE_JOURNAL, "garbage");
    EXPECT(f, 0, "added mail; added other");
    assert_false(store_change_begin(f->store, &change, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, STORE_JOURNAL ", cannot be finished: line 1"));
    assert_true(store_journal_is_there(f->store));
    fixture_tear_down(state);
}

static void what_is_written_down_leads_nowhere_else(void **state) {
    static const char *const lines[] = {
        "a ../b 1 0 0 0",
        "../a b 1 0 0 0",
        "a .. 1 0 0 0",
        ". b 1 0 0 0",
        " b 1 0 0 0",
        "a%2Fb c 1 0 0 0",
        "a%00b c 1 0 0 0",
        "a%2fb c 1 0 0 0",
        "a%2 c 1 0 0 0",
        "a b 0 0 0 0",
        "a b 18446744073709551616 0 0 0",
        "a b 1 -1 0 0",
        "a b 1 0 0",
        "a b 1 0 0 0 ",
        "a b 1 0 5 0", /* only what is new takes another's place */
        ".mailstored-lock b 1 0 0 0",
        "a .mailstored-change 1 0 0 0",
        ".mailstored-1-2.tmp .mailstored-3-4.tmp 1 0 0 0",
    };
    (void)state;
    for (size_t i = 0; i <= sizeof lines / sizeof *lines; i++) {
        bool is_good = i == sizeof lines / sizeof *lines;
        struct store_moves moves = {0};
        struct buffer text = {0};
        struct error err = {0};
        buffer_printf(&text, "mailstored: a change of the store, version 1\n%s\nend\n",
                      is_good ? ".mailstored-1-2.tmp b%20%FF 1 2 3 4" : lines[i]);
        bool ok = store_moves_read(text.data, text.size, &moves, &err);
        if (ok != is_good)
            fail_msg("%s: %s", text.data, err.text);
        if (is_good)
            assert_string_equal(moves.items[0].to, "b \xff");
        else
            assert_string_equal(err.text, "line 2 is damaged");
        /* Cut off anywhere it is none. */
        for (size_t size = 0; is_good && size < text.size; size++)
            assert_false(store_moves_read(text.data, size, &(struct store_moves){0}, NULL));
        store_moves_finish(&moves);
        buffer_finish(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_dropped_since_is_left_alone),
        cmocka_unit_test(finishing_it_may_be_interrupted_too),
        cmocka_unit_test(the_next_change_finishes_it_first),
        cmocka_unit_test(where_nothing_may_be_written_nothing_is),
        cmocka_unit_test(what_is_written_down_wrongly_is_named_and_stays),
        cmocka_unit_test(what_is_written_down_leads_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
