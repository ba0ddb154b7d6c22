#include "trust/facts.h"

#include "certs/der.h"
#include "certs/der_write.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

static bool no_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "certificate: out of memory");
    return false;
}

bool fact_span_equal(struct fact_span a, struct fact_span b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

void facts_finish(struct facts *facts) {
    gnutls_x509_crt_deinit(facts->crt);
    if (facts->key)
        gnutls_pubkey_deinit(facts->key);
    blob_finish(&facts->der);
    free(facts->subject_text);
    free(facts->issuer_text);
    free(facts->subject_folded);
    free(facts->issuer_folded);
    free(facts->common_name);
    free(facts->extensions);
    free(facts->names.items);
    free(facts->permitted.items);
    free(facts->excluded.items);
    *facts = (struct facts){0};
}

/* ---- the outer structure (RFC 5280, 4.1) ---- */

/* Takes an element with its header. */
static bool take_whole(struct der_element *rest, struct fact_span *out, struct der_element *inner) {
    const unsigned char *start = rest->data;
    if (!der_take(rest, inner))
        return false;
    *out = (struct fact_span){start, (size_t)(rest->data - start)};
    return true;
}

static struct fact_span span_of(struct der_element element) {
    return (struct fact_span){element.data, element.size};
}

static bool is_oid(struct der_element element, const char *octets, size_t size) {
    return element.tag == DER_OBJECT_IDENTIFIER && element.size == size &&
           memcmp(element.data, octets, size) == 0;
}

static gnutls_digest_algorithm_t digest_of(struct der_element oid) {
    static const struct {
        const char *octets;
        size_t size;
        gnutls_digest_algorithm_t digest;
    } digests[] = {
        {"\x2b\x0e\x03\x02\x1a", 5, GNUTLS_DIG_SHA1},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x04", 9, GNUTLS_DIG_SHA224},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, GNUTLS_DIG_SHA256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, GNUTLS_DIG_SHA384},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, GNUTLS_DIG_SHA512},
    };
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        if (is_oid(oid, digests[i].octets, digests[i].size))
            return digests[i].digest;
    return GNUTLS_DIG_UNKNOWN;
}

/* RSASSA-PSS-params (RFC 4055, 3.1), which GnuTLS tells of keys alone: SHA-1 and a salt of 20
 * octets where nothing is told. */
static void read_pss(struct der_element parameters, struct facts *facts) {
    struct der_element part, value, oid;
    facts->is_pss = true;
    facts->pss_digest = GNUTLS_DIG_SHA1;
    facts->salt_size = 20;
    while (der_take(&parameters, &part)) {
        if (!der_take(&part, &value))
            continue;
        if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED) && der_take(&value, &oid))
            facts->pss_digest = digest_of(oid);
        if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED | 2)) {
            facts->salt_size = 0;
            for (size_t i = 0; i < value.size && facts->salt_size < 4096; i++)
                facts->salt_size = facts->salt_size * 256 + value.data[i];
        }
    }
    facts->digest_size = (unsigned)gnutls_hash_get_len(facts->pss_digest);
}

static void read_signature_algorithm(struct der_element algorithm, struct facts *facts) {
    struct der_element oid, parameters = {0};
    if (!der_take(&algorithm, &oid) || !is_oid(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9))
        return;
    der_take(&algorithm, &parameters);
    read_pss(parameters, facts);
}

static bool take_extensions(struct der_element list, struct facts *facts) {
    struct der_element one, part;
    size_t count = 0;
    for (struct der_element rest = list; der_take(&rest, &one);)
        count++;
    facts->extensions = calloc(count + 1, sizeof *facts->extensions);
    if (!facts->extensions)
        return false;
    while (der_take(&list, &one)) {
        struct fact_extension *extension = &facts->extensions[facts->extension_count];
        if (!der_take(&one, &part) || part.tag != DER_OBJECT_IDENTIFIER)
            continue;
        extension->oid = span_of(part);
        bool has = der_take(&one, &part);
        if (has && part.tag == DER_BOOLEAN) {
            if (part.size == 1 && part.data[0] != 0 && part.data[0] != 0xff)
                facts->oddities |= FACT_ODD_BOOLEAN;
            extension->is_critical = part.size == 1 && part.data[0] != 0;
            has = der_take(&one, &part);
        }
        if (has && part.tag == DER_OCTET_STRING)
            extension->value = span_of(part);
        facts->extension_count++;
    }
    return true;
}

