#include "trust/rule_tests.h"

#include "certs/der.h"
#include "trust/constraint_fit.h"
#include "trust/name_fit.h"

#include <string.h>

static const struct facts *step(const struct rule_view *view, size_t i) {
    return &view->known->items[view->route->steps[i]].facts;
}

static size_t last_of(const struct rule_view *view) {
    return view->route->count - 1;
}

static const struct known_certificate *end_of(const struct rule_view *view) {
    return &view->known->items[view->route->steps[last_of(view)]];
}

static bool is_last(const struct rule_view *view) {
    return view->at == last_of(view);
}

/* ---- where the way ends ---- */

bool rule_leaf_as_anchor(const struct rule_view *view) {
    return view->known->items[0].is_anchor && !facts_is_self_issued(view->leaf) &&
           (view->route->count == 1 || !view->route->is_anchored);
}

/* OpenSSL goes on from it and does not come to an end; Windows takes none that is not a root. */
bool rule_middle_as_anchor(const struct rule_view *view) {
    const struct known_certificate *end = end_of(view);
    return view->route->count > 1 && end->is_anchor && !facts_is_self_issued(&end->facts);
}

bool rule_self_signed(const struct rule_view *view) {
    return !view->route->is_anchored && view->route->count == 1 && facts_is_self_issued(view->leaf);
}

bool rule_unknown_root(const struct rule_view *view) {
    return !view->route->is_anchored && view->route->count > 1 &&
           facts_is_self_issued(&end_of(view)->facts);
}

bool rule_impostor(const struct rule_view *view) {
    size_t last = view->route->steps[last_of(view)];
    if (view->route->is_anchored)
        return false;
    for (size_t i = 0; i < view->known->count; i++)
        if (i != last && known_names(view->known, last, i) && !known_signed(view->known, last, i))
            return true;
    return false;
}

bool rule_unknown_issuer(const struct rule_view *view) {
    return !view->route->is_anchored;
}

/* ---- between its steps ---- */

bool rule_broken_signature(const struct rule_view *view) {
    for (size_t i = 0; i < last_of(view); i++)
        if (!known_signed(view->known, view->route->steps[i], view->route->steps[i + 1]))
            return true;
    return false;
}

/* OpenSSL does not find such an issuer, Java does not believe such an anchor. */
bool rule_other_identifier(const struct rule_view *view) {
    size_t last = view->route->steps[last_of(view)];
    if (view->route->is_anchored)
        return last_of(view) > 0 &&
               !facts_names_key_of(step(view, last_of(view) - 1), step(view, last_of(view)));
    for (size_t i = 0; i < view->known->count; i++)
        if (known_names(view->known, last, i) && known_signed(view->known, last, i) &&
            (!facts_names_key_of(step(view, last_of(view)), &view->known->items[i].facts) ||
             (view->family == RULE_O &&
              !facts_names_issuer_of(step(view, last_of(view)), &view->known->items[i].facts))))
            return true;
    return false;
}

static bool has_same_names(const struct facts *a, const struct facts *b) {
    if (a->names.count != b->names.count)
        return false;
    for (size_t i = 0; i < a->names.count; i++)
        if (a->names.items[i].kind != b->names.items[i].kind ||
            !fact_span_equal(a->names.items[i].value, b->names.items[i].value))
            return false;
    return true;
}

/* Firefox and Go do not go to a certificate that has the subject and the key of one below it; to
 * Go alternative names, too, make it another. */
bool rule_key_again(const struct rule_view *view) {
    for (size_t i = 1; i < view->route->count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct facts *one = step(view, i), *other = step(view, j);
            if (fact_span_equal(one->subject, other->subject) &&
                fact_span_equal(one->public_key, other->public_key) &&
                (view->family != RULE_G || has_same_names(one, other)))
                return true;
        }
    return false;
}

bool rule_other_spelling(const struct rule_view *view) {
    for (size_t i = 0; i < last_of(view); i++)
        if (!fact_span_equal(step(view, i)->issuer, step(view, i + 1)->subject))
            return true;
    return false;
}

/* Between the server's own and the anchor. */
static size_t steps_between(const struct rule_view *view) {
    return view->route->is_anchored && view->route->count > 2 ? view->route->count - 2 : 0;
}

bool rule_deep_firefox(const struct rule_view *view) {
    enum { MOST = 6 }; /* pkixbuild.cpp, MAX_SUBCA_COUNT */
    return steps_between(view) > MOST;
}

