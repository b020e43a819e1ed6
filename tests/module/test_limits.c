/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module where the caller has set limits (su and sudo inherit them):
 * refused until there is enough, never a crash, never a code used up for
 * nothing, and right and wrong codes get the same answer.
 */
#include <pthread.h>

#include "tests/module/host.h"

#define STACK_MAX (256 * 1024)

/* The soft limit only, so that it can be put back. */
static void
set_limit(__rlimit_resource_t which, rlim_t value)
{
	struct rlimit limit;

	(void)getrlimit(which, &limit);
	limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
	(void)setrlimit(which, &limit);
}

static void
lift_limit(__rlimit_resource_t which)
{
	struct rlimit limit;

	(void)getrlimit(which, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(which, &limit);
}

/* The least value from which on a login succeeds; all below are refused. */
static long
sweep(struct world *w, struct host *host, const struct login *login, long step,
    long last)
{
	long least = -1;

	for (host->value = 0; host->value <= last; host->value += step) {
		const struct outcome *outcome =
		    run_host(w, host, login->answers);

		check_outcome(w, host, login, outcome);
		if (outcome->result == PAM_SUCCESS && least < 0)
			least = host->value;
		if (outcome->result != PAM_SUCCESS && least >= 0)
			fail_msg("%s: %ld suffices, %ld does not", host->name,
			    least, host->value);
		if (outcome->result == PAM_IGNORE)
			fail_msg("%s: passed over", host->name);
	}
	return least;
}

/* ---- Descriptors ---- */

static void
limit_descriptors(const struct host *host)
{
	int free_one = fcntl(0, F_DUPFD, 0);

	(void)close(free_one);
	set_limit(RLIMIT_NOFILE, (rlim_t)(free_one + host->value));
}

static void
lift_descriptors(const struct host *host)
{
	(void)host;
	lift_limit(RLIMIT_NOFILE);
}

static void
test_too_few_descriptors_refuse(void **state)
{
	struct host host = {.name = "few descriptors",
	    .early = lift_descriptors,
	    .late = limit_descriptors,
	    .relax = lift_descriptors};

	for (size_t i = 0; i < LOGINS; i++) {
		long least = sweep(*state, &host, &logins[i], 1, 12);

		if (logins[i].result == PAM_SUCCESS)
			assert_in_range(least, 1, 8);
	}
}

/* Nor is somebody let in because his record could not be looked for. */
static void
test_too_few_descriptors_prove_nothing(void **state)
{
	struct host host = {.name = "few descriptors, not enrolled",
	    .early = lift_descriptors,
	    .late = limit_descriptors,
	    .relax = lift_descriptors};
	struct world *w = *state;
	const struct outcome *outcome;
	struct xs_fault fault;

	assert_int_equal(w->store.ops->remove(&w->store, &w->who, &fault), 0);
	for (host.value = 0; host.value < 3; host.value++) {
		outcome = run_host_as_is(w, &host, (const char *const[]){NULL});
		assert_int_equal(outcome->status, 0);
		assert_int_not_equal(outcome->result, PAM_SUCCESS);
	}
	host.value = 12;
	outcome = run_host_as_is(w, &host, (const char *const[]){NULL});
	assert_int_equal(outcome->result, PAM_SUCCESS);
}

/* ---- File size ---- */

static void
note_signal(int number)
{
	(void)number;
	the_outcome()->value++;
}

static void
limit_file_size(const struct host *host)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	if (host->context != NULL)
		action.sa_handler = *(void (**)(int))host->context;
	(void)sigaction(SIGXFSZ, &action, NULL);
	set_limit(RLIMIT_FSIZE, (rlim_t)host->value);
}

/* Prompts and log of the right and the wrong code of a method, no more. */
static void
expect_same_answers(
    struct world *w, const struct host *host, const char *const *typed[2])
{
	static struct outcome right;
	const struct outcome *wrong;

	right = *run_host(w, host, typed[0]);
	assert_int_equal(right.status, 0);
	assert_int_equal(right.result, PAM_AUTHINFO_UNAVAIL);
	assert_string_equal(right.changed, "");
	assert_false(is_consumed(w));
	assert_int_equal(right.log_lines, 1);
	wrong = run_host(w, host, typed[1]);
	assert_int_equal(wrong->status, 0);
	assert_int_equal(wrong->result, PAM_AUTHINFO_UNAVAIL);
	assert_string_equal(wrong->changed, "");
	assert_string_equal(right.seen, wrong->seen);
	assert_string_equal(right.log, wrong->log);
	/* The handler, if there is one, was not called. */
	assert_int_equal(right.value + wrong->value, 0);
}