/* What comes behind the version. False: that is no certificate's. */
static bool read_body(struct der_element body, struct facts *facts, struct fact_span *validity,
                      bool *no_memory) {
    struct der_element part, list;
    struct fact_span unused;
    struct der_element first = body;
    if (der_take(&first, &part) && part.tag == (DER_CONTEXT | DER_CONSTRUCTED))
        body = first;
    if (!der_take(&body, &part))
        return false;
    facts->serial = span_of(part);
    if (!der_take(&body, &part) || !take_whole(&body, &facts->issuer, &part) ||
        !der_take(&body, &part))
        return false;
    *validity = span_of(part);
    if (!take_whole(&body, &facts->subject, &part) || !take_whole(&body, &facts->public_key, &part))
        return false;
    while (take_whole(&body, &unused, &part))
        if (part.tag == (DER_CONTEXT | DER_CONSTRUCTED | 3) && der_take(&part, &list) &&
            !facts->extensions)
            *no_memory = !take_extensions(list, facts);
    return true;
}

static bool read_structure(struct facts *facts, struct fact_span *validity, struct error *err) {
    struct der_element rest = {0, facts->der.data, facts->der.size}, whole, body, algorithm, bits;
    bool failed = false;
    if (!der_take(&rest, &whole) || !take_whole(&whole, &facts->signed_part, &body) ||
        !der_take(&whole, &algorithm) || !der_take(&whole, &bits) || bits.size < 1 ||
        !read_body(body, facts, validity, &failed)) {
        error_set(err, ERROR_INPUT, "the certificate cannot be read");
        return false;
    }
    facts->signature = (struct fact_span){bits.data + 1, bits.size - 1};
    read_signature_algorithm(algorithm, facts);
    return !failed || no_memory(err);
}

/* ---- what GnuTLS reads ---- */

static enum fact_key curve_of(gnutls_ecc_curve_t curve) {
    switch (curve) {
    case GNUTLS_ECC_CURVE_SECP224R1:
        return FACT_KEY_P224;
    case GNUTLS_ECC_CURVE_SECP256R1:
        return FACT_KEY_P256;
    case GNUTLS_ECC_CURVE_SECP384R1:
        return FACT_KEY_P384;
    case GNUTLS_ECC_CURVE_SECP521R1:
        return FACT_KEY_P521;
    default:
        return FACT_KEY_OTHER;
    }
}

static void read_key(struct facts *facts) {
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    int algorithm = gnutls_x509_crt_get_pk_algorithm(facts->crt, &facts->key_bits);
    switch (algorithm) {
    case GNUTLS_PK_RSA:
        facts->key_kind = FACT_KEY_RSA;
        break;
    case GNUTLS_PK_RSA_PSS:
        facts->key_kind = FACT_KEY_RSA_PSS;
        break;
    case GNUTLS_PK_EDDSA_ED25519:
        facts->key_kind = FACT_KEY_ED25519;
        break;
    case GNUTLS_PK_EDDSA_ED448:
        facts->key_kind = FACT_KEY_ED448;
        break;
    case GNUTLS_PK_ECDSA:
        if (gnutls_x509_crt_get_pk_ecc_raw(facts->crt, &curve, NULL, NULL) == 0)
            facts->key_kind = curve_of(curve);
        break;
    default:
        break;
    }
    if (gnutls_pubkey_init(&facts->key) < 0 ||
        gnutls_pubkey_import_x509(facts->key, facts->crt, 0) < 0) {
        gnutls_pubkey_deinit(facts->key);
        facts->key = NULL;
    }
}

