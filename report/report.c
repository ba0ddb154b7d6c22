#include "report/report.h"

#include "base/utf8.h"
#include "certs/staple.h"

#include <stdlib.h>
#include <string.h>

json_t *report_text(const char *text) {
    if (!text)
        return json_null();
    struct buffer valid = {0};
    utf8_append_valid(&valid, text);
    char *taken = buffer_take(&valid);
    json_t *string = taken ? json_string(taken) : NULL;
    free(taken);
    return string;
}

json_t *report_fingerprint(const unsigned char *bytes, size_t size) {
    char *text = fingerprint_text(bytes, size);
    json_t *string = text ? json_string(text) : NULL;
    free(text);
    return string;
}

json_t *report_texts(const struct string_list *list) {
    json_t *array = json_array();
    for (size_t i = 0; array && list && i < list->count; i++)
        if (json_array_append_new(array, report_text(list->items[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/* What one certificate says of itself; the part that a leaf and its issuers have in common. */
static json_t *certificate(const struct cert_info *info) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:b, s:b}",
                     "subject", report_text(info->subject),                        //
                     "issuer", report_text(info->issuer),                          //
                     "common_name", report_text(info->common_name),                //
                     "dns_names", report_texts(&info->dns_names),                  //
                     "addresses", report_texts(&info->addresses),                  //
                     "serial", report_text(info->serial),                          //
                     "key", report_text(info->key_name),                           //
                     "signature", report_text(info->signature),                    //
                     "not_before", (json_int_t)info->not_before,                   //
                     "not_after", (json_int_t)info->not_after,                     //
                     "fingerprint",                                                //
                     report_fingerprint(info->fingerprint, CERT_FINGERPRINT_SIZE), //
                     "thumbprint",                                                 //
                     report_fingerprint(info->thumbprint, CERT_THUMBPRINT_SIZE),   //
                     "self_issued", info->self_issued,                             //
                     "authority", info->is_authority);
}

/* Was this use told before? A service with several listeners is one user. */
static bool is_repeated(struct report_uses uses, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(uses.items[i].entry, uses.items[at].entry) == 0 &&
            strcmp(uses.items[i].service, uses.items[at].service) == 0)
            return true;
    return false;
}

static json_t *used_by(const char *entry, struct report_uses uses) {
    if (!uses.items)
        return json_null();
    json_t *services = json_array();
    for (size_t i = 0; services && i < uses.count; i++)
        if (strcmp(uses.items[i].entry, entry) == 0 && !is_repeated(uses, i) &&
            json_array_append_new(services, report_text(uses.items[i].service)) != 0) {
            json_decref(services);
            return NULL;
        }
    return services;
}

json_t *report_entry(const struct cert *cert, struct report_uses uses, int64_t now) {
    const char *name = cert_name(cert);
    json_t *entry = json_pack("{s:o, s:I, s:b, s:b, s:o}", "name", report_text(name), //
                              "chain", (json_int_t)cert_chain_count(cert),            //
                              "staple", cert_staple(cert, now) != NULL,               //
                              "generated", strcmp(name, CERT_GENERATED_NAME) == 0,    //
                              "used_by", used_by(name, uses));
    json_t *said = certificate(cert_info(cert));
    if (!entry || !said || json_object_update(entry, said) != 0) {
        json_decref(entry);
        entry = NULL;
    }
    json_decref(said);
    return entry;
}

json_t *report_refusal(const struct cert_store_refusal *refusal) {
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "entry", report_text(refusal->entry), //
                     "file", report_text(refusal->file),                                     //
                     "reason", report_text(refusal->reason),                                 //
                     "mend", report_text(refusal->mend),                                     //
                     "kept", refusal->kept,                                                  //
                     "staple", refusal->staple);
}

