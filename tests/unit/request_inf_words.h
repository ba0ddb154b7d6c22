/* A request.inf as it was read, in lines that a test can hold against what it expects: what was
 * remarked, and the plan that came of it. Extensions are read by GnuTLS, since our own reader could
 * share a mistake with our writer. */
#pragma once

#include "base/time_text.h"
#include "certs/names.h"
#include "certs/request_inf.h"

#include <gnutls/x509-ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands behind an extension that GnuTLS does not read; no text of a request holds it. */
#define WORDS_BROKEN " \x01"

static inline void words_add_remark(void *context, const struct request_inf_remark *remark) {
    static const char *const levels[] = {"mistake", "repair", "warning", "note"};
    buffer_printf(context, "%s %u:%u %s\n", levels[remark->level], remark->line, remark->column,
                  remark->text);
}

static inline void words_add_octets(struct buffer *out, const struct blob *der) {
    for (size_t i = 0; i < der->size; i++)
        buffer_printf(out, "%02x", der->data[i]);
}

static inline void words_add_name(struct buffer *out, unsigned type, const gnutls_datum_t *name,
                                  const gnutls_datum_t *oid) {
    char text[NAME_SIZE];
    const struct blob der = {name->data, name->size};
    switch (type) {
    case GNUTLS_SAN_DNSNAME:
        buffer_printf(out, " DNS:%.*s", (int)name->size, name->data);
        break;
    case GNUTLS_SAN_IPADDRESS:
        buffer_printf(out, " IP:%s", address_text(name->data, name->size, text) ? text : "?");
        break;
    case GNUTLS_SAN_RFC822NAME:
        buffer_printf(out, " email:%.*s", (int)name->size, name->data);
        break;
    case GNUTLS_SAN_URI:
        buffer_printf(out, " URI:%.*s", (int)name->size, name->data);
        break;
    case GNUTLS_SAN_REGISTERED_ID:
        buffer_printf(out, " RID:%.*s", (int)name->size, name->data);
        break;
    case GNUTLS_SAN_DN:
        buffer_printf(out, " dir:%.*s", (int)name->size, name->data);
        break;
    default:
        buffer_printf(out, " %.*s:", (int)oid->size, oid->data);
        words_add_octets(out, &der);
    }
}

static inline bool words_add_names(struct buffer *out, const gnutls_datum_t *der) {
    gnutls_subject_alt_names_t names = NULL;
    bool ok = gnutls_subject_alt_names_init(&names) == 0 &&
              gnutls_x509_ext_import_subject_alt_names(der, names, 0) == 0;
    for (unsigned i = 0; ok; i++) {
        gnutls_datum_t name = {0}, oid = {0};
        unsigned type = 0;
        if (gnutls_subject_alt_names_get(names, i, &type, &name, &oid) < 0)
            break;
        words_add_name(out, type, &name, &oid);
    }
    gnutls_subject_alt_names_deinit(names);
    return ok;
}

static inline bool words_add_purposes(struct buffer *out, const gnutls_datum_t *der) {
    gnutls_x509_key_purposes_t purposes = NULL;
    bool ok = gnutls_x509_key_purpose_init(&purposes) == 0 &&
              gnutls_x509_ext_import_key_purposes(der, purposes, 0) == 0;
    for (unsigned i = 0; ok; i++) {
        gnutls_datum_t oid = {0};
        if (gnutls_x509_key_purpose_get(purposes, i, &oid) < 0)
            break;
        buffer_printf(out, " %.*s", (int)oid.size, oid.data);
    }
    gnutls_x509_key_purpose_deinit(purposes);
    return ok;
}

static inline bool words_add_usage(struct buffer *out, const gnutls_datum_t *der) {
    unsigned usage = 0;
    bool ok = gnutls_x509_ext_import_key_usage(der, &usage) == 0;
    buffer_printf(out, " 0x%x", usage);
    return ok;
}

static inline bool words_add_constraints(struct buffer *out, const gnutls_datum_t *der) {
    unsigned authority = 0;
    int path_length = -1;
    bool ok = gnutls_x509_ext_import_basic_constraints(der, &authority, &path_length) == 0;
    buffer_printf(out, " ca=%u pathlength=%d", authority, path_length);
    return ok;
}

static inline void words_add_extension(struct buffer *out, const struct cert_extension *extension) {
    static const struct {
        const char *oid, *name;
        bool (*add)(struct buffer *, const gnutls_datum_t *);
    } known[] = {{CERT_OID_ALTERNATIVE_NAME, "names", words_add_names},
                 {CERT_OID_EXTENDED_KEY_USAGE, "purposes", words_add_purposes},
                 {CERT_OID_KEY_USAGE, "usage", words_add_usage},
                 {CERT_OID_BASIC_CONSTRAINTS, "constraints", words_add_constraints}};
    const gnutls_datum_t der = {extension->der.data, (unsigned)extension->der.size};
    const char *critical = extension->critical ? " critical" : "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].oid, extension->oid) == 0) {
            buffer_printf(out, "= %s%s", known[i].name, critical);
            buffer_append_text(out, known[i].add(out, &der) ? "\n" : WORDS_BROKEN "\n");
            return;
        }
    buffer_printf(out, "= %s%s ", extension->oid, critical);
    words_add_octets(out, &extension->der);
    buffer_append_text(out, "\n");
}

static inline void words_add_request(struct buffer *out, const struct request_inf *request) {
    static const char *const hashes[] = {"sha256", "sha384", "sha512", "sha1", "md5"};
    const struct cert_plan *plan = &request->plan;
    char key[CERT_KEY_CHOICE_SIZE], from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    buffer_printf(out, "= %s %s %s%s%s%s\n", request->type == REQUEST_INF_CERT ? "cert" : "pkcs10",
                  cert_key_choice_name(plan->key, key), hashes[plan->hash], plan->pss ? " pss" : "",
                  plan->key_ids ? "" : " no-key-ids", request->exportable ? " exportable" : "");
    buffer_append_text(out, "= subject");
    for (size_t i = 0; i < plan->subject.count; i++)
        buffer_printf(out, "%s%s=%s", i > 0 ? "|" : " ", plan->subject.attributes[i].oid,
                      plan->subject.attributes[i].value);
    buffer_append_text(out, "\n");
    if (request->type == REQUEST_INF_CERT)
        buffer_printf(out, "= valid %s to %s\n", time_text(plan->not_before, from),
                      time_text(plan->not_after, until));
    if (request->friendly_name)
        buffer_printf(out, "= friendly %s\n", request->friendly_name);
    for (size_t i = 0; i < plan->extensions.count; i++)
        words_add_extension(out, &plan->extensions.items[i]);
    for (size_t i = 0; i < request->attributes.count; i++)
        buffer_printf(out, "= attribute %s\n", request->attributes.items[i]);
}

/* Reads it, and writes what came of it: "accepted" or "refused", remarks, "= …" for the plan. */
static inline bool words_of_request(const struct blob *bytes,
                                    const struct request_inf_options *options, struct buffer *out) {
    struct request_inf request = {0};
    struct buffer remarks = {0};
    bool ok = request_inf_read(bytes, options, words_add_remark, &remarks, &request);
    buffer_append_text(out, ok ? "accepted\n" : "refused\n");
    buffer_append(out, remarks.data ? remarks.data : "", remarks.size);
    if (ok)
        words_add_request(out, &request);
    request_inf_finish(&request);
    buffer_finish(&remarks);
    return ok;
}
