#include "daemon/first_certificate.h"

#include "certs/cert_set.h"
#include "daemon/subject_names.h"

enum { LIFE_YEARS = 20 };

bool first_certificate_make(const struct first_certificate *wish, int64_t now, struct blob *pem,
                            struct error *err) {
    struct subject_names names = {0};
    struct cert_material material = {0};
    bool ok = false;

    if (!string_list_add(&names.dns, CERT_GENERATED_NAME)) {
        error_set(err, ERROR_MEMORY, "first certificate: out of memory");
        goto done;
    }
    if (!subject_names_gather(wish->names, &names, err))
        goto done;
    const struct cert_wish cert = {
        .shape = wish->shape,
        .key = wish->key,
        .common_name = CERT_GENERATED_NAME,
        .dns_names = &names.dns,
        .addresses = &names.addresses,
        .not_before = now,
        .not_after = years_after(now, LIFE_YEARS),
    };
    ok = cert_make_self_signed(&cert, &material, err) && cert_to_pem(&material, pem, err);
done:
    cert_material_finish(&material);
    subject_names_finish(&names);
    return ok;
}

bool first_certificate_missing(const struct first_certificate *wish, const struct cert_info *info,
                               struct string_list *out, struct error *err) {
    struct subject_names names = {0};
    bool ok = false;
    if (!subject_names_gather(wish->names, &names, err))
        goto done;
    ok = true;
    for (size_t i = 0; ok && i < names.dns.count; i++)
        if (!cert_info_names(info, names.dns.items[i], false))
            ok = string_list_add(out, names.dns.items[i]);
    for (size_t i = 0; ok && i < names.addresses.count; i++)
        if (!cert_info_names(info, names.addresses.items[i], false))
            ok = string_list_add(out, names.addresses.items[i]);
    if (!ok)
        error_set(err, ERROR_MEMORY, "names of the host: out of memory");
done:
    subject_names_finish(&names);
    return ok;
}
