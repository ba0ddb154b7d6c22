/* certs/x500_name: names as people write them, into what certificates have; and what of a text is
 * wrong, and where. What is written is read back by GnuTLS. */
#include "certs/x500_name.h"

#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "2.5.4.3=x|2.5.4.10=y" */
static void describe(const struct x500_name *name, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < name->count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s=%s", i ? "|" : "",
                                 name->attributes[i].oid, name->attributes[i].value);
}

static void texts_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"", ""},
        {" \t", ""},
        {"CN=mail.example.org", "2.5.4.3=mail.example.org"},
        {"cn = mail , o= Example  Inc ", "2.5.4.3=mail|2.5.4.10=Example  Inc"},
        {"C=Country", "2.5.4.6=Country"}, /* as in many a template */
        {"CN=a;C=DE\r\nS=Bayern,\r\n L=Hof\n", "2.5.4.3=a|2.5.4.6=DE|2.5.4.8=Bayern|2.5.4.7=Hof"},
        {"O=\"Example, Inc; \"\"Best\"\" = 1+1\"", "2.5.4.10=Example, Inc; \"Best\" = 1+1"},
        {"O=\" \" ,ST=x", "2.5.4.10= |2.5.4.8=x"},
        {"2.5.4.3=x,OID.2.5.4.10=y,oid.1.2.3=z", "2.5.4.3=x|2.5.4.10=y|1.2.3=z"},
        {"OU=a,OU=b", "2.5.4.11=a|2.5.4.11=b"},
        {"E=a@example.org,Email=b@example.org",
         "1.2.840.113549.1.9.1=a@example.org|1.2.840.113549.1.9.1=b@example.org"},
        {"O=Größe, DC=example, dnqualifier=7",
         "2.5.4.10=Größe|0.9.2342.19200300.100.1.25=example|2.5.4.46=7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct x500_name name = {0};
        struct error err = {0};
        char text[512];
        if (!x500_name_parse(cases[i].text, &name, NULL, &err))
            fail_msg("%s: %s", cases[i].text, err.text);
        describe(&name, text, sizeof text);
        assert_string_equal(text, cases[i].name);
        x500_name_finish(&name);
    }
}

static void mistakes_are_told_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        const char *why;
    } cases[] = {
        {"CN=a,  OX=b", 7, "\"OX\" is no attribute of a name: did you mean"},
        {"Kommonname=b", 0, "\"Kommonname\" is no attribute of a name: write one such as CN"},
        {"CN=a, mail", 6, "\"mail\" has no \"=\""},
        {"CN=a, O=", 6, "O is empty"},
        {"O=\"\"", 0, "O is empty"},
        {"=a", 0, "is no attribute"},
        {"2.5=x, 3.5=x", 7, "\"3.5\" is no attribute"},
        {"CN=a,,O=b", 5, "a separator without an attribute"},
        {"CN=a,", 5, "a separator without an attribute"},
        {",CN=a", 0, "a separator without an attribute"},
        {"O=\"Example, Inc, C=DE", 0, "a quote is not closed"},
        {"CN=a, O=Example \"Best\" Inc", 6, "put the whole value into quotes"},
        {"CN=a, O=\"Example\" Inc", 6, "there is a \"I\" between a closing quote"},
        {"CN=a+O=b", 0, "joined by \"+\" are not supported"},
        {"CN=\"a\"+O=b", 0, "joined by \"+\" are not supported"},
        {"CN=mail O=Example", 0, "part the attributes by commas"},
        {"CN=#0C0161", 0, "values in hexadecimal are not supported"},
        {"C=Österreich", 0, "C has the character \"Ö\""},
        {"CN=a, C=Ö1", 6, "C has the character \"Ö\", which cannot stand there (a plain ASCII"},
        {"E=jörg@example.org", 0, "E has the character \"ö\""},
        {"SerialNumber=a*", 0, "SerialNumber has the character \"*\""},
        {"CN=a\x1b[2J", 0,
         "CN has the character \"\\x1B\", which cannot stand there: leave it out"},
        {"CN=\"a\nb\"", 0, "CN has the character \"\\x0A\""},
        {"CN=a\xff", 0, "CN has the character \"\\xFF\""},
        {"CN=a23456789.a23456789.a23456789.a23456789.a23456789.a23456789.a2345", 0,
         "CN has 65 characters, 64 are allowed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct x500_name name = {0};
        struct error err = {0};
        size_t offset = 99;
        if (x500_name_parse(cases[i].text, &name, &offset, &err))
            fail_msg("%s was taken", cases[i].text);
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, cases[i].why))
            fail_msg("%s: \"%s\" does not say: %s", cases[i].text, err.text, cases[i].why);
        assert_int_equal(offset, cases[i].offset);
        assert_null(name.attributes);
    }
}

