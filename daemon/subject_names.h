/* The names and addresses that clients may call this host by. */
#pragma once

#include "base/error.h"
#include "base/string_list.h"

/* Normalised, each once. Zero-initialised is empty. */
struct subject_names {
    struct string_list dns, addresses;
};
void subject_names_finish(struct subject_names *names);

/* Adds names and addresses as somebody wrote them; what is neither is left out. False: out of
 * memory. */
bool subject_names_add(const struct string_list *texts, struct subject_names *out);

/* The host's names, localhost, those of `configured`, and the host's addresses. */
bool subject_names_gather(const struct string_list *configured, struct subject_names *out,
                          struct error *err);
