#include "trust/deployment.h"

bool deployment_apple(const struct deployment *deployment, struct deployment_files *out,
                      struct error *err) {
    return deployment_add(out, "android/mailstored.crt", 0644, deployment->anchor->data,
                          deployment->anchor->size, err);
}
