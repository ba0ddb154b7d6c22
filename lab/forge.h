/* Certificates, revocation lists and OCSP responses as they are asked for, right or wrong: nothing
 * is checked (RFC 5280; RFC 6960). */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "certs/cert_extension.h"
#include "lab/scenario.h"

/* Plain data, borrowed. */
struct forge_plan {
    struct blob issuer, subject;              /* Names, DER */
    const struct blob *key;                   /* the subject's, private, DER */
    const struct blob *issuer_key;            /* who signs */
    enum lab_signature signature;             /* LAB_SHA256 and LAB_SHA384 go with any key */
    int64_t begins, ends;                     /* UTCTime until 2049, GeneralizedTime after */
    bool version_1;                           /* no extensions */
    const struct cert_extensions *extensions; /* in this order; NULL: none */
};
enum { FORGE_SERIAL_SIZE = 16 };

/* `serial`: filled with a random positive one. Gives `out`, DER. */
bool forge_certificate(const struct forge_plan *plan,
                       unsigned char serial[static FORGE_SERIAL_SIZE], struct blob *out,
                       struct error *err);

/* Adds an extension. Takes `value`, also on failure. */
bool forge_extension(struct cert_extensions *list, const char *oid, bool critical,
                     struct blob *value, struct error *err);
/* Adds the identifiers of the subject's key and of its issuer's (RFC 5280, 4.2.1.1 and 4.2.1.2). */
bool forge_key_ids(struct cert_extensions *list, const struct blob *key,
                   const struct blob *issuer_key, struct error *err);

/* GeneralNames written as a row says (lab_recipe.names, with "@", "%" and "!" already filled in);
 * "\\0" is a NUL octet, `more` others are "n1.DOMAIN" and so on. ERROR_INPUT: an address that is
 * none, or another kind than "dns:", "ip:", "email:" and "uri:". Gives `out`, the extension's DER.
 */
bool forge_names(const char *names, unsigned more, const char *domain, struct blob *out,
                 struct error *err);

struct forge_revoked {
    const struct blob *issuer;     /* certificate, DER */
    const struct blob *issuer_key; /* DER */
    const unsigned char *serials;  /* FORGE_SERIAL_SIZE each */
    size_t count;
    int64_t at; /* thisUpdate; revoked an hour before, and the next list comes a week later */
};
/* A CertificateList, version 2. Gives `out`, DER. */
bool forge_revocation_list(const struct forge_revoked *revoked, struct blob *out,
                           struct error *err);
/* An OCSPResponse about `leaf` (DER), signed by its issuer: good, or revoked an hour before `at`.
 * Gives `out`, DER. */
bool forge_ocsp_response(const struct blob *leaf, const struct blob *issuer,
                         const struct blob *issuer_key, bool is_revoked, int64_t at,
                         struct blob *out, struct error *err);
/* Of an OCSPRequest (RFC 6960, 4.1.1) the first certificate's serial number, as an INTEGER's
 * content. False if it is no request. `serial` points into `request`. */
bool forge_ocsp_request_serial(const struct blob *request, struct blob *serial);
