/* Saying where the daemon listens: in its log, and in a file for scripts. Loop's thread. */
#pragma once

#include "base/error.h"

struct endpoints;
struct lab_keeper;
struct metrics_listener;

/* Writes the file (0644) anew: one line for each listener, "SERVICE PROTOCOL ADDRESS PORT", with
 * the protocol "https" or "redirect" and the address and port really bound; and a line for that of
 * the metrics (NULL: none), with the protocol "http", or "unix", a path and 0; and one for the page
 * of the laboratory's run "default" (off: none), "lab http ADDRESS PORT". */
bool announce_in_file(const struct endpoints *endpoints, const struct metrics_listener *metrics,
                      const struct lab_keeper *lab, const char *path, struct error *err);

/* A line of the log for each listener. `metrics`: NULL is legal. */
void announce_listeners(const struct endpoints *endpoints, const struct metrics_listener *metrics);

/* What somebody who has just started the daemon wants to know: the address to open, and where to
 * drop a certificate. */
void announce_welcome(const struct endpoints *endpoints, const char *store_folder);
