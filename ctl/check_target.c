/* One server, judged for every family of clients, as JSON. */
#include "base/time_text.h"
#include "certs/staple.h"
#include "ctl/check.h"
#include "ctl/text.h"
#include "platform/host.h"
#include "platform/resolve.h"
#include "report/report.h"
#include "trust/family.h"

#include <stdlib.h>
#include <string.h>

/* ---- remarks ---- */

/* Takes the text. */
static void remark(json_t *remarks, struct buffer *text, const char *mend) {
    char *taken = buffer_take(text);
    json_t *item =
        taken ? json_pack("{s:o, s:o}", "text", report_text(taken), "mend", report_text(mend))
              : NULL;
    json_array_append_new(remarks, item);
    free(taken);
}

static void remark_chain(json_t *remarks, const struct trust_evidence *evidence) {
    struct trust_remarks found = {0};
    if (!trust_remark_all(evidence, &found, NULL))
        return;
    for (size_t i = 0; i < found.count; i++)
        json_array_append_new(remarks,
                              json_pack("{s:o, s:o}", "text", report_text(found.items[i].text),
                                        "mend", report_text(found.items[i].mend)));
    trust_remarks_finish(&found);
}

static void remark_clock(json_t *remarks, const struct check_visit *visit, int64_t now) {
    enum { MUCH_S = 300 };
    int64_t ahead = visit->clock - now;
    struct buffer text = {0};
    if (visit->clock == 0 || (ahead >= -MUCH_S && ahead <= MUCH_S))
        return;
    buffer_printf(&text, "the server's clock and this machine's are apart: the server's is ");
    text_append_duration(&text, ahead > 0 ? ahead : -ahead);
    buffer_append_text(&text, ahead > 0 ? " ahead" : " behind");
    remark(remarks, &text, "set both clocks by NTP: certificates are judged by the client's");
}

static bool is_same_chain(const struct check_visit *a, const struct check_visit *b) {
    if (a->chain_count != b->chain_count)
        return false;
    for (size_t i = 0; i < a->chain_count; i++)
        if (!blob_equal(&a->chain[i], &b->chain[i]))
            return false;
    return true;
}

static void remark_addresses(json_t *remarks, const struct check_visits *visits) {
    const struct check_visit *first = NULL;
    for (size_t i = 0; i < visits->count; i++) {
        const struct check_visit *one = &visits->items[i];
        struct buffer text = {0};
        if (one->chain_count == 0)
            continue;
        if (first && !is_same_chain(first, one)) {
            buffer_printf(&text, "%s and %s serve different certificates", first->address,
                          one->address);
            remark(remarks, &text,
                   "let all addresses of the name lead to one server, or give them "
                   "one certificate");
            return;
        }
        first = first ? first : one;
    }
    for (size_t i = 0; first && i < visits->count; i++) {
        struct buffer text = {0};
        if (visits->items[i].chain_count > 0)
            continue;
        buffer_printf(&text, "%s shows no certificate: %s", visits->items[i].address,
                      visits->items[i].problem.text);
        remark(remarks, &text, "take the address out of the name server, or serve there, too");
    }
}

static bool leads_here(const struct socket_address *found, size_t count,
                       const struct string_list *ours) {
    char host[SOCKET_TEXT_SIZE];
    for (size_t i = 0; i < count; i++)
        if (string_list_has(ours,
                            socket_address_host((const struct sockaddr *)&found[i].storage, host)))
            return true;
    return false;
}

/* Of this daemon's own names: does a client that uses it come here? */
static void remark_resolution(json_t *remarks, const struct check_target *target) {
    struct socket_address *found = NULL;
    struct string_list ours = {0};
    struct buffer text = {0};
    struct error err = {0};
    size_t count = 0;
    char host[SOCKET_TEXT_SIZE];
    if (!resolve_host(target->host, target->port, &found, &count, &err)) {
        buffer_append_text(&text, err.text);
        remark(remarks, &text, "enter the name into your name server, with this host's address");
    } else if (host_addresses(&ours, NULL) && count > 0 && !leads_here(found, count, &ours)) {
        buffer_printf(&text, "%s resolves to %s, which is another host", target->host,
                      socket_address_host((const struct sockaddr *)&found[0].storage, host));
        remark(remarks, &text,
               "enter this host's address into your name server, unless that one "
               "hands connections on to it");
    }
    string_list_finish(&ours);
    free(found);
}

