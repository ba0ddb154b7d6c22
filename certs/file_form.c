#include "certs/file_form.h"

#include "certs/der.h"
#include "certs/parsed.h"
#include "certs/pem.h"
#include "certs/private_key.h"

#include <gnutls/ocsp.h>
#include <gnutls/pkcs12.h>
#include <string.h>

const char file_form_request_mend[] =
    "put the certificate that the authority issued for it in its place";
const char file_form_request_mend_alone[] =
    "name the file of the certificate that the authority issued for it";

static const char alone[] = "name the file of the certificate";

enum file_form file_form(struct blob *content) {
    static const char utf8_mark[] = "\xEF\xBB\xBF";
    if (content->size >= 3 && memcmp(content->data, utf8_mark, 3) == 0) {
        content->data += 3;
        content->size -= 3;
    }
    if (pem_is_present(content->data, content->size))
        return FILE_FORM_PEM;
    return content->size > 0 && content->data[0] == DER_SEQUENCE ? FILE_FORM_DER : FILE_FORM_OTHER;
}

#define MAGIC(text) text, sizeof(text) - 1
static const struct {
    const char *magic;
    size_t size;
    const char *words, *mend, *mend_alone; /* NULL: the same */
} magics[] = {
    {MAGIC("\xFF\xFE"), "UTF-16 text", "save it as UTF-8 or ASCII", NULL},
    {MAGIC("\xFE\xFF"), "UTF-16 text", "save it as UTF-8 or ASCII", NULL},
    {MAGIC("-----"), "the beginning of a PEM block", "the file is truncated, copy it again", NULL},
    {MAGIC("\xFE\xED\xFE\xED"), "a Java keystore",
     "convert it with \"keytool -importkeystore -deststoretype PKCS12\" and name it NAME.pfx",
     "have its certificates written with \"keytool -list -rfc -keystore OLD\""},
    {MAGIC("PuTTY-User-Key-File"), "a PuTTY key", "put a TLS key there", alone},
    {MAGIC("ssh-"), "an SSH public key", "put the TLS certificate and its key there", alone},
    {MAGIC("ecdsa-sha2-"), "an SSH public key", "put the TLS certificate and its key there", alone},
    {MAGIC("MII"), "base64 without its BEGIN and END lines",
     "add them: \"-----BEGIN CERTIFICATE-----\" before it and \"-----END CERTIFICATE-----\" "
     "behind",
     NULL},
    {MAGIC("PK\x03\x04"), "a ZIP archive", "unpack it", NULL},
    {MAGIC("\x1F\x8B"), "a gzip archive", "unpack it", NULL},
    {MAGIC("%PDF"), "a PDF document", "put the certificate itself there", alone},
    {MAGIC("<"), "a web page or XML", "put the certificate itself there", alone},
    {MAGIC("\0\0"), "zero octets, as a crash or a full disk leaves them", "copy the file again",
     NULL},
};

static bool parses_as_request(const gnutls_datum_t *der) {
    gnutls_x509_crq_t request = NULL;
    bool ok = gnutls_x509_crq_init(&request) == 0 &&
              gnutls_x509_crq_import(request, der, GNUTLS_X509_FMT_DER) == 0;
    gnutls_x509_crq_deinit(request);
    return ok;
}

static bool parses_as_bundle(const gnutls_datum_t *der) {
    gnutls_pkcs12_t bundle = NULL;
    bool ok = gnutls_pkcs12_init(&bundle) == 0 &&
              gnutls_pkcs12_import(bundle, der, GNUTLS_X509_FMT_DER, 0) == 0;
    gnutls_pkcs12_deinit(bundle);
    return ok;
}

