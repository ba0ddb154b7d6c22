/* platform/loop.h: nothing that happens is lost, nothing destroyed is called. */
#include "platform/loop.h"

#include "socket_ends.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int loop_setup(void **state) {
    struct error err = {0};
    struct loop *loop = NULL;
    if (!loop_create(&loop, &err))
        return -1;
    *state = loop;
    return 0;
}

static int loop_teardown(void **state) {
    loop_destroy(*state);
    return 0;
}

#define loop_test(test) cmocka_unit_test_setup_teardown(test, loop_setup, loop_teardown)

static void stop(void *context) {
    loop_stop(context);
}

static void give_up(void *context) {
    (void)context;
    fail_msg("nothing came");
}

/* Runs until something stops the loop. */
static void run(struct loop *loop) {
    struct loop_timer *patience = NULL;
    assert_true(loop_timer_create(loop, give_up, NULL, &patience, NULL));
    loop_timer_set(patience, PATIENCE_MS);
    loop_run(loop);
    loop_timer_destroy(patience);
}

/* Lets everything that is ready now happen: calls that are posted come behind it. */
static void stop_later(void *context) {
    assert_true(loop_post(context, stop, context));
}

static void settle(struct loop *loop) {
    assert_true(loop_post(loop, stop_later, loop));
    run(loop);
}

/* ---- timers ---- */

struct diary {
    struct loop *loop;
    char text[64];
};

struct entry {
    struct diary *diary;
    char letter;
    struct loop_timer *timer;
};

static void write_entry(void *context) {
    struct entry *entry = context;
    size_t length = strlen(entry->diary->text);
    entry->diary->text[length] = entry->letter;
    entry->diary->text[length + 1] = '\0';
    if (entry->letter == '.')
        loop_stop(entry->diary->loop);
}

static void timers_run_in_the_order_of_their_time(void **state) {
    struct diary diary = {.loop = *state};
    struct entry entries[] = {{&diary, '.', NULL}, {&diary, 'a', NULL}, {&diary, 'c', NULL},
                              {&diary, 'b', NULL}, {&diary, 'x', NULL}, {&diary, 'y', NULL}};
    const int64_t in_ms[] = {30, 0, 20, 10, 5, -1};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        assert_true(loop_timer_create(*state, write_entry, &entries[i], &entries[i].timer, NULL));
        if (in_ms[i] >= 0)
            loop_timer_set(entries[i].timer, in_ms[i]);
    }
    loop_timer_cancel(entries[4].timer);
    run(*state);
    assert_string_equal(diary.text, "abc.");
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        loop_timer_destroy(entries[i].timer);
}

static void a_timer_set_again_runs_once_at_its_new_time(void **state) {
    struct diary diary = {.loop = *state};
    struct entry first = {&diary, 'a', NULL}, last = {&diary, '.', NULL};
    assert_true(loop_timer_create(*state, write_entry, &first, &first.timer, NULL));
    assert_true(loop_timer_create(*state, write_entry, &last, &last.timer, NULL));
    loop_timer_set(first.timer, PATIENCE_MS);
    loop_timer_set(first.timer, -5);
    loop_timer_set(last.timer, 20);
    run(*state);
    assert_string_equal(diary.text, "a.");
    loop_timer_destroy(first.timer);
    loop_timer_destroy(last.timer);
}

struct repeating {
    struct loop *loop;
    struct loop_timer *timer;
    int left;
};

static void repeat(void *context) {
    struct repeating *repeating = context;
    if (--repeating->left > 0)
        loop_timer_set(repeating->timer, 0);
    else {
        loop_timer_destroy(repeating->timer); /* from its own callback */
        loop_stop(repeating->loop);
    }
}

static void a_timer_repeats_itself_and_ends_itself(void **state) {
    struct repeating repeating = {.loop = *state, .left = 5};
    assert_true(loop_timer_create(*state, repeat, &repeating, &repeating.timer, NULL));
    loop_timer_set(repeating.timer, 0);
    run(*state);
    assert_int_equal(repeating.left, 0);
}

static void a_timer_that_is_always_due_does_not_starve_the_rest(void **state) {
    struct repeating repeating = {.loop = *state, .left = INT32_MAX};
    assert_true(loop_timer_create(*state, repeat, &repeating, &repeating.timer, NULL));
    loop_timer_set(repeating.timer, 0);
    assert_true(loop_post(*state, stop, *state));
    run(*state);
    loop_timer_destroy(repeating.timer);
}

