/* The laboratory's own port: plain HTTP with its page, the files a client needs, and revocation
 * (CRL, OCSP) for the certificates that point there. Loop's thread. */
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

struct loop;
struct lab_run;
struct lab_index;

/* Paths: / (page), /lab.json, /report.json, /report.xml (JUnit), /report.tap, /ca.pem, /hosts,
 * /crl, /ocsp (POST, and GET with base64, RFC 6960 A.1), and the page's style and pictures. */
bool lab_index_create(struct loop *loop, struct lab_run *run, const char *address, uint16_t port,
                      struct lab_index **out, struct error *err);
void lab_index_destroy(struct lab_index *index); /* NULL is legal */
uint16_t lab_index_port(const struct lab_index *index);
