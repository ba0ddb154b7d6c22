/* Writes the laboratory's page into a folder, in each language and for several visitors, for
 * check_lab_page.py to judge. */
#include "lab/page.h"
#include "lab/report.h"
#include "lab_page_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static void write_page(const char *folder, const char *name, const struct lab_record *record,
                       const struct lab_page_visitor *visitor) {
    struct buffer page = page_of(record, visitor);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%s.html", folder, name, web_language_tag(visitor->language));
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(page.data, 1, page.size, file) != page.size || fclose(file) != 0) {
        perror(path);
        abort();
    }
    buffer_finish(&page);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: lab_page_print FOLDER\n");
        return 64;
    }
    struct lab_record *record = record_of_everything();
    for (int i = 0; i < WEB_LANGUAGES; i++) {
        enum web_language language = (enum web_language)i;
        const struct lab_page_visitor own = {language, "192.0.2.7", HOSTILE_AGENT},
                                      other = {language, "192.0.2.7", "Another/1.0"},
                                      stranger = {language, "192.0.2.99", NULL},
                                      distrusting = {language, "192.0.2.8", NULL};
        write_page(argv[1], "own", record, &own);
        write_page(argv[1], "other", record, &other);
        write_page(argv[1], "stranger", record, &stranger);
        write_page(argv[1], "distrusting", record, &distrusting);
    }
    lab_record_destroy(record);
    return 0;
}
