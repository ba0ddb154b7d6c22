/* What holds where neither file nor command line says anything: services, listeners, folders. */
#pragma once

#include "conf/conf.h"

/* What users open; where redirections lead unless told otherwise. */
#define CONF_MAIN_SERVICE "web-access"

/* The services of a configuration that names none. False: out of memory. */
bool conf_default_services(struct conf *conf);

/* The listeners of a service that names none: those it has by default. None for an unknown service.
 * False: out of memory. */
bool conf_default_listeners(struct conf_service *service, const char *name);

/* Folders and socket that are not set. False: out of memory. */
bool conf_default_folders(struct conf *conf);

/* Appends a listener with its defaults. NULL: out of memory. */
struct conf_listener *conf_add_listener(struct conf_service *service);
void conf_remove_listeners(struct conf_service *service);
