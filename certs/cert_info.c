#include "certs/names.h"
#include "certs/parsed.h"

#include <gnutls/crypto.h>
#include <gnutls/x509-ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text in memory of its own size: thousands of certificates are kept. */
static char *take_exactly(struct buffer *text) {
    char *copy = text->failed ? NULL : strdup(text->data ? text->data : "");
    buffer_finish(text);
    return copy;
}

/* Text from a certificate may hold a NUL, which would hide what follows it: written "\00", as
 * RFC 4514 does. */
static char *text_of(const void *data, size_t size) {
    struct buffer text = {0};
    const char *from = data, *end = from + size;
    while (from < end) {
        size_t part = strnlen(from, (size_t)(end - from));
        buffer_append(&text, from, part);
        from += part;
        if (from < end) {
            buffer_append_text(&text, "\\00");
            from++;
        }
    }
    return take_exactly(&text);
}

/* An empty name (RFC 5280 allows it for a subject with alternative names) gives "". */
static char *distinguished_name(int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned),
                                gnutls_x509_crt_t certificate) {
    gnutls_datum_t datum = {0};
    if (get(certificate, &datum, 0) < 0)
        return strdup("");
    char *text = text_of(datum.data, datum.size);
    gnutls_free(datum.data);
    return text;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* GnuTLS gives a value as it would stand in a name's text (RFC 4514): "Foo\, Ltd". A NUL stays as
 * it is written there, "\00", since it would hide what follows. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        bool is_hex = from[0] == '\\' && hex_digit(from[1]) >= 0 && hex_digit(from[2]) >= 0;
        char octet = (char)(is_hex ? hex_digit(from[1]) << 4 | hex_digit(from[2]) : 0);
        if (is_hex && octet != '\0') {
            *to++ = octet;
            from += 2;
        } else if (!is_hex && from[0] == '\\' && from[1] != '\0') {
            *to++ = *++from;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* The last one, the most specific. One with a NUL inside names nothing. */
static bool read_common_name(gnutls_x509_crt_t certificate, char **out) {
    char last[NAME_SIZE] = "";
    for (unsigned i = 0; i < 16; i++) {
        char text[NAME_SIZE] = "";
        size_t size = sizeof text;
        int code = gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, i, 0,
                                                 text, &size);
        if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (code == 0)
            snprintf(last, sizeof last, "%s", memchr(text, '\0', size) ? "" : text);
    }
    unescape(last);
    if (last[0] == '\0')
        return true;
    *out = strdup(last);
    return *out != NULL;
}

static bool add_dns_name(struct cert_info *info, const gnutls_datum_t *name) {
    char *text = text_of(name->data, name->size);
    if (!text)
        return false;
    char normal[NAME_SIZE];
    bool ok = string_list_add_unique(&info->dns_names,
                                     name_normalise(text, true, normal) ? normal : text);
    free(text);
    return ok;
}

static bool add_address(struct cert_info *info, const gnutls_datum_t *octets) {
    char text[NAME_SIZE];
    if (!address_text(octets->data, octets->size, text))
        return true; /* an address of an impossible length names nothing */
    return string_list_add_unique(&info->addresses, text);
}

static bool read_alternative_names(gnutls_x509_crt_t certificate, struct cert_info *info,
                                   struct error *err) {
    bool ok = false;
    gnutls_datum_t extension = {0};
    gnutls_subject_alt_names_t names = NULL;
    int code = gnutls_x509_crt_get_extension_by_oid2(certificate, GNUTLS_X509EXT_OID_SAN, 0,
                                                     &extension, NULL);
    if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return true;
    info->has_alternative_names = true;
    if (code == 0)
        code = gnutls_subject_alt_names_init(&names);
    if (code == 0)
        code = gnutls_x509_ext_import_subject_alt_names(&extension, names, 0);
    if (code < 0) {
        error_set_gnutls(err, code, "its alternative names cannot be read");
        goto done;
    }
    for (unsigned i = 0;; i++) {
        unsigned type = 0;
        gnutls_datum_t name = {0};
        if (gnutls_subject_alt_names_get(names, i, &type, &name, NULL) < 0)
            break;
        if ((type == GNUTLS_SAN_DNSNAME && !add_dns_name(info, &name)) ||
            (type == GNUTLS_SAN_IPADDRESS && !add_address(info, &name))) {
            error_set(err, ERROR_MEMORY, "out of memory");
            goto done;
        }
    }
    ok = true;
done:
    gnutls_subject_alt_names_deinit(names);
    gnutls_free(extension.data);
    return ok;
}

/* The sign's zero octet in front is left out, as every tool prints it. */
static char *serial_text(gnutls_x509_crt_t certificate) {
    unsigned char serial[256];
    size_t size = sizeof serial;
    if (gnutls_x509_crt_get_serial(certificate, serial, &size) < 0)
        size = 0;
    size_t start = size > 1 && serial[0] == 0 ? 1 : 0;
    struct buffer text = {0};
    for (size_t i = start; i < size; i++)
        buffer_printf(&text, "%02X", serial[i]);
    return take_exactly(&text);
}

static void read_key(gnutls_x509_crt_t certificate, struct cert_info *info) {
    unsigned bits = 0;
    int algorithm = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
    if (algorithm == GNUTLS_PK_ECDSA && bits == 528)
        bits = 521; /* GnuTLS counts whole octets */
    info->key_bits = bits;
    struct buffer name = {0};
    switch (algorithm) {
    case GNUTLS_PK_RSA:
        info->key_type = CERT_KEY_RSA;
        buffer_printf(&name, "RSA %u", bits);
        break;
    case GNUTLS_PK_RSA_PSS:
        info->key_type = CERT_KEY_RSA_PSS;
        buffer_printf(&name, "RSA-PSS %u", bits);
        break;
    case GNUTLS_PK_ECDSA:
        info->key_type = bits >= 256 ? CERT_KEY_ECDSA : CERT_KEY_OTHER;
        buffer_printf(&name, "ECDSA P-%u", bits);
        break;
    case GNUTLS_PK_EDDSA_ED25519:
    case GNUTLS_PK_EDDSA_ED448:
        info->key_type = CERT_KEY_EDDSA;
        buffer_append_text(&name, algorithm == GNUTLS_PK_EDDSA_ED448 ? "Ed448" : "Ed25519");
        break;
    default:
        info->key_type = CERT_KEY_OTHER;
        buffer_append_text(
            &name, algorithm < 0 ? "unknown"
                                 : gnutls_pk_algorithm_get_name((gnutls_pk_algorithm_t)algorithm));
    }
    info->key_name = take_exactly(&name);
}

static char *signature_name(gnutls_x509_crt_t certificate) {
    int algorithm = gnutls_x509_crt_get_signature_algorithm(certificate);
    const char *name =
        algorithm < 0 ? NULL : gnutls_sign_get_name((gnutls_sign_algorithm_t)algorithm);
    return strdup(name ? name : "unknown");
}

static bool is_self_issued(gnutls_x509_crt_t certificate) {
    gnutls_datum_t subject = {0}, issuer = {0};
    bool equal = gnutls_x509_crt_get_raw_dn(certificate, &subject) == 0 &&
                 gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer) == 0 &&
                 subject.size == issuer.size &&
                 memcmp(subject.data, issuer.data, subject.size) == 0;
    gnutls_free(subject.data);
    gnutls_free(issuer.data);
    return equal;
}

