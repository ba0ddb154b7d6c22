/* Who this machine is: names, addresses, the folders programs keep things in. */
#pragma once

#include "base/error.h"
#include "base/string_list.h"

/* The host's names: its host name, and the fully qualified one if the resolver knows it locally
 * (never waits on a name server: /etc/hosts and the host name alone). Lower case, no trailing dot.
 */
bool host_names(struct string_list *out, struct error *err);

/* Addresses of the interfaces that are up: no link-local ones, the loopback addresses last. Text as
 * socket_address_host writes it. */
bool host_addresses(struct string_list *out, struct error *err);

bool host_is_root(void);
int host_processors(void); /* that this process may use, at least 1 */

/* Where state goes without a configuration: "/var/lib/mailstored" for root, else
 * "$XDG_STATE_HOME/mailstored" or "~/.local/state/mailstored". Newly allocated; NULL: no memory. */
char *host_state_folder(void);

/* Raises the soft limit on open files to the hard one; returns the number allowed. */
long host_raise_file_limit(void);
