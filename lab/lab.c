#include "lab/lab.h"

#include "lab/keys.h"
#include "lab/report.h"
#include "lab/run.h"
#include "platform/loop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lab {
    char *domain, *address;
    struct loop *loop; /* of its own thread, which everything below belongs to */
    pthread_t thread;
    bool runs; /* the thread */
    struct lab_keys *keys;
    struct lab_run *all[LAB_RUN_LIMIT];
    size_t count;
    size_t room; /* for more connections */

    struct call *settling; /* who waits for it to settle; NULL: nobody */
    struct loop_timer *timer;
    unsigned looks, quiet_looks;
    size_t activity; /* at the last look */
};

/* ---- its thread ---- */

/* What another thread asks for, and waits until it is done. */
struct call {
    void (*what)(struct call *call);
    struct lab *lab;
    const char *name;
    uint16_t port;
    struct buffer *text;
    json_t *answer;
    struct error *err;
    bool ok;
    bool goes_on; /* it is not over when `what` returns */

    pthread_mutex_t lock;
    pthread_cond_t done_now;
    bool done;
};

static void finish(struct call *call) {
    pthread_mutex_lock(&call->lock);
    call->done = true;
    pthread_cond_signal(&call->done_now);
    pthread_mutex_unlock(&call->lock);
}

static void carry_out(void *context) {
    struct call *call = context;
    call->what(call);
    if (!call->goes_on)
        finish(call);
}

/* Has it done in the lab's thread. */
static bool do_there(struct lab *lab, struct call *call, void (*what)(struct call *call)) {
    call->lab = lab;
    call->what = what;
    pthread_mutex_init(&call->lock, NULL);
    pthread_cond_init(&call->done_now, NULL);
    if (loop_post(lab->loop, carry_out, call)) {
        pthread_mutex_lock(&call->lock);
        while (!call->done)
            pthread_cond_wait(&call->done_now, &call->lock);
        pthread_mutex_unlock(&call->lock);
    } else {
        error_set(call->err, ERROR_MEMORY, "laboratory: out of memory");
    }
    pthread_cond_destroy(&call->done_now);
    pthread_mutex_destroy(&call->lock);
    return call->ok;
}

static void *turn(void *context) {
    struct lab *lab = context;
    loop_run(lab->loop);
    return NULL;
}

static void tell_runs(void *context) {
    struct lab *lab = context;
    for (size_t i = 0; i < lab->count; i++)
        lab_run_key_made(lab->all[i]);
}

/* The keys' thread. Out of memory, the next key tells it. */
static void on_key(void *context, enum lab_key key) {
    struct lab *lab = context;
    (void)key;
    loop_post(lab->loop, tell_runs, lab);
}

/* ---- settling ---- */

enum { LOOK_MS = 10, QUIET_LOOKS = 3, LOOK_LIMIT = 100 };

static size_t activity(const struct lab *lab) {
    size_t sum = 0;
    for (size_t i = 0; i < lab->count; i++)
        sum += lab_run_activity(lab->all[i]);
    return sum;
}

/* Between two looks every descriptor that is ready has been served. */
static void look(void *context) {
    struct lab *lab = context;
    size_t now = activity(lab);
    lab->quiet_looks = now == lab->activity ? lab->quiet_looks + 1 : 0;
    lab->activity = now;
    if (lab->quiet_looks < QUIET_LOOKS && ++lab->looks < LOOK_LIMIT) {
        loop_timer_set(lab->timer, LOOK_MS);
        return;
    }
    finish(lab->settling);
    lab->settling = NULL;
}

static void settle(struct call *call) {
    struct lab *lab = call->lab;
    call->goes_on = true;
    lab->settling = call;
    lab->looks = lab->quiet_looks = 0;
    lab->activity = activity(lab);
    loop_timer_set(lab->timer, LOOK_MS);
}

void lab_settle(struct lab *lab) {
    struct call call = {0};
    do_there(lab, &call, settle);
}

