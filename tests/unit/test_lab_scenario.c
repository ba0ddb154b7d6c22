/* The laboratory's table: each row whole, each a reason of its own, and every kind there. */
#include "certs/names.h"
#include "lab/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_text(const char *text) {
    return text && *text && text[strlen(text) - 1] != ' ' && !strstr(text, "  ");
}

static void rows_are_whole(void **state) {
    (void)state;
    assert_true(lab_scenario_count() >= 60);
    enum lab_group group = LAB_NAMES;
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        print_message("%s\n", row->name);
        assert_true(row->group >= group && row->group < LAB_GROUPS);
        group = row->group;
        assert_true(row->expected <= LAB_EITHER && row->behaviour <= LAB_CHANGES);
        assert_true(is_text(row->what) && is_text(row->right) && is_text(row->source));
        assert_int_equal(row->what[strlen(row->what) - 1], '.');
        assert_int_equal(row->right[strlen(row->right) - 1], '.');
        assert_int_not_equal(row->source[strlen(row->source) - 1], '.');
    }
    assert_int_equal(group, LAB_GROUPS - 1);
}

/* What a right client does begins with the verdict. */
static void right_agrees_with_expected(void **state) {
    (void)state;
    static const char *const leaving[] = {"Refuses", "Gives up", "Asks"};
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        bool refuses = false;
        for (size_t word = 0; word < sizeof leaving / sizeof *leaving; word++)
            refuses = refuses || strncmp(row->right, leaving[word], strlen(leaving[word])) == 0;
        print_message("%s\n", row->name);
        if (row->expected == LAB_REFUSE)
            assert_true(refuses);
        if (row->expected == LAB_ACCEPT)
            assert_ptr_equal(strstr(row->right, "Accepts"), row->right);
    }
}

static bool is_word(const char *name) {
    return *name >= 'a' && *name <= 'z' && strlen(name) <= 63 && name[strlen(name) - 1] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static void names_are_valid_and_unique(void **state) {
    (void)state;
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        size_t found = lab_scenario_count();
        print_message("%s\n", row->name);
        assert_true(is_word(row->name));
        assert_true(lab_scenario_find(row->name, &found));
        assert_int_equal(found, i);
    }
    size_t untouched = 7;
    assert_false(lab_scenario_find("no-such-scenario", &untouched));
    assert_int_equal(untouched, 7);
}

static void hosts_are_valid_and_unique(void **state) {
    (void)state;
    char host[LAB_HOST_SIZE], other[LAB_HOST_SIZE], normal[NAME_SIZE];
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        lab_scenario_host(row, "lab.test", "192.0.2.7", host);
        print_message("%s\n", host);
        if (row->host && strcmp(row->host, "!") == 0) {
            assert_string_equal(host, "192.0.2.7");
            continue;
        }
        assert_true(name_normalise(host, false, normal));
        assert_string_equal(host, normal);
        assert_string_equal(host + strlen(host) - strlen(".lab.test"), ".lab.test");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(
                host, lab_scenario_host(lab_scenario_at(j), "lab.test", "192.0.2.7", other));
    }
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_recipe(const struct lab_recipe *a, const struct lab_recipe *b) {
    return same_text(a->subject, b->subject) && same_text(a->names, b->names) &&
           a->names_critical == b->names_critical && a->more_names == b->more_names &&
           a->begins == b->begins && a->ends == b->ends && a->ends_at == b->ends_at &&
           a->key == b->key && a->issuer == b->issuer && a->signature == b->signature &&
           a->sent == b->sent && a->constraints == b->constraints && a->usage == b->usage &&
           same_text(a->purposes, b->purposes) && a->version_1 == b->version_1 &&
           a->unknown_critical == b->unknown_critical && a->revoked == b->revoked &&
           a->must_staple == b->must_staple && a->staple == b->staple &&
           a->tampered == b->tampered && a->foreign_key == b->foreign_key;
}

/* The host itself makes a difference where a row has one. */
static bool is_repetition(const struct lab_scenario *a, const struct lab_scenario *b) {
    return same_recipe(&a->recipe, &b->recipe) && a->behaviour == b->behaviour &&
           same_text(a->host, b->host);
}