/* After read_structure. */
static void read_digest(struct facts *facts) {
    int algorithm = gnutls_x509_crt_get_signature_algorithm(facts->crt);
    gnutls_sign_algorithm_t sign =
        algorithm < 0 ? GNUTLS_SIGN_UNKNOWN : (gnutls_sign_algorithm_t)algorithm;
    if (sign == GNUTLS_SIGN_EDDSA_ED25519 || sign == GNUTLS_SIGN_EDDSA_ED448) {
        facts->digest = FACT_DIGEST_EDDSA;
        return;
    }
    switch (facts->is_pss ? facts->pss_digest : gnutls_sign_get_hash_algorithm(sign)) {
    case GNUTLS_DIG_MD2:
    case GNUTLS_DIG_MD5:
        facts->digest = FACT_DIGEST_BROKEN;
        break;
    case GNUTLS_DIG_SHA1:
        facts->digest = FACT_DIGEST_SHA1;
        break;
    case GNUTLS_DIG_SHA224:
        facts->digest = FACT_DIGEST_SHA224;
        break;
    case GNUTLS_DIG_SHA256:
    case GNUTLS_DIG_SHA384:
    case GNUTLS_DIG_SHA512:
        facts->digest = FACT_DIGEST_SHA2;
        break;
    default:
        break;
    }
}

/* NULL: it has none, or out of memory. */
static char *name_text(gnutls_x509_crt_t crt,
                       int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned)) {
    gnutls_datum_t text = {0};
    int code = get(crt, &text, 0);
    char *copy = code < 0 ? strdup("") : strndup((const char *)text.data, text.size);
    gnutls_free(text.data);
    return copy;
}

/* Letters small, runs of spaces one, none at the ends of a value: as much of RFC 4518 as names in
 * certificates need. */
static char *folded(const char *text) {
    char *out = strdup(text ? text : "");
    size_t size = 0;
    for (const char *at = out; at && *at; at++) {
        char c = *at;
        if (c == '\\' && at[1] == ' ')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool is_inner = size > 0 && !strchr(" ,+=", out[size - 1]);
        if (c == ' ' && !is_inner)
            continue;
        if ((c == ',' || c == '+') && size > 0 && out[size - 1] == ' ')
            size--;
        out[size++] = c;
    }
    if (out)
        out[size > 0 && out[size - 1] == ' ' ? size - 1 : size] = '\0';
    return out;
}

char *facts_fold_subject(gnutls_x509_crt_t crt) {
    char *text = name_text(crt, gnutls_x509_crt_get_dn3);
    char *out = text ? folded(text) : NULL;
    free(text);
    return out;
}

