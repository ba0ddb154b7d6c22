#include "lab/run.h"

#include "base/log.h"
#include "base/time_text.h"
#include "certs/pem_write.h"
#include "lab/chain.h"
#include "lab/forge.h"
#include "lab/index.h"
#include "lab/listener.h"
#include "platform/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000, DAY_MS = 24 * 3600 * 1000, TURNS = 2 };

/* One scenario's port. */
struct post {
    struct lab_listener *listener;
    struct lab_chain *chains[TURNS]; /* NULL: not made; the second where the certificate changes */
    struct lab_chain *former[TURNS]; /* yesterday's: connections that began with them have ended */
};

struct lab_run {
    char *name, *domain, *address;
    int64_t began;
    struct loop_timer *timer;    /* until tomorrow */
    const struct lab_keys *keys; /* borrowed */
    struct lab_authorities *authorities;
    struct lab_record *record;
    struct lab_index *index;
    struct post *posts; /* one for each scenario */
};

static unsigned turns_of(const struct lab_scenario *scenario) {
    return scenario->behaviour == LAB_CHANGES ? TURNS : 1;
}

/* ---- certificates ---- */

static void chain_destroy(struct lab_chain *chain) {
    if (chain)
        lab_chain_finish(chain);
    free(chain);
}

/* Gives `out`: NULL if its key is not there yet. */
static bool chain_create(struct lab_run *run, size_t scenario, unsigned turn, int64_t now,
                         struct lab_chain **out, struct error *err) {
    const struct lab_place place = {.domain = run->domain,
                                    .address = run->address,
                                    .index_port = lab_run_index_port(run),
                                    .now = now};
    struct lab_chain *chain = calloc(1, sizeof *chain);
    enum lab_made made = LAB_NOT_MADE;
    if (chain)
        made = lab_chain_make(lab_scenario_at(scenario), &place, run->keys, run->authorities, turn,
                              chain, err);
    else
        error_set(err, ERROR_MEMORY, "out of memory");
    if (made != LAB_MADE) {
        free(chain);
        chain = NULL;
    }
    if (made == LAB_NOT_MADE) {
        error_prefix(err, "scenario %s", lab_scenario_at(scenario)->name);
        return false;
    }
    *out = chain;
    return true;
}

static bool make_chain(struct lab_run *run, size_t scenario, unsigned turn, struct error *err) {
    struct lab_chain **chain = &run->posts[scenario].chains[turn];
    return *chain || chain_create(run, scenario, turn, run->began, chain, err);
}

/* What can be made now. */
static bool make_chains(struct lab_run *run, size_t scenario, struct error *err) {
    for (unsigned turn = 0; turn < turns_of(lab_scenario_at(scenario)); turn++)
        if (!make_chain(run, scenario, turn, err))
            return false;
    return true;
}

static bool is_made(const struct lab_run *run, size_t scenario) {
    for (unsigned turn = 0; turn < turns_of(lab_scenario_at(scenario)); turn++)
        if (!run->posts[scenario].chains[turn])
            return false;
    return true;
}

static void renew_chain(struct lab_run *run, size_t scenario, unsigned turn) {
    struct post *post = &run->posts[scenario];
    struct lab_chain *made = NULL;
    struct error err = {0};
    if (!post->chains[turn] || post->chains[turn]->is_anchor)
        return;
    if (!chain_create(run, scenario, turn, time_now(), &made, &err))
        log_error("laboratory", "%s: %s; yesterday's is served", run->name, err.text);
    if (!made)
        return;
    lab_listener_forget(post->listener, post->former[turn]);
    chain_destroy(post->former[turn]);
    post->former[turn] = post->chains[turn];
    post->chains[turn] = made;
}

void lab_run_renew(struct lab_run *run) {
    for (size_t i = 0; i < lab_scenario_count(); i++)
        for (unsigned turn = 0; turn < turns_of(lab_scenario_at(i)); turn++)
            renew_chain(run, i, turn);
    loop_timer_set(run->timer, DAY_MS);
}

static void on_tomorrow(void *context) {
    lab_run_renew(context);
}

