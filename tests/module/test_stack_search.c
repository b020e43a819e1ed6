/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search against the libpam that is installed: for random stacks of up
 * to six lines, one of them "ours", all combinations of results are played
 * through libpam, and the search must have found the same ends: can it let
 * in without us, with our being ignored, with our yes? XS_STACKS, XS_SEED.
 */
#include <limits.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fault.h"
#include "stack_search.h"

#define STACKS 4000
#define LINES 6
#define TEXT_MAX 4096
#define EXPORT __attribute__((visibility("default")))

/* The stub asks these. */
EXPORT extern int stub_results[LINES], stub_ran[LINES];
int stub_results[LINES], stub_ran[LINES];

#undef syslog
EXPORT __attribute__((format(printf, 2, 3))) void
syslog(int priority, const char *format, ...)
{
	(void)priority, (void)format;
}

EXPORT __attribute__((format(printf, 3, 4))) void __syslog_chk(
    int priority, int flag, const char *format, ...);
EXPORT void
__syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority, (void)flag, (void)format;
}

enum { OURS_YES = 1, OURS_IGNORED = 2, OURS_NO = 4, ENDS = 16 };

struct
try {
	uint64_t state;
	char dir[64];
	char stub[PATH_MAX];
	char service[TEXT_MAX];
	char inner[TEXT_MAX];
	unsigned lines;
	unsigned ours;
	uint32_t results[LINES]; /* that each can give */
};

static unsigned
dice(struct try *try, unsigned sides)
{
	try->state ^= try->state >> 12;
	try->state ^= try->state << 25;
	try->state ^= try->state >> 27;
	return (unsigned)((try->state * 2685821657736338717ULL) >> 33) % sides;
}

static const int results[] = {PAM_SUCCESS, PAM_SUCCESS, PAM_AUTH_ERR,
    PAM_IGNORE, PAM_NEW_AUTHTOK_REQD, PAM_USER_UNKNOWN};

static void
make_control(struct try *try, char *out)
{
	static const char *const words[] = {
	    "required", "requisite", "sufficient", "optional"};
	static const char *const actions[] = {
	    "ok", "done", "bad", "die", "reset", "ignore", "1", "2", "1", "3"};

	if (dice(try, 2)) {
		strcpy(out, words[dice(try, 4)]);
		return;
	}
	out += sprintf(out, "[");
	for (unsigned i = dice(try, 4); i > 0; i--)
		out += sprintf(out, "%s=%s ",
		    xs_pam_result_name(results[dice(try, 6)]),
		    actions[dice(try, 10)]);
	(void)sprintf(out, "default=%s]", actions[dice(try, 9)]);
}

