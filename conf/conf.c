#include "conf/conf.h"

#include "conf/conf_check.h"
#include "conf/conf_defaults.h"
#include "conf/conf_listen.h"
#include "conf/conf_load.h"
#include "conf/conf_read.h"
#include "conf/conf_source.h"
#include "conf/conf_table.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

const char *conf_default_file(void) {
    return MAILSTORED_SYSCONFDIR "/mailstored/mailstored.conf";
}

const struct conf_service *conf_service_find(const struct conf *conf, const char *name) {
    for (size_t i = 0; i < conf->service_count; i++)
        if (strcmp(conf->services[i].name, name) == 0)
            return &conf->services[i];
    return NULL;
}

void conf_destroy(struct conf *conf) {
    if (!conf)
        return;
    for (size_t i = 0; i < conf->service_count; i++) {
        conf_remove_listeners(&conf->services[i]);
        conf_free_members(conf_service_settings, &conf->services[i]);
        free(conf->services[i].name);
    }
    free(conf->services);
    conf_free_members(conf_settings, conf);
    string_list_finish(&conf->files);
    free(conf->file);
    free(conf);
}

static void take_state_folder(struct conf_reading *reading, const char *folder) {
    free(reading->conf->state_folder);
    reading->conf->state_folder = path_absolute(folder);
    if (!reading->conf->state_folder)
        conf_out_of_memory(&reading->mistakes);
}

static bool read_bytes(struct conf_reading *reading, const char *name, const struct blob *bytes) {
    reading->conf->file = strdup(name);
    if (!reading->conf->file) {
        conf_out_of_memory(&reading->mistakes);
        return false;
    }
    return conf_read(reading, reading->conf->file, bytes);
}

/* So that whoever would pin a certificate elsewhere can be shown the line that goes first. */
static void note_pins(const struct conf_reading *reading) {
    for (size_t i = 0; i < reading->conf->service_count; i++) {
        struct conf_service *service = &reading->conf->services[i];
        if (!service->certificate)
            continue;
        const struct conf_origin at = conf_place_of(reading, &service->certificate, CONF_BUILT_IN);
        service->certificate_file = at.file;
        service->certificate_line = at.line;
    }
}

bool conf_load_bytes(const struct conf_overrides *overrides, const char *name,
                     const struct blob *bytes, conf_report *report, void *context,
                     struct conf **out) {
    struct conf_reading reading = {.mistakes = {report, context, 0}};
    bool ok = false;
    struct conf *conf = calloc(1, sizeof *conf);
    reading.conf = conf;
    if (!conf || !conf_set_defaults(conf_settings, conf)) {
        conf_out_of_memory(&reading.mistakes);
        goto done;
    }
    if (bytes && !read_bytes(&reading, name, bytes))
        goto done;
    if (overrides->state_folder)
        take_state_folder(&reading, overrides->state_folder);
    if (overrides->lab)
        conf->lab.enabled = true;
    if (overrides->verbose)
        conf->log.level = LOG_LEVEL_DEBUG;
    if (!conf_default_folders(conf) || (!reading.services_named && !conf_default_services(conf))) {
        conf_out_of_memory(&reading.mistakes);
        goto done;
    }
    note_pins(&reading);
    conf_listen(conf, overrides->listen, overrides->listen_count, &reading.mistakes);
    conf_check(&reading, overrides);
    ok = reading.mistakes.count == 0;
    if (ok) {
        *out = conf;
        conf = NULL;
    }
done:
    conf_reading_finish(&reading);
    conf_destroy(conf);
    return ok;
}

bool conf_load(const struct conf_overrides *overrides, conf_report *report, void *context,
               struct conf **out) {
    struct conf_mistakes mistakes = {report, context, 0};
    struct blob bytes = {0};
    struct error err = {0};
    const char *name = overrides->config_file ? overrides->config_file : conf_default_file();
    if (file_read(name, CONF_FILE_LIMIT, &bytes, NULL, &err)) {
        bool ok = conf_load_bytes(overrides, name, &bytes, report, context, out);
        blob_finish(&bytes);
        return ok;
    }
    if (!overrides->config_file && err.kind == ERROR_MISSING)
        return conf_load_bytes(overrides, name, NULL, report, context, out);
    conf_mistake(&mistakes, (struct conf_origin){name, 0}, "cannot read the configuration: %s",
                 err.text);
    return false;
}
