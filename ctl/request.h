/* What the forms of the verb `request` share. */
#pragma once

#include "ctl/place.h"

/* `request FILE`: reads a request.inf and makes what it asks for. */
enum ctl_exit request_make(struct ctl *ctl);
/* `request --template`: writes a commented request.inf. */
enum ctl_exit request_template(struct ctl *ctl);
/* `request --list` and `request --cancel`: the keys that wait. */
enum ctl_exit request_list(struct ctl *ctl);
enum ctl_exit request_cancel(struct ctl *ctl);

/* Writes to --output, which an older file keeps unless --force is given; says on standard error
 * what went wrong. */
enum ctl_exit request_check_output(const struct ctl *ctl);
enum ctl_exit request_write(const struct ctl *ctl, const void *data, size_t size);

/* PEM of a request (RFC 7468). Newly allocated; NULL: memory. */
char *request_pem(const struct blob *der);
