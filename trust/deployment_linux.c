#include "certs/cert_export.h"
#include "trust/deployment.h"
#include "trust/deployment_name.h"
#include "trust/deployment_text.h"

/* p11-kit's own form, in which the category can be said: without it p11-kit takes a self-signed
 * certificate that is no authority for some other entry, and leaves it out of the bundles that
 * Fedora's programs read. */
static void append_p11_kit(const struct blob *pem, const char *label, struct buffer *out) {
    buffer_append_text(out, "[p11-kit-object-v1]\n"
                            "class: certificate\n"
                            "certificate-type: x-509\n"
                            "certificate-category: authority\n"
                            "trusted: true\n");
    buffer_printf(out, "label: \"%s\"\n", label);
    buffer_append(out, pem->data, pem->size);
}

static bool add_p11_kit(const struct deployment *deployment, const struct blob *pem,
                        struct deployment_files *files, struct error *err) {
    char name[DEPLOYMENT_NAME_SIZE];
    struct buffer text = {0};
    append_p11_kit(pem, deployment_name(deployment->info, name), &text);
    bool ok = !text.failed;
    if (!ok)
        error_set(err, ERROR_MEMORY, "p11-kit's form of a certificate: out of memory");
    ok = ok && deployment_add(files, "linux/mailstored.p11-kit", 0644, text.data, text.size, err);
    buffer_finish(&text);
    return ok;
}

static bool add_script(const struct deployment *deployment, struct deployment_files *files,
                       struct error *err) {
    char name[DEPLOYMENT_NAME_SIZE];
    const struct deployment_value more[] = {{"id", deployment_name(deployment->info, name)}, {0}};
    return deployment_add_text(deployment, files, "install.sh", 0755, "install.sh",
                               DEPLOYMENT_TEXT_UNIX, more, err);
}

bool deployment_linux(const struct deployment *deployment, struct deployment_files *out,
                      struct error *err) {
    struct blob pem = {0};
    bool ok = cert_export_pem(deployment->anchor, 1, &pem, err) &&
              deployment_add(out, "linux/mailstored.crt", 0644, pem.data, pem.size, err) &&
              add_p11_kit(deployment, &pem, out, err) && add_script(deployment, out, err);
    blob_finish(&pem);
    return ok;
}
