#include "trust/path.h"

#include <stdlib.h>
#include <string.h>

static bool no_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "chain: out of memory");
    return false;
}

void trust_path_finish(struct trust_path *path) {
    for (size_t i = 0; i < path->sent_count; i++)
        gnutls_x509_crt_deinit(path->sent[i]);
    for (size_t i = 0; i < path->count; i++)
        cert_info_finish(&path->steps[i].info);
    free(path->sent);
    free(path->steps);
    *path = (struct trust_path){0};
}

static bool read_sent(const struct blob *chain, size_t count, struct trust_path *path,
                      struct error *err) {
    path->sent = calloc(count + 1, sizeof(gnutls_x509_crt_t));
    if (!path->sent)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        gnutls_datum_t der = {chain[i].data, (unsigned)chain[i].size};
        if (gnutls_x509_crt_init(&path->sent[i]) < 0)
            return no_memory(err);
        path->sent_count++;
        int code = gnutls_x509_crt_import(path->sent[i], &der, GNUTLS_X509_FMT_DER);
        if (code < 0) {
            error_set(err, ERROR_INPUT, "certificate %zu of the chain cannot be read (%s)", i + 1,
                      gnutls_strerror(code));
            return false;
        }
    }
    if (count > 0)
        return true;
    error_set(err, ERROR_INPUT, "the chain is empty");
    return false;
}

/* ---- who issued whom ---- */

/* Nothing but the signature: whether it may, and with which algorithm, is judged later. */
static bool has_signed(gnutls_x509_crt_t issuer, gnutls_x509_crt_t certificate) {
    const unsigned flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_CA_SIGN |
                           GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 |
                           GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT |
                           GNUTLS_VERIFY_IGNORE_UNKNOWN_CRIT_EXTENSIONS;
    unsigned status = 0;
    return gnutls_x509_crt_verify(certificate, &issuer, 1, flags, &status) == 0 &&
           (status & (GNUTLS_CERT_SIGNATURE_FAILURE | GNUTLS_CERT_SIGNER_NOT_FOUND)) == 0;
}

static bool is_self_issued(gnutls_x509_crt_t certificate) {
    return gnutls_x509_crt_check_issuer(certificate, certificate) == 1;
}

static bool may_issue(gnutls_x509_crt_t certificate, int64_t now) {
    unsigned is_authority = 0;
    return gnutls_x509_crt_get_basic_constraints(certificate, NULL, &is_authority, NULL) >= 0 &&
           is_authority != 0 && gnutls_x509_crt_get_activation_time(certificate) <= now &&
           gnutls_x509_crt_get_expiration_time(certificate) >= now;
}

/* ---- seeking ---- */

enum { NOWHERE = -1 };

struct search {
    const struct trust_path *path;
    const struct trust_anchors *anchors;
    int64_t now;
    bool wants_good;
    int *above;   /* of each that was sent: which of them it issued; NOWHERE: not reached */
    size_t *line; /* those reached, in their order */
    size_t reached;
    size_t last; /* the one that leads to the anchor */
    bool has_impostor;
};

static bool issued(struct search *search, gnutls_x509_crt_t issuer, gnutls_x509_crt_t certificate) {
    if (gnutls_x509_crt_check_issuer(certificate, issuer) != 1 ||
        (search->wants_good && !may_issue(issuer, search->now)))
        return false;
    bool has = has_signed(issuer, certificate);
    search->has_impostor |= !has;
    return has;
}

/* The anchor that this certificate is, or that issued it. A server's own certificate that another
 * issued is no anchor: most clients do not take it for one. */
static gnutls_x509_crt_t anchor_of(struct search *search, size_t which) {
    gnutls_x509_crt_t certificate = search->path->sent[which];
    const struct trust_anchors *anchors = search->anchors;
    bool may_be_one = which > 0 || is_self_issued(certificate);
    for (size_t i = 0; i < anchors->count && may_be_one; i++)
        if (gnutls_x509_crt_equals(anchors->items[i], certificate))
            return certificate;
    for (size_t i = 0; i < anchors->count; i++)
        if (issued(search, anchors->items[i], certificate))
            return anchors->items[i];
    return NULL;
}

static void reach_issuers(struct search *search, size_t of) {
    for (size_t i = 0; i < search->path->sent_count; i++) {
        if (i == 0 || search->above[i] != NOWHERE ||
            !issued(search, search->path->sent[i], search->path->sent[of]))
            continue;
        search->above[i] = (int)of;
        search->line[search->reached++] = i;
    }
}

/* The shortest way; each certificate is looked at once, so that many of one name cost no more. */
static gnutls_x509_crt_t seek(struct search *search) {
    for (size_t i = 0; i < search->path->sent_count; i++)
        search->above[i] = NOWHERE;
    search->reached = 0;
    search->line[search->reached++] = 0;
    for (size_t at = 0; at < search->reached; at++) {
        search->last = search->line[at];
        search->has_impostor = false;
        gnutls_x509_crt_t anchor = anchor_of(search, search->last);
        if (anchor)
            return anchor;
        reach_issuers(search, search->last);
    }
    return NULL;
}

/* ---- the way found ---- */

static bool add_step(struct trust_path *path, gnutls_x509_crt_t crt, struct error *err) {
    gnutls_datum_t der = {0};
    struct trust_step *step = &path->steps[path->count];
    int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der);
    if (code < 0)
        return no_memory(err);
    bool ok = cert_info_read(&(struct blob){der.data, der.size}, &step->info, err);
    gnutls_free(der.data);
    step->crt = crt;
    path->count += ok;
    return ok;
}

static bool take_steps(const struct search *search, gnutls_x509_crt_t anchor,
                       struct trust_path *path, struct error *err) {
    size_t count = 0;
    bool ok = true;
    for (size_t at = search->last; at != 0; at = (size_t)search->above[at])
        search->line[count++] = at; /* from the top; the search is over */
    search->line[count++] = 0;
    path->steps = calloc(count + 1, sizeof *path->steps);
    if (!path->steps)
        return no_memory(err);
    while (ok && count-- > 0)
        ok = add_step(path, path->sent[search->line[count]], err);
    path->is_anchored = anchor != NULL;
    path->has_impostor = search->has_impostor;
    if (ok && anchor && anchor != path->steps[path->count - 1].crt)
        ok = add_step(path, anchor, err);
    return ok;
}

bool trust_path_find(const struct blob *chain, size_t count, const struct trust_anchors *anchors,
                     int64_t now, struct trust_path *out, struct error *err) {
    struct trust_path path = {0};
    struct search search = {.path = &path, .anchors = anchors, .now = now, .wants_good = true};
    bool ok = read_sent(chain, count, &path, err);
    if (ok) {
        search.above = calloc(count, sizeof *search.above);
        search.line = calloc(count + 1, sizeof *search.line);
        ok = (search.above && search.line) || no_memory(err);
    }
    if (ok) {
        gnutls_x509_crt_t anchor = seek(&search);
        search.wants_good = false;
        if (!anchor)
            anchor = seek(&search);
        ok = take_steps(&search, anchor, &path, err);
    }
    free(search.above);
    free(search.line);
    if (ok)
        *out = path;
    else
        trust_path_finish(&path);
    return ok;
}
