#include "web/web.h"

#include <string.h>

/* The first that is found counts: phones name the desktop system they descend from, too. */
static const struct {
    const char *mark;
    enum web_system system;
} systems[] = {
    {"Windows", WEB_WINDOWS}, {"Android", WEB_ANDROID}, {"iPhone", WEB_IOS},
    {"iPad", WEB_IOS},        {"iPod", WEB_IOS},        {"Macintosh", WEB_MACOS},
    {"Mac OS X", WEB_MACOS},  {"CrOS", WEB_LINUX},      {"Linux", WEB_LINUX},
};

struct web_visitor web_visitor_of(const char *user_agent) {
    struct web_visitor visitor = {0};
    if (!user_agent)
        return visitor;
    for (size_t i = 0; i < sizeof systems / sizeof *systems && !visitor.system; i++)
        if (strstr(user_agent, systems[i].mark))
            visitor.system = systems[i].system;
    visitor.is_firefox = visitor.system != WEB_IOS && strstr(user_agent, "Firefox/");
    return visitor;
}
