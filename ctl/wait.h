/* Has what was changed arrived: telling the daemon to look, and looking at what it serves. */
#pragma once

#include "ctl/place.h"

/* Options of every verb that changes what is served. */
#define WAIT_OPTION                                                                       \
    {                                                                                     \
        .name = "--wait",                                                                 \
        .help = "return when the daemon really serves the result, or say why it does not" \
    }

/* Has a running daemon look at its store and its pins at once, so that a change takes effect
 * without waiting for the watch; without one it does nothing. */
void wait_tell(const struct place *place);

/* With --wait: has the daemon scan its store and read its pins, sees that it has the entry with
 * this fingerprint ("AB:CD:…"), finds a listener that gives it to somebody (its own names first,
 * then clients without a name), connects there and looks. Adds to `answer` the member "served":
 * {"listener": "https 127.0.0.1:8462", "server_name": … or null, "service": …} or null, and where
 * it is null "why": one sentence (refused, with the store's reason; another entry goes first,
 * which, by which rule; the service pins another; no listener; the daemon has another store).
 * Without --wait: adds nothing, and gives CTL_FINE. CTL_FINE: served. CTL_ATTENTION: not served.
 * CTL_NO_DAEMON: none answers, or none is known (--store alone), said on standard error; what was
 * changed stays changed. */
enum ctl_exit wait_served(struct ctl *ctl, const struct place *place, const char *entry,
                          const char *fingerprint, json_t *answer);
/* The same where one service (NULL: any) is to serve it. */
enum ctl_exit wait_served_by(struct ctl *ctl, const struct place *place, const char *service,
                             const char *entry, const char *fingerprint, json_t *answer);
/* The same for a service that chooses by itself again: what it gives to a client that sends no
 * name; "served" tells its "entry" besides. */
enum ctl_exit wait_service(struct ctl *ctl, const struct place *place, const char *service,
                           json_t *answer);
/* The same for an entry that is gone: the daemon no longer has it. Adds "gone": true, or false with
 * "why". */
enum ctl_exit wait_gone(struct ctl *ctl, const struct place *place, const char *entry,
                        json_t *answer);
/* Appends what wait_* added, for people. */
void wait_print(const json_t *answer, struct buffer *out);
