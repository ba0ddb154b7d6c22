/* Everything that makes clients trust this server: the files an administrator hands to Group
 * Policy, to Firefox, to a phone, made of one trust anchor.
 *
 * The same deployment gives the same bytes: times in it are those of the anchor, identifiers follow
 * from its fingerprint. Formats and their sources: docs/deployment.md. Works on bytes; writing them
 * out is the caller's. */
#pragma once

#include "base/blob.h"
#include "base/error.h"
#include "certs/cert.h"

/* What is deployed, and for whom. Borrowed. */
struct deployment {
    const struct blob *anchor;    /* DER */
    const struct cert_info *info; /* the anchor's */
    bool is_authority;            /* a local (or other) authority; false: the server's own */
    const char *host;             /* by which clients open the server, for the texts; may be NULL */
    uint16_t port;                /* likewise; 0: not known */
    const char *language;         /* of the README: "en", "fr", "de" */
    /* PEM, key and chain, to sign the .mobileconfig with; NULL: it is not signed. Signing with
     * anything but an RSA key is not deterministic. */
    const struct cert_material *signer;
};

/* One file of it. */
struct deployment_file {
    char *path;    /* relative, with "/": "windows/gpo/manifest.xml" */
    unsigned mode; /* 0644, scripts 0755 */
    struct blob content;
};
struct deployment_files {
    struct deployment_file *items; /* by path, in order */
    size_t count;
};
void deployment_files_finish(struct deployment_files *files);

/* All of them. Gives `out`. */
bool deployment_make(const struct deployment *deployment, struct deployment_files *out,
                     struct error *err);

/* As one ZIP archive, in a folder "mailstored-trust/", times 1980-01-01. Gives `out`. */
bool deployment_zip(const struct deployment_files *files, struct blob *out, struct error *err);

/* ---- the parts, each a file of its own; each adds its files ---- */

bool deployment_add(struct deployment_files *files, const char *path, unsigned mode,
                    const void *data, size_t size, struct error *err);
bool deployment_windows(const struct deployment *deployment, struct deployment_files *out,
                        struct error *err);
bool deployment_firefox(const struct deployment *deployment, struct deployment_files *out,
                        struct error *err);
bool deployment_linux(const struct deployment *deployment, struct deployment_files *out,
                      struct error *err);
bool deployment_java(const struct deployment *deployment, struct deployment_files *out,
                     struct error *err);
bool deployment_apple(const struct deployment *deployment, struct deployment_files *out,
                      struct error *err);
bool deployment_readme(const struct deployment *deployment, struct deployment_files *out,
                       struct error *err);
