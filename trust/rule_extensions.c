/* Rules about extensions as a whole: which each family knows, and what its reader stumbles over. */
#include "trust/rule_tests.h"

#include <string.h>

/* ---- critical ones (RFC 5280, 4.2: whoever does not know one must refuse) ---- */

/* Sources: x509v3/v3_purp.c (OpenSSL), crypto/x509/parser.go (Go), sun.security.provider.certpath
 * (Java, and Android's after it), mozilla::pkix's pkixcert.cpp, Chromium's pki/parse_certificate.cc
 * and verify_certificate_chain.cc; Windows and Apple by their documentation. */
static const struct {
    const char *oid;
    size_t size;
    unsigned known_to;
} extensions[] = {
    {"\x55\x1d\x0f", 3, RULE_ALL},                      /* keyUsage */
    {"\x55\x1d\x11", 3, RULE_ALL},                      /* subjectAltName */
    {"\x55\x1d\x13", 3, RULE_ALL},                      /* basicConstraints */
    {"\x55\x1d\x25", 3, RULE_ALL},                      /* extKeyUsage */
    {"\x55\x1d\x1e", 3, RULE_ALL},                      /* nameConstraints; for Go see below */
    {"\x55\x1d\x20", 3, RULE_ALL},                      /* certificatePolicies */
    {"\x55\x1d\x24", 3, RULE_ALL & ~RULE_G},            /* policyConstraints */
    {"\x55\x1d\x36", 3, RULE_ALL & ~RULE_G},            /* inhibitAnyPolicy */
    {"\x55\x1d\x21", 3, RULE_ALL & ~(RULE_G | RULE_F)}, /* policyMappings */
    {"\x55\x1d\x1f", 3, RULE_O | RULE_G | RULE_W},      /* cRLDistributionPoints */
    {"\x55\x1d\x0e", 3, RULE_G | RULE_W | RULE_A},      /* subjectKeyIdentifier */
    {"\x55\x1d\x23", 3, RULE_G | RULE_W | RULE_A},      /* authorityKeyIdentifier */
    {"\x2b\x06\x01\x05\x05\x07\x01\x01", 8, RULE_F | RULE_G | RULE_W}, /* authorityInfoAccess */
    {"\x2b\x06\x01\x05\x05\x07\x01\x18", 8, RULE_F},                   /* TLS feature */
    {"\x2b\x06\x01\x05\x05\x07\x30\x01\x05", 9, RULE_F | RULE_O},      /* OCSP no check */
    {"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", 10, RULE_F},          /* certificate timestamps */
    {"\x2b\x06\x01\x05\x05\x07\x01\x03", 8, RULE_F},                   /* qualified statements */
    {"\x60\x86\x48\x01\x86\xf8\x42\x01\x01", 9, RULE_F | RULE_O},      /* Netscape's type */
    {"\x2b\x06\x01\x05\x05\x07\x01\x07", 8, RULE_O},                   /* address blocks */
    {"\x2b\x06\x01\x05\x05\x07\x01\x08", 8, RULE_O},                   /* AS numbers */
};

static bool is_known_to(struct fact_span oid, unsigned family) {
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (oid.size == extensions[i].size && memcmp(oid.data, extensions[i].oid, oid.size) == 0)
            return (extensions[i].known_to & family) != 0;
    return false;
}

struct fact_span rule_unknown_extension(const struct facts *facts, unsigned family) {
    for (size_t i = 0; i < facts->extension_count; i++)
        if (facts->extensions[i].is_critical && !is_known_to(facts->extensions[i].oid, family))
            return facts->extensions[i].oid;
    return (struct fact_span){0};
}

bool rule_critical(const struct rule_view *view) {
    return rule_unknown_extension(view->own, view->family).data != NULL;
}

static bool has_strange_kind(const struct fact_names *names) {
    for (size_t i = 0; i < names->count; i++)
        if (!strchr("\1\2\6\7", names->items[i].kind) || names->items[i].kind == 0)
            return true;
    return false;
}

bool rule_is_critical(const struct facts *facts, const char *oid, size_t size) {
    for (size_t i = 0; i < facts->extension_count; i++)
        if (facts->extensions[i].oid.size == size &&
            memcmp(facts->extensions[i].oid.data, oid, size) == 0)
            return facts->extensions[i].is_critical;
    return false;
}

bool rule_constraint_kind(const struct rule_view *view) {
    return rule_is_critical(view->own, "\x55\x1d\x1e", 3) &&
           (has_strange_kind(&view->own->permitted) || has_strange_kind(&view->own->excluded));
}

