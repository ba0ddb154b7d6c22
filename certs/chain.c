#include "certs/chain.h"

#include "certs/judgement.h"
#include "certs/private_key.h"

#include <stdlib.h>
#include <string.h>

enum { IDENTIFIER_SIZE = 64, NO_ROOT = CERT_CHAIN_LIMIT };

/* A key identifier (RFC 5280, 4.2.1.1 and 4.2.1.2); size 0: there is none that can be used. */
struct identifier {
    unsigned char octets[IDENTIFIER_SIZE];
    size_t size;
};

/* One certificate of the pile, as far as the order needs it. */
struct link {
    gnutls_x509_crt_t certificate;
    gnutls_datum_t subject, issuer; /* names in DER */
    struct identifier own, authority;
    int way_up; /* issuers up to a root of the pile; NO_ROOT: not known, or none is reached */
    bool used;
};

static void links_destroy(struct link *links, size_t count) {
    for (size_t i = 0; links && i < count; i++) {
        gnutls_x509_crt_deinit(links[i].certificate);
        gnutls_free(links[i].subject.data);
        gnutls_free(links[i].issuer.data);
    }
    free(links);
}

static void read_identifier(int (*get)(gnutls_x509_crt_t, void *, size_t *, unsigned *),
                            gnutls_x509_crt_t certificate, struct identifier *out) {
    out->size = sizeof out->octets;
    if (get(certificate, out->octets, &out->size, NULL) < 0)
        out->size = 0;
}

/* What the order goes by: needed only where there is something to order. */
static bool link_read_names(struct link *link, struct error *err) {
    int code = gnutls_x509_crt_get_raw_dn(link->certificate, &link->subject);
    if (code == 0)
        code = gnutls_x509_crt_get_raw_issuer_dn(link->certificate, &link->issuer);
    if (code < 0) {
        error_set_gnutls(err, code, "the certificate's names cannot be read");
        return false;
    }
    read_identifier(gnutls_x509_crt_get_subject_key_id, link->certificate, &link->own);
    read_identifier(gnutls_x509_crt_get_authority_key_id, link->certificate, &link->authority);
    return true;
}

static bool links_read(const struct cert_pile *pile, struct link **out, struct error *err) {
    struct link *links = calloc(pile->cert_count, sizeof *links);
    if (!links) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    for (size_t i = 0; i < pile->cert_count; i++)
        if (!certificate_parse(&pile->certs[i], &links[i].certificate, err) ||
            (pile->cert_count > 1 && !link_read_names(&links[i], err))) {
            if (pile->cert_count > 1)
                error_prefix(err, "certificate %zu of %zu", i + 1, pile->cert_count);
            links_destroy(links, pile->cert_count);
            return false;
        }
    for (size_t i = 0; i < pile->cert_count; i++)
        links[i].way_up = NO_ROOT;
    *out = links;
    return true;
}

static bool is_issuer_of(const struct link *issuer, const struct link *link) {
    if (issuer->subject.size != link->issuer.size ||
        memcmp(issuer->subject.data, link->issuer.data, link->issuer.size) != 0)
        return false;
    if (issuer->own.size == 0 || link->authority.size == 0)
        return true;
    return issuer->own.size == link->authority.size &&
           memcmp(issuer->own.octets, link->authority.octets, issuer->own.size) == 0;
}

/* The first certificate that has the key of one of the keys; false if there is none. */
static bool find_leaf(const struct cert_pile *pile, const struct link *links, size_t *leaf,
                      size_t *key) {
    unsigned char wanted[KEY_ID_SIZE], have[KEY_ID_SIZE];
    for (size_t k = 0; k < pile->key_count; k++) {
        if (!private_key_id(pile->keys[k], wanted))
            continue;
        for (size_t i = 0; i < pile->cert_count; i++)
            if (certificate_key_id(links[i].certificate, have) &&
                memcmp(wanted, have, KEY_ID_SIZE) == 0) {
                *leaf = i;
                *key = k;
                return true;
            }
    }
    return false;
}

