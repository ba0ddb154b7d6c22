#include "certs/staple.h"

#include "base/time_text.h"
#include "certs/parsed.h"

#include <gnutls/ocsp.h>

/* What the hosts' clocks may differ by. Only for the beginning: a response that is over by our
 * own clock is never sent. */
enum { CLOCK_SKEW_S = 5 * 60, LIFE_WITHOUT_END_S = 7 * 24 * 3600 };

/* What the response says about one certificate. */
struct answer {
    unsigned status;
    int64_t this_update, next_update, revoked_at;
};

static bool check_status(gnutls_ocsp_resp_t response, struct error *err) {
    static const char *const words[] = {
        [GNUTLS_OCSP_RESP_MALFORMEDREQUEST] = "malformed request",
        [GNUTLS_OCSP_RESP_INTERNALERROR] = "internal error",
        [GNUTLS_OCSP_RESP_TRYLATER] = "try later",
        [GNUTLS_OCSP_RESP_SIGREQUIRED] = "signature required",
        [GNUTLS_OCSP_RESP_UNAUTHORIZED] = "unauthorized",
    };
    int status = gnutls_ocsp_resp_get_status(response);
    if (status == GNUTLS_OCSP_RESP_SUCCESSFUL)
        return true;
    const char *word = NULL;
    if (status > 0 && (size_t)status < sizeof words / sizeof words[0])
        word = words[status];
    error_set(err, ERROR_INPUT,
              "the OCSP responder answered with an error (%s): ask it again for this certificate",
              word ? word : "unknown");
    return false;
}

/* The part that is about `leaf`. */
static bool find_answer(gnutls_ocsp_resp_t response, gnutls_x509_crt_t leaf, struct answer *out,
                        struct error *err) {
    for (unsigned i = 0;; i++) {
        time_t this_update = -1, next_update = -1, revoked_at = -1;
        unsigned status = GNUTLS_OCSP_CERT_UNKNOWN;
        int code = gnutls_ocsp_resp_get_single(response, i, NULL, NULL, NULL, NULL, &status,
                                               &this_update, &next_update, &revoked_at, NULL);
        if (code < 0)
            break;
        if (gnutls_ocsp_resp_check_crt(response, i, leaf) < 0)
            continue;
        *out = (struct answer){status, this_update, next_update, revoked_at};
        return true;
    }
    error_set(err, ERROR_INPUT,
              "the OCSP response is about another certificate: fetch the one for this certificate");
    return false;
}

static bool check_answer(const struct answer *answer, int64_t now, int64_t *until,
                         struct error *err) {
    char date[TIME_TEXT_SIZE];
    if (answer->status == GNUTLS_OCSP_CERT_REVOKED) {
        error_set(err, ERROR_INPUT,
                  "the OCSP response says that the certificate was revoked at %s: replace the "
                  "certificate",
                  time_text(answer->revoked_at, date));
        return false;
    }
    if (answer->status != GNUTLS_OCSP_CERT_GOOD) {
        error_set(err, ERROR_INPUT,
                  "the OCSP responder does not know the certificate: ask its authority");
        return false;
    }
    if (answer->this_update < 0) {
        error_set(err, ERROR_INPUT, "the OCSP response does not say from when it holds");
        return false;
    }
    if (answer->this_update > now + CLOCK_SKEW_S) {
        error_set(err, ERROR_INPUT, "the OCSP response begins at %s: set this host's clock right",
                  time_text(answer->this_update, date));
        return false;
    }
    int64_t end =
        answer->next_update >= 0 ? answer->next_update : answer->this_update + LIFE_WITHOUT_END_S;
    if (end <= now) {
        error_set(err, ERROR_INPUT, "the OCSP response is over since %s: fetch a new one",
                  time_text(end, date));
        return false;
    }
    *until = end;
    return true;
}

/* GnuTLS judges a delegated responder's certificate by the clock of the host; here `now` counts,
 * so its times are judged apart from its signature. */
static bool check_responder_times(gnutls_ocsp_resp_t response, int64_t now, struct error *err) {
    gnutls_x509_crt_t *responders = NULL;
    size_t count = 0;
    bool ok = true;
    if (gnutls_ocsp_resp_get_certs(response, &responders, &count) < 0)
        return true; /* none: the issuer signed it itself */
    for (size_t i = 0; i < count; i++) {
        if (gnutls_x509_crt_get_expiration_time(responders[i]) < now ||
            gnutls_x509_crt_get_activation_time(responders[i]) > now + CLOCK_SKEW_S)
            ok = false;
        gnutls_x509_crt_deinit(responders[i]);
    }
    gnutls_free(responders);
    if (!ok)
        error_set(err, ERROR_INPUT,
                  "the certificate of the OCSP responder is not valid now: fetch a new response");
    return ok;
}

static bool check_signature(gnutls_ocsp_resp_t response, const struct blob *issuer_der, int64_t now,
                            struct error *err) {
    gnutls_x509_crt_t issuer = NULL;
    unsigned verdict = 0;
    if (!certificate_parse(issuer_der, &issuer, err))
        return false;
    int code = gnutls_ocsp_resp_verify_direct(response, issuer, &verdict,
                                              GNUTLS_VERIFY_DISABLE_TIME_CHECKS);
    gnutls_x509_crt_deinit(issuer);
    if (code < 0) {
        error_set_gnutls(err, code, "the signature of the OCSP response cannot be judged");
        return false;
    }
    if (verdict & GNUTLS_OCSP_VERIFY_SIGNER_KEYUSAGE_ERROR) {
        error_set(err, ERROR_INPUT,
                  "the OCSP response is signed by a certificate that is not meant for OCSP: fetch "
                  "it from the authority's responder");
        return false;
    }
    if (verdict != 0) {
        error_set(err, ERROR_INPUT,
                  "the OCSP response is not signed by the certificate's issuer or for it: fetch it "
                  "from the authority's responder");
        return false;
    }
    return check_responder_times(response, now, err);
}

bool staple_check(const struct blob *response_der, const struct blob *leaf_der,
                  const struct blob *issuer, int64_t now, int64_t *until, struct error *err) {
    bool ok = false;
    gnutls_ocsp_resp_t response = NULL;
    gnutls_x509_crt_t leaf = NULL;
    gnutls_datum_t datum = datum_of(response_der);
    struct answer answer = {0};
    int code = gnutls_ocsp_resp_init(&response);
    if (code == 0)
        code = gnutls_ocsp_resp_import(response, &datum);
    if (code < 0) {
        error_set_gnutls(err, code, "expected an OCSP response in DER, found something else");
        goto done;
    }
    ok = check_status(response, err) && certificate_parse(leaf_der, &leaf, err) &&
         find_answer(response, leaf, &answer, err) &&
         (!issuer || check_signature(response, issuer, now, err)) &&
         check_answer(&answer, now, until, err);
done:
    gnutls_x509_crt_deinit(leaf);
    gnutls_ocsp_resp_deinit(response);
    return ok;
}
