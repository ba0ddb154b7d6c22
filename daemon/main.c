/* mailstored: the HTTPS endpoint of a mail archive. The command line; the only place that exits. */
#include "base/log.h"
#include "daemon/app.h"
#include "daemon/pins.h"
#include "platform/process.h"
#include "platform/service.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* sysexits(3); 0 is a clean stop. */
enum {
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_UNAVAILABLE = 69, /* an address is in use or not ours */
    EXIT_SOFTWARE = 70,
    EXIT_CANNOT_CREATE = 73,
    EXIT_TEMPORARY = 75, /* another daemon has the state folder */
    EXIT_CONFIG = 78,
};

static const char usage[] =
    "Usage: mailstored [OPTION]...\n"
    "Serves Web Access over HTTPS, and every certificate dropped into its store at once.\n"
    "\n"
    "  --config FILE                   configuration (default: %s,\n"
    "                                  if it exists)\n"
    "  --state DIR                     state folder; the store is its folder \"certs\"\n"
    "  --listen SERVICE=ADDRESS:PORT   listen there instead of where the configuration says;\n"
    "                                  may be repeated; port 0: any free one\n"
    "  --lab                           serve the laboratory, too, which tests clients\n"
    "  --check-config                  print the normalised configuration and exit\n"
    "  --verbose                       log more\n"
    "  --version, --help\n"
    "\n"
    "Signals: HUP reads the configuration again, USR1 opens log files anew, TERM stops.\n"
    "Documentation: mailstored(8), mailstored.conf(5), mailstorectl(1).\n";

struct options {
    struct conf_overrides overrides;
    const char **listen;
    bool check;
};

/* -1: go on; else what to exit with. */
static int parse_options(int argc, char **argv, struct options *out) {
    enum { CONFIG = 1, STATE, LISTEN, LAB, CHECK, VERBOSE, VERSION, HELP };
    static const struct option known[] = {
        {"config", required_argument, NULL, CONFIG},
        {"state", required_argument, NULL, STATE},
        {"listen", required_argument, NULL, LISTEN},
        {"lab", no_argument, NULL, LAB},
        {"check-config", no_argument, NULL, CHECK},
        {"verbose", no_argument, NULL, VERBOSE},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {0},
    };
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;)
        switch (option) {
        case CONFIG:
            out->overrides.config_file = optarg;
            break;
        case STATE:
            out->overrides.state_folder = optarg;
            break;
        case LISTEN:
            out->listen[out->overrides.listen_count++] = optarg;
            break;
        case LAB:
            out->overrides.lab = true;
            break;
        case CHECK:
            out->check = true;
            break;
        case VERBOSE:
            out->overrides.verbose = true;
            break;
        case VERSION:
            puts("mailstored " MAILSTORED_VERSION);
            return EXIT_SUCCESS;
        case HELP:
            printf(usage, conf_default_file());
            return EXIT_SUCCESS;
        default:
            fputs("Try: mailstored --help\n", stderr);
            return EXIT_USAGE;
        }
    if (optind < argc) {
        fprintf(stderr, "mailstored: unexpected argument \"%s\"\nTry: mailstored --help\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    out->overrides.listen = out->listen;
    return -1;
}

static void print_mistake(void *context, const struct conf_mistake *mistake) {
    (void)context;
    const char *kind = mistake->warning ? "warning: " : "";
    if (mistake->line)
        fprintf(stderr, "%s:%u: %s%s\n", mistake->file, mistake->line, kind, mistake->text);
    else
        fprintf(stderr, "%s: %s%s\n", mistake->file ? mistake->file : "mailstored", kind,
                mistake->text);
}

static int print_configuration(const struct conf *conf) {
    char *text = conf_print(conf);
    if (!text || fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
        fputs("mailstored: the configuration cannot be printed\n", stderr);
        free(text);
        return EXIT_SOFTWARE;
    }
    free(text);
    return EXIT_SUCCESS;
}

static int exit_status(const struct error *err, bool address_failed) {
    if (address_failed)
        return EXIT_UNAVAILABLE;
    switch (err->kind) {
    case ERROR_BUSY:
        return EXIT_TEMPORARY;
    case ERROR_CONFIG:
        return EXIT_CONFIG;
    case ERROR_INPUT:
        return EXIT_DATA;
    case ERROR_PERMISSION:
    case ERROR_SPACE:
    case ERROR_EXISTS:
        return EXIT_CANNOT_CREATE;
    default:
        return EXIT_SOFTWARE;
    }
}

static void open_log(const struct conf *conf) {
    struct error err;
    log_open(service_logs_to_journal() ? LOG_FORM_JOURNAL : LOG_FORM_PLAIN, conf->log.level);
    if (conf->log.file && !log_open_file(conf->log.file, &err))
        log_error("log", "%s", err.text);
}

static int serve(struct conf *conf, const struct options *options) {
    struct error err = {0};
    struct app *app;
    bool address_failed;
    process_keep_files_private();
    open_log(conf);
    if (!app_start(conf, &options->overrides, &app, &address_failed, &err)) {
        log_error("mailstored", "not started: %s", err.text);
        conf_destroy(conf);
        return exit_status(&err, address_failed);
    }
    app_run(app);
    app_destroy(app);
    log_notice("mailstored", "stopped");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    struct options options = {0};
    struct conf *conf;
    options.listen = calloc((size_t)argc + 1, sizeof *options.listen);
    if (!options.listen)
        return EXIT_SOFTWARE;
    int status = parse_options(argc, argv, &options);
    if (status < 0) {
        if (!conf_load(&options.overrides, print_mistake, NULL, &conf))
            status = EXIT_CONFIG;
        else if (options.check) {
            pins_check_store(conf, print_mistake, NULL);
            status = print_configuration(conf);
            conf_destroy(conf);
        } else
            status = serve(conf, &options);
    }
    free(options.listen);
    return status;
}
