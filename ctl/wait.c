#include "ctl/wait.h"

#include "base/shell_word.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "certs/cert_store.h"
#include "control/control.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/probe.h"
#include "ctl/text.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

enum {
    ASK_TIMEOUT_MS = 60000, /* a first reading of many thousand files takes its time */
    /* What the daemon holds back as still being written it has judged by then. */
    SETTLED_MS = 3 * CERT_STORE_SETTLE_MS,
    PAUSE_MS = 50,
    NAMES_TRIED = 32, /* each is one question to the daemon */
};

/* What is waited for. Borrowed. */
struct awaited {
    const struct ctl *ctl;
    const struct place *place;
    const char *service; /* that is to serve it; NULL: any */
    const char *entry;
    const char *fingerprint;
};

/* ---- the daemon ---- */

static bool ask(const struct place *place, const char *command, json_t *members, json_t **out,
                struct error *err) {
    bool ok = control_ask(place->socket, command, members, ASK_TIMEOUT_MS, out, err);
    json_decref(members);
    return ok;
}

static bool rescan(const struct place *place, struct error *err) {
    json_t *answer = NULL;
    bool ok = ask(place, "rescan", NULL, &answer, err);
    json_decref(answer);
    return ok;
}

void wait_tell(const struct place *place) {
    struct error err = {0};
    if (!place->socket || rescan(place, &err))
        return;
    if (err.kind != ERROR_UNREACHABLE)
        ctl_warn("the daemon was not told to look at once: %s", err.text);
}

static enum ctl_exit no_daemon_known(void) {
    return ctl_fail(&(struct error){
        .kind = ERROR_UNREACHABLE,
        .text = "--wait: with --store alone no daemon is known; name its configuration with "
                "--config as well"});
}

/* Where --store names another folder than the daemon's, waiting would be in vain. */
static bool serves_this_store(const struct place *place, struct buffer *why, struct error *err) {
    json_t *status = NULL;
    if (!ask(place, "status", NULL, &status, err))
        return false;
    const char *folder = answer_text(status, "store_folder");
    if (folder && !place_same_folder(folder, place->store_folder))
        buffer_printf(why, "the daemon's store is %s, not %s", folder, place->store_folder);
    json_decref(status);
    return true;
}

