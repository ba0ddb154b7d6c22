/* Reading the value of one setting, and the words for what is wrong with it. Together with
 * conf_read.c the only place that knows libconfig. */
#pragma once

#include "conf/conf_read.h"
#include "conf/conf_source.h"
#include "conf/conf_table.h"

#include <libconfig.h>

enum { CONF_PATH_SIZE = 256 };

struct conf_reader {
    struct conf_reading *reading;
    struct conf_source source;
    char *folder; /* absolute; relative paths count from it */
};

/* Takes the value of a setting that is no group into its member of `base`. A value that is no good
 * is told and changes nothing. */
void conf_value_read(struct conf_reader *reader, const config_setting_t *from,
                     const struct conf_setting *setting, void *base);

/* "services.web-access.listeners[2].port"; the elements of a list count from 1. Returns `out`. */
const char *conf_value_path(const config_setting_t *from, char out[static CONF_PATH_SIZE]);
struct conf_origin conf_value_origin(const struct conf_reader *reader,
                                     const config_setting_t *from);
void conf_value_wrong_type(struct conf_reader *reader, const config_setting_t *from,
                           const char *expected);
void conf_append_choice(struct buffer *out, const char *word); /* adds to: "a", "b" */

const config_setting_t *conf_element(const config_setting_t *from, int i);
struct conf_mistakes *conf_reader_mistakes(struct conf_reader *reader);