struct victim {
    struct loop *loop;
    struct loop_timer *timer;
};

static void destroy_victim(void *context) {
    struct victim *victim = context;
    loop_timer_destroy(victim->timer);
    loop_stop(victim->loop);
}

static void a_timer_destroyed_by_another_does_not_run(void **state) {
    struct victim victim = {.loop = *state};
    struct diary diary = {.loop = *state};
    struct entry last = {&diary, '.', NULL};
    struct loop_timer *first = NULL;
    assert_true(loop_timer_create(*state, give_up, NULL, &victim.timer, NULL));
    assert_true(loop_timer_create(*state, destroy_victim, &victim, &first, NULL));
    assert_true(loop_timer_create(*state, write_entry, &last, &last.timer, NULL));
    loop_timer_set(first, 0);
    loop_timer_set(victim.timer, 1);
    loop_timer_set(last.timer, 2);
    run(*state);
    run(*state);
    assert_string_equal(diary.text, ".");
    loop_timer_destroy(first);
    loop_timer_destroy(last.timer);
    loop_timer_destroy(NULL);
}

/* ---- sources ---- */

struct seen {
    struct loop *loop;
    struct loop_source *source, *other;
    int descriptor;
    int calls;
};

static void see(void *context) {
    struct seen *seen = context;
    char byte;
    seen->calls++;
    if (read(seen->descriptor, &byte, 1) < 0)
        assert_int_equal(errno, EAGAIN);
    loop_stop(seen->loop);
}

static void a_source_is_called_when_readable(void **state) {
    int ends[2];
    pair(ends);
    struct seen seen = {.loop = *state, .descriptor = ends[0]};
    assert_true(loop_source_create(*state, ends[0], see, &seen, &seen.source, NULL));
    settle(*state);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run(*state);
    assert_int_equal(seen.calls, 1);
    close(ends[1]);
    ends[1] = -1;
    run(*state); /* hung up */
    assert_int_equal(seen.calls, 2);
    loop_source_destroy(seen.source);
    loop_source_destroy(NULL);
    close_pair(ends);
}

static void a_source_waits_for_room_when_told(void **state) {
    int ends[2];
    char piece[4096] = {0};
    pair(ends);
    while (write(ends[0], piece, sizeof piece) > 0)
        ;
    struct seen seen = {.loop = *state, .descriptor = ends[0]};
    assert_true(loop_source_create(*state, ends[0], see, &seen, &seen.source, NULL));
    loop_source_want(seen.source, LOOP_WRITABLE);
    settle(*state);
    assert_int_equal(seen.calls, 0);
    while (read(ends[1], piece, sizeof piece) > 0)
        ;
    run(*state);
    assert_int_equal(seen.calls, 1);
    loop_source_want(seen.source, LOOP_READABLE);
    settle(*state);
    assert_int_equal(seen.calls, 1);
    loop_source_destroy(seen.source);
    close_pair(ends);
}

static void destroy_both(void *context) {
    struct seen *seen = context;
    seen->calls++;
    loop_source_destroy(seen->source);
    loop_source_destroy(seen->other);
}

/* Whichever of two that are ready at once is called first destroys both. */
static void a_source_destroyed_is_not_called(void **state) {
    int first[2], second[2];
    pair(first);
    pair(second);
    struct seen seen = {.loop = *state};
    assert_true(loop_source_create(*state, first[0], destroy_both, &seen, &seen.source, NULL));
    assert_true(loop_source_create(*state, second[0], destroy_both, &seen, &seen.other, NULL));
    assert_int_equal(write(first[1], "x", 1), 1);
    assert_int_equal(write(second[1], "x", 1), 1);
    settle(*state);
    settle(*state);
    assert_int_equal(seen.calls, 1);
    close_pair(first);
    close_pair(second);
}

