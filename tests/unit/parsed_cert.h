/* A certificate as GnuTLS reads it, to judge what it did not write. */
#pragma once

#include "base/blob.h"

#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The caller's: gnutls_x509_crt_deinit. */
static inline gnutls_x509_crt_t parsed(const struct blob *der) {
    gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER), 0);
    return certificate;
}
