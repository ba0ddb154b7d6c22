#include "trust/words.h"

#include "base/time_text.h"
#include "certs/names.h"
#include "trust/name_fit.h"

#include <gnutls/abstract.h>
#include <string.h>

static const struct facts *end_of(const struct rule_view *view) {
    return &view->known->items[view->route->steps[view->route->count - 1]].facts;
}

/* ---- names: "a, b and 3 more" ---- */

static void append_name(struct buffer *out, const struct fact_name *name) {
    char text[NAME_SIZE];
    if (name->kind == FACT_NAME_ADDRESS && address_text(name->value.data, name->value.size, text))
        buffer_append_text(out, text);
    else
        for (size_t i = 0; i < name->value.size; i++)
            buffer_append(out, name->value.data[i] ? (const char *)&name->value.data[i] : "?", 1);
}

static void append_names(struct buffer *out, const struct rule_view *view) {
    enum { MOST = 4 };
    const struct facts *leaf = view->leaf;
    size_t shown = 0, all = 0;
    for (size_t i = 0; i < leaf->names.count; i++) {
        const struct fact_name *name = &leaf->names.items[i];
        if (name->kind != FACT_NAME_DNS && name->kind != FACT_NAME_ADDRESS)
            continue;
        if (++all > MOST)
            continue;
        buffer_append_text(out, shown++ > 0 ? ", " : "");
        append_name(out, name);
    }
    if (all > shown)
        buffer_printf(out, " and %zu more", all - shown);
    if (all == 0)
        buffer_append_text(out, leaf->common_name ? leaf->common_name : "no host");
}

/* ---- the others ---- */

static void append_it(struct buffer *out, const struct rule_view *view) {
    if (view->at == 0)
        buffer_append_text(out, "it");
    else
        buffer_printf(out, "the certificate of %s", view->own->subject_text);
}

static void append_time(struct buffer *out, int64_t at) {
    char text[TIME_TEXT_SIZE];
    buffer_append_text(out, time_text(at, text));
}

static void append_key(struct buffer *out, const struct facts *facts) {
    if (facts->key_kind == FACT_KEY_RSA || facts->key_kind == FACT_KEY_RSA_PSS)
        buffer_printf(out, "RSA %u", facts->key_bits);
    else if (facts->key_kind == FACT_KEY_P521 || facts->key_kind == FACT_KEY_P224)
        buffer_append_text(out, facts->key_kind == FACT_KEY_P521 ? "ECDSA P-521" : "ECDSA P-224");
    else
        buffer_append_text(out, "of another kind");
}

static void append_signature(struct buffer *out, const struct facts *facts) {
    int algorithm = gnutls_x509_crt_get_signature_algorithm(facts->crt);
    const char *name =
        algorithm < 0 ? NULL : gnutls_sign_get_name((gnutls_sign_algorithm_t)algorithm);
    buffer_append_text(out, name ? name : "an algorithm");
}

/* "2.5.29.17" (X.690, 8.19). */
static void append_oid(struct buffer *out, struct fact_span oid) {
    unsigned long long arc = 0;
    bool is_first = true;
    for (size_t i = 0; i < oid.size; i++) {
        arc = arc << 7 | (oid.data[i] & 0x7f);
        if (oid.data[i] & 0x80)
            continue;
        if (is_first) {
            unsigned long long top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
            buffer_printf(out, "%llu.%llu", top, arc - 40 * top);
        } else {
            buffer_printf(out, ".%llu", arc);
        }
        is_first = false;
        arc = 0;
    }
}

static bool is(const char *word, size_t size, const char *wanted) {
    return strlen(wanted) == size && memcmp(word, wanted, size) == 0;
}

/* Those about the certificate of this step. False: there is no such word. */
static bool append_own(struct buffer *out, const char *word, size_t size,
                       const struct rule_view *view) {
    const struct facts *own = view->own;
    if (is(word, size, "it"))
        append_it(out, view);
    else if (is(word, size, "begins"))
        append_time(out, own->not_before);
    else if (is(word, size, "ends"))
        append_time(out, own->not_after);
    else if (is(word, size, "days"))
        buffer_printf(out, "%lld", (long long)((own->not_after - own->not_before) / RULE_DAY_S));
    else if (is(word, size, "key"))
        append_key(out, own);
    else if (is(word, size, "signature"))
        append_signature(out, own);
    else if (is(word, size, "extension"))
        append_oid(out, rule_unknown_extension(own, view->family));
    else if (is(word, size, "encoding"))
        buffer_append_text(out, rule_encoding_text(own, ~(unsigned)FACT_ODD_TIMES, view->family));
    else if (is(word, size, "time_encoding"))
        buffer_append_text(out, rule_encoding_text(own, FACT_ODD_TIMES, view->family));
    else
        return false;
    return true;
}

static bool append_word(struct buffer *out, const char *word, size_t size,
                        const struct rule_view *view, enum trust_family_id family) {
    if (is(word, size, "names"))
        append_names(out, view);
    else if (is(word, size, "host"))
        buffer_append_text(out, view->evidence->host);
    else if (is(word, size, "issuer"))
        buffer_append_text(out, view->leaf->issuer_text);
    else if (is(word, size, "end"))
        buffer_append_text(out, end_of(view)->subject_text);
    else if (is(word, size, "end_issuer"))
        buffer_append_text(out, end_of(view)->issuer_text);
    else if (is(word, size, "trust"))
        buffer_append_text(out, trust_families[family].trust);
    else
        return append_own(out, word, size, view);
    return true;
}

char *words_fill(const char *text, const struct rule_view *view, enum trust_family_id family) {
    struct buffer out = {0};
    while (*text) {
        size_t plain = strcspn(text, "{");
        buffer_append(&out, text, plain);
        text += plain;
        const char *end = *text ? strchr(text, '}') : NULL;
        if (!end)
            break;
        if (!append_word(&out, text + 1, (size_t)(end - text) - 1, view, family))
            buffer_append(&out, text, (size_t)(end - text) + 1);
        text = end + 1;
    }
    return buffer_take(&out);
}
