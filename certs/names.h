/* Host names as certificates write them: normalising, and matching against patterns. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { NAME_SIZE = 256 }; /* RFC 1035: 253 characters, and a NUL */

/* Lower case, no trailing dot, letters, digits, hyphens and underscores in labels of at most 63
 * (internationalised labels are expected as A-labels, RFC 5890). A first label "*" is allowed when
 * `pattern`. False if `text` is no such name (also when it is an IP address). */
bool name_normalise(const char *text, bool pattern, char out[static NAME_SIZE]);

/* Canonical text of an IPv4 or IPv6 literal (RFC 5952 for IPv6; brackets are taken off, an IPv4
 * address mapped into IPv6 becomes IPv4; a zone is refused). False if it is none. */
bool address_normalise(const char *text, char out[static NAME_SIZE]);

/* The octets of an address as a certificate's iPAddress holds them (RFC 5280): 4 or 16, their
 * number is returned; 0 if `text` is no address. */
enum { ADDRESS_OCTETS = 16 };
size_t address_octets(const char *text, unsigned char out[static ADDRESS_OCTETS]);
/* … and back. A mapped IPv4 address of 16 octets stays "::ffff:192.0.2.1", since no client
 * takes it for 192.0.2.1. False if `size` is neither 4 nor 16. */
bool address_text(const unsigned char *octets, size_t size, char out[static NAME_SIZE]);

/* RFC 9525: exact, or one whole leftmost label for a leading "*.". Both normalised. */
bool name_matches(const char *pattern, const char *name);

/* A host name or pattern as a person types it, made what a certificate writes: internationalised
 * labels become A-labels (IDNA 2008, RFC 5891, by libidn2), then as name_normalise with `pattern`.
 * ERROR_INPUT says why it is none, and what to write: empty, an address (give it as one), a
 * wildcard elsewhere than as the whole first label or with nothing but a top-level name behind it,
 * a character no host name has (control characters as \xHH), a label beyond 63 or a name beyond 253
 * octets, a label that IDNA does not allow (in its words), a port or URL around a name. */
bool name_from_person(const char *text, char out[static NAME_SIZE], struct error *err);
