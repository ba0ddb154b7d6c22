/* The verb `authority show`: the local authority, without its key. */
#include "certs/cert_export.h"
#include "ctl/answer.h"
#include "ctl/authority_kept.h"

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    buffer_append_text(out, "the local authority\n");
    authority_kept_print(answer, now, out);
}

static enum ctl_exit show(struct ctl *ctl, const struct place *place,
                          const struct authority_text *kept) {
    struct error err = {0};
    struct blob pem = {0};
    if (ctl_has(ctl, "--pem")) {
        if (!cert_export_pem(&kept->certificate, 1, &pem, &err))
            return ctl_fail(&err);
        buffer_append(&ctl->out, pem.data, pem.size);
        blob_finish(&pem);
        return CTL_FINE;
    }
    json_t *answer = authority_kept_report(place, &kept->certificate, kept->is_encrypted, &err);
    if (!answer)
        return ctl_fail(&err);
    const json_t *certificate = json_object_get(answer, "certificate");
    bool is_valid = answer_integer(certificate, "not_before") <= ctl->now &&
                    ctl->now <= answer_integer(certificate, "not_after");
    return ctl_answer(ctl, answer, print, is_valid ? CTL_FINE : CTL_ATTENTION);
}

static enum ctl_exit run(struct ctl *ctl) {
    struct place place = {0};
    struct authority_text kept = {0};
    struct error err = {0};
    enum ctl_exit status = place_find(ctl, &place);
    if (status != CTL_FINE)
        return status;
    if (authority_kept_look(&place, &kept, &err)) {
        status = show(ctl, &place, &kept);
    } else {
        authority_kept_advise(ctl, &err);
        status = ctl_fail(&err);
    }
    authority_text_finish(&kept);
    place_finish(&place);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--pem", .help = "print its certificate as PEM, for clients; never the key"},
    {0},
};

const struct ctl_verb verb_authority_show = {
    .name = "authority show",
    .summary = "the local authority: what it may name, until when, its fingerprint",
    .help = "Needs no passphrase. With --pem prints the certificate that clients must trust:\n"
            "\"mailstorectl authority show --pem > authority.pem\".\n",
    .run = run,
    .options = options,
};
