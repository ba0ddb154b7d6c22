#include "trust/deployment_text.h"
#include "trust/name_uuid.h"
#include "trust/signed_data.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What Apple's clients demand of certificates issued from 2019-07-01 on
 * (https://support.apple.com/HT210176). */
enum { FROM = 1561939200, MOST_S = 825 * 24 * 3600, LEAST_RSA_BITS = 2048 };

/* ---- warnings ---- */

/* RFC 5280, 4.2.1.12. Of a certificate whose octets are not at hand, nothing is said. */
static bool is_for_servers(const struct blob *der) {
    gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    bool found = false;
    if (gnutls_x509_crt_init(&crt) < 0)
        return true;
    int code = gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER);
    for (unsigned i = 0; code >= 0 && !found; i++) {
        char purpose[128];
        size_t size = sizeof purpose;
        code = gnutls_x509_crt_get_key_purpose_oid(crt, i, purpose, &size, NULL);
        found = code >= 0 && strcmp(purpose, GNUTLS_KP_TLS_WWW_SERVER) == 0;
        if (code == GNUTLS_E_SHORT_MEMORY_BUFFER)
            code = 0;
    }
    gnutls_x509_crt_deinit(crt);
    return found;
}

static bool is_signed_weakly(const struct cert_info *info) {
    return strstr(info->signature, "SHA1") || strstr(info->signature, "MD5") ||
           strstr(info->signature, "MD2");
}

static bool add_warnings(const struct deployment *deployment, struct string_list *warnings) {
    const struct cert_info *leaf = deployment->leaf, *anchor = deployment->info;
    bool is_rsa = leaf->key_type == CERT_KEY_RSA || leaf->key_type == CERT_KEY_RSA_PSS;
    const struct {
        bool holds;
        const char *text;
    } rows[] = {
        {leaf->not_before >= FROM && leaf->not_after - leaf->not_before >= MOST_S,
         "Apple's clients refuse the server's certificate, trusted or not: it is valid for more "
         "than 825 days; make it again for 824"},
        {!leaf->has_alternative_names,
         "Apple's clients refuse the server's certificate, trusted or not: it has no subject "
         "alternative names; make it again with them"},
        {leaf == anchor && leaf->not_before >= FROM && !is_for_servers(deployment->anchor),
         "Apple's clients refuse the server's certificate, trusted or not: serverAuth is missing "
         "in its extended key usage; make it again with it"},
        {is_rsa && leaf->key_bits < LEAST_RSA_BITS,
         "Apple's clients refuse the server's certificate, trusted or not: its RSA key has fewer "
         "than 2048 bits; make it again with a longer one"},
        {is_signed_weakly(leaf), "Apple's clients refuse the server's certificate, trusted or not: "
                                 "it is signed with a hash that no longer counts; make it again "
                                 "with SHA-256"},
        {!anchor->common_name || !*anchor->common_name,
         "iPhones and iPads do not list a root without a common name, so that it cannot be "
         "trusted there; make it again with one"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].holds && !string_list_add(warnings, rows[i].text))
            return false;
    return true;
}

/* ---- the profile ---- */

struct profile {
    char *fingerprint;
    char id[NAME_UUID_SIZE], certificate_id[NAME_UUID_SIZE];
    char identifier[64]; /* a later profile of the same one replaces this one */
};

static bool profile_prepare(const struct deployment *deployment, struct profile *profile,
                            struct error *err) {
    const struct cert_info *info = deployment->info;
    enum { FINGERPRINT_OCTETS = 8 };
    size_t at =
        (size_t)snprintf(profile->identifier, sizeof profile->identifier, "mailstored.trust.");
    for (size_t i = 0; i < FINGERPRINT_OCTETS; i++)
        at += (size_t)snprintf(profile->identifier + at, sizeof profile->identifier - at, "%02x",
                               info->fingerprint[i]);
    profile->fingerprint = fingerprint_text(info->fingerprint, sizeof info->fingerprint);
    if (!profile->fingerprint) {
        error_set(err, ERROR_MEMORY, "mailstored.mobileconfig: out of memory");
        return false;
    }
    return name_uuid("apple profile", profile->fingerprint, profile->id, err) &&
           name_uuid("apple certificate", profile->fingerprint, profile->certificate_id, err);
}

static bool add_profile(const struct deployment *deployment, const struct deployment_value *more,
                        struct deployment_files *out, struct error *err) {
    static const char path[] = "apple/mailstored.mobileconfig";
    struct buffer text = {0};
    struct blob signed_data = {0};
    bool ok = deployment_text(deployment, path, more, &text, err);
    if (ok && deployment->signer) {
        const struct blob plain = {(unsigned char *)text.data, text.size};
        ok = signed_data_write(&plain, deployment->signer, &signed_data, err) &&
             deployment_add(out, path, 0644, signed_data.data, signed_data.size, err);
    } else if (ok) {
        ok = deployment_add(out, path, 0644, text.data, text.size, err);
    }
    blob_finish(&signed_data);
    buffer_finish(&text);
    return ok;
}

bool deployment_apple(const struct deployment *deployment, struct deployment_files *out,
                      struct error *err) {
    struct profile profile = {0};
    const struct blob *anchor = deployment->anchor;
    bool ok = profile_prepare(deployment, &profile, err);
    const struct deployment_value more[] = {{"profile_id", profile.id},
                                            {"certificate_id", profile.certificate_id},
                                            {"profile_identifier", profile.identifier},
                                            {"signed", deployment->signer ? "1" : NULL},
                                            {NULL, NULL}};
    free(profile.fingerprint);
    if (!ok || !add_profile(deployment, more, out, err) ||
        !deployment_add_text(deployment, out, "apple/STEPS.txt", 0644, "apple/STEPS.txt",
                             DEPLOYMENT_TEXT_UNIX, more, err) ||
        !deployment_add(out, "android/mailstored.crt", 0644, anchor->data, anchor->size, err) ||
        !deployment_add_text(deployment, out, "android/STEPS.txt", 0644, "android/STEPS.txt",
                             DEPLOYMENT_TEXT_UNIX, NULL, err))
        return false;
    if (!add_warnings(deployment, &out->warnings)) {
        error_set(err, ERROR_MEMORY, "mailstored.mobileconfig: out of memory");
        return false;
    }
    return true;
}