/* Refusals of one entry, or of all for NULL. */
static json_t *refusals(const struct cert_store *store, const char *entry) {
    json_t *array = json_array();
    for (size_t i = 0; array && i < cert_store_refusal_count(store); i++) {
        struct cert_store_refusal refusal = cert_store_refusal_at(store, i);
        if (entry && (!refusal.entry || strcmp(refusal.entry, entry) != 0))
            continue;
        if (json_array_append_new(array, report_refusal(&refusal)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *report_list(const struct cert_store *store, struct report_uses uses, int64_t now) {
    const struct cert_set *set = cert_store_set(store);
    json_t *entries = json_array();
    for (size_t i = 0; entries && i < cert_set_count(set); i++)
        if (json_array_append_new(entries, report_entry(cert_set_at(set, i), uses, now)) != 0) {
            json_decref(entries);
            entries = NULL;
        }
    return json_pack("{s:o, s:o}", "entries", entries, "refused", refusals(store, NULL));
}

static json_t *pem(const struct blob *der) {
    gnutls_datum_t raw = {der->data, (unsigned)der->size}, text = {0};
    if (gnutls_pem_base64_encode2("CERTIFICATE", &raw, &text) < 0)
        return NULL;
    json_t *string = json_stringn((const char *)text.data, text.size);
    gnutls_free(text.data);
    return string;
}

json_t *report_certificate(const struct blob *der, struct error *err) {
    struct cert_info info = {0};
    if (!cert_info_read(der, &info, err))
        return NULL;
    json_t *said = certificate(&info);
    cert_info_finish(&info);
    if (!said)
        error_set(err, ERROR_MEMORY, "out of memory");
    return said;
}

/* Until when the staple sent now may be sent, or null. */
static json_t *staple_until(const struct cert *cert, int64_t now) {
    const struct blob *response = cert_staple(cert, now);
    const struct blob *issuer = cert_chain_count(cert) > 1 ? cert_chain(cert, 1) : NULL;
    int64_t until = 0;
    if (!response || !staple_check(response, cert_chain(cert, 0), issuer, now, &until, NULL))
        return json_null();
    return json_integer(until);
}

/* Adds what `show` knows beyond `list`. */
static bool add_chain(json_t *entry, const struct cert *cert, int64_t now) {
    json_t *pems = json_array(), *certificates = json_array();
    bool ok = pems && certificates &&
              json_object_set_new(entry, "staple_until", staple_until(cert, now)) == 0;
    for (size_t i = 0; ok && i < cert_chain_count(cert); i++) {
        const struct blob *der = cert_chain(cert, i);
        ok = json_array_append_new(pems, pem(der)) == 0 &&
             json_array_append_new(certificates, report_certificate(der, NULL)) == 0;
    }
    ok = ok && json_object_set(entry, "chain_pem", pems) == 0 &&
         json_object_set(entry, "chain_certificates", certificates) == 0;
    json_decref(pems);
    json_decref(certificates);
    return ok;
}

/* "; did you mean …?" for a name that is near another. */
static void set_unknown_entry(const struct cert_store *store, const char *name, struct error *err) {
    const struct cert_set *set = cert_store_set(store);
    size_t count = cert_set_count(set);
    const char **names = calloc(count + 1, sizeof *names);
    for (size_t i = 0; names && i < count; i++)
        names[i] = cert_name(cert_set_at(set, i));
    const char *nearest = names ? nearest_word(name, names) : NULL;
    if (nearest)
        error_set(err, ERROR_MISSING, "the store has no entry \"%s\"; did you mean \"%s\"?", name,
                  nearest);
    else
        error_set(err, ERROR_MISSING, "the store has no entry \"%s\"", name);
    free(names);
}

json_t *report_show(const struct cert_store *store, const char *name, struct report_uses uses,
                    int64_t now, struct error *err) {
    const struct cert *cert = cert_set_entry(cert_store_set(store), name);
    json_t *refused = refusals(store, name);
    if (!cert && refused && json_array_size(refused) == 0) {
        json_decref(refused);
        set_unknown_entry(store, name, err);
        return NULL;
    }
    json_t *entry = cert ? report_entry(cert, uses, now) : json_null();
    if (cert && entry && !add_chain(entry, cert, now)) {
        json_decref(entry);
        entry = NULL;
    }
    json_t *answer = json_pack("{s:o, s:o}", "entry", entry, "refused", refused);
    if (!answer)
        error_set(err, ERROR_MEMORY, "out of memory");
    return answer;
}
