#include "trust/deployment_text.h"
#include "trust/name_uuid.h"
#include "trust/windows_policy.h"

#include "base/time_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who reads the policy, and with what it was edited ([MS-GPOL] 2.2.4, sorted): the registry's
 * extension, edited by Public Key Policies and by Administrative Templates; EFS recovery, which the
 * editor names with Public Key Policies always ([MS-GPEF] 1.9). */
#define PUBLIC_KEY_TOOL "{53D6AB1D-2488-11D1-A28C-00C04FB94F17}"
#define TEMPLATES_TOOL "{D02B1F72-3407-48AE-BA88-E8213C6761F1}"
#define EXTENSIONS                                                           \
    "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}" PUBLIC_KEY_TOOL TEMPLATES_TOOL \
    "][{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}" PUBLIC_KEY_TOOL "]"

enum { GUID_SIZE = NAME_UUID_SIZE + 2, PATH_SIZE = 128 };

/* ---- the backup ---- */

static bool guid_of(const struct deployment *deployment, const char *kind,
                    char out[static GUID_SIZE], struct error *err) {
    char uuid[NAME_UUID_SIZE];
    char *fingerprint =
        fingerprint_text(deployment->info->fingerprint, sizeof deployment->info->fingerprint);
    if (!fingerprint) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    bool ok = name_uuid(kind, fingerprint, uuid, err);
    if (ok)
        snprintf(out, GUID_SIZE, "{%s}", uuid);
    free(fingerprint);
    return ok;
}

struct backup {
    char policy_id[GUID_SIZE], id[GUID_SIZE];
    char time[TIME_TEXT_SIZE]; /* when the anchor begins: the same at each making */
    char *settings;
};

static bool backup_prepare(const struct deployment *deployment, struct backup *backup,
                           struct error *err) {
    time_text_rfc3339(deployment->info->not_before, backup->time);
    backup->time[strcspn(backup->time, "Z")] = '\0';
    return guid_of(deployment, "group policy", backup->policy_id, err) &&
           guid_of(deployment, "group policy backup", backup->id, err) &&
           windows_policy_report(deployment, &backup->settings, err);
}

static bool add_texts(const struct deployment *deployment, const struct backup *backup,
                      struct deployment_files *out, struct error *err) {
    static const struct {
        const char *name;
        bool is_in_backup; /* in its folder, of the same name */
        enum deployment_text_form form;
    } texts[] = {
        {"gpo/manifest.xml", false, DEPLOYMENT_TEXT_WINDOWS},
        {"gpo/Backup.xml", true, DEPLOYMENT_TEXT_WINDOWS},
        {"gpo/bkupInfo.xml", true, DEPLOYMENT_TEXT_WINDOWS},
        {"gpo/gpreport.xml", true, DEPLOYMENT_TEXT_WINDOWS},
        {"browsers.reg", false, DEPLOYMENT_TEXT_WINDOWS},
        {"browsers-undo.reg", false, DEPLOYMENT_TEXT_WINDOWS},
        {"install.ps1", false, DEPLOYMENT_TEXT_WINDOWS_MARK},
        {"STEPS.txt", false, DEPLOYMENT_TEXT_WINDOWS_MARK},
    };
    const struct deployment_value more[] = {
        {"policy_id", backup->policy_id}, {"backup_id", backup->id},  {"time", backup->time},
        {"settings", backup->settings},   {"extensions", EXTENSIONS}, {NULL, NULL}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char path[PATH_SIZE] = "", text[PATH_SIZE];
        const char *name = texts[i].name;
        snprintf(text, sizeof text, "windows/%s", name);
        if (texts[i].is_in_backup)
            snprintf(path, sizeof path, "windows/gpo/%s%s", backup->id, strrchr(name, '/'));
        if (!deployment_add_text(deployment, out, texts[i].is_in_backup ? path : text, 0644, text,
                                 texts[i].form, more, err))
            return false;
    }
    return true;
}

static bool add_policy(const struct backup *backup, const struct blob *pol,
                       struct deployment_files *out, struct error *err) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "windows/gpo/%s/DomainSysvol/GPO/Machine/registry.pol", backup->id);
    return deployment_add(out, "windows/registry.pol", 0644, pol->data, pol->size, err) &&
           deployment_add(out, path, 0644, pol->data, pol->size, err);
}

bool deployment_windows(const struct deployment *deployment, struct deployment_files *out,
                        struct error *err) {
    struct backup backup = {0};
    struct blob pol = {0};
    const struct blob *anchor = deployment->anchor;
    bool ok =
        windows_policy_file(deployment, &pol, err) && backup_prepare(deployment, &backup, err) &&
        add_policy(&backup, &pol, out, err) &&
        deployment_add(out, "windows/mailstored.cer", 0644, anchor->data, anchor->size, err) &&
        add_texts(deployment, &backup, out, err);
    free(backup.settings);
    blob_finish(&pol);
    return ok;
}
