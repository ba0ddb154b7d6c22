#include "certs/name_constraints.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IPV4_OCTETS = 4,
    PERMITTED = DER_CONTEXT | DER_CONSTRUCTED,
    EXCLUDED = DER_CONTEXT | DER_CONSTRUCTED | 1,
    DOMAIN = DER_CONTEXT | 2,
    NETWORK = DER_CONTEXT | 7,
};

/* The digits behind the slash; -1 if they are no number up to `most`. */
static int prefix_length(const char *text, int most) {
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 3)
        return -1;
    long value = strtol(text, &end, 10);
    return *end || value > most ? -1 : (int)value;
}

static void fill_mask(struct network *network, int length) {
    for (size_t i = 0; i < network->size; i++) {
        int bits = length - 8 * (int)i;
        bits = bits < 0 ? 0 : bits > 8 ? 8 : bits;
        network->mask[i] = (unsigned char)(0xff << (8 - bits));
    }
}

bool network_parse(const char *text, struct network *out, struct error *err) {
    char address[NAME_SIZE];
    struct network network = {0};
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : strlen(text);
    if (size < sizeof address) {
        snprintf(address, sizeof address, "%.*s", (int)size, text);
        network.size = address_octets(address, network.address);
    }
    int most = 8 * (int)network.size;
    int length = slash ? prefix_length(slash + 1, most) : most;
    if (network.size == 0 || length < 0) {
        error_set(err, ERROR_INPUT,
                  "\"%s\" is no network: write it as in 192.0.2.0/24, 192.0.2.7 or 2001:db8::/32",
                  text);
        return false;
    }
    fill_mask(&network, length);
    if (!network_has(&network, network.address, network.size)) {
        char plain[NAME_SIZE];
        for (size_t i = 0; i < network.size; i++)
            network.address[i] &= network.mask[i];
        address_text(network.address, network.size, plain);
        error_set(err, ERROR_INPUT,
                  "the address in \"%s\" goes on behind the first %d bits: write %s/%d for the "
                  "network, %s for the address",
                  text, length, plain, length, address);
        return false;
    }
    *out = network;
    return true;
}

bool network_has(const struct network *network, const unsigned char *address, size_t size) {
    if (size != network->size)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((address[i] & network->mask[i]) != network->address[i])
            return false;
    return true;
}

bool network_text(const unsigned char *octets, size_t size, char out[static NAME_SIZE]) {
    size_t half = size / 2, length = 0;
    const unsigned char *mask = octets + half;
    char address[NAME_SIZE];
    if (size % 2 || !address_text(octets, half, address))
        return false;
    while (length < 8 * half && mask[length / 8] >> (7 - length % 8) & 1)
        length++;
    for (size_t bit = length; bit < 8 * half; bit++)
        if (mask[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    if (length == 8 * half)
        snprintf(out, NAME_SIZE, "%s", address);
    else
        snprintf(out, NAME_SIZE, "%.64s/%zu", address, length);
    return true;
}

bool domain_has(const char *domain, const char *name) {
    size_t size = strlen(name), end = strlen(domain);
    if (strncmp(name, "*.", 2) == 0) {
        name += 2;
        size -= 2;
    }
    if (size < end || strcmp(name + size - end, domain) != 0)
        return false;
    return size == end || name[size - end - 1] == '.';
}

static void put_network(struct buffer *out, const struct network *network) {
    size_t start = out->size;
    unsigned char octets[2 * ADDRESS_OCTETS];
    memcpy(octets, network->address, network->size);
    memcpy(octets + network->size, network->mask, network->size);
    der_put(out, NETWORK, octets, 2 * network->size);
    der_close(out, start, DER_SEQUENCE);
}

static void put_domain(struct buffer *out, const char *domain) {
    size_t start = out->size;
    der_put_text(out, DOMAIN, domain);
    der_close(out, start, DER_SEQUENCE);
}

static bool put_domains(struct buffer *out, const struct string_list *domains, struct error *err) {
    for (size_t i = 0; domains && i < domains->count; i++) {
        char domain[NAME_SIZE];
        if (!name_normalise(domains->items[i], false, domain)) {
            error_set(err, ERROR_INPUT,
                      "\"%s\" is no domain: write it as in example.org, which stands for itself "
                      "and everything below it",
                      domains->items[i]);
            return false;
        }
        put_domain(out, domain);
    }
    return true;
}

/* `families`: whether there was one of IPv4, of IPv6. */
static bool put_networks(struct buffer *out, const struct string_list *networks, bool families[2],
                         struct error *err) {
    for (size_t i = 0; networks && i < networks->count; i++) {
        struct network network;
        if (!network_parse(networks->items[i], &network, err))
            return false;
        families[network.size == IPV4_OCTETS ? 0 : 1] = true;
        put_network(out, &network);
    }
    return true;
}

/* What nothing was permitted of: without a word about it, it would be allowed (RFC 5280). */
static void put_excluded(struct buffer *out, bool has_domains, const bool families[2]) {
    if (!has_domains)
        put_domain(out, ""); /* every name has zero labels or more before it */
    if (!families[0])
        put_network(out, &(struct network){.size = IPV4_OCTETS});
    if (!families[1])
        put_network(out, &(struct network){.size = ADDRESS_OCTETS});
}

bool cert_extension_name_constraints(const struct string_list *domains,
                                     const struct string_list *networks, struct blob *out,
                                     struct error *err) {
    struct buffer der = {0};
    bool families[2] = {false, false};
    bool has_domains = domains && domains->count > 0;
    if (!put_domains(&der, domains, err) || !put_networks(&der, networks, families, err)) {
        buffer_finish(&der);
        return false;
    }
    if (der.size > 0 || der.failed)
        der_close(&der, 0, PERMITTED);
    size_t excluded = der.size;
    put_excluded(&der, has_domains, families);
    if (der.size > excluded)
        der_close(&der, excluded, EXCLUDED);
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
}
