/* Any text as a name, a pattern and an address: what is normal stays so, and matches itself. */
#include "certs/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

static void try_text(const char *text) {
    char once[NAME_SIZE], twice[NAME_SIZE];
    for (int pattern = 0; pattern < 2; pattern++)
        if (name_normalise(text, pattern, once)) {
            require(name_normalise(once, pattern, twice) && strcmp(once, twice) == 0);
            require(name_matches(once, once));
            require(!address_normalise(text, twice));
        }
    if (address_normalise(text, once)) {
        unsigned char octets[ADDRESS_OCTETS];
        require(address_normalise(once, twice) && strcmp(once, twice) == 0);
        size_t size = address_octets(once, octets);
        require(address_text(octets, size, twice) && strcmp(once, twice) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *second = strchr(text, '\n');
    if (second)
        *second++ = '\0';
    try_text(text);
    char pattern[NAME_SIZE], name[NAME_SIZE];
    if (second && name_normalise(text, true, pattern) && name_normalise(second, false, name) &&
        name_matches(pattern, name))
        require(strlen(name) + 1 >= strlen(pattern));
    char address[NAME_SIZE];
    if (address_text(data, size, address))
        try_text(address);
    free(text);
    return 0;
}
