/* The configuration as plain data: what mailstored.conf says, with defaults filled in.
 *
 * Every mistake is found in one reading and reported with file and line (of syntax errors the
 * first: libconfig stops there). The format is libconfig's; the settings are documented in
 * mailstored.conf(5). */
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "base/string_list.h"

#include <stdint.h>

enum conf_protocol {
    CONF_HTTPS,
    CONF_REDIRECT, /* plain HTTP that answers with a redirection to an HTTPS service */
};

struct conf_listener {
    char *address; /* an IP literal, "*", or "systemd:NAME" for a socket handed over under that name
                    */
    uint16_t port; /* 0: any free one */
    enum conf_protocol protocol;
    char *certificate; /* pinned entry, or CONF_AUTHORITY; NULL: the service's choice */
    const char *file;  /* where it stands, for messages: one of conf's `files`, "command line" for
                          --listen, "built in" for defaults */
    unsigned line;     /* 0: not from a file */
};

/* As a pinned certificate: not an entry of that name, but the service's leaf of the local
 * authority, which the daemon issues and renews. */
#define CONF_AUTHORITY "authority"

struct conf_service {
    char *name; /* "web-access" */
    bool enabled;
    struct conf_listener *listeners;
    size_t listener_count;
    char *certificate; /* pinned entry, or CONF_AUTHORITY; NULL: chosen by name and address */
    const char *certificate_file; /* where it is pinned, as for a listener; NULL: it is not */
    unsigned certificate_line;
    struct string_list
        certificate_names; /* names and addresses of its leaf; empty: the host's own */
    char
        *redirect_to; /* for CONF_REDIRECT: name of the service it leads to; default "web-access" */
    char *redirect_host; /* host to send clients to; NULL: the one they used, if it is a plausible
                            name */
    char *access_log;    /* file; NULL: none */
    int64_t hsts_s;      /* Strict-Transport-Security max-age; 0: not sent */
};

enum conf_first_shape { CONF_FIRST_MODERN, CONF_FIRST_CLASSIC };

struct conf {
    char *file;               /* NULL: built-in defaults */
    struct string_list files; /* every file read: `file` and those it includes */
    char *state_folder;
    char *store_folder;      /* default: state_folder/certs */
    char *control_socket;    /* default: state_folder/control */
    bool accept_public_keys; /* store: take keys that everyone can read */
    int64_t poll_interval_s; /* store: slow poll beside the watch; default 10 */

    struct {
        char *priority;        /* GnuTLS priority string; NULL: ours, made from `versions` */
        bool tls12, tls13;     /* versions offered */
        char *ticket_key_file; /* 64 bytes shared among hosts; NULL: a key of our own, made at start
                                */
    } tls;

    struct {
        int64_t workers;                /* threads for each listener; 0: one for each processor */
        int64_t connections;            /* for each listener; default 20000 */
        int64_t connections_per_client; /* per client address; 0: no limit */
        int64_t request_line_bytes;     /* default 2048; beyond: 414 */
        int64_t header_bytes;        /* request line and header fields; default 4096; beyond: 431 */
        int64_t handshake_timeout_s; /* default 10 */
        int64_t idle_timeout_s;      /* default 60 */
        int64_t drain_timeout_s;     /* how long open connections live on at stop; default 5 */
    } limits;

    struct {
        enum conf_first_shape shape;
        char *key; /* "ecdsa-p256" …; NULL: ecdsa-p256 for modern, rsa-2048 for classic */
        struct string_list names; /* extra DNS names and addresses */
    } first_certificate;

    struct {
        int64_t leaf_lifetime_s; /* of the certificates it issues for services; default 90 days */
        char *key;               /* theirs: "ecdsa-p256" … */
        char *passphrase_file;   /* of its key; NULL: the service manager's credential, if any */
    } authority;

    struct {
        enum log_level level;
        char *file; /* NULL: none */
    } log;

    struct {
        bool remember;             /* who connected, and how the handshakes went; default true */
        int64_t forget_after_days; /* default 30 */
    } clients;

    struct {
        char *listen; /* as conf_metrics_parse reads it; NULL: nowhere */
    } metrics;

    struct {
        bool enabled;  /* the laboratory, beside the services; default false */
        char *domain;  /* its hosts' */
        char *address; /* an IP literal */
        uint16_t port; /* of its page; the scenarios' follow; 0: any free ones */
    } lab;

    struct conf_service *services;
    size_t service_count;
};

/* One mistake (or, if `warning`, something suspicious that does not prevent starting). */
struct conf_mistake {
    const char *file; /* as given by the user */
    unsigned line;    /* 0: not a line of a file (command line) */
    const char *text; /* what is wrong and what is allowed */
    bool warning;
};
typedef void conf_report(void *context, const struct conf_mistake *mistake);

/* What the command line overrides. Borrowed. */
struct conf_overrides {
    const char *config_file;   /* NULL: conf_default_file() if it exists, else built-in defaults */
    const char *state_folder;  /* NULL: as configured */
    const char *const *listen; /* "SERVICE=ADDRESS:PORT" each: all of a service's listeners give way
                                  to those named for it; a disabled service is enabled */
    size_t listen_count;
    bool lab;     /* lab.enabled is true, whatever the file says */
    bool verbose; /* log.level is "debug", whatever the file says */
    bool reading; /* for a tool that only looks: no folder need be writable */
};

/* "/etc/mailstored/mailstored.conf" (from CMake's sysconfdir). */
const char *conf_default_file(void);

/* Reads, checks, fills in defaults. Reports every mistake; false if there was one that is no
 * warning. The checks need the machine only for folders that cannot be written. Gives `out`. */
bool conf_load(const struct conf_overrides *overrides, conf_report *report, void *context,
               struct conf **out);
void conf_destroy(struct conf *conf);

/* Prints the normalised form: every setting with its value, in the format that conf_load reads:
 * reading it back gives the same. Newly allocated; NULL when out of memory. */
char *conf_print(const struct conf *conf);

/* Service by name, or NULL. */
const struct conf_service *conf_service_find(const struct conf *conf, const char *name);
