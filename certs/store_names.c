#include "certs/store_names.h"

#include <string.h>

/* Not <ctype.h>: names do not depend on the locale. */
static char lower(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

static bool ends_with(const char *text, size_t length, const char *ending) {
    size_t size = strlen(ending);
    if (length < size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(text[length - size + i]) != ending[i])
            return false;
    return true;
}

/* Hidden files, Kubernetes' "..data", our own unfinished files, what editors leave behind. */
static bool is_passed_over(const char *file, size_t length) {
    static const char *const endings[] = {"~", ".tmp", ".swp", ".bak"};
    if (length == 0 || file[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_with(file, length, endings[i]))
            return true;
    return false;
}

struct store_name store_name_read(const char *file) {
    static const struct {
        const char *ending;
        enum store_role role;
    } forms[] = {
        {".pem", STORE_PEM},   {".crt", STORE_CRT},   {".cer", STORE_CER},
        {".pfx", STORE_PFX},   {".p12", STORE_P12},   {".key", STORE_KEY},
        {".pass", STORE_PASS}, {".ocsp", STORE_OCSP}, {".meta", STORE_META},
    };
    size_t length = strlen(file);
    if (is_passed_over(file, length))
        return (struct store_name){STORE_PASSED_OVER, 0};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (ends_with(file, length, forms[i].ending))
            return (struct store_name){forms[i].role, length - strlen(forms[i].ending)};
    return (struct store_name){STORE_FOLDER, length};
}

enum store_role store_name_in_folder(const char *file) {
    static const struct {
        const char *name;
        enum store_role role;
    } forms[] = {
        {"tls.crt", STORE_TLS_CRT},         {"tls.key", STORE_TLS_KEY},
        {"fullchain.pem", STORE_FULLCHAIN}, {"privkey.pem", STORE_PRIVKEY},
        {"ocsp.der", STORE_OCSP_DER},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(file, forms[i].name) == 0)
            return forms[i].role;
    return STORE_PASSED_OVER;
}

bool store_role_is_certificate(enum store_role role) {
    return role <= STORE_FULLCHAIN;
}

bool store_role_is_key(enum store_role role) {
    return role == STORE_KEY || role == STORE_TLS_KEY || role == STORE_PRIVKEY;
}

bool store_role_is_inside(enum store_role role) {
    return role == STORE_TLS_CRT || role == STORE_FULLCHAIN || role == STORE_TLS_KEY ||
           role == STORE_PRIVKEY || role == STORE_OCSP_DER;
}
