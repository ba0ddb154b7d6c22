#include "ctl/place.h"

#include "base/utf8.h"
#include "conf/conf.h"

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
    return ctl_fail(&(struct error){.kind = ERROR_MEMORY, .text = "out of memory"});
}

enum ctl_exit place_find(const struct ctl_options *options, struct place *out) {
    struct place place = {0};
    if (options->store_folder && !options->config_file) {
        place.store_folder = strdup(options->store_folder);
        if (!place.store_folder)
            return out_of_memory(&place);
        *out = place;
        return CTL_FINE;
    }
    struct conf_overrides overrides = {.config_file = options->config_file,
                                       .state_folder = options->state_folder,
                                       .reading = true};
    struct conf *conf = NULL;
    if (!conf_load(&overrides, print_mistake, NULL, &conf))
        return CTL_BAD_CONFIG;
    place.accept_public_keys = conf->accept_public_keys;
    place.store_folder = strdup(options->store_folder ? options->store_folder : conf->store_folder);
    if (!options->store_folder)
        place.socket = strdup(conf->control_socket);
    conf_destroy(conf);
    if (!place.store_folder || (!options->store_folder && !place.socket))
        return out_of_memory(&place);
    *out = place;
    return CTL_FINE;
}

void place_finish(struct place *place) {
    free(place->store_folder);
    free(place->socket);
    *place = (struct place){0};
}
