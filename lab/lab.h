/* The laboratory: scenarios of right and broken certificates for any client, and the score of what
 * the client did, kept by the server. Beside the services and never on them; nothing of it is ever
 * in the store.
 *
 * It lives in a thread of its own; each function may be called from any thread, and returns when
 * that thread has done it. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

struct lab;

struct lab_settings {
    const char *domain;  /* NULL: "lab.localhost" */
    const char *address; /* NULL: "127.0.0.1" */
};
#define LAB_DOMAIN "lab.localhost"
#define LAB_ADDRESS "127.0.0.1"

/* Copies the settings. */
bool lab_create(const struct lab_settings *settings, struct lab **out, struct error *err);
/* Ends every run. NULL is legal. */
void lab_destroy(struct lab *lab);

enum {
    LAB_RUN_LIMIT = 32,
    LAB_RUN_NAME_SIZE = 64,
    LAB_CONNECTION_LIMIT = 2048, /* in all runs; more wait */
};
/* A new run, listening when this returns. Names are letters, digits, "-", "_" and ".".
 * ERROR_EXISTS: there is one of that name; ERROR_BUSY: as many run as may. `first_port`: as
 * lab_run_settings. */
bool lab_start(struct lab *lab, const char *name, uint16_t first_port, struct error *err);
/* ERROR_MISSING: there is none of that name. */
bool lab_stop(struct lab *lab, const char *name, struct error *err);

/* Returns when no connection has come or gone for a moment, after a second at the latest: what a
 * client did that has ended is in the score by then. Not while another thread settles it. */
void lab_settle(struct lab *lab);

/* ---- about one run; ERROR_MISSING names those there are. NULL and `err` on failure ---- */
json_t *lab_list(struct lab *lab, struct error *err); /* array of {"run", "page", "clients", …} */
json_t *lab_describe(struct lab *lab, const char *name, struct error *err);
bool lab_page_port(struct lab *lab, const char *name, uint16_t *out, struct error *err);
json_t *lab_result(struct lab *lab, const char *name, struct error *err); /* lab/report.h */
bool lab_anchors(struct lab *lab, const char *name, struct buffer *out, struct error *err);
bool lab_hosts(struct lab *lab, const char *name, struct buffer *out, struct error *err);
