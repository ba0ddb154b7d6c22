/* The person at the terminal, if there is one. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

/* Can somebody be asked: is there a controlling terminal? (Linux: /dev/tty; where standard input is
 * redirected the terminal is still asked.) */
bool terminal_is_there(void);

/* Asks for something secret with the echo off, which is on again however this ends (also by SIGINT,
 * SIGTERM, SIGTSTP). Gives `out`: NUL-terminated, blob_wipe. ERROR_MISSING: end of file. */
bool terminal_ask_secret(const char *prompt, struct blob *out, struct error *err);

/* Asks a question to be answered with y or n. False also without a terminal. */
bool terminal_confirm(const char *question);
