/* From the configuration to what the daemon's parts are told. */
#pragma once

#include "conf/conf.h"
#include "daemon/cert_keeper.h"

/* Borrows from the configuration. */
struct cert_keeper_settings app_keeper_settings(const struct conf *conf);

bool app_check_priority(const struct conf *conf, struct error *err);

/* The state folder, the store, and the folder of the control socket. */
bool app_make_folders(const struct conf *conf, struct error *err);
