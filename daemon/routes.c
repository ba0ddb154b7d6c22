#include "daemon/routes.h"

#include "base/log.h"
#include "base/time_text.h"
#include "daemon/connection.h"
#include "daemon/framing.h"
#include "daemon/listener.h"
#include "daemon/respond.h"
#include "daemon/trust_download.h"
#include "daemon/trust_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char allowed_methods[] = "GET, HEAD, OPTIONS";
enum { HTTPS_PORT = 443 };

static enum MHD_Result answer_health(struct connection *connection) {
    static const char text[] = "ok\n";
    const struct answer answer = {.status = MHD_HTTP_OK,
                                  .content_type = "text/plain; charset=utf-8"};
    return respond_bytes(connection, &answer, text, sizeof text - 1);
}

/* The trust anchor of the certificate this connection was given: DER, never a key. */
static enum MHD_Result answer_certificate(struct connection *connection) {
    if (!connection->cert)
        return respond_error(connection, MHD_HTTP_NOT_FOUND, NULL);
    char name[RESPOND_FILE_NAME_SIZE], disposition[128];
    respond_file_name(cert_name(connection->cert), name);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", name);
    struct blob anchor = {0};
    struct error err = {0};
    if (!trust_page_anchor(connection, &anchor, &err)) {
        log_error("/certificate.cer", "cannot be told: %s", err.text);
        return respond_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
    const struct answer answer = {.status = MHD_HTTP_OK,
                                  .content_type = "application/pkix-cert", /* RFC 2585 */
                                  .disposition = disposition};
    enum MHD_Result result = respond_bytes(connection, &answer, anchor.data, anchor.size);
    blob_finish(&anchor);
    return result;
}

/* "TLS 1.3", as people write it; GnuTLS leaves the space out. */
static const char *version_name(gnutls_protocol_t version) {
    switch (version) {
    case GNUTLS_TLS1_3:
        return "TLS 1.3";
    case GNUTLS_TLS1_2:
        return "TLS 1.2";
    default:
        return gnutls_protocol_get_name(version);
    }
}

static void describe_session(gnutls_session_t session, struct web_connection *page) {
    page->tls_version = version_name(gnutls_protocol_get_version(session));
    page->cipher = gnutls_cipher_get_name(gnutls_cipher_get(session));
    page->resumed = gnutls_session_is_resumed(session) != 0;
}

static void describe_certificate(const struct cert *cert, struct web_connection *page) {
    const struct cert_info *info = cert_info(cert);
    page->entry = cert_name(cert);
    page->subject = info->subject;
    page->issuer = info->issuer;
    page->not_before = info->not_before;
    page->not_after = info->not_after;
    page->key = info->key_name;
    page->serial = info->serial;
    page->name_covered = page->host && cert_info_names(info, page->host, false);
}

static enum MHD_Result answer_connection(struct connection *connection) {
    if (!connection->session || !connection->cert)
        return respond_error(connection, MHD_HTTP_NOT_FOUND, NULL);
    char host[REQUEST_HOST_SIZE], local[SOCKET_TEXT_SIZE], client[SOCKET_TEXT_SIZE];
    char sent[256];
    size_t sent_size = sizeof sent;
    unsigned name_type;
    const struct cert_info *info = cert_info(connection->cert);
    struct web_connection page = {
        .host = request_host(connection, host, NULL) ? host : NULL,
        .client_address = socket_address_host((const struct sockaddr *)&connection->client, client),
        .service = listener_settings(connection->listener)->service,
        .now = time_now(),
    };
    connection_local_address(connection, local, &page.local_port);
    page.local_address = local;
    if (gnutls_server_name_get(connection->session, sent, &sent_size, &name_type, 0) == 0)
        page.server_name = sent;
    describe_session(connection->session, &page);
    describe_certificate(connection->cert, &page);

