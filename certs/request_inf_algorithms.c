#include "certs/request_draft.h"

static struct inf_place place_of(const struct request_draft *draft, enum request_key key) {
    return request_value_place(&draft->values[key]);
}

/* ---- the hash ---- */

static void apply_hash(struct request_draft *draft) {
    enum { MD4 = 100, MD2 };
    static const struct request_word hashes[] = {{"sha256", CERT_HASH_SHA256},
                                                 {"sha384", CERT_HASH_SHA384},
                                                 {"sha512", CERT_HASH_SHA512},
                                                 {"sha1", CERT_HASH_SHA1},
                                                 {"md5", CERT_HASH_MD5},
                                                 {"md4", MD4},
                                                 {"md2", MD2},
                                                 {NULL, 0}};
    char shown[INF_SHOWN_SIZE];
    unsigned hash = CERT_HASH_SHA256;
    if (!draft->values[REQUEST_HASH_ALGORITHM].given ||
        !request_words_read(draft, REQUEST_HASH_ALGORITHM, hashes, REQUEST_ONE_WORD, &hash))
        return;
    struct inf_place place = place_of(draft, REQUEST_HASH_ALGORITHM);
    inf_shown(request_value_chars(&draft->values[REQUEST_HASH_ALGORITHM]), shown);
    if (hash >= MD4) {
        inf_mistake(draft->remarks, place,
                    "%s has been broken for decades and cannot be made here: write sha256", shown);
        return;
    }
    draft->request.plan.hash = (enum cert_hash)hash;
    if (hash != CERT_HASH_SHA1 && hash != CERT_HASH_MD5)
        return;
    if (draft->options->allow_weak)
        inf_warning(draft->remarks, place,
                    "%s is broken, and clients refuse such signatures: write sha256", shown);
    else
        inf_mistake(draft->remarks, place,
                    "%s is broken, and clients refuse such signatures: write sha256, or allow weak "
                    "algorithms with --allow-weak",
                    shown);
}

/* ---- the key ---- */

enum { KEY_LEAST = 1024, KEY_USUAL = 2048, KEY_LARGE = 4096, KEY_MOST = 8192, KEY_STEP = 64 };

static void apply_rsa_length(struct request_draft *draft, unsigned bits) {
    struct inf_place place = place_of(draft, REQUEST_KEY_LENGTH);
    draft->request.plan.key = (struct cert_key_choice){CERT_FAMILY_RSA, bits};
    if (bits < KEY_LEAST || bits > KEY_MOST || bits % KEY_STEP != 0)
        inf_mistake(draft->remarks, place,
                    "an RSA key of %u bits cannot be made: write 2048, 3072 or 4096 (multiples of "
                    "%d from %d to %d are possible)",
                    bits, KEY_STEP, KEY_LEAST, KEY_MOST);
    else if (bits < KEY_USUAL && draft->options->allow_weak)
        inf_warning(
            draft->remarks, place,
            "an RSA key of %u bits is too weak, and OpenSSL's clients refuse it: write 2048", bits);
    else if (bits < KEY_USUAL)
        inf_mistake(
            draft->remarks, place,
            "an RSA key of %u bits is too weak, and OpenSSL's clients refuse it: write 2048, "
            "or allow weak algorithms with --allow-weak",
            bits);
    else if (bits > KEY_LARGE)
        inf_warning(draft->remarks, place,
                    "an RSA key of %u bits takes minutes to make and slows each connection down: "
                    "write 4096 or less",
                    bits);
}

static void apply_key(struct request_draft *draft) {
    enum { RSA = 0, DH = 1, DSA = 2, EXCHANGE = 0x1000 };
    static const struct request_word algorithms[] = {{"RSA", RSA},
                                                     {"DH", DH},
                                                     {"DSA", DSA},
                                                     {"ECDSA_P256", 256},
                                                     {"ECDSA_P384", 384},
                                                     {"ECDSA_P521", 521},
                                                     {"ECDH_P256", EXCHANGE | 256},
                                                     {"ECDH_P384", EXCHANGE | 384},
                                                     {"ECDH_P521", EXCHANGE | 521},
                                                     {NULL, 0}};
    bool length_given = draft->values[REQUEST_KEY_LENGTH].given;
    char shown[INF_SHOWN_SIZE];
    unsigned algorithm = RSA, bits = KEY_USUAL;
    if (length_given && !request_words_read(draft, REQUEST_KEY_LENGTH, NULL, REQUEST_NUMBER, &bits))
        length_given = false;
    draft->request.plan.key = (struct cert_key_choice){CERT_FAMILY_RSA, KEY_USUAL};
    if (draft->values[REQUEST_KEY_ALGORITHM].given &&
        !request_words_read(draft, REQUEST_KEY_ALGORITHM, algorithms, REQUEST_ONE_WORD, &algorithm))
        return;
    struct inf_place place = place_of(draft, REQUEST_KEY_ALGORITHM);
    inf_shown(request_value_chars(&draft->values[REQUEST_KEY_ALGORITHM]), shown);
    if (algorithm == RSA) {
        apply_rsa_length(draft, bits);
        return;
    }
    if (algorithm == DH || algorithm == DSA) {
        inf_mistake(draft->remarks, place,
                    "%s keys are not made here, and no client takes one in a server's certificate: "
                    "write RSA or ECDSA_P256",
                    shown);
        return;
    }
    unsigned curve = algorithm & ~(unsigned)EXCHANGE;
    draft->request.plan.key = (struct cert_key_choice){CERT_FAMILY_ECDSA, curve};
    if (algorithm & EXCHANGE)
        inf_note(draft->remarks, place,
                 "%s is read as ECDSA_P%u: a server's key signs, and it is the same kind of key",
                 shown, curve);
    if (length_given && bits != curve)
        inf_mistake(draft->remarks, place_of(draft, REQUEST_KEY_LENGTH),
                    "a key on the curve P-%u has %u bits, not %u: write KeyLength = %u, or remove "
                    "the line",
                    curve, curve, bits, curve);
}

static void apply_signature(struct request_draft *draft) {
    bool pss = request_value_bool(draft, &draft->values[REQUEST_ALTERNATE_SIGNATURE],
                                  request_keys_name(REQUEST_ALTERNATE_SIGNATURE));
    bool rsa = draft->request.plan.key.family == CERT_FAMILY_RSA;
    draft->request.plan.pss = pss && rsa;
    if (pss && rsa)
        inf_warning(draft->remarks, place_of(draft, REQUEST_ALTERNATE_SIGNATURE),
                    "older clients do not read RSASSA-PSS signatures in certificates: write "
                    "AlternateSignatureAlgorithm = FALSE");
    else if (pss)
        inf_note(draft->remarks, place_of(draft, REQUEST_ALTERNATE_SIGNATURE),
                 "AlternateSignatureAlgorithm says something of RSA keys alone, and this is none");
}

void request_algorithms_apply(struct request_draft *draft) {
    apply_hash(draft);
    apply_key(draft);
    apply_signature(draft);
}
