/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PAM services as libpam reads them, and the machine that it runs over their
 * lines. Nothing here opens a file or loads a module: the text comes from a
 * callback, the results of modules from the caller.
 *
 * What it follows is libpam 1.5.2 and 1.7.0 as Debian builds them; test_stack
 * compares it with the libpam that is installed.
 */
#ifndef XS_STACK_H
#define XS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libpam's numbers; test_stack compares them with its header. */
enum xs_pam_result {
	XS_PAM_SUCCESS = 0,
	XS_PAM_PERM_DENIED = 6,
	XS_PAM_AUTH_ERR = 7,
	XS_PAM_AUTHINFO_UNAVAIL = 9,
	XS_PAM_USER_UNKNOWN = 10,
	XS_PAM_MAXTRIES = 11,
	XS_PAM_NEW_AUTHTOK_REQD = 12,
	XS_PAM_ACCT_EXPIRED = 13,
	XS_PAM_CONV_ERR = 19,
	XS_PAM_IGNORE = 25,
	XS_PAM_ABORT = 26,
	XS_PAM_MODULE_UNKNOWN = 28,
	XS_PAM_INCOMPLETE = 31,
	XS_PAM_RESULTS = 32
};

/* What a line does with a result; above 0: skip so many lines. */
enum xs_stack_action {
	XS_ACTION_IGNORE = 0,
	XS_ACTION_OK = -1,
	XS_ACTION_DONE = -2,
	XS_ACTION_BAD = -3,
	XS_ACTION_DIE = -4,
	XS_ACTION_RESET = -5,
	XS_ACTION_UNSET = -6 /* only while a line is read */
};

enum xs_stack_type {
	XS_STACK_AUTH,
	XS_STACK_ACCOUNT,
	XS_STACK_PASSWORD,
	XS_STACK_SESSION,
	XS_STACK_TYPES
};

enum xs_step_kind {
	XS_STEP_MODULE,
	XS_STEP_SUBSTACK, /* a mark: deeper steps behind it are one step */
	XS_STEP_MUST_FAIL /* a line that libpam cannot use */
};

struct xs_step {
	enum xs_step_kind kind;
	bool quiet; /* "-": a module that is missing is not logged */
	unsigned level;
	int actions[XS_PAM_RESULTS];
	unsigned file; /* index into the service's files */
	unsigned line;
	const char *module; /* as written; NULL with MUST_FAIL */
	int argc;
	const char **argv;
	char *text; /* the line; module and argv point into it */
};

struct xs_stack {
	size_t count;
	size_t room;
	struct xs_step *steps;
};

/* What is wrong with a line, whatever it does. */
enum xs_stack_trouble {
	XS_TROUBLE_TYPE,     /* no such type */
	XS_TROUBLE_CONTROL,  /* no control, or one that is not understood */
	XS_TROUBLE_MODULE,   /* no module */
	XS_TROUBLE_NAME,     /* a name that libpam 1.5 stumbles over */
	XS_TROUBLE_INCLUDE,  /* the file cannot be opened */
	XS_TROUBLE_NAMELESS, /* an include of nothing, which crashes libpam */
	XS_TROUBLE_DEPTH,    /* files include each other */
	XS_TROUBLE_LENGTH,   /* longer than libpam 1.5 reads */
	XS_TROUBLE_END,      /* the file ends where a line should go on */
	XS_TROUBLE_GAP,      /* it goes on behind a comment: versions differ */
	XS_TROUBLE_SIZE      /* too many lines to follow */
};

struct xs_stack_problem {
	enum xs_stack_trouble trouble;
	unsigned file;
	unsigned line;
	char word[64]; /* of the line: the culprit */
};

#define XS_SERVICE_PROBLEMS_MAX 32
#define XS_SERVICE_FILES_MAX 64
#define XS_STACK_STEPS_MAX 1024
#define XS_STACK_LEVELS_MAX 16 /* libpam's own */

struct xs_service {
	bool found;  /* it has a file (or lines) of its own */
	bool broken; /* libpam gives up: PAM_ABORT whatever is asked */
	struct xs_stack own[XS_STACK_TYPES];
	struct xs_stack other[XS_STACK_TYPES];
	unsigned files_count;
	char *files[XS_SERVICE_FILES_MAX];
	unsigned problems_count;
	struct xs_stack_problem problems[XS_SERVICE_PROBLEMS_MAX];
};

/*
 * Reads a file whole into memory from malloc. Returns 0, 1 if it cannot be
 * opened, or XS_E_NOMEM. A directory is an empty file, as for libpam.
 */
typedef int xs_service_read(
    void *context, const char *path, char **text, size_t *size);

/* Where libpam looks; test_stack's and check's differ. */
struct xs_service_source {
	xs_service_read *read;
	void *context;
	const char *const *dirs; /* of services, in order; ends with NULL */
	const char *include_dir; /* of relative includes; NULL: nowhere */
	const char *conf;        /* read instead when dirs is empty */
};

/*
 * Reads a service and "other", which takes the place of a type it has no
 * lines for. Returns 0 or XS_E_NOMEM; free it in either case.
 */
int xs_service_load(struct xs_service *service, const char *name,
    const struct xs_service_source *source) __attribute__((warn_unused_result));

void xs_service_free(struct xs_service *service);

/* The lines that are run for a type. */
const struct xs_stack *xs_service_stack(
    const struct xs_service *service, enum xs_stack_type type);

/* The name of a result, as controls are written: "auth_err"; of a type. */
const char *xs_pam_result_name(int result);
const char *xs_stack_type_name(enum xs_stack_type type);

/*
 * What a file's name is for libpam: the directory and "pam_" matter to
 * nobody. "pam_unix" of "/lib/security/pam_unix.so" and "pam_unix.so".
 */
bool xs_step_is(const struct xs_step *step, const char *module);

/* ---- The machine ---- */

enum xs_impression { XS_UNDECIDED = 0, XS_POSITIVE = 1, XS_NEGATIVE = -1 };

struct xs_standing {
	enum xs_impression impression;
	int status;
};

/* Between two steps; compare and copy it with xs_machine_*. */
struct xs_machine {
	size_t next;    /* the step; the stack's count: at the end */
	unsigned level; /* of the step before */
	struct xs_standing now;
	struct xs_standing entered[XS_STACK_LEVELS_MAX + 1];
};

void xs_machine_start(struct xs_machine *machine);

/*
 * Takes the step with the result of its module. frozen is the result that
 * rules what happens: that of authenticate when setcred is run after it, else
 * the same. Returns the action.
 */
int xs_machine_step(struct xs_machine *machine, const struct xs_stack *stack,
    int result, int frozen);

/* What the application is told, at the end. */
int xs_machine_result(const struct xs_machine *machine);

/*
 * Runs the whole stack with a result for each step; frozen may be NULL, and
 * -1 in it is a step that did not run. ran, if not NULL, gets the results of
 * those that ran and -1 for the others.
 */
int xs_stack_run(const struct xs_stack *stack, const int *results,
    const int *frozen, int *ran);

#endif