bool rule_deep_java(const struct rule_view *view) {
    enum { MOST_SENT = 10, MOST_SEARCHED = 5 };
    return view->known->sent_count > MOST_SENT ||
           (view->route->is_searched && steps_between(view) > MOST_SEARCHED);
}

/* Go's and Java's own limits, and that of OpenSSL, from which BoringSSL has its. */
static size_t most_octets(unsigned family) {
    return family == RULE_J ? 32768 : family == RULE_G ? 65536 : 102400;
}

/* The message Certificate of TLS 1.3, of which each certificate has five octets more. */
bool rule_too_large(const struct rule_view *view) {
    enum { HEAD = 8, EACH = 5 };
    size_t size = HEAD;
    for (size_t i = 0; i < view->known->sent_count; i++)
        size += EACH + view->known->items[view->known->sent[i]].facts.der.size;
    return size > most_octets(view->family);
}

/* mozilla::pkix counts octets in 16 bits. */
bool rule_too_large_firefox(const struct rule_view *view) {
    enum { MOST = 65535 };
    return view->own->der.size > MOST;
}

/* NSS finds certificates by issuer and serial number, and refuses one that looks like another. */
bool rule_serial_again(const struct rule_view *view) {
    const struct known *known = view->known;
    for (size_t i = 1; i < known->count; i++)
        for (size_t j = 0; j < i; j++)
            if (fact_span_equal(known->items[i].facts.issuer, known->items[j].facts.issuer) &&
                fact_span_equal(known->items[i].facts.serial, known->items[j].facts.serial))
                return true;
    return false;
}

/* ---- policies (RFC 5280, 6.1) ---- */

static bool has_policy(const struct facts *facts, struct fact_span wanted) {
    static const unsigned char any[] = {0x55, 0x1d, 0x20, 0x00};
    struct der_element rest = {0, facts->policies.data, facts->policies.size}, one, oid;
    while (facts->policies.data && der_take(&rest, &one)) {
        if (!der_take(&one, &oid))
            continue;
        const struct fact_span own = {oid.data, oid.size};
        if (fact_span_equal(own, wanted) ||
            fact_span_equal(own, (struct fact_span){any, sizeof any}) ||
            fact_span_equal(wanted, (struct fact_span){any, sizeof any}))
            return true;
    }
    return false;
}

/* One that stands in each certificate below the anchor. Mappings are not followed. */
static bool shares_policy(const struct rule_view *view) {
    const struct facts *leaf = view->leaf;
    struct der_element rest = {0, leaf->policies.data, leaf->policies.size}, one, oid;
    while (leaf->policies.data && der_take(&rest, &one)) {
        bool everywhere = der_take(&one, &oid);
        for (size_t i = 1; everywhere && i < last_of(view); i++)
            everywhere = has_policy(step(view, i), (struct fact_span){oid.data, oid.size});
        if (everywhere)
            return true;
    }
    return false;
}

bool rule_policy_missing(const struct rule_view *view) {
    int skip = view->own->explicit_policy;
    return skip >= 0 && (size_t)skip <= view->at && !shares_policy(view);
}

/* ---- time ---- */

bool rule_over(const struct rule_view *view) {
    return view->evidence->now > view->own->not_after;
}

bool rule_early(const struct rule_view *view) {
    return view->evidence->now < view->own->not_before;
}

bool rule_out_of_time_and_order(const struct rule_view *view) {
    return view->route->is_searched && (rule_over(view) || rule_early(view));
}

bool trust_apple_refuses_life(int64_t not_before, int64_t not_after) {
    enum { SINCE = 1561939200 }; /* 2019-07-01 */
    /* the last second counts (RFC 5280, 4.1.2.5) */
    return not_before >= SINCE && not_after > not_before &&
           not_after - not_before >= (int64_t)RULE_APPLE_DAYS * RULE_DAY_S;
}

bool rule_long_life(const struct rule_view *view) {
    return trust_apple_refuses_life(view->own->not_before, view->own->not_after);
}

/* ---- what an issuer may ---- */

bool rule_no_authority(const struct rule_view *view) {
    return view->own->has_constraints && !view->own->is_authority;
}

bool rule_no_constraints(const struct rule_view *view) {
    return !view->own->has_constraints && !(is_last(view) && view->route->is_anchored);
}

bool rule_no_constraints_at_anchor(const struct rule_view *view) {
    return !view->own->has_constraints && is_last(view) && view->own->version == 3;
}

bool rule_no_constraints_nor_usage(const struct rule_view *view) {
    return !view->own->has_constraints && is_last(view) && view->own->version > 1 &&
           !view->own->has_usage;
}

