/* What is unwise about a chain, whoever the client is. A table: one remark for each. */
#include "trust/family.h"
#include "trust/known.h"
#include "trust/rule_tests.h"

#include <stdlib.h>
#include <string.h>

void trust_remarks_finish(struct trust_remarks *remarks) {
    for (size_t i = 0; i < remarks->count; i++) {
        free(remarks->items[i].text);
        free(remarks->items[i].mend);
    }
    free(remarks->items);
    *remarks = (struct trust_remarks){0};
}

struct remarking {
    const struct trust_evidence *evidence;
    const struct known *known;
    struct trust_remarks *out;
    bool failed; /* out of memory */
};

static const struct facts *sent(const struct remarking *remarking, size_t i) {
    return &remarking->known->items[remarking->known->sent[i]].facts;
}

static size_t sent_count(const struct remarking *remarking) {
    return remarking->known->sent_count;
}

/* Takes `text`, whose memory is a buffer's. */
static void add(struct remarking *remarking, struct buffer *text, const char *mend) {
    struct trust_remarks *out = remarking->out;
    struct trust_remark *items = realloc(out->items, (out->count + 1) * sizeof *items);
    if (items)
        out->items = items;
    struct trust_remark remark = {buffer_take(text), strdup(mend)};
    if (!items || !remark.text || !remark.mend) {
        free(remark.text);
        free(remark.mend);
        remarking->failed = true;
        return;
    }
    items[out->count++] = remark;
}

/* ---- the chain as it was sent ---- */

static bool issued(const struct remarking *remarking, size_t issuer, size_t which) {
    const size_t *order = remarking->known->sent;
    return known_names(remarking->known, order[which], order[issuer]) &&
           known_signed(remarking->known, order[which], order[issuer]);
}

/* Those that lead from the server's own upward: whose place on the way is known. */
static void reach(const struct remarking *remarking, bool *reached) {
    bool more = true;
    reached[0] = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < sent_count(remarking); i++)
            for (size_t j = 0; reached[i] && j < sent_count(remarking); j++)
                if (!reached[j] && issued(remarking, j, i))
                    reached[j] = more = true;
    }
}

static bool has_known_issuer(const struct remarking *remarking, size_t place) {
    for (size_t i = 0; i < remarking->known->count; i++)
        if (known_names(remarking->known, place, i) && known_signed(remarking->known, place, i))
            return true;
    return false;
}

static void remark_incomplete(struct remarking *remarking, const bool *reached) {
    size_t top = 0;
    for (size_t i = 0; i < sent_count(remarking); i++)
        if (reached[i]) {
            top = i;
            if (remarking->known->items[remarking->known->sent[i]].is_anchor ||
                facts_is_self_issued(sent(remarking, i)))
                return;
        }
    if (has_known_issuer(remarking, remarking->known->sent[top]))
        return;
    struct buffer text = {0};
    buffer_printf(&text, "the chain is incomplete: the issuer %s is neither sent nor trusted here",
                  sent(remarking, top)->issuer_text);
    add(remarking, &text,
        "add the missing certificates to the entry (mailstorectl import NAME.pem CHAIN.pem); some "
        "clients fetch them by themselves, most do not");
}

static void remark_strangers(struct remarking *remarking, const bool *reached) {
    for (size_t i = 1; i < sent_count(remarking); i++) {
        if (reached[i])
            continue;
        struct buffer text = {0};
        buffer_printf(&text, "%s is sent along, and has nothing to do with the certificate",
                      sent(remarking, i)->subject_text);
        add(remarking, &text, "take it out of the entry's chain");
    }
}

static void remark_order(struct remarking *remarking, const bool *reached) {
    for (size_t i = 1; i < sent_count(remarking); i++) {
        if (remarking->known->sent[i] == remarking->known->sent[i - 1]) {
            struct buffer text = {0};
            buffer_printf(&text, "%s is sent twice", sent(remarking, i)->subject_text);
            add(remarking, &text, "send each certificate once");
            return;
        }
        if (!reached[i] || issued(remarking, i, i - 1))
            continue;
        struct buffer text = {0};
        buffer_printf(&text,
                      "the chain is out of order: %s stands behind %s, which it did not issue",
                      sent(remarking, i)->subject_text, sent(remarking, i - 1)->subject_text);
        add(remarking, &text,
            "send each certificate behind the one that it issued (RFC 8446, 4.4.2)");
        return;
    }
}

static void remark_chain(struct remarking *remarking) {
    bool *reached = calloc(sent_count(remarking) + 1, sizeof *reached);
    if (!reached) {
        remarking->failed = true;
        return;
    }
    reach(remarking, reached);
    remark_incomplete(remarking, reached);
    remark_order(remarking, reached);
    remark_strangers(remarking, reached);
    free(reached);
}

