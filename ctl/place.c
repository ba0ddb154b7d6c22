#include "ctl/place.h"

#include "base/utf8.h"
#include "conf/conf.h"
#include "platform/file.h"
#include "platform/held_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_mistake(void *context, const struct conf_mistake *mistake) {
    (void)context;
    if (mistake->warning)
        return; /* the daemon logs those */
    struct buffer line = {0};
    utf8_append_printable(&line, mistake->file ? mistake->file : "mailstorectl");
    if (mistake->line > 0)
        buffer_printf(&line, ":%u", mistake->line);
    buffer_append_text(&line, ": ");
    utf8_append_printable(&line, mistake->text);
    fprintf(stderr, "%s\n", line.data ? line.data : "out of memory");
    buffer_finish(&line);
}

static enum ctl_exit out_of_memory(struct place *place) {
    place_finish(place);
    return ctl_no_memory();
}

/* Nothing but a store was named. */
static enum ctl_exit place_of_store(const char *folder, struct place *out) {
    struct place place = {.files_alone = true, .store_folder = strdup(folder)};
    place.state_folder = path_join(folder, ".mailstored");
    if (!place.store_folder || !place.state_folder)
        return out_of_memory(&place);
    *out = place;
    return CTL_FINE;
}

static bool is_of_store_alone(const struct ctl *ctl) {
    return ctl_value(ctl, "--store") && !ctl_value(ctl, "--config") && !ctl_value(ctl, "--state");
}

static enum ctl_exit load(const struct ctl *ctl, struct conf **out) {
    const struct conf_overrides overrides = {.config_file = ctl_value(ctl, "--config"),
                                             .state_folder = ctl_value(ctl, "--state"),
                                             .reading = true};
    return conf_load(&overrides, print_mistake, NULL, out) ? CTL_FINE : CTL_BAD_CONFIG;
}

enum ctl_exit place_conf(const struct ctl *ctl, struct conf **out) {
    return is_of_store_alone(ctl) ? CTL_FINE : load(ctl, out);
}

enum ctl_exit place_find(const struct ctl *ctl, struct place *out) {
    const char *store = ctl_value(ctl, "--store");
    struct conf *conf = NULL;
    if (is_of_store_alone(ctl))
        return place_of_store(store, out);
    if (load(ctl, &conf) != CTL_FINE)
        return CTL_BAD_CONFIG;
    struct place place = {.files_alone = store != NULL,
                          .accept_public_keys = conf->accept_public_keys,
                          .store_folder = strdup(store ? store : conf->store_folder),
                          .state_folder = strdup(conf->state_folder),
                          .socket = strdup(conf->control_socket)};
    conf_destroy(conf);
    if (!place.store_folder || !place.state_folder || !place.socket)
        return out_of_memory(&place);
    *out = place;
    return CTL_FINE;
}

void place_finish(struct place *place) {
    free(place->store_folder);
    free(place->state_folder);
    free(place->socket);
    *place = (struct place){0};
}

static bool is_below(const char *folder, const char *above) {
    size_t length = strlen(above);
    while (length > 1 && above[length - 1] == '/')
        length--;
    return strncmp(folder, above, length) == 0 && folder[length] == '/';
}

static bool make(const char *path, struct error *err) {
    struct held_folder *folder = NULL;
    bool ok = held_folder_make(path, 0700, &folder, err);
    held_folder_close(folder);
    return ok;
}

static bool make_both(const char *folder, const char *other, struct error *err) {
    return (!is_below(folder, other) || make(other, err)) && make(folder, err);
}

bool place_make_store(const struct place *place, struct error *err) {
    return make_both(place->store_folder, place->state_folder, err);
}

bool place_make_state(const struct place *place, struct error *err) {
    return make_both(place->state_folder, place->store_folder, err);
}

bool place_same_folder(const char *one, const char *other) {
    struct file_identity first, second;
    if (strcmp(one, other) == 0)
        return true;
    return file_identify(one, &first, NULL) && file_identify(other, &second, NULL) &&
           first.device == second.device && first.inode == second.inode;
}
