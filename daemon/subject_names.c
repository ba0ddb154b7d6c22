#include "daemon/subject_names.h"

#include "certs/names.h"
#include "platform/host.h"

void subject_names_finish(struct subject_names *names) {
    string_list_finish(&names->dns);
    string_list_finish(&names->addresses);
}

bool subject_names_add(const struct string_list *texts, struct subject_names *out) {
    char normal[NAME_SIZE];
    for (size_t i = 0; i < texts->count; i++) {
        bool ok = true;
        if (address_normalise(texts->items[i], normal))
            ok = string_list_add_unique(&out->addresses, normal);
        else if (name_normalise(texts->items[i], true, normal))
            ok = string_list_add_unique(&out->dns, normal);
        if (!ok)
            return false;
    }
    return true;
}

bool subject_names_gather(const struct string_list *configured, struct subject_names *out,
                          struct error *err) {
    struct string_list hosts = {0}, addresses = {0};
    bool ok = false;
    if (!host_names(&hosts, err) || !host_addresses(&addresses, err))
        goto done;
    if (!subject_names_add(&hosts, out) || !string_list_add_unique(&out->dns, "localhost") ||
        !subject_names_add(configured, out) || !subject_names_add(&addresses, out)) {
        error_set(err, ERROR_MEMORY, "names of the host: out of memory");
        goto done;
    }
    ok = true;
done:
    string_list_finish(&hosts);
    string_list_finish(&addresses);
    return ok;
}