static void read_common_name(struct facts *facts) {
    for (unsigned i = 0;; i++) {
        char text[512];
        size_t size = sizeof text;
        int code = gnutls_x509_crt_get_dn_by_oid(facts->crt, GNUTLS_OID_X520_COMMON_NAME, i, 0,
                                                 text, &size);
        if (code == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (code < 0)
            return;
        free(facts->common_name);
        facts->common_name = strndup(text, size);
    }
}

static bool read_texts(struct facts *facts, struct error *err) {
    facts->version = gnutls_x509_crt_get_version(facts->crt);
    facts->not_before = gnutls_x509_crt_get_activation_time(facts->crt);
    facts->not_after = gnutls_x509_crt_get_expiration_time(facts->crt);
    facts->subject_text = name_text(facts->crt, gnutls_x509_crt_get_dn3);
    facts->issuer_text = name_text(facts->crt, gnutls_x509_crt_get_issuer_dn3);
    facts->subject_folded = folded(facts->subject_text);
    facts->issuer_folded = folded(facts->issuer_text);
    read_common_name(facts);
    return (facts->subject_text && facts->issuer_text && facts->subject_folded &&
            facts->issuer_folded) ||
           no_memory(err);
}

/* The certificate without its extensions, which are read here. GnuTLS takes none whose extensions
 * it cannot read; many a client does. */
static bool strip(const struct blob *der, struct blob *out) {
    struct der_element rest = {0, der->data, der->size}, whole, body, part;
    struct fact_span bytes;
    struct buffer plain = {0};
    if (!der_take(&rest, &whole) || !der_take(&whole, &body))
        return false;
    while (take_whole(&body, &bytes, &part))
        if (part.tag != (DER_CONTEXT | DER_CONSTRUCTED | 3))
            buffer_append(&plain, bytes.data, bytes.size);
    der_close(&plain, 0, DER_SEQUENCE);
    buffer_append(&plain, whole.data, whole.size);
    der_close(&plain, 0, DER_SEQUENCE);
    return der_give(&plain, out, NULL);
}

static int import(gnutls_x509_crt_t *crt, const struct blob *der) {
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    gnutls_x509_crt_deinit(*crt); /* one that could not be read is in no state to be used */
    *crt = NULL;
    int code = gnutls_x509_crt_init(crt);
    return code < 0 ? code : gnutls_x509_crt_import(*crt, &datum, GNUTLS_X509_FMT_DER);
}

static bool import_at_all(struct facts *facts, struct error *err) {
    struct blob plain = {0};
    int code = import(&facts->crt, &facts->der);
    if (code < 0 && strip(&facts->der, &plain) && import(&facts->crt, &plain) >= 0)
        code = 0;
    blob_finish(&plain);
    if (code >= 0)
        return true;
    if (code == GNUTLS_E_MEMORY_ERROR)
        return no_memory(err);
    error_set(err, ERROR_INPUT, "the certificate cannot be read (%s)", gnutls_strerror(code));
    return false;
}

bool facts_gather(const struct blob *der, struct facts *out, struct error *err) {
    struct facts facts = {.path_length = -1, .explicit_policy = -1};
    bool ok = (blob_copy(der->data, der->size, &facts.der) || no_memory(err)) &&
              import_at_all(&facts, err);
    if (ok) {
        read_key(&facts);
        struct fact_span validity = {0};
        ok = read_texts(&facts, err) && read_structure(&facts, &validity, err) &&
             (facts_read_extensions(&facts) || no_memory(err));
        if (ok)
            facts_find_oddities(&facts, validity);
        read_digest(&facts);
    }
    if (ok)
        *out = facts;
    else
        facts_finish(&facts);
    return ok;
}

/* ---- who issued whom ---- */

bool facts_is_self_issued(const struct facts *facts) {
    return strcmp(facts->subject_folded, facts->issuer_folded) == 0;
}

/* GnuTLS tries RSASSA-PSS with a salt of the digest's length, unless the key says otherwise. */
static bool is_odd_signature_good(const struct facts *facts, const struct facts *issuer,
                                  const gnutls_datum_t *data, const gnutls_datum_t *signature) {
    gnutls_pubkey_t key = NULL;
    gnutls_x509_spki_t told = NULL;
    bool is_good = false;
    if (gnutls_x509_spki_init(&told) == 0 && gnutls_pubkey_init(&key) == 0 &&
        gnutls_pubkey_import_x509(key, issuer->crt, 0) == 0) {
        int algorithm = gnutls_x509_crt_get_signature_algorithm(facts->crt);
        gnutls_x509_spki_set_rsa_pss_params(told, facts->pss_digest, facts->salt_size);
        is_good = gnutls_pubkey_set_spki(key, told, 0) == 0 &&
                  gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t)algorithm,
                                             GNUTLS_VERIFY_ALLOW_BROKEN, data, signature) >= 0;
    }
    if (key)
        gnutls_pubkey_deinit(key);
    if (told)
        gnutls_x509_spki_deinit(told);
    return is_good;
}

bool facts_signed_by(const struct facts *facts, const struct facts *issuer) {
    const unsigned flags = GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1;
    int algorithm = gnutls_x509_crt_get_signature_algorithm(facts->crt);
    const gnutls_datum_t data = {(unsigned char *)facts->signed_part.data,
                                 (unsigned)facts->signed_part.size};
    const gnutls_datum_t signature = {(unsigned char *)facts->signature.data,
                                      (unsigned)facts->signature.size};
    if (!issuer->key || issuer->key_kind == FACT_KEY_OTHER || algorithm <= 0)
        return true;
    if (gnutls_pubkey_verify_data2(issuer->key, (gnutls_sign_algorithm_t)algorithm, flags, &data,
                                   &signature) >= 0)
        return true;
    return facts->is_pss && facts->salt_size != facts->digest_size &&
           is_odd_signature_good(facts, issuer, &data, &signature);
}

bool facts_names_key_of(const struct facts *facts, const struct facts *issuer) {
    if (facts->issuer_key.data && issuer->subject_key.data &&
        !fact_span_equal(facts->issuer_key, issuer->subject_key))
        return false;
    return !facts->issuer_serial.data || fact_span_equal(facts->issuer_serial, issuer->serial);
}

bool facts_names_issuer_of(const struct facts *facts, const struct facts *issuer) {
    return !facts->issuer_issuer.data || fact_span_equal(facts->issuer_issuer, issuer->issuer);
}
