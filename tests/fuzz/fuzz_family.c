/* Any octets as a chain: each certificate behind its length, two octets. The first is the server's
 * own; the last, too, is what clients trust. */
#include "trust/facts.h"
#include "trust/family.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 6 };

static size_t take(const uint8_t *data, size_t size, struct blob *chain) {
    size_t count = 0;
    while (size >= 2 && count < MOST) {
        size_t length = (size_t)data[0] << 8 | data[1];
        data += 2;
        size -= 2;
        length = length > size ? size : length;
        chain[count++] = (struct blob){(unsigned char *)data, length};
        data += length;
        size -= length;
    }
    return count;
}

/* Every octet that the facts borrow is the certificate's. */
static void look_at_names(const struct facts *facts) {
    unsigned sum = 0;
    for (size_t i = 0; i < facts->names.count; i++)
        for (size_t at = 0; at < facts->names.items[i].value.size; at++)
            sum += facts->names.items[i].value.data[at];
    for (size_t i = 0; i < facts->extension_count; i++)
        for (size_t at = 0; at < facts->extensions[i].value.size; at++)
            sum += facts->extensions[i].value.data[at];
    if (sum == 1 && facts->names.count == 0 && facts->extension_count == 0)
        abort();
}

static void judge(const struct trust_evidence *evidence) {
    struct trust_judgement judgements[TRUST_FAMILY_COUNT];
    struct trust_remarks remarks = {0};
    struct error err = {0};
    if (!trust_family_judge_all(evidence, judgements, &err)) {
        if (err.kind == ERROR_NONE || err.text[0] == '\0')
            abort();
        return;
    }
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++) {
        bool holds = true;
        for (size_t j = 0; j < TRUST_CONDITION_COUNT; j++) {
            const struct trust_finding *finding = &judgements[i].findings[j];
            holds &= finding->holds;
            if (finding->holds != !finding->reason)
                abort();
        }
        if (holds != judgements[i].silent || (holds && !judgements[i].anchor))
            abort();
        trust_judgement_finish(&judgements[i]);
    }
    if (!trust_remark_all(evidence, &remarks, &err))
        abort();
    trust_remarks_finish(&remarks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct blob chain[MOST];
    size_t count = take(data, size, chain);
    struct trust_anchors *anchors = NULL;
    for (size_t i = 0; i < count; i++) {
        struct facts facts = {0};
        if (facts_gather(&chain[i], &facts, NULL)) {
            look_at_names(&facts);
            facts_finish(&facts);
        }
    }
    if ((count == 0 || !trust_anchors_of_chain(&chain[count - 1], 1, &anchors, NULL)) &&
        !trust_anchors_of_chain(NULL, 0, &anchors, NULL))
        return 0;
    static const char *const hosts[] = {"mail.example.org", "192.0.2.7", "a_b.example.co.uk"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        judge(&(struct trust_evidence){.chain = chain,
                                       .count = count,
                                       .host = hosts[i],
                                       .anchors = anchors,
                                       .now = 1800000000});
    trust_anchors_destroy(anchors);
    return 0;
}
