/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One login in an application of its own: a process that is forked, made
 * hostile, and compared with what it was. Nothing here asserts in the child;
 * what happened there comes back in shared memory.
 */
#ifndef TESTS_MODULE_HOST_H
#define TESTS_MODULE_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <syslog.h>

#include "tests/module/world.h"
#include "tests/process_state.h"

#define SEEN_MAX 16384

struct host;

/* What came of it; in memory that both processes have. */
struct outcome {
	int status;        /* of waitpid: 0 unless it crashed */
	int result;        /* of pam_authenticate, -1: never came back */
	char changed[256]; /* what the module left changed: "" */
	long stray;        /* bytes that landed on 1 and 2 */
	unsigned prompts;
	unsigned log_lines;
	long value; /* what a test wants to know besides */
	char method[64];
	char seen[SEEN_MAX];
	char log[SEEN_MAX];
};

struct login {
	const char *name;
	const char *answers[6];
	int result;
};

/* The hooks run in the child. */
struct host {
	const char *name;
	void (*early)(const struct host *host); /* before pam_start */
	void (*late)(const struct host *host);  /* before the module */
	void (*relax)(const struct host *host); /* after it */
	void (*prompt)(const struct host *host, pam_handle_t *pamh);
	long value;
	const char *arguments; /* of the module, besides fail_delay */
	const char *user;      /* NULL: the world's, "": none at all */
	void *context;         /* of a test's own */
};

struct talk {
	const struct host *host;
	pam_handle_t *pamh;
	const char *const *answers;
	char code[16];
	struct outcome *outcome;
};

/* Right and wrong ones of both methods. */
static const struct login logins[] = {
    {"right app code", {RIGHT}, PAM_SUCCESS},
    {"wrong app code", {"000000", "0"}, PAM_AUTH_ERR},
    {"right backup code", {"", BACKUP_CODE, NEW}, PAM_SUCCESS},
    {"wrong backup code", {"", "87654321", "0"}, PAM_AUTH_ERR},
};

#define LOGINS (sizeof(logins) / sizeof(logins[0]))

static inline struct outcome *
the_outcome(void)
{
	static struct outcome *shared;

	if (shared == NULL)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	return shared;
}

static inline void
append(char *all, const char *text)
{
	size_t used = strlen(all);

	(void)snprintf(all + used, SEEN_MAX - used, "%s\n", text);
}

/*
 * Takes the place of libc's, so that no test needs /dev/log; libpam calls the
 * second when it was built with FORTIFY, as Debian's is.
 */
#define LOG_INSTEAD __attribute__((visibility("default"), unused))

static bool log_for_real; /* set in a child */

__attribute__((format(printf, 1, 0))) static inline void
log_instead(const char *format, va_list arguments)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	char line[2048];

	if (log_for_real) {
		vsyslog(LOG_AUTHPRIV | LOG_NOTICE, format, arguments);
		return;
	}
	(void)vsnprintf(line, sizeof(line), format, arguments);
	(void)pthread_mutex_lock(&one);
	append(the_outcome()->log, line);
	the_outcome()->log_lines++;
	(void)pthread_mutex_unlock(&one);
}

#undef syslog /* a macro of clang's FORTIFY */

LOG_INSTEAD __attribute__((format(printf, 2, 3))) void
syslog(int priority, const char *format, ...)
{
	va_list arguments;

	(void)priority;
	va_start(arguments, format);
	log_instead(format, arguments);
	va_end(arguments);
}

LOG_INSTEAD __attribute__((format(printf, 3, 4))) void __syslog_chk(
    int priority, int flag, const char *format, ...);

LOG_INSTEAD void
__syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list arguments;

	(void)priority, (void)flag;
	va_start(arguments, format);
	log_instead(format, arguments);
	va_end(arguments);
}

static inline char *
host_answer(const struct talk *talk, const char *text)
{
	static const char title[] = "Your new backup code:\n\n    ";
	const char *script = *talk->answers, *shown = strstr(text, title);

	if (script != NULL && strcmp(script, RIGHT) == 0)
		return strdup(talk->code);
	if (script != NULL && strcmp(script, NEW) == 0)
		return shown == NULL ? NULL : strndup(shown + strlen(title), 9);
	return script == NULL ? NULL : strdup(script);
}

static inline int
host_converse(int count, const struct pam_message **messages,
    struct pam_response **reply, void *context)
{
	struct talk *talk = context;

	(void)count;
	append(talk->outcome->seen, messages[0]->msg);
	*reply = calloc(1, sizeof(**reply));
	if (*reply == NULL)
		return PAM_BUF_ERR;
	if (messages[0]->msg_style == PAM_ERROR_MSG)
		return PAM_SUCCESS;
	talk->outcome->prompts++;
	if (talk->host->prompt != NULL)
		talk->host->prompt(talk->host, talk->pamh);
	(*reply)->resp = host_answer(talk, messages[0]->msg);
	if ((*reply)->resp == NULL) {
		free(*reply);
		*reply = NULL;
		return PAM_CONV_ERR;
	}
	talk->answers++;
	return PAM_SUCCESS;
}

static inline pam_handle_t *
host_start(struct talk *talk, const char *dir, const char *user)
{
	const struct pam_conv conv = {host_converse, talk};

	if (pam_start_confdir("service", user, &conv, dir, &talk->pamh) !=
	    PAM_SUCCESS)
		_exit(70);
	return talk->pamh;
}