bool rule_version_2(const struct rule_view *view) {
    return view->own->version == 2 && !view->own->has_constraints;
}

/* To Go a key usage without any bit is none. */
bool rule_no_cert_sign(const struct rule_view *view) {
    return view->own->has_usage && !(view->own->usage & FACT_USAGE_CERT_SIGN) &&
           (view->own->usage != 0 || view->family != RULE_G);
}

static size_t authorities_below(const struct rule_view *view, bool also_self_issued) {
    size_t count = 0;
    for (size_t i = 1; i < view->at; i++)
        count += also_self_issued || !facts_is_self_issued(step(view, i));
    return count;
}

bool rule_path_length(const struct rule_view *view) {
    return view->own->path_length >= 0 && view->own->is_authority &&
           authorities_below(view, false) > (size_t)view->own->path_length;
}

bool rule_path_length_all(const struct rule_view *view) {
    return view->own->path_length >= 0 && view->own->is_authority &&
           authorities_below(view, true) > (size_t)view->own->path_length;
}

/* ---- name constraints ---- */

/* Of all below it; of itself, where a client takes it for its own issuer. */
static bool breaches(const struct rule_view *view, unsigned breach) {
    if (!view->own->has_name_constraints)
        return false;
    if (view->at == 0)
        return (constraint_breaches(view->own, view->own) & breach) != 0;
    for (size_t i = 0; i < view->at; i++)
        if ((i == 0 || !facts_is_self_issued(step(view, i))) &&
            (constraint_breaches(view->own, step(view, i)) & breach))
            return true;
    return false;
}

bool rule_outside(const struct rule_view *view) {
    return breaches(view, BREACH_NAME);
}

bool rule_outside_directory(const struct rule_view *view) {
    return breaches(view, BREACH_DIRECTORY | (view->family == RULE_F ? BREACH_NO_SUBJECT : 0u));
}

bool rule_excluded_directory(const struct rule_view *view) {
    return breaches(view, BREACH_DIRECTORY_SET);
}

bool rule_outside_common_name(const struct rule_view *view) {
    return breaches(view, BREACH_COMMON_NAME);
}

bool rule_outside_wildcard(const struct rule_view *view) {
    return breaches(view, BREACH_WILDCARD);
}

bool rule_outside_uri(const struct rule_view *view) {
    return breaches(view, BREACH_URI);
}

bool rule_outside_uri_part(const struct rule_view *view) {
    return breaches(view, BREACH_URI_PART);
}

bool rule_outside_email(const struct rule_view *view) {
    return breaches(view, BREACH_SUBJECT_EMAIL);
}

static bool has_empty(const struct fact_names *names) {
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].kind == FACT_NAME_DNS && names->items[i].value.size == 0)
            return true;
    return false;
}

bool rule_empty_constraint(const struct rule_view *view) {
    return has_empty(&view->own->permitted) || has_empty(&view->own->excluded);
}

/* ---- what a certificate is for ---- */

static bool is_for(const struct rule_view *view, unsigned purposes) {
    return (view->own->purposes & purposes) != 0;
}

bool rule_purpose_other(const struct rule_view *view) {
    return view->own->has_purposes && view->own->purposes != 0 &&
           !is_for(view, FACT_PURPOSE_SERVER | FACT_PURPOSE_ANY | FACT_PURPOSE_GATED);
}

bool rule_purpose_any(const struct rule_view *view) {
    return is_for(view, FACT_PURPOSE_ANY) && !is_for(view, FACT_PURPOSE_SERVER) &&
           !((view->family & RULE_O) && is_for(view, FACT_PURPOSE_GATED));
}

bool rule_purpose_gated(const struct rule_view *view) {
    return is_for(view, FACT_PURPOSE_GATED) &&
           !is_for(view, FACT_PURPOSE_SERVER | FACT_PURPOSE_ANY);
}

bool rule_purpose_empty(const struct rule_view *view) {
    return view->own->has_purposes && view->own->purposes == 0;
}

bool rule_purpose_ocsp(const struct rule_view *view) {
    return is_for(view, FACT_PURPOSE_OCSP);
}

bool rule_no_purposes(const struct rule_view *view) {
    return !view->own->has_purposes;
}

bool rule_is_authority(const struct rule_view *view) {
    return view->own->is_authority;
}

bool rule_no_signature(const struct rule_view *view) {
    return view->own->has_usage && !(view->own->usage & FACT_USAGE_SIGNATURE);
}

