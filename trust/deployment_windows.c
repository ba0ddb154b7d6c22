#include "trust/deployment.h"

bool deployment_windows(const struct deployment *deployment, struct deployment_files *out,
                        struct error *err) {
    return deployment_add(out, "windows/mailstored.cer", 0644, deployment->anchor->data,
                          deployment->anchor->size, err);
}
