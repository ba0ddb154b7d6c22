#include "platform/child.h"

#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_FOUND = 127, GRACE_MS = 2000, STEP_MS = 10 };

struct child_keeper {
    char *folder;
    int pipe; /* our end: what is written is the command's process group; its end is ours */
    pid_t process;
};

struct child {
    pid_t process;
    struct child_keeper *keeper;
    bool has_terminal;
};

/* ---- the keeper ---- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    (void)!remove(path); /* what cannot go does not keep the rest */
    return 0;
}

static bool group_is_there(pid_t group) {
    return kill(-group, 0) == 0 || errno == EPERM;
}

static void end_group(pid_t group) {
    kill(-group, SIGTERM);
    kill(-group, SIGCONT);
    for (int waited = 0; waited < GRACE_MS && group_is_there(group); waited += STEP_MS)
        poll(NULL, 0, STEP_MS);
    kill(-group, SIGKILL);
}

/* In the keeper: waits for the other end to be gone, by whatever cause. */
_Noreturn static void keep(int pipe, const char *folder) {
    pid_t group = 0, told = 0;
    ssize_t size;
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while ((size = read(pipe, &told, sizeof told)) > 0 || (size < 0 && errno == EINTR))
        if (size == (ssize_t)sizeof told)
            group = told;
    if (group > 0 && group_is_there(group))
        end_group(group);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

/* It must not hold open what others wait to see closed. */
static void let_go_of(int but) {
    int nothing = open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor <= 2 && nothing >= 0; descriptor++)
        dup2(nothing, descriptor);
    if (but > 3)
        close_range(3, (unsigned)but - 1, 0);
    close_range((unsigned)but + 1, ~0U, 0);
}

static char *make_folder(const char *prefix) {
    const char *base = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): there is one thread */
    char *name = NULL;
    if (!base || base[0] != '/')
        base = "/tmp";
    if (asprintf(&name, "%s/%s-XXXXXX", base, prefix) < 0)
        return NULL;
    if (mkdtemp(name))
        return name;
    free(name);
    return NULL;
}

static bool start_keeper(struct child_keeper *keeper, struct error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set_system(err, errno, "a pipe");
        return false;
    }
    keeper->process = fork();
    if (keeper->process == 0) {
        let_go_of(ends[0]);
        keep(ends[0], keeper->folder);
    }
    close(ends[0]);
    keeper->pipe = ends[1];
    if (keeper->process > 0)
        return true;
    error_set_system(err, errno, "a process");
    close(ends[1]);
    return false;
}

bool child_keeper_create(const char *prefix, struct child_keeper **out, struct error *err) {
    struct child_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    keeper->folder = make_folder(prefix);
    if (!keeper->folder) {
        error_set_system(err, errno, "a temporary folder");
        free(keeper);
        return false;
    }
    if (!start_keeper(keeper, err)) {
        rmdir(keeper->folder);
        free(keeper->folder);
        free(keeper);
        return false;
    }
    *out = keeper;
    return true;
}

const char *child_keeper_folder(const struct child_keeper *keeper) {
    return keeper->folder;
}

