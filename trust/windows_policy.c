#include "trust/windows_policy.h"

#include "trust/cert_blob.h"
#include "trust/deployment_text.h"
#include "trust/registry_pol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICIES "Software\\Policies\\"
#define AUTO_ENROLLMENT POLICIES "Microsoft\\Cryptography\\AutoEnrollment"
#define ROOTS POLICIES "Microsoft\\SystemCertificates\\Root\\"
#define CHROMIUM_ROOTS "CAPlatformIntegrationEnabled"

enum {
    AUTO_ENROLL = 1 | 2 | 4,         /* enroll, manage, retrieve what is pending */
    EXPIRATION_PERCENT = 10,         /* of its life left: what the editor offers */
    PATH_VALIDATION_DEFAULTS = 0x20, /* users' own roots count; third parties' roots count */
    KEY_SIZE = sizeof ROOTS "Certificates\\" + (size_t)2 * CERT_THUMBPRINT_SIZE,
};

/* What the policy sets, in the order of keys, as the editor writes them. The certificate's own
 * setting stands for ROOTS "Certificates". */
static const struct registry_setting settings[] = {
    {POLICIES "Chromium", CHROMIUM_ROOTS, REGISTRY_DWORD, .number = 1},
    {POLICIES "Google\\Chrome", CHROMIUM_ROOTS, REGISTRY_DWORD, .number = 1},
    {AUTO_ENROLLMENT, "AEPolicy", REGISTRY_DWORD, .number = AUTO_ENROLL},
    {AUTO_ENROLLMENT, "OfflineExpirationPercent", REGISTRY_DWORD, .number = EXPIRATION_PERCENT},
    {AUTO_ENROLLMENT, "OfflineExpirationStoreNames", REGISTRY_SZ, .text = "MY"},
    {POLICIES "Microsoft\\Edge", CHROMIUM_ROOTS, REGISTRY_DWORD, .number = 1},
    {ROOTS "Certificates", "Blob", REGISTRY_BINARY, .binary = NULL},
    {ROOTS "CRLs", "", REGISTRY_NONE, .number = 0},
    {ROOTS "CTLs", "", REGISTRY_NONE, .number = 0},
    {ROOTS "ProtectedRoots", "Flags", REGISTRY_DWORD, .number = PATH_VALIDATION_DEFAULTS},
    /* Client authentication, e-mail, files: for what users may trust each other's certificates. */
    {ROOTS "ProtectedRoots", "PeerUsages", REGISTRY_MULTI_SZ,
     .text = "1.3.6.1.5.5.7.3.2\n1.3.6.1.5.5.7.3.4\n1.3.6.1.4.1.311.10.3.4"},
    {POLICIES "Mozilla\\Firefox\\Certificates", "ImportEnterpriseRoots", REGISTRY_DWORD,
     .number = 1},
};

static void certificate_key(const struct cert_info *info, char out[static KEY_SIZE]) {
    size_t at = (size_t)snprintf(out, KEY_SIZE, "%sCertificates\\", ROOTS);
    for (size_t i = 0; i < CERT_THUMBPRINT_SIZE; i++)
        at += (size_t)snprintf(out + at, KEY_SIZE - at, "%02X", info->thumbprint[i]);
}

static bool write_blob(const struct deployment *deployment, struct blob *out, struct error *err) {
    struct blob blob = {0};
    char *name = deployment_title(deployment->info);
    bool ok = name && cert_blob_write(deployment->anchor, name, &blob, err);
    if (!name)
        error_set(err, ERROR_MEMORY, "registry.pol: out of memory");
    free(name);
    if (ok && blob.size > REGISTRY_DATA_LIMIT) {
        error_set(err, ERROR_INPUT,
                  "the certificate has %zu octets, more than a Group Policy can carry: deploy a "
                  "smaller one",
                  deployment->anchor->size);
        blob_finish(&blob);
        return false;
    }
    if (ok)
        *out = blob;
    return ok;
}

bool windows_policy_file(const struct deployment *deployment, struct blob *out, struct error *err) {
    char key[KEY_SIZE];
    struct blob blob = {0};
    struct buffer pol = {0};
    if (!write_blob(deployment, &blob, err))
        return false;
    certificate_key(deployment->info, key);
    registry_pol_begin(&pol);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct registry_setting setting = settings[i];
        if (setting.type == REGISTRY_BINARY) {
            setting.key = key;
            setting.binary = &blob;
        }
        registry_pol_append(&pol, &setting);
    }
    bool ok = !pol.failed && blob_copy(pol.data, pol.size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "registry.pol: out of memory");
    blob_finish(&blob);
    buffer_finish(&pol);
    return ok;
}

/* Nothing in the table needs to be escaped. */
static void report_value(const struct registry_setting *setting, struct buffer *out) {
    if (setting->type == REGISTRY_NONE)
        return;
    buffer_printf(out, "<q1:Value><q1:Name>%s</q1:Name>", setting->value);
    if (setting->type == REGISTRY_DWORD)
        buffer_printf(out, "<q1:Number>%u</q1:Number>", setting->number);
    else if (setting->type == REGISTRY_SZ)
        buffer_printf(out, "<q1:String>%s</q1:String>", setting->text);
    buffer_append_text(out, "</q1:Value>");
}

bool windows_policy_report(const struct deployment *deployment, char **out, struct error *err) {
    char key[KEY_SIZE];
    struct buffer text = {0};
    certificate_key(deployment->info, key);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct registry_setting *setting = &settings[i];
        buffer_printf(&text,
                      "<q1:RegistrySetting><q1:KeyPath>%s</q1:KeyPath>"
                      "<q1:AdmSetting>false</q1:AdmSetting>",
                      setting->type == REGISTRY_BINARY ? key : setting->key);
        report_value(setting, &text);
        buffer_append_text(&text, "</q1:RegistrySetting>");
    }
    char *report = buffer_take(&text);
    if (!report) {
        error_set(err, ERROR_MEMORY, "gpreport.xml: out of memory");
        return false;
    }
    *out = report;
    return true;
}
