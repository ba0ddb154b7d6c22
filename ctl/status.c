/* The verb `status`: what the daemon says it serves, and what each listener really serves. */
#include "base/time_text.h"
#include "certs/names.h"
#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/place.h"
#include "ctl/probe.h"
#include "report/report.h"

#include <string.h>

enum { STATUS_TIMEOUT_MS = 10000 };

/* The name of the entry with this fingerprint, or null. */
static json_t *entry_of(const json_t *listed, const char *fingerprint) {
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(json_object_get(listed, "entries"), i, entry) {
        const char *has = answer_text(entry, "fingerprint");
        if (has && strcmp(has, fingerprint) == 0)
            return json_incref(json_object_get(entry, "name"));
    }
    return json_null();
}

/* Says in the probe which entry was seen, and whether it is the one the daemon told. */
static bool judge(const char *socket, const json_t *listener, json_t *probe, int64_t now) {
    const json_t *certificate = json_object_get(probe, "certificate");
    const char *seen = answer_text(certificate, "fingerprint");
    const char *told = answer_text(listener, "fingerprint");
    if (!seen)
        return true;
    if (told && strcmp(seen, told) == 0) {
        if (json_object_set(probe, "entry", json_object_get(listener, "serves")) != 0 ||
            json_object_set_new(probe, "matches", json_true()) != 0)
            return false;
        if (now > answer_integer(certificate, "not_after"))
            return json_object_set_new(probe, "problem", json_string("the certificate expired")) ==
                   0;
        if (now < answer_integer(certificate, "not_before"))
            return json_object_set_new(probe, "problem",
                                       json_string("the certificate is not valid yet")) == 0;
        return true;
    }
    json_t *listed = NULL;
    if (!control_ask(socket, "list", NULL, STATUS_TIMEOUT_MS, &listed, NULL))
        listed = NULL;
    bool ok = json_object_set_new(probe, "entry", entry_of(listed, seen)) == 0 &&
              json_object_set_new(probe, "matches", json_false()) == 0 &&
              json_object_set_new(
                  probe, "problem",
                  json_string("another certificate than the daemon says it serves there")) == 0;
    json_decref(listed);
    return ok;
}

static json_t *probe_of(const char *socket, const json_t *listener, const char *server_name,
                        int64_t now) {
    const char *reach = answer_text(listener, "reach");
    const char *protocol = answer_text(listener, "protocol");
    struct probe_target target = {.address = reach ? reach : "",
                                  .port = (uint16_t)answer_integer(listener, "port"),
                                  .server_name = server_name};
    if (protocol && strcmp(protocol, "redirect") == 0)
        return probe_redirect(&target);
    json_t *probe = probe_https(&target);
    if (probe && json_object_set_new(probe, "entry", json_null()) == 0 &&
        json_object_set_new(probe, "matches", json_false()) == 0 &&
        judge(socket, listener, probe, now))
        return probe;
    json_decref(probe);
    return NULL;
}

/* Adds `probe` to every listener. `fine`: none has a problem. */
static bool probe_all(const char *socket, json_t *answer, const char *server_name, int64_t now,
                      bool *fine) {
    size_t i = 0, j = 0;
    json_t *service = NULL, *listener = NULL;
    *fine = true;
    json_array_foreach(json_object_get(answer, "services"), i, service) {
        json_array_foreach(json_object_get(service, "listeners"), j, listener) {
            json_t *probe = probe_of(socket, listener, server_name, now);
            if (probe && !json_is_null(json_object_get(probe, "problem")))
                *fine = false;
            if (json_object_set_new(listener, "probe", probe) != 0)
                return false;
        }
    }
    return true;
}

/* Asks and looks. Gives `out`. */
static bool gather(const char *socket, const char *server_name, int64_t now, json_t **out,
                   bool *fine, struct error *err) {
    json_t *members = server_name ? json_pack("{s:s}", "server_name", server_name) : NULL;
    json_t *answer = NULL;
    bool ok = control_ask(socket, "status", members, STATUS_TIMEOUT_MS, &answer, err);
    json_decref(members);
    if (ok && !probe_all(socket, answer, server_name, now, fine)) {
        error_no_memory(err);
        json_decref(answer);
        ok = false;
    }
    if (ok)
        *out = answer;
    return ok;
}

/* A certificate may be replaced between the daemon's answer and our look: what still has a problem
 * when asked anew has one. */
static bool gather_twice(const char *socket, const char *server_name, int64_t now, json_t **out,
                         bool *fine, struct error *err) {
    json_t *first = NULL;
    if (!gather(socket, server_name, now, &first, fine, err))
        return false;
    if (*fine) {
        *out = first;
        return true;
    }
    json_decref(first);
    return gather(socket, server_name, now, out, fine, err);
}

static enum ctl_exit without_daemon(const struct ctl *ctl, const struct place *place,
                                    const struct error *err, struct buffer *out) {
    if (ctl_has(ctl, "--json")) {
        json_t *answer = json_pack("{s:b, s:o, s:o}", "running", 0, "error", report_text(err->text),
                                   "control_socket", report_text(place->socket));
        if (answer)
            answer_append_json(answer, out);
        json_decref(answer);
    }
    return ctl_fail(err);
}

static enum ctl_exit run(struct ctl *ctl) {
    char name[NAME_SIZE];
    const char *server_name = ctl_value(ctl, "--name");
    if (ctl_has(ctl, "--store"))
        return ctl_misuse("status asks a daemon; --store asks none");
    if (server_name && !name_normalise(server_name, false, name))
        return ctl_misuse("--name: \"%s\" is no host name", server_name);
    struct place place = {0};
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE)
        return status;
    struct error err = {0};
    json_t *answer = NULL;
    bool fine = false;
    if (!gather_twice(place.socket, server_name ? name : NULL, ctl->now, &answer, &fine, &err)) {
        status = without_daemon(ctl, &place, &err, &ctl->out);
        goto done;
    }
    answer_strip(answer);
    json_object_set_new(answer, "running", json_true());
    if (ctl_has(ctl, "--json"))
        answer_append_json(answer, &ctl->out);
    else
        status_print(answer, ctl->now, &ctl->out);
    status = fine ? CTL_FINE : CTL_ATTENTION;
done:
    json_decref(answer);
    place_finish(&place);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--name", .value = "HOST", .help = "ask for this server name (SNI)"},
    {0},
};

const struct ctl_verb verb_status = {
    .name = "status",
    .summary = "what each listener really serves",
    .help = "Asks the daemon for its services, then connects to every listener and looks: which\n"
            "certificate it sends, whether that is the one the daemon says it serves, and whether\n"
            "it is valid now. A listener that redirects is asked over plain HTTP. Trust is not\n"
            "judged.\n",
    .run = run,
    .options = options,
};
