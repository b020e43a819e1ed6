/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xsuite-admin check: is this host set up right? It reads, and changes
 * nothing. Every finding names a place, what is wrong there, and how to mend
 * it.
 */
#ifndef XS_CHECK_H
#define XS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "admin.h"
#include "stack_search.h"

enum check_level { CHECK_WARNING, CHECK_ERROR };

struct check_finding {
	enum check_level level;
	char *where;
	char *what;
	char *mend;
	char *way; /* through the stack, for --explain; "": none */
	unsigned services_count;
	char *services; /* that are affected, "": not a matter of services */
};

struct check {
	struct admin *admin;
	bool explain;
	bool options_broken;   /* said already */
	char sshd_service[64]; /* the PAM service that sshd uses */
	bool key_first;        /* sshd demands a key before it asks PAM */
	bool failed;           /* memory is short: nothing is said at all */
	size_t count;
	struct check_finding *findings;
	/* What is right, but to be known: said at the end, not in JSON. */
	size_t remarks_count;
	char **remarks;
};

/* A finding's parts but what is wrong. NULL: none. */
struct check_place {
	enum check_level level;
	const char *where;
	const char *mend;
	const char *service;
	const char *way;
};

/*
 * Adds a finding; one of the same place and words is given the service, too.
 * The first way that is shown is kept.
 */
void check_find(struct check *check, const struct check_place *place,
    const char *what, ...) __attribute__((format(printf, 3, 4)));

void check_remark(struct check *check, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

/* A fault that names a path in front; mend as for check_find. */
void check_fault(struct check *check, enum check_level level,
    const struct xs_fault *fault, const char *otherwise, const char *mend);

/*
 * Key, state directory, disk, clock, senders. Returns whether the store is
 * open and proved to be the right one.
 */
bool check_host(struct check *check);

/*
 * The database that hosts share, once the key is there. Returns whether the
 * store is open, the right one, and may be looked through.
 */
bool check_database(struct check *check);

/* Every record, and who has none. */
void check_records(struct check *check, bool has_state);

/* For a lost phone, a backup code, and noting its successor. */
#define CHECK_TIME_LEAST 120 /* seconds */

/* sshd, sudo and login: what their own options do to the second step. */
void check_sshd(struct check *check); /* before check_pam */
void check_programs(struct check *check);

/*
 * "FILE:LINE" of the first line of the files of these patterns, in their
 * order, that begins with (or holds) the word; the last plain name if none.
 */
void check_find_word(const char *const *patterns, const char *word,
    bool anywhere, char *where, size_t size);

/* Whether a service's auth stack has our line. */
bool check_has_ours(struct check *check, const char *name);

/* ---- What the modules are ---- */

enum check_role {
	CHECK_OURS,
	CHECK_PASSWORD,  /* a first factor */
	CHECK_ROOTOK,    /* root may do everything already */
	CHECK_CONDITION, /* a yes that says who, not that he is it */
	CHECK_SETUP,     /* neither lets in nor keeps out */
	CHECK_UNKNOWN
};

struct check_module {
	const char *name;
	enum check_role role;
	uint32_t results; /* of authenticate */
};

const struct check_module *check_module_of(const struct xs_step *step);

/* Whether the file that the line names is there. */
bool check_module_is_there(const struct xs_step *step);

/* ---- Stacks ---- */

/* A service as it is being judged. */
struct check_service {
	struct check *check;
	const char *name;
	struct xs_service files;
	const struct xs_stack *auth;
	size_t ours;     /* the first step that is ours */
	bool can_ignore; /* the options let somebody pass unasked */
	bool remembers;  /* the options let somebody in unasked */
	bool key_first;  /* sshd demands a key before it runs the stack */
	struct xs_step_model *models;
	struct xs_search search;
};

/* What is remembered of a way through an auth stack. */
enum check_mark {
	MARK_PASSWORD_YES = 1,
	MARK_PASSWORD_NO = 2,
	MARK_OURS_YES = 4,
	MARK_OURS_IGNORED = 8,
	MARK_OURS_NO = 16,
	MARK_OURS_RAN = 32,
	MARK_EARLY = 64,   /* ours was asked behind a wrong password */
	MARK_LATE = 128,   /* a password was asked behind ours */
	MARK_ROOT = 256,   /* pam_rootok said yes */
	MARK_CHOSEN = 512, /* a condition skipped lines or ended the stack */
	MARK_OTHER_NO = 1024,
	MARK_OTHER_YES = 2048 /* of a module that is not known here */
};

/* All services of this host, and their options. */
void check_pam(struct check *check);

/* Judges one service that has our line: check_judge.c. */
void check_judge(struct check_service *service);

/* The step of a stack that is our line; its count: there is none. */
size_t check_find_ours(const struct xs_stack *stack);

/*
 * What would happen at somebody's next login by sshd, sudo and login, printed
 * step by step. check_sshd comes before. Returns an exit code: 0, or 1 when
 * one of them would refuse.
 */
int check_user(struct check *check, const char *name);

/* The first ending that has these marks and none of those; NULL: none. */
const struct xs_ending *check_find_ending(const struct check_service *service,
    bool success, unsigned with, unsigned without);

/* The file and line of a step, from malloc; NULL: memory. */
char *check_where(const struct check_service *service, size_t step);

/* A way as lines for a reader, from malloc; NULL: memory. */
char *check_way(
    const struct check_service *service, const struct xs_ending *ending);

/* The options of our line; false, and the fault, if it refuses them. */
bool check_options(const struct check *check, const struct xs_step *ours,
    struct xs_config *config, struct xs_fault *fault);

#endif
