/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader and the machine of stack.h against the libpam that is installed:
 * random files, in which a stub gives any result, must end with the very code
 * that libpam returns. XS_STACKS=N tries that many, XS_SEED=N others.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fault.h"
#include "stack.h"

#define STACKS 4000
#define STUB "pam_stub.so"
#define TEXT_MAX 8192

/* libpam tells of every bad line; nobody is to read that. */
#undef syslog
#define INSTEAD __attribute__((visibility("default"), unused))
INSTEAD __attribute__((format(printf, 2, 3))) void
syslog(int priority, const char *format, ...)
{
	(void)priority, (void)format;
}

INSTEAD __attribute__((format(printf, 3, 4))) void __syslog_chk(
    int priority, int flag, const char *format, ...);
INSTEAD void
__syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority, (void)flag, (void)format;
}

/* What libpam leaves behind when it gives up on a file is its own. */
INSTEAD const char *__lsan_default_suppressions(void);
INSTEAD const char *
__lsan_default_suppressions(void)
{
	return "leak:libpam.so";
}

/* ---- Files to try ---- */

static const char *const files[] = {"service", "other", "one", "two"};
#define FILES (sizeof(files) / sizeof(files[0]))

struct
try {
	uint64_t state; /* of the dice */
	char dir[64];
	char stub[PATH_MAX];
	char text[FILES][TEXT_MAX];
	size_t used;
	char *out;
};

/* xorshift64*: the same everywhere, for ever. */
static unsigned
dice(struct try *try, unsigned sides)
{
	try->state ^= try->state >> 12;
	try->state ^= try->state << 25;
	try->state ^= try->state >> 27;
	return (unsigned)((try->state * 2685821657736338717ULL) >> 33) % sides;
}

__attribute__((format(printf, 2, 3))) static void
put(struct try *try, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	try->used += (size_t)vsnprintf(
	    try->out + try->used, TEXT_MAX - try->used, format, list);
	va_end(list);
	assert_true(try->used < TEXT_MAX);
}

static void
put_blank(struct try *try)
{
	static const char *const blanks[] = {
	    " ", " ", "\t", "   ", " \t ", " \\\n", "\\\n    "};

	put(try, "%s", blanks[dice(try, 7)]);
}

static int
any_result(struct try *try)
{
	static const int often[] = {PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS,
	    PAM_IGNORE, PAM_AUTH_ERR, PAM_NEW_AUTHTOK_REQD, PAM_MODULE_UNKNOWN};
	unsigned which = dice(try, 10);

	return which < 7 ? often[which] : (int)dice(try, PAM_INCOMPLETE);
}

static void
put_pairs(struct try *try)
{
	static const char *const actions[] = {
	    "ok", "done", "bad", "die", "reset", "ignore", "1", "2", "3", "1"};
	static const char *const odd[] = {"okay", "0", "succes=ok", "7",
	    "99999999999", "=ok", "success", "success=", "Success=ok"};

	put(try, "[");
	for (unsigned i = dice(try, 5); i > 0; i--)
		put(try, "%s%s%s=%s%s", dice(try, 4) ? "" : " ",
		    dice(try, 4) ? xs_pam_result_name(any_result(try))
				 : "default",
		    dice(try, 6) ? "" : " ", dice(try, 8) ? "" : " ",
		    actions[dice(try, 10)]),
		    put(try, " ");
	if (dice(try, 12) == 0)
		put(try, "%s", odd[dice(try, 9)]);
	put(try, "%s", dice(try, 200) ? "]" : "");
}

static void
put_control(struct try *try)
{
	static const char *const words[] = {"required", "requisite",
	    "sufficient", "optional", "Required", "SUFFICIENT", "requird",
	    "[requisite]"};

	if (dice(try, 2))
		put_pairs(try);
	else
		put(try, "%s", words[dice(try, dice(try, 8) ? 4 : 8)]);
}

static void
put_module(struct try *try)
{
	static const char *const others[] = {
	    "/nowhere/pam_gone.so", "pam_gone_xs.so", "pam_[x].so", ""};

	if (dice(try, 25) == 0)
		put(try, "%s", others[dice(try, 4)]);
	else
		put(try, "%s", try->stub);
	put_blank(try);
	put(try, "auth=%d cred=%d", any_result(try), any_result(try));
	put_blank(try);
	put(try, "account=%d", any_result(try));
	if (dice(try, 9) == 0)
		put(try, " [an argument \\] with blanks]");
}

/* Only files that come later, so that there is an end. */
static void
put_include(struct try *try, size_t file)
{
	const char *target = file + 1 < FILES
	    ? files[dice(try, 2) || file == 2 ? FILES - 1 : FILES - 2]
	    : "gone";

	if (dice(try, 20) == 0)
		target = "gone";
	/* Relative names are looked for in /etc/pam.d by Debian's libpam. */
	if (dice(try, 30) == 0)
		put(try, "pam_stack_nowhere");
	else
		put(try, "%s/%s", try->dir, target);
}

