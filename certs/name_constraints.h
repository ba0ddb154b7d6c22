/* Inside certs/: networks and domains as an authority's name constraints have them (RFC 5280,
 * 4.2.1.10). */
#pragma once

#include "certs/cert_extension.h"
#include "certs/names.h"

/* An address with its mask: what follows it is not looked at. */
struct network {
    unsigned char address[ADDRESS_OCTETS], mask[ADDRESS_OCTETS];
    size_t size; /* octets of each: 4 or 16 */
};

/* "192.0.2.0/24"; a bare address is that address alone. ERROR_INPUT also where the address has bits
 * beyond the length: it could mean the network or the address. */
bool network_parse(const char *text, struct network *out, struct error *err);
bool network_has(const struct network *network, const unsigned char *address, size_t size);
/* As an iPAddress constraint holds it: address, then mask. False if it is none, or if its mask has
 * holes. */
bool network_text(const unsigned char *octets, size_t size, char out[static NAME_SIZE]);

/* Is it the domain itself, or a name or a wildcard below it? Both normalised. */
bool domain_has(const char *domain, const char *name);
