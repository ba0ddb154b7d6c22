/* certs/authority: what it is, what it issues and refuses to, and how it is kept. That its
 * constraints are really in force is judged by GnuTLS. */
#include "certs/authority.h"

#include "parsed_cert.h"
#include "test_data.h"

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */
static const int64_t day = 86400;

/* Lists for one call; never more than four items. */
struct lists {
    char *items[2][4];
    struct string_list lists[2];
};

static struct string_list *list_of(struct lists *lists, size_t which, const char *one,
                                   const char *two) {
    lists->items[which][0] = (char *)one;
    lists->items[which][1] = (char *)two;
    lists->lists[which].items = lists->items[which];
    lists->lists[which].count = !one ? 0 : two ? 2 : 1;
    return &lists->lists[which];
}

static struct cert_material authority_for(const char *domain, const char *network) {
    struct lists lists;
    struct authority_wish wish = {.common_name = "Example authority",
                                  .not_before = begin,
                                  .not_after = begin + 3650 * day,
                                  .domains = list_of(&lists, 0, domain, NULL),
                                  .networks = list_of(&lists, 1, network, NULL),
                                  .unconstrained = !domain && !network};
    struct cert_material authority = {0};
    struct error err = {0};
    if (!authority_make(&wish, &authority, &err))
        fail_msg("%s", err.text);
    return authority;
}

static struct server_wish wish_for(struct lists *lists, const char *name, const char *address) {
    return (struct server_wish){.common_name = name ? name : address,
                                .dns_names = list_of(lists, 0, name, NULL),
                                .addresses = list_of(lists, 1, address, NULL),
                                .not_before = begin,
                                .not_after = begin + 90 * day};
}

