#include "base/time_text.h"
#include "web/assets.h"
#include "web/values.h"

#include <stdio.h>

void web_connection_render(enum web_language language, const struct web_connection *connection,
                           struct buffer *out) {
    char not_before[TIME_TEXT_SIZE], not_after[TIME_TEXT_SIZE], port[8], days[24];
    struct value_groups fingerprint = {0}, thumbprint = {0};
    bool early = connection->now < connection->not_before;
    bool expired = connection->now > connection->not_after;
    snprintf(port, sizeof port, "%u", (unsigned)connection->local_port);
    snprintf(days, sizeof days, "%lld",
             (long long)value_days_between(connection->now, connection->not_after));

    const struct template_values values = {
        .slots =
            {
                [SLOT_CIPHER] = connection->cipher,
                [SLOT_CLIENT_ADDRESS] = connection->client_address,
                [SLOT_DAYS] = days,
                [SLOT_EARLY] = value_flag(early && !expired),
                [SLOT_ENTRY] = connection->entry,
                [SLOT_EXPIRED] = value_flag(expired),
                [SLOT_HAS_NAMES] = value_flag(connection->names && connection->names[0]),
                [SLOT_HOST] = connection->host,
                [SLOT_ISSUER] = connection->issuer,
                [SLOT_KEY] = connection->key,
                [SLOT_LOCAL_ADDRESS] = connection->local_address,
                [SLOT_LOCAL_PORT] = port,
                [SLOT_NAME_COVERED] = value_flag(connection->host && connection->name_covered),
                [SLOT_NAME_MISSING] = value_flag(connection->host && !connection->name_covered),
                [SLOT_NOT_AFTER] = time_text(connection->not_after, not_after),
                [SLOT_NOT_BEFORE] = time_text(connection->not_before, not_before),
                [SLOT_RESUMED] = value_flag(connection->resumed),
                [SLOT_SERIAL] = connection->serial,
                [SLOT_SERVER_NAME] = connection->server_name,
                [SLOT_SERVICE] = connection->service,
                [SLOT_SUBJECT] = connection->subject,
                [SLOT_TLS_VERSION] = connection->tls_version,
                [SLOT_VALID] = value_flag(!early && !expired),
            },
        .lists =
            {
                [LIST_NAMES] = connection->names,
                [LIST_FINGERPRINT] = value_split(connection->fingerprint, &fingerprint),
                [LIST_THUMBPRINT] = value_split(connection->thumbprint, &thumbprint),
            },
    };
    template_render(&web_connection_page[language], &values, out);
}

void web_error_render(enum web_language language, unsigned status, struct buffer *out) {
    const struct web_error_text *text = web_error_texts[language];
    while (text->status != status && text->status != 0)
        text++;
    char number[16];
    snprintf(number, sizeof number, "%u", status);
    const struct template_values values = {
        .slots =
            {
                [SLOT_STATUS] = number,
                [SLOT_TITLE] = text->title,
                [SLOT_ADVICE] = text->advice,
            },
    };
    template_render(&web_error_page[language], &values, out);
}
