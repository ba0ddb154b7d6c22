#include "certs/ec_key.h"

#include "certs/der.h"
#include "certs/parsed.h"
#include "certs/private_key.h"

#include <gmp.h>
#include <gnutls/crypto.h>
#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <string.h>

enum { BLOCK_SIZE = 16, CIPHER_KEY_MOST = 32, COORDINATE_MOST = 66 };

/* An object identifier's content. */
struct oid {
    size_t size;
    const char *octets;
};
#define OID(text) \
    { sizeof(text) - 1, (text) }

static bool is_oid(const struct der_element *element, struct oid oid) {
    return element->tag == DER_OBJECT_IDENTIFIER && element->size == oid.size &&
           memcmp(element->data, oid.octets, oid.size) == 0;
}

static const struct oid oid_ec_public_key = OID("\x2a\x86\x48\xce\x3d\x02\x01");
static const struct oid oid_pbes2 = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d");
static const struct oid oid_pbkdf2 = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c");

static const struct curve {
    struct oid oid;
    gnutls_ecc_curve_t id;
    const struct ecc_curve *(*get)(void); /* of nettle */
} curves[] = {
    {OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), GNUTLS_ECC_CURVE_SECP256R1, nettle_get_secp_256r1},
    {OID("\x2b\x81\x04\x00\x22"), GNUTLS_ECC_CURVE_SECP384R1, nettle_get_secp_384r1},
    {OID("\x2b\x81\x04\x00\x23"), GNUTLS_ECC_CURVE_SECP521R1, nettle_get_secp_521r1},
};

static const struct derivation {
    struct oid oid;
    gnutls_mac_algorithm_t mac;
} derivations[] = {
    {OID("\x2a\x86\x48\x86\xf7\x0d\x02\x07"), GNUTLS_MAC_SHA1}, /* which is meant by none */
    {OID("\x2a\x86\x48\x86\xf7\x0d\x02\x09"), GNUTLS_MAC_SHA256},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x02\x0a"), GNUTLS_MAC_SHA384},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x02\x0b"), GNUTLS_MAC_SHA512},
};

static const struct cipher {
    struct oid oid;
    gnutls_cipher_algorithm_t id;
    unsigned key_size;
} ciphers[] = {
    {OID("\x60\x86\x48\x01\x65\x03\x04\x01\x02"), GNUTLS_CIPHER_AES_128_CBC, 16},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x01\x16"), GNUTLS_CIPHER_AES_192_CBC, 24},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), GNUTLS_CIPHER_AES_256_CBC, CIPHER_KEY_MOST},
};

/* Takes the element that `rest` begins with, which must have this tag. */
static bool take(struct der_element *rest, unsigned char tag, struct der_element *out) {
    return der_take(rest, out) && out->tag == tag;
}

/* ---- the key's form ---- */

/* What the file says; borrowed. */
struct half {
    const struct curve *curve; /* NULL: none of ours */
    struct der_element number; /* the private half, big-endian, without leading zeros */
};

static const struct curve *curve_of(const struct der_element *oid) {
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (is_oid(oid, curves[i].oid))
            return &curves[i];
    return NULL;
}

/* ECPrivateKey (RFC 5915); `curve` if it is known from around it. False: it is none, or has its
 * public half. */
static bool read_sec1(struct der_element rest, const struct curve *curve, struct half *out) {
    struct der_element body, version, number, part, oid;
    if (!take(&rest, DER_SEQUENCE, &body) || !take(&body, DER_INTEGER, &version) ||
        !take(&body, DER_OCTET_STRING, &number))
        return false;
    while (der_take(&body, &part)) {
        if (part.tag == DER_CONTEXT_1)
            return false;
        if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED) && !curve && der_take(&part, &oid))
            curve = curve_of(&oid);
    }
    while (number.size > 0 && number.data[0] == 0) {
        number.data++;
        number.size--;
    }
    *out = (struct half){curve, number};
    return true;
}

/* Likewise, also in PKCS#8 (RFC 5958). */
static bool read_half(const struct blob *der, struct half *out) {
    struct der_element rest = {.data = der->data, .size = der->size};
    struct der_element body, version, algorithm, kind, curve, inner;
    if (private_key_form(der) == PRIVATE_KEY_SEC1)
        return read_sec1(rest, NULL, out);
    if (private_key_form(der) != PRIVATE_KEY_PKCS8 || !der_take(&rest, &body) ||
        !der_take(&body, &version) || !der_take(&body, &algorithm) ||
        !take(&body, DER_OCTET_STRING, &inner) || !der_take(&algorithm, &kind) ||
        !is_oid(&kind, oid_ec_public_key) || !der_take(&algorithm, &curve))
        return false;
    return read_sec1((struct der_element){.data = inner.data, .size = inner.size}, curve_of(&curve),
                     out);
}

