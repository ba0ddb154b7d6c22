#include "trust/deployment.h"
#include "trust/deployment_name.h"
#include "trust/jks.h"

bool deployment_java(const struct deployment *deployment, struct deployment_files *out,
                     struct error *err) {
    char name[DEPLOYMENT_NAME_SIZE];
    const struct jks_entry entry = {.alias = deployment_name(deployment->info, name),
                                    .created = deployment->info->not_before,
                                    .certificate = deployment->anchor};
    struct blob store = {0};
    bool ok = jks_write(&entry, 1, "changeit", &store, err) && /* the password of Java's own */
              deployment_add(out, "java/truststore.jks", 0644, store.data, store.size, err);
    blob_finish(&store);
    return ok;
}