/* ---- beginning and end ---- */

bool lab_create(const struct lab_settings *settings, struct lab **out, struct error *err) {
    struct lab *lab = calloc(1, sizeof *lab);
    if (lab) {
        lab->domain = strdup(settings->domain ? settings->domain : LAB_DOMAIN);
        lab->address = strdup(settings->address ? settings->address : LAB_ADDRESS);
    }
    bool ok = lab && lab->domain && lab->address;
    if (!ok)
        error_set(err, ERROR_MEMORY, "laboratory: out of memory");
    ok = ok && loop_create_beside(&lab->loop, err) &&
         loop_timer_create(lab->loop, look, lab, &lab->timer, err) &&
         lab_keys_create(on_key, lab, &lab->keys, err);
    if (ok) {
        lab->room = LAB_CONNECTION_LIMIT;
        lab->runs = pthread_create(&lab->thread, NULL, turn, lab) == 0;
        if (!lab->runs)
            error_set(err, ERROR_SYSTEM, "laboratory: no thread can be made");
    }
    if (!ok || !lab->runs) {
        lab_destroy(lab);
        return false;
    }
    *out = lab;
    return true;
}

static void end_all(struct call *call) {
    while (call->lab->count > 0)
        lab_run_destroy(call->lab->all[--call->lab->count]);
    loop_stop(call->lab->loop);
    call->ok = true;
}

void lab_destroy(struct lab *lab) {
    struct call call = {0};
    if (!lab)
        return;
    if (lab->runs && do_there(lab, &call, end_all))
        pthread_join(lab->thread, NULL);
    lab_keys_destroy(lab->keys); /* its thread may still post, which nobody will hear */
    loop_timer_destroy(lab->timer);
    loop_destroy(lab->loop);
    free(lab->domain);
    free(lab->address);
    free(lab);
}

/* ---- runs ---- */

static size_t find(const struct lab *lab, const char *name) {
    size_t i = 0;
    while (i < lab->count && strcmp(lab_run_name(lab->all[i]), name) != 0)
        i++;
    return i;
}

static struct lab_run *find_named(struct call *call) {
    struct buffer names = {0};
    size_t i = find(call->lab, call->name);
    if (i < call->lab->count)
        return call->lab->all[i];
    for (i = 0; i < call->lab->count; i++)
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", lab_run_name(call->lab->all[i]));
    error_set(call->err, ERROR_MISSING, "the laboratory has no run \"%s\"; %s%s", call->name,
              names.size > 0 ? "there are: " : "there is none", names.data ? names.data : "");
    buffer_finish(&names);
    return NULL;
}

static bool name_is_good(const char *name) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t size = strlen(name);
    return size > 0 && size < LAB_RUN_NAME_SIZE && strspn(name, good) == size;
}

static void start(struct call *call) {
    struct lab *lab = call->lab;
    const struct lab_run_settings settings = {.loop = lab->loop,
                                              .keys = lab->keys,
                                              .name = call->name,
                                              .domain = lab->domain,
                                              .address = lab->address,
                                              .first_port = call->port,
                                              .room = &lab->room};
    if (find(lab, call->name) < lab->count) {
        error_set(call->err, ERROR_EXISTS,
                  "the laboratory has a run \"%s\" already: choose another name, or end it with "
                  "\"mailstorectl lab stop %s\"",
                  call->name, call->name);
    } else if (lab->count == LAB_RUN_LIMIT) {
        error_set(call->err, ERROR_BUSY,
                  "%d runs are as many as may be: end one with \"mailstorectl lab stop NAME\"",
                  LAB_RUN_LIMIT);
    } else if (lab_run_create(&settings, &lab->all[lab->count], call->err)) {
        lab->count++;
        call->ok = true;
    }
}

