/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module inside applications with odd habits: what they do with signals,
 * descriptors and the order of calls changes no result, and afterwards the
 * process is as it was.
 */
#include <malloc.h>

#include "tests/module/host.h"

#define MANY 200

/* ---- Signals ---- */

static void
ignore_children(const struct host *host)
{
	(void)host;
	(void)signal(SIGCHLD, SIG_IGN);
}

static void
reap(int number)
{
	int saved = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

static void
catch_signal(int number, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	(void)sigfillset(&action.sa_mask);
	(void)sigaction(number, &action, NULL);
}

static void
reap_children(const struct host *host)
{
	(void)host;
	catch_signal(SIGCHLD, reap, 0);
}

static void
count_ticks(int number)
{
	(void)number;
	the_outcome()->value++;
}

static const struct itimerval often = {{0, 1000}, {0, 1000}};

static void
listen_to_timer(const struct host *host)
{
	(void)host;
	catch_signal(SIGALRM, count_ticks, 0);
}

/* A signal each millisecond; system calls are not restarted. */
static void
start_timer(const struct host *host)
{
	(void)host;
	(void)setitimer(ITIMER_REAL, &often, NULL);
}

static void
stop_timer(const struct host *host)
{
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct itimerval now;

	(void)host;
	(void)setitimer(ITIMER_REAL, &never, &now);
	if (now.it_interval.tv_usec != often.it_interval.tv_usec)
		_exit(76);
}

static void
block_everything(const struct host *host)
{
	sigset_t all;

	(void)host;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)raise(SIGUSR1);
	(void)raise(SIGXFSZ);
	(void)raise(SIGTERM);
}

static void
use_another_stack(const struct host *host)
{
	static char room[65536];
	const stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};

	(void)host;
	(void)sigaltstack(&stack, NULL);
	catch_signal(SIGSEGV, SIG_DFL, SA_ONSTACK);
}

static void
test_habits_with_signals_change_nothing(void **state)
{
	static const struct host hosts[] = {
	    {.name = "polite"},
	    {.name = "ignores SIGCHLD", .early = ignore_children},
	    {.name = "reaps everything", .early = reap_children},
	    {.name = "has a fast timer",
		.early = listen_to_timer,
		.late = start_timer,
		.relax = stop_timer},
	    {.name = "blocks all, some wait", .early = block_everything},
	    {.name = "signals' own stack", .early = use_another_stack},
	};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		expect_usual(*state, &hosts[i]);
}

/* ---- Descriptors ---- */

/* A bit for each of 0, 1 and 2. */
static void
close_some(const struct host *host)
{
	for (int fd = 0; fd < 3; fd++)
		if ((host->value & 1 << fd) != 0)
			(void)close(fd);
}

static char *
read_whole(const char *dir, const char *name)
{
	char path[256], *text = calloc(1, 65536);
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_non_null(text);
	assert_non_null(file = fopen(path, "r"));
	assert_true(fread(text, 1, 65535, file) > 0);
	(void)fclose(file);
	return text;
}

/* Files of ours then get the numbers 0 to 2, and are no place to print to. */
static void
test_closed_standard_descriptors_change_nothing(void **state)
{
	static const char *const files[] = {"xsuite.conf", "host.key"};
	struct host host = {.name = "0-2 closed", .early = close_some};
	struct world *w = *state;

	for (host.value = 1; host.value < 8; host.value++) {
		char *before[2], *after;

		for (int i = 0; i < 2; i++)
			before[i] = read_whole(w->dir, files[i]);
		expect_usual(w, &host);
		for (int i = 0; i < 2; i++) {
			after = read_whole(w->dir, files[i]);
			assert_string_equal(before[i], after);
			free(before[i]);
			free(after);
		}
	}
}

/* ---- The order of calls ---- */

static int (*const calls[])(pam_handle_t *, int) = {pam_setcred, pam_acct_mgmt,
    pam_chauthtok, pam_open_session, pam_close_session};
static const int flags_of[] = {PAM_ESTABLISH_CRED, 0, 0, 0, 0};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* host->value: the number of the call that comes first. */
static unsigned
count_refused(const struct host *host, pam_handle_t *pamh)
{
	unsigned refused = 0;

	for (size_t i = 0; i < CALLS; i++) {
		size_t at = (i + (size_t)host->value) % CALLS;

		if (calls[at](pamh, flags_of[at]) != PAM_SUCCESS)
			refused++;
	}
	return refused;
}

static void
call_others(const struct host *host, pam_handle_t *pamh)
{
	(void)count_refused(host, pamh);
}

static void
test_other_calls_ask_nothing_and_let_nobody_in(void **state)
{
	struct host host = {.name = "calls out of order"};
	struct world *w = *state;
	struct talk talk = {.host = &host, .outcome = the_outcome()};
	pam_handle_t *pamh;

	write_stack(w, "fail_delay=0");
	memset(talk.outcome, 0, sizeof(*talk.outcome));
	for (host.value = 0; host.value < (long)CALLS; host.value++) {
		pamh = host_start(&talk, w->dir, w->user);
		assert_int_equal(count_refused(&host, pamh), 0);
		talk.answers = (const char *const[]){"0", NULL};
		assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
		/* libpam itself keeps setcred to what authenticate said. */
		assert_int_equal(count_refused(&host, pamh), 1);
		assert_null(pam_getenv(pamh, "XSUITE_METHOD"));
		(void)pam_end(pamh, 0);
	}
	assert_int_equal(talk.outcome->prompts, CALLS);
	assert_false(is_consumed(w));
}