void lab_run_key_made(struct lab_run *run) {
    struct error err;
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        if (is_made(run, i))
            continue;
        if (!make_chains(run, i, &err))
            log_error("laboratory", "%s: %s", run->name, err.text);
        else if (is_made(run, i))
            lab_listener_ready(run->posts[i].listener);
    }
}

static const struct lab_chain *chain_for(void *context, size_t scenario, size_t number) {
    struct lab_run *run = context;
    size_t turn = number % turns_of(lab_scenario_at(scenario));
    return run->posts[scenario].chains[turn];
}

static void observe(void *context, const struct lab_observation *seen) {
    struct lab_run *run = context;
    lab_record_note(run->record, seen);
}

/* ---- beginning and end ---- */

static bool listen_at(struct lab_run *run, const struct lab_run_settings *settings, size_t scenario,
                      struct error *err) {
    unsigned port = settings->first_port ? settings->first_port + 1U + (unsigned)scenario : 0;
    const struct lab_listener_settings at = {.loop = settings->loop,
                                             .scenario = scenario,
                                             .address = run->address,
                                             .port = (uint16_t)port,
                                             .chain = chain_for,
                                             .observe = observe,
                                             .context = run,
                                             .patience_ms = PATIENCE_MS,
                                             .room = settings->room};
    return lab_listener_create(&at, &run->posts[scenario].listener, err);
}

static bool begin(struct lab_run *run, const struct lab_run_settings *settings, struct error *err) {
    if (settings->first_port && settings->first_port + lab_scenario_count() > UINT16_MAX) {
        error_set(err, ERROR_INPUT, "from port %u on there are no %zu ports: begin at %zu or below",
                  (unsigned)settings->first_port, lab_scenario_count() + 1,
                  UINT16_MAX - lab_scenario_count());
        return false;
    }
    if (!loop_timer_create(settings->loop, on_tomorrow, run, &run->timer, err) ||
        !lab_authorities_create(run->keys, run->domain, run->began, &run->authorities, err) ||
        !lab_record_create(&run->record, err) ||
        !lab_index_create(settings->loop, run, run->address, settings->first_port, &run->index,
                          err))
        return false;
    for (size_t i = 0; i < lab_scenario_count(); i++)
        if (!make_chains(run, i, err) || !listen_at(run, settings, i, err))
            return false;
    loop_timer_set(run->timer, DAY_MS);
    return true;
}

bool lab_run_create(const struct lab_run_settings *settings, struct lab_run **out,
                    struct error *err) {
    struct lab_run *run = calloc(1, sizeof *run);
    if (run) {
        run->name = strdup(settings->name);
        run->domain = strdup(settings->domain);
        run->address = strdup(settings->address);
        run->posts = calloc(lab_scenario_count(), sizeof *run->posts);
        run->keys = settings->keys;
        run->began = time_now();
    }
    if (!run || !run->name || !run->domain || !run->address || !run->posts) {
        error_set(err, ERROR_MEMORY, "laboratory: out of memory");
        lab_run_destroy(run);
        return false;
    }
    if (!begin(run, settings, err)) {
        error_prefix(err, "laboratory");
        lab_run_destroy(run);
        return false;
    }
    *out = run;
    return true;
}

void lab_run_destroy(struct lab_run *run) {
    if (!run)
        return;
    for (size_t i = 0; run->posts && i < lab_scenario_count(); i++)
        lab_listener_destroy(run->posts[i].listener);
    for (size_t i = 0; run->posts && i < lab_scenario_count(); i++)
        for (unsigned turn = 0; turn < TURNS; turn++) {
            chain_destroy(run->posts[i].chains[turn]);
            chain_destroy(run->posts[i].former[turn]);
        }
    loop_timer_destroy(run->timer);
    lab_index_destroy(run->index);
    lab_record_destroy(run->record);
    lab_authorities_destroy(run->authorities);
    free(run->posts);
    free(run->name);
    free(run->domain);
    free(run->address);
    free(run);
}

/* ---- what it tells ---- */

const char *lab_run_name(const struct lab_run *run) {
    return run->name;
}

const char *lab_run_domain(const struct lab_run *run) {
    return run->domain;
}

const char *lab_run_address(const struct lab_run *run) {
    return run->address;
}

uint16_t lab_run_port(const struct lab_run *run, size_t scenario) {
    return lab_listener_port(run->posts[scenario].listener);
}