/* ---- what readers stumble over ---- */

bool rule_malformed(const struct rule_view *view) {
    return view->own->is_malformed;
}

static bool is_text(int kind) {
    return kind == FACT_NAME_EMAIL || kind == FACT_NAME_DNS || kind == FACT_NAME_URI;
}

static bool has_foreign_letter(struct fact_span text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80)
            return true;
    return false;
}

/* An IA5String with letters that are none of it, an address of a strange size. */
static bool has_foreign_name(const struct facts *facts) {
    for (size_t i = 0; i < facts->names.count; i++) {
        const struct fact_name *name = &facts->names.items[i];
        if ((is_text(name->kind) && has_foreign_letter(name->value)) ||
            (name->kind == FACT_NAME_ADDRESS && name->value.size != 4 && name->value.size != 16))
            return true;
    }
    return false;
}

bool rule_foreign_letters(const struct rule_view *view) {
    return has_foreign_name(view->own);
}

/* ---- URIs as Go reads them (net/url, Parse; then crypto/x509, domainToReverseLabels) ---- */

static bool is_hex(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool escapes_well(struct fact_span text) {
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
        if (text.data[i] == '%' &&
            (i + 2 >= text.size || !is_hex(text.data[i + 1]) || !is_hex(text.data[i + 2])))
            return false;
    }
    return true;
}

/* Length of the scheme; 0: none. False: a colon where a scheme should be. */
static bool take_scheme(struct fact_span text, size_t *out) {
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.data[i];
        if (c == ':') {
            *out = i;
            return i > 0;
        }
        bool may_follow = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!is_letter(c) && (i == 0 || !may_follow))
            return true;
    }
    return true;
}

static bool is_port(const unsigned char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

static bool is_host(const unsigned char *text, size_t size) {
    bool was_dot = true;
    if (size == 0)
        return true;
    if (text[0] == '[') {
        const unsigned char *end = memchr(text, ']', size);
        size_t used = end ? (size_t)(end - text) + 1 : 0;
        return end &&
               (used == size || (text[used] == ':' && is_port(text + used + 1, size - used - 1)));
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] == ':')
            return is_port(text + i + 1, size - i - 1) && !was_dot;
        /* Of what is escaped in a host, octets beyond ASCII alone are taken. */
        if (text[i] <= ' ' || strchr("\"\\^`{|}", text[i]) || (text[i] == '.' && was_dot) ||
            (text[i] == '%' && i + 1 < size && text[i + 1] < '8'))
            return false;
        was_dot = text[i] == '.';
    }
    return !was_dot;
}

/* net/url, validUserinfo */
static bool is_user(const unsigned char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (!is_letter(text[i]) && !is_port(text + i, 1) &&
            (text[i] == 0 || !strchr("-._:~!$&'()*+,;=%@", text[i])))
            return false;
    return true;
}

static bool go_reads_uri(struct fact_span text) {
    size_t scheme = 0, from = 0, end;
    if (!escapes_well(text) || !take_scheme(text, &scheme))
        return false;
    from = scheme > 0 ? scheme + 1 : 0;
    if (text.size - from < 2 || memcmp(text.data + from, "//", 2) != 0) {
        /* A first segment with a colon would look like a scheme. */
        const unsigned char *colon = memchr(text.data + from, ':', text.size - from);
        const unsigned char *slash = memchr(text.data + from, '/', text.size - from);
        return scheme > 0 || !colon || (slash && slash < colon);
    }
    from += 2;
    for (end = from; end < text.size && !strchr("/?#", text.data[end]); end++)
        if (text.data[end] == '@') {
            if (!is_user(text.data + from, end - from))
                return false;
            from = end + 1;
        }
    return is_host(text.data + from, end - from);
}

static bool go_reads(const struct facts *facts) {
    for (size_t i = 0; i < facts->names.count; i++)
        if (facts->names.items[i].kind == FACT_NAME_URI &&
            !go_reads_uri(facts->names.items[i].value))
            return false;
    return !has_foreign_name(facts) && facts->key_kind != FACT_KEY_OTHER;
}

/* Go reads all that was sent before it looks at any of it. */
bool rule_go_cannot_read(const struct rule_view *view) {
    for (size_t i = 0; i < view->known->count; i++)
        if (view->known->items[i].is_sent && !go_reads(&view->known->items[i].facts))
            return true;
    return false;
}
