/* STATE/clients as bytes: the clients seen, kept across restarts. One JSON object. */
#pragma once

#include "base/blob.h"
#include "daemon/clients_seen.h"

/* A full list with the longest of everything has fewer bytes. */
enum { CLIENTS_FILE_LIMIT = 16 * 1024 * 1024 };

/* The words for how a handshake ended: "finished", "refused", "left", "failed", "late". */
const char *verdict_word(enum handshake_end end);

/* From the file's bytes, in its order. ERROR_INPUT says where it is damaged. Gives `out`, for
 * free(). */
bool clients_file_read(const void *bytes, size_t size, struct client_seen **out, size_t *count,
                       struct error *err);

/* Appends what clients_file_read gives back. */
void clients_file_print(const struct client_seen *clients, size_t count, struct buffer *out);