static void no_row_repeats_another(void **state) {
    (void)state;
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        for (size_t j = 0; j < i; j++) {
            const struct lab_scenario *a = lab_scenario_at(i), *b = lab_scenario_at(j);
            if (is_repetition(a, b) || strcmp(a->what, b->what) == 0)
                fail_msg("%s repeats %s", a->name, b->name);
        }
    }
}

/* The enumerations hold nothing that no row uses. */
static void each_issuer_key_and_behaviour_is_there(void **state) {
    (void)state;
    bool issuers[LAB_ISSUERS] = {false}, keys[LAB_KEYS] = {false};
    bool behaviours[LAB_CHANGES + 1] = {false};
    for (size_t i = 0; i < lab_scenario_count(); i++) {
        const struct lab_scenario *row = lab_scenario_at(i);
        issuers[row->recipe.issuer] = true;
        keys[row->recipe.key] = true;
        behaviours[row->behaviour] = true;
    }
    for (size_t i = 0; i < LAB_ISSUERS; i++) {
        print_message("issuer %zu\n", i);
        assert_true(issuers[i] || i == LAB_BY_ROOT); /* as usual, and shorter */
    }
    for (size_t i = 0; i < LAB_KEYS; i++)
        assert_true(keys[i]);
    for (size_t i = 0; i <= LAB_CHANGES; i++)
        assert_true(behaviours[i]);
}

static void every_kind_is_there(void **state) {
    (void)state;
    static const char *const kinds[LAB_GROUPS] = {
        [LAB_NAMES] = "right wrong-host common-name-only common-name-beside-names address "
                      "address-as-dns address-as-common-name wildcard wildcard-too-deep "
                      "wildcard-bare wildcard-partial no-subject internationalised underscore "
                      "trailing-dot nul thousand-names",
        [LAB_TIME] = "expired-yesterday expired-years-ago not-yet-valid expired-intermediate "
                     "expired-root twenty-years days-826 days-399 beyond-2050 beyond-2106",
        [LAB_ISSUER] = "untrusted-root self-signed anchor-bare anchor-key-usage "
                       "anchor-no-authority anchor-authority anchor-cert-sign anchor-version-1 "
                       "incomplete-chain reversed-chain with-root wrong-intermediate "
                       "issuer-no-authority path-too-long constraints-kept constraints-broken "
                       "unknown-critical revoked revoked-stapled must-staple must-staple-broken "
                       "staple-of-another",
        [LAB_PURPOSE] = "no-purpose client-purpose key-usage-wrong leaf-is-authority sha-1 md5 "
                        "rsa-1024 rsa-2048 rsa-4096 p-256 p-384 ed25519 rsa-pss-key "
                        "rsa-pss-signature rsa-exponent-3",
        [LAB_PROTOCOL] = "tls-1-2 tls-1-3 tls-1-0 name-unknown-fatal name-unknown-warning stalls "
                         "closes changes",
    };
    for (size_t group = 0; group < LAB_GROUPS; group++) {
        for (const char *at = kinds[group]; *at; at += strspn(at, " ")) {
            char name[64] = "";
            size_t length = strcspn(at, " "), index = 0;
            memcpy(name, at, length);
            at += length;
            print_message("%s: %s\n", lab_group_word((enum lab_group)group), name);
            assert_true(lab_scenario_find(name, &index));
            assert_int_equal(lab_scenario_at(index)->group, group);
        }
    }
}

static void words_are_said(void **state) {
    (void)state;
    assert_string_equal(lab_group_word(LAB_PROTOCOL), "protocol");
    assert_string_equal(lab_expected_word(LAB_REFUSE), "refuse");
    assert_string_equal(lab_expected_word(LAB_ACCEPT), "accept");
    assert_string_equal(lab_expected_word(LAB_EITHER), "either");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(right_agrees_with_expected),
        cmocka_unit_test(names_are_valid_and_unique),
        cmocka_unit_test(hosts_are_valid_and_unique),
        cmocka_unit_test(no_row_repeats_another),
        cmocka_unit_test(each_issuer_key_and_behaviour_is_there),
        cmocka_unit_test(every_kind_is_there),
        cmocka_unit_test(words_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
