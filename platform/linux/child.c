#include "platform/child.h"

#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOSTS "/etc/hosts"

enum { NOT_FOUND = 127, GRACE_MS = 2000, STEP_MS = 10, HOSTS_LIMIT = 16 << 20 };

struct child_keeper {
    char *folder, *hosts;
    int line; /* to the keeper: what is said is the command's process group; its end is ours */
    pid_t process;
};

struct child {
    pid_t process;
    struct child_keeper *keeper;
    int terminal; /* -1: none, or somebody else's */
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

/* What the keeper says first. */
struct made {
    int error; /* errno; 0: the folder is there */
    char folder[PATH_MAX];
};

static void make_folder(const char *prefix, struct made *out) {
    const char *base = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): there is one thread */
    if (!base || base[0] != '/')
        base = "/tmp";
    int size = snprintf(out->folder, sizeof out->folder, "%s/%s-XXXXXX", base, prefix);
    if (size >= (int)sizeof out->folder)
        out->error = ENAMETOOLONG;
    else if (!mkdtemp(out->folder))
        out->error = errno;
}

/* In the keeper, which no signal but SIGKILL reaches: makes the folder, so that nobody's end can
 * leave it behind, and waits for the other end of the line to be gone, by whatever cause. */
_Noreturn static void keep(int line, const char *prefix) {
    struct made made = {0};
    pid_t group = 0, told = 0;
    ssize_t size;
    setsid();
    (void)!chdir("/"); /* whatever is mounted where we were */
    make_folder(prefix, &made);
    (void)!write(line, &made, sizeof made);
    if (made.error)
        _exit(1);
    while ((size = read(line, &told, sizeof told)) > 0 || (size < 0 && errno == EINTR))
        if (size == (ssize_t)sizeof told)
            group = told;
    if (group > 0 && group_is_there(group))
        end_group(group);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    nftw(made.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
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

/* Where one of the standard streams is closed, what is opened next must not take its place. One
 * that fails as it did comes there. */
static void fill_standard_streams(void) {
    int descriptor;
    do
        descriptor = open("/dev/null", O_RDONLY);
    while (descriptor >= 0 && descriptor <= 2);
    if (descriptor > 2)
        close(descriptor);
}

static bool fork_keeper(struct child_keeper *keeper, const char *prefix, struct error *err) {
    int ends[2];
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        error_set_system(err, errno, "a pair of sockets");
        return false;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    keeper->process = fork();
    if (keeper->process == 0) {
        let_go_of(ends[0]);
        keep(ends[0], prefix);
    }
    if (keeper->process < 0)
        error_set_system(err, errno, "a process");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    keeper->line = ends[1];
    return keeper->process > 0;
}

static bool start_keeper(struct child_keeper *keeper, const char *prefix, struct error *err) {
    struct made made = {.error = EPIPE};
    fill_standard_streams();
    if (!fork_keeper(keeper, prefix, err))
        return false;
    while (read(keeper->line, &made, sizeof made) < 0 && errno == EINTR)
        ;
    if (made.error) {
        error_set_system(err, made.error, "a folder for temporary files: %s", made.folder);
        return false;
    }
    keeper->folder = strdup(made.folder);
    if (!keeper->folder)
        error_set(err, ERROR_MEMORY, "out of memory");
    return keeper->folder;
}

bool child_keeper_create(const char *prefix, struct child_keeper **out, struct error *err) {
    struct child_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) {
        error_set(err, ERROR_MEMORY, "out of memory");
        return false;
    }
    keeper->line = -1;
    if (!start_keeper(keeper, prefix, err)) {
        child_keeper_destroy(keeper);
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
    if (keeper->line >= 0)
        close(keeper->line);
    while (keeper->process > 0 && waitpid(keeper->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(keeper->folder);
    free(keeper->hosts);
    free(keeper);
}

/* ---- the command's /etc/hosts ---- */

bool child_keeper_add_hosts(struct child_keeper *keeper, const char *lines, struct error *err) {
    static const char alone[] = "127.0.0.1 localhost\n::1 localhost\n";
    struct blob machine = {0};
    struct buffer text = {0};
    char *path = path_join(keeper->folder, "hosts");
    buffer_append_text(&text, lines); /* first, as the first that names a host counts */
    if (file_read(HOSTS, HOSTS_LIMIT, &machine, NULL, NULL))
        buffer_append(&text, machine.data, machine.size);
    else
        buffer_append_text(&text, alone);
    bool ok = path && !text.failed;
    if (!ok)
        error_set(err, ERROR_MEMORY, "out of memory");
    ok = ok && file_write(path, text.data, text.size, 0644, FILE_REPLACE, err);
    blob_finish(&machine);
    buffer_finish(&text);
    if (!ok) {
        free(path);
        return false;
    }
    free(keeper->hosts);
    keeper->hosts = path;
    return true;
}

const char *child_keeper_hosts(const struct child_keeper *keeper) {
    return keeper->hosts;
}

static void tell_keeper(const struct child_keeper *keeper, pid_t group) {
    (void)!write(keeper->line, &group, sizeof group);
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
    sigaddset(&set, SIGTSTP); /* the threads to come leave it to this one */
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would tell nobody of the command's end */
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
           mount(hosts, HOSTS, NULL, MS_BIND, NULL) == 0;
}

/* What the child tells before it becomes the command: over a pipe that exec closes. */
struct told {
    bool hosts_failed;
    int error; /* errno of exec; 0: not yet */
};

static void restore_signals(void) {
    sigset_t set;
    waited_for(&set);
    sigaddset(&set, SIGTSTP);
    signal(SIGTTOU, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* It tells the keeper itself: from here on it is ended, too, whoever dies meanwhile. */
_Noreturn static void become(const struct child *child, const struct child_plan *plan,
                             char *const *environment, int pipe) {
    struct told told = {0};
    setpgid(0, 0);
    tell_keeper(child->keeper, getpid());
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (child->terminal >= 0)
        tcsetpgrp(child->terminal, getpid());
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

/* The terminal, if it is in our hands; else -1. */
static int open_terminal(void) {
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0 || tcgetpgrp(terminal) == getpgrp())
        return terminal;
    close(terminal);
    return -1;
}

static void take_terminal_back(const struct child *child) {
    if (child->terminal >= 0 && tcgetpgrp(child->terminal) == child->process)
        tcsetpgrp(child->terminal, getpgrp());
}

static void child_free(struct child *child) {
    if (child && child->terminal >= 0)
        close(child->terminal);
    free(child);
}

static bool begin(struct child *child, const struct child_plan *plan, char *const *environment,
                  bool *hosts_failed, struct error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set_system(err, errno, "a pipe");
        return false;
    }
    child->process = fork();
    if (child->process == 0)
        become(child, plan, environment, ends[1]);
    close(ends[1]);
    if (child->process < 0) {
        error_set_system(err, errno, "a process");
        close(ends[0]);
        return false;
    }
    setpgid(child->process, child->process); /* whoever comes first */
    struct told told = listen_to(ends[0]);
    close(ends[0]);
    *hosts_failed = told.hosts_failed;
    if (told.error == 0)
        return true;
    while (waitpid(child->process, NULL, 0) < 0 && errno == EINTR)
        ;
    take_terminal_back(child);
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
    *child = (struct child){.keeper = keeper, .terminal = open_terminal()};
    bool ok = begin(child, plan, environment, hosts_failed, err);
    free(environment);
    if (ok)
        *out = child;
    else
        child_free(child);
    return ok;
}

/* Is nobody there to continue us? As far as it can be seen. */
static bool is_orphaned(void) {
    return getsid(getppid()) != getsid(0) || getpgid(getppid()) == getpgrp();
}

/* The terminal stopped the command (Ctrl-Z, or it read in the background): we stop as well, with
 * all of our group, for the shell to see it. Whoever continues us continues the command; where
 * nobody would, the system does not let us stop. */
static void stop_as_well(const struct child *child, int signal_number) {
    if (signal_number != SIGTSTP && is_orphaned())
        return;
    take_terminal_back(child);
    kill(0, SIGTSTP);
    if (child->terminal >= 0 && tcgetpgrp(child->terminal) == getpgrp())
        tcsetpgrp(child->terminal, child->process);
    kill(-child->process, SIGCONT);
}

static bool is_of_terminal(int signal_number) {
    return signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU;
}

static bool has_ended(const struct child *child, int *status) {
    for (;;) {
        if (waitpid(child->process, status, WNOHANG | WUNTRACED) != child->process)
            return false;
        if (!WIFSTOPPED(*status))
            return true;
        if (is_of_terminal(WSTOPSIG(*status)))
            stop_as_well(child, WSTOPSIG(*status));
    }
}

/* From its threads none but this one takes it, so that kill returns when we have been continued. */
static void may_be_stopped(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int child_wait(struct child *child) {
    sigset_t set;
    int status = 0, signal_number = 0;
    waited_for(&set);
    may_be_stopped();
    while (!has_ended(child, &status)) {
        if (sigwait(&set, &signal_number) != 0 || signal_number == SIGCHLD)
            continue;
        kill(-child->process, signal_number);
        kill(-child->process, SIGCONT);
    }
    take_terminal_back(child);
    child_free(child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
