#include "platform/host.h"

#include "platform/file.h"
#include "platform/socket.h"

#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void lower(char *text) {
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* Fully qualified forms of the host's name in /etc/hosts: what the resolver knows locally. */
static bool add_from_hosts(const char *name, struct string_list *out) {
    FILE *file = fopen("/etc/hosts", "re");
    char line[1024];
    size_t length = strlen(name);
    bool ok = true;
    if (!file)
        return true;
    while (ok && fgets(line, sizeof line, file)) {
        line[strcspn(line, "#\r\n")] = '\0';
        char *rest = line;
        for (char *word; ok && (word = strsep(&rest, " \t"));) {
            lower(word);
            if (strncmp(word, name, length) == 0 && word[length] == '.' && word[length + 1])
                ok = string_list_add_unique(out, word);
        }
    }
    fclose(file);
    return ok;
}

bool host_names(struct string_list *out, struct error *err) {
    char name[256] = "";
    struct string_list names = {0};
    if (gethostname(name, sizeof name - 1) != 0) {
        error_set_system(err, errno, "the host's name");
        return false;
    }
    lower(name);
    size_t length = strlen(name);
    if (length > 0 && name[length - 1] == '.')
        name[length - 1] = '\0';
    if (name[0] && (!string_list_add(&names, name) || !add_from_hosts(name, &names))) {
        string_list_finish(&names);
        error_set(err, ERROR_MEMORY, "the host's names: out of memory");
        return false;
    }
    *out = names;
    return true;
}

static bool is_link_local(const struct sockaddr *address) {
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 16) == 0xA9FE;
}

bool host_addresses(struct string_list *out, struct error *err) {
    struct ifaddrs *first;
    struct string_list addresses = {0};
    if (getifaddrs(&first) != 0) {
        error_set_system(err, errno, "the host's addresses");
        return false;
    }
    bool ok = true;
    for (int loopback = 0; loopback <= 1; loopback++)
        for (struct ifaddrs *at = first; ok && at; at = at->ifa_next) {
            char text[SOCKET_TEXT_SIZE];
            const struct sockaddr *address = at->ifa_addr;
            if (!address || !(at->ifa_flags & IFF_UP) ||
                (address->sa_family != AF_INET && address->sa_family != AF_INET6) ||
                !!(at->ifa_flags & IFF_LOOPBACK) != loopback || is_link_local(address))
                continue;
            ok = string_list_add_unique(&addresses, socket_address_host(address, text));
        }
    freeifaddrs(first);
    if (!ok) {
        string_list_finish(&addresses);
        error_set(err, ERROR_MEMORY, "the host's addresses: out of memory");
        return false;
    }
    *out = addresses;
    return true;
}

bool host_is_root(void) {
    return geteuid() == 0;
}

int host_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

char *host_state_folder(void) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *folder = NULL;
    if (host_is_root())
        return strdup("/var/lib/mailstored");
    if (state && state[0] == '/')
        return path_join(state, "mailstored");
    if (asprintf(&folder, "%s/.local/state/mailstored", home ? home : "") < 0)
        return NULL;
    return folder;
}

long host_raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return (long)limit.rlim_cur;
}