bool ec_key_is_half(const struct blob *der) {
    struct half half;
    return read_half(der, &half);
}

/* ---- the public half ---- */

/* A point's coordinates, big-endian, as long as the curve has them. */
struct point {
    unsigned char x[COORDINATE_MOST], y[COORDINATE_MOST];
    size_t size;
};

/* The number as nettle takes it. False: it is 0, or not below the group's order. */
static bool set_scalar(const struct half *half, struct ecc_scalar *out) {
    enum { LIMBS = (COORDINATE_MOST + sizeof(mp_limb_t) - 1) / sizeof(mp_limb_t) };
    mpz_t number;
    /* With all the room it can need, so that none is left behind that cannot be wiped. */
    mpz_init2(number, (mp_bitcnt_t)LIMBS * GMP_NUMB_BITS);
    nettle_mpz_set_str_256_u(number, half->number.size, half->number.data);
    bool ok = ecc_scalar_set(out, number);
    memory_wipe(mpz_limbs_write(number, LIMBS), LIMBS * sizeof(mp_limb_t));
    mpz_limbs_finish(number, 0);
    mpz_clear(number);
    return ok;
}

static void write_point(const struct ecc_point *point, struct point *out) {
    mpz_t x, y;
    mpz_init(x);
    mpz_init(y);
    ecc_point_get(point, x, y);
    nettle_mpz_get_str_256(out->size, out->x, x);
    nettle_mpz_get_str_256(out->size, out->y, y);
    mpz_clear(x);
    mpz_clear(y);
}

/* False: the number is none for this curve. */
static bool compute_public_half(const struct half *half, struct point *out) {
    const struct ecc_curve *curve = half->curve->get();
    struct ecc_scalar scalar;
    struct ecc_point point;
    out->size = (ecc_bit_size(curve) + 7) / 8;
    if (half->number.size > out->size)
        return false;
    ecc_scalar_init(&scalar, curve);
    ecc_point_init(&point, curve);
    bool ok = set_scalar(half, &scalar);
    if (ok) {
        ecc_point_mul_g(&point, &scalar);
        write_point(&point, out);
    }
    memory_wipe(scalar.p, (size_t)ecc_size(curve) * sizeof *scalar.p);
    ecc_scalar_clear(&scalar);
    ecc_point_clear(&point);
    return ok;
}

bool ec_key_complete(const struct blob *der, gnutls_x509_privkey_t *out, struct error *err) {
    gnutls_x509_privkey_t key = NULL;
    struct half half;
    struct point point;
    if (!read_half(der, &half) || !half.curve) {
        error_set(err, ERROR_INPUT,
                  "the EC key is on another curve than P-256, P-384 and P-521: make a new one");
        return false;
    }
    if (!compute_public_half(&half, &point)) {
        error_set(err, ERROR_INPUT,
                  "the EC key is damaged, no key of its curve has such a number: take a copy that "
                  "is whole, or make a new one");
        return false;
    }
    gnutls_datum_t x = {point.x, (unsigned)point.size}, y = {point.y, (unsigned)point.size};
    gnutls_datum_t number = {(unsigned char *)half.number.data, (unsigned)half.number.size};
    int code = gnutls_x509_privkey_init(&key);
    if (code == 0)
        code = gnutls_x509_privkey_import_ecc_raw(key, half.curve->id, &x, &y, &number);
    if (code < 0) {
        gnutls_x509_privkey_deinit(key);
        error_set_gnutls(err, code, "the EC key's public half cannot be joined with it");
        return false;
    }
    *out = key;
    return true;
}

/* ---- encryption (PBES2, RFC 8018) ---- */

struct encryption {
    struct der_element salt, vector, content;
    unsigned iterations;
    gnutls_mac_algorithm_t mac;
    const struct cipher *cipher;
};

/* A number from 1 to KEY_ITERATION_LIMIT. */
static bool read_iterations(const struct der_element *element, unsigned *out) {
    unsigned value = 0;
    if (element->tag != DER_INTEGER || element->size == 0 || element->size > 3 ||
        element->data[0] >= 0x80)
        return false;
    for (size_t i = 0; i < element->size; i++)
        value = value << 8 | element->data[i];
    *out = value;
    return value > 0 && value <= KEY_ITERATION_LIMIT;
}