static void
test_no_room_for_files_refuses_alike(void **state)
{
	static void (*handlers[])(int) = {SIG_DFL, SIG_IGN, note_signal};

	for (int i = 0; i < 3; i++) {
		struct host host = {.name = "no file can grow",
		    .early = limit_file_size,
		    .context = &handlers[i]};

		for (size_t j = 0; j < LOGINS; j += 2) {
			const char *const *typed[2] = {
			    logins[j].answers, logins[j + 1].answers};

			expect_same_answers(*state, &host, typed);
		}
	}
}

/* A commit that is cut off in the middle leaves the former record. */
static void
test_room_for_half_a_record_keeps_it_whole(void **state)
{
	static const struct host polite = {.name = "polite, afterwards"};
	struct host host = {.name = "half a file", .early = limit_file_size};
	struct world *w = *state;

	for (host.value = 0; host.value <= 16384; host.value += 1024) {
		for (size_t i = 0; i < LOGINS; i++)
			check_outcome(w, &host, &logins[i],
			    run_host(w, &host, logins[i].answers));
	}
	expect_usual(w, &polite);
}

/* ---- Memory ---- */

static rlim_t
memory_in_use(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL || fscanf(file, "%lu", &pages) != 1)
		_exit(72);
	(void)fclose(file);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* value: KiB more than are in use. */
static void
limit_memory(const struct host *host)
{
	set_limit(RLIMIT_AS, memory_in_use() + (rlim_t)host->value * 1024);
}

static void
lift_memory(const struct host *host)
{
	(void)host;
	lift_limit(RLIMIT_AS);
}

static void
test_too_little_memory_refuses(void **state)
{
	struct host host = {.name = "little memory",
	    .late = limit_memory,
	    .relax = lift_memory};
	long least;

	skip_if_instrumented();
	least = sweep(*state, &host, &logins[0], 64, 1024);
	assert_in_range(least, 0, 1024);
	(void)sweep(*state, &host, &logins[1], 128, 1024);
	least = sweep(*state, &host, &logins[2], 2048, 16384);
	assert_in_range(least, 8192, 16384);
}

static uint32_t
charged(struct world *w)
{
	struct xs_account account;

	load(w, &account);
	return account.history.count;
}

/*
 * Argon2 is charged before it runs: who makes it fail has tried once, and
 * learns nothing.
 */
static void
test_argon2_without_memory_is_charged(void **state)
{
	struct world *w = *state;
	struct xs_backup *backup = &w->account.backup;
	const struct host host = {.name = "32 MiB, Argon2 wants 64",
	    .late = limit_memory,
	    .relax = lift_memory,
	    .value = 32 * 1024};
	static struct outcome right;

	skip_if_instrumented();
	backup->cost.memory = 65536;
	assert_int_equal(xs_code_hash(&backup->cost, backup->salt, BACKUP_CODE,
			     backup->hashes[0]),
	    0);
	right = *run_host(w, &host, logins[2].answers);
	check_outcome(w, &host, &logins[2], &right);
	assert_int_equal(right.result, PAM_BUF_ERR);
	assert_int_equal(charged(w), 1);
	check_outcome(
	    w, &host, &logins[3], run_host(w, &host, logins[3].answers));
	assert_int_equal(the_outcome()->result, PAM_BUF_ERR);
	assert_int_equal(charged(w), 1);
	assert_string_equal(right.seen, the_outcome()->seen);
	assert_string_equal(right.log, the_outcome()->log);
	/* App codes need none of it. */
	assert_int_equal(
	    run_host(w, &host, logins[0].answers)->result, PAM_SUCCESS);
}

