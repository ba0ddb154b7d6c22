/* The verb `request`: what certreq does with a request.inf. */
#include "ctl/request.h"

#include "ctl/entry_put.h"
#include "ctl/output_file.h"
#include "ctl/wait.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 64 };

enum ctl_exit request_check_output(const struct ctl *ctl) {
    const char *path = ctl_value(ctl, "--output");
    return path ? output_file_check(path, ctl_has(ctl, "--force")) : CTL_FINE;
}

enum ctl_exit request_write(const struct ctl *ctl, const void *data, size_t size) {
    return output_file_write(ctl_value(ctl, "--output"), data, size, 0644, ctl_has(ctl, "--force"));
}

char *request_pem(const struct blob *der) {
    gnutls_datum_t raw = {der->data, (unsigned)der->size}, text = {0};
    if (gnutls_pem_base64_encode2("CERTIFICATE REQUEST", &raw, &text) < 0)
        return NULL;
    char *copy = strndup((const char *)text.data, text.size);
    gnutls_free(text.data);
    return copy;
}

/* ---- which form of the verb ---- */

static const struct mode {
    const char *option; /* NULL: none of them */
    enum ctl_exit (*run)(struct ctl *ctl);
    size_t least, most; /* arguments */
    const char *usage;
    const char *takes; /* of the options below, parted by spaces */
} modes[] = {
    {"--template", request_template, 0, MOST_NAMES, "request --template [NAME...]",
     "--output --force"},
    {"--list", request_list, 0, 0, "request --list", ""},
    {"--cancel", request_cancel, 0, 0, "request --cancel ENTRY", ""},
    {NULL, request_make, 1, 1, "request FILE.inf",
     "--tolerant --allow-weak --output --binary --entry --force --wait"},
};
static const char *const mode_options[] = {"--tolerant", "--allow-weak", "--output", "--binary",
                                           "--entry",    "--force",      "--wait"};

static bool is_among(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static const struct mode *mode_of(const struct ctl *ctl) {
    const struct mode *mode = modes;
    while (mode->option && !ctl_has(ctl, mode->option))
        mode++;
    return mode;
}

static enum ctl_exit run(struct ctl *ctl) {
    const struct mode *mode = mode_of(ctl);
    for (const struct mode *other = mode + 1; mode->option && other->option; other++)
        if (ctl_has(ctl, other->option))
            return ctl_misuse("%s and %s were both given: leave one out", mode->option,
                              other->option);
    if (ctl->argument_count < mode->least || ctl->argument_count > mode->most)
        return ctl_misuse("usage: mailstorectl %s", mode->usage);
    for (size_t i = 0; i < sizeof mode_options / sizeof *mode_options; i++)
        if (ctl_has(ctl, mode_options[i]) && !is_among(mode->takes, mode_options[i]))
            return ctl_misuse("%s has no meaning with %s: leave it out", mode_options[i],
                              mode->option ? mode->option : mode->usage);
    return mode->run(ctl);
}

static const struct ctl_option options[] = {
    {.name = "--output",
     .value = "FILE",
     .help = "write the request there; for RequestType = Cert, the certificate besides",
     .completion = CTL_COMPLETE_FILE},
    {.name = "--binary", .help = "write DER, not PEM"},
    {.name = "--tolerant", .help = "repair what is unambiguous, and say each repair"},
    {.name = "--allow-weak", .help = "take SHA-1, MD5 and RSA below 2048 bits"},
    ENTRY_PUT_OPTIONS,
    WAIT_OPTION,
    {.name = "--template", .help = "write a commented request for this host, or for the NAMEs"},
    {.name = "--list", .help = "tell which keys wait for their certificates"},
    {.name = "--cancel",
     .value = "ENTRY",
     .help = "destroy the key that waits for this entry's certificate"},
    {0},
};

const struct ctl_verb verb_request = {
    .name = "request",
    .arguments = "FILE.inf",
    .summary = "do what a request.inf asks for, as certreq -new does",
    .help = "With RequestType = PKCS10, which is usual, a key is made that waits in the state\n"
            "folder, and the request for its certificate is printed or written to --output; the\n"
            "certificate that comes for it is for \"accept\". With RequestType = Cert a\n"
            "self-signed certificate is made and put into the store. What is wrong with the file,\n"
            "or without meaning here, is told as FILE:LINE:COLUMN.\n"
            "\n"
            "\"request --template [NAME…]\", \"request --list\" and \"request --cancel ENTRY\" do\n"
            "that and nothing else.\n",
    .least_arguments = 0,
    .most_arguments = MOST_NAMES,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_FILE,
};
