/* Inside certs/: an entry of the store as its files make it up, before any of them is read. */
#pragma once

#include "certs/cert_store.h"
#include "certs/store_names.h"
#include "platform/file.h"

enum store_state {
    STORE_UNSEEN,
    STORE_FILE,
    STORE_DIRECTORY, /* a folder, and it can be listed */
    STORE_LOCKED,    /* a folder that cannot be listed */
    STORE_ODD,       /* a FIFO, a device, a socket */
    STORE_NOWHERE,   /* a link that leads nowhere */
    STORE_UNREACHED, /* what it leads to cannot be looked at */
};

/* A file of an entry, as it was when last looked at or read. */
struct store_file {
    struct store_file *next; /* of the entry, by role and then by path */
    char *path;
    const char *name; /* its last part, in `path` */
    enum store_role role;
    enum store_state state;
    uint64_t listed; /* the last scan that found it in its folder */
    struct file_identity identity;
    /* Until then it may change again without its times telling; 0: it cannot. */
    int64_t doubt_until_ns;
};

/* Something to tell of an entry. */
struct store_problem {
    struct store_problem *next;
    enum cert_store_event_kind kind; /* CERT_STORE_REFUSED, _STAPLE_REFUSED or _IGNORED */
    char *file, *reason;
    char *mend; /* may be NULL */
    bool reported;
};

enum { STORE_DIGEST_SIZE = 32 };

struct store_entry {
    char *name;
    struct store_file *files;
    struct cert *cert; /* served now: the last good version; NULL if there is none */
    struct store_problem *problems;

    /* Of everything that the last judgement depended on, if that was read. */
    unsigned char digest[STORE_DIGEST_SIZE];
    bool is_judged;
    bool judge_again;        /* whatever the files' identities say */
    bool is_refused;         /* the last judgement gave no certificate */
    bool is_staple_refused;  /* … or left the staple out */
    bool is_waiting;         /* for its files to settle, before a good version is served */
    bool is_blamed;          /* a refusal was reported, and no end of it yet */
    int64_t staple_until;    /* of the staple that is served; 0: none */
    int64_t changed_ns;      /* the last change of its files, as far as can be known */
    struct string_list ways; /* folders that decide what its files are, but for the store's own */

    /* What is yet to be told. */
    bool has_news;
    enum cert_store_event_kind news; /* CERT_STORE_ADDED, _REPLACED, _REMOVED or _MENDED */
    struct cert *gone;               /* with CERT_STORE_REMOVED */
};

struct store_entry *store_entry_create(const char *name, size_t length); /* NULL: no memory */
void store_entry_destroy(struct store_entry *entry);

/* The path is folder + "/" + name. NULL: out of memory. */
struct store_file *store_entry_add(struct store_entry *entry, const char *folder, const char *name,
                                   enum store_role role);
/* Frees the file. */
void store_entry_drop(struct store_entry *entry, struct store_file *file);
struct store_file *store_entry_find(const struct store_entry *entry, enum store_role role);

/* The files that count, each NULL if there is none. Borrowed. */
struct store_sources {
    struct store_file *certificate, *key, *password, *staple;
};
struct store_sources store_entry_sources(const struct store_entry *entry);

/* Why a file that looks as if it should count does not. */
struct store_unused {
    enum cert_store_event_kind kind;  /* CERT_STORE_REFUSED or CERT_STORE_IGNORED */
    const struct store_file *instead; /* what is used in its place, or NULL: */
    const char *reason;
};
/* False if it counts, or if nobody would miss it. */
bool store_entry_is_unused(const struct store_entry *entry, const struct store_sources *sources,
                           const struct store_file *file, struct store_unused *out);

/* `reason` is copied; `mend`, newly allocated or NULL, is taken, also on failure. False: out of
 * memory. */
bool store_problem_add(struct store_problem **list, enum cert_store_event_kind kind,
                       const char *file, const char *reason, char *mend);
void store_problems_destroy(struct store_problem *list);
