/* Reading certificates and keys from every form an administrator has them in.
 *
 * Works on bytes, never on files, so that it can be fuzzed. Formats: PEM (RFC 7468) and DER
 * certificates, PKCS#7 chains (RFC 2315, PEM or DER), keys in PKCS#8 (RFC 5958, also encrypted),
 * PKCS#1, SEC 1 (RFC 5915), PKCS#12 (RFC 7292). UTF-8 marks and CRLF are taken. */
#pragma once

#include "certs/cert.h"

/* One file's bytes with the name for messages; borrowed. data == NULL: there is none. */
struct cert_file {
    const char *name;
    const void *data;
    size_t size;
};

struct cert_sources {
    struct cert_file certificate; /* may hold the key as well (PEM), or be a PKCS#12 */
    struct cert_file key;         /* absent: the certificate's file holds it */
    struct cert_file
        password; /* for PKCS#12 or an encrypted key; a UTF-8 mark and one trailing line end are
                   * dropped. Without data, its name is where it would belong; NULL: nowhere. */
    bool is_pkcs12;
};

enum { CERT_FILE_LIMIT = 1024 * 1024, CERT_CHAIN_LIMIT = 32 };

/* Joins them: the leaf is the certificate the key belongs to, wherever it stands; its issuers
 * follow in order, found by issuer and subject; strangers to the chain are left out. Errors name
 * the file and say how to mend it (e.g. no key, key of another certificate, encrypted without or
 * with the wrong password, a request instead of a certificate, a truncated PEM block). Gives `out`
 * without a staple. */
bool cert_read(const struct cert_sources *sources, struct cert_material *out, struct error *err);

/* Certificates alone (for export and `show FILE`): every one in the file, in its order;
 * of PKCS#7, which has none, the server's own first. */
bool cert_read_chain(const struct cert_file *file, struct blob **out, size_t *count,
                     struct error *err);
