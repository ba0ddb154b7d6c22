/* Which certificate a service or listener is pinned to, and by whom: the configuration goes before
 * the tool. */
#pragma once

#include "certs/cert_set.h"
#include "conf/conf.h"
#include "control/pin_file.h"

enum pinned_by { PINNED_BY_NOBODY, PINNED_BY_CONFIGURATION, PINNED_BY_TOOL };

/* Borrowed from the configuration and the tool's pins. */
struct pinned {
    const char *certificate; /* an entry's name, or CONF_AUTHORITY; NULL: not pinned */
    enum pinned_by by;
    const char *file; /* the configuration's place, as conf_listener has it; NULL: not by it */
    unsigned line;
};

struct pinned pinned_service(const struct conf_service *service, const struct pin_list *tool);
/* Its own, else its service's. Nobody pins one without TLS. */
struct pinned pinned_listener(const struct conf_service *service,
                              const struct conf_listener *listener, const struct pin_list *tool);

/* Is the service on, and is one of its listeners? Gives the first such pin. */
bool service_wants_authority(const struct conf_service *service, const struct pin_list *tool,
                             struct pinned *out);
/* The entry that has such a certificate. Newly allocated; NULL: out of memory. */
char *authority_entry(const char *service);
/* The entry of the store that is meant, newly allocated: for the local authority the one that its
 * certificate for this service has. Gives NULL where nothing is pinned. False: out of memory. */
bool pinned_entry(const struct pinned *pinned, const char *service, char **out);

/* Reports each pin of an enabled service that is no entry of the set, with its place: a warning,
 * since a certificate is chosen by name meanwhile. Not those of the local authority. */
void pins_check(const struct conf *conf, const struct pin_list *tool, const struct cert_set *set,
                conf_report *report, void *context);

/* The same against the folders as they are now, read for this; also where there is no local
 * authority for a service that wants it. */
void pins_check_store(const struct conf *conf, conf_report *report, void *context);