/* Characters, not octets. */
static void lengths_are_of_characters(void **state) {
    (void)state;
    char text[2 * 65 + 4] = "O=";
    struct x500_name name = {0};
    char *at = text + 2;
    for (; at < text + 130; at += 2)
        memcpy(at, "ö", 3);
    assert_true(x500_name_parse(text, &name, NULL, NULL));
    x500_name_finish(&name);
    memcpy(at, "ö", 3);
    assert_false(x500_name_parse(text, &name, NULL, NULL));
}

static void attributes_have_a_limit(void **state) {
    (void)state;
    char text[5 * (X500_ATTRIBUTE_LIMIT + 1) + 1] = "";
    struct x500_name name = {0};
    struct error err = {0};
    char *at = text;
    for (size_t i = 0; i < X500_ATTRIBUTE_LIMIT; i++, at += 5)
        memcpy(at, "OU=a,", 6);
    at[-1] = '\0';
    assert_true(x500_name_parse(text, &name, NULL, NULL));
    assert_int_equal(name.count, X500_ATTRIBUTE_LIMIT);
    x500_name_finish(&name);
    memcpy(at - 1, ",OU=a", 6);
    assert_false(x500_name_parse(text, &name, NULL, &err));
    assert_non_null(strstr(err.text, "more than 64 attributes"));
}

static struct blob encoded(const char *text) {
    struct x500_name name = {0};
    struct blob der = {0};
    struct error err = {0};
    if (!x500_name_parse(text, &name, NULL, &err) || !x500_name_encode(&name, &der, &err))
        fail_msg("%s", err.text);
    x500_name_finish(&name);
    return der;
}

static void names_are_written_in_der(void **state) {
    (void)state;
    static const char wanted[] = "\x30\x1d"
                                 "\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
                                 "DE"
                                 "\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05"
                                 "M\xc3\xbcll";
    struct blob der = encoded("C=DE,CN=Müll");
    assert_int_equal(der.size, sizeof wanted - 1);
    assert_memory_equal(der.data, wanted, sizeof wanted - 1);
    blob_finish(&der);
    der = encoded("");
    assert_int_equal(der.size, 2);
    assert_memory_equal(der.data, "\x30\x00", 2);
    blob_finish(&der);
}

static void another_library_reads_the_same(void **state) {
    (void)state;
    struct blob der =
        encoded("CN=\"Mail, \"\"the\"\" server\",OU=\"a + b\",O=Größe,L=Hof,ST=Bayern,"
                "C=DE,E=post@example.org,DC=example,DC=org,SerialNumber=12-3,"
                "2.5.4.65=kosher,1.3.6.1.4.1.99999.9223372036854775807=x");
    gnutls_x509_dn_t dn = NULL;
    gnutls_datum_t datum = {der.data, (unsigned)der.size}, text = {0};
    assert_int_equal(gnutls_x509_dn_init(&dn), 0);
    assert_int_equal(gnutls_x509_dn_import(dn, &datum), 0);
    assert_int_equal(gnutls_x509_dn_get_str2(dn, &text, 0), 0);
    assert_string_equal((char *)text.data,
                        "1.3.6.1.4.1.99999.9223372036854775807=#0c0178,pseudonym=kosher,"
                        "serialNumber=12-3,DC=org,DC=example,EMAIL=post@example.org,C=DE,"
                        "ST=Bayern,L=Hof,O=Größe,OU=a \\+ b,CN=Mail\\, \\\"the\\\" server");
    gnutls_free(text.data);
    gnutls_x509_dn_deinit(dn);
    blob_finish(&der);
}

/* Also names that were put together without a text are checked. */
static void wrong_values_are_not_written(void **state) {
    (void)state;
    struct x500_name name = {0};
    struct blob der = {0};
    struct error err = {0};
    assert_true(x500_name_add(&name, X500_COUNTRY, "Österreich"));
    assert_string_equal(x500_name_value(&name, X500_COUNTRY), "Österreich");
    assert_null(x500_name_value(&name, X500_COMMON_NAME));
    assert_false(x500_name_encode(&name, &der, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(der.data);
    x500_name_finish(&name);
    assert_true(x500_name_add(&name, "2.5.4.", "x"));
    assert_false(x500_name_encode(&name, &der, &err));
    assert_non_null(strstr(err.text, "\"2.5.4.\" is no object identifier"));
    x500_name_finish(&name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(lengths_are_of_characters),
        cmocka_unit_test(attributes_have_a_limit),
        cmocka_unit_test(names_are_written_in_der),
        cmocka_unit_test(another_library_reads_the_same),
        cmocka_unit_test(wrong_values_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
