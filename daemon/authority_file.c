#include "daemon/authority_file.h"

#include "platform/file.h"

char *authority_file_path(const char *state_folder) {
    return path_join(state_folder, "authority/authority.pem");
}
