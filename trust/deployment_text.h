/* The texts of a deployment: files under trust/texts/, embedded at build, filled in here.
 *
 * In a text stand
 *     {{name}}              a value, without what moves a cursor or hides what stands beside it
 *     {{name:xml}}          the same between tags or in an attribute's double quotes
 *     {{name:ps}}           the same between PowerShell's single quotes, which the text has
 *     {{name:sh}}           the same between a shell's single quotes, which the text has
 *     {{?name}}…{{/name}}   only if there is such a value
 *     {{!name}}…{{/name}}   only if there is none
 * The build fails for a mark that is none of these. */
#pragma once

#include "trust/deployment.h"

/* "mailstored: NAME": what a person finds the anchor by, in lists where others stand beside it.
 * Newly allocated; NULL when out of memory. */
char *deployment_title(const struct cert_info *anchor);

/* A value for a text; `text` NULL: there is none. */
struct deployment_value {
    const char *name, *text;
};

/* In which form a text is written. */
enum deployment_text_form {
    DEPLOYMENT_TEXT_UNIX,         /* UTF-8, LF */
    DEPLOYMENT_TEXT_WINDOWS,      /* UTF-8 with CR LF */
    DEPLOYMENT_TEXT_WINDOWS_MARK, /* likewise, after a byte order mark: without it the Editor of
                                   * older systems and Windows PowerShell 5.1 take it for ANSI */
};

/* Appends a text, filled in. `name` is its file's, "windows/install.ps1"; where there are several
 * languages ("windows/STEPS.fr.txt"), that of the deployment is taken for "windows/STEPS.txt".
 *
 * Values that every text has: of the anchor `subject`, `issuer`, `name` (its common name, else its
 * first other one), `serial`, `fingerprint` ("AB:CD:…", SHA-256), `thumbprint` (SHA-1, upper-case
 * hex), `not_before`, `not_after` (dates), `base64` (its DER, one line), `title`; `authority` ("1"
 * or none); of the deployment `host`, `port`, `address` ("host:port", an IPv6 host in brackets),
 * `url` ("https://host:port/"), and `language`. `more` ends with a NULL name; NULL: no others.
 * ERROR_INPUT: the text mentions another value. */
bool deployment_text(const struct deployment *deployment, const char *name,
                     const struct deployment_value *more, struct buffer *out, struct error *err);

/* The same as a file of the deployment. */
bool deployment_add_text(const struct deployment *deployment, struct deployment_files *files,
                         const char *path, unsigned mode, const char *name,
                         enum deployment_text_form form, const struct deployment_value *more,
                         struct error *err);

/* What deployment_texts.c, made by trust/embed.py, has. */
struct deployment_text_file {
    const char *name;
    const char *text;
};
extern const struct deployment_text_file deployment_texts[];
extern const size_t deployment_texts_count;