static void
put_line(struct try *try, size_t file)
{
	static const char *const types[] = {
	    "auth", "auth", "auth", "account", "AUTH", "session", "atuh"};
	static const char *const breaks[] = {
	    "# a comment\n", "\n", "   \n", "  # \\\n"};

	if (dice(try, 5) == 0)
		put(try, "%s", breaks[dice(try, 4)]);
	if (dice(try, 6) == 0)
		put(try, "%s", dice(try, 2) ? "\t" : "  ");
	/* With a type, libpam leaves what "@include" fails with undefined. */
	if (file < 2 && dice(try, 20) == 0) {
		put(try, "@include ");
		put_include(try, file);
	} else {
		put(try, "%s%s", dice(try, 10) ? "" : "-",
		    types[dice(try, dice(try, 12) ? 4 : 7)]);
		put_blank(try);
		if (dice(try, 5) == 0) {
			put(try, dice(try, 3) ? "substack" : "include");
			put_blank(try);
			put_include(try, file);
		} else if (dice(try, 60) != 0) {
			put_control(try);
			put_blank(try);
			put_module(try);
		}
	}
	if (dice(try, 10) == 0)
		put(try, " # a comment behind");
	put(try, "%s", dice(try, 300) ? "\n" : "\\\n");
}

static void
make_files(struct try *try)
{
	char path[128];

	for (size_t i = 0; i < FILES; i++) {
		int fd;

		try->out = try->text[i];
		try->used = 0;
		for (unsigned lines = 1 + dice(try, 6); lines > 0; lines--)
			put_line(try, i);
		(void)snprintf(path, sizeof(path), "%s/%s", try->dir, files[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, try->out, try->used), try->used);
		assert_int_equal(close(fd), 0);
	}
}

/* ---- What we say ---- */

static int
read_whole(void *context, const char *path, char **text, size_t *size)
{
	FILE *file = fopen(path, "re");

	(void)context;
	if (file == NULL)
		return 1;
	*text = calloc(1, TEXT_MAX);
	assert_non_null(*text);
	*size = fread(*text, 1, TEXT_MAX, file);
	(void)fclose(file);
	return 0;
}

static int
argument(const struct xs_step *step, const char *key)
{
	for (int i = 0; i < step->argc; i++) {
		if (strncmp(step->argv[i], key, strlen(key)) == 0)
			return atoi(step->argv[i] + strlen(key));
	}
	return PAM_SERVICE_ERR;
}

static void
collect(const struct xs_stack *stack, const char *key, int *results)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct xs_step *step = &stack->steps[i];

		results[i] = xs_step_is(step, "pam_stub")
		    ? argument(step, key)
		    : XS_PAM_MODULE_UNKNOWN;
	}
}

struct codes {
	int auth;
	int cred;
	int account;
};

static struct codes
predict(struct try *try, struct xs_service *service)
{
	const char *const dirs[] = {try->dir, NULL};
	const struct xs_service_source source = {
	    .read = read_whole, .dirs = dirs, .include_dir = "/etc/pam.d"};
	static int results[XS_STACK_STEPS_MAX], frozen[XS_STACK_STEPS_MAX];
	const struct xs_stack *auth, *account;
	struct codes codes = {PAM_ABORT, PAM_ABORT, PAM_ABORT};

	assert_int_equal(xs_service_load(service, "service", &source), 0);
	if (service->broken)
		return codes;
	auth = xs_service_stack(service, XS_STACK_AUTH);
	account = xs_service_stack(service, XS_STACK_ACCOUNT);
	collect(auth, "auth=", results);
	codes.auth = xs_stack_run(auth, results, NULL, frozen);
	collect(auth, "cred=", results);
	codes.cred = xs_stack_run(auth, results, frozen, NULL);
	collect(account, "account=", results);
	codes.account = xs_stack_run(account, results, NULL, NULL);
	return codes;
}

/* ---- What libpam says ---- */

static int
say_nothing(int count, const struct pam_message **messages,
    struct pam_response **replies, void *context)
{
	(void)count, (void)messages, (void)replies, (void)context;
	return PAM_CONV_ERR;
}

static struct codes
ask_libpam(const struct try *try)
{
	const struct pam_conv conv = {say_nothing, NULL};
	pam_handle_t *pamh = NULL;
	struct codes codes = {PAM_ABORT, PAM_ABORT, PAM_ABORT};
	int r = pam_start_confdir("service", "root", &conv, try->dir, &pamh);

	/* It reads the files, and gives up at once where it cannot. */
	if (r != PAM_SUCCESS) {
		assert_int_equal(r, PAM_ABORT);
		return codes;
	}
	codes.auth = pam_authenticate(pamh, 0);
	codes.cred = pam_setcred(pamh, PAM_ESTABLISH_CRED);
	codes.account = pam_acct_mgmt(pamh, 0);
	(void)pam_end(pamh, 0);
	return codes;
}

