#include "ctl/deploy_source.h"

#include "certs/cert_read.h"
#include "certs/cert_set.h"
#include "certs/names.h"
#include "conf/conf.h"
#include "conf/conf_defaults.h"
#include "control/control.h"
#include "ctl/anchor.h"
#include "ctl/answer.h"
#include "ctl/command_line.h"
#include "ctl/inventory.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_TIMEOUT_MS = 10000, LAST_PORT = 65535 };

bool deploy_source_is_authority(const struct deploy_source *source) {
    return !blob_equal(&source->anchor, cert_chain(source->entry.cert, 0));
}

void deploy_source_finish(struct deploy_source *source) {
    place_finish(&source->place);
    entry_file_finish(&source->entry);
    blob_finish(&source->anchor);
    cert_info_finish(&source->anchor_info);
    free(source->host);
    entry_file_finish(&source->signing_entry);
    cert_material_finish(&source->signer);
    string_list_finish(&source->warnings);
}

static bool out_of_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

/* ---- which entry ---- */

/* The main service's listener for HTTPS, as the daemon tells it; NULL: none, or no daemon. */
static const json_t *main_listener(const json_t *status) {
    size_t i = 0, j = 0;
    const json_t *service = NULL, *listener = NULL;
    json_array_foreach(json_object_get(status, "services"), i, service) {
        const char *name = answer_text(service, "name");
        if (!name || strcmp(name, CONF_MAIN_SERVICE) != 0)
            continue;
        json_array_foreach(json_object_get(service, "listeners"), j, listener) {
            const char *protocol = answer_text(listener, "protocol");
            if (protocol && strcmp(protocol, "https") == 0)
                return listener;
        }
    }
    return NULL;
}

/* Where no daemon answers, an operator's entry comes before the generated one, as it would there.
 * NULL with ERROR_INPUT: there are several, or none. Borrowed from the store. */
static const char *only_entry(const struct ctl *ctl, const struct cert_store *store,
                              struct error *err) {
    const struct cert_set *set = cert_store_set(store);
    const char *found = NULL;
    struct buffer names = {0}, create = {0};
    size_t count = 0;
    for (size_t i = 0; i < cert_set_count(set); i++) {
        const char *name = cert_name(cert_set_at(set, i));
        if (strcmp(name, CERT_GENERATED_NAME) == 0)
            continue;
        buffer_printf(&names, "%s%s", count > 0 ? ", " : "", name);
        found = name;
        count++;
    }
    if (count == 0 && cert_set_entry(set, CERT_GENERATED_NAME))
        found = CERT_GENERATED_NAME;
    if (!found)
        error_set(err, ERROR_INPUT, "the store has no certificate yet: %s makes one",
                  command_line_text(ctl, "create", NULL, &create));
    else if (count > 1)
        error_set(err, ERROR_INPUT,
                  "no daemon answers that could say which certificate it serves, and the store has "
                  "several: name one of %s",
                  names.data ? names.data : "them");
    buffer_finish(&create);
    buffer_finish(&names);
    return count > 1 ? NULL : found;
}

static char *entry_of_files(const struct ctl *ctl, const struct place *place, struct error *err) {
    struct cert_store *store = NULL;
    if (!inventory_read(place, &store, err))
        return NULL;
    const char *name = only_entry(ctl, store, err);
    char *copy = name ? strdup(name) : NULL;
    if (name && !copy)
        out_of_memory(err);
    cert_store_destroy(store);
    return copy;
}

static char *entry_name(const struct ctl *ctl, const struct place *place, const json_t *listener,
                        struct error *err) {
    const char *served = answer_text(listener, "serves");
    if (ctl->argument_count == 0 && !served)
        return entry_of_files(ctl, place, err);
    char *copy = strdup(ctl->argument_count > 0 ? ctl->arguments[0] : served);
    if (!copy)
        out_of_memory(err);
    return copy;
}

static bool warn_of_issuer(struct deploy_source *source) {
    struct buffer text = {0};
    if (source->anchor_info.self_issued)
        return true;
    buffer_printf(&text,
                  "what is deployed is signed by %s, which is not in the store: where clients do "
                  "not trust that issuer, some refuse the server",
                  source->anchor_info.issuer);
    bool ok = !text.failed && string_list_add(&source->warnings, text.data);
    buffer_finish(&text);
    return ok;
}

static bool read_entry(const struct ctl *ctl, const json_t *listener, struct deploy_source *source,
                       struct error *err) {
    char *name = entry_name(ctl, &source->place, listener, err);
    bool ok = name && entry_file_read(&source->place, name, ctl->now, &source->entry, err) &&
              anchor_find(&source->place, source->entry.cert, &source->anchor, err) &&
              cert_info_read(&source->anchor, &source->anchor_info, err);
    free(name);
    return ok && (warn_of_issuer(source) || out_of_memory(err));
}

/* ---- by which address ---- */

/* The port of HOST:PORT and [HOST]:PORT, which is cut off; an address of IPv6 alone has none. */
static bool cut_port(char *text, uint16_t *port, struct error *err) {
    char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    char *colon = strrchr(text, ':'), *end = NULL;
    if (!colon || (bracket ? colon != bracket + 1 : strchr(text, ':') != colon))
        return true;
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || number == 0 || number > LAST_PORT) {
        error_set(err, ERROR_INPUT, "\"%s\" is no port: 1 to %d", colon + 1, LAST_PORT);
        return false;
    }
    *colon = '\0';
    *port = (uint16_t)number;
    return true;
}

