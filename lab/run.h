/* One run: a set of ports, their certificates, and the score. Lab's thread. */
#pragma once

#include "base/blob.h"
#include "lab/record.h"

#include <jansson.h>

struct lab_run;
struct lab_chain;
struct lab_keys;
struct loop;

struct lab_run_settings {
    struct loop *loop;
    const struct lab_keys *keys;
    const char *name;
    const char *domain, *address;
    uint16_t first_port; /* of its page; scenarios follow in their order; 0: any free ones */
    size_t *room;        /* for so many more connections in all runs; borrowed */
};

/* Binds every port and makes every certificate whose key is there. */
bool lab_run_create(const struct lab_run_settings *settings, struct lab_run **out,
                    struct error *err);
void lab_run_destroy(struct lab_run *run); /* NULL is legal */
/* A costly key has been made: makes what waited for it. */
void lab_run_key_made(struct lab_run *run);
/* Once a day, by itself: makes every certificate anew but the trust anchors, since staples last a
 * week and leaves three months. What a connection began with it keeps. */
void lab_run_renew(struct lab_run *run);

const char *lab_run_name(const struct lab_run *run);
const char *lab_run_domain(const struct lab_run *run);
const char *lab_run_address(const struct lab_run *run);
uint16_t lab_run_port(const struct lab_run *run, size_t scenario);
uint16_t lab_run_index_port(const struct lab_run *run);
/* What it shows now; NULL: not made yet. Borrowed until the second renewal. */
const struct lab_chain *lab_run_chain(const struct lab_run *run, size_t scenario);
const struct lab_record *lab_run_record(const struct lab_run *run);
size_t
lab_run_activity(const struct lab_run *run); /* grows with each connection that comes, goes */

/* What a client needs to know (docs/schema/lab.json). NULL: out of memory. */
json_t *lab_run_describe(const struct lab_run *run);
/* The trust anchors, PEM. */
bool lab_run_anchors(const struct lab_run *run, struct buffer *out, struct error *err);
/* Lines for /etc/hosts. */
void lab_run_hosts(const struct lab_run *run, struct buffer *out);
/* The revocation list, DER; and an answer to an OCSP request. Give `out`. */
bool lab_run_revocation_list(struct lab_run *run, struct blob *out, struct error *err);
bool lab_run_ocsp(struct lab_run *run, const struct blob *request, struct blob *out,
                  struct error *err);
