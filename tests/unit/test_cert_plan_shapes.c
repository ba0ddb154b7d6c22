/* certs/cert_plan: the usual shapes. */
#include "planned_cert.h"

#include <stdio.h>
#include <string.h>

static struct server_wish wish_of(struct cert_key_choice key) {
    static char *name_items[] = {(char *)"mail.example.org", (char *)"*.example.org"};
    static char *address_items[] = {(char *)"192.0.2.7"};
    static struct string_list names = {name_items, 2}, addresses = {address_items, 1};
    return (struct server_wish){.common_name = "mail.example.org",
                                .dns_names = &names,
                                .addresses = &addresses,
                                .key = key,
                                .not_before = begin,
                                .not_after = begin + 90 * day};
}

/* The extensions' identifiers, in their order, "!" behind a critical one. */
static void describe(const struct cert_plan *plan, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < plan->extensions.count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s ", plan->extensions.items[i].oid,
                                 plan->extensions.items[i].critical ? "!" : "");
}

static void shapes_have_what_clients_accept(void **state) {
    (void)state;
    static const struct {
        bool (*make)(const struct server_wish *wish, struct cert_plan *out, struct error *err);
        const char *extensions;
        bool key_ids;
    } shapes[] = {
        {cert_plan_for_server, "2.5.29.17 2.5.29.37 ", true},
        {cert_plan_for_classic, "", false},
        {cert_plan_for_leaf, "2.5.29.19! 2.5.29.15! 2.5.29.17 2.5.29.37 ", true},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct server_wish wish = wish_of(p256);
        struct cert_plan plan = {0};
        char text[256];
        assert_true(shapes[i].make(&wish, &plan, NULL));
        describe(&plan, text, sizeof text);
        assert_string_equal(text, shapes[i].extensions);
        assert_int_equal(plan.key_ids, shapes[i].key_ids);
        assert_int_equal(plan.hash, CERT_HASH_SHA256);
        assert_string_equal(x500_name_value(&plan.subject, X500_COMMON_NAME), "mail.example.org");
        assert_int_equal(plan.not_before, begin);
        assert_int_equal(plan.not_after, begin + 90 * day);
        struct cert_material material = self_signed(&plan, key_of(p256));
        struct cert_info info = {0};
        assert_true(cert_info_read(&material.chain[0], &info, NULL));
        assert_int_equal(info.dns_names.count, shapes[i].key_ids ? 2 : 0);
        assert_int_equal(info.addresses.count, shapes[i].key_ids ? 1 : 0);
        assert_false(info.is_authority);
        cert_info_finish(&info);
        cert_material_finish(&material);
        cert_plan_finish(&plan);
    }
}

static void shapes_depend_on_the_key(void **state) {
    (void)state;
    struct server_wish wish = wish_of(rsa);
    struct cert_plan plan = {0};
    assert_true(cert_plan_for_leaf(&wish, &plan, NULL));
    const struct cert_extension *usage = cert_extensions_find(&plan.extensions, CERT_OID_KEY_USAGE);
    assert_memory_equal(usage->der.data, "\x03\x02\x05\xa0", 4);
    cert_plan_finish(&plan);
    wish.key = (struct cert_key_choice){0};
    assert_true(cert_plan_for_leaf(&wish, &plan, NULL));
    usage = cert_extensions_find(&plan.extensions, CERT_OID_KEY_USAGE);
    assert_memory_equal(usage->der.data, "\x03\x02\x07\x80", 4);
    cert_plan_finish(&plan);
    assert_true(cert_plan_for_classic(&wish, &plan, NULL));
    assert_int_equal(plan.key.family, CERT_FAMILY_RSA);
    assert_int_equal(plan.key.bits, 2048);
    cert_plan_finish(&plan);
    wish.key = p256;
    assert_true(cert_plan_for_classic(&wish, &plan, NULL));
    assert_int_equal(plan.key.family, CERT_FAMILY_ECDSA);
    cert_plan_finish(&plan);
    wish = (struct server_wish){.not_before = begin, .not_after = begin + 1};
    assert_true(cert_plan_for_server(&wish, &plan, NULL)); /* names nothing, but may */
    assert_int_equal(plan.subject.count, 0);
    assert_null(cert_extensions_find(&plan.extensions, CERT_OID_ALTERNATIVE_NAME));
    cert_plan_finish(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_have_what_clients_accept),
        cmocka_unit_test(shapes_depend_on_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
