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
