#include "base/time_text.h"
#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/text.h"

#include <string.h>

enum { NAMES_SHOWN = 6 };

static void append_address(struct buffer *out, const char *address, int64_t port) {
    bool brackets = address && strchr(address, ':') && strncmp(address, "systemd:", 8) != 0;
    buffer_append_text(out, brackets ? "[" : "");
    utf8_append_printable(out, address ? address : "?");
    buffer_printf(out, "%s:%lld", brackets ? "]" : "", (long long)port);
}

/* "https *:8462 (asked at [::1]:8462)" */
static void print_head(const json_t *listener, struct buffer *out) {
    const char *protocol = answer_text(listener, "protocol");
    const char *address = answer_text(listener, "address"), *reach = answer_text(listener, "reach");
    int64_t port = answer_integer(listener, "port");
    buffer_append_text(out, "  ");
    utf8_append_printable(out, protocol ? protocol : "?");
    buffer_append_text(out, " ");
    append_address(out, address, port);
    if (reach && (!address || strcmp(reach, address) != 0)) {
        buffer_append_text(out, ", asked at ");
        append_address(out, reach, port);
    }
    buffer_append_text(out, "\n");
}

static void print_served(const json_t *listener, const json_t *probe, int64_t now,
                         struct buffer *out) {
    const json_t *certificate = json_object_get(probe, "certificate");
    const char *entry = answer_text(probe, "entry"), *rule = answer_text(listener, "rule");
    struct buffer text = {0};
    buffer_append_text(&text, entry ? entry : "a certificate that is not in the store");
    if (answer_true(probe, "matches") && rule)
        buffer_printf(&text, " (by rule: %s)", rule);
    const char *version = answer_text(probe, "tls_version");
    buffer_printf(&text, ", %s", version ? version : "?");
    text_field(out, "  serves", text.data);
    buffer_clear(&text);
    text_append_names(&text, json_object_get(certificate, "dns_names"),
                      json_object_get(certificate, "addresses"), NAMES_SHOWN);
    if (text.size == 0) {
        const char *common_name = answer_text(certificate, "common_name");
        buffer_printf(&text, "CN=%s", common_name ? common_name : "");
    }
    text_field(out, "  names", text.data);
    text_field_validity(out, "  valid", certificate, now);
    text_field(out, "  SHA-256", answer_text(certificate, "fingerprint"));
    buffer_finish(&text);
}

static void print_listener(const json_t *listener, int64_t now, struct buffer *out) {
    const json_t *probe = json_object_get(listener, "probe");
    print_head(listener, out);
    text_field(out, "  PROBLEM", answer_text(probe, "problem"));
    if (json_is_object(json_object_get(probe, "certificate"))) {
        print_served(listener, probe, now, out);
        if (!answer_true(probe, "matches")) {
            const char *serves = answer_text(listener, "serves");
            text_field(out, "  expected", serves ? serves : "no certificate");
        }
    }
    text_field(out, "  leads to", answer_text(probe, "location"));
}

static void print_daemon(const json_t *answer, int64_t now, struct buffer *out) {
    char started[TIME_TEXT_SIZE];
    int64_t since = answer_integer(answer, "started");
    const char *version = answer_text(answer, "version"),
               *file = answer_text(answer, "config_file");
    buffer_append_text(out, "mailstored ");
    utf8_append_printable(out, version ? version : "?");
    buffer_printf(out, ", process %lld, running since %s (",
                  (long long)answer_integer(answer, "pid"), time_text(since, started));
    text_append_duration(out, now > since ? now - since : 0);
    buffer_append_text(out, ")\n");
    text_field(out, "configuration", file ? file : "built-in defaults");
    struct buffer store = {0};
    const char *folder = answer_text(answer, "store_folder");
    buffer_printf(&store, "%s: %lld served, %lld refused", folder ? folder : "?",
                  (long long)answer_integer(answer, "entries"),
                  (long long)answer_integer(answer, "refused"));
    text_field(out, "store", store.data);
    buffer_clear(&store);
    buffer_printf(&store, "%lld", (long long)answer_integer(answer, "connections"));
    text_field(out, "connections", store.data);
    buffer_finish(&store);
}

void status_print(const json_t *answer, int64_t now, struct buffer *out) {
    size_t i = 0, j = 0;
    const json_t *service = NULL, *listener = NULL;
    print_daemon(answer, now, out);
    json_array_foreach(json_object_get(answer, "services"), i, service) {
        const char *name = answer_text(service, "name");
        struct buffer pin = {0};
        buffer_append_text(out, "\n");
        utf8_append_printable(out, name ? name : "?");
        buffer_append_text(out, answer_true(service, "enabled") ? "\n" : " (off)\n");
        text_append_pin(&pin, service, "certificate");
        text_field(out, "pinned to", pin.data);
        buffer_finish(&pin);
        json_array_foreach(json_object_get(service, "listeners"), j, listener) {
            print_listener(listener, now, out);
        }
    }
}
