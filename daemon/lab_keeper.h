/* The laboratory as the configuration wants it: on with its run "default", or off. Loop's thread.
 */
#pragma once

#include "base/blob.h"
#include "conf/conf.h"

struct lab;
struct lab_keeper;

#define LAB_DEFAULT_RUN "default"

bool lab_keeper_create(struct lab_keeper **out, struct error *err);
void lab_keeper_destroy(struct lab_keeper *keeper); /* NULL is legal; ends every run */

/* Starts, ends, or (with other settings) begins anew; with the same it and its runs go on. Where it
 * cannot be had, there is none, and the error says why. */
bool lab_keeper_configure(struct lab_keeper *keeper, const struct conf *conf, struct error *err);

/* The line for STATE/listening, if its run "default" is there: "lab http 127.0.0.1 8470". */
void lab_keeper_announce(const struct lab_keeper *keeper, struct buffer *out);

/* NULL: it is off. */
struct lab *lab_keeper_lab(const struct lab_keeper *keeper);
