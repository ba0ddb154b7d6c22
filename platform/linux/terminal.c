#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_LIMIT = 1024 };

static const char terminal_path[] = "/dev/tty";

bool terminal_is_there(void) {
    int terminal = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return false;
    close(terminal);
    return true;
}

static void say(int terminal, const char *text) {
    size_t size = strlen(text);
    while (size > 0) {
        ssize_t written = write(terminal, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return;
        text += written;
        size -= (size_t)written;
    }
}

/* ---- signals: noted while the echo is off, delivered when it is on again ---- */

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
enum { CAUGHT_COUNT = sizeof caught / sizeof *caught };

static volatile sig_atomic_t noted;

static void note(int number) {
    noted = number;
}

/* How signals were handled before. They are blocked but while the terminal is waited for, so that
 * none slips in between looking and waiting. */
struct signals {
    struct sigaction actions[CAUGHT_COUNT];
    sigset_t mask;
};

static void catch_signals(struct signals *before) {
    struct sigaction action = {.sa_handler = note};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    noted = 0;
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        sigaddset(&blocked, caught[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, &before->mask);
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        sigaction(caught[i], NULL, &before->actions[i]);
        if (before->actions[i].sa_handler != SIG_IGN) /* as under nohup */
            sigaction(caught[i], &action, NULL);
    }
}

static void release_signals(const struct signals *before) {
    /* One that came meanwhile is noted as well, while our handler stands. */
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        sigaction(caught[i], &before->actions[i], NULL);
}

static bool is_a_stop(int number) {
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* ---- reading a line ---- */

/* One octet, as read(2); -1 also when a signal was noted. `mask` (NULL: as it is): of the signals
 * while nothing comes. */
static ssize_t read_octet(int terminal, const sigset_t *mask, char *octet) {
    for (;;) {
        struct pollfd waiting = {.fd = terminal, .events = POLLIN};
        if (ppoll(&waiting, 1, NULL, mask) > 0)
            return read(terminal, octet, 1);
        if (errno != EINTR || noted != 0)
            return -1;
    }
}

/* Up to its end, which is not kept. The number of octets, of which at most LINE_LIMIT are in
 * `line`; or -1: a signal, end of file (errno 0), an error. */
static ssize_t read_line(int terminal, const sigset_t *mask, char line[static LINE_LIMIT]) {
    ssize_t used = 0;
    for (;;) {
        char octet;
        ssize_t got = read_octet(terminal, mask, &octet);
        if (got < 0)
            return -1;
        if (got == 0 && used == 0) {
            errno = 0;
            return -1;
        }
        if (got == 0 || octet == '\n' || octet == '\r')
            return used;
        if (used < LINE_LIMIT)
            line[used] = octet;
        used++;
    }
}

/* One prompt with the echo off; as read_line. */
static ssize_t ask_once(int terminal, const char *prompt, char line[static LINE_LIMIT]) {
    struct signals before;
    struct termios usual, quiet;
    bool is_quiet = false;
    catch_signals(&before);
    if (tcgetattr(terminal, &usual) == 0) {
        quiet = usual;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        is_quiet = tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
    }
    ssize_t got = -1;
    int why = errno;
    /* Never with the echo on: somebody may be looking. */
    if (is_quiet) {
        say(terminal, prompt);
        got = read_line(terminal, &before.mask, line);
        why = errno;
        say(terminal, "\n");
        tcsetattr(terminal, TCSAFLUSH, &usual);
    }
    release_signals(&before);
    errno = why;
    return got;
}

bool terminal_ask_secret(const char *prompt, struct blob *out, struct error *err) {
    bool ok = false;
    char line[LINE_LIMIT];
    int terminal = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) {
        error_set(err, ERROR_MISSING, "there is no terminal to ask on");
        return false;
    }
    ssize_t got;
    do {
        got = ask_once(terminal, prompt, line);
        if (got < 0 && noted != 0)
            raise(noted); /* ends us, or comes back when a stopped one goes on */
    } while (got < 0 && noted != 0 && is_a_stop(noted));
    if (got < 0 && errno == 0)
        error_set(err, ERROR_MISSING, "nothing was entered");
    else if (got < 0)
        error_set_system(err, errno, "the terminal cannot be read");
    else if (got > LINE_LIMIT)
        error_set(err, ERROR_INPUT, "what was entered is longer than %d octets", LINE_LIMIT);
    else if (!blob_copy(line, (size_t)got, out))
        error_set(err, ERROR_MEMORY, "out of memory");
    else
        ok = true;
    memory_wipe(line, sizeof line);
    close(terminal);
    return ok;
}

bool terminal_confirm(const char *question) {
    char line[LINE_LIMIT];
    int terminal = open(terminal_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return false;
    noted = 0;
    say(terminal, question);
    say(terminal, " [y/N] ");
    ssize_t got = read_line(terminal, NULL, line);
    close(terminal);
    return got > 0 && (line[0] == 'y' || line[0] == 'Y');
}
