/* conf/: what the command line says of listeners, and its mistakes. */
#include "tests/unit/conf_loading.h"

static struct conf *load_listening(struct loading *loading, const char *text, size_t count,
                                   const char *const *listen) {
    char state[96];
    snprintf(state, sizeof state, "%s/state", loading->folder);
    write_text(loading, "main.conf", text);
    return load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file,
                                                             .state_folder = state,
                                                             .listen = listen,
                                                             .listen_count = count});
}

static void command_line_replaces_listeners(void **state) {
    struct loading *loading = *state;
    static const char *const listen[] = {"a=127.0.0.1:0", "off=*:65535", "a=[::1]:443"};
    struct conf *conf = load_listening(
        loading,
        "services: { a: { listeners = ( { port = 1; certificate = \"c\"; }, { port = 2; } ); };"
        "off: { enabled = false; redirect_to = \"a\"; listeners = ( { port = 3; protocol = "
        "\"redirect\"; } ); }; };",
        3, listen);
    if (!conf)
        fail_msg("%s", loading->report.data);
    const struct conf_service *a = conf_service_find(conf, "a");
    const struct conf_service *off = conf_service_find(conf, "off");
    assert_int_equal(a->listener_count, 2);
    assert_string_equal(a->listeners[0].address, "127.0.0.1");
    assert_int_equal(a->listeners[0].port, 0);
    assert_string_equal(a->listeners[1].address, "::1");
    assert_int_equal(a->listeners[1].port, 443);
    assert_string_equal(a->listeners[1].certificate, "c");
    assert_string_equal(a->listeners[1].file, "command line");
    assert_int_equal(a->listeners[1].line, 0);
    assert_true(off->enabled);
    assert_int_equal(off->listener_count, 1);
    assert_string_equal(off->listeners[0].address, "*");
    assert_int_equal(off->listeners[0].port, 65535);
    assert_int_equal(off->listeners[0].protocol, CONF_REDIRECT);
    conf_destroy(conf);
}

static void command_line_mistakes_are_told(void **state) {
    struct loading *loading = *state;
    static const char *const bad[] = {
        "a",
        "a=",
        "a=1",
        "a=localhost:1",
        "a=127.0.0.1",
        "a=::1:1",
        "a=[127.0.0.1]:1",
        "a=[::1]",
        "a=127.0.0.1:65536",
        "a=127.0.0.1:-1",
        "a=*:",
        "a=:1",
        "a=[]:1",
        "a=*:99999999999",
        "a=systemd:x:1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[256];
        assert_null(load_listening(loading, SOUND, 1, &bad[i]));
        snprintf(line, sizeof line, "command line: --listen %s; allowed: SERVICE=ADDRESS:PORT",
                 bad[i]);
        if (strncmp(loading->report.data, line, strlen(line)) != 0)
            fail_msg("%s: %s", bad[i], loading->report.data);
    }
    static const char *const unknown[] = {"web-acess=*:1", "x=*:1", "=*:1"};
    assert_null(load_listening(loading, "", 3, unknown));
    assert_string_equal(loading->report.data,
                        "command line: --listen web-acess=*:1: there is no service \"web-acess\"; "
                        "did you mean \"web-access\"?\n"
                        "command line: --listen x=*:1: there is no service \"x\"; did you mean "
                        "\"web-access\"?\n"
                        "command line: --listen =*:1: there is no service \"\"; did you mean "
                        "\"web-access\"?\n");
    static const char *const twice[] = {"a=127.0.0.1:1", "a=*:1"};
    assert_null(load_listening(loading, SOUND, 2, twice));
    assert_string_equal(loading->report.data,
                        "command line: a: address *, port 1 overlaps address 127.0.0.1, port 1 of "
                        "a (command line); allowed: each address and port once\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(command_line_replaces_listeners),
        IN_FOLDER(command_line_mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