static inline void
be_host(const struct world *world, const struct host *host, struct talk *talk)
{
	static struct process_state before, after;
	struct outcome *outcome = talk->outcome;
	int stray = memfd_create("stray", MFD_CLOEXEC);
	const char *user = host->user == NULL ? world->user : host->user;
	const char *method;
	struct stat st;

	if (dup2(stray, 1) != 1 || dup2(stray, 2) != 2)
		_exit(71);
	if (host->early != NULL)
		host->early(host);
	talk->pamh =
	    host_start(talk, world->dir, user[0] == '\0' ? NULL : user);
	process_state_take(&before);
	if (host->late != NULL)
		host->late(host);
	outcome->result = pam_authenticate(talk->pamh, 0);
	if (host->relax != NULL)
		host->relax(host);
	process_state_take(&after);
	(void)snprintf(outcome->changed, sizeof(outcome->changed), "%s",
	    process_state_differs(&before, &after));
	method = pam_getenv(talk->pamh, "XSUITE_METHOD");
	(void)snprintf(outcome->method, sizeof(outcome->method), "%s",
	    method == NULL ? "" : method);
	if (fstat(stray, &st) == 0)
		outcome->stray = st.st_size;
	(void)pam_end(talk->pamh, outcome->result);
}

/* One login of the person as he is; what came of it. */
static inline const struct outcome *
run_host_as_is(
    struct world *world, const struct host *host, const char *const *answers)
{
	struct outcome *outcome = the_outcome();
	struct talk talk = {
	    .host = host, .answers = answers, .outcome = outcome};
	char arguments[512];
	pid_t pid;

	(void)snprintf(arguments, sizeof(arguments), "fail_delay=0 %s",
	    host->arguments == NULL ? "" : host->arguments);
	write_stack(world, arguments);
	app_code(world, talk.code);
	memset(outcome, 0, sizeof(*outcome));
	outcome->result = -1;
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		be_host(world, host, &talk);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &outcome->status, 0), pid);
	return outcome;
}

/* One login of the person as first enrolled. */
static inline const struct outcome *
run_host(
    struct world *world, const struct host *host, const char *const *answers)
{
	save(world);
	return run_host_as_is(world, host, answers);
}

static inline void
load(struct world *world, struct xs_account *account)
{
	struct xs_fault fault;
	struct xs_plain plain;

	assert_int_equal(
	    world->store.ops->read(&world->store, &world->who, &plain, &fault),
	    0);
	assert_int_equal(xs_account_read(account, &plain, &fault), 0);
}

/* Is a code of the person's used up? */
static inline bool
is_consumed(struct world *world)
{
	struct xs_account now;

	load(world, &now);
	return now.app.last_step != 0 ||
	    memcmp(now.backup.hashes, world->account.backup.hashes,
		sizeof(now.backup.hashes)) != 0;
}

/* Whatever the result: what must hold in every application. */
static inline void
check_outcome(struct world *world, const struct host *host,
    const struct login *login, const struct outcome *outcome)
{
	if (outcome->status != 0 || outcome->result == -1)
		fail_msg("%s, %s (%ld): ended with status %#x", host->name,
		    login->name, host->value, (unsigned)outcome->status);
	if (outcome->changed[0] != '\0')
		fail_msg("%s, %s (%ld): changed: %s", host->name, login->name,
		    host->value, outcome->changed);
	if (outcome->stray != 0)
		fail_msg("%s, %s (%ld): wrote to stdout or stderr", host->name,
		    login->name, host->value);
	if (is_consumed(world) != (outcome->result == PAM_SUCCESS))
		fail_msg("%s, %s (%ld): result %d, and the code is%s used up",
		    host->name, login->name, host->value, outcome->result,
		    is_consumed(world) ? "" : " not");
	if (outcome->result == PAM_SUCCESS && login->result != PAM_SUCCESS)
		fail_msg("%s, %s (%ld): accepted", host->name, login->name,
		    host->value);
}

/* All logins go as in a friendly application. */
static inline void
expect_usual(struct world *world, const struct host *host)
{
	for (size_t i = 0; i < LOGINS; i++) {
		const struct outcome *outcome =
		    run_host(world, host, logins[i].answers);

		check_outcome(world, host, &logins[i], outcome);
		if (outcome->result != logins[i].result)
			fail_msg("%s, %s (%ld): result %d, log: %s", host->name,
			    logins[i].name, host->value, outcome->result,
			    outcome->log);
	}
}

/* All logins are refused with this result, the code unused. */
static inline void
expect_refusal(struct world *world, const struct host *host, int result)
{
	for (size_t i = 0; i < LOGINS; i++) {
		const struct outcome *outcome =
		    run_host(world, host, logins[i].answers);

		check_outcome(world, host, &logins[i], outcome);
		if (outcome->result != result)
			fail_msg("%s, %s (%ld): result %d, log: %s", host->name,
			    logins[i].name, host->value, outcome->result,
			    outcome->log);
	}
}

static inline int
setup_enrolled(void **state)
{
	int r = setup(state);

	if (r == 0)
		enrol(*state);
	return r;
}

#define HOST_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_enrolled, teardown)

/*
 * Sanitizers and valgrind need memory, descriptors and stack of their own,
 * and allocate themselves.
 */
#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

static inline bool
is_instrumented(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return IS_SANITIZED ||
	    (preload != NULL && strstr(preload, "vgpreload") != NULL);
}

static inline void
skip_if_instrumented(void)
{
	if (is_instrumented()) {
		print_message("not under a sanitizer or valgrind: skip\n");
		skip();
	}
}

#endif
