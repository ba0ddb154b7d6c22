#include "trust/issuer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static void set_text(char **text, bool *failed, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void set_text(char **text, bool *failed, const char *format, va_list arguments) {
    free(*text);
    *text = NULL;
    if (!format)
        return;
    if (vasprintf(text, format, arguments) < 0) {
        *text = NULL;
        *failed = true;
    }
}

void trust_say(struct trust_words *words, bool holds, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_text(&words->finding->reason, &words->failed, format, arguments);
    va_end(arguments);
    words->finding->holds = holds;
}

void trust_mend(struct trust_words *words, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_text(&words->finding->mend, &words->failed, format, arguments);
    va_end(arguments);
}

/* ---- what a certificate may ---- */

static bool has_usage(gnutls_x509_crt_t certificate, unsigned *usage) {
    return gnutls_x509_crt_get_key_usage(certificate, usage, NULL) == 0;
}

/* RFC 5280, 4.2.1.12: without the extension it is good for everything. */
static bool is_for_servers(gnutls_x509_crt_t certificate) {
    for (unsigned i = 0;; i++) {
        char purpose[128];
        size_t size = sizeof purpose;
        int code = gnutls_x509_crt_get_key_purpose_oid(certificate, i, purpose, &size, NULL);
        if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return i == 0;
        if (code >= 0 &&
            (strcmp(purpose, GNUTLS_KP_TLS_WWW_SERVER) == 0 || strcmp(purpose, GNUTLS_KP_ANY) == 0))
            return true;
        if (code < 0 && code != GNUTLS_E_SHORT_MEMORY_BUFFER)
            return false;
    }
}

static bool is_signed_weakly(gnutls_x509_crt_t certificate) {
    int algorithm = gnutls_x509_crt_get_signature_algorithm(certificate);
    return algorithm < 0 || !gnutls_sign_is_secure2((gnutls_sign_algorithm_t)algorithm,
                                                    GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS);
}

/* Before version 3 there was no way to say what a certificate may; a trusted one may issue. */
static bool is_old_anchor(const struct trust_path *path, size_t i) {
    return i == path->count - 1 && gnutls_x509_crt_get_version(path->steps[i].crt) < 3;
}

/* How many authorities may stand between it and the server's own; -1: any number. */
static int path_length(gnutls_x509_crt_t certificate) {
    unsigned is_authority = 0;
    int length = -1;
    return gnutls_x509_crt_get_basic_constraints(certificate, NULL, &is_authority, &length) >= 0
               ? length
               : -1;
}

/* ---- no way ---- */

static bool is_among(const struct trust_anchors *anchors, gnutls_x509_crt_t certificate) {
    for (size_t i = 0; i < anchors->count; i++)
        if (gnutls_x509_crt_equals(anchors->items[i], certificate))
            return true;
    return false;
}

static void judge_own_signature(const struct trust_path *path, struct trust_words *words) {
    trust_say(words, false,
              path->has_impostor
                  ? "it is self-signed and not trusted: what is trusted under its name is another "
                    "certificate"
                  : "it is self-signed and not among the trusted certificates");
    trust_mend(words, "deploy this certificate to the clients as a trusted root");
}

static void judge_no_way(const struct trust_path *path, const struct trust_anchors *anchors,
                         struct trust_words *words) {
    const struct trust_step *last = &path->steps[path->count - 1];
    const char *subject = last->info.subject, *issuer = last->info.issuer;
    bool is_self_signed = gnutls_x509_crt_check_issuer(last->crt, last->crt) == 1;
    if (is_self_signed && path->count == 1) {
        judge_own_signature(path, words);
    } else if (is_self_signed) {
        trust_say(words, false, "its chain ends in %s, which is not among the trusted certificates",
                  subject);
        trust_mend(words, "deploy the certificate of %s to the clients as a trusted root", subject);
    } else if (path->has_impostor) {
        trust_say(
            words, false,
            "the certificate of %s that was found did not sign that of %s: it has another key",
            issuer, subject);
        trust_mend(words, "put the certificate of %s that did into the chain", issuer);
    } else if (path->count == 1 && is_among(anchors, last->crt)) {
        trust_say(words, false,
                  "the certificate itself is among the trusted ones in place of its issuer, %s: "
                  "Chromium, OpenSSL and NSS do not take it so",
                  issuer);
        trust_mend(words, "deploy the certificate of %s instead", issuer);
    } else {
        trust_say(words, false, "the issuer %s%s%s is not sent and not known", issuer,
                  path->count > 1 ? " of " : "", path->count > 1 ? subject : "");
        trust_mend(words, "add its certificate to the chain, or trust it if it is a root");
    }
}

