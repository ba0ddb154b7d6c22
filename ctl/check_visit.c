/* What each address of a server shows. */
#include "base/time_text.h"
#include "ctl/check.h"
#include "ctl/http_head.h"
#include "ctl/tls_client.h"
#include "platform/resolve.h"

#include <gnutls/ocsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who shows a certificate and then speaks no HTTP is not waited for long. */
enum { DATE_TIMEOUT_MS = 2000 };

void check_visits_finish(struct check_visits *visits) {
    for (size_t i = 0; i < visits->count; i++) {
        struct check_visit *visit = &visits->items[i];
        for (size_t j = 0; j < visit->chain_count; j++)
            blob_finish(&visit->chain[j]);
        free(visit->chain);
        blob_finish(&visit->staple);
    }
    free(visits->items);
    *visits = (struct check_visits){0};
}

static bool no_memory(struct check_visit *visit) {
    error_set(&visit->problem, ERROR_MEMORY, "out of memory");
    return false;
}

/* ---- what the session shows ---- */

static bool take_chain(const struct tls_client *client, struct check_visit *visit) {
    const struct sent_chain *sent = tls_client_chain(client);
    if (sent->count == 0) {
        error_set(&visit->problem, ERROR_INPUT, "the server sent no certificate");
        return false;
    }
    visit->chain = calloc(sent->count, sizeof *visit->chain);
    if (!visit->chain)
        return no_memory(visit);
    for (; visit->chain_count < sent->count; visit->chain_count++) {
        const struct blob *one = &sent->items[visit->chain_count];
        if (!blob_copy(one->data, one->size, &visit->chain[visit->chain_count]))
            return no_memory(visit);
    }
    return true;
}

static bool take_staple(gnutls_session_t session, struct check_visit *visit) {
    gnutls_datum_t response = {0};
    if (gnutls_ocsp_status_request_get(session, &response) < 0 || response.size == 0)
        return true;
    return blob_copy(response.data, response.size, &visit->staple) || no_memory(visit);
}

/* ---- its clock ---- */

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); 0: it is none. */
static int64_t read_date(const char *text) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char plain[TIME_TEXT_SIZE], month[4] = "";
    int64_t at = 0;
    if (strlen(text) < strlen("Sun, 06 Nov 1994 08:49:37"))
        return 0;
    memcpy(month, text + 8, 3);
    const char *found = strstr(months, month);
    if (!found || (found - months) % 3 != 0)
        return 0;
    snprintf(plain, sizeof plain, "%.4s-%02d-%.2s %.8s", text + 12, (int)(found - months) / 3 + 1,
             text + 5, text + 17);
    return time_from_text(plain, &at) ? at : 0;
}

static void ask_date(struct tls_client *client, const struct check_target *target,
                     const char *literal, bool is_address, struct check_visit *visit) {
    const struct probe_target asked = {
        .address = literal, .port = target->port, .server_name = is_address ? NULL : target->host};
    struct buffer head = {0};
    if (tls_client_ask(client, &asked, "/", DATE_TIMEOUT_MS, &head) && http_head_is_whole(&head)) {
        char *date = http_head_field(head.data, "Date");
        visit->clock = date ? read_date(date) : 0;
        free(date);
    }
    buffer_finish(&head);
}

/* ---- all addresses ---- */

static void visit_one(const struct check_target *target, const struct socket_address *address,
                      struct check_visit *visit) {
    struct tls_client *client = NULL;
    char literal[SOCKET_TEXT_SIZE], normal[NAME_SIZE];
    const struct sockaddr *where = (const struct sockaddr *)&address->storage;
    bool is_address = address_normalise(target->host, normal);
    socket_address_text(where, visit->address);
    socket_address_host(where, literal);
    if (!tls_client_look(address, is_address ? NULL : target->host, &client, &visit->problem))
        return;
    visit->tls_version = tls_client_version(client);
    if (take_chain(client, visit) && tls_client_is_open(client) &&
        take_staple(tls_client_session(client), visit))
        ask_date(client, target, literal, is_address, visit);
    tls_client_close(client);
}

bool check_visit_all(const struct check_target *target, struct check_visits *out,
                     struct error *err) {
    struct socket_address *addresses = NULL;
    size_t count = 0;
    if (!resolve_host(target->connect, target->port, &addresses, &count, err))
        return false;
    struct check_visits visits = {calloc(count + 1, sizeof(struct check_visit)), count};
    if (!visits.items) {
        free(addresses);
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        visit_one(target, &addresses[i], &visits.items[i]);
    free(addresses);
    *out = visits;
    return true;
}
