#include "lab/recipe.h"

#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/x500_name.h"
#include "lab/forge.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIGITAL_SIGNATURE = 0x80, /* the bits of cert_extension_key_usage */
    KEY_ENCIPHERMENT = 0x20,
    STATUS_REQUEST = 5, /* the TLS extension (RFC 6066) */
    URI = DER_CONTEXT | 6,
};

/* ---- texts ---- */

/* Fills in "@", "%" and "!". Gives `out`: free. */
static bool fill_in(const char *text, const struct lab_scenario *scenario,
                    const struct lab_place *place, char **out, struct error *err) {
    char host[LAB_HOST_SIZE];
    struct buffer filled = {0};
    lab_scenario_host(scenario, place->domain, place->address, host);
    buffer_append(&filled, "", 0);
    for (const char *c = text; *c; c++) {
        if (*c == '@')
            buffer_append_text(&filled, host);
        else if (*c == '%')
            buffer_append_text(&filled, place->domain);
        else if (*c == '!')
            buffer_append_text(&filled, place->address);
        else
            buffer_append(&filled, c, 1);
    }
    char *taken = buffer_take(&filled);
    if (taken)
        *out = taken;
    else
        error_set(err, ERROR_MEMORY, "out of memory");
    return taken != NULL;
}

bool recipe_subject(const struct lab_scenario *scenario, const struct lab_place *place,
                    struct blob *out, struct error *err) {
    const char *subject = scenario->recipe.subject ? scenario->recipe.subject : "CN=@";
    struct x500_name name = {0};
    char *text = NULL;
    bool ok = fill_in(subject, scenario, place, &text, err) &&
              x500_name_parse(text, &name, NULL, err) && x500_name_encode(&name, out, err);
    x500_name_finish(&name);
    free(text);
    return ok;
}

/* ---- extensions ---- */

/* Adds what `der` holds, and empties it. */
static bool add(struct cert_extensions *list, const char *oid, bool critical, struct buffer *der,
                struct error *err) {
    struct blob value = {0};
    return der_give(der, &value, err) && forge_extension(list, oid, critical, &value, err);
}

static bool add_names(struct cert_extensions *list, const struct lab_scenario *scenario,
                      const struct lab_place *place, struct error *err) {
    const struct lab_recipe *recipe = &scenario->recipe;
    const char *names = recipe->names ? recipe->names : "dns:@";
    struct blob value = {0};
    char *text = NULL;
    if (names[0] == '\0' && recipe->more_names == 0)
        return true;
    bool ok = fill_in(names, scenario, place, &text, err) &&
              forge_names(text, recipe->more_names, place->domain, &value, err) &&
              forge_extension(list, CERT_OID_ALTERNATIVE_NAME, recipe->names_critical, &value, err);
    free(text);
    return ok;
}

static bool add_constraints(struct cert_extensions *list, const struct lab_recipe *recipe,
                            struct error *err) {
    struct blob value = {0};
    return recipe->constraints == LAB_NO_CONSTRAINTS ||
           (cert_extension_basic_constraints(recipe->constraints == LAB_CA_TRUE, -1, &value, err) &&
            forge_extension(list, CERT_OID_BASIC_CONSTRAINTS, true, &value, err));
}

static unsigned usual_usage(enum lab_key key) {
    switch (key) {
    case LAB_RSA_2048:
    case LAB_RSA_1024:
    case LAB_RSA_4096:
    case LAB_RSA_EXPONENT_3:
        return DIGITAL_SIGNATURE | KEY_ENCIPHERMENT;
    default:
        return DIGITAL_SIGNATURE;
    }
}

static bool add_usage(struct cert_extensions *list, const struct lab_recipe *recipe,
                      struct error *err) {
    struct blob value = {0};
    unsigned bits =
        recipe->usage == LAB_USAGE_USUAL ? usual_usage(recipe->key) : (unsigned)recipe->usage;
    return recipe->usage == LAB_USAGE_NONE ||
           (cert_extension_key_usage(bits, &value, err) &&
            forge_extension(list, CERT_OID_KEY_USAGE, true, &value, err));
}

