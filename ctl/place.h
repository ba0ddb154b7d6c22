/* Where the daemon's socket and its store are, after the same options and files as the daemon. */
#pragma once

#include "ctl/ctl.h"

struct place {
    char *store_folder;
    char *state_folder; /* where waiting keys, the authority and pins are */
    char *socket;       /* of the daemon; NULL: none is known */
    bool files_alone;   /* a store was named: what it holds is asked of its files */
    bool accept_public_keys;
};

/* Where --store stands alone, nothing is known of a daemon, and what would be in its state folder
 * is in a folder of the store that the store passes over: ".mailstored". Says on standard error
 * what is wrong, each mistake as FILE:LINE. Gives `out` if CTL_FINE. */
enum ctl_exit place_find(const struct ctl *ctl, struct place *out);
void place_finish(struct place *place);

/* Makes what is missing of the folder that is to be written and of the other one, where it stands
 * in that: for nobody else to look into, as the daemon makes them. */
bool place_make_store(const struct place *place, struct error *err);
bool place_make_state(const struct place *place, struct error *err);

/* The whole configuration, read for the same options; NULL where --store stands alone. Says on
 * standard error what is wrong. Gives `out` if CTL_FINE: conf_destroy. */
struct conf;
enum ctl_exit place_conf(const struct ctl *ctl, struct conf **out);

/* Do both paths lead to one folder? */
bool place_same_folder(const char *one, const char *other);
