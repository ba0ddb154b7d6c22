/* trust/family: what each family of clients minds, held against what real clients did. */
#include "certs/names.h"
#include "made_cert.h"
#include "trust/anchors.h"
#include "trust/family.h"

/* ---- recorded: tests/unit/data/families ---- */

enum { MOST = 16, LINE = 64 * 1024 };

struct record {
    char name[80], host[NAME_SIZE], silent[80];
    struct blob sent[MOST], trusted[MOST];
    size_t sent_count, trusted_count;
};

static void forget(struct record *record) {
    for (size_t i = 0; i < record->sent_count; i++)
        blob_finish(&record->sent[i]);
    for (size_t i = 0; i < record->trusted_count; i++)
        blob_finish(&record->trusted[i]);
    *record = (struct record){0};
}

static void add_der(const char *text, struct blob *list, size_t *count) {
    gnutls_datum_t encoded = {(unsigned char *)text, (unsigned)strcspn(text, "\n")}, der = {0};
    assert_true(*count < MOST);
    assert_int_equal(gnutls_base64_decode2(&encoded, &der), 0);
    list[(*count)++] = made_blob(&der);
}

/* The caller's: trust_anchors_destroy. */
static struct trust_anchors *anchors_of(const struct blob *trusted, size_t count) {
    struct trust_anchors *anchors = NULL;
    struct error err = {0};
    if (!trust_anchors_of_chain(trusted, count, &anchors, &err))
        fail_msg("%s", err.text);
    return anchors;
}

static bool was_silent(const struct record *record, const char *family) {
    const char *found = strstr(record->silent, family);
    return found && strchr(" \n", found[strlen(family)]) && (found[-1] == ' ');
}

/* Each finding that does not hold says why and what to do; all together are the verdict. */
static void assert_whole(const char *name, const struct trust_judgement *judgement) {
    bool holds = true;
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++) {
        const struct trust_finding *finding = &judgement->findings[i];
        holds &= finding->holds;
        if (finding->holds != !finding->reason || finding->holds != !finding->mend)
            fail_msg("%s: %s holds %d: %s", name, trust_conditions[i].word, finding->holds,
                     finding->reason);
        if (finding->reason && (strchr(finding->reason, '{') || strchr(finding->mend, '{')))
            fail_msg("%s: %s; %s", name, finding->reason, finding->mend);
    }
    assert_int_equal(holds, judgement->silent);
    assert_true(!judgement->silent || judgement->anchor);
}

static void assert_as_recorded(const struct record *record, int64_t now) {
    struct trust_judgement judgements[TRUST_FAMILY_COUNT];
    struct error err = {0};
    struct trust_anchors *anchors = anchors_of(record->trusted, record->trusted_count);
    const struct trust_evidence evidence = {.chain = record->sent,
                                            .count = record->sent_count,
                                            .host = record->host,
                                            .anchors = anchors,
                                            .now = now};
    if (!trust_family_judge_all(&evidence, judgements, &err))
        fail_msg("%s: %s", record->name, err.text);
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++) {
        assert_whole(record->name, &judgements[i]);
        if (trust_families[i].is_run &&
            judgements[i].silent != was_silent(record, trust_families[i].word))
            fail_msg("%s: %s is judged %d", record->name, trust_families[i].name,
                     judgements[i].silent);
        trust_judgement_finish(&judgements[i]);
    }
    trust_anchors_destroy(anchors);
}

static void what_real_clients_did_is_what_is_judged(void **state) {
    (void)state;
    FILE *file = fopen(TEST_DATA "/families", "r");
    char *line = malloc(LINE);
    struct record record = {0};
    long long now = 0;
    size_t count = 0;
    assert_non_null(file);
    assert_non_null(line);
    for (bool more = true; more;) {
        more = fgets(line, LINE, file) != NULL;
        if ((!more || strncmp(line, "case ", 5) == 0) && record.sent_count > 0) {
            assert_as_recorded(&record, now);
            forget(&record);
            count++;
        }
        if (!more)
            break;
        sscanf(line, "now %lld", &now);
        sscanf(line, "case %79s %255s%79[^#]", record.name, record.host, record.silent);
        if (strncmp(line, "sent ", 5) == 0)
            add_der(line + 5, record.sent, &record.sent_count);
        if (strncmp(line, "trusted ", 8) == 0)
            add_der(line + 8, record.trusted, &record.trusted_count);
    }
    assert_true(count >= 80);
    free(line);
    fclose(file);
}