bool cert_info_from(gnutls_x509_crt_t certificate, const struct blob *der, struct cert_info *out,
                    struct error *err) {
    struct cert_info info = {
        .subject = distinguished_name(gnutls_x509_crt_get_dn3, certificate),
        .issuer = distinguished_name(gnutls_x509_crt_get_issuer_dn3, certificate),
        .serial = serial_text(certificate),
        .signature = signature_name(certificate),
        .not_before = gnutls_x509_crt_get_activation_time(certificate),
        .not_after = gnutls_x509_crt_get_expiration_time(certificate),
        .self_issued = is_self_issued(certificate),
    };
    read_key(certificate, &info);
    unsigned is_authority = 0;
    if (gnutls_x509_crt_get_basic_constraints(certificate, NULL, &is_authority, NULL) >= 0)
        info.is_authority = is_authority != 0;
    bool has_memory =
        info.subject && info.issuer && info.serial && info.signature && info.key_name &&
        read_common_name(certificate, &info.common_name) &&
        gnutls_hash_fast(GNUTLS_DIG_SHA256, der->data, der->size, info.fingerprint) == 0 &&
        gnutls_hash_fast(GNUTLS_DIG_SHA1, der->data, der->size, info.thumbprint) == 0;
    if (!has_memory)
        error_set(err, ERROR_MEMORY, "out of memory");
    if (!has_memory || !read_alternative_names(certificate, &info, err)) {
        cert_info_finish(&info);
        return false;
    }
    *out = info;
    return true;
}