static bool add_purposes(struct cert_extensions *list, const struct lab_recipe *recipe,
                         struct error *err) {
    const char *purposes = recipe->purposes ? recipe->purposes : CERT_OID_SERVER_AUTH;
    struct buffer der = {0};
    if (purposes[0] == '\0')
        return true;
    for (const char *word = purposes; *word;) {
        char oid[CERT_OID_SIZE];
        size_t size = strcspn(word, " ");
        memcpy(oid, word, size < sizeof oid ? size : 0);
        oid[size < sizeof oid ? size : 0] = '\0';
        if (!cert_oid_is_valid(oid)) {
            buffer_finish(&der);
            error_set(err, ERROR_INPUT, "\"%.*s\" is no object identifier", (int)size, word);
            return false;
        }
        der_put_oid(&der, DER_OBJECT_IDENTIFIER, oid);
        word += size;
        word += strspn(word, " ");
    }
    der_close(&der, 0, DER_SEQUENCE);
    return add(list, CERT_OID_EXTENDED_KEY_USAGE, false, &der, err);
}

/* The TLS feature (RFC 7633). */
static bool add_must_staple(struct cert_extensions *list, struct error *err) {
    struct buffer der = {0};
    der_put_number(&der, STATUS_REQUEST);
    der_close(&der, 0, DER_SEQUENCE);
    return add(list, "1.3.6.1.5.5.7.1.24", false, &der, err);
}

/* From the arc that is for documentation (RFC 5612). */
static bool add_unknown(struct cert_extensions *list, struct error *err) {
    struct buffer der = {0};
    der_put(&der, DER_NULL, NULL, 0);
    return add(list, "1.3.6.1.4.1.32473.1", true, &der, err);
}

static void put_uri(struct buffer *out, const struct lab_place *place, const char *path) {
    bool is_ipv6 = strchr(place->address, ':') != NULL;
    size_t start = out->size;
    buffer_printf(out, is_ipv6 ? "http://[%s]:%u/%s" : "http://%s:%u/%s", place->address,
                  place->index_port, path);
    der_close(out, start, URI);
}

/* Where revocation is told: authority information access and CRL distribution points (RFC 5280,
 * 4.2.2.1 and 4.2.1.13). */
static bool add_revocation(struct cert_extensions *list, const struct lab_place *place,
                           struct error *err) {
    static const unsigned explicit_tag = DER_CONTEXT | DER_CONSTRUCTED;
    struct buffer access = {0}, points = {0};
    der_put_oid(&access, DER_OBJECT_IDENTIFIER, "1.3.6.1.5.5.7.48.1"); /* id-ad-ocsp */
    put_uri(&access, place, "ocsp");
    der_close(&access, 0, DER_SEQUENCE);
    der_close(&access, 0, DER_SEQUENCE);
    put_uri(&points, place, "crl");
    der_close(&points, 0, explicit_tag); /* fullName */
    der_close(&points, 0, explicit_tag); /* distributionPoint */
    der_close(&points, 0, DER_SEQUENCE);
    der_close(&points, 0, DER_SEQUENCE);
    bool ok = add(list, "1.3.6.1.5.5.7.1.1", false, &access, err) &&
              add(list, "2.5.29.31", false, &points, err);
    buffer_finish(&points);
    return ok;
}

bool recipe_extensions(const struct lab_scenario *scenario, const struct lab_place *place,
                       const struct blob *key, const struct blob *issuer_key,
                       struct cert_extensions *list, struct error *err) {
    const struct lab_recipe *recipe = &scenario->recipe;
    bool is_told = recipe->revoked || recipe->staple != LAB_NO_STAPLE;
    return add_names(list, scenario, place, err) && add_constraints(list, recipe, err) &&
           add_usage(list, recipe, err) && add_purposes(list, recipe, err) &&
           forge_key_ids(list, key, issuer_key, err) &&
           (!is_told || add_revocation(list, place, err)) &&
           (!recipe->must_staple || add_must_staple(list, err)) &&
           (!recipe->unknown_critical || add_unknown(list, err));
}