/* ---- what no client here can show ---- */

static const int64_t now = 1800000000;
enum { DAY = 24 * 3600 };
static const char *const names[] = {"mail.example.org", NULL};

static struct trust_judgement judge_alone(enum trust_family_id family, const struct made_cert *made,
                                          int64_t at) {
    struct cert_material material = made_material(made);
    struct trust_anchors *anchors = anchors_of(material.chain, 1);
    struct trust_judgement judgement;
    struct error err = {0};
    const struct trust_evidence evidence = {.chain = material.chain,
                                            .count = 1,
                                            .host = "mail.example.org",
                                            .anchors = anchors,
                                            .now = at};
    if (!trust_family_judge(family, &evidence, &judgement, &err))
        fail_msg("%s", err.text);
    trust_anchors_destroy(anchors);
    cert_material_finish(&material);
    return judgement;
}

static bool is_silent(enum trust_family_id family, const struct made_cert *made, int64_t at,
                      const char *reason) {
    struct trust_judgement judgement = judge_alone(family, made, at);
    bool silent = judgement.silent, found = false;
    for (size_t i = 0; i < TRUST_CONDITION_COUNT; i++)
        found |=
            reason && judgement.findings[i].reason && strstr(judgement.findings[i].reason, reason);
    assert_int_equal(found, reason != NULL);
    trust_judgement_finish(&judgement);
    return silent;
}

static void apple_takes_825_days_since_july_2019(void **state) {
    (void)state;
    enum { JULY_2019 = 1561939200 };
    assert_false(trust_apple_refuses_life(JULY_2019, JULY_2019 + 825LL * DAY - 1));
    assert_true(trust_apple_refuses_life(JULY_2019, JULY_2019 + 825LL * DAY));
    assert_false(trust_apple_refuses_life(JULY_2019 - 1, JULY_2019 + 7300LL * DAY));
    assert_false(trust_apple_refuses_life(JULY_2019, INT64_MIN));
}

static void apple_takes_825_days(void **state) {
    (void)state;
    struct made_cert made = {
        .key = CERT_KEY_ECDSA, .common_name = names[0], .names = names, .not_before = now - DAY};
    made.not_after = made.not_before + 825 * DAY - 1; /* which counts, too */
    struct trust_judgement judgement = judge_alone(TRUST_FAMILY_APPLE, &made, now);
    assert_true(judgement.findings[TRUST_CURRENT].holds);
    trust_judgement_finish(&judgement);
    made.not_after++;
    assert_false(is_silent(TRUST_FAMILY_APPLE, &made, now, "825"));
    assert_true(is_silent(TRUST_FAMILY_CHROME, &made, now, NULL));
}

/* Firefox 153, Java 17 and curl 7.88 said so of such a one: EMPTY_ISSUER_NAME, "Empty issuer DN not
 * allowed", "couldn't get X509-issuer name". As an anchor Java cannot even read it. */
static void a_name_is_wanted_of_the_issuer(void **state) {
    (void)state;
    static const enum trust_family_id families[] = {TRUST_FAMILY_FIREFOX, TRUST_FAMILY_JAVA,
                                                    TRUST_FAMILY_OPENSSL};
    struct made_cert made = {
        .key = CERT_KEY_ECDSA, .names = names, .not_before = now - DAY, .not_after = now + DAY};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        assert_false(is_silent(families[i], &made, now, "issuer is empty"));
    assert_false(is_silent(TRUST_FAMILY_CHROME, &made, now, "not critical"));
    made.common_name = names[0];
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        assert_true(is_silent(families[i], &made, now, NULL));
}

static void windows_reads_the_common_name(void **state) {
    (void)state;
    const struct made_cert made = {.key = CERT_KEY_ECDSA,
                                   .common_name = "mail.example.org",
                                   .not_before = now - DAY,
                                   .not_after = now + DAY};
    assert_true(is_silent(TRUST_FAMILY_WINDOWS, &made, now, NULL));
    assert_false(is_silent(TRUST_FAMILY_ANDROID, &made, now, "alternative names"));
    assert_true(is_silent(TRUST_FAMILY_JAVA, &made, now + 10 * DAY, NULL));
    assert_false(is_silent(TRUST_FAMILY_WINDOWS, &made, now + 10 * DAY, "expired on"));
}