/* libpam freezes a chain while it runs, whoever asks from the dialogue. */
static void
test_other_calls_in_the_middle_of_a_prompt(void **state)
{
	static const struct host host = {
	    .name = "calls from the conversation", .prompt = call_others};

	expect_usual(*state, &host);
}

static void
test_second_authenticate_needs_a_code_of_its_own(void **state)
{
	const struct host host = {.name = "twice"};
	struct world *w = *state;
	struct talk talk = {.host = &host, .outcome = the_outcome()};
	pam_handle_t *pamh;

	write_stack(w, "fail_delay=0");
	app_code(w, talk.code);
	pamh = host_start(&talk, w->dir, w->user);
	talk.answers = (const char *const[]){RIGHT, NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	talk.answers = (const char *const[]){RIGHT, "0", NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	talk.answers = (const char *const[]){"", BACKUP_CODE, NEW, NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_string_equal(pam_getenv(pamh, "XSUITE_METHOD"), "backup");
	(void)pam_end(pamh, 0);
}

/* What an earlier login on the handle was let in by says nothing of this. */
static void
test_method_of_an_earlier_login_is_not_told(void **state)
{
	const struct host host = {.name = "method"};
	struct world *w = *state;
	struct talk talk = {.host = &host, .outcome = the_outcome()};
	pam_handle_t *pamh;

	write_stack(w, "fail_delay=0");
	app_code(w, talk.code);
	pamh = host_start(&talk, w->dir, w->user);
	talk.answers = (const char *const[]){RIGHT, NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(w->store.ops->remove(&w->store, &w->who, NULL), 0);
	talk.outcome->log[0] = '\0';
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_non_null(strstr(talk.outcome->log, "reason=not-enrolled"));
	assert_null(pam_getenv(pamh, "XSUITE_METHOD"));
	assert_null(strstr(talk.outcome->log, "delete"));
	(void)pam_end(pamh, 0);
}

/* Another store's second step is another second step. */
static void
test_line_with_another_store_asks_for_itself(void **state)
{
	const struct host host = {.name = "two stores"};
	struct world *w = *state;
	struct talk talk = {.host = &host, .outcome = the_outcome()};
	char stack[2048], copy[192];
	pam_handle_t *pamh;

	(void)snprintf(
	    copy, sizeof(copy), "cp -r %s/state %s/vault", w->dir, w->dir);
	assert_int_equal(system(copy), 0);
	(void)snprintf(stack, sizeof(stack),
	    "auth required %s config=%s/xsuite.conf\n"
	    "auth required %s config=%s/xsuite.conf state_dir=%s/vault\n",
	    module_path(), w->dir, module_path(), w->dir, w->dir);
	write_file(w->dir, "service", stack);
	app_code(w, talk.code);
	pamh = host_start(&talk, w->dir, w->user);
	talk.answers = (const char *const[]){RIGHT, NULL};
	assert_int_equal(pam_authenticate(pamh, 0), PAM_CONV_ERR);
	(void)pam_end(pamh, 0);
}

static size_t
bytes_in_use(void)
{
	return mallinfo2().uordblks;
}

/* Handles stay open by the dozen, as in a server with many sessions. */
static void
log_in_often(struct world *w, unsigned times)
{
	const struct host host = {.name = "many"};
	struct talk talks[10];
	pam_handle_t *open[10];

	for (unsigned i = 0; i < times; i++) {
		/* One in ten computes Argon2. */
		const struct login *login = &logins[i % 10 == 9 ? 2 : i % 2];
		struct talk *talk = &talks[i % 10];

		*talk = (struct talk){.host = &host, .outcome = the_outcome()};
		app_code(w, talk->code);
		talk->answers = login->answers;
		save(w);
		open[i % 10] = host_start(talk, w->dir, w->user);
		assert_int_equal(
		    pam_authenticate(open[i % 10], 0), login->result);
		for (int j = 0; i % 10 == 9 && j < 10; j++)
			(void)pam_end(open[j], 0);
	}
}

static void
test_two_hundred_logins_leave_nothing_behind(void **state)
{
	static struct process_state before, after;
	struct world *w = *state;
	unsigned times = is_instrumented() ? 20 : MANY;
	bool steady = false;
	size_t bytes;

	write_stack(w, "fail_delay=0");
	log_in_often(w, 20); /* what libraries keep for good */
	process_state_take(&before);
	/*
	 * Less than the smallest piece each: libraries' caches still fill, but
	 * not in every round, as a leak would.
	 */
	for (int round = 0; round < 3 && !steady; round++) {
		bytes = bytes_in_use();
		log_in_often(w, times / 2);
		steady = bytes_in_use() <= bytes + times / 2 * 16;
	}
	assert_true(steady);
	process_state_take(&after);
	assert_string_equal(process_state_differs(&before, &after), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_habits_with_signals_change_nothing),
	    HOST_TEST(test_closed_standard_descriptors_change_nothing),
	    HOST_TEST(test_other_calls_ask_nothing_and_let_nobody_in),
	    HOST_TEST(test_other_calls_in_the_middle_of_a_prompt),
	    HOST_TEST(test_second_authenticate_needs_a_code_of_its_own),
	    HOST_TEST(test_method_of_an_earlier_login_is_not_told),
	    HOST_TEST(test_line_with_another_store_asks_for_itself),
	    HOST_TEST(test_two_hundred_logins_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
