/* Any bytes as a change written down in the store: what is taken stays in the folder, is about
 * files that can be recognised, and reads as the same when it is written again. */
#include "certs/store_journal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

static void check_name(const char *name) {
    require(name[0] != '\0' && strlen(name) <= 255 && !strchr(name, '/'));
    require(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
    require(strcmp(name, STORE_JOURNAL) != 0 && strcmp(name, ".mailstored-lock") != 0);
}

static void check_move(const struct store_move *move) {
    bool comes = file_is_temporary(move->from), goes = file_is_temporary(move->to);
    check_name(move->from);
    check_name(move->to);
    require(!comes || !goes);
    require(move->what.inode != 0);
    require(comes || move->over.inode == 0);
}

static void check_same(const struct store_move *a, const struct store_move *b) {
    require(strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0);
    require(held_file_same(&a->what, &b->what) && held_file_same(&a->over, &b->over));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct store_moves moves = {0}, again = {0};
    struct buffer text = {0};
    struct error err = {0};
    if (!store_moves_read(data, size, &moves, &err)) {
        require(err.kind == ERROR_INPUT && err.text[0] != '\0');
        return 0;
    }
    store_moves_write(&moves, &text);
    require(!text.failed && store_moves_read(text.data, text.size, &again, &err));
    require(again.count == moves.count);
    for (size_t i = 0; i < moves.count; i++) {
        check_move(&moves.items[i]);
        check_same(&moves.items[i], &again.items[i]);
    }
    store_moves_finish(&moves);
    store_moves_finish(&again);
    buffer_finish(&text);
    return 0;
}