static void no_phone_takes_ed25519(void **state) {
    (void)state;
    const struct made_cert made = {
        .key = CERT_KEY_EDDSA, .names = names, .not_before = now - DAY, .not_after = now + DAY};
    assert_false(is_silent(TRUST_FAMILY_ANDROID, &made, now, "Ed25519"));
    assert_true(is_silent(TRUST_FAMILY_GO, &made, now, NULL));
}

static void what_is_no_certificate_is_an_error(void **state) {
    (void)state;
    struct blob nonsense = {(unsigned char *)"nonsense", 8};
    struct trust_anchors *anchors = anchors_of(NULL, 0);
    struct trust_judgement judgement;
    struct trust_remarks remarks;
    struct error err = {0};
    struct trust_evidence evidence = {
        .chain = &nonsense, .count = 1, .host = "mail.example.org", .anchors = anchors, .now = now};
    assert_false(trust_family_judge(TRUST_FAMILY_GO, &evidence, &judgement, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(trust_remark_all(&evidence, &remarks, &err));
    evidence.count = 0;
    assert_false(trust_family_judge(TRUST_FAMILY_GO, &evidence, &judgement, &err));
    assert_non_null(strstr(err.text, "empty"));
    trust_anchors_destroy(anchors);
}

/* ---- remarks ---- */

static bool has_remark(const struct blob *chain, size_t count, const char *text) {
    struct trust_anchors *anchors = anchors_of(NULL, 0);
    struct trust_remarks remarks = {0};
    struct error err = {0};
    const struct trust_evidence evidence = {
        .chain = chain, .count = count, .host = "mail.example.org", .anchors = anchors, .now = now};
    bool found = false;
    assert_true(trust_remark_all(&evidence, &remarks, &err));
    for (size_t i = 0; i < remarks.count; i++) {
        assert_true(strlen(remarks.items[i].mend) > 0);
        found |= strstr(remarks.items[i].text, text) != NULL;
    }
    trust_remarks_finish(&remarks);
    trust_anchors_destroy(anchors);
    return found;
}

static void what_is_unwise_is_remarked(void **state) {
    (void)state;
    struct made_cert made = {.key = CERT_KEY_ECDSA, .names = names, .not_before = now - DAY};
    made.not_after = now + 100 * DAY;
    struct cert_material fine = made_material(&made);
    made.not_after = now + 900 * DAY;
    struct cert_material longer = made_material(&made);
    made.not_after = now + 3 * DAY;
    made.other_key = 1;
    struct cert_material soon = made_material(&made);
    const struct blob both[] = {fine.chain[0], soon.chain[0]};
    const struct blob twice[] = {fine.chain[0], fine.chain[0]};
    assert_false(has_remark(fine.chain, 1, ""));
    assert_true(has_remark(longer.chain, 1, "too long for Apple"));
    assert_true(has_remark(soon.chain, 1, "expires in 3 days"));
    assert_true(has_remark(both, 2, "has nothing to do with"));
    assert_true(has_remark(twice, 2, "sent twice"));
    cert_material_finish(&fine);
    cert_material_finish(&longer);
    cert_material_finish(&soon);
}

/* ---- the table ---- */

static void each_rule_is_documented(void **state) {
    (void)state;
    struct trust_rule_row row, other;
    size_t count = 0;
    for (; trust_rule_row(count, &row); count++) {
        assert_true(strlen(row.word) > 0 && strlen(row.when) > 0 && strlen(row.source) > 0);
        assert_true(row.families > 0 && row.families < 1u << TRUST_FAMILY_COUNT);
        for (size_t i = 0; i < count; i++)
            if (trust_rule_row(i, &other) && strcmp(other.word, row.word) == 0)
                fail_msg("two rules are called %s", row.word);
    }
    assert_in_range(count, 60, 127); /* the most that family.c counts */
    for (size_t i = 0; i < TRUST_FAMILY_COUNT; i++)
        assert_true(trust_families[i].word && trust_families[i].name && trust_families[i].trust);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_real_clients_did_is_what_is_judged),
        cmocka_unit_test(apple_takes_825_days),
        cmocka_unit_test(apple_takes_825_days_since_july_2019),
        cmocka_unit_test(a_name_is_wanted_of_the_issuer),
        cmocka_unit_test(windows_reads_the_common_name),
        cmocka_unit_test(no_phone_takes_ed25519),
        cmocka_unit_test(what_is_no_certificate_is_an_error),
        cmocka_unit_test(what_is_unwise_is_remarked),
        cmocka_unit_test(each_rule_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
