/* The verb `check`: connects like a client, and says which clients will be silent. */
#include "ctl/check.h"

#include "base/time_text.h"
#include "ctl/place.h"
#include "ctl/progress.h"
#include "platform/file.h"
#include "report/report.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- by what is judged ---- */

static bool read_anchors(const struct ctl *ctl, struct trust_anchors **out, struct error *err) {
    const char *path = NULL;
    struct trust_anchors *anchors = NULL;
    if (!ctl_value(ctl, "--anchors"))
        return trust_anchors_of_system(out, err) ||
               (err->kind == ERROR_MISSING && trust_anchors_of_chain(NULL, 0, out, err));
    bool ok = trust_anchors_of_chain(NULL, 0, &anchors, err);
    for (size_t i = 0; ok && (path = ctl_value_at(ctl, "--anchors", i)); i++) {
        struct trust_anchors *one = NULL;
        ok = trust_anchors_of_path(path, &one, err) && trust_anchors_join(anchors, one, err);
        trust_anchors_destroy(one);
    }
    if (ok)
        *out = anchors;
    else
        trust_anchors_destroy(anchors);
    return ok;
}

/* The local authority's certificate; NULL: there is none that we may read. */
static struct trust_anchors *find_ours(const struct ctl *ctl) {
    struct place place = {0};
    struct trust_anchors *ours = NULL;
    if (place_find(ctl, &place) != CTL_FINE)
        return NULL;
    char *folder = path_join(place.state_folder, "authority");
    char *path = folder ? path_join(folder, "authority.pem") : NULL;
    if (path && !trust_anchors_of_path(path, &ours, NULL))
        ours = NULL;
    free(path);
    free(folder);
    place_finish(&place);
    return ours;
}

static json_t *anchors_given(const struct ctl *ctl) {
    const char *path = NULL;
    if (!ctl_value(ctl, "--anchors"))
        return json_string("system");
    json_t *list = json_array();
    for (size_t i = 0; (path = ctl_value_at(ctl, "--anchors", i)); i++)
        json_array_append_new(list, report_text(path));
    return list;
}

/* ---- many at once ---- */

enum { MOST_THREADS = 16 };

struct work {
    const struct check_targets *targets;
    const struct check_terms *terms;
    json_t **answers;
    struct progress *progress;
    pthread_mutex_t lock;
    size_t next, done;
};

static void *work(void *context) {
    struct work *work = context;
    for (;;) {
        pthread_mutex_lock(&work->lock);
        size_t mine = work->next < work->targets->count ? work->next++ : work->targets->count;
        pthread_mutex_unlock(&work->lock);
        if (mine == work->targets->count)
            return NULL;
        work->answers[mine] = check_target(&work->targets->items[mine], work->terms);
        pthread_mutex_lock(&work->lock);
        work->done++;
        progress_count(work->progress, work->done, work->targets->count);
        pthread_mutex_unlock(&work->lock);
    }
}

/* This thread works, too, so that it gets done where no other can be made. */
static void run_all(struct work *all) {
    pthread_t threads[MOST_THREADS];
    size_t started = 0;
    while (started + 1 < all->targets->count && started < MOST_THREADS &&
           pthread_create(&threads[started], NULL, work, all) == 0)
        started++;
    work(all);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* Gives an array, in the order of the targets; NULL: out of memory. */
static json_t *check_all(const struct check_targets *targets, const struct check_terms *terms) {
    struct work all = {.targets = targets, .terms = terms};
    json_t *list = json_array();
    all.answers = calloc(targets->count + 1, sizeof(json_t *));
    if (!all.answers || !list || pthread_mutex_init(&all.lock, NULL) != 0) {
        free(all.answers);
        json_decref(list);
        return NULL;
    }
    json_object_seed(0); /* before there are threads that would do it */
    all.progress = progress_begin("asking");
    progress_count(all.progress, 0, targets->count);
    run_all(&all);
    progress_end(all.progress);
    pthread_mutex_destroy(&all.lock);
    bool ok = true;
    for (size_t i = 0; i < targets->count; i++)
        ok = json_array_append_new(list, all.answers[i]) == 0 && ok;
    free(all.answers);
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

/* ---- the verb ---- */

static enum ctl_exit status_of(const json_t *targets) {
    enum ctl_exit status = CTL_FINE;
    const json_t *target = NULL;
    size_t i = 0;
    json_array_foreach(targets, i, target) {
        if (!json_is_null(json_object_get(target, "problem")))
            return CTL_FAILED;
        if (!json_is_true(json_object_get(target, "silent")))
            status = CTL_ATTENTION;
    }
    return status;
}

static enum ctl_exit tell(struct ctl *ctl, const struct check_targets *targets,
                          const struct check_terms *terms) {
    json_t *list = check_all(targets, terms);
    enum ctl_exit status = status_of(list);
    json_t *answer = list ? json_pack("{s:o, s:I, s:b, s:o}", "anchors", anchors_given(ctl), "at",
                                      (json_int_t)terms->at, "silent", (int)(status == CTL_FINE),
                                      "targets", list)
                          : NULL;
    return ctl_answer(ctl, answer, check_print, status);
}

static enum ctl_exit run(struct ctl *ctl) {
    struct check_targets targets = {0};
    struct check_terms terms = {.at = ctl->now, .is_now = true};
    struct trust_anchors *anchors = NULL, *ours = NULL;
    struct error err = {0};
    const char *at = ctl_value(ctl, "--at");
    if (ctl_has(ctl, "--rules"))
        return ctl_answer(ctl, check_rules(), check_rules_print, CTL_FINE);
    if (at && !time_from_text(at, &terms.at))
        return ctl_misuse("--at %s: it is no date: write it as in 2027-01-31 or \"2027-01-31 "
                          "12:00:00\"",
                          at);
    terms.is_now = !at;
    enum ctl_exit status = check_targets_find(ctl, &targets);
    if (status == CTL_FINE && !read_anchors(ctl, &anchors, &err))
        status = ctl_fail_given(&err);
    if (status == CTL_FINE) {
        ours = find_ours(ctl);
        terms.anchors = anchors;
        terms.ours = ours;
        status = tell(ctl, &targets, &terms);
    }
    trust_anchors_destroy(anchors);
    trust_anchors_destroy(ours);
    check_targets_finish(&targets);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--anchors",
     .value = "PATH",
     .help = "file or folder of certificates that clients trust, not this system's",
     .many = true,
     .completion = CTL_COMPLETE_FILE},
    {.name = "--as", .value = "HOST", .help = "the name or address by which clients go there"},
    {.name = "--connect",
     .value = "ADDRESS",
     .help = "connect there, whatever the name resolves to"},
    {.name = "--at", .value = "DATE", .help = "judge as on that day, such as 2027-01-31"},
    {.name = "--rules", .help = "tell what each family of clients minds, and ask nobody"},
    {0},
};

const struct ctl_verb verb_check = {
    .name = "check",
    .arguments = "[HOST[:PORT]…]",
    .summary = "which clients will be silent at a server, and what mends it for the others",
    .help =
        "Connects like a client, to port 443 unless another is given, and says for Windows and\n"
        "Outlook, Chrome and Edge, Firefox, Apple, Android, Java, curl and OpenSSL, and Go\n"
        "whether they will be silent, and if not which of the four conditions fails. Without\n"
        "a host it asks the daemon, and checks its HTTPS listeners by their names. Exit status\n"
        "1 if some client warns, 5 if a server shows no certificate.\n",
    .most_arguments = 10000,
    .run = run,
    .options = options,
};
