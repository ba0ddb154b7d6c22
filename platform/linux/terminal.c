#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
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

static void catch_signals(struct sigaction before[static CAUGHT_COUNT]) {
    struct sigaction action = {.sa_handler = note}; /* without SA_RESTART: read() must return */
    sigemptyset(&action.sa_mask);
    noted = 0;
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        sigaction(caught[i], &action, &before[i]);
}

static void release_signals(const struct sigaction before[static CAUGHT_COUNT]) {
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        sigaction(caught[i], &before[i], NULL);
}

static bool is_a_stop(int number) {
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* ---- reading a line ---- */

/* Up to its end, which is not kept. The number of octets, of which at most LINE_LIMIT are in
 * `line`; or -1: a signal, end of file (errno 0), an error. */
static ssize_t read_line(int terminal, char line[static LINE_LIMIT]) {
    ssize_t used = 0;
    for (;;) {
        char octet;
        ssize_t got = read(terminal, &octet, 1);
        if (got < 0 && errno == EINTR && noted == 0)
            continue;
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
    struct sigaction before[CAUGHT_COUNT];
    struct termios usual, quiet;
    bool is_quiet = false;
    catch_signals(before);
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
        got = read_line(terminal, line);
        why = errno;
        say(terminal, "\n");
        tcsetattr(terminal, TCSAFLUSH, &usual);
    }
    release_signals(before);
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
    ssize_t got = read_line(terminal, line);
    close(terminal);
    return got > 0 && (line[0] == 'y' || line[0] == 'Y');
}
