/* libmicrohttpd's callbacks: from a connection's start to its end, and each request between. */
#pragma once

#include <microhttpd.h>

/* All take the listener as their context. */
void http_on_connection(void *listener, struct MHD_Connection *mhd, void **socket_context,
                        enum MHD_ConnectionNotificationCode what);
void *http_on_request_line(void *listener, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *listener, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *content,
                                size_t *content_size, void **request_context);
void http_on_request_end(void *listener, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode how);