void child_keeper_destroy(struct child_keeper *keeper) {
    if (!keeper)
        return;
    close(keeper->pipe);
    while (waitpid(keeper->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(keeper->folder);
    free(keeper);
}

static void tell_keeper(const struct child_keeper *keeper, pid_t group) {
    (void)!write(keeper->pipe, &group, sizeof group);
}

/* ---- signals ---- */

static void waited_for(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void child_take_signals(void) {
    sigset_t set;
    waited_for(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGTTOU, SIG_IGN); /* taking the terminal back */
    signal(SIGPIPE, SIG_IGN);
}

/* ---- between fork and exec: nothing here allocates ---- */

static bool write_text(const char *path, const char *text, size_t size) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = file >= 0 && write(file, text, size) == (ssize_t)size;
    if (file >= 0)
        close(file);
    return ok;
}

/* "0 1000 1": itself, in a namespace of its own, where it may mount. */
static bool map_self(const char *path, unsigned id) {
    char text[40];
    int size = snprintf(text, sizeof text, "%u %u 1", id, id);
    return write_text(path, text, (size_t)size);
}

/* A mount namespace, for which somebody who is not root needs a user namespace around it. */
static bool enter_namespace(void) {
    uid_t user = getuid();
    gid_t group = getgid();
    if (geteuid() == 0)
        return unshare(CLONE_NEWNS) == 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    return write_text("/proc/self/setgroups", "deny", 4) && map_self("/proc/self/uid_map", user) &&
           map_self("/proc/self/gid_map", group);
}

static bool put_hosts(const char *hosts) {
    return enter_namespace() && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) == 0;
}

/* What the child tells before it becomes the command: over a pipe that exec closes. */
struct told {
    bool hosts_failed;
    int error; /* errno of exec; 0: not yet */
};

static void restore_signals(void) {
    sigset_t set;
    waited_for(&set);
    signal(SIGTTOU, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

_Noreturn static void become(const struct child_plan *plan, char *const *environment, int pipe,
                             bool has_terminal) {
    struct told told = {0};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (has_terminal)
        tcsetpgrp(STDIN_FILENO, getpid());
    if (plan->hosts && !put_hosts(plan->hosts)) {
        told.hosts_failed = true;
        (void)!write(pipe, &told, sizeof told);
    }
    restore_signals();
    execvpe(plan->command[0], (char *const *)plan->command, environment);
    told.error = errno;
    (void)!write(pipe, &told, sizeof told);
    _exit(NOT_FOUND);
}

/* ---- the command ---- */

static bool is_replaced(const char *variable, const char *const *by) {
    size_t length = strcspn(variable, "=");
    for (; *by; by++)
        if (strncmp(variable, *by, length) == 0 && (*by)[length] == '=')
            return true;
    return false;
}

/* Ours with these; the array is the caller's, the texts are borrowed. */
static char **join_environment(const char *const *added) {
    size_t ours = 0, theirs = 0, count = 0;
    while (environ[ours])
        ours++;
    while (added[theirs])
        theirs++;
    char **joined = calloc(ours + theirs + 1, sizeof *joined);
    if (!joined)
        return NULL;
    for (size_t i = 0; i < ours; i++)
        if (!is_replaced(environ[i], added))
            joined[count++] = environ[i];
    for (size_t i = 0; i < theirs; i++)
        joined[count++] = (char *)added[i];
    return joined;
}

/* Until exec has closed the pipe, or it has been said that it could not. */
static struct told listen_to(int pipe) {
    struct told all = {0}, one;
    ssize_t size;
    while ((size = read(pipe, &one, sizeof one)) > 0 || (size < 0 && errno == EINTR)) {
        if (size != (ssize_t)sizeof one)
            continue;
        all.hosts_failed |= one.hosts_failed;
        all.error = one.error;
    }
    return all;
}

static bool begin(struct child *child, const struct child_plan *plan, char *const *environment,
                  bool *hosts_failed, struct error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set_system(err, errno, "a pipe");
        return false;
    }
    child->has_terminal = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
    child->process = fork();
    if (child->process == 0)
        become(plan, environment, ends[1], child->has_terminal);
    close(ends[1]);
    if (child->process < 0) {
        error_set_system(err, errno, "a process");
        close(ends[0]);
        return false;
    }
    setpgid(child->process, child->process); /* whoever comes first */
    tell_keeper(child->keeper, child->process);
    struct told told = listen_to(ends[0]);
    close(ends[0]);
    *hosts_failed = told.hosts_failed;
    if (told.error == 0)
        return true;
    while (waitpid(child->process, NULL, 0) < 0 && errno == EINTR)
        ;
    error_set_system(err, told.error, "%s", plan->command[0]);
    return false;
}

bool child_start(struct child_keeper *keeper, const struct child_plan *plan, struct child **out,
                 bool *hosts_failed, struct error *err) {
    struct child *child = calloc(1, sizeof *child);
    char **environment = join_environment(plan->environment);
    *hosts_failed = false;
    if (!child || !environment) {
        error_set(err, ERROR_MEMORY, "out of memory");
        free(child);
        free(environment);
        return false;
    }
    child->keeper = keeper;
    bool ok = begin(child, plan, environment, hosts_failed, err);
    free(environment);
    if (ok)
        *out = child;
    else
        free(child);
    return ok;
}

static bool has_ended(const struct child *child, int *status) {
    pid_t ended = waitpid(child->process, status, WNOHANG);
    return ended == child->process || (ended < 0 && errno == ECHILD);
}

int child_wait(struct child *child) {
    sigset_t set;
    int status = 0, signal_number = 0;
    waited_for(&set);
    while (!has_ended(child, &status)) {
        if (sigwait(&set, &signal_number) != 0 || signal_number == SIGCHLD)
            continue;
        kill(-child->process, signal_number);
        kill(-child->process, SIGCONT);
    }
    if (child->has_terminal)
        tcsetpgrp(STDIN_FILENO, getpgrp());
    free(child);
    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
