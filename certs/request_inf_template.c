#include "certs/names.h"
#include "certs/request_inf.h"

#include <string.h>

enum { COMMON_NAME_LIMIT = 64 }; /* RFC 5280, ub-common-name */

static void line(struct buffer *out, const char *text) {
    buffer_append_text(out, text);
    buffer_append_text(out, "\r\n");
}

static void lines(struct buffer *out, const char *const *texts) {
    for (; *texts; texts++)
        line(out, *texts);
}

static const char *const head[] = {
    "; A request for a certificate, as Windows' certreq reads it, and mailstorectl.",
    "; What stands behind a semicolon is a comment.",
    "",
    "[Version]",
    "Signature = \"$Windows NT$\"",
    "",
    "[NewRequest]",
    "; Whose certificate it is. Further parts are parted by commas, for example",
    "; \"CN=mail.example.org, O=Example, L=Berlin, C=DE\". The country has two letters.",
    NULL,
};

static const char *const type[] = {
    "",
    "; Cert makes a self-signed certificate at once and puts it into service. Whoever is to trust",
    "; it must be given it first.",
    "; PKCS10 makes a request instead, which an authority signs. The key waits here until the",
    "; certificate is there. How long that is valid is the authority's matter, so the two lines",
    "; about the validity say nothing then, and you can remove them.",
    "RequestType = Cert",
    "",
    "; Apple's clients take no certificate that is valid for more than 825 days.",
    "; ValidityPeriod is one of Years, Months, Weeks, Days, Hours, Minutes and Seconds.",
    "ValidityPeriod = Days",
    "ValidityPeriodUnits = 824",
    "",
    "; RSA with KeyLength = 2048, 3072 or 4096; or ECDSA_P256 or ECDSA_P384, without KeyLength.",
    "KeyAlgorithm = RSA",
    "KeyLength = 2048",
    "HashAlgorithm = sha256",
    "",
    "; There is no KeyUsage: with one, Chromium on Linux refuses a self-signed certificate. An",
    "; authority adds what it wants.",
    "",
    "; May the private key be handed out, in a PKCS#12 file with a password?",
    "Exportable = FALSE",
    "",
    "; The name it goes by in the store.",
    NULL,
};

static const char *const purposes[] = {
    "",
    "[EnhancedKeyUsageExtension]",
    "OID = 1.3.6.1.5.5.7.3.1 ; for servers",
    "",
    "[Extensions]",
    "; Every name and address that clients call the server by; they look nowhere else.",
    "; Each line ends with \"&\" before the closing quote.",
    "2.5.29.17 = \"{text}\"",
    NULL,
};

/* The first that fits. A text that is no host's name says nothing that would have to stand among
 * the alternative names. */
static const char *subject_of(const struct string_list *names,
                              const struct string_list *addresses) {
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->items[i]) <= COMMON_NAME_LIMIT)
            return names->items[i];
    return addresses->count > 0 ? addresses->items[0] : "Mail archive";
}

static void append_names(struct buffer *out, const char *kind, const struct string_list *names) {
    for (size_t i = 0; i < names->count; i++)
        buffer_printf(out, "_continue_ = \"%s=%s&\"\r\n", kind, names->items[i]);
}

static bool normalise(const struct string_list *dns_names, const struct string_list *addresses,
                      struct string_list *names_out, struct string_list *addresses_out,
                      struct error *err) {
    char text[NAME_SIZE];
    for (size_t i = 0; dns_names && i < dns_names->count; i++) {
        if (!name_from_person(dns_names->items[i], text, err))
            return false;
        if (!string_list_add_unique(names_out, text))
            goto out_of_memory;
    }
    for (size_t i = 0; addresses && i < addresses->count; i++) {
        if (!address_normalise(addresses->items[i], text)) {
            error_set(err, ERROR_INPUT,
                      "\"%s\" is no address: write one as in 192.0.2.1 or 2001:db8::1",
                      addresses->items[i]);
            return false;
        }
        if (!string_list_add_unique(addresses_out, text))
            goto out_of_memory;
    }
    if (names_out->count + addresses_out->count > 0)
        return true;
    error_set(err, ERROR_INPUT, "a request needs a name or an address: give one");
    return false;
out_of_memory:
    error_set(err, ERROR_MEMORY, "out of memory");
    return false;
}

bool request_inf_template(const struct string_list *dns_names, const struct string_list *addresses,
                          struct buffer *out, struct error *err) {
    struct string_list names = {0}, literals = {0};
    bool ok = normalise(dns_names, addresses, &names, &literals, err);
    if (ok) {
        const char *subject = subject_of(&names, &literals);
        lines(out, head);
        buffer_printf(out, "Subject = \"CN=%s\"\r\n", subject);
        lines(out, type);
        buffer_printf(out, "FriendlyName = \"%s\"\r\n", subject);
        lines(out, purposes);
        append_names(out, "DNS", &names);
        append_names(out, "IPAddress", &literals);
        ok = !out->failed;
        if (!ok)
            error_set(err, ERROR_MEMORY, "out of memory");
    }
    string_list_finish(&names);
    string_list_finish(&literals);
    return ok;
}
