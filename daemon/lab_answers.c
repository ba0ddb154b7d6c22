#include "daemon/lab_answers.h"

#include "daemon/app.h"
#include "daemon/lab_keeper.h"
#include "lab/lab.h"

static struct lab *find_lab(void *app, struct error *err) {
    struct lab *lab = lab_keeper_lab(app_lab_keeper(app));
    if (!lab)
        error_set(err, ERROR_MISSING,
                  "the laboratory is off: start mailstored with --lab, or set lab.enabled = true "
                  "in its configuration");
    return lab;
}

/* The member "run": a text, or (NULL) a mistake. Without one it is the run that is always there. */
static const char *run_name(const json_t *request, struct error *err) {
    const json_t *run = json_object_get(request, "run");
    if (!run)
        return LAB_DEFAULT_RUN;
    if (!json_is_string(run))
        error_set(err, ERROR_INPUT, "the member \"run\" must be a text");
    return json_string_value(run);
}

static json_t *complete(json_t *answer, struct error *err) {
    if (!answer)
        error_set(err, ERROR_MEMORY, "laboratory: out of memory");
    return answer;
}

json_t *lab_answer_list(void *app, const json_t *request, struct error *err) {
    struct lab *lab = find_lab(app, err);
    (void)request;
    json_t *runs = lab ? lab_list(lab, err) : NULL;
    return runs ? complete(json_pack("{s:o}", "runs", runs), err) : NULL;
}

/* "port", if it is there: 0 to 65535. */
static bool read_port(const json_t *request, uint16_t *out, struct error *err) {
    const json_t *port = json_object_get(request, "port");
    json_int_t value = json_integer_value(port);
    *out = (uint16_t)value;
    if (!port || (json_is_integer(port) && value >= 0 && value <= UINT16_MAX))
        return true;
    error_set(err, ERROR_INPUT, "the member \"port\" must be a number from 0 to 65535");
    return false;
}

json_t *lab_answer_start(void *app, const json_t *request, struct error *err) {
    struct lab *lab = find_lab(app, err);
    const char *name = lab ? run_name(request, err) : NULL;
    uint16_t port = 0;
    if (!name || !read_port(request, &port, err) || !lab_start(lab, name, port, err))
        return NULL;
    app_announce(app);
    return lab_describe(lab, name, err);
}

json_t *lab_answer_stop(void *app, const json_t *request, struct error *err) {
    struct lab *lab = find_lab(app, err);
    const char *name = lab ? run_name(request, err) : NULL;
    if (!name || !lab_stop(lab, name, err))
        return NULL;
    app_announce(app);
    return complete(json_pack("{s:s}", "stopped", name), err);
}

json_t *lab_answer_describe(void *app, const json_t *request, struct error *err) {
    struct lab *lab = find_lab(app, err);
    const char *name = lab ? run_name(request, err) : NULL;
    return name ? lab_describe(lab, name, err) : NULL;
}

json_t *lab_answer_report(void *app, const json_t *request, struct error *err) {
    struct lab *lab = find_lab(app, err);
    const char *name = lab ? run_name(request, err) : NULL;
    if (name)
        lab_settle(lab); /* whoever asks has often seen a client end just now */
    return name ? lab_result(lab, name, err) : NULL;
}

json_t *lab_answer_files(void *app, const json_t *request, struct error *err) {
    struct lab *lab = find_lab(app, err);
    const char *name = lab ? run_name(request, err) : NULL;
    struct buffer anchors = {0}, hosts = {0};
    json_t *answer = NULL;
    if (name && lab_anchors(lab, name, &anchors, err) && lab_hosts(lab, name, &hosts, err))
        answer =
            complete(anchors.failed || hosts.failed
                         ? NULL
                         : json_pack("{s:s, s:s}", "anchors", anchors.data, "hosts", hosts.data),
                     err);
    buffer_finish(&anchors);
    buffer_finish(&hosts);
    return answer;
}
