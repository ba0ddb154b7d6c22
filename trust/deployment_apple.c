#include "trust/deployment_text.h"
#include "trust/name_uuid.h"
#include "trust/signed_data.h"

#include <stdio.h>
#include <stdlib.h>

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
    return ok && add_profile(deployment, more, out, err) &&
           deployment_add_text(deployment, out, "apple/STEPS.txt", 0644, "apple/STEPS.txt",
                               DEPLOYMENT_TEXT_UNIX, more, err) &&
           deployment_add(out, "android/mailstored.crt", 0644, anchor->data, anchor->size, err) &&
           deployment_add_text(deployment, out, "android/STEPS.txt", 0644, "android/STEPS.txt",
                               DEPLOYMENT_TEXT_UNIX, NULL, err);
}
