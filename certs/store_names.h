/* Inside certs/: what the name of a file in the store says of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* In the order of precedence: where several certificates of one entry stand side by side, the
 * first of these that has its key is the entry's, and the others are refused. */
enum store_role {
    STORE_PEM, /* NAME.pem, … */
    STORE_CRT,
    STORE_CER,
    STORE_PFX,
    STORE_P12,
    STORE_TLS_CRT,   /* NAME/tls.crt */
    STORE_FULLCHAIN, /* NAME/fullchain.pem */
    STORE_FOLDER,    /* NAME: a folder or a link to one, or a file that fits no form */
    STORE_KEY,
    STORE_TLS_KEY, /* NAME/tls.key */
    STORE_PRIVKEY, /* NAME/privkey.pem */
    STORE_PASS,
    STORE_OCSP,
    STORE_OCSP_DER, /* NAME/ocsp.der */
    STORE_META,
    STORE_PASSED_OVER,
};

struct store_name {
    enum store_role role;
    size_t entry_length; /* of the entry's name, which the file's name begins with */
};

/* A name in the store folder. Endings count in either case, as Windows writes them. */
struct store_name store_name_read(const char *file);
/* A name in an entry's own folder: STORE_PASSED_OVER but for the few that have a meaning. */
enum store_role store_name_in_folder(const char *file);

bool store_role_is_certificate(enum store_role role);
bool store_role_is_key(enum store_role role);
bool store_role_is_inside(enum store_role role); /* of an entry's own folder */
