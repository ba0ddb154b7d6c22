/* The service manager: telling it how we are, taking the sockets it hands over.
 *
 * Linux: systemd's notification protocol (sd_notify(3), whose documentation invites programs to
 * speak it without a library) and socket activation (sd_listen_fds(3)). Without a service manager
 * everything here does nothing and succeeds. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

void service_notify_ready(const char *status);
void service_notify_reloading(void); /* RELOADING=1 with MONOTONIC_USEC; READY=1 ends it */
void service_notify_stopping(void);
void service_notify_watchdog(void);
/* How often service_notify_watchdog is due, in ms (half of WATCHDOG_USEC); 0: never. */
int64_t service_watchdog_interval_ms(void);

/* Is standard error the journal ($JOURNAL_STREAM)? */
bool service_logs_to_journal(void);

/* Where a credential of that name stands if the service manager hands one over (systemd.exec(5),
 * LoadCredential=): newly allocated; NULL where it hands over none at all. */
bool service_credential(const char *name, char **out, struct error *err);

/* Sockets handed over: for each, `take` gets the descriptor (now the taker's if it returns true;
 * made non-blocking and close-on-exec) and its name (FileDescriptorName=). Once per process, from
 * the loop's thread: it takes the variables out of the environment. */
void service_take_sockets(bool (*take)(void *context, int descriptor, const char *name),
                          void *context);
