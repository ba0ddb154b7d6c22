#include "daemon/trust_page.h"

#include "base/log.h"
#include "base/time_text.h"
#include "certs/names.h"
#include "daemon/connection.h"
#include "daemon/framing.h"
#include "daemon/listener.h"
#include "daemon/respond.h"
#include "trust/deployed_anchor.h"
#include "trust/family.h"
#include "trust/judge.h"

#include <stdlib.h>
#include <string.h>

/* What is told, and what of it must be freed. */
struct told {
    struct web_trust page;
    char host[REQUEST_HOST_SIZE], file[RESPOND_FILE_NAME_SIZE];
    const char *failing[TRUST_CONDITION_COUNT + 1];
    const char **names;
    struct cert_info anchor;
    char *fingerprint, *thumbprint;
};

static void told_finish(struct told *told) {
    cert_info_finish(&told->anchor);
    free(told->names);
    free(told->fingerprint);
    free(told->thumbprint);
}

/* The name that the client's address bar has: Host; else what it sent in TLS. NULL if neither. */
static const char *host_of(struct connection *connection, char host[static REQUEST_HOST_SIZE]) {
    char sent[256];
    size_t size = sizeof sent;
    unsigned type;
    if (request_host(connection, host, NULL))
        return host;
    return gnutls_server_name_get(connection->session, sent, &size, &type, 0) == 0 &&
                   name_normalise(sent, false, host)
               ? host
               : NULL;
}

/* All conditions but the issuer, which every client judges by what it trusts. */
static bool judge(const struct cert *cert, struct told *told, struct error *err) {
    struct trust_judgement judgement;
    const char *host = told->page.host;
    size_t used = 0;
    if (!trust_judge(cert_chain(cert, 0), cert_chain_count(cert), host ? host : "", NULL,
                     told->page.now, &judgement, err))
        return false;
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        bool is_known = i != TRUST_ISSUER && (i != TRUST_USED || host);
        if (is_known && !judgement.findings[i].holds)
            told->failing[used++] = trust_conditions[i].word;
    }
    trust_judgement_finish(&judgement);
    told->page.failing = told->failing;
    return true;
}

static bool tell_certificate(const struct cert *cert, struct told *told, struct error *err) {
    const struct cert_info *info = cert_info(cert);
    told->names = cert_info_name_list(info);
    if (!told->names) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    told->page.names = told->names;
    told->page.not_before = info->not_before;
    told->page.not_after = info->not_after;
    told->page.apple_refuses = trust_apple_refuses_life(info->not_before, info->not_after);
    return true;
}

bool trust_page_anchor(const struct connection *connection, struct blob *out, struct error *err) {
    struct cert_slot *slot = listener_certs(connection->listener);
    struct blob authority = {0};
    if (!cert_slot_copy_authority(slot, &authority, err))
        return false;
    struct cert_set *entries = cert_slot_acquire(slot);
    const struct deployed_anchor_places places = {authority.size > 0 ? &authority : NULL, entries};
    bool ok = deployed_anchor_find(connection->cert, &places, out, err);
    cert_set_release(entries);
    blob_finish(&authority);
    return ok;
}

static bool tell_anchor(const struct cert *cert, const struct blob *der, struct told *told,
                        struct error *err) {
    struct cert_info *anchor = &told->anchor;
    if (!cert_info_read(der, anchor, err))
        return false;
    told->fingerprint = fingerprint_text(anchor->fingerprint, sizeof anchor->fingerprint);
    told->thumbprint = fingerprint_text(anchor->thumbprint, sizeof anchor->thumbprint);
    if (!told->fingerprint || !told->thumbprint) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    respond_file_name(cert_name(cert), told->file);
    told->page.anchor = anchor->subject;
    told->page.file = told->file;
    told->page.root = anchor->self_issued ? NULL : anchor->issuer;
    told->page.is_authority = !blob_equal(der, cert_chain(cert, 0));
    told->page.may_issue = anchor->is_authority;
    told->page.anchor_not_after = anchor->not_after;
    told->page.fingerprint = told->fingerprint;
    told->page.thumbprint = told->thumbprint;
    return true;
}

static enum MHD_Result send_page(struct connection *connection, const struct web_trust *page) {
    const struct answer answer = {.status = MHD_HTTP_OK, .vary = "User-Agent", .has_script = true};
    struct buffer html = {0};
    web_trust_render(request_language(connection), page, &html);
    return respond_page(connection, &answer, &html);
}

enum MHD_Result trust_page_answer(struct connection *connection) {
    if (!connection->session || !connection->cert)
        return respond_error(connection, MHD_HTTP_NOT_FOUND, NULL);
    struct told told = {.page = {.now = time_now()}};
    struct blob anchor = {0};
    struct error err = {0};
    told.page.host = host_of(connection, told.host);
    told.page.visitor = web_visitor_of(request_header(connection, "User-Agent"));
    enum MHD_Result result = MHD_NO;
    if (tell_certificate(connection->cert, &told, &err) &&
        trust_page_anchor(connection, &anchor, &err) &&
        tell_anchor(connection->cert, &anchor, &told, &err) &&
        judge(connection->cert, &told, &err)) {
        result = send_page(connection, &told.page);
    } else {
        log_error("/trust", "cannot be told: %s", err.text);
        result = respond_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
    blob_finish(&anchor);
    told_finish(&told);
    return result;
}
