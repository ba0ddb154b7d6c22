#include "lab/rsa_key.h"

#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/parsed.h"

#include <gmp.h>
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

/* Of random numbers of this size, none that is not prime gets past so many rounds (FIPS 186-5,
 * table B.1). */
enum { PRIME_ROUNDS = 8 };

/* RSAPrivateKey's numbers, in its order. */
enum number { N, E, D, P, Q, D_P, D_Q, Q_INVERSE, NUMBERS };

struct rsa {
    mpz_t numbers[NUMBERS];
};

static void rsa_init(struct rsa *rsa) {
    for (int i = 0; i < NUMBERS; i++)
        mpz_init(rsa->numbers[i]);
}

static void rsa_finish(struct rsa *rsa) {
    for (int i = 0; i < NUMBERS; i++)
        mpz_clear(rsa->numbers[i]);
}

/* An odd one with the two highest bits set, so that the product of two has all its bits. */
static bool random_number(unsigned bits, mpz_t out, struct error *err) {
    size_t size = (bits + 7) / 8;
    unsigned char *octets = malloc(size);
    if (!octets) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    int code = gnutls_rnd(GNUTLS_RND_KEY, octets, size);
    if (code < 0)
        error_set_gnutls(err, code, "there are no random numbers for a key");
    mpz_import(out, size, 1, 1, 1, 0, octets);
    free(octets);
    mpz_fdiv_r_2exp(out, out, bits);
    mpz_setbit(out, bits - 1);
    mpz_setbit(out, bits - 2);
    mpz_setbit(out, 0);
    return code == 0;
}

/* Has the exponent an inverse there? Gives the prime less one. */
static bool is_fit(const mpz_t prime, const mpz_t exponent, mpz_t less_one) {
    mpz_t divisor;
    mpz_init(divisor);
    mpz_sub_ui(less_one, prime, 1);
    mpz_gcd(divisor, less_one, exponent);
    bool ok = mpz_cmp_ui(divisor, 1) == 0;
    mpz_clear(divisor);
    return ok;
}

static bool find_prime(const struct rsa_key_choice *choice, const mpz_t exponent,
                       const atomic_bool *stop, mpz_t prime, mpz_t less_one, struct error *err) {
    do {
        if ((stop && atomic_load(stop)) || !random_number(choice->bits / 2, prime, err))
            return false;
    } while (!is_fit(prime, exponent, less_one) || !mpz_probab_prime_p(prime, PRIME_ROUNDS));
    return true;
}

/* What follows from the primes (RFC 8017, 3.2). False: they are the same. */
static bool derive(struct rsa *rsa, const mpz_t p_less_one, const mpz_t q_less_one) {
    mpz_t *number = rsa->numbers;
    mpz_mul(number[N], number[P], number[Q]);
    mpz_lcm(number[D], p_less_one, q_less_one);
    mpz_invert(number[D], number[E], number[D]);
    mpz_mod(number[D_P], number[D], p_less_one);
    mpz_mod(number[D_Q], number[D], q_less_one);
    return mpz_invert(number[Q_INVERSE], number[Q], number[P]) != 0;
}

static bool find_numbers(const struct rsa_key_choice *choice, const atomic_bool *stop,
                         struct rsa *rsa, struct error *err) {
    mpz_t *number = rsa->numbers;
    mpz_t p_less_one, q_less_one;
    bool ok = false;
    mpz_init(p_less_one);
    mpz_init(q_less_one);
    mpz_set_ui(number[E], choice->exponent);
    do {
        ok = find_prime(choice, number[E], stop, number[P], p_less_one, err) &&
             find_prime(choice, number[E], stop, number[Q], q_less_one, err);
    } while (ok && !derive(rsa, p_less_one, q_less_one));
    mpz_clear(p_less_one);
    mpz_clear(q_less_one);
    return ok;
}

/* An INTEGER: one zero bit at least before the number, for the sign. */
static bool put_integer(struct buffer *out, const mpz_t number) {
    size_t size = mpz_sizeinbase(number, 2) / 8 + 1, written = 0;
    unsigned char *octets = calloc(size, 1);
    if (!octets)
        return false;
    mpz_export(octets + size - (mpz_sizeinbase(number, 2) + 7) / 8, &written, 1, 1, 1, 0, number);
    der_put(out, DER_INTEGER, octets, size);
    free(octets);
    return true;
}

static void put_in_pkcs8(struct buffer *der) {
    struct buffer key = *der;
    *der = (struct buffer){0};
    der_put_number(der, 0); /* version */
    size_t algorithm = der->size;
    der_put_oid(der, DER_OBJECT_IDENTIFIER, "1.2.840.113549.1.1.10"); /* id-RSASSA-PSS */
    der_close(der, algorithm, DER_SEQUENCE);
    der_put(der, DER_OCTET_STRING, key.data, key.size);
    der_close(der, 0, DER_SEQUENCE);
    buffer_finish(&key);
}

static bool write_key(const struct rsa *rsa, bool pss, struct blob *out, struct error *err) {
    struct buffer der = {0};
    der_put_number(&der, 0); /* version: two primes */
    for (int i = 0; i < NUMBERS; i++)
        if (!put_integer(&der, rsa->numbers[i]))
            der.failed = true;
    der_close(&der, 0, DER_SEQUENCE);
    if (pss && !der.failed)
        put_in_pkcs8(&der);
    return der_give(&der, out, err);
}

bool rsa_key_make(struct rsa_key_choice choice, const atomic_bool *stop, struct blob *out,
                  struct error *err) {
    struct rsa rsa;
    rsa_init(&rsa);
    bool ok = find_numbers(&choice, stop, &rsa, err) && write_key(&rsa, choice.pss, out, err);
    rsa_finish(&rsa);
    return ok;
}