/* ---- a way that does not hold ---- */

static bool judge_issuers(const struct trust_path *path, struct trust_words *words) {
    for (size_t i = 1; i < path->count; i++) {
        const struct trust_step *issuer = &path->steps[i];
        const char *name = issuer->info.subject, *below = path->steps[i - 1].info.subject;
        unsigned usage;
        int length = path_length(issuer->crt);
        if (is_old_anchor(path, i))
            continue;
        if (!issuer->info.is_authority)
            trust_say(words, false,
                      "%s issued that of %s, but is no authority (CA:TRUE is missing)", name,
                      below);
        else if (has_usage(issuer->crt, &usage) && !(usage & GNUTLS_KEY_KEY_CERT_SIGN))
            trust_say(words, false,
                      "%s issued that of %s, but may not sign certificates (its key usage has no "
                      "keyCertSign)",
                      name, below);
        else if (length >= 0 && (size_t)length < i - 1)
            trust_say(words, false,
                      "%s allows %d authorities below it, and there are %zu (path length)", name,
                      length, i - 1);
        else
            continue;
        trust_mend(words, "have it issued again by an authority that may");
        return false;
    }
    return true;
}

/* The anchor's own signature is not looked at: it is trusted as it is. */
static bool judge_signatures(const struct trust_path *path, struct trust_words *words) {
    for (size_t i = 0; i + 1 < path->count; i++) {
        const struct cert_info *info = &path->steps[i].info;
        if (!is_signed_weakly(path->steps[i].crt))
            continue;
        if (i == 0)
            trust_say(words, false, "it is signed with %s, which no longer counts",
                      info->signature);
        else
            trust_say(words, false,
                      "the certificate of %s is signed with %s, which no longer counts",
                      info->subject, info->signature);
        trust_mend(words, "have it issued again with SHA-256");
        return false;
    }
    return true;
}

static bool judge_purposes(const struct trust_path *path, struct trust_words *words) {
    for (size_t i = 0; i < path->count; i++) {
        if (is_for_servers(path->steps[i].crt) || (i > 0 && i == path->count - 1))
            continue;
        if (i == 0)
            trust_say(words, false,
                      "it is not for servers (serverAuth is missing in its extended key usage)");
        else
            trust_say(words, false,
                      "%s may not issue for servers (serverAuth is missing in its extended key "
                      "usage)",
                      path->steps[i].info.subject);
        trust_mend(words, "have it issued again for servers");
        return false;
    }
    return true;
}

/* What the server's own certificate says of its key. */
static bool judge_own_shape(const struct trust_path *path, struct trust_words *words) {
    const struct trust_step *own = &path->steps[0];
    unsigned usage;
    if (own->info.is_authority) {
        trust_say(words, false,
                  "it says that it is an authority (CA:TRUE), which Firefox refuses for a server");
        trust_mend(words, "make it again without basic constraints");
        return false;
    }
    if (has_usage(own->crt, &usage) &&
        !(usage & (GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT))) {
        trust_say(
            words, false,
            "its key usage does not allow its key to be used by a server (digitalSignature is "
            "missing)");
        trust_mend(words, "make it again with digitalSignature, or without key usage");
        return false;
    }
    return true;
}

/* Browsers neither offer these kinds in the handshake nor know them in a chain:
 * trust/family_rules.c has which clients do. */
static bool judge_key_kinds(const struct trust_path *path, struct trust_words *words) {
    for (size_t i = 0; i < path->count; i++) {
        const struct cert_info *info = &path->steps[i].info;
        if (!(info->key_type & (CERT_KEY_EDDSA | CERT_KEY_RSA_PSS)))
            continue;
        if (i == 0) {
            trust_say(words, false, "its key is %s, which no browser takes", info->key_name);
            trust_mend(words, "make it again with a P-256 key");
        } else {
            trust_say(words, false, "the key of %s is %s, which no browser takes", info->subject,
                      info->key_name);
            trust_mend(words, "have it issued again by an authority with a P-256 or RSA key");
        }
        return false;
    }
    return true;
}

/* ---- what GnuTLS says of the way ---- */

