/* `request --template`: a commented request.inf to begin with. */
#include "certs/names.h"
#include "certs/request_inf.h"
#include "ctl/request.h"
#include "platform/host.h"

#include <string.h>

static bool is_loopback(const char *address) {
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* The fully qualified one first: it becomes the subject. */
static bool add_host_names(const struct string_list *names, struct string_list *out) {
    for (int dotted = 1; dotted >= 0; dotted--)
        for (size_t i = 0; i < names->count; i++)
            if ((strchr(names->items[i], '.') != NULL) == dotted &&
                !string_list_add_unique(out, names->items[i]))
                return false;
    return true;
}

static bool of_host(struct string_list *names, struct string_list *addresses, struct error *err) {
    struct string_list found = {0}, reached = {0};
    bool ok = host_names(&found, err) && host_addresses(&reached, err);
    if (ok && !(ok = add_host_names(&found, names)))
        error_no_memory(err);
    for (size_t i = 0; ok && i < reached.count; i++)
        if (!is_loopback(reached.items[i]) &&
            !(ok = string_list_add_unique(addresses, reached.items[i])))
            error_no_memory(err);
    string_list_finish(&found);
    string_list_finish(&reached);
    return ok;
}

static bool of_person(const struct ctl *ctl, struct string_list *names,
                      struct string_list *addresses, struct error *err) {
    for (size_t i = 0; i < ctl->argument_count; i++) {
        char name[NAME_SIZE];
        bool is_address = address_normalise(ctl->arguments[i], name);
        if (!is_address && !name_from_person(ctl->arguments[i], name, err))
            return false;
        if (!string_list_add_unique(is_address ? addresses : names, name))
            return error_no_memory(err);
    }
    if (names->count > 0)
        return true;
    error_set(err, ERROR_INPUT, "a request needs a name beside the addresses");
    return false;
}

static enum ctl_exit write_template(struct ctl *ctl, const struct string_list *names,
                                    const struct string_list *addresses) {
    struct buffer text = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FINE;
    if (!request_inf_template(names, addresses, &text, &err))
        status = ctl_fail_given(&err);
    else if (ctl_value(ctl, "--output"))
        status = request_write(ctl, text.data, text.size);
    else
        buffer_append(&ctl->out, text.data, text.size);
    buffer_finish(&text);
    return status;
}

enum ctl_exit request_template(struct ctl *ctl) {
    struct string_list names = {0}, addresses = {0};
    struct error err = {0};
    enum ctl_exit status = CTL_FINE;
    if (ctl_has(ctl, "--json"))
        return ctl_misuse("--json has no meaning with --template: leave it out");
    if (ctl->argument_count > 0) {
        if (!of_person(ctl, &names, &addresses, &err))
            status = ctl_misuse("%s", err.text);
    } else if (!of_host(&names, &addresses, &err))
        status = ctl_fail_given(&err);
    if (status == CTL_FINE)
        status = request_check_output(ctl);
    if (status == CTL_FINE)
        status = write_template(ctl, &names, &addresses);
    string_list_finish(&names);
    string_list_finish(&addresses);
    return status;
}