bool cert_info_read(const struct blob *der, struct cert_info *out, struct error *err) {
    gnutls_x509_crt_t certificate = NULL;
    if (!certificate_parse(der, &certificate, err))
        return false;
    bool ok = cert_info_from(certificate, der, out, err);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

/* NULL stays NULL. */
static bool copy_text(const char *text, char **out) {
    *out = text ? strdup(text) : NULL;
    return *out || !text;
}

bool cert_info_copy(const struct cert_info *info, struct cert_info *out) {
    struct cert_info copy = *info;
    copy.dns_names = copy.addresses = (struct string_list){0};
    /* Without a shortcut, so that every pointer of the copy is its own before it is freed. */
    bool ok = copy_text(info->subject, &copy.subject);
    ok &= copy_text(info->issuer, &copy.issuer);
    ok &= copy_text(info->common_name, &copy.common_name);
    ok &= copy_text(info->serial, &copy.serial);
    ok &= copy_text(info->key_name, &copy.key_name);
    ok &= copy_text(info->signature, &copy.signature);
    ok &= string_list_copy(&info->dns_names, &copy.dns_names);
    ok &= string_list_copy(&info->addresses, &copy.addresses);
    if (!ok) {
        cert_info_finish(&copy);
        return false;
    }
    *out = copy;
    return true;
}

const char **cert_info_name_list(const struct cert_info *info) {
    const char **names = calloc(info->dns_names.count + info->addresses.count + 1, sizeof *names);
    size_t used = 0;
    if (!names)
        return NULL;
    for (size_t i = 0; i < info->dns_names.count; i++)
        names[used++] = info->dns_names.items[i];
    for (size_t i = 0; i < info->addresses.count; i++)
        names[used++] = info->addresses.items[i];
    return names;
}

void cert_info_finish(struct cert_info *info) {
    free(info->subject);
    free(info->issuer);
    free(info->common_name);
    string_list_finish(&info->dns_names);
    string_list_finish(&info->addresses);
    free(info->serial);
    free(info->key_name);
    free(info->signature);
    *info = (struct cert_info){0};
}

static bool common_name_is(const struct cert_info *info, const char *host, bool is_address,
                           bool exact) {
    char own[NAME_SIZE];
    if (!info->common_name)
        return false;
    if (is_address)
        return address_normalise(info->common_name, own) && strcmp(own, host) == 0;
    return name_normalise(info->common_name, true, own) &&
           (exact ? strcmp(own, host) == 0 : name_matches(own, host));
}

bool cert_info_names(const struct cert_info *info, const char *host, bool exact) {
    char normal[NAME_SIZE];
    bool is_address = address_normalise(host, normal);
    if (!info->has_alternative_names)
        return common_name_is(info, host, is_address, exact);
    if (is_address)
        return string_list_has(&info->addresses, host);
    if (exact)
        return string_list_has(&info->dns_names, host);
    for (size_t i = 0; i < info->dns_names.count; i++)
        if (name_matches(info->dns_names.items[i], host))
            return true;
    return false;
}

char *fingerprint_text(const unsigned char *bytes, size_t size) {
    struct buffer text = {0};
    for (size_t i = 0; i < size; i++)
        buffer_printf(&text, i > 0 ? ":%02X" : "%02X", bytes[i]);
    return buffer_take(&text);
}
