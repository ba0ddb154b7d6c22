#include "certs/cert_export.h"

#include "certs/parsed.h"
#include "certs/pem_write.h"

#include <gnutls/pkcs7.h>
#include <stdlib.h>

static bool give_datum(gnutls_datum_t *datum, struct blob *out, struct error *err) {
    bool ok = blob_copy(datum->data, datum->size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    gnutls_memset(datum->data, 0, datum->size);
    gnutls_free(datum->data);
    return ok;
}

bool cert_export_pem(const struct blob *chain, size_t count, struct blob *out, struct error *err) {
    struct pem_part *parts = calloc(count + 1, sizeof *parts);
    if (!parts) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct pem_part){"CERTIFICATE", &chain[i]};
    bool ok = pem_write(parts, count, out, err);
    free(parts);
    return ok;
}

bool cert_export_p7b(const struct blob *chain, size_t count, struct blob *out, struct error *err) {
    gnutls_pkcs7_t bundle = NULL;
    gnutls_datum_t der = {0};
    int code = gnutls_pkcs7_init(&bundle);
    for (size_t i = 0; code == 0 && i < count; i++) {
        gnutls_datum_t certificate = datum_of(&chain[i]);
        code = gnutls_pkcs7_set_crt_raw(bundle, &certificate);
    }
    if (code == 0)
        code = gnutls_pkcs7_export2(bundle, GNUTLS_X509_FMT_DER, &der);
    gnutls_pkcs7_deinit(bundle);
    if (code < 0) {
        error_set_gnutls(err, code, "the PKCS#7 cannot be written");
        return false;
    }
    return give_datum(&der, out, err);
}