/* ---- families ---- */

static bool is_staple_good(const struct check_visit *visit, int64_t now) {
    const struct blob *issuer = visit->chain_count > 1 ? &visit->chain[1] : NULL;
    int64_t until = 0;
    return visit->staple.size > 0 &&
           staple_check(&visit->staple, &visit->chain[0], issuer, now, &until, NULL);
}

static json_t *describe_conditions(const struct trust_judgement *judgement) {
    json_t *conditions = json_array();
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        const struct trust_finding *finding = &judgement->findings[i];
        json_array_append_new(
            conditions,
            json_pack("{s:s, s:s, s:b, s:o, s:o}", "condition", trust_conditions[i].word,
                      "sentence", trust_conditions[i].sentence, "holds", (int)finding->holds,
                      "reason", report_text(finding->reason), "mend", report_text(finding->mend)));
    }
    return conditions;
}

static json_t *describe_family(size_t i, const struct trust_judgement *judgement,
                               bool once_trusted) {
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:b, s:o}", "family", trust_families[i].word, "name",
        trust_families[i].name, "basis", trust_families[i].is_run ? "run" : "documentation",
        "silent", (int)judgement->silent, "silent_once_trusted",
        (int)(judgement->silent || once_trusted), "conditions", describe_conditions(judgement));
}

static void finish_all(struct trust_judgement judgements[TRUST_FAMILY_COUNT]) {
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++)
        trust_judgement_finish(&judgements[i]);
}

/* Those that the administrator may deploy: the self-signed of the chain, and the local authority.
 */
static bool find_deployable(const struct trust_evidence *evidence, const struct check_terms *terms,
                            struct trust_anchors **out, struct error *err) {
    struct trust_anchors *anchors = NULL;
    bool ok = trust_anchors_of_chain(NULL, 0, &anchors, err) &&
              (!terms->ours || trust_anchors_join(anchors, terms->ours, err));
    for (size_t i = 0; ok && i < evidence->count; i++) {
        struct cert_info info = {0};
        struct trust_anchors *one = NULL;
        if (!cert_info_read(&evidence->chain[i], &info, NULL))
            continue;
        if (info.self_issued && trust_anchors_of_chain(&evidence->chain[i], 1, &one, NULL))
            ok = trust_anchors_join(anchors, one, err);
        trust_anchors_destroy(one);
        cert_info_finish(&info);
    }
    if (ok)
        *out = anchors;
    else
        trust_anchors_destroy(anchors);
    return ok;
}

/* What would be judged if those were trusted. */
static bool judge_deployed(const struct trust_evidence *evidence, const struct check_terms *terms,
                           struct trust_judgement judgements[TRUST_FAMILY_COUNT],
                           struct error *err) {
    struct trust_anchors *more = NULL;
    struct trust_evidence deployed = *evidence;
    if (!find_deployable(evidence, terms, &more, err))
        return false;
    deployed.more = more;
    bool ok = trust_family_judge_all(&deployed, judgements, err);
    trust_anchors_destroy(more);
    return ok;
}

/* Adds "families", "silent", "anchor", "to_deploy". */
static bool judge_families(json_t *answer, const struct trust_evidence *evidence,
                           const struct check_terms *terms, struct error *err) {
    struct trust_judgement now[TRUST_FAMILY_COUNT] = {0}, then[TRUST_FAMILY_COUNT] = {0};
    const char *anchor = NULL, *to_deploy = NULL;
    json_t *families = json_array();
    bool silent = true;
    bool ok =
        trust_family_judge_all(evidence, now, err) && judge_deployed(evidence, terms, then, err);
    for (size_t i = 0; ok && i < TRUST_FAMILY_COUNT; i++) {
        silent &= now[i].silent;
        anchor = anchor ? anchor : now[i].anchor;
        if (!now[i].findings[TRUST_ISSUER].holds && then[i].findings[TRUST_ISSUER].holds &&
            !to_deploy)
            to_deploy = then[i].anchor;
        json_array_append_new(families, describe_family(i, &now[i], then[i].silent));
    }
    json_object_set_new(answer, "families", families);
    json_object_set_new(answer, "silent", json_boolean(ok && silent));
    json_object_set_new(answer, "anchor", report_text(anchor));
    json_object_set_new(answer, "to_deploy", report_text(to_deploy));
    finish_all(now);
    finish_all(then);
    return ok;
}