static void a_file_is_no_source(void **state) {
    struct error err = {0};
    struct loop_source *source = NULL;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_false(loop_source_create(*state, file, see, NULL, &source, &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
    assert_null(source);
    close(file);
}

/* ---- calls from other threads ---- */

enum { POSTERS = 4, POSTS = 2000 };

struct poster {
    struct loop *loop;
    pthread_t thread;
    int posted, run; /* of the loop's thread: how many have run */
    int *left;       /* of all posters together */
    bool in_order;
};

struct post {
    struct poster *poster;
    int number;
};

static void run_post(void *context) {
    struct post *post = context;
    struct poster *poster = post->poster;
    poster->in_order &= post->number == poster->run++;
    free(post);
    if (--*poster->left == 0)
        loop_stop(poster->loop);
}

static void *post_many(void *context) {
    struct poster *poster = context;
    for (int i = 0; i < POSTS; i++) {
        struct post *post = malloc(sizeof *post);
        if (!post)
            return NULL;
        *post = (struct post){poster, i};
        poster->posted += loop_post(poster->loop, run_post, post);
    }
    return NULL;
}

static void every_post_runs_in_order(void **state) {
    struct poster posters[POSTERS];
    int left = POSTERS * POSTS;
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){.loop = *state, .left = &left, .in_order = true};
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_many, &posters[i]), 0);
    }
    run(*state);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
        assert_int_equal(posters[i].posted, POSTS);
        assert_int_equal(posters[i].run, POSTS);
        assert_true(posters[i].in_order);
    }
    assert_int_equal(left, 0);
}

static void a_stop_before_the_run_is_not_lost(void **state) {
    loop_stop(*state);
    run(*state);
    settle(*state); /* and stops only that one */
}

static void a_post_never_run_does_not_leak(void **state) {
    assert_true(loop_post(*state, give_up, NULL)); /* until loop_destroy */
}

/* ---- signals ---- */

struct heard {
    struct loop *loop;
    int stops, reloads, reopens;
};

static void on_stop(void *context) {
    struct heard *heard = context;
    heard->stops++;
    loop_stop(heard->loop);
}

static void on_reload(void *context) {
    struct heard *heard = context;
    heard->reloads++;
    loop_stop(heard->loop);
}

static void on_reopen(void *context) {
    struct heard *heard = context;
    heard->reopens++;
    loop_stop(heard->loop);
}

static void *ask_mask(void *context) {
    pthread_sigmask(SIG_BLOCK, NULL, context);
    return NULL;
}

static void signals_reach_the_loop_alone(void **state) {
    struct heard heard = {.loop = *state};
    sigset_t mask;
    pthread_t thread;
    assert_true(loop_on_signal(*state, LOOP_SIGNAL_STOP, on_stop, &heard, NULL));
    assert_true(loop_on_signal(*state, LOOP_SIGNAL_RELOAD, on_reload, &heard, NULL));
    assert_true(loop_on_signal(*state, LOOP_SIGNAL_REOPEN, on_reopen, &heard, NULL));
    const int sent[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    assert_int_equal(pthread_create(&thread, NULL, ask_mask, &mask), 0);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        assert_true(sigismember(&mask, sent[i]));
        kill(getpid(), sent[i]);
        run(*state);
    }
    assert_int_equal(heard.stops, 2);
    assert_int_equal(heard.reloads, 1);
    assert_int_equal(heard.reopens, 1);
}

static void a_signal_nobody_asked_for_does_nothing(void **state) {
    kill(getpid(), SIGHUP);
    settle(*state);
}

static void a_reader_who_left_is_an_error_not_a_signal(void **state) {
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        loop_test(timers_run_in_the_order_of_their_time),
        loop_test(a_timer_set_again_runs_once_at_its_new_time),
        loop_test(a_timer_repeats_itself_and_ends_itself),
        loop_test(a_timer_that_is_always_due_does_not_starve_the_rest),
        loop_test(a_timer_destroyed_by_another_does_not_run),
        loop_test(a_source_is_called_when_readable),
        loop_test(a_source_waits_for_room_when_told),
        loop_test(a_source_destroyed_is_not_called),
        loop_test(a_file_is_no_source),
        loop_test(every_post_runs_in_order),
        loop_test(a_stop_before_the_run_is_not_lost),
        loop_test(a_post_never_run_does_not_leak),
        loop_test(signals_reach_the_loop_alone),
        loop_test(a_signal_nobody_asked_for_does_nothing),
        loop_test(a_reader_who_left_is_an_error_not_a_signal),
    };
    return cmocka_run_group_tests_name("platform/loop", tests, NULL, NULL);
}