static bool excludes(gnutls_x509_crt_t issuer, gnutls_x509_crt_t certificate) {
    static const gnutls_x509_subject_alt_name_t types[] = {GNUTLS_SAN_DNSNAME, GNUTLS_SAN_IPADDRESS,
                                                           GNUTLS_SAN_RFC822NAME};
    gnutls_x509_name_constraints_t constraints = NULL;
    bool found = false;
    if (gnutls_x509_name_constraints_init(&constraints) < 0)
        return false;
    if (gnutls_x509_crt_get_name_constraints(issuer, constraints, 0, NULL) == 0)
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            found |=
                gnutls_x509_name_constraints_check_crt(constraints, types[i], certificate) == 0;
    gnutls_x509_name_constraints_deinit(constraints);
    return found;
}

static bool judge_constraints(const struct trust_path *path, struct trust_words *words) {
    for (size_t i = 1; i < path->count; i++)
        for (size_t below = 0; below < i; below++) {
            if (!excludes(path->steps[i].crt, path->steps[below].crt))
                continue;
            trust_say(words, false,
                      "%s may not issue for all the names in the certificate of %s (its name "
                      "constraints leave them out)",
                      path->steps[i].info.subject, path->steps[below].info.subject);
            trust_mend(words, "make it again with names that it may issue for alone");
            return false;
        }
    return true;
}

/* The last word, on what was not looked for above. */
static bool judge_by_library(const struct trust_path *path, struct trust_words *words) {
    enum { MOST_STEPS = 64 };
    gnutls_x509_crt_t chain[MOST_STEPS], anchor = path->steps[path->count - 1].crt;
    unsigned count = 0, status = 0;
    gnutls_datum_t text = {0};
    for (size_t i = 0; i < path->count && count < MOST_STEPS; i++)
        if (i == 0 || path->steps[i].crt != anchor)
            chain[count++] = path->steps[i].crt;
    int code = gnutls_x509_crt_list_verify(chain, (int)count, &anchor, 1, NULL, 0,
                                           GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status);
    if (code == 0 && status == 0)
        return true;
    if (code == 0)
        code = gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    trust_say(words, false, "GnuTLS does not accept the chain: %s",
              code == 0 ? (const char *)text.data : gnutls_strerror(code));
    gnutls_free(text.data);
    return false;
}

/* ---- reservations ---- */

/* A self-signed certificate that says what its key is for: docs/ARCHITECTURE.md, "The certificates
 * we make". */
static void judge_own_anchor(const struct trust_path *path, struct trust_words *words) {
    gnutls_x509_crt_t own = path->steps[0].crt;
    unsigned usage, is_authority;
    bool has_constraints =
        gnutls_x509_crt_get_basic_constraints(own, NULL, &is_authority, NULL) >= 0;
    if (!has_constraints && !has_usage(own, &usage))
        return;
    trust_say(
        words, true,
        "Chromium on Linux refuses a self-signed certificate with %s, unless it is trusted as "
        "a server's",
        has_constraints ? "CA:FALSE" : "key usage");
    trust_mend(words, "make it again without basic constraints and key usage");
}

static void judge_key(const struct trust_path *path, struct trust_words *words) {
    enum { LEAST_RSA_BITS = 2048 };
    for (size_t i = 0; i < path->count; i++) {
        const struct cert_info *info = &path->steps[i].info;
        bool is_rsa = info->key_type == CERT_KEY_RSA || info->key_type == CERT_KEY_RSA_PSS;
        if (!is_rsa || info->key_bits >= LEAST_RSA_BITS)
            continue;
        trust_say(words, true, "the key of %s is %s: OpenSSL refuses fewer than %d bits",
                  info->subject, info->key_name, LEAST_RSA_BITS);
        trust_mend(words, "make it again with a key of %d bits or more", LEAST_RSA_BITS);
        return;
    }
}

void trust_judge_issuer(const struct trust_path *path, const struct trust_anchors *anchors,
                        struct trust_words *words) {
    if (!path->is_anchored) {
        judge_no_way(path, anchors, words);
        return;
    }
    if (!judge_own_shape(path, words) || !judge_issuers(path, words) ||
        !judge_key_kinds(path, words) || !judge_signatures(path, words) ||
        !judge_purposes(path, words) || !judge_constraints(path, words) ||
        !judge_by_library(path, words))
        return;
    trust_say(words, true, NULL);
    judge_key(path, words);
    if (path->count == 1)
        judge_own_anchor(path, words);
}