static bool host_from_person(const char *given, struct deploy_source *source, struct error *err) {
    char host[NAME_SIZE], *text = strdup(given);
    if (!text)
        return out_of_memory(err);
    bool ok = cut_port(text, &source->port, err) &&
              (address_normalise(text, host) || name_from_person(text, host, err));
    if (ok && host[0] == '*') {
        error_set(err, ERROR_INPUT, "no client asks for a pattern: give a name");
        ok = false;
    }
    free(text);
    if (!ok) {
        error_prefix(err, "--host %s", given);
        return false;
    }
    source->host = strdup(host);
    return source->host || out_of_memory(err);
}

/* The certificate's first name that is no pattern, else its first address. */
static const char *named_host(const struct cert_info *info) {
    char name[NAME_SIZE];
    for (size_t i = 0; i < info->dns_names.count; i++)
        if (name_normalise(info->dns_names.items[i], false, name))
            return info->dns_names.items[i];
    if (info->addresses.count > 0)
        return info->addresses.items[0];
    bool is_named = !info->has_alternative_names && info->common_name &&
                    name_normalise(info->common_name, false, name);
    return is_named ? info->common_name : NULL;
}

static bool warn_of_host(struct deploy_source *source) {
    struct buffer text = {0};
    source->host_is_named =
        source->host && cert_info_names(cert_info(source->entry.cert), source->host, false);
    if (!source->host || source->host_is_named)
        return true;
    buffer_printf(&text, "the certificate does not name %s: clients that trust it still warn there",
                  source->host);
    bool ok = !text.failed && string_list_add(&source->warnings, text.data);
    buffer_finish(&text);
    return ok;
}

static uint16_t configured_port(const struct conf *conf) {
    const struct conf_service *service = conf ? conf_service_find(conf, CONF_MAIN_SERVICE) : NULL;
    for (size_t i = 0; service && i < service->listener_count; i++)
        if (service->listeners[i].protocol == CONF_HTTPS)
            return service->listeners[i].port;
    return 0;
}

/* Without a port the address would lead elsewhere; it is not known for a store alone. */
static bool find_address(const struct ctl *ctl, const struct conf *conf, const json_t *listener,
                         struct deploy_source *source, struct error *err) {
    const char *given = ctl_value(ctl, "--host");
    source->port = (uint16_t)answer_integer(listener, "port");
    if (source->port == 0)
        source->port = configured_port(conf);
    if (given && !host_from_person(given, source, err))
        return false;
    const char *named = named_host(cert_info(source->entry.cert));
    if (!given && source->port > 0 && named)
        source->host = strdup(named);
    if (!source->host && !given && source->port > 0 && named)
        return out_of_memory(err);
    return warn_of_host(source) || out_of_memory(err);
}

/* ---- what signs ---- */

static bool is_file(const char *text) {
    size_t size = strlen(text);
    return strchr(text, '/') || (size > 4 && strcmp(text + size - 4, ".pem") == 0);
}

static bool read_signing_file(const char *path, struct deploy_source *source, struct error *err) {
    struct blob bytes = {0};
    if (!file_read(path, CERT_FILE_LIMIT, &bytes, NULL, err))
        return false;
    const struct cert_sources sources = {.certificate = {path, bytes.data, bytes.size}};
    bool ok = cert_read(&sources, &source->signer, err);
    blob_wipe(&bytes);
    return ok;
}

/* A copy, which its owner wipes. */
static bool lend(const struct cert *cert, struct cert_material *out, struct error *err) {
    out->chain = calloc(cert_chain_count(cert), sizeof *out->chain);
    bool ok = out->chain && blob_copy(cert_key(cert)->data, cert_key(cert)->size, &out->key);
    for (size_t i = 0; ok && i < cert_chain_count(cert); i++, out->chain_count++)
        ok = blob_copy(cert_chain(cert, i)->data, cert_chain(cert, i)->size, &out->chain[i]);
    return ok || out_of_memory(err);
}

static enum ctl_exit read_signer(const struct ctl *ctl, struct deploy_source *source) {
    const char *given = ctl_value(ctl, "--sign");
    struct error err = {0};
    if (!given)
        return CTL_FINE;
    if (is_file(given))
        return read_signing_file(given, source, &err) ? CTL_FINE : ctl_fail_given(&err);
    if (!entry_file_read(&source->place, given, ctl->now, &source->signing_entry, &err))
        return ctl_fail(&err);
    return lend(source->signing_entry.cert, &source->signer, &err) ? CTL_FINE : ctl_fail(&err);
}

/* ---- all of it ---- */

static enum ctl_exit find_with(const struct ctl *ctl, const struct conf *conf,
                               struct deploy_source *source) {
    json_t *told = NULL;
    struct error err = {0};
    if (source->place.socket && !source->place.files_alone &&
        !control_ask(source->place.socket, "status", NULL, STATUS_TIMEOUT_MS, &told, NULL))
        told = NULL; /* nothing runs here: the files tell */
    const json_t *listener = main_listener(told);
    bool ok = read_entry(ctl, listener, source, &err);
    enum ctl_exit status = CTL_FINE;
    if (!ok)
        status = err.kind == ERROR_INPUT && ctl->argument_count == 0 ? ctl_misuse("%s", err.text)
                                                                     : ctl_fail(&err);
    else if (!find_address(ctl, conf, listener, source, &err))
        status = err.kind == ERROR_INPUT ? ctl_misuse("%s", err.text) : ctl_fail(&err);
    json_decref(told);
    return status == CTL_FINE ? read_signer(ctl, source) : status;
}

enum ctl_exit deploy_source_find(const struct ctl *ctl, struct deploy_source *out) {
    struct conf *conf = NULL;
    enum ctl_exit status = place_find(ctl, &out->place);
    if (status == CTL_FINE)
        status = place_conf(ctl, &conf);
    if (status == CTL_FINE)
        status = find_with(ctl, conf, out);
    conf_destroy(conf);
    return status;
}
