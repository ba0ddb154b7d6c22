#include "trust/deployment.h"
#include "trust/deployment_name.h"
#include "trust/deployment_text.h"

#include <stdio.h>

enum { THUMBPRINT_TEXT_SIZE = 2 * CERT_THUMBPRINT_SIZE + 1 };

/* As Windows' window of a certificate shows it. */
static const char *thumbprint_text(const struct cert_info *info,
                                   char out[static THUMBPRINT_TEXT_SIZE]) {
    for (size_t i = 0; i < CERT_THUMBPRINT_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", info->thumbprint[i]);
    return out;
}

bool deployment_readme(const struct deployment *deployment, struct deployment_files *out,
                       struct error *err) {
    char name[DEPLOYMENT_NAME_SIZE], thumbprint[THUMBPRINT_TEXT_SIZE];
    const struct deployment_value more[] = {
        {"id", deployment_name(deployment->info, name)},
        {"windows_thumbprint", thumbprint_text(deployment->info, thumbprint)},
        {0},
    };
    return deployment_add_text(deployment, out, "README.txt", 0644, "README.txt",
                               DEPLOYMENT_TEXT_WINDOWS_MARK, more, err);
}