/* ---- The tests ---- */

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void
start(struct try *try)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(length > 0);
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	assert_true(snprintf(try->stub, sizeof(try->stub), "%s/" STUB, self) <
	    PATH_MAX);
	assert_int_equal(access(try->stub, R_OK), 0);
	strcpy(try->dir, "/tmp/xs-stack-XXXXXX");
	assert_non_null(mkdtemp(try->dir));
}

static void
end(struct try *try)
{
	char path[128];

	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", try->dir, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(try->dir), 0);
}

static bool
has(const struct xs_service *service, enum xs_stack_trouble trouble)
{
	for (unsigned i = 0; i < service->problems_count; i++) {
		if (service->problems[i].trouble == trouble)
			return true;
	}
	return false;
}

static void
compare(struct try *try, uint64_t round, unsigned *kinds)
{
	struct xs_service service;
	struct codes ours, theirs;

	make_files(try);
	ours = predict(try, &service);
	/* These can end libpam itself. */
	if (has(&service, XS_TROUBLE_NAME) ||
	    has(&service, XS_TROUBLE_NAMELESS)) {
		kinds[4]++;
		xs_service_free(&service);
		return;
	}
	theirs = ask_libpam(try);
	if (memcmp(&ours, &theirs, sizeof(ours)) != 0 &&
	    !has(&service, XS_TROUBLE_GAP)) {
		for (size_t i = 0; i < FILES; i++)
			print_message("--- %s\n%s\n", files[i], try->text[i]);
		fail_msg("stack %llu: authenticate, setcred, account are "
			 "%d %d %d for us and %d %d %d for libpam",
		    (unsigned long long)round, ours.auth, ours.cred,
		    ours.account, theirs.auth, theirs.cred, theirs.account);
	}
	kinds[0] += service.broken;
	kinds[1] += theirs.auth == PAM_SUCCESS;
	kinds[2] += theirs.auth == PAM_SUCCESS && theirs.cred != PAM_SUCCESS;
	kinds[3] += service.problems_count > 0;
	xs_service_free(&service);
}

static void
test_random_stacks_end_as_in_libpam(void **state)
{
	static struct try try;
	uint64_t seed = number("XS_SEED", 20261122);
	uint64_t stacks = number("XS_STACKS", STACKS);
	unsigned kinds[5] = {0};

	(void)state;
	start(&try);
	try.state = seed * 2 + 1;
	print_message("seed %llu, %llu stacks\n", (unsigned long long)seed,
	    (unsigned long long)stacks);
	for (uint64_t i = 0; i < stacks; i++)
		compare(&try, i, kinds);
	print_message("%u refused as unreadable, %u successes, of which %u "
		      "with setcred refused; %u with a bad line; %u not "
		      "asked\n",
	    kinds[0], kinds[1], kinds[2], kinds[3], kinds[4]);
	/* Nothing is shown by stacks that all end alike. */
	for (unsigned i = 0; i < 4; i++)
		assert_true(kinds[i] > stacks / 200);
	assert_true(kinds[0] < stacks / 4 && kinds[3] < stacks / 4 * 3);
	assert_true(kinds[4] < stacks / 20);
	end(&try);
}

static void
test_results_have_the_numbers_of_libpam(void **state)
{
	(void)state;
	assert_int_equal(XS_PAM_SUCCESS, PAM_SUCCESS);
	assert_int_equal(XS_PAM_PERM_DENIED, PAM_PERM_DENIED);
	assert_int_equal(XS_PAM_AUTH_ERR, PAM_AUTH_ERR);
	assert_int_equal(XS_PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(XS_PAM_USER_UNKNOWN, PAM_USER_UNKNOWN);
	assert_int_equal(XS_PAM_MAXTRIES, PAM_MAXTRIES);
	assert_int_equal(XS_PAM_NEW_AUTHTOK_REQD, PAM_NEW_AUTHTOK_REQD);
	assert_int_equal(XS_PAM_ACCT_EXPIRED, PAM_ACCT_EXPIRED);
	assert_int_equal(XS_PAM_CONV_ERR, PAM_CONV_ERR);
	assert_int_equal(XS_PAM_IGNORE, PAM_IGNORE);
	assert_int_equal(XS_PAM_ABORT, PAM_ABORT);
	assert_int_equal(XS_PAM_MODULE_UNKNOWN, PAM_MODULE_UNKNOWN);
	assert_int_equal(XS_PAM_INCOMPLETE, PAM_INCOMPLETE);
	assert_int_equal(XS_PAM_RESULTS, _PAM_RETURN_VALUES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_results_have_the_numbers_of_libpam),
	    cmocka_unit_test(test_random_stacks_end_as_in_libpam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
