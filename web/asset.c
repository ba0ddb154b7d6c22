#include "web/assets.h"

#include <assert.h>
#include <string.h>

size_t web_asset_count(void) {
    return web_assets_count;
}

const struct web_asset *web_asset_at(size_t i) {
    assert(i < web_assets_count);
    return &web_assets[i];
}

const struct web_asset *web_asset_find(const char *path) {
    for (size_t i = 0; i < web_assets_count; i++)
        if (strcmp(web_assets[i].path, path) == 0)
            return &web_assets[i];
    return NULL;
}

/* Is that the path of "STEM.SUFFIX" with a hash between them? */
static bool is_hashed(const char *path, const char *stem, size_t stem_size, const char *suffix) {
    size_t size = strlen(path), suffix_size = strlen(suffix);
    return size > 1 + stem_size + 1 + suffix_size && strncmp(path + 1, stem, stem_size) == 0 &&
           path[1 + stem_size] == '.' && strcmp(path + size - suffix_size, suffix) == 0;
}

const char *web_asset_path(const char *name) {
    const char *suffix = strrchr(name, '.');
    assert(suffix);
    for (size_t i = 0; i < web_assets_count; i++)
        if (web_assets[i].immutable &&
            is_hashed(web_assets[i].path, name, (size_t)(suffix - name), suffix))
            return web_assets[i].path;
    assert(!"no style or picture of that name");
    return "";
}
