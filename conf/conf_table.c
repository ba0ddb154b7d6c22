#include "conf/conf_table.h"

#include "conf/conf_defaults.h"
#include "conf/conf_words.h"

#include <stdlib.h>
#include <string.h>

static const struct conf_word tls_versions[] = {
    {"1.2", offsetof(struct conf, tls.tls12)},
    {"1.3", offsetof(struct conf, tls.tls13)},
    {NULL, 0},
};

static const struct conf_word first_shapes[] = {
    {"modern", CONF_FIRST_MODERN},
    {"classic", CONF_FIRST_CLASSIC},
    {NULL, 0},
};

static const struct conf_word log_levels[] = {
    {"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARNING}, {"notice", LOG_LEVEL_NOTICE},
    {"info", LOG_LEVEL_INFO},   {"debug", LOG_LEVEL_DEBUG},     {NULL, 0},
};

static const struct conf_word protocols[] = {
    {"https", CONF_HTTPS},
    {"redirect", CONF_REDIRECT},
    {NULL, 0},
};

#define AT(member) .offset = offsetof(struct conf, member)
#define RANGE(from, to) .least = (from), .most = (to)

static const struct conf_setting store_settings[] = {
    {"accept_public_keys", CONF_FLAG, AT(accept_public_keys)},
    {"poll_interval_s", CONF_NUMBER, AT(poll_interval_s), .initial = 10, RANGE(1, 86400)},
    {0},
};

static const struct conf_setting tls_settings[] = {
    {"versions", CONF_WORD_SET, AT(tls.tls12), .words = tls_versions},
    {"priority", CONF_TEXT, AT(tls.priority)},
    {"ticket_key_file", CONF_PATH, AT(tls.ticket_key_file)},
    {0},
};

static const struct conf_setting limits_settings[] = {
    {"workers", CONF_NUMBER, AT(limits.workers), RANGE(0, 256)},
    {"connections", CONF_NUMBER, AT(limits.connections), .initial = 20000, RANGE(1, 1000000)},
    {"connections_per_client", CONF_NUMBER, AT(limits.connections_per_client), RANGE(0, 1000000)},
    {"request_line_bytes", CONF_NUMBER, AT(limits.request_line_bytes), .initial = 2048,
     RANGE(256, 32768)},
    {"header_bytes", CONF_NUMBER, AT(limits.header_bytes), .initial = 4096, RANGE(512, 65536)},
    {"handshake_timeout_s", CONF_NUMBER, AT(limits.handshake_timeout_s), .initial = 10,
     RANGE(1, 600)},
    {"idle_timeout_s", CONF_NUMBER, AT(limits.idle_timeout_s), .initial = 60, RANGE(1, 86400)},
    {"drain_timeout_s", CONF_NUMBER, AT(limits.drain_timeout_s), .initial = 5, RANGE(0, 3600)},
    {0},
};

static const struct conf_setting first_certificate_settings[] = {
    {"shape", CONF_WORD, AT(first_certificate.shape), .initial = CONF_FIRST_MODERN,
     .words = first_shapes},
    {"key", CONF_TEXT, AT(first_certificate.key), .fits = conf_is_key_choice,
     .allowed = CONF_KEY_CHOICES},
    {"names", CONF_TEXTS, AT(first_certificate.names), .fits = conf_is_certificate_name,
     .allowed = CONF_CERTIFICATE_NAMES},
    {0},
};

#define DAY_S ((int64_t)24 * 3600)

/* 824 days and the little that a leaf is backdated by stay within the 825 days that Apple's clients
 * allow. */
static const struct conf_setting authority_settings[] = {
    {"leaf_lifetime_s", CONF_NUMBER, AT(authority.leaf_lifetime_s), .initial = 90 * DAY_S,
     RANGE(10, 824 * DAY_S)},
    {"key", CONF_TEXT, AT(authority.key), .initial_text = "ecdsa-p256", .required = true,
     .fits = conf_is_key_choice, .allowed = CONF_KEY_CHOICES},
    {"passphrase_file", CONF_PATH, AT(authority.passphrase_file)},
    {0},
};

static const struct conf_setting log_settings[] = {
    {"level", CONF_WORD, AT(log.level), .initial = LOG_LEVEL_INFO, .words = log_levels},
    {"file", CONF_PATH, AT(log.file)},
    {0},
};

static const struct conf_setting clients_settings[] = {
    {"remember", CONF_FLAG, AT(clients.remember), .initial = true},
    {"forget_after_days", CONF_NUMBER, AT(clients.forget_after_days), .initial = 30,
     RANGE(1, 3650)},
    {0},
};

static const struct conf_setting metrics_settings[] = {
    {"listen", CONF_TEXT, AT(metrics.listen), .fits = conf_is_metrics_address,
     .allowed = CONF_METRICS_ADDRESSES},
    {0},
};

static const struct conf_setting lab_settings[] = {
    {"enabled", CONF_FLAG, AT(lab.enabled)},
    {"domain", CONF_TEXT, AT(lab.domain), .initial_text = "lab.localhost", .required = true,
     .fits = conf_is_lab_domain, .allowed = CONF_LAB_DOMAINS},
    {"address", CONF_TEXT, AT(lab.address), .initial_text = "127.0.0.1", .required = true,
     .fits = conf_is_lab_address, .allowed = CONF_LAB_ADDRESSES},
    {"port", CONF_PORT, AT(lab.port), RANGE(0, 65000)},
    {0},
};

#undef AT
#define AT(member) .offset = offsetof(struct conf_listener, member)

const struct conf_setting conf_listener_settings[] = {
    {"address", CONF_TEXT, AT(address), .initial_text = "*", .required = true,
     .fits = conf_is_address,
     .allowed = "an IPv4 or IPv6 address without brackets, \"*\" for all of them, or "
                "\"systemd:NAME\" for a socket of the service manager"},
    {"port", CONF_PORT, AT(port), RANGE(0, 65535)},
    {"protocol", CONF_WORD, AT(protocol), .initial = CONF_HTTPS, .words = protocols},
    {"certificate", CONF_TEXT, AT(certificate), .fits = conf_is_entry_name,
     .allowed = CONF_ENTRY_NAMES},
    {0},
};

#undef AT
#define AT(member) .offset = offsetof(struct conf_service, member)

const struct conf_setting conf_service_settings[] = {
    {"enabled", CONF_FLAG, AT(enabled), .initial = true},
    {"certificate", CONF_TEXT, AT(certificate), .fits = conf_is_entry_name,
     .allowed = CONF_ENTRY_NAMES},
    {"certificate_names", CONF_TEXTS, AT(certificate_names), .fits = conf_is_certificate_name,
     .allowed = CONF_CERTIFICATE_NAMES},
    {"access_log", CONF_PATH, AT(access_log)},
    {"hsts_s", CONF_NUMBER, AT(hsts_s), RANGE(0, 315360000)},
    {"redirect_to", CONF_TEXT, AT(redirect_to), .initial_text = CONF_MAIN_SERVICE,
     .required = true},
    {"redirect_host", CONF_TEXT, AT(redirect_host), .fits = conf_is_host,
     .allowed = "a DNS name or an IP address without brackets, without a port"},
    {"listeners", CONF_LISTENERS, AT(listeners), .group = conf_listener_settings},
    {0},
};

#undef AT
#define AT(member) .offset = offsetof(struct conf, member)

const struct conf_setting conf_settings[] = {
    {"state_folder", CONF_PATH, AT(state_folder), .required = true},
    {"store_folder", CONF_PATH, AT(store_folder), .required = true},
    {"control_socket", CONF_PATH, AT(control_socket), .required = true},
    {"store", CONF_GROUP, .group = store_settings},
    {"tls", CONF_GROUP, .group = tls_settings},
    {"limits", CONF_GROUP, .group = limits_settings},
    {"first_certificate", CONF_GROUP, .group = first_certificate_settings},
    {"authority", CONF_GROUP, .group = authority_settings},
    {"log", CONF_GROUP, .group = log_settings},
    {"clients", CONF_GROUP, .group = clients_settings},
    {"metrics", CONF_GROUP, .group = metrics_settings},
    {"lab", CONF_GROUP, .group = lab_settings},
    {"services", CONF_SERVICES, AT(services), .group = conf_service_settings},
    {0},
};

#undef AT

void *conf_member(const struct conf_setting *setting, void *base) {
    return (char *)base + setting->offset;
}

const void *conf_member_const(const struct conf_setting *setting, const void *base) {
    return (const char *)base + setting->offset;
}

static bool set_default(const struct conf_setting *setting, void *base) {
    void *member = conf_member(setting, base);
    switch (setting->kind) {
    case CONF_FLAG:
        *(bool *)member = setting->initial != 0;
        return true;
    case CONF_NUMBER:
        *(int64_t *)member = setting->initial;
        return true;
    case CONF_PORT:
        *(uint16_t *)member = (uint16_t)setting->initial;
        return true;
    case CONF_WORD:
        *(unsigned *)member = (unsigned)setting->initial;
        return true;
    case CONF_WORD_SET:
        for (const struct conf_word *word = setting->words; word->word; word++)
            *(bool *)((char *)base + word->value) = true;
        return true;
    case CONF_TEXT:
        *(char **)member = setting->initial_text ? strdup(setting->initial_text) : NULL;
        return !setting->initial_text || *(char **)member;
    case CONF_GROUP:
        return conf_set_defaults(setting->group, base);
    case CONF_PATH:
    case CONF_TEXTS:
    case CONF_SERVICES:
    case CONF_LISTENERS:
        return true; /* empty, or made by conf_load from what else is set */
    }
    return true;
}

bool conf_set_defaults(const struct conf_setting *group, void *base) {
    bool ok = true;
    for (; group->key; group++)
        ok = set_default(group, base) && ok;
    return ok;
}

void conf_free_members(const struct conf_setting *group, void *base) {
    for (; group->key; group++) {
        void *member = conf_member(group, base);
        if (group->kind == CONF_TEXT || group->kind == CONF_PATH) {
            free(*(char **)member);
            *(char **)member = NULL;
        } else if (group->kind == CONF_TEXTS) {
            string_list_finish(member);
        } else if (group->kind == CONF_GROUP) {
            conf_free_members(group->group, base);
        }
    }
}
