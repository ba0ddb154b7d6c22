#include "conf/conf_read.h"

#include "conf/conf_defaults.h"
#include "conf/conf_value.h"
#include "conf/conf_words.h"
#include "platform/file.h"

#include <stdlib.h>
#include <string.h>

static void unknown_setting(struct conf_reader *reader, const config_setting_t *from,
                            const struct conf_setting *group) {
    enum { KEY_LIMIT = 16 };
    const char *keys[KEY_LIMIT + 1] = {0};
    struct buffer known = {0};
    for (size_t i = 0; i < KEY_LIMIT && group[i].key; i++) {
        keys[i] = group[i].key;
        conf_append_choice(&known, keys[i]);
    }
    char path[CONF_PATH_SIZE];
    const char *nearest = nearest_word(config_setting_name(from), keys);
    if (nearest)
        conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                     "there is no setting %s; did you mean \"%s\"?", conf_value_path(from, path),
                     nearest);
    else
        conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, from),
                     "there is no setting %s; allowed here: %s", conf_value_path(from, path),
                     known.failed ? "?" : known.data);
    buffer_finish(&known);
}

/* ---- groups ---- */

static void remember_place(struct conf_reader *reader, const config_setting_t *from,
                           const void *member) {
    struct conf_reading *reading = reader->reading;
    size_t count = reading->place_count;
    if ((count & (count - 1)) == 0) {
        size_t capacity = count > 0 ? count * 2 : 1;
        struct conf_place *places = realloc(reading->places, capacity * sizeof *places);
        if (!places) {
            conf_out_of_memory(&reading->mistakes);
            return;
        }
        reading->places = places;
    }
    reading->places[reading->place_count++] =
        (struct conf_place){member, conf_value_origin(reader, from)};
}

static void read_group(struct conf_reader *reader, const config_setting_t *from,
                       const struct conf_setting *group, void *base);

static void read_listeners(struct conf_reader *reader, const config_setting_t *from,
                           struct conf_service *service) {
    char path[CONF_PATH_SIZE];
    if (!config_setting_is_list(from)) {
        conf_value_wrong_type(reader, from, "a list of groups ( { address = …; port = …; }, … )");
        reader->reading->services_broken = true;
        return;
    }
    size_t count = (size_t)config_setting_length(from);
    struct conf_listener *listeners = calloc(count > 0 ? count : 1, sizeof *listeners);
    if (!listeners) {
        conf_out_of_memory(conf_reader_mistakes(reader));
        return;
    }
    service->listeners = listeners;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *item = conf_element(from, (int)i);
        if (!config_setting_is_group(item)) {
            conf_value_wrong_type(reader, item, "a group { address = …; port = …; }");
            reader->reading->services_broken = true;
            continue;
        }
        struct conf_listener *listener = &listeners[service->listener_count++];
        const struct conf_origin origin = conf_value_origin(reader, item);
        listener->file = origin.file;
        listener->line = origin.line;
        if (!conf_set_defaults(conf_listener_settings, listener))
            conf_out_of_memory(conf_reader_mistakes(reader));
        size_t mistakes = conf_reader_mistakes(reader)->count;
        read_group(reader, item, conf_listener_settings, listener);
        if (conf_reader_mistakes(reader)->count != mistakes) {
            /* The default in place of a wrong address would overlap whatever has its port. */
            free(listener->address);
            listener->address = NULL;
        }
        if (listener->address && !conf_is_handed_over(listener->address) &&
            !config_setting_get_member(item, "port"))
            conf_mistake(conf_reader_mistakes(reader), origin,
                         "%s has no port; allowed: port = 0 to 65535", conf_value_path(item, path));
    }
}

static void read_service(struct conf_reader *reader, const config_setting_t *from,
                         struct conf_service *service) {
    if (!conf_set_defaults(conf_service_settings, service))
        conf_out_of_memory(conf_reader_mistakes(reader));
    read_group(reader, from, conf_service_settings, service);
    if (!config_setting_get_member(from, "listeners") &&
        !conf_default_listeners(service, service->name))
        conf_out_of_memory(conf_reader_mistakes(reader));
}

static void read_services(struct conf_reader *reader, const config_setting_t *from) {
    char path[CONF_PATH_SIZE];
    struct conf *conf = reader->reading->conf;
    reader->reading->services_named = true;
    if (!config_setting_is_group(from)) {
        conf_value_wrong_type(reader, from, "a group { web-access: { … }; … }");
        reader->reading->services_broken = true;
        return;
    }
    size_t count = (size_t)config_setting_length(from);
    conf->services = calloc(count > 0 ? count : 1, sizeof *conf->services);
    if (!conf->services) {
        conf_out_of_memory(conf_reader_mistakes(reader));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *item = conf_element(from, (int)i);
        if (!conf_is_service_name(config_setting_name(item))) {
            conf_mistake(conf_reader_mistakes(reader), conf_value_origin(reader, item),
                         "%s is no name for a service; allowed: a letter, then letters, digits, "
                         "\"_\" and \"-\"",
                         conf_value_path(item, path));
            reader->reading->services_broken = true;
        } else if (!config_setting_is_group(item)) {
            conf_value_wrong_type(reader, item, "a group { listeners = ( … ); … }");
            reader->reading->services_broken = true;
        } else {
            struct conf_service *service = &conf->services[conf->service_count];
            service->name = strdup(config_setting_name(item));
            if (!service->name) {
                conf_out_of_memory(conf_reader_mistakes(reader));
                return;
            }
            conf->service_count++;
            remember_place(reader, item, service);
            read_service(reader, item, service);
        }
    }
}