static gnutls_mac_algorithm_t mac_of(const struct der_element *oid) {
    for (size_t i = 0; i < sizeof derivations / sizeof *derivations; i++)
        if (is_oid(oid, derivations[i].oid))
            return derivations[i].mac;
    return GNUTLS_MAC_UNKNOWN;
}

/* PBKDF2's parameters: salt, iterations, the key's length (which follows from the cipher), and
 * the function. */
static bool read_derivation(struct der_element rest, struct encryption *out) {
    struct der_element kind, parameters, iterations, part, function;
    if (!der_take(&rest, &kind) || !is_oid(&kind, oid_pbkdf2) ||
        !take(&rest, DER_SEQUENCE, &parameters) ||
        !take(&parameters, DER_OCTET_STRING, &out->salt) || !der_take(&parameters, &iterations) ||
        !read_iterations(&iterations, &out->iterations))
        return false;
    out->mac = GNUTLS_MAC_SHA1;
    while (der_take(&parameters, &part))
        if (part.tag == DER_SEQUENCE)
            out->mac = der_take(&part, &function) ? mac_of(&function) : GNUTLS_MAC_UNKNOWN;
    return out->mac != GNUTLS_MAC_UNKNOWN;
}

static bool read_cipher(struct der_element rest, struct encryption *out) {
    struct der_element kind;
    if (!der_take(&rest, &kind) || !take(&rest, DER_OCTET_STRING, &out->vector) ||
        out->vector.size != BLOCK_SIZE)
        return false;
    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
        if (is_oid(&kind, ciphers[i].oid)) {
            out->cipher = &ciphers[i];
            return true;
        }
    return false;
}

/* EncryptedPrivateKeyInfo. */
static bool read_encryption(const struct blob *der, struct encryption *out) {
    struct der_element rest = {.data = der->data, .size = der->size};
    struct der_element body, algorithm, kind, parameters, derivation, cipher;
    return take(&rest, DER_SEQUENCE, &body) && take(&body, DER_SEQUENCE, &algorithm) &&
           take(&body, DER_OCTET_STRING, &out->content) && out->content.size > 0 &&
           out->content.size % BLOCK_SIZE == 0 && der_take(&algorithm, &kind) &&
           is_oid(&kind, oid_pbes2) && take(&algorithm, DER_SEQUENCE, &parameters) &&
           take(&parameters, DER_SEQUENCE, &derivation) &&
           take(&parameters, DER_SEQUENCE, &cipher) && read_derivation(derivation, out) &&
           read_cipher(cipher, out);
}

/* Octets that were appended to fill the last block (RFC 8018, 6.1.1); 0: they are none. */
static size_t padding_of(const struct blob *content) {
    size_t count = content->data[content->size - 1];
    if (count > BLOCK_SIZE)
        return 0;
    for (size_t i = 1; i <= count; i++)
        if (content->data[content->size - i] != count)
            return 0;
    return count;
}

/* Decrypts `content` where it stands. */
static int decrypt(const struct encryption *encryption, const char *password,
                   struct blob *content) {
    unsigned char key[CIPHER_KEY_MOST];
    gnutls_cipher_hd_t cipher = NULL;
    gnutls_datum_t password_datum = {(unsigned char *)password, (unsigned)strlen(password)};
    gnutls_datum_t salt = {(unsigned char *)encryption->salt.data, (unsigned)encryption->salt.size};
    gnutls_datum_t vector = {(unsigned char *)encryption->vector.data, BLOCK_SIZE};
    gnutls_datum_t key_datum = {key, encryption->cipher->key_size};
    int code = gnutls_pbkdf2(encryption->mac, &password_datum, &salt, encryption->iterations, key,
                             encryption->cipher->key_size);
    if (code == 0)
        code = gnutls_cipher_init(&cipher, encryption->cipher->id, &key_datum, &vector);
    if (code == 0)
        code = gnutls_cipher_decrypt(cipher, content->data, content->size);
    if (cipher)
        gnutls_cipher_deinit(cipher);
    memory_wipe(key, sizeof key);
    return code;
}

bool ec_key_decrypt(const struct blob *der, const char *password, struct blob *out) {
    struct encryption encryption = {0};
    struct blob content = {0};
    if (!read_encryption(der, &encryption) ||
        !blob_copy(encryption.content.data, encryption.content.size, &content))
        return false;
    size_t padding =
        decrypt(&encryption, password ? password : "", &content) == 0 ? padding_of(&content) : 0;
    struct blob plain = {content.data, content.size - padding};
    if (padding == 0 || !ec_key_is_half(&plain)) {
        blob_wipe(&content);
        return false;
    }
    *out = plain;
    return true;
}
