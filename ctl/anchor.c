#include "ctl/anchor.h"

#include "ctl/authority_kept.h"

#include <gnutls/x509.h>
#include <string.h>

enum { KEY_ID_LIMIT = 64 };

struct identity {
    unsigned char key[KEY_ID_LIMIT];
    size_t key_size;
    gnutls_datum_t subject; /* DER */
};

static bool identity_read(const struct blob *der, struct identity *out) {
    gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    out->key_size = sizeof out->key;
    bool ok = gnutls_x509_crt_init(&certificate) == 0 &&
              gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER) == 0 &&
              gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, out->key,
                                         &out->key_size) == 0 &&
              gnutls_x509_crt_get_raw_dn(certificate, &out->subject) == 0;
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

/* The same subject and key: whoever trusts one takes what the other signed. */
static bool is_the_same_issuer(const struct blob *one, const struct blob *other) {
    struct identity a = {0}, b = {0};
    bool same = identity_read(one, &a) && identity_read(other, &b) && a.key_size == b.key_size &&
                memcmp(a.key, b.key, a.key_size) == 0 && a.subject.size == b.subject.size &&
                memcmp(a.subject.data, b.subject.data, a.subject.size) == 0;
    gnutls_free(a.subject.data);
    gnutls_free(b.subject.data);
    return same;
}

bool anchor_find(const struct place *place, const struct cert *cert, struct blob *out,
                 struct error *err) {
    const struct blob *top = cert_anchor(cert);
    struct authority_text kept = {0};
    struct error unheard = {0};
    /* An authority that is not there, or cannot be read, has renewed nothing. */
    bool is_renewed = cert_chain_count(cert) > 1 && authority_kept_look(place, &kept, &unheard) &&
                      is_the_same_issuer(top, &kept.certificate);
    const struct blob *anchor = is_renewed ? &kept.certificate : top;
    bool ok = blob_copy(anchor->data, anchor->size, out);
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    authority_text_finish(&kept);
    return ok;
}
