/* Something takes a while: a line on standard error that moves, where that is a terminal; nothing
 * elsewhere, and nothing for what is done within a fifth of a second. */
#pragma once

struct progress;
/* `what`: "making an RSA key of 4096 bits". NULL is a legal result (no terminal, no memory). */
struct progress *progress_begin(const char *what);
void progress_end(struct progress *progress); /* wipes the line; NULL is legal */