bool rule_no_usage_at_all(const struct rule_view *view) {
    return view->own->has_usage &&
           !(view->own->usage &
             (FACT_USAGE_SIGNATURE | FACT_USAGE_KEY_ENCIPHERMENT | FACT_USAGE_KEY_AGREEMENT));
}

/* Firefox tries one use of the key after the other, and when none leads to the end it tells of the
 * first that failed. */
bool rule_no_signature_nor_time(const struct rule_view *view) {
    for (size_t i = 0; rule_no_signature(view) && i < view->route->count; i++)
        if (view->evidence->now > step(view, i)->not_after ||
            view->evidence->now < step(view, i)->not_before)
            return true;
    return false;
}

bool rule_netscape_client(const struct rule_view *view) {
    return view->own->has_netscape_type && !(view->own->netscape_type & FACT_NETSCAPE_SERVER);
}

/* RFC 7633: what an issuer asks for, those below it must ask for, too. */
bool rule_staple(const struct rule_view *view) {
    return view->own->has_strange_feature ||
           (view->own->must_staple && (!view->evidence->has_staple || !view->leaf->must_staple));
}

/* ---- signatures and keys ---- */

bool rule_digest_broken(const struct rule_view *view) {
    return view->own->digest == FACT_DIGEST_BROKEN;
}

bool rule_digest_sha1(const struct rule_view *view) {
    return view->own->digest == FACT_DIGEST_SHA1;
}

bool rule_digest_sha1_pss(const struct rule_view *view) {
    return view->own->digest == FACT_DIGEST_SHA1 && view->own->is_pss;
}

bool rule_digest_sha224(const struct rule_view *view) {
    return view->own->digest == FACT_DIGEST_SHA224;
}

bool rule_digest_other(const struct rule_view *view) {
    return view->own->digest == FACT_DIGEST_OTHER;
}

bool rule_salt(const struct rule_view *view) {
    return view->own->is_pss && view->own->salt_size != view->own->digest_size;
}

static bool is_rsa_below(const struct rule_view *view, unsigned bits) {
    return (view->own->key_kind == FACT_KEY_RSA || view->own->key_kind == FACT_KEY_RSA_PSS) &&
           view->own->key_bits < bits;
}

bool rule_rsa_1024(const struct rule_view *view) {
    return is_rsa_below(view, 1024);
}

bool rule_rsa_2048(const struct rule_view *view) {
    return is_rsa_below(view, 2048);
}

/* Security level 2 asks for 112 bits, and RSA_security_bits, which rounds, gives them from here. */
bool rule_rsa_openssl(const struct rule_view *view) {
    return is_rsa_below(view, 1963);
}

bool rule_key_p521(const struct rule_view *view) {
    return view->own->key_kind == FACT_KEY_P521;
}

bool rule_key_p224(const struct rule_view *view) {
    return view->own->key_kind == FACT_KEY_P224;
}

bool rule_key_ed25519(const struct rule_view *view) {
    return view->own->key_kind == FACT_KEY_ED25519;
}

bool rule_key_ed448(const struct rule_view *view) {
    return view->own->key_kind == FACT_KEY_ED448;
}

bool rule_key_pss(const struct rule_view *view) {
    return view->own->key_kind == FACT_KEY_RSA_PSS;
}

bool rule_key_other(const struct rule_view *view) {
    return view->own->key_kind == FACT_KEY_OTHER;
}

/* ---- names ---- */

bool rule_no_names(const struct rule_view *view) {
    return !name_fit_has(view->own, FACT_NAME_DNS) && !name_fit_has(view->own, FACT_NAME_ADDRESS);
}

bool rule_underscore(const struct rule_view *view) {
    return strchr(view->evidence->host, '_') != NULL;
}

bool rule_hyphen(const struct rule_view *view) {
    const char *host = view->evidence->host;
    size_t size = strlen(host);
    return host[0] == '-' || (size > 0 && host[size - 1] == '-') || strstr(host, ".-") ||
           strstr(host, "-.");
}

bool rule_empty_names(const struct rule_view *view) {
    return view->own->has_names && view->own->names.count == 0;
}

/* A SEQUENCE with nothing in it. */
static bool is_empty(struct fact_span name) {
    enum { HEAD = 2 };
    return name.size <= HEAD;
}

bool rule_names_not_critical(const struct rule_view *view) {
    return view->own->has_names && is_empty(view->own->subject) &&
           !rule_is_critical(view->own, "\x55\x1d\x11", 3);
}

bool rule_no_issuer(const struct rule_view *view) {
    return is_empty(view->own->issuer);
}
