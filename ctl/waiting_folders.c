#include "ctl/waiting_folders.h"

#include "base/blob.h"
#include "platform/held_folder.h"

#include <string.h>

static char *below(const char *folder, const char *rest) {
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", folder, rest);
    return buffer_take(&path);
}

static bool make(const char *path, struct error *err) {
    struct held_folder *folder = NULL;
    bool ok = held_folder_make(path, 0700, &folder, err);
    held_folder_close(folder);
    return ok;
}

bool waiting_folder_prepare(const struct place *place, struct error *err) {
    size_t length = strlen(place->store_folder);
    bool is_in_store = strncmp(place->state_folder, place->store_folder, length) == 0 &&
                       place->state_folder[length] == '/';
    return (!is_in_store || make(place->store_folder, err)) && make(place->state_folder, err);
}

char *waiting_folder(const struct place *place) {
    return below(place->state_folder, "waiting");
}

char *waiting_folder_of_store(const struct place *place) {
    return below(place->store_folder, ".mailstored/waiting");
}