uint16_t lab_run_index_port(const struct lab_run *run) {
    return lab_index_port(run->index);
}

const struct lab_chain *lab_run_chain(const struct lab_run *run, size_t scenario) {
    return run->posts[scenario].chains[0];
}

const struct lab_record *lab_run_record(const struct lab_run *run) {
    return run->record;
}

size_t lab_run_activity(const struct lab_run *run) {
    size_t activity = 0;
    for (size_t i = 0; i < lab_scenario_count(); i++)
        activity += lab_listener_activity(run->posts[i].listener);
    return activity;
}

/* ---- revocation ---- */

static const struct lab_authority *revoker(struct lab_run *run, struct error *err) {
    return lab_authority(run->authorities, LAB_BY_INTERMEDIATE, err);
}

/* Yesterday's, too: a client may have got it a moment ago. */
static void append_serials(const struct post *post, struct buffer *out) {
    if (post->chains[0])
        buffer_append(out, post->chains[0]->serial, FORGE_SERIAL_SIZE);
    if (post->former[0])
        buffer_append(out, post->former[0]->serial, FORGE_SERIAL_SIZE);
}

bool lab_run_revocation_list(struct lab_run *run, struct blob *out, struct error *err) {
    const struct lab_authority *issuer = revoker(run, err);
    struct buffer serials = {0};
    if (!issuer)
        return false;
    for (size_t i = 0; i < lab_scenario_count(); i++)
        if (lab_scenario_at(i)->recipe.revoked)
            append_serials(&run->posts[i], &serials);
    const struct forge_revoked revoked = {.issuer = &issuer->certificate,
                                          .issuer_key = issuer->key,
                                          .serials = (const unsigned char *)serials.data,
                                          .count = serials.size / FORGE_SERIAL_SIZE,
                                          .at = time_now()};
    bool ok = !serials.failed && forge_revocation_list(&revoked, out, err);
    buffer_finish(&serials);
    return ok;
}

static bool has_serial(const struct lab_chain *chain, const struct blob *serial) {
    return chain && serial->size == sizeof chain->serial &&
           memcmp(serial->data, chain->serial, serial->size) == 0;
}

/* NULL: none of these has it. */
static const struct lab_chain *chain_of_serial(const struct post *post, const struct blob *serial) {
    if (has_serial(post->chains[0], serial))
        return post->chains[0];
    return has_serial(post->former[0], serial) ? post->former[0] : NULL;
}

bool lab_run_ocsp(struct lab_run *run, const struct blob *request, struct blob *out,
                  struct error *err) {
    struct blob serial = {0};
    const struct lab_authority *issuer = revoker(run, err);
    if (!issuer)
        return false;
    if (!forge_ocsp_request_serial(request, &serial)) {
        error_set(err, ERROR_INPUT, "this is no OCSP request");
        return false;
    }
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_chain *chain = chain_of_serial(&run->posts[i], &serial);
        if (chain)
            return forge_ocsp_response(&chain->certificates[0], &issuer->certificate, issuer->key,
                                       lab_scenario_at(i)->recipe.revoked, time_now(), out, err);
    }
    error_set(err, ERROR_MISSING, "no certificate of this run has that serial number");
    return false;
}

/* ---- trust anchors ---- */

static bool append_pem(const struct blob *der, struct buffer *out, struct error *err) {
    const struct pem_part part = {.label = "CERTIFICATE", .der = der};
    struct blob pem = {0};
    if (!pem_write(&part, 1, &pem, err))
        return false;
    buffer_append(out, pem.data, pem.size);
    blob_finish(&pem);
    return true;
}

bool lab_run_anchors(const struct lab_run *run, struct buffer *out, struct error *err) {
    static const enum lab_issuer roots[] = {LAB_BY_ROOT, LAB_BY_EXPIRED_ROOT};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const struct lab_authority *root = lab_authority(run->authorities, roots[i], err);
        if (!root || !append_pem(&root->certificate, out, err))
            return false;
    }
    for (size_t i = 0; i < lab_scenario_count(); i++)
        if (run->posts[i].chains[0] && run->posts[i].chains[0]->is_anchor &&
            !append_pem(&run->posts[i].chains[0]->certificates[0], out, err))
            return false;
    return true;
}