static bool parses_as_certificate(const gnutls_datum_t *der) {
    gnutls_x509_crt_t certificate = NULL;
    bool ok = gnutls_x509_crt_init(&certificate) == 0 &&
              gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0;
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

static bool parses_as_revocation_list(const gnutls_datum_t *der) {
    gnutls_x509_crl_t list = NULL;
    bool ok = gnutls_x509_crl_init(&list) == 0 &&
              gnutls_x509_crl_import(list, der, GNUTLS_X509_FMT_DER) == 0;
    gnutls_x509_crl_deinit(list);
    return ok;
}

static bool parses_as_response(const gnutls_datum_t *der) {
    gnutls_ocsp_resp_t response = NULL;
    bool ok = gnutls_ocsp_resp_init(&response) == 0 && gnutls_ocsp_resp_import(response, der) == 0;
    gnutls_ocsp_resp_deinit(response);
    return ok;
}

static bool is_private_key(const gnutls_datum_t *der) {
    return private_key_form(&(struct blob){der->data, der->size}) != PRIVATE_KEY_NONE;
}

static const struct {
    bool (*parses)(const gnutls_datum_t *der);
    const char *words, *mend, *mend_alone;
} der_kinds[] = {
    {parses_as_request, "a certificate request", file_form_request_mend,
     file_form_request_mend_alone},
    {parses_as_bundle, "a PKCS#12 bundle", "name it NAME.pfx",
     "have its certificates written with \"openssl pkcs12 -nokeys -in OLD -out NEW\""},
    {is_private_key, "a private key", "it goes into NAME.key and its certificate into NAME.cer",
     alone},
    {parses_as_certificate, "a certificate alone",
     "it goes into NAME.cer and its key into NAME.key", alone},
    {parses_as_revocation_list, "a revocation list", "put the certificate there", alone},
    {parses_as_response, "an OCSP response", "name it NAME.ocsp", alone},
};

static const char *mend_of(enum file_form_use use, const char *mend, const char *mend_alone) {
    return use == FILE_FORM_ALONE && mend_alone ? mend_alone : mend;
}

static void explain_der(const struct blob *content, const char *expected, enum file_form_use use,
                        const struct error *reason, struct error *err) {
    size_t claimed = der_claimed_size(content->data, content->size);
    gnutls_datum_t der = datum_of(content);
    if (claimed > content->size) {
        error_set(err, ERROR_INPUT,
                  "it is truncated: its DER has %zu octets of %zu: copy the file again",
                  content->size, claimed);
        return;
    }
    if (claimed > 0 && claimed < content->size) {
        error_set(err, ERROR_INPUT,
                  "behind its DER of %zu octets stand %zu that do not belong there: copy the file "
                  "again",
                  claimed, content->size - claimed);
        return;
    }
    for (size_t i = 0; i < sizeof der_kinds / sizeof der_kinds[0]; i++)
        if (der_kinds[i].parses(&der)) {
            error_set(err, ERROR_INPUT, "expected %s, found %s: %s", expected, der_kinds[i].words,
                      mend_of(use, der_kinds[i].mend, der_kinds[i].mend_alone));
            return;
        }
    if (reason)
        *err = *reason;
    else
        error_set(err, ERROR_INPUT, "expected %s, found other DER: %s", expected,
                  mend_of(use, "put the certificate there", alone));
}

void file_form_explain(const struct blob *content, const char *expected, enum file_form_use use,
                       const struct error *reason, struct error *err) {
    if (content->size == 0) {
        error_set(err, ERROR_INPUT, "it is empty: copy the file again");
        return;
    }
    if (content->data[0] == DER_SEQUENCE) {
        explain_der(content, expected, use, reason, err);
        return;
    }
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (content->size >= magics[i].size &&
            memcmp(content->data, magics[i].magic, magics[i].size) == 0) {
            error_set(err, ERROR_INPUT, "expected %s, found %s: %s", expected, magics[i].words,
                      mend_of(use, magics[i].mend, magics[i].mend_alone));
            return;
        }
    error_set(err, ERROR_INPUT, "expected %s, found %s: %s", expected,
              memchr(content->data, '\0', content->size) ? "other data" : "other text",
              mend_of(use, "put the certificate and its key there", alone));
}
