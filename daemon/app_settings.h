/* From the configuration, and what the tool has pinned, to what the daemon's parts are told. */
#pragma once

#include "conf/conf.h"
#include "daemon/authority_keeper.h"
#include "daemon/cert_keeper.h"

struct pin_list;

/* The enabled services that want a certificate of the local authority. Borrows from the
 * configuration. */
struct app_leaves {
    struct authority_service *services;
    size_t count;
    struct string_list entries; /* that have these certificates */
};
bool app_leaves_gather(const struct conf *conf, const struct pin_list *pins, struct app_leaves *out,
                       struct error *err);
void app_leaves_finish(struct app_leaves *leaves);

/* Each borrows from what it is given. */
struct cert_keeper_settings app_keeper_settings(const struct conf *conf,
                                                const struct app_leaves *leaves);
struct authority_keeper_settings app_authority_settings(const struct conf *conf,
                                                        const struct app_leaves *leaves);

bool app_check_priority(const struct conf *conf, struct error *err);

/* The state folder, the store, and the folder of the control socket. */
bool app_make_folders(const struct conf *conf, struct error *err);
