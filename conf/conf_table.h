/* The table of settings. Reading, the suggestions for unknown ones, printing, and the check that
 * the manual page and the shipped file name each of them, all follow from it. */
#pragma once

#include "conf/conf.h"

#include <stddef.h>

enum conf_kind {
    CONF_FLAG,      /* bool; true or false */
    CONF_NUMBER,    /* int64_t */
    CONF_PORT,      /* uint16_t */
    CONF_TEXT,      /* char *; NULL stands for "" */
    CONF_PATH,      /* char *, absolute; NULL stands for "" */
    CONF_WORD,      /* enum: one of `words` */
    CONF_WORD_SET,  /* a bool for each of `words`, at the offset that is the word's value */
    CONF_TEXTS,     /* struct string_list */
    CONF_GROUP,     /* settings of their own in the same struct */
    CONF_SERVICES,  /* array of struct conf_service, a group of settings for each by its name */
    CONF_LISTENERS, /* array of struct conf_listener, a list of groups */
};

struct conf_word {
    const char *word;
    size_t value;
};

struct conf_setting {
    const char *key;
    enum conf_kind kind;
    bool required;                  /* CONF_TEXT, CONF_PATH: may not be "" */
    size_t offset;                  /* of the member */
    int64_t initial, least, most;   /* CONF_FLAG, CONF_NUMBER, CONF_PORT, CONF_WORD */
    const char *initial_text;       /* CONF_TEXT */
    const struct conf_word *words;  /* CONF_WORD, CONF_WORD_SET; ends with NULL */
    bool (*fits)(const char *text); /* CONF_TEXT, CONF_TEXTS: is this possible? NULL: anything is */
    const char *allowed;            /* what `fits` takes, in words */
    const struct conf_setting
        *group; /* CONF_GROUP, CONF_SERVICES, CONF_LISTENERS; ends with NULL */
};

/* Of struct conf, struct conf_service and struct conf_listener; each ends with a NULL key. */
extern const struct conf_setting conf_settings[];
extern const struct conf_setting conf_service_settings[];
extern const struct conf_setting conf_listener_settings[];

/* The member of `base` that a setting fills. */
void *conf_member(const struct conf_setting *setting, void *base);
const void *conf_member_const(const struct conf_setting *setting, const void *base);

/* Fills in the defaults of a group and those within it. False: out of memory. */
bool conf_set_defaults(const struct conf_setting *group, void *base);
/* Frees what the members of a group own. */
void conf_free_members(const struct conf_setting *group, void *base);