static void
write_file(const struct try *try, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", try->dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Some of the lines stand in a substack or an include. */
static void
make_stack(struct try *try)
{
	unsigned first = dice(try, LINES), length = dice(try, LINES);
	char control[256], *to = try->service, *in = try->inner;
	bool included = false;

	try->lines = 1 + dice(try, LINES);
	try->ours = dice(try, try->lines);
	*to = *in = '\0';
	for (unsigned i = 0; i < try->lines; i++) {
		bool inside = i >= first && i < first + length;
		char **out = inside ? &in : &to;

		if (inside && !included) {
			to += sprintf(to, "auth %s %s/inner\n",
			    dice(try, 3) ? "substack" : "include", try->dir);
			included = true;
		}
		try->results[i] = 0;
		for (unsigned n = 1 + dice(try, 3); n > 0; n--)
			try->results[i] |= 1U << results[dice(try, 6)];
		make_control(try, control);
		*out += sprintf(
		    *out, "auth %s %s step=%u\n", control, try->stub, i);
	}
	write_file(try, "service", try->service);
	write_file(try, "inner", try->inner);
}

/* ---- All that libpam can answer ---- */

static int
say_nothing(int count, const struct pam_message **messages,
    struct pam_response **replies, void *context)
{
	(void)count, (void)messages, (void)replies, (void)context;
	return PAM_CONV_ERR;
}

static unsigned
ours_end(const struct try *try)
{
	if (!stub_ran[try->ours])
		return 0;
	if (stub_results[try->ours] == PAM_SUCCESS)
		return OURS_YES;
	return stub_results[try->ours] == PAM_IGNORE ? OURS_IGNORED : OURS_NO;
}

/* The next combination of results; false: there was none. */
static bool
next_results(const struct try *try)
{
	for (unsigned i = 0; i < try->lines; i++) {
		do
			stub_results[i]++;
		while (stub_results[i] < PAM_INCOMPLETE &&
		    !(try->results[i] >> stub_results[i] & 1));
		if (stub_results[i] < PAM_INCOMPLETE)
			return true;
		stub_results[i] = __builtin_ctz(try->results[i]);
	}
	return false;
}

/* A bit for each end: our answer, and 8 more for success. */
static unsigned
ends_of_libpam(const struct try *try, unsigned long *logins)
{
	const struct pam_conv conv = {say_nothing, NULL};
	pam_handle_t *pamh = NULL;
	unsigned ends = 0;

	assert_int_equal(
	    pam_start_confdir("service", "root", &conv, try->dir, &pamh), 0);
	for (unsigned i = 0; i < try->lines; i++)
		stub_results[i] = __builtin_ctz(try->results[i]);
	do {
		int r;

		memset(stub_ran, 0, sizeof(stub_ran));
		r = pam_authenticate(pamh, 0);
		ends |= 1U << (ours_end(try) + (r == PAM_SUCCESS ? 8 : 0));
		(*logins)++;
	} while (next_results(try));
	(void)pam_end(pamh, 0);
	return ends;
}

/* ---- All that the search finds ---- */

static int
read_whole(void *context, const char *path, char **text, size_t *size)
{
	const struct try *try = context;
	const char *from = strstr(path, "/service") ? try->service
	    : strstr(path, "/inner")                ? try->inner
						    : NULL;

	if (from == NULL)
		return 1;
	*text = strdup(from);
	assert_non_null(*text);
	*size = strlen(from);
	return 0;
}

/* The way must be one that libpam's machine takes, and end as it says. */
static void
check_way(const struct xs_search *search, const struct xs_ending *ending)
{
	struct xs_way way[XS_STACK_STEPS_MAX];
	struct xs_machine machine;
	size_t length = xs_search_way(search, ending, way, XS_STACK_STEPS_MAX);

	xs_machine_start(&machine);
	for (size_t i = 0; i < length; i++) {
		assert_int_equal(machine.next, way[i].step);
		assert_int_equal(xs_machine_step(&machine, search->stack,
				     way[i].result, way[i].result),
		    way[i].action);
	}
	assert_int_equal(machine.next, search->stack->count);
	assert_int_equal(
	    xs_machine_result(&machine) == XS_PAM_SUCCESS, ending->success);
}

static unsigned
ends_of_search(struct try *try)
{
	const char *const dirs[] = {try->dir, NULL};
	const struct xs_service_source source = {
	    .read = read_whole, .context = try, .dirs = dirs};
	struct xs_step_model models[2 * LINES] = {{0}};
	const struct xs_stack *stack;
	struct xs_service service;
	struct xs_search search;
	unsigned ends = 0;

	assert_int_equal(xs_service_load(&service, "service", &source), 0);
	assert_false(service.broken);
	stack = xs_service_stack(&service, XS_STACK_AUTH);
	for (size_t i = 0; i < stack->count; i++) {
		unsigned line;

		if (stack->steps[i].kind != XS_STEP_MODULE)
			continue;
		line = (unsigned)atoi(stack->steps[i].argv[0] + 5);
		models[i].results = try->results[line];
		if (line != try->ours)
			continue;
		models[i].yes = OURS_YES;
		models[i].ignored = OURS_IGNORED;
		models[i].no = OURS_NO;
	}
	assert_int_equal(xs_search_run(&search, stack, models), 0);
	assert_true(search.complete);
	for (size_t i = 0; i < search.endings_count; i++) {
		check_way(&search, &search.endings[i]);
		ends |= 1U << (search.endings[i].marks +
			    (search.endings[i].success ? 8 : 0));
	}
	xs_search_free(&search);
	xs_service_free(&service);
	return ends;
}

/* ---- The test ---- */

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
	assert_true(snprintf(try->stub, sizeof(try->stub), "%.400s/pam_stub.so",
			self) < 500);
	strcpy(try->dir, "/tmp/xs-search-XXXXXX");
	assert_non_null(mkdtemp(try->dir));
	write_file(try, "other", "auth required pam_deny.so\n");
}

static void
end(const struct try *try)
{
	static const char *const names[] = {"service", "inner", "other"};
	char path[128];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", try->dir, names[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(try->dir), 0);
}

static void
test_all_ends_of_random_stacks_are_found(void **state)
{
	static struct try try;
	uint64_t seed = number("XS_SEED", 20261122);
	uint64_t stacks = number("XS_STACKS", STACKS);
	unsigned long logins = 0, without = 0;

	(void)state;
	start(&try);
	try.state = seed * 2 + 1;
	print_message("seed %llu, %llu stacks\n", (unsigned long long)seed,
	    (unsigned long long)stacks);
	for (uint64_t i = 0; i < stacks; i++) {
		unsigned ours, theirs;

		make_stack(&try);
		theirs = ends_of_libpam(&try, &logins);
		ours = ends_of_search(&try);
		if (ours != theirs)
			fail_msg("stack %llu, ours is step %u: ends %#x for us "
				 "and %#x for libpam\n%s--- inner\n%s",
			    (unsigned long long)i, try.ours, ours, theirs,
			    try.service, try.inner);
		without += (theirs & (1U << 8 | 1U << (8 + OURS_NO))) != 0;
	}
	print_message("%lu logins; %lu of the stacks can let in without us\n",
	    logins, without);
	assert_true(without > stacks / 10 && without < stacks / 10 * 9);
	end(&try);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_ends_of_random_stacks_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
