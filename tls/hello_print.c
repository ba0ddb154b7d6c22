#include "tls/hello_print.h"

#include "tls/wire.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the hash: FNV-1a (Fowler, Noll, Vo), twice. Nobody is kept out by it: who wants another
 * client's print sends that client's offer. ---- */

struct hash {
    uint64_t low, high;
};

static struct hash hash_begin(void) {
    return (struct hash){0xCBF29CE484222325, 0x6C62272E07BB0142};
}

static void hash_number(struct hash *hash, uint32_t number) {
    const uint64_t prime = 0x100000001B3;
    for (int shift = 24; shift >= 0; shift -= 8) {
        hash->low = (hash->low ^ (number >> shift & 0xFF)) * prime;
        hash->high = (hash->high ^ (number >> shift & 0xFF)) * prime;
    }
}

static void hash_bytes(struct hash *hash, struct wire bytes) {
    hash_number(hash, (uint32_t)bytes.left);
    for (size_t i = 0; i < bytes.left; i++)
        hash_number(hash, bytes.at[i]);
}

/* Every bit of the input in every bit of the output (MurmurHash3's last step), so that hashes can
 * be summed up. */
static uint64_t stirred(uint64_t hash) {
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCD;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53;
    return hash ^ hash >> 33;
}

/* ---- what of an offer is the client's own ---- */

/* RFC 8701: 0x0A0A, 0x1A1A, … 0xFAFA. */
static bool is_grease(uint32_t number) {
    return (number & 0x0F0F) == 0x0A0A && number >> 8 == (number & 0xFF);
}

/* 16-bit numbers in their order. */
static void hash_numbers(struct hash *hash, struct wire numbers) {
    enum { FALLBACK = 0x5600 /* a suite that says "my second attempt", RFC 7507 */ };
    uint32_t number;
    while (wire_number(&numbers, 2, &number))
        if (!is_grease(number) && number != FALLBACK)
            hash_number(hash, number);
}

static void hash_protocols(struct hash *hash, struct wire names) {
    struct wire name;
    while (wire_vector(&names, 1, &name))
        if (name.left != 2 || !is_grease((uint32_t)name.at[0] << 8 | name.at[1]))
            hash_bytes(hash, name);
}

enum content { NOT_COUNTED, ITS_PRESENCE, NUMBERS_8, NUMBERS_16, OCTETS, PROTOCOLS };

/* Which part of an extension stays the same from one connection to the next. NUMBERS_8 and
 * NUMBERS_16: a vector of 16-bit numbers, by the size of its length. */
static enum content content_of(uint32_t type) {
    if (is_grease(type))
        return NOT_COUNTED;
    switch (type) {
    case 10: /* supported_groups */
    case 13: /* signature_algorithms */
    case 50: /* signature_algorithms_cert */
        return NUMBERS_16;
    case 27: /* compress_certificate */
    case 43: /* supported_versions */
        return NUMBERS_8;
    case 11: /* ec_point_formats */
        return OCTETS;
    case 16: /* application_layer_protocol_negotiation */
        return PROTOCOLS;
    case 0:      /* server_name: not for an address */
    case 21:     /* padding: by the length of all others */
    case 35:     /* session_ticket */
    case 41:     /* pre_shared_key */
    case 42:     /* early_data */
    case 44:     /* cookie */
    case 45:     /* psk_key_exchange_modes */
    case 51:     /* key_share */
    case 0xCA34: /* trust_anchors: what the server's name has told in the DNS */
    case 0xFE0D: /* encrypted_client_hello: likewise */
        return NOT_COUNTED;
    default:
        return ITS_PRESENCE;
    }
}

static void hash_extension(struct hash *sum, uint32_t type, struct wire extension) {
    enum content content = content_of(type);
    if (content == NOT_COUNTED)
        return;
    struct hash hash = hash_begin();
    struct wire list;
    hash_number(&hash, type);
    if (content == OCTETS)
        hash_bytes(&hash, extension);
    else if (content == PROTOCOLS && wire_vector(&extension, 2, &list))
        hash_protocols(&hash, list);
    else if ((content == NUMBERS_8 && wire_vector(&extension, 1, &list)) ||
             (content == NUMBERS_16 && wire_vector(&extension, 2, &list)))
        hash_numbers(&hash, list);
    /* A sum knows no order: some clients shuffle. */
    sum->low += stirred(hash.low);
    sum->high += stirred(hash.high);
}

/* False if they are none. An offer without any ends before them (RFC 5246, 7.4.1.2). */
static bool hash_extensions(struct hash *sum, struct wire rest) {
    struct wire extensions, extension;
    uint32_t type;
    if (rest.left == 0)
        return true;
    if (!wire_vector(&rest, 2, &extensions) || rest.left > 0)
        return false;
    while (extensions.left > 0) {
        if (!wire_number(&extensions, 2, &type) || !wire_vector(&extensions, 2, &extension))
            return false;
        hash_extension(sum, type, extension);
    }
    return true;
}

bool hello_print(const unsigned char *hello, size_t size, char out[static HELLO_PRINT_SIZE]) {
    enum { RANDOM_SIZE = 32, SESSION_ID_LIMIT = 32 };
    struct wire rest = {hello, size}, skipped, session_id, suites, compressions;
    struct hash hash = hash_begin(), sum = {0};
    uint32_t version;
    out[0] = '\0';
    if (!wire_number(&rest, 2, &version) || version >> 8 != 3 ||
        !wire_take(&rest, RANDOM_SIZE, &skipped) || !wire_vector(&rest, 1, &session_id) ||
        session_id.left > SESSION_ID_LIMIT || !wire_vector(&rest, 2, &suites) || suites.left == 0 ||
        suites.left % 2 != 0 || !wire_vector(&rest, 1, &compressions) || compressions.left == 0 ||
        !hash_extensions(&sum, rest))
        return false;
    hash_number(&hash, version);
    hash_numbers(&hash, suites);
    hash_bytes(&hash, compressions);
    snprintf(out, HELLO_PRINT_SIZE, "%016" PRIx64 "%016" PRIx64, stirred(hash.low + sum.low),
             stirred(hash.high + sum.high));
    return true;
}
