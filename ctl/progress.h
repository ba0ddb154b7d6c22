/* Something takes a while: a line on standard error that moves, where that is a terminal; nothing
 * elsewhere, and nothing for what is done within a fifth of a second. */
#pragma once

#include <stddef.h>

struct progress;
/* `what`: "making an RSA key of 4096 bits". NULL is a legal result (no terminal, no memory). */
struct progress *progress_begin(const char *what);
/* Shows "7 of 120" behind it; from any thread; NULL is legal. */
void progress_count(struct progress *progress, size_t done, size_t all);
void progress_end(struct progress *progress); /* wipes the line; NULL is legal */
