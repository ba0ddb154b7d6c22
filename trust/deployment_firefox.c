#include "trust/deployment.h"
#include "trust/deployment_name.h"
#include "trust/deployment_text.h"

#include <stdio.h>

/* The policy names the file twice: by a name alone, for which Firefox has folders of its own on
 * every system, and where install.sh puts it, which is the one place that Firefox in a snap can
 * read. One that is not there it passes over.
 * https://mozilla.github.io/policy-templates/#certificates--install */
bool deployment_firefox(const struct deployment *deployment, struct deployment_files *out,
                        struct error *err) {
    char name[DEPLOYMENT_NAME_SIZE], path[DEPLOYMENT_NAME_SIZE + 16];
    const struct deployment_value more[] = {{"id", deployment_name(deployment->info, name)}, {0}};
    snprintf(path, sizeof path, "firefox/%s.cer", name);
    return deployment_add(out, path, 0644, deployment->anchor->data, deployment->anchor->size,
                          err) &&
           deployment_add_text(deployment, out, "firefox/policies.json", 0644,
                               "firefox/policies.json", DEPLOYMENT_TEXT_UNIX, more, err);
}