bool lab_start(struct lab *lab, const char *name, uint16_t first_port, struct error *err) {
    struct call call = {.name = name, .port = first_port, .err = err};
    if (name_is_good(name))
        return do_there(lab, &call, start);
    error_set(err, ERROR_INPUT, "a run's name has 1 to %d letters, digits, \"-\", \"_\" and \".\"",
              LAB_RUN_NAME_SIZE - 1);
    return false;
}

static void stop(struct call *call) {
    struct lab *lab = call->lab;
    struct lab_run *run = find_named(call);
    if (!run)
        return;
    size_t i = find(lab, call->name);
    lab_run_destroy(run);
    lab->count--;
    memmove(&lab->all[i], &lab->all[i + 1], (lab->count - i) * sizeof(struct lab_run *));
    call->ok = true;
}

bool lab_stop(struct lab *lab, const char *name, struct error *err) {
    struct call call = {.name = name, .err = err};
    return do_there(lab, &call, stop);
}

/* ---- what they tell ---- */

static void take(struct call *call, json_t *answer) {
    call->answer = answer;
    call->ok = answer != NULL;
    if (!answer)
        error_set(call->err, ERROR_MEMORY, "laboratory: out of memory");
}

static json_t *summary(const struct lab_run *run) {
    json_t *described = lab_run_describe(run);
    json_t *answer = json_pack("{s:s, s:O, s:O, s:I}", "run", lab_run_name(run), "page",
                               json_object_get(described, "page"), "domain",
                               json_object_get(described, "domain"), "clients",
                               (json_int_t)lab_record_client_count(lab_run_record(run)));
    json_decref(described);
    return answer;
}

static void list(struct call *call) {
    json_t *runs = json_array();
    bool ok = runs != NULL;
    for (size_t i = 0; ok && i < call->lab->count; i++)
        ok = json_array_append_new(runs, summary(call->lab->all[i])) == 0;
    if (!ok) {
        json_decref(runs);
        runs = NULL;
    }
    take(call, runs);
}

json_t *lab_list(struct lab *lab, struct error *err) {
    struct call call = {.err = err};
    return do_there(lab, &call, list) ? call.answer : NULL;
}

static void describe(struct call *call) {
    const struct lab_run *run = find_named(call);
    if (run)
        take(call, lab_run_describe(run));
}

json_t *lab_describe(struct lab *lab, const char *name, struct error *err) {
    struct call call = {.name = name, .err = err};
    return do_there(lab, &call, describe) ? call.answer : NULL;
}

static void page_port(struct call *call) {
    const struct lab_run *run = find_named(call);
    if (run)
        call->port = lab_run_index_port(run);
    call->ok = run != NULL;
}

bool lab_page_port(struct lab *lab, const char *name, uint16_t *out, struct error *err) {
    struct call call = {.name = name, .err = err};
    bool ok = do_there(lab, &call, page_port);
    if (ok)
        *out = call.port;
    return ok;
}

static void report(struct call *call) {
    const struct lab_run *run = find_named(call);
    if (run)
        take(call, lab_report(call->name, lab_run_record(run)));
}

json_t *lab_result(struct lab *lab, const char *name, struct error *err) {
    struct call call = {.name = name, .err = err};
    return do_there(lab, &call, report) ? call.answer : NULL;
}

static void anchors(struct call *call) {
    const struct lab_run *run = find_named(call);
    call->ok = run && lab_run_anchors(run, call->text, call->err);
}

bool lab_anchors(struct lab *lab, const char *name, struct buffer *out, struct error *err) {
    struct call call = {.name = name, .text = out, .err = err};
    return do_there(lab, &call, anchors);
}

static void hosts(struct call *call) {
    const struct lab_run *run = find_named(call);
    if (run)
        lab_run_hosts(run, call->text);
    call->ok = run != NULL;
}

bool lab_hosts(struct lab *lab, const char *name, struct buffer *out, struct error *err) {
    struct call call = {.name = name, .text = out, .err = err};
    return do_there(lab, &call, hosts);
}
