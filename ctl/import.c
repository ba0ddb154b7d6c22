/* The verb `import`: a certificate with its key from elsewhere, taken into the store. */
#include "ctl/command_line.h"
#include "ctl/entry_put.h"
#include "ctl/given_files.h"
#include "ctl/secret.h"
#include "ctl/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 64 };

/* What an entry is called when nobody says: after the friendly name, else after the certificate's
 * own names. Borrowed from one of the two. */
static const char *usual_name(const struct entry_meta *meta, const struct cert_info *info) {
    if (meta->friendly_name)
        return meta->friendly_name;
    if (info->common_name && *info->common_name)
        return info->common_name;
    if (info->dns_names.count > 0)
        return info->dns_names.items[0];
    return info->addresses.count > 0 ? info->addresses.items[0] : "imported";
}

static bool warn_of_strangers(const struct cert_gathering *gathering,
                              const struct cert_material *material, struct string_list *warnings) {
    char text[160];
    size_t certs = cert_gathering_count(gathering), keys = cert_gathering_key_count(gathering);
    if (certs > material->chain_count) {
        size_t left = certs - material->chain_count;
        snprintf(text, sizeof text,
                 "%zu certificate%s among the files %s not of its chain, and %s left out", left,
                 left == 1 ? "" : "s", left == 1 ? "is" : "are", left == 1 ? "was" : "were");
        if (!string_list_add(warnings, text))
            return false;
    }
    if (keys < 2)
        return true;
    snprintf(text, sizeof text, "%zu private key%s among the files %s not its own, and %s left out",
             keys - 1, keys == 2 ? "" : "s", keys == 2 ? "is" : "are", keys == 2 ? "was" : "were");
    return string_list_add(warnings, text);
}

static enum ctl_exit put(struct ctl *ctl, const struct cert_gathering *gathering,
                         const struct cert_material *material, const struct entry_meta *meta) {
    struct place place = {0};
    struct cert_info info = {0};
    struct string_list warnings = {0};
    struct error err = {0};
    char *entry = NULL;
    if (!cert_info_read(&material->chain[0], &info, &err))
        return ctl_fail_given(&err);
    enum ctl_exit status = place_find(ctl, &place);
    if (status == CTL_FINE)
        entry = entry_put_name(ctl, usual_name(meta, &info), &status);
    if (entry && (!warn_of_strangers(gathering, material, &warnings) ||
                  !entry_put_warn(&info, ctl->now, &warnings)))
        status = ctl_no_memory();
    if (status == CTL_FINE)
        status = entry_put(
            ctl, &place,
            &(struct entry_put){
                .entry = entry, .material = material, .meta = meta, .warnings = &warnings},
            NULL);
    free(entry);
    string_list_finish(&warnings);
    cert_info_finish(&info);
    place_finish(&place);
    return status;
}

static enum ctl_exit refuse_without_key(const struct ctl *ctl) {
    struct error err = {0};
    struct buffer line = {0};
    error_set(&err, ERROR_INPUT,
              "there is no private key among the files: name its file as well; a certificate that "
              "was issued for a request of this tool is for \"%s\"",
              command_line_text(ctl, "accept", NULL, &line));
    buffer_finish(&line);
    return ctl_fail(&err);
}

static enum ctl_exit join_and_put(struct ctl *ctl, const struct cert_gathering *gathering) {
    struct cert_material material = {0};
    struct entry_meta meta = {0};
    struct error err = {0};
    const char *friendly = cert_gathering_friendly_name(gathering);
    if (cert_gathering_key_count(gathering) == 0)
        return refuse_without_key(ctl);
    if (!cert_gathering_join(gathering, &material, &err))
        return ctl_fail_given(&err);
    if (friendly && entry_put_is_showable(friendly))
        meta.friendly_name = strdup(friendly);
    enum ctl_exit status = entry_put_meta(ctl, "import", &meta);
    if (status == CTL_FINE)
        status = put(ctl, gathering, &material, &meta);
    entry_meta_finish(&meta);
    cert_material_finish(&material);
    return status;
}

static enum ctl_exit run(struct ctl *ctl) {
    struct cert_gathering *gathering = NULL;
    enum ctl_exit status = given_files_gather(ctl, true, &gathering);
    if (status == CTL_FINE)
        status = join_and_put(ctl, gathering);
    cert_gathering_destroy(gathering);
    return status;
}

static const struct ctl_option options[] = {
    SECRET_OPTIONS("password"), FRIENDLY_NAME_OPTION, EXPORTABLE_OPTION,
    ENTRY_PUT_OPTIONS,          WAIT_OPTION,          {0},
};

const struct ctl_verb verb_import = {
    .name = "import",
    .arguments = "FILE…",
    .summary = "take a certificate with its key into the store",
    .help =
        "The files together hold the certificate, its key and its chain, in any order and form:\n"
        "PEM, DER, PKCS#7, PKCS#8, PKCS#12 (.pfx). The password of an encrypted one is asked\n"
        "for. The entry is named after the friendly name in a PKCS#12, else after the\n"
        "certificate's common name or first alternative name.\n",
    .least_arguments = 1,
    .most_arguments = MOST_FILES,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_FILE,
};