/* Where an authority was certified by several others, only some of the ways up may be complete. */
static void measure_ways_up(struct link *links, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (is_issuer_of(&links[i], &links[i]))
            links[i].way_up = 0;
    for (int step = 0; step < CERT_CHAIN_LIMIT - 1; step++)
        for (size_t above = 0; above < count; above++)
            for (size_t i = 0; links[above].way_up == step && i < count; i++)
                if (links[i].way_up > step + 1 && is_issuer_of(&links[above], &links[i]))
                    links[i].way_up = step + 1;
}

/* The issuer nearest to a root, the first of several; `count`: there is none. */
static size_t find_issuer(const struct link *links, size_t count, const struct link *link) {
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (!links[i].used && (best == count || links[i].way_up < links[best].way_up) &&
            is_issuer_of(&links[i], link))
            best = i;
    return best;
}

/* The leaf, its issuer, and so on up: their places in the pile. Returns how many. */
static size_t order(struct link *links, size_t count, size_t leaf,
                    size_t out[static CERT_CHAIN_LIMIT]) {
    size_t length = 0, at = leaf;
    do {
        links[at].used = true;
        out[length++] = at;
        if (count == 1 || is_issuer_of(&links[at], &links[at]))
            break;
        at = find_issuer(links, count, &links[at]);
    } while (at < count && length < CERT_CHAIN_LIMIT);
    return length;
}

/* Says of which kind the two keys are, if that already tells them apart. */
static void explain_mismatch(const struct cert_pile *pile, const struct link *links,
                             const char *certificate, const char *key, struct error *err) {
    unsigned cert_bits = 0, key_bits = 0;
    int cert_kind = gnutls_x509_crt_get_pk_algorithm(links[0].certificate, &cert_bits);
    int key_kind = gnutls_x509_privkey_get_pk_algorithm2(pile->keys[0], &key_bits);
    if (!certificate) {
        error_set(err, ERROR_INPUT,
                  "no private key among the files is that of a certificate among them: name the "
                  "key that the certificate was made with");
        return;
    }
    if (cert_kind < 0 || key_kind < 0 || (cert_kind == key_kind && cert_bits == key_bits)) {
        error_set(err, ERROR_INPUT,
                  "the key does not match the certificate: put the key that %s was made with into "
                  "%s",
                  certificate, key);
        return;
    }
    error_set(err, ERROR_INPUT,
              "the key does not match the certificate, which has a key of %s %u bits while this is "
              "one of %s %u: put the key that %s was made with into %s",
              gnutls_pk_get_name((gnutls_pk_algorithm_t)cert_kind), cert_bits,
              gnutls_pk_get_name((gnutls_pk_algorithm_t)key_kind), key_bits, certificate, key);
}

static void name_file(const char *file, struct error *err) {
    if (file)
        error_prefix(err, "%s", file);
}

bool chain_build(const struct cert_pile *pile, const char *certificate, const char *key,
                 struct cert_material *out, struct error *err) {
    bool ok = false;
    struct link *links = NULL;
    struct cert_material material = {0};
    size_t leaf = 0, key_at = 0, places[CERT_CHAIN_LIMIT];
    if (!links_read(pile, &links, err)) {
        name_file(certificate, err);
        return false;
    }
    if (!find_leaf(pile, links, &leaf, &key_at)) {
        explain_mismatch(pile, links, certificate, key, err);
        name_file(key, err);
        goto done;
    }
    /* In a file of the store the administrator's order decides. */
    if (!certificate && pile->cert_count > 1)
        measure_ways_up(links, pile->cert_count);
    size_t length = order(links, pile->cert_count, leaf, places);
    material.chain = calloc(length, sizeof *material.chain);
    for (; material.chain && material.chain_count < length; material.chain_count++) {
        const struct blob *der = &pile->certs[places[material.chain_count]];
        if (!blob_copy(der->data, der->size, &material.chain[material.chain_count]))
            break;
    }
    if (!material.chain || material.chain_count < length) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (!private_key_export(pile->keys[key_at], &material.key, err))
        goto done;
    if (!judgement_create(links[leaf].certificate, &material.chain[0], pile->keys[key_at],
                          &material.key, &material.judgement, err)) {
        name_file(key, err);
        goto done;
    }
    *out = material;
    material = (struct cert_material){0};
    ok = true;
done:
    links_destroy(links, pile->cert_count);
    cert_material_finish(&material);
    return ok;
}