static void read_setting(struct conf_reader *reader, const config_setting_t *from,
                         const struct conf_setting *setting, void *base) {
    switch (setting->kind) {
    case CONF_GROUP:
        if (config_setting_is_group(from))
            read_group(reader, from, setting->group, base);
        else
            conf_value_wrong_type(reader, from, "a group { … }");
        break;
    case CONF_SERVICES:
        read_services(reader, from);
        break;
    case CONF_LISTENERS:
        read_listeners(reader, from, base);
        break;
    default:
        conf_value_read(reader, from, setting, base);
        break;
    }
}

static void read_group(struct conf_reader *reader, const config_setting_t *from,
                       const struct conf_setting *group, void *base) {
    for (int i = 0; i < config_setting_length(from); i++) {
        const config_setting_t *item = conf_element(from, i);
        const struct conf_setting *setting = group;
        while (setting->key && strcmp(setting->key, config_setting_name(item)) != 0)
            setting++;
        if (!setting->key) {
            unknown_setting(reader, item, group);
            continue;
        }
        /* A group's own place is not asked for, and its member is that of its first setting. */
        if (setting->kind != CONF_GROUP)
            remember_place(reader, item, conf_member(setting, base));
        read_setting(reader, item, setting, base);
    }
}

/* ---- files ---- */

/* libconfig's words for what it found are few; the token it stumbled over says more. */
static void tell_syntax_error(struct conf_reader *reader, const config_t *config) {
    unsigned line = (unsigned)config_error_line(config);
    const char *text = config_error_text(config);
    const struct conf_origin origin = conf_source_origin(&reader->source, line);
    char *token = conf_source_line(&reader->source, line);
    if (!token)
        conf_mistake(conf_reader_mistakes(reader), origin,
                     "syntax error: the file ends where a value or a closing bracket is missing");
    else if (strstr(text, "duplicate"))
        conf_mistake(conf_reader_mistakes(reader), origin,
                     "%s is set a second time in the same group", token);
    else if (strstr(text, "mismatched"))
        conf_mistake(conf_reader_mistakes(reader), origin,
                     "syntax error at %s: the elements of an array [ ] must be of one type", token);
    else if (strcmp(token, "{") == 0)
        conf_mistake(conf_reader_mistakes(reader), origin,
                     "syntax error at {: a group stands behind \"name:\" or in a list ( ), not in "
                     "an array [ ]");
    else
        conf_mistake(conf_reader_mistakes(reader), origin, "syntax error at %s", token);
    free(token);
}

/* "etc/" → "etc"; "" for a name without folder. Newly allocated. */
static char *folder_of(const char *name) {
    const char *slash = strrchr(name, '/');
    if (!slash)
        return strdup("");
    return strndup(name, slash == name ? 1 : (size_t)(slash - name));
}

bool conf_read(struct conf_reading *reading, const char *name, const struct blob *bytes) {
    struct conf_reader reader = {.reading = reading};
    config_t config;
    bool ok = false;
    config_init(&config);
    char *folder = folder_of(name);
    reader.folder = folder ? path_absolute(*folder ? folder : ".") : NULL;
    if (!reader.folder) {
        conf_out_of_memory(&reading->mistakes);
        goto done;
    }
    if (!conf_source_join(name, bytes, folder, &reading->conf->files, &reading->mistakes,
                          &reader.source))
        goto done;
    if (!config_read_string(&config, reader.source.text.data)) {
        tell_syntax_error(&reader, &config);
        goto done;
    }
    read_group(&reader, config_root_setting(&config), conf_settings, reading->conf);
    ok = true;
done:
    config_destroy(&config);
    conf_source_finish(&reader.source);
    free(reader.folder);
    free(folder);
    return ok;
}

/* ---- places ---- */

bool conf_place_known(const struct conf_reading *reading, const void *member) {
    for (size_t i = 0; i < reading->place_count; i++)
        if (reading->places[i].member == member)
            return true;
    return false;
}

struct conf_origin conf_place_of(const struct conf_reading *reading, const void *member,
                                 struct conf_origin otherwise) {
    for (size_t i = 0; i < reading->place_count; i++)
        if (reading->places[i].member == member)
            return reading->places[i].at;
    return otherwise;
}

void conf_reading_finish(struct conf_reading *reading) {
    free(reading->places);
    reading->places = NULL;
    reading->place_count = 0;
}
