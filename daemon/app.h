/* The running daemon: its parts, put together and taken apart. Loop's thread. */
#pragma once

#include "base/error.h"
#include "conf/conf.h"

struct app;
struct cert_keeper;
struct cert_slot;
struct clients_keeper;
struct clients_seen;
struct endpoints;
struct lab_keeper;
struct metrics;
struct pin_list;

/* Starts everything with this configuration, which becomes the app's on success. `overrides` are
 * borrowed for the app's life: a reload applies them again. On failure `address_failed` tells that
 * it was an address that cannot be listened on. */
bool app_start(struct conf *conf, const struct conf_overrides *overrides, struct app **out,
               bool *address_failed, struct error *err);

/* Serves until told to stop, then drains and takes everything apart. */
void app_run(struct app *app);
void app_destroy(struct app *app);

/* Reads the configuration again; on failure nothing changed and `err` has the first mistake. */
bool app_reload(struct app *app, struct error *err);

/* Looks at the store and at what the tool keeps in the state folder, now. */
void app_rescan(struct app *app);

const struct conf *app_conf(const struct app *app);
struct cert_keeper *app_certificates(const struct app *app);
struct cert_slot *app_slot(const struct app *app);
const struct endpoints *app_endpoints(const struct app *app);
const struct pin_list *
app_pins(const struct app *app); /* the tool's; borrowed until the next look */
struct clients_seen *app_clients_seen(const struct app *app);
struct clients_keeper *app_clients_keeper(const struct app *app);
const struct lab_keeper *app_lab_keeper(const struct app *app);
/* Writes where it listens into the state folder anew. */
void app_announce(const struct app *app);
const struct metrics *app_metrics(const struct app *app);
int64_t app_started(const struct app *app); /* wall clock */
