#include "ctl/waiting_folders.h"

#include "base/blob.h"

static char *below(const char *folder, const char *rest) {
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", folder, rest);
    return buffer_take(&path);
}

char *waiting_folder(const struct place *place) {
    return below(place->state_folder, "waiting");
}

char *waiting_folder_of_store(const struct place *place) {
    return below(place->store_folder, ".mailstored/waiting");
}
