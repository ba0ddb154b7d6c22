#include "daemon/app_settings.h"

#include "daemon/pins.h"
#include "daemon/tls_front.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

static struct cert_key_choice first_key(const struct conf *conf) {
    struct cert_key_choice key = {.family = CERT_FAMILY_ECDSA};
    if (conf->first_certificate.shape == CONF_FIRST_CLASSIC)
        key = (struct cert_key_choice){CERT_FAMILY_RSA, 2048};
    if (conf->first_certificate.key)
        cert_key_choice_parse(conf->first_certificate.key, &key); /* conf checked the word */
    return key;
}

struct cert_keeper_settings app_keeper_settings(const struct conf *conf,
                                                const struct app_leaves *leaves) {
    return (struct cert_keeper_settings){
        .store_folder = conf->store_folder,
        .accept_public_keys = conf->accept_public_keys,
        .poll_interval_ms = conf->poll_interval_s * 1000,
        .first = {.shape = conf->first_certificate.shape == CONF_FIRST_CLASSIC ? CERT_SHAPE_CLASSIC
                                                                               : CERT_SHAPE_MODERN,
                  .key = first_key(conf),
                  .names = &conf->first_certificate.names},
        .renewed = &leaves->entries,
    };
}

struct authority_keeper_settings app_authority_settings(const struct conf *conf,
                                                        const struct app_leaves *leaves) {
    struct authority_keeper_settings settings = {
        .store_folder = conf->store_folder,
        .passphrase_file = conf->authority.passphrase_file,
        .leaf_lifetime_s = conf->authority.leaf_lifetime_s,
        .services = leaves->services,
        .service_count = leaves->count,
    };
    cert_key_choice_parse(conf->authority.key, &settings.key); /* conf checked the word */
    return settings;
}

static bool add_entry(const char *service, struct string_list *entries) {
    char *entry = authority_entry(service);
    bool ok = entry && string_list_add(entries, entry);
    free(entry);
    return ok;
}

bool app_leaves_gather(const struct conf *conf, const struct pin_list *pins, struct app_leaves *out,
                       struct error *err) {
    struct app_leaves leaves = {.services =
                                    calloc(conf->service_count + 1, sizeof *leaves.services)};
    bool ok = leaves.services != NULL;
    for (size_t i = 0; ok && i < conf->service_count; i++) {
        const struct conf_service *service = &conf->services[i];
        struct pinned pinned;
        if (!service_wants_authority(service, pins, &pinned))
            continue;
        leaves.services[leaves.count++] =
            (struct authority_service){service->name, &service->certificate_names};
        ok = add_entry(service->name, &leaves.entries);
    }
    if (ok) {
        *out = leaves;
    } else {
        error_set(err, ERROR_MEMORY, "local authority: out of memory");
        app_leaves_finish(&leaves);
    }
    return ok;
}

void app_leaves_finish(struct app_leaves *leaves) {
    free(leaves->services);
    string_list_finish(&leaves->entries);
    *leaves = (struct app_leaves){0};
}

bool app_check_priority(const struct conf *conf, struct error *err) {
    if (!conf->tls.priority || tls_priority_check(conf->tls.priority, err))
        return true;
    error_prefix(err, "tls.priority");
    err->kind = ERROR_CONFIG;
    return false;
}

/* The control socket may stand elsewhere than in the state folder. */
static bool make_control_folder(const struct conf *conf, struct error *err) {
    const char *slash = strrchr(conf->control_socket, '/');
    if (!slash || slash == conf->control_socket)
        return true;
    char *folder = strndup(conf->control_socket, (size_t)(slash - conf->control_socket));
    if (!folder) {
        error_set(err, ERROR_MEMORY, "control socket: out of memory");
        return false;
    }
    bool ok = folder_make(folder, 0700, err);
    free(folder);
    return ok;
}

bool app_make_folders(const struct conf *conf, struct error *err) {
    return folder_make(conf->state_folder, 0700, err) &&
           folder_make(conf->store_folder, 0700, err) && make_control_folder(conf, err);
}
