#include "daemon/client_hello.h"

#include "certs/cert.h"
#include "tls/wire.h"

/* ECDHE suites of TLS 1.2 by the key they authenticate with (RFC 5289, 7905, 8422). */
static unsigned key_types_of_suite(uint32_t suite) {
    switch (suite) {
    case 0xC008: /* TLS_ECDHE_ECDSA_… */
    case 0xC009:
    case 0xC00A:
    case 0xC023:
    case 0xC024:
    case 0xC02B:
    case 0xC02C:
    case 0xC072:
    case 0xC073:
    case 0xC086:
    case 0xC087:
    case 0xC0AC:
    case 0xC0AD:
    case 0xC0AE:
    case 0xC0AF:
    case 0xCCA9:
        return CERT_KEY_ECDSA | CERT_KEY_EDDSA;
    case 0xC012: /* TLS_ECDHE_RSA_… */
    case 0xC013:
    case 0xC014:
    case 0xC027:
    case 0xC028:
    case 0xC02F:
    case 0xC030:
    case 0xC076:
    case 0xC077:
    case 0xC08A:
    case 0xC08B:
    case 0xCCA8:
        return CERT_KEY_RSA | CERT_KEY_RSA_PSS;
    default:
        return 0;
    }
}

/* RFC 8446, 4.2.3. In TLS 1.3 rsa_pkcs1 signs certificates only, never the handshake. */
static unsigned key_types_of_algorithm(uint32_t algorithm, bool tls13) {
    switch (algorithm) {
    case 0x0401: /* rsa_pkcs1_sha256, 384, 512, and sha1 of old */
    case 0x0501:
    case 0x0601:
    case 0x0201:
        return tls13 ? 0 : CERT_KEY_RSA;
    case 0x0403: /* ecdsa_… */
    case 0x0503:
    case 0x0603:
    case 0x0203:
        return CERT_KEY_ECDSA;
    case 0x0804: /* rsa_pss_rsae_… */
    case 0x0805:
    case 0x0806:
        return CERT_KEY_RSA;
    case 0x0809: /* rsa_pss_pss_… */
    case 0x080A:
    case 0x080B:
        return CERT_KEY_RSA_PSS;
    case 0x0807: /* ed25519, ed448 */
    case 0x0808:
        return CERT_KEY_EDDSA;
    default:
        return 0;
    }
}

static unsigned key_types_of_suites(struct wire suites) {
    unsigned types = 0;
    uint32_t suite;
    while (wire_number(&suites, 2, &suite))
        types |= key_types_of_suite(suite);
    return types;
}

static unsigned key_types_of_algorithms(struct wire extension, bool tls13) {
    struct wire algorithms;
    unsigned types = 0;
    uint32_t algorithm;
    if (wire_vector(&extension, 2, &algorithms))
        while (wire_number(&algorithms, 2, &algorithm))
            types |= key_types_of_algorithm(algorithm, tls13);
    return types;
}

enum { TLS12 = 0x0303, TLS13 = 0x0304 };

struct versions {
    bool tls12, tls13;
};

static struct versions versions_of(struct wire extension) {
    struct versions offered = {0};
    struct wire list;
    uint32_t version;
    if (wire_vector(&extension, 1, &list))
        while (wire_number(&list, 2, &version)) {
            offered.tls12 |= version == TLS12;
            offered.tls13 |= version == TLS13;
        }
    return offered;
}

struct client_offer client_hello_read(const unsigned char *hello, size_t size, bool tls12,
                                      bool tls13) {
    enum { SIGNATURE_ALGORITHMS = 13, SUPPORTED_VERSIONS = 43, RANDOM_SIZE = 32 };
    struct wire rest = {hello, size}, skipped, suites, extensions, extension;
    struct wire algorithms = {0};
    bool has_algorithms = false;
    uint32_t type, legacy_version;

    if (!wire_number(&rest, 2, &legacy_version) || !wire_take(&rest, RANDOM_SIZE, &skipped) ||
        !wire_vector(&rest, 1, &skipped) /* session id */ || !wire_vector(&rest, 2, &suites) ||
        !wire_vector(&rest, 1, &skipped) /* compression */)
        return (struct client_offer){0};
    /* Without supported_versions the old field tells the highest (RFC 8446, 4.2.1). */
    struct versions offered = {.tls12 = legacy_version >= TLS12};
    if (wire_vector(&rest, 2, &extensions))
        while (wire_number(&extensions, 2, &type) && wire_vector(&extensions, 2, &extension)) {
            if (type == SIGNATURE_ALGORITHMS) {
                algorithms = extension;
                has_algorithms = true;
            } else if (type == SUPPORTED_VERSIONS)
                offered = versions_of(extension);
        }
    struct client_offer offer = {
        .well_formed = true, .tls12 = tls12 && offered.tls12, .tls13 = tls13 && offered.tls13};
    if (offer.tls13) {
        offer.key_types = key_types_of_algorithms(algorithms, true);
        return offer;
    }
    offer.key_types = key_types_of_suites(suites);
    /* Without the extension a TLS 1.2 client takes what its suites say (RFC 5246, 7.4.1.4.1). */
    if (has_algorithms)
        offer.key_types &= key_types_of_algorithms(algorithms, false);
    return offer;
}