/* The successor's hash is the dearer one; the old code stays. */
static void
test_successor_without_memory_uses_nothing_up(void **state)
{
	const struct host host = {.name = "32 MiB for a successor of 64",
	    .arguments = "argon2_memory=64M",
	    .late = limit_memory,
	    .relax = lift_memory,
	    .value = 32 * 1024};
	struct world *w = *state;

	skip_if_instrumented();
	check_outcome(
	    w, &host, &logins[2], run_host(w, &host, logins[2].answers));
	assert_int_equal(the_outcome()->result, PAM_BUF_ERR);
	assert_null(strstr(the_outcome()->seen, "new backup code"));
}

/* ---- The stack ---- */

struct painted {
	char *bottom;
	size_t size;
	const struct world *world;
	struct talk *talk;
};

/* Below this function's frame everything is ours to paint. */
__attribute__((noinline)) static void
paint(const struct host *host)
{
	const struct painted *stack = host->context;
	char here;

	memset(stack->bottom, 0xa5, (size_t)(&here - stack->bottom) - 1024);
	the_outcome()->value = &here - stack->bottom;
}

/* From the highest byte that was to be used to the lowest that was. */
static void
measure(const struct host *host)
{
	const struct painted *stack = host->context;
	long untouched = 0;

	while ((unsigned char)stack->bottom[untouched] == 0xa5)
		untouched++;
	the_outcome()->value -= untouched;
}

static void *
be_host_in_thread(void *context)
{
	struct painted *stack = context;

	be_host(stack->world, stack->talk->host, stack->talk);
	return NULL;
}

static void
run_on_stack(const struct host *host, struct painted *stack)
{
	pthread_attr_t attributes;
	pthread_t thread;

	(void)host;
	stack->bottom = mmap(NULL, stack->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack->bottom == MAP_FAILED ||
	    pthread_attr_init(&attributes) != 0 ||
	    pthread_attr_setstack(&attributes, stack->bottom, stack->size) !=
		0 ||
	    pthread_create(&thread, &attributes, be_host_in_thread, stack) != 0)
		_exit(73);
	(void)pthread_join(thread, NULL);
}

static void
test_stack_of_256_kib_is_enough(void **state)
{
	struct world *w = *state;
	struct painted stack = {.size = STACK_MAX, .world = w};
	const struct host host = {.name = "small stack",
	    .late = paint,
	    .relax = measure,
	    .context = &stack};

	skip_if_instrumented();
	write_stack(w, "fail_delay=0");
	for (size_t i = 0; i < LOGINS; i++) {
		struct outcome *outcome = the_outcome();
		struct talk talk = {.host = &host,
		    .answers = logins[i].answers,
		    .outcome = outcome};
		pid_t pid;

		stack.talk = &talk;
		save(w);
		app_code(w, talk.code);
		memset(outcome, 0, sizeof(*outcome));
		outcome->result = -1;
		(void)fflush(NULL);
		assert_true((pid = fork()) >= 0);
		if (pid == 0) {
			run_on_stack(&host, &stack);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &outcome->status, 0), pid);
		print_message(
		    "%s: %ld bytes of stack\n", logins[i].name, outcome->value);
		check_outcome(w, &host, &logins[i], outcome);
		assert_int_equal(outcome->result, logins[i].result);
	}
}

static void
limit_the_rest(const struct host *host)
{
	(void)host;
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_STACK, STACK_MAX);
	set_limit(RLIMIT_MEMLOCK, 0);
	set_limit(RLIMIT_NPROC, 0);
	set_limit(RLIMIT_LOCKS, 0);
	set_limit(RLIMIT_SIGPENDING, 0);
	set_limit(RLIMIT_MSGQUEUE, 0);
	set_limit(RLIMIT_NICE, 0);
	set_limit(RLIMIT_RTTIME, 0);
}

static void
test_other_limits_change_nothing(void **state)
{
	static const struct host host = {
	    .name = "all other limits", .early = limit_the_rest};

	skip_if_instrumented();
	expect_usual(*state, &host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_too_few_descriptors_refuse),
	    HOST_TEST(test_too_few_descriptors_prove_nothing),
	    HOST_TEST(test_no_room_for_files_refuses_alike),
	    HOST_TEST(test_room_for_half_a_record_keeps_it_whole),
	    HOST_TEST(test_too_little_memory_refuses),
	    HOST_TEST(test_argon2_without_memory_is_charged),
	    HOST_TEST(test_successor_without_memory_uses_nothing_up),
	    HOST_TEST(test_stack_of_256_kib_is_enough),
	    HOST_TEST(test_other_limits_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