/* A family is silent if it is so wherever the name leads: of differing chains the first that some
 * family does not take. */
static bool judge_visits(json_t *answer, const struct check_target *target,
                         const struct check_visits *visits, const struct check_terms *terms,
                         struct error *err) {
    json_t *remarks = json_object_get(answer, "remarks");
    const struct check_visit *judged = NULL;
    for (size_t i = 0; i < visits->count; i++) {
        const struct check_visit *one = &visits->items[i];
        if (one->chain_count == 0 || (judged && is_same_chain(judged, one)) ||
            (judged && !json_is_true(json_object_get(answer, "silent"))))
            continue;
        const struct trust_evidence evidence = {.chain = one->chain,
                                                .count = one->chain_count,
                                                .host = target->host,
                                                .anchors = terms->anchors,
                                                .now = terms->at,
                                                .has_staple = is_staple_good(one, terms->at)};
        if (!judge_families(answer, &evidence, terms, err))
            return false;
        json_array_clear(remarks);
        remark_chain(remarks, &evidence);
        json_t *certificate = report_certificate(&one->chain[0], NULL);
        json_object_set_new(answer, "certificate", certificate ? certificate : json_null());
        if (terms->is_now)
            remark_clock(remarks, one, terms->at);
        judged = one;
    }
    return judged != NULL;
}

/* ---- the answer ---- */

static json_t *describe_addresses(const struct check_visits *visits) {
    json_t *addresses = json_array();
    for (size_t i = 0; i < visits->count; i++) {
        const struct check_visit *one = &visits->items[i];
        json_array_append_new(
            addresses, json_pack("{s:s, s:o, s:o, s:i, s:b}", "address", one->address, "problem",
                                 report_text(one->chain_count ? NULL : one->problem.text),
                                 "tls_version", report_text(one->tls_version), "chain",
                                 (int)one->chain_count, "staple", (int)(one->staple.size > 0)));
    }
    return addresses;
}

static const char *hint(const struct error *err, const struct check_target *target) {
    if (err->kind == ERROR_MISSING)
        return "enter the name into your name server, or connect to an address: --connect ADDRESS";
    if (err->kind == ERROR_UNREACHABLE && target->port == CHECK_PORT)
        return "see that the server runs and that no firewall stands before it; mailstored's own "
               "page is at HOST:8462";
    return "see that the server runs, that this is the port of its HTTPS, and what its log says";
}

/* The problem of the first address, where no address showed a certificate. */
static void tell_problem(json_t *answer, const struct check_target *target,
                         const struct check_visits *visits, struct error *err) {
    for (size_t i = 0; err->kind == ERROR_NONE && i < visits->count; i++)
        *err = visits->items[i].problem;
    if (err->kind == ERROR_NONE)
        error_set(err, ERROR_UNREACHABLE, "no address was found");
    json_object_set_new(answer, "problem", report_text(err->text));
    json_object_set_new(answer, "mend", report_text(hint(err, target)));
}

json_t *check_target(const struct check_target *target, const struct check_terms *terms) {
    struct check_visits visits = {0};
    struct error err = {0};
    json_t *answer =
        json_pack("{s:o, s:o, s:i, s:n, s:n, s:[], s:n, s:n, s:n, s:b, s:[], s:[]}", "target",
                  report_text(target->text), "host", report_text(target->host), "port",
                  (int)target->port, "problem", "mend", "addresses", "certificate", "anchor",
                  "to_deploy", "silent", 0, "families", "remarks");
    if (!answer)
        return NULL;
    bool ok = check_visit_all(target, &visits, &err);
    if (ok)
        json_object_set_new(answer, "addresses", describe_addresses(&visits));
    if (!ok || !judge_visits(answer, target, &visits, terms, &err)) {
        json_object_set_new(answer, "silent", json_false());
        tell_problem(answer, target, &visits, &err);
    } else {
        remark_addresses(json_object_get(answer, "remarks"), &visits);
        if (target->is_own)
            remark_resolution(json_object_get(answer, "remarks"), target);
    }
    check_visits_finish(&visits);
    return answer;
}