/* ---- each certificate ---- */

static const char *name_of(const struct facts *facts, size_t i) {
    return i == 0 ? "the certificate" : facts->subject_text;
}

static void remark_key(struct remarking *remarking, const struct facts *facts, size_t i) {
    enum { LEAST_BITS = 2048 };
    bool is_rsa = facts->key_kind == FACT_KEY_RSA || facts->key_kind == FACT_KEY_RSA_PSS;
    if (!is_rsa || facts->key_bits >= LEAST_BITS)
        return;
    struct buffer text = {0};
    buffer_printf(&text, "the key of %s is weak: RSA of %u bits", name_of(facts, i),
                  facts->key_bits);
    add(remarking, &text, "make it again with a P-256 key, or RSA of 2048 bits or more");
}

/* That of a root is not looked at. */
static void remark_signature(struct remarking *remarking, const struct facts *facts, size_t i) {
    if ((facts->digest != FACT_DIGEST_SHA1 && facts->digest != FACT_DIGEST_BROKEN) ||
        facts_is_self_issued(facts))
        return;
    struct buffer text = {0};
    buffer_printf(&text, "the signature of %s is weak: made with %s", name_of(facts, i),
                  facts->digest == FACT_DIGEST_SHA1 ? "SHA-1" : "MD5");
    add(remarking, &text, "have it issued again with SHA-256");
}

static void remark_serial(struct remarking *remarking, const struct facts *facts, size_t i) {
    enum { MOST_OCTETS = 20 };
    bool is_zero = true;
    for (size_t at = 0; at < facts->serial.size; at++)
        is_zero = is_zero && facts->serial.data[at] == 0;
    bool is_negative = facts->serial.size > 0 && (facts->serial.data[0] & 0x80);
    if (!is_zero && !is_negative && facts->serial.size <= MOST_OCTETS)
        return;
    struct buffer text = {0};
    buffer_printf(&text, "the serial number of %s is %s, which RFC 5280 forbids", name_of(facts, i),
                  is_negative ? "negative"
                  : is_zero   ? "zero"
                              : "longer than 20 octets");
    add(remarking, &text, "have it issued again; Go 1.23 and newer refuse a negative one");
}

static void remark_life(struct remarking *remarking, const struct facts *leaf) {
    int64_t days = (leaf->not_after - leaf->not_before) / RULE_DAY_S;
    if (!trust_apple_refuses_life(leaf->not_before, leaf->not_after))
        return;
    struct buffer text = {0};
    buffer_printf(&text, "it lives %lld days: too long for Apple's clients, which take 825",
                  (long long)days);
    add(remarking, &text, "where there are such clients, make it again for 824 days at most");
}

static void remark_end(struct remarking *remarking, const struct facts *facts, size_t i) {
    enum { SOON_DAYS = 21 };
    int64_t left = facts->not_after - remarking->evidence->now;
    if (left < 0 || left > (int64_t)SOON_DAYS * RULE_DAY_S)
        return;
    struct buffer text = {0};
    buffer_printf(&text, "%s expires in %lld days", name_of(facts, i),
                  (long long)(left / RULE_DAY_S));
    add(remarking, &text, "renew it in time");
}

static void remark_issuers_end(struct remarking *remarking, const struct facts *leaf) {
    for (size_t i = 1; i < sent_count(remarking); i++) {
        const struct facts *facts = sent(remarking, i);
        if (facts->not_after >= leaf->not_after ||
            strcmp(facts->subject_folded, leaf->issuer_folded) != 0)
            continue;
        struct buffer text = {0};
        buffer_printf(&text, "its issuer %s expires before it does", facts->subject_text);
        add(remarking, &text, "renew the issuer's certificate in time");
        return;
    }
}

bool trust_remark_all(const struct trust_evidence *evidence, struct trust_remarks *out,
                      struct error *err) {
    struct known known = {0};
    struct trust_remarks remarks = {0};
    struct remarking remarking = {evidence, &known, &remarks, false};
    if (!known_gather(evidence, &known, err))
        return false;
    const struct facts *leaf = &known.items[0].facts;
    remark_chain(&remarking);
    for (size_t i = 0; i < known.count; i++) {
        if (!known.items[i].is_sent)
            continue;
        remark_key(&remarking, &known.items[i].facts, i);
        remark_signature(&remarking, &known.items[i].facts, i);
        remark_serial(&remarking, &known.items[i].facts, i);
        remark_end(&remarking, &known.items[i].facts, i);
    }
    remark_life(&remarking, leaf);
    remark_issuers_end(&remarking, leaf);
    known_finish(&known);
    if (!remarking.failed) {
        *out = remarks;
        return true;
    }
    trust_remarks_finish(&remarks);
    error_set(err, ERROR_MEMORY, "chain: out of memory");
    return false;
}
