/* The request.inf of Windows' certreq, read into a plan.
 *
 * Works on bytes, so that it can be fuzzed. The format: Microsoft's documentation of certreq
 * ("Syntax of the INF file") and "General syntax rules for INF files"; what of it is taken, and
 * what only named, stands in mailstorectl(1) and docs/request-inf.md. Everything is reported in one
 * reading, in the order of the file: nothing is silently passed over. */
#pragma once

#include "certs/cert_plan.h"

enum { REQUEST_INF_LIMIT = 256 * 1024 };

enum request_inf_level {
    REQUEST_INF_MISTAKE, /* prevents the request */
    REQUEST_INF_REPAIR,  /* a mistake that tolerant reading mended, and how */
    REQUEST_INF_WARNING, /* it will be made, and somebody will be unhappy with it */
    REQUEST_INF_NOTE,    /* understood, and without meaning here */
};

struct request_inf_remark {
    enum request_inf_level level;
    unsigned line, column; /* from 1, columns in characters; 0: about the whole file */
    const char *text;      /* what is wrong and what to write */
};
typedef void request_inf_report(void *context, const struct request_inf_remark *remark);

struct request_inf_options {
    bool tolerant;   /* repair what is unambiguous (a file copied out of a PDF) */
    bool allow_weak; /* SHA-1, MD5, RSA below 2048 bits */
    int64_t now;     /* the validity begins here, unless NotBefore says otherwise */
};

enum request_inf_type { REQUEST_INF_PKCS10, REQUEST_INF_CERT };

struct request_inf {
    enum request_inf_type type;
    struct cert_plan plan;
    char *friendly_name;           /* NULL: none */
    bool exportable;               /* FALSE unless the file says otherwise, as certreq has it */
    struct string_list attributes; /* "Name=value", of [RequestAttributes] */
    struct string_list dns_names;  /* of the plan's SAN, for messages */
};
void request_inf_finish(struct request_inf *request);

/* Gives `out` if nothing worse than a warning was reported (and under `tolerant` a repair). On
 * false at least one mistake was reported, or memory is out, which is reported as one. */
bool request_inf_read(const struct blob *bytes, const struct request_inf_options *options,
                      request_inf_report *report, void *context, struct request_inf *out);

/* A commented request for a host with these names and addresses, the first name as the subject;
 * request_inf_read takes it without a remark. CRLF line ends, as Windows' editors want them. */
bool request_inf_template(const struct string_list *dns_names, const struct string_list *addresses,
                          struct buffer *out, struct error *err);
