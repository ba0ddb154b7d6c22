#include "platform/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

long process_id(void) {
    return (long)getpid();
}

bool process_has_descriptor(int descriptor) {
    return fcntl(descriptor, F_GETFD) >= 0;
}

int process_is_terminal(FILE *stream) {
    return isatty(fileno(stream));
}

void process_keep_files_private(void) {
    umask(027);
}