/* Does a client that trusts the authority take the leaf? */
static bool is_taken(const struct blob *leaf, const struct blob *authority) {
    gnutls_x509_trust_list_t trusted = NULL;
    gnutls_x509_crt_t one = parsed(leaf), anchor = parsed(authority);
    unsigned status = 0;
    assert_int_equal(gnutls_x509_trust_list_init(&trusted, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_cas(trusted, &anchor, 1, 0), 1);
    assert_int_equal(gnutls_x509_trust_list_verify_crt(
                         trusted, &one, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status, NULL),
                     0);
    gnutls_x509_crt_deinit(one);
    gnutls_x509_trust_list_deinit(trusted, 1);
    return status == 0;
}

static bool is_critical(gnutls_x509_crt_t certificate, const char *wanted) {
    char oid[64];
    unsigned critical = 0;
    for (unsigned i = 0;; i++) {
        size_t size = sizeof oid;
        if (gnutls_x509_crt_get_extension_info(certificate, i, oid, &size, &critical) < 0)
            fail_msg("no extension %s", wanted);
        if (strcmp(oid, wanted) == 0)
            return critical != 0;
    }
}

static void authority_has_its_shape(void **state) {
    (void)state;
    struct cert_material authority = authority_for("example.org", NULL);
    gnutls_x509_crt_t certificate = parsed(&authority.chain[0]);
    unsigned critical = 0, is_authority = 0, usage = 0;
    int path_length = -1;
    assert_int_equal(authority.chain_count, 1);
    assert_true(gnutls_x509_crt_get_basic_constraints(certificate, &critical, &is_authority,
                                                      &path_length) >= 0);
    assert_true(critical && is_authority);
    assert_int_equal(path_length, 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(certificate, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    assert_true(critical);
    assert_true(is_critical(certificate, CERT_OID_NAME_CONSTRAINTS));
    assert_false(is_critical(certificate, CERT_OID_SUBJECT_KEY_ID));
    gnutls_x509_crt_deinit(certificate);
    cert_material_finish(&authority);
}

static void constraints_must_be_asked_for_or_waived(void **state) {
    (void)state;
    struct authority_wish wish = {
        .common_name = "x", .not_before = begin, .not_after = begin + day};
    struct cert_material authority = {0};
    struct string_list domains = {0}, networks = {0};
    struct error err = {0};
    assert_false(authority_make(&wish, &authority, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "say for which domains and addresses it may issue"));
    wish.unconstrained = true;
    assert_true(authority_make(&wish, &authority, NULL));
    assert_false(authority_constraints(&authority.chain[0], &domains, &networks));
    cert_material_finish(&authority);
    authority = (struct cert_material){0};
    wish.common_name = "";
    assert_false(authority_make(&wish, &authority, &err));
    assert_non_null(strstr(err.text, "an authority needs a name"));
    assert_null(authority.chain);
}

static void constraints_are_read_back(void **state) {
    (void)state;
    struct lists lists;
    struct authority_wish wish = {
        .common_name = "x",
        .not_before = begin,
        .not_after = begin + day,
        .domains = list_of(&lists, 0, "example.org", "Example.NET"),
        .networks = list_of(&lists, 1, "192.0.2.0/25", "2001:db8::7"),
    };
    struct cert_material authority = {0};
    struct string_list domains = {0}, networks = {0};
    assert_true(authority_make(&wish, &authority, NULL));
    assert_true(authority_constraints(&authority.chain[0], &domains, &networks));
    assert_int_equal(domains.count, 2);
    assert_string_equal(domains.items[0], "example.org");
    assert_string_equal(domains.items[1], "example.net");
    assert_int_equal(networks.count, 2);
    assert_string_equal(networks.items[0], "192.0.2.0/25");
    assert_string_equal(networks.items[1], "2001:db8::7");
    string_list_finish(&domains);
    string_list_finish(&networks);
    cert_material_finish(&authority);
}

/* ---- issuing ---- */

static void leaves_are_issued_and_taken(void **state) {
    (void)state;
    static const struct {
        const char *domain, *network, *name, *address, *common_name;
    } cases[] = {
        {"example.org", NULL, "example.org", NULL, "example.org"},
        {"example.org", NULL, "a.b.example.org", NULL, "a.b.example.org"},
        {"example.org", NULL, "*.example.org", NULL, "*.example.org"},
        {"example.org", "192.0.2.0/24", "mail.example.org", "192.0.2.255", "mail.example.org"},
        {NULL, "192.0.2.7", NULL, "192.0.2.7", NULL},
        {NULL, "2001:db8::/33", NULL, "2001:db8::7", NULL},
        {NULL, NULL, "mail.example.com", "198.51.100.1", "mail.example.com"},
        {NULL, NULL, NULL, "198.51.100.1", "198.51.100.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_material authority = authority_for(cases[i].domain, cases[i].network);
        struct lists lists;
        struct server_wish wish = wish_for(&lists, cases[i].name, cases[i].address);
        struct cert_material leaf = {0};
        struct cert_info info = {0};
        struct error err = {0};
        if (!authority_issue(&authority, &wish, &leaf, &err))
            fail_msg("%s", err.text);
        assert_int_equal(leaf.chain_count, 2);
        assert_true(blob_equal(&leaf.chain[1], &authority.chain[0]));
        assert_false(blob_equal(&leaf.key, &authority.key));
        assert_true(is_taken(&leaf.chain[0], &authority.chain[0]));
        assert_true(cert_info_read(&leaf.chain[0], &info, NULL));
        assert_int_equal(info.dns_names.count, cases[i].name ? 1 : 0);
        assert_int_equal(info.addresses.count, cases[i].address ? 1 : 0);
        assert_string_equal(info.common_name ? info.common_name : "none",
                            cases[i].common_name ? cases[i].common_name : "none");
        assert_false(info.is_authority);
        cert_info_finish(&info);
        cert_material_finish(&leaf);
        cert_material_finish(&authority);
    }
}

/* Made all the same, past the check, the leaf is refused by clients: the constraints are there. */
static void what_is_not_permitted_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *domain, *network, *name, *address, *named, *permitted;
    } cases[] = {
        {"example.org", NULL, "mail.example.com", NULL, "\"mail.example.com\"", "example.org"},
        {"example.org", NULL, "evilexample.org", NULL, "\"evilexample.org\"", "example.org"},
        {"example.org", NULL, "*.org", NULL, "\"*.org\"", "example.org"},
        {"example.org", NULL, "mail.example.org", "192.0.2.7", "\"192.0.2.7\"", "example.org"},
        {"example.org", NULL, "mail.example.org", "2001:db8::7", "\"2001:db8::7\"", "example.org"},
        {NULL, "192.0.2.0/24", "mail.example.org", NULL, "\"mail.example.org\"", "192.0.2.0/24"},
        {NULL, "192.0.2.0/24", NULL, "192.0.3.1", "\"192.0.3.1\"", "192.0.2.0/24"},
        {NULL, "192.0.2.0/24", NULL, "2001:db8::7", "\"2001:db8::7\"", "192.0.2.0/24"},
        {NULL, "2001:db8::/32", NULL, "192.0.2.7", "\"192.0.2.7\"", "2001:db8::/32"},
        {"example.org", "192.0.2.7", NULL, "192.0.2.8", "\"192.0.2.8\"", "example.org, 192.0.2.7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_material authority = authority_for(cases[i].domain, cases[i].network);
        struct lists lists;
        struct server_wish wish = wish_for(&lists, cases[i].name, cases[i].address);
        struct cert_material leaf = {0};
        struct cert_plan plan = {0};
        struct blob key = {0};
        struct error err = {0};
        char words[128];
        assert_false(authority_issue(&authority, &wish, &leaf, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        snprintf(words, sizeof words, "may not issue for %s, only for %s:", cases[i].named,
                 cases[i].permitted);
        if (!strstr(err.text, words))
            fail_msg("\"%s\" does not say: %s", err.text, words);
        assert_null(leaf.chain);
        wish.common_name = NULL;
        assert_true(cert_plan_for_leaf(&wish, &plan, NULL));
        assert_true(cert_plan_make_key(plan.key, &key, NULL));
        assert_true(cert_plan_issue(&plan, &key, &authority, &leaf, NULL));
        assert_false(is_taken(&leaf.chain[0], &authority.chain[0]));
        blob_wipe(&key);
        cert_plan_finish(&plan);
        cert_material_finish(&leaf);
        cert_material_finish(&authority);
    }
}

static void leaves_end_with_the_authority(void **state) {
    (void)state;
    struct cert_material authority = authority_for("example.org", NULL), leaf = {0};
    struct lists lists;
    struct server_wish wish = wish_for(&lists, "mail.example.org", NULL);
    struct cert_info info = {0};
    struct error err = {0};
    wish.not_after = begin + 4000 * day;
    assert_true(authority_issue(&authority, &wish, &leaf, NULL));
    assert_true(cert_info_read(&leaf.chain[0], &info, NULL));
    assert_int_equal(info.not_after, begin + 3650 * day);
    cert_info_finish(&info);
    cert_material_finish(&leaf);
    leaf = (struct cert_material){0};
    wish.not_before = begin + 3650 * day;
    assert_false(authority_issue(&authority, &wish, &leaf, &err));
    assert_non_null(strstr(err.text, "ended on 2036-11-21: renew it first"));
    wish.not_before = begin;
    wish.dns_names = NULL;
    assert_false(authority_issue(&authority, &wish, &leaf, &err));
    assert_non_null(strstr(err.text, "needs a name or an address"));
    assert_null(leaf.chain);
    cert_material_finish(&authority);
}

/* ---- renewing ---- */

static void leaves_stay_good_when_the_authority_is_renewed(void **state) {
    (void)state;
    struct cert_material authority = authority_for("example.org", "192.0.2.0/24");
    struct cert_material leaf = {0}, renewed = {0};
    struct lists lists;
    struct server_wish wish = wish_for(&lists, "mail.example.org", NULL);
    struct string_list domains = {0}, networks = {0};
    struct cert_info before = {0}, after = {0};
    struct error err = {0};
    assert_true(authority_issue(&authority, &wish, &leaf, NULL));
    if (!authority_renew(&authority, begin + day, begin + 7300 * day, &renewed, &err))
        fail_msg("%s", err.text);
    assert_true(blob_equal(&renewed.key, &authority.key));
    assert_true(is_taken(&leaf.chain[0], &renewed.chain[0]));
    assert_true(authority_constraints(&renewed.chain[0], &domains, &networks));
    assert_string_equal(domains.items[0], "example.org");
    assert_string_equal(networks.items[0], "192.0.2.0/24");
    assert_true(cert_info_read(&authority.chain[0], &before, NULL));
    assert_true(cert_info_read(&renewed.chain[0], &after, NULL));
    assert_string_not_equal(before.serial, after.serial);
    assert_int_equal(after.not_before, begin + day);
    assert_int_equal(after.not_after, begin + 7300 * day);
    string_list_finish(&domains);
    string_list_finish(&networks);
    cert_info_finish(&before);
    cert_info_finish(&after);
    cert_material_finish(&leaf);
    cert_material_finish(&renewed);
    cert_material_finish(&authority);
    authority = authority_for(NULL, NULL);
    assert_true(authority_renew(&authority, begin, begin + day, &renewed, NULL));
    assert_false(authority_constraints(&renewed.chain[0], &domains, &networks));
    cert_material_finish(&renewed);
    cert_material_finish(&authority);
}

/* One whose name cannot be written again octet for octet. */
static void an_authority_of_others_is_not_renewed(void **state) {
    (void)state;
    struct cert_plan plan = {.not_before = begin, .not_after = begin + day};
    struct cert_material authority = {0}, renewed = {0};
    struct blob key = {0};
    struct error err = {0};
    assert_true(x500_name_parse("O=Example,CN=Example authority", &plan.subject, NULL, NULL));
    assert_true(cert_plan_make_key(plan.key, &key, NULL));
    assert_true(cert_plan_self_sign(&plan, &key, &authority, NULL));
    assert_false(authority_renew(&authority, begin, begin + day, &renewed, &err));
    assert_non_null(strstr(err.text, "made by another program"));
    assert_null(renewed.chain);
    blob_wipe(&key);
    cert_material_finish(&authority);
    cert_plan_finish(&plan);
}

static void leaves_are_due_at_two_thirds(void **state) {
    (void)state;
    assert_int_equal(authority_renewal_due(begin, begin + 90 * day), begin + 60 * day);
    assert_int_equal(authority_renewal_due(begin, begin + 3), begin + 2);
    assert_int_equal(authority_renewal_due(begin, 253402300799),
                     begin + (253402300799 - begin) / 3 * 2);
}

/* ---- as text ---- */

static void authority_is_kept_as_text(void **state) {
    (void)state;
    struct cert_material authority = authority_for("example.org", NULL);
    static const char *const passphrases[] = {NULL, "", "geheim, ä"};
    for (size_t i = 0; i < sizeof passphrases / sizeof *passphrases; i++) {
        struct blob pem = {0};
        struct authority_text text = {0};
        struct cert_material read = {0};
        struct error err = {0};
        bool is_encrypted = i == 2;
        if (!authority_write(&authority, passphrases[i], &pem, &err))
            fail_msg("%s", err.text);
        assert_int_equal(strlen((char *)pem.data), pem.size);
        assert_true(strstr((char *)pem.data, is_encrypted ? "-----BEGIN ENCRYPTED PRIVATE KEY-----"
                                                          : "-----BEGIN PRIVATE KEY-----") ==
                    (char *)pem.data);
        assert_true(authority_look(&pem, &text, NULL));
        assert_int_equal(text.is_encrypted, is_encrypted);
        assert_true(blob_equal(&text.certificate, &authority.chain[0]));
        authority_text_finish(&text);
        if (!authority_read(&pem, passphrases[i], &read, &err))
            fail_msg("%s", err.text);
        assert_int_equal(read.chain_count, 1);
        assert_true(blob_equal(&read.chain[0], &authority.chain[0]));
        assert_true(blob_equal(&read.key, &authority.key));
        cert_material_finish(&read);
        read = (struct cert_material){0};
        if (is_encrypted) {
            assert_false(authority_read(&pem, NULL, &read, &err));
            assert_int_equal(err.kind, ERROR_PERMISSION);
            assert_non_null(strstr(err.text, "its passphrase is needed"));
            assert_false(authority_read(&pem, "falsch", &read, &err));
            assert_int_equal(err.kind, ERROR_PERMISSION);
            assert_non_null(strstr(err.text, "does not open with this passphrase"));
            assert_null(read.chain);
        }
        blob_wipe(&pem);
    }
    cert_material_finish(&authority);
}

static void a_passphrase_for_an_open_key_does_no_harm(void **state) {
    (void)state;
    struct cert_material authority = authority_for("example.org", NULL), read = {0};
    struct blob pem = {0};
    assert_true(authority_write(&authority, NULL, &pem, NULL));
    assert_true(authority_read(&pem, "geheim", &read, NULL));
    cert_material_finish(&read);
    blob_wipe(&pem);
    cert_material_finish(&authority);
}

/* Two texts in one, of which the first is `a`'s key and the second is `b`'s certificate. */
static struct blob mixed(const struct cert_material *a, const struct cert_material *b) {
    struct blob one = {0}, two = {0}, out = {0};
    assert_true(authority_write(a, NULL, &one, NULL));
    assert_true(authority_write(b, NULL, &two, NULL));
    char *key_end = strstr((char *)one.data, "-----BEGIN CERTIFICATE");
    char *certificate = strstr((char *)two.data, "-----BEGIN CERTIFICATE");
    struct buffer text = {0};
    buffer_append(&text, one.data, (size_t)(key_end - (char *)one.data));
    buffer_append_text(&text, certificate);
    out = (struct blob){(unsigned char *)text.data, text.size};
    blob_wipe(&one);
    blob_wipe(&two);
    return out;
}

static void what_is_no_authority_is_told(void **state) {
    (void)state;
    struct cert_material authority = authority_for("example.org", NULL);
    struct cert_material other = authority_for("example.org", NULL), leaf = {0}, read = {0};
    struct lists lists;
    struct server_wish wish = wish_for(&lists, "mail.example.org", NULL);
    struct error err = {0};
    struct blob strange = mixed(&authority, &other), of_leaf = {0};
    assert_true(authority_issue(&authority, &wish, &leaf, NULL));
    assert_false(authority_read(&strange, NULL, &read, &err));
    assert_non_null(strstr(err.text, "the key is not that of the authority's certificate"));
    assert_true(authority_write(&leaf, NULL, &of_leaf, NULL));
    assert_false(authority_read(&of_leaf, NULL, &read, &err));
    assert_non_null(strstr(err.text, "CN=mail.example.org is not the certificate of an authority"));
    char *certificate = strstr((char *)strange.data, "-----BEGIN CERTIFICATE");
    struct blob no_key = {(unsigned char *)certificate, strlen(certificate)};
    assert_false(authority_read(&no_key, NULL, &read, &err));
    assert_non_null(strstr(err.text, "it holds no PRIVATE KEY"));
    struct blob no_certificate = {strange.data, (size_t)(certificate - (char *)strange.data)};
    assert_false(authority_read(&no_certificate, NULL, &read, &err));
    assert_non_null(strstr(err.text, "it holds no CERTIFICATE"));
    struct blob cut = {strange.data, strange.size - 30};
    assert_false(authority_read(&cut, NULL, &read, &err));
    assert_non_null(strstr(err.text, "truncated"));
    assert_null(read.chain);
    blob_wipe(&strange);
    blob_wipe(&of_leaf);
    cert_material_finish(&authority);
    cert_material_finish(&other);
    cert_material_finish(&leaf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authority_has_its_shape),
        cmocka_unit_test(constraints_must_be_asked_for_or_waived),
        cmocka_unit_test(constraints_are_read_back),
        cmocka_unit_test(leaves_are_issued_and_taken),
        cmocka_unit_test(what_is_not_permitted_is_refused),
        cmocka_unit_test(leaves_end_with_the_authority),
        cmocka_unit_test(leaves_stay_good_when_the_authority_is_renewed),
        cmocka_unit_test(an_authority_of_others_is_not_renewed),
        cmocka_unit_test(leaves_are_due_at_two_thirds),
        cmocka_unit_test(authority_is_kept_as_text),
        cmocka_unit_test(a_passphrase_for_an_open_key_does_no_harm),
        cmocka_unit_test(what_is_no_authority_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