static void pause_between_looks(void) {
    thrd_sleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

/* ---- has it taken the entry up? ---- */

static const char *reason_of(const json_t *shown) {
    size_t i = 0;
    const json_t *refusal = NULL;
    json_array_foreach(json_object_get(shown, "refused"), i, refusal) {
        if (!answer_true(refusal, "staple"))
            return answer_text(refusal, "reason");
    }
    return NULL;
}

/* Looks once. `is_there`: it has the certificate; `why` is filled when it never will. Gives the
 * entry as shown, NULL where it is not there. */
static bool look_for(const struct awaited *awaited, bool *is_there, json_t **entry,
                     struct buffer *why, struct error *err) {
    struct error missing = {0};
    json_t *shown = NULL;
    if (!rescan(awaited->place, err))
        return false;
    json_t *members = json_pack("{s:o}", "entry", report_text(awaited->entry));
    if (!ask(awaited->place, "show", members, &shown, &missing)) {
        if (missing.kind == ERROR_MISSING)
            return true;
        *err = missing;
        return false;
    }
    json_t *found = json_object_get(shown, "entry");
    const char *has = answer_text(found, "fingerprint"), *reason = reason_of(shown);
    *is_there = has && strcmp(has, awaited->fingerprint) == 0;
    if (*is_there)
        *entry = json_incref(found);
    else if (reason)
        buffer_printf(why, "the daemon refuses \"%s\": %s", awaited->entry, reason);
    json_decref(shown);
    return true;
}

static bool await_entry(const struct awaited *awaited, json_t **entry, struct buffer *why,
                        struct error *err) {
    int64_t deadline_ms = time_monotonic_ms() + SETTLED_MS;
    for (;;) {
        bool is_there = false;
        if (!look_for(awaited, &is_there, entry, why, err))
            return false;
        if (is_there || why->size > 0)
            return true;
        if (time_monotonic_ms() > deadline_ms) {
            buffer_printf(why, "the daemon does not have this certificate as \"%s\" after %d s",
                          awaited->entry, SETTLED_MS / 1000);
            return true;
        }
        pause_between_looks();
    }
}

/* ---- who gets it? ---- */

/* "https 127.0.0.1:8462", "https [::1]:8462" */
static json_t *listener_text(const json_t *listener) {
    const char *reach = answer_text(listener, "reach");
    bool brackets = reach && strchr(reach, ':');
    return json_sprintf("https %s%s%s:%lld", brackets ? "[" : "", reach ? reach : "?",
                        brackets ? "]" : "", (long long)answer_integer(listener, "port"));
}

static bool is_https(const json_t *listener) {
    const char *protocol = answer_text(listener, "protocol");
    return protocol && strcmp(protocol, "https") == 0;
}

/* Connects, and says in `why` if another certificate comes than the daemon told. */
static bool really_sends(const struct awaited *awaited, const json_t *listener,
                         const char *server_name, struct buffer *why) {
    const char *reach = answer_text(listener, "reach");
    json_t *probe = probe_https(&(struct probe_target){
        .address = reach ? reach : "",
        .port = (uint16_t)answer_integer(listener, "port"),
        .server_name = server_name,
    });
    const char *seen = answer_text(json_object_get(probe, "certificate"), "fingerprint");
    const char *problem = answer_text(probe, "problem");
    bool sends = seen && strcmp(seen, awaited->fingerprint) == 0 && !problem;
    if (!sends && why->size == 0) {
        json_t *where = listener_text(listener);
        buffer_printf(why, "%s: %s", where ? json_string_value(where) : "?",
                      problem ? problem : "another certificate is sent than the daemon tells");
        json_decref(where);
    }
    json_decref(probe);
    return sends;
}

static void suggest_select(const struct awaited *awaited, const char *service, const char *outcome,
                           struct buffer *why) {
    buffer_append_text(why, "; \"");
    command_line_append(awaited->ctl, "select", service, why);
    buffer_append_text(why, " ");
    shell_append_word(why, awaited->entry);
    buffer_printf(why, "\" %s", outcome);
}

/* What goes first at this listener, and by which rule. */
static void explain(const struct awaited *awaited, const json_t *service, const json_t *listener,
                    const char *server_name, struct buffer *why) {
    const char *name = answer_text(service, "name"), *rule = answer_text(listener, "rule"),
               *serves = answer_text(listener, "serves");
    if (!serves || !rule) {
        buffer_printf(why, "service %s has no certificate that its clients can use", name);
    } else if (strcmp(rule, "pin") == 0) {
        buffer_printf(why, "service %s is pinned to \"%s\"", name, serves);
        suggest_select(awaited, name, "pins it to this one", why);
    } else if (strcmp(rule, "name") == 0) {
        buffer_printf(why,
                      "clients of service %s that ask for %s get \"%s\", which names it too and "
                      "goes first",
                      name, server_name ? server_name : answer_text(listener, "reach"), serves);
    } else {
        buffer_printf(why, "clients of service %s get \"%s\", which goes first%s", name, serves,
                      strcmp(rule, "newest") == 0 ? " as the newest that is valid now"
                                                  : " where no certificate of yours can be used");
        suggest_select(awaited, name, "puts this one there", why);
    }
}

static bool is_asked(const struct awaited *awaited, const json_t *service) {
    const char *name = answer_text(service, "name");
    return !awaited->service || (name && strcmp(name, awaited->service) == 0);
}

/* Asks what clients get that send this name (NULL: none). Gives `out` where the entry is really
 * served; the first reason why not stands in `why`. */
static bool try_name(const struct awaited *awaited, const char *server_name, json_t **out,
                     struct buffer *why, struct error *err) {
    json_t *status = NULL, *service = NULL, *listener = NULL;
    json_t *members = server_name ? json_pack("{s:s}", "server_name", server_name) : NULL;
    size_t i = 0, j = 0;
    if (!ask(awaited->place, "status", members, &status, err))
        return false;
    json_array_foreach(json_object_get(status, "services"), i, service) {
        json_array_foreach(json_object_get(service, "listeners"), j, listener) {
            const char *given = answer_text(listener, "fingerprint");
            if (*out || !is_https(listener) || !is_asked(awaited, service))
                continue;
            if (!given || strcmp(given, awaited->fingerprint) != 0) {
                if (why->size == 0)
                    explain(awaited, service, listener, server_name, why);
            } else if (really_sends(awaited, listener, server_name, why)) {
                *out = json_pack("{s:o, s:s?, s:O}", "listener", listener_text(listener),
                                 "server_name", server_name, "service",
                                 json_object_get(service, "name"));
            }
        }
    }
    json_decref(status);
    return true;
}

/* A name that the pattern stands for. */
static bool name_under(const char *pattern, char *out, size_t size) {
    const char *star = strncmp(pattern, "*.", 2) == 0 ? "any." : "";
    int length = snprintf(out, size, "%s%s", star, *star ? pattern + 2 : pattern);
    return length > 0 && (size_t)length < size;
}

/* Its own names first, then clients without one. */
static bool find_client(const struct awaited *awaited, const json_t *entry, json_t **out,
                        struct buffer *why, struct error *err) {
    const json_t *names = json_object_get(entry, "dns_names"), *name = NULL;
    char asked[300];
    size_t i = 0;
    json_array_foreach(names, i, name) {
        struct error unusual = {0};
        if (i >= NAMES_TRIED || *out)
            break;
        if (!name_under(json_string_value(name), asked, sizeof asked))
            continue;
        if (!try_name(awaited, asked, out, why, &unusual) && unusual.kind != ERROR_INPUT) {
            *err = unusual;
            return false; /* ERROR_INPUT: a name that no client can ask for */
        }
    }
    if (!*out && !try_name(awaited, NULL, out, why, err))
        return false;
    if (!*out && why->size == 0)
        buffer_printf(why, "%s listens nowhere with HTTPS",
                      awaited->service ? awaited->service : "the daemon");
    return true;
}

/* A listener may have changed hands between the daemon's answer and our look: what fails once is
 * looked at again. */
static bool find_client_twice(const struct awaited *awaited, const json_t *entry, json_t **out,
                              struct buffer *why, struct error *err) {
    if (!find_client(awaited, entry, out, why, err))
        return false;
    if (*out)
        return true;
    buffer_clear(why);
    return find_client(awaited, entry, out, why, err);
}

static bool put_outcome(json_t *answer, const char *member, json_t *value,
                        const struct buffer *why) {
    bool is_reached = value && !json_is_false(value) && !json_is_null(value);
    return json_object_set_new(answer, member, value) == 0 &&
           (is_reached || json_object_set_new(answer, "why", report_text(why->data)) == 0);
}

enum ctl_exit wait_served(struct ctl *ctl, const struct place *place, const char *entry,
                          const char *fingerprint, json_t *answer) {
    return wait_served_by(ctl, place, NULL, entry, fingerprint, answer);
}

enum ctl_exit wait_served_by(struct ctl *ctl, const struct place *place, const char *service,
                             const char *entry, const char *fingerprint, json_t *answer) {
    const struct awaited awaited = {ctl, place, service, entry, fingerprint};
    struct error err = {0};
    struct buffer why = {0};
    json_t *found = NULL, *served = NULL;
    if (!ctl_has(ctl, "--wait"))
        return CTL_FINE;
    if (!place->socket)
        return no_daemon_known();
    enum ctl_exit status = CTL_ATTENTION;
    if (!serves_this_store(place, &why, &err) ||
        (why.size == 0 && !await_entry(&awaited, &found, &why, &err)) ||
        (found && !find_client_twice(&awaited, found, &served, &why, &err))) {
        status = ctl_fail(&err);
    } else {
        status = served ? CTL_FINE : CTL_ATTENTION;
        if (!put_outcome(answer, "served", served ? json_incref(served) : json_null(), &why))
            status = ctl_no_memory();
    }
    json_decref(found);
    json_decref(served);
    buffer_finish(&why);
    return status;
}

/* ---- a service, whatever it serves ---- */

/* Looks at its first HTTPS listener. */
static json_t *look_at_service(const struct place *place, const json_t *service,
                               struct buffer *why) {
    size_t i = 0;
    const json_t *listener = NULL;
    json_array_foreach(json_object_get(service, "listeners"), i, listener) {
        const struct awaited awaited = {NULL, place, NULL, answer_text(listener, "serves"),
                                        answer_text(listener, "fingerprint")};
        if (!is_https(listener) || !awaited.fingerprint ||
            !really_sends(&awaited, listener, NULL, why))
            continue;
        return json_pack("{s:o, s:n, s:O, s:O}", "listener", listener_text(listener), "server_name",
                         "service", json_object_get(service, "name"), "entry",
                         json_object_get(listener, "serves"));
    }
    if (why->size == 0)
        buffer_printf(why, "%s listens nowhere with HTTPS", answer_text(service, "name"));
    return NULL;
}

enum ctl_exit wait_service(struct ctl *ctl, const struct place *place, const char *service,
                           json_t *answer) {
    const struct awaited awaited = {.place = place, .service = service};
    struct error err = {0};
    struct buffer why = {0};
    json_t *status = NULL, *found = NULL, *served = NULL;
    size_t i = 0;
    if (!ctl_has(ctl, "--wait"))
        return CTL_FINE;
    if (!place->socket)
        return no_daemon_known();
    if (!rescan(place, &err) || !ask(place, "status", NULL, &status, &err))
        return ctl_fail(&err);
    json_array_foreach(json_object_get(status, "services"), i, found) {
        if (is_asked(&awaited, found))
            served = look_at_service(place, found, &why);
    }
    enum ctl_exit outcome = served ? CTL_FINE : CTL_ATTENTION;
    if (!put_outcome(answer, "served", served ? served : json_null(), &why))
        outcome = ctl_no_memory();
    json_decref(status);
    buffer_finish(&why);
    return outcome;
}

/* ---- one that is to be gone ---- */

static bool look_whether_gone(const struct place *place, const char *entry, bool *is_gone,
                              struct error *err) {
    struct error missing = {0};
    json_t *shown = NULL;
    if (!rescan(place, err))
        return false;
    if (ask(place, "show", json_pack("{s:o}", "entry", report_text(entry)), &shown, &missing)) {
        json_decref(shown);
        return true;
    }
    *is_gone = missing.kind == ERROR_MISSING;
    if (!*is_gone)
        *err = missing;
    return *is_gone;
}

enum ctl_exit wait_gone(struct ctl *ctl, const struct place *place, const char *entry,
                        json_t *answer) {
    struct error err = {0};
    struct buffer why = {0};
    bool is_gone = false;
    if (!ctl_has(ctl, "--wait"))
        return CTL_FINE;
    if (!place->socket)
        return no_daemon_known();
    if (!serves_this_store(place, &why, &err))
        return ctl_fail(&err);
    int64_t deadline_ms = time_monotonic_ms() + SETTLED_MS;
    while (!is_gone && why.size == 0) {
        if (!look_whether_gone(place, entry, &is_gone, &err))
            return ctl_fail(&err);
        if (!is_gone && time_monotonic_ms() > deadline_ms)
            buffer_printf(&why, "the daemon still has \"%s\" after %d s", entry, SETTLED_MS / 1000);
        else if (!is_gone)
            pause_between_looks();
    }
    enum ctl_exit status = is_gone ? CTL_FINE : CTL_ATTENTION;
    if (!put_outcome(answer, "gone", json_boolean(is_gone), &why))
        status = ctl_no_memory();
    buffer_finish(&why);
    return status;
}

/* ---- for people ---- */

void wait_print(const json_t *answer, struct buffer *out) {
    const json_t *served = json_object_get(answer, "served");
    if (json_is_object(served)) {
        struct buffer text = {0};
        const char *name = answer_text(served, "server_name"),
                   *entry = answer_text(served, "entry");
        buffer_printf(&text, "%s%sby service %s at %s, to clients that ask for %s",
                      entry ? entry : "", entry ? ", " : "", answer_text(served, "service"),
                      answer_text(served, "listener"), name ? name : "no name");
        text_field(out, "served", text.data);
        buffer_finish(&text);
    }
    if (answer_true(answer, "gone"))
        text_field(out, "served", "no longer: the daemon does not have it any more");
    const char *why = answer_text(answer, "why");
    if (why)
        text_field(out, json_object_get(answer, "gone") ? "NOT GONE" : "NOT SERVED", why);
}
