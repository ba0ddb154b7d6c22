/* Inside trust/: the conditions that the rules of clients are made of. */
#pragma once

#include "trust/route.h"

/* A certificate on a client's way, and all that it knows. */
struct rule_view {
    const struct trust_evidence *evidence;
    const struct known *known;
    const struct route *route;
    unsigned family;         /* its bit */
    size_t at;               /* step of the way */
    const struct facts *own; /* the certificate of that step */
    const struct facts *leaf;
};

typedef bool rule_test(const struct rule_view *view);

/* ---- of the way ---- */
rule_test rule_leaf_as_anchor, rule_middle_as_anchor, rule_self_signed, rule_unknown_root,
    rule_impostor, rule_unknown_issuer, rule_broken_signature, rule_other_identifier,
    rule_other_spelling, rule_deep_firefox, rule_deep_java, rule_policy_missing,
    rule_go_cannot_read, rule_encoding_sent, rule_key_again, rule_serial_again, rule_too_large,
    rule_too_large_firefox;

/* ---- of one certificate ---- */
rule_test rule_over, rule_early, rule_out_of_time_and_order, rule_malformed, rule_foreign_letters,
    rule_critical, rule_constraint_kind, rule_encoding, rule_time_encoding;
rule_test rule_no_authority, rule_no_constraints, rule_no_constraints_at_anchor,
    rule_no_constraints_nor_usage, rule_version_2, rule_no_cert_sign, rule_path_length,
    rule_path_length_all, rule_outside, rule_outside_directory, rule_excluded_directory,
    rule_outside_common_name, rule_outside_wildcard, rule_outside_uri, rule_outside_uri_part,
    rule_outside_email, rule_empty_constraint;
rule_test rule_purpose_other, rule_purpose_any, rule_purpose_gated, rule_purpose_empty;
rule_test rule_digest_broken, rule_digest_sha1, rule_digest_sha1_pss, rule_digest_sha224,
    rule_digest_other, rule_salt;
rule_test rule_rsa_1024, rule_rsa_openssl, rule_rsa_2048, rule_key_p521, rule_key_p224,
    rule_key_ed25519, rule_key_ed448, rule_key_pss, rule_key_other;

/* ---- of the server's own ---- */
rule_test rule_no_names, rule_underscore, rule_hyphen, rule_empty_names, rule_is_authority,
    rule_no_signature, rule_no_usage_at_all, rule_no_signature_nor_time, rule_purpose_ocsp,
    rule_no_purposes, rule_netscape_client, rule_staple, rule_long_life, rule_names_not_critical,
    rule_no_issuer;

/* The OID of a critical extension that this family does not know; none: data NULL. */
struct fact_span rule_unknown_extension(const struct facts *facts, unsigned family);

/* Is this extension (its OID's octets) there, and critical? */
bool rule_is_critical(const struct facts *facts, const char *oid, size_t size);

/* Which of the certificate's oddities, among these, the family minds, in words; none: "". Constant.
 */
const char *rule_encoding_text(const struct facts *facts, unsigned among, unsigned family);

/* Bits of families. */
enum {
    RULE_W = 1 << TRUST_FAMILY_WINDOWS,
    RULE_C = 1 << TRUST_FAMILY_CHROME,
    RULE_F = 1 << TRUST_FAMILY_FIREFOX,
    RULE_A = 1 << TRUST_FAMILY_APPLE,
    RULE_D = 1 << TRUST_FAMILY_ANDROID,
    RULE_J = 1 << TRUST_FAMILY_JAVA,
    RULE_O = 1 << TRUST_FAMILY_OPENSSL,
    RULE_G = 1 << TRUST_FAMILY_GO,
    RULE_ALL = (1 << TRUST_FAMILY_COUNT) - 1,
};
enum { RULE_APPLE_DAYS = 825, RULE_DAY_S = 24 * 3600 };
