/* Inside certs/: one alternative name of a request.inf, "type=value". */
#pragma once

#include "certs/request_draft.h"

enum request_name_type {
    REQUEST_NAME_DNS,
    REQUEST_NAME_ADDRESS,
    REQUEST_NAME_EMAIL,
    REQUEST_NAME_UPN,
    REQUEST_NAME_URL,
    REQUEST_NAME_DIRECTORY,
    REQUEST_NAME_REGISTERED,
    REQUEST_NAME_GUID,
    REQUEST_NAME_OTHER, /* its type is an object identifier */
    REQUEST_NAME_UNKNOWN,
};

struct request_name {
    const struct inf_text *text;
    size_t start, equals, end; /* in the text; equals == end: there is no "=" */
    enum request_name_type type;
    char *name;  /* what stands before "=", without blanks */
    char *value; /* without blanks around it */
    struct inf_place place, value_place;
};

/* Adds it to the draft's names, or tells what is wrong with its value. Of a known type. */
void request_name_read(struct request_draft *draft, const struct request_name *item);
