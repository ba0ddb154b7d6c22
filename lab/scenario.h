/* The scenarios: what a client may meet, and what a right one does. Each is a row of a table; a
 * scenario is added by adding a row, with its translations in lab/texts/. Immutable; any thread.
 *
 * Hosts stand in the laboratory's domain ("lab.localhost" unless told otherwise, RFC 6761): "@" in
 * a row's texts is the scenario's own host, "%" the domain, "!" the laboratory's address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lab_group { LAB_NAMES, LAB_TIME, LAB_ISSUER, LAB_PURPOSE, LAB_PROTOCOL, LAB_GROUPS };
const char *lab_group_word(enum lab_group group); /* "names" */

/* What a right client does. */
enum lab_expected {
    LAB_REFUSE,
    LAB_ACCEPT,
    LAB_EITHER, /* the sources leave it to the client: told, and never wrong */
};
const char *lab_expected_word(enum lab_expected expected); /* "refuse", "accept", "either" */

enum lab_key {
    LAB_P256,
    LAB_P384,
    LAB_ED25519,
    LAB_RSA_2048,
    LAB_RSA_1024,
    LAB_RSA_4096,
    LAB_RSA_PSS, /* a key for RSASSA-PSS alone (id-RSASSA-PSS) */
    LAB_RSA_EXPONENT_3,
    LAB_KEYS
};

/* Who signs the leaf. All but the strangers' stand below the laboratory's root. */
enum lab_issuer {
    LAB_BY_INTERMEDIATE, /* as usual */
    LAB_BY_ROOT,
    LAB_BY_ITSELF,         /* self-signed, and nobody trusts it */
    LAB_BY_ITSELF_TRUSTED, /* self-signed, and among the laboratory's trust anchors */
    LAB_BY_STRANGER,       /* a root that nobody trusts */
    LAB_BY_EXPIRED_INTERMEDIATE,
    LAB_BY_EXPIRED_ROOT, /* it is among the anchors */
    LAB_BY_NO_AUTHORITY, /* an intermediate that is CA:FALSE */
    LAB_BY_NO_SIGNER,    /* an intermediate whose keyUsage lacks keyCertSign */
    LAB_BY_ONE_TOO_DEEP, /* an intermediate below one whose path length is 0 */
    LAB_BY_CONSTRAINED,  /* an intermediate that may name the laboratory's domain alone */
    LAB_BY_CONSTRAINED_ELSEWHERE,
    LAB_BY_RSA,               /* an intermediate with an RSA key, for old signatures */
    LAB_BY_SHA1_INTERMEDIATE, /* an intermediate that is itself signed with SHA-1 */
    LAB_BY_UNSEEN,        /* an intermediate that no scenario sends: no client can remember it */
    LAB_BY_OTHER_PURPOSE, /* an intermediate whose extended key usage is clientAuth alone */
    LAB_ISSUERS
};

enum lab_signature {
    LAB_SHA256,
    LAB_SHA384,
    LAB_SHA1,
    LAB_MD5,
    LAB_PSS_SHA256, /* RSASSA-PSS by the RSA intermediate */
};

/* What is sent along. */
enum lab_sent {
    LAB_SEND_CHAIN, /* leaf, intermediates; not the root */
    LAB_SEND_WITH_ROOT,
    LAB_SEND_LEAF_ALONE,
    LAB_SEND_REVERSED,           /* leaf, then the root, then the intermediate */
    LAB_SEND_WRONG_INTERMEDIATE, /* another of the issuer's name, with another key */
};

enum lab_staple { LAB_NO_STAPLE, LAB_STAPLE_GOOD, LAB_STAPLE_REVOKED, LAB_STAPLE_OF_ANOTHER };

enum lab_constraints {
    LAB_NO_CONSTRAINTS = 1, /* basicConstraints is not there */
    LAB_CA_FALSE = 2,
    LAB_CA_TRUE = 3,
    LAB_CONSTRAINTS_USUAL = 0, /* CA:FALSE */
};

enum { LAB_USAGE_USUAL = 0, LAB_USAGE_NONE = -1 }; /* else the bits of cert_extension_key_usage */

/* What a leaf is made of. Zero-initialised is a certificate that every client accepts. */
struct lab_recipe {
    const char *subject; /* as x500_name_parse reads it; NULL: "CN=@"; "": an empty subject */
    /* Alternative names, parted by spaces: "dns:@", "ip:!", "uri:https://@/", "dns:nul\\0.%" (\0
     * is a NUL); written octet for octet, whatever they hold. NULL: "dns:@"; "": none. */
    const char *names;
    bool names_critical;
    unsigned more_names;  /* so many others besides: "n1.%" … */
    int64_t begins, ends; /* seconds from now; 0: an hour ago, in 90 days */
    int64_t ends_at;      /* or this very moment; 0: not used */
    enum lab_key key;
    enum lab_issuer issuer;
    enum lab_signature signature;
    enum lab_sent sent;
    enum lab_constraints constraints;
    int usage;             /* LAB_USAGE_USUAL: digitalSignature (and keyEncipherment for RSA) */
    const char *purposes;  /* object identifiers parted by spaces; NULL: serverAuth; "": none */
    bool version_1;        /* X.509 v1: without any extension */
    bool unknown_critical; /* an extension that nobody knows, critical */
    bool revoked;          /* told by CRL and OCSP, which the certificate points at */
    bool must_staple;      /* the TLS feature extension (RFC 7633) */
    enum lab_staple staple;
    bool tampered;    /* a bit of the leaf's signature is another than its issuer wrote */
    bool foreign_key; /* the server holds another key than the certificate's: lab_chain.key is the
                         spare one (GnuTLS: GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH) */
};

/* How the server behaves. */
enum lab_behaviour {
    LAB_PLAIN,
    LAB_TLS12_ALONE,
    LAB_TLS13_ALONE,
    LAB_TLS10_ALONE,
    LAB_UNKNOWN_NAME_FATAL,   /* unrecognized_name as a fatal alert, to every client */
    LAB_UNKNOWN_NAME_WARNING, /* the same as a warning (TLS 1.2), and the handshake goes on */
    LAB_STALLS,               /* answers the ClientHello with silence */
    LAB_CLOSES,               /* closes in the middle of the handshake, after its certificate */
    LAB_CHANGES,              /* another certificate, with another key, at each connection */
};

struct lab_scenario {
    const char *name; /* "expired-yesterday": word and host name */
    enum lab_group group;
    enum lab_expected expected;
    const char *what;   /* what is wrong, or special: one sentence in English */
    const char *right;  /* what a right client does, and why */
    const char *source; /* "RFC 5280, section 6.1.3" */
    const char *host;   /* where the client goes; NULL: NAME.%; "!": the address itself */
    struct lab_recipe recipe;
    enum lab_behaviour behaviour;
    unsigned connections; /* so many must have been made for a verdict; 0: one */
};

/* All, group by group, in a fixed order. */
size_t lab_scenario_count(void);
const struct lab_scenario *lab_scenario_at(size_t index);
bool lab_scenario_find(const char *name, size_t *index);

enum { LAB_HOST_SIZE = 256 };
/* Where clients of a scenario go: a host name, or the address. */
const char *lab_scenario_host(const struct lab_scenario *scenario, const char *domain,
                              const char *address, char out[static LAB_HOST_SIZE]);