    char *fingerprint = fingerprint_text(info->fingerprint, sizeof info->fingerprint);
    char *thumbprint = fingerprint_text(info->thumbprint, sizeof info->thumbprint);
    const char **names = cert_info_name_list(info);
    struct buffer html = {0};
    enum MHD_Result result = MHD_NO;
    if (fingerprint && thumbprint && names) {
        page.fingerprint = fingerprint;
        page.thumbprint = thumbprint;
        page.names = names;
        web_connection_render(request_language(connection), &page, &html);
        result = respond_page(connection, &(struct answer){.status = MHD_HTTP_OK}, &html);
    }
    free(names);
    free(fingerprint);
    free(thumbprint);
    return result;
}

/* By which address this visitor opens the server, or, where the certificate does not say so, by
 * which one visitors should. NULL: it names none. */
static const char *address_in(struct connection *connection, char host[static REQUEST_HOST_SIZE],
                              uint16_t *port) {
    const struct cert_info *info = cert_info(connection->cert);
    char local[SOCKET_TEXT_SIZE];
    unsigned used = 0;
    if (request_host(connection, host, &used) && cert_info_names(info, host, false)) {
        *port = used > 0 ? (uint16_t)used : HTTPS_PORT;
        return host;
    }
    connection_local_address(connection, local, port);
    for (size_t i = 0; i < info->dns_names.count; i++)
        if (info->dns_names.items[i][0] != '*')
            return info->dns_names.items[i];
    return info->addresses.count > 0 ? info->addresses.items[0] : NULL;
}

/* All that makes clients trust the certificate of this connection. */
static enum MHD_Result answer_trust_zip(struct connection *connection) {
    struct trust_downloads *downloads = listener_downloads(connection->listener);
    const struct trust_download *download = NULL;
    const char *language = web_language_tag(request_language(connection));
    char host[REQUEST_HOST_SIZE];
    struct blob anchor = {0};
    struct error err = {0};
    if (!connection->cert)
        return respond_error(connection, MHD_HTTP_NOT_FOUND, NULL);
    struct trust_visitor visitor = {
        .cert = connection->cert, .anchor = &anchor, .language = language};
    visitor.host = address_in(connection, host, &visitor.port);
    bool is_made = trust_page_anchor(connection, &anchor, &err) &&
                   trust_downloads_get(downloads, &visitor, &download, &err);
    blob_finish(&anchor);
    if (!is_made) {
        log_error("trust.zip", "cannot be made: %s", err.text);
        return respond_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
    }
    const struct answer answer = {.status = MHD_HTTP_OK,
                                  .content_type = "application/zip",
                                  .disposition = "attachment; filename=\"mailstored-trust.zip\"",
                                  .language = language,
                                  .etag = download->etag};
    enum MHD_Result result =
        respond_bytes(connection, &answer, download->zip.data, download->zip.size);
    trust_download_release(downloads, download);
    return result;
}

static const struct route {
    const char *path;
    enum MHD_Result (*answer)(struct connection *connection);
} routes[] = {
    {"/connection", answer_connection},
    {"/trust", trust_page_answer},
    {"/certificate.cer", answer_certificate},
    {"/trust.zip", answer_trust_zip},
    {"/healthz", answer_health},
};

static const struct route *find_route(const char *path) {
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

static bool is_one_of(const char *method, const char *const *methods) {
    for (; *methods; methods++)
        if (strcmp(method, *methods) == 0)
            return true;
    return false;
}

/* Methods of RFC 9110 and RFC 5789 that exist, but not here, get 405; others 501. */
static unsigned method_refusal(const char *method, const char **allow) {
    static const char *const served[] = {"GET", "HEAD", "OPTIONS", NULL};
    static const char *const known[] = {"POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE", NULL};
    if (is_one_of(method, served))
        return 0;
    if (!is_one_of(method, known))
        return MHD_HTTP_NOT_IMPLEMENTED;
    *allow = allowed_methods;
    return MHD_HTTP_METHOD_NOT_ALLOWED;
}

unsigned routes_refusal(const char *url, const char *method, const char **allow) {
    const char *path = target_path(url);
    *allow = NULL;
    /* "*" is a target for OPTIONS alone, an authority one for CONNECT (RFC 9112, 3.2). */
    if (strcmp(path, "*") == 0)
        return strcmp(method, "OPTIONS") == 0 ? 0 : MHD_HTTP_BAD_REQUEST;
    if (strcmp(method, "CONNECT") == 0)
        return method_refusal(method, allow);
    if (path[0] != '/')
        return MHD_HTTP_BAD_REQUEST;
    if (!find_route(path) && !web_asset_find(path))
        return MHD_HTTP_NOT_FOUND;
    return method_refusal(method, allow);
}

enum MHD_Result routes_answer(struct connection *connection, const char *url, const char *method) {
    const char *allow;
    unsigned status = routes_refusal(url, method, &allow);
    if (status != 0)
        return respond_error(connection, status, allow);
    if (strcmp(method, "OPTIONS") == 0) {
        const struct answer answer = {.status = MHD_HTTP_NO_CONTENT, .allow = allowed_methods};
        return respond_bytes(connection, &answer, "", 0);
    }
    const char *path = target_path(url);
    const struct route *route = find_route(path);
    return route ? route->answer(connection) : respond_asset(connection, web_asset_find(path));
}
