#include "platform/host.h"

#include "platform/file.h"
#include "platform/socket.h"

#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- names ---- */

/* Lower case, without the dot that ends a rooted name. */
static void normalise(char *name) {
    size_t length = strlen(name);
    if (length > 1 && name[length - 1] == '.')
        name[length - 1] = '\0';
    for (; *name; name++)
        *name = (char)tolower((unsigned char)*name);
}

/* A machine without a name calls itself "(none)": nothing for a certificate. */
static bool is_host_name(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    return name[0] && name[0] != '.' && name[strspn(name, allowed)] == '\0';
}

/* Of a line of hosts(5) that names this host: the fully qualified forms of its name. Other lines
 * are about other machines, which may have a name that begins like ours. */
static bool add_from_line(char *line, const char *name, struct string_list *out) {
    enum { MOST_NAMES = 64 };
    const char *names[MOST_NAMES];
    size_t count = 0, length = strlen(name);
    bool is_ours = false;
    line[strcspn(line, "#\r\n")] = '\0';
    char *rest = line;
    strsep(&rest, " \t"); /* the address */
    for (char *word; count < MOST_NAMES && (word = strsep(&rest, " \t"));) {
        if (!*word)
            continue;
        normalise(word);
        names[count++] = word;
        is_ours |= strcmp(word, name) == 0;
    }
    for (size_t i = 0; is_ours && i < count; i++)
        if (strncmp(names[i], name, length) == 0 && names[i][length] == '.' &&
            is_host_name(names[i]) && !string_list_add_unique(out, names[i]))
            return false;
    return true;
}

static bool add_from_hosts(const char *name, struct string_list *out) {
    FILE *file = fopen("/etc/hosts", "re");
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    if (!file)
        return true;
    while (ok && getline(&line, &room, file) >= 0)
        ok = add_from_line(line, name, out);
    free(line);
    fclose(file);
    return ok;
}

bool host_names(struct string_list *out, struct error *err) {
    char name[HOST_NAME_MAX + 1] = "";
    struct string_list names = {0};
    if (gethostname(name, sizeof name - 1) != 0) {
        error_set_system(err, errno, "the host's name");
        return false;
    }
    normalise(name);
    if (is_host_name(name) && (!string_list_add(&names, name) || !add_from_hosts(name, &names))) {
        string_list_finish(&names);
        error_set(err, ERROR_MEMORY, "the host's names: out of memory");
        return false;
    }
    *out = names;
    return true;
}

/* ---- addresses ---- */

static bool is_link_local(const struct sockaddr *address) {
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 16) == 0xA9FE;
}

static bool is_wanted(const struct ifaddrs *interface, bool loopback) {
    const struct sockaddr *address = interface->ifa_addr;
    bool is_loopback = interface->ifa_flags & IFF_LOOPBACK;
    return address && (interface->ifa_flags & IFF_UP) && is_loopback == loopback &&
           (address->sa_family == AF_INET || address->sa_family == AF_INET6) &&
           !is_link_local(address);
}

static bool add_addresses(const struct ifaddrs *first, bool loopback, struct string_list *out) {
    for (const struct ifaddrs *at = first; at; at = at->ifa_next) {
        char text[SOCKET_TEXT_SIZE];
        if (is_wanted(at, loopback) &&
            !string_list_add_unique(out, socket_address_host(at->ifa_addr, text)))
            return false;
    }
    return true;
}

bool host_addresses(struct string_list *out, struct error *err) {
    struct ifaddrs *first;
    struct string_list addresses = {0};
    if (getifaddrs(&first) != 0) {
        error_set_system(err, errno, "the host's addresses");
        return false;
    }
    bool ok = add_addresses(first, false, &addresses) && add_addresses(first, true, &addresses);
    freeifaddrs(first);
    if (!ok) {
        string_list_finish(&addresses);
        error_set(err, ERROR_MEMORY, "the host's addresses: out of memory");
        return false;
    }
    *out = addresses;
    return true;
}

/* ---- the rest ---- */

bool host_is_root(void) {
    return geteuid() == 0;
}

int host_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than the set holds */
    return online > 0 ? (int)online : 1;
}

/* Asked for at the start, before threads run. */
static const char *environment(const char *name) {
    return getenv(name); /* NOLINT(concurrency-mt-unsafe) */
}

char *host_state_folder(void) {
    const char *state = environment("XDG_STATE_HOME"), *home = environment("HOME");
    char *folder = NULL;
    if (host_is_root())
        return strdup("/var/lib/mailstored");
    if (state && state[0] == '/') /* a relative one is to be ignored, says the specification */
        return path_join(state, "mailstored");
    if (asprintf(&folder, "%s/.local/state/mailstored", home ? home : "") < 0)
        return NULL;
    return folder;
}

long host_raise_file_limit(void) {
    enum { USUAL = 1024 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return USUAL;
    const struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        limit = raised;
    return limit.rlim_cur > LONG_MAX ? LONG_MAX : (long)limit.rlim_cur;
}
