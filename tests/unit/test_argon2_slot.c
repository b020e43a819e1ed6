/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "code.h"

#define LONG_MS 60000 /* longer than any test: "waits until it is had" */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static unsigned
processors(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

static char *
path_in(const char *dir, const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static int
set_up(void **state)
{
	char template[] = "/tmp/xs-slot-XXXXXX";

	*state = mkdtemp(template) != NULL ? strdup(template) : NULL;
	return *state != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(*state);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir != NULL)
		closedir(dir);
	rmdir(*state);
	free(*state);
	return 0;
}

/* A process that takes a slot and holds it until it is told or killed. */
struct holder {
	pid_t pid;
	int told[2], had[2];
};

static void
run_holder(struct holder *holder, const char *dir, enum xs_argon2_pool pool)
{
	struct xs_argon2_slot slot;
	char answer = 'n', byte;

	if (xs_argon2_slot_take(&slot, dir, pool, LONG_MS, NULL) == 0)
		answer = 'y';
	if (write(holder->had[1], &answer, 1) != 1 ||
	    read(holder->told[0], &byte, 1) < 0 || answer == 'n')
		_exit(1);
	xs_argon2_slot_give(&slot);
	_exit(0);
}

static void
hold(struct holder *holder, const char *dir, enum xs_argon2_pool pool)
{
	char answer = 0;

	assert_int_equal(pipe2(holder->told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(holder->had, O_CLOEXEC), 0);
	holder->pid = fork();
	assert_true(holder->pid >= 0);
	if (holder->pid == 0)
		run_holder(holder, dir, pool);
	assert_int_equal(read(holder->had[0], &answer, 1), 1);
	assert_int_equal(answer, 'y');
}

static void
let_go(struct holder *holder, int how)
{
	int status = -1;

	if (how == SIGKILL)
		assert_int_equal(kill(holder->pid, SIGKILL), 0);
	else
		assert_int_equal(write(holder->told[1], "", 1), 1);
	assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
	assert_int_equal(how == SIGKILL ? WTERMSIG(status) : status, how);
	for (int i = 0; i < 2; i++) {
		close(holder->told[i]);
		close(holder->had[i]);
	}
}

static struct holder *
hold_all(const char *dir, enum xs_argon2_pool pool, unsigned count)
{
	struct holder *holders = calloc(count, sizeof *holders);

	assert_non_null(holders);
	for (unsigned i = 0; i < count; i++)
		hold(&holders[i], dir, pool);
	return holders;
}

static void
let_all_go(struct holder *holders, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		let_go(&holders[i], 0);
	free(holders);
}

static void
assert_taken(const char *dir, enum xs_argon2_pool pool)
{
	struct xs_argon2_slot slot;
	struct xs_fault fault = {""};

	assert_int_equal(xs_argon2_slot_take(&slot, dir, pool, 0, &fault), 0);
	assert_string_equal(fault.text, "");
	xs_argon2_slot_give(&slot);
}

/* The slot must be as it was, and the fault must name what is wrong. */
static void
assert_not_taken(
    const char *dir, enum xs_argon2_pool pool, int error, const char *words)
{
	struct xs_argon2_slot slot, before;
	struct xs_fault fault = {""};

	memset(&slot, 0x5a, sizeof slot);
	memcpy(&before, &slot, sizeof slot);
	assert_int_equal(
	    xs_argon2_slot_take(&slot, dir, pool, 30, &fault), error);
	assert_memory_equal(&slot, &before, sizeof slot);
	if (strstr(fault.text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, fault.text);
}

static void
test_pool_goes_by_the_real_uid(void **state)
{
	(void)state;
	assert_int_equal(xs_argon2_pool_of(0), XS_POOL_ROOT);
	assert_int_equal(xs_argon2_pool_of(1), XS_POOL_USER);
	assert_int_equal(xs_argon2_pool_of((uid_t)-1), XS_POOL_USER);
}

static void
test_full_pool_is_busy_until_one_is_given_back(void **state)
{
	unsigned count = processors();
	struct holder *holders = hold_all(*state, XS_POOL_USER, count);

	assert_not_taken(*state, XS_POOL_USER, XS_E_BUSY, "argon2-user");
	let_go(&holders[count / 2], 0);
	assert_taken(*state, XS_POOL_USER);
	hold(&holders[count / 2], *state, XS_POOL_USER);
	assert_not_taken(*state, XS_POOL_USER, XS_E_BUSY, "in use");
	let_all_go(holders, count);
}

static void
test_pools_do_not_touch_each_other(void **state)
{
	unsigned count = processors();
	struct holder *holders = hold_all(*state, XS_POOL_USER, count);

	assert_taken(*state, XS_POOL_ROOT);
	assert_taken(*state, XS_POOL_NOBODY);
	let_all_go(holders, count);
	holders = hold_all(*state, XS_POOL_ROOT, count);
	assert_not_taken(*state, XS_POOL_ROOT, XS_E_BUSY, "argon2-root");
	assert_taken(*state, XS_POOL_USER);
	let_all_go(holders, count);
}

static void
test_nobody_has_one_slot(void **state)
{
	struct holder holder;

	hold(&holder, *state, XS_POOL_NOBODY);
	assert_not_taken(*state, XS_POOL_NOBODY, XS_E_BUSY, "argon2-nobody");
	assert_taken(*state, XS_POOL_ROOT);
	let_go(&holder, 0);
	assert_taken(*state, XS_POOL_NOBODY);
}

static void
test_killed_holder_frees_its_slot(void **state)
{
	struct holder holder;

	hold(&holder, *state, XS_POOL_NOBODY);
	assert_not_taken(*state, XS_POOL_NOBODY, XS_E_BUSY, "in use");
	let_go(&holder, SIGKILL);
	assert_taken(*state, XS_POOL_NOBODY);
}

/* A daemon may fork in another thread while we hold a slot. */
static void
test_slot_given_back_is_free_despite_a_fork(void **state)
{
	struct xs_argon2_slot slot;
	int ends[2], status;
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
	    xs_argon2_slot_take(&slot, *state, XS_POOL_NOBODY, 0, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	xs_argon2_slot_give(&slot);
	assert_taken(*state, XS_POOL_NOBODY);
	close(ends[1]);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_giving_what_is_not_held_does_nothing(void **state)
{
	struct xs_argon2_slot slot = {.fd = 0};
	struct stat st;

	xs_argon2_slot_give(&slot);
	assert_int_equal(fstat(0, &st), 0);
	assert_int_equal(
	    xs_argon2_slot_take(&slot, *state, XS_POOL_NOBODY, 0, NULL), 0);
	xs_argon2_slot_give(&slot);
	xs_argon2_slot_give(&slot);
	assert_taken(*state, XS_POOL_NOBODY);
}

struct crowd {
	atomic_uint holding, most, rounds;
};

static void
run_in_crowd(struct crowd *crowd, const char *dir, int start)
{
	struct xs_argon2_slot slot;
	char byte;

	if (read(start, &byte, 1) != 0)
		_exit(1);
	for (int round = 0; round < 50; round++) {
		unsigned now, most;

		if (xs_argon2_slot_take(
			&slot, dir, XS_POOL_USER, LONG_MS, NULL) != 0)
			_exit(2);
		now = atomic_fetch_add(&crowd->holding, 1) + 1;
		most = atomic_load(&crowd->most);
		while (most < now &&
		    !atomic_compare_exchange_weak(&crowd->most, &most, now))
			;
		for (int i = 0; i < 20; i++)
			sched_yield();
		atomic_fetch_sub(&crowd->holding, 1);
		xs_argon2_slot_give(&slot);
		atomic_fetch_add(&crowd->rounds, 1);
	}
	_exit(0);
}

static void
test_crowd_never_holds_more_than_there_are_slots(void **state)
{
	unsigned count = processors() + 3;
	struct crowd *crowd = mmap(NULL, sizeof *crowd, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int start[2], status;

	assert_ptr_not_equal(crowd, MAP_FAILED);
	assert_int_equal(pipe(start), 0);
	for (unsigned i = 0; i < count; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			close(start[1]);
			run_in_crowd(crowd, *state, start[0]);
		}
	}
	close(start[1]);
	for (unsigned i = 0; i < count; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(start[0]);
	assert_int_equal(crowd->rounds, count * 50);
	assert_in_range(crowd->most, 1, processors());
	munmap(crowd, sizeof *crowd);
}

static unsigned
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void
test_no_descriptor_is_left(void **state)
{
	unsigned before = open_descriptors();
	struct xs_argon2_slot slot;
	struct holder holder;

	assert_int_equal(
	    xs_argon2_slot_take(&slot, *state, XS_POOL_USER, 0, NULL), 0);
	assert_int_equal(open_descriptors(), before + 1);
	assert_int_equal(fcntl(slot.fd, F_GETFD), FD_CLOEXEC);
	xs_argon2_slot_give(&slot);
	hold(&holder, *state, XS_POOL_NOBODY);
	assert_not_taken(*state, XS_POOL_NOBODY, XS_E_BUSY, "in use");
	let_go(&holder, 0);
	assert_int_equal(chmod(path_in(*state, "argon2-user.0"), 0644), 0);
	assert_not_taken(*state, XS_POOL_USER, XS_E_STATE, "argon2-user.0");
	assert_int_equal(open_descriptors(), before);
}

static void
test_signals_are_blocked_while_held(void **state)
{
	struct xs_argon2_slot slot;
	sigset_t before, held, after;

	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(
	    xs_argon2_slot_take(&slot, *state, XS_POOL_USER, 0, NULL), 0);
	sigprocmask(SIG_SETMASK, NULL, &held);
	xs_argon2_slot_give(&slot);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&held, SIGTSTP), 1);
	assert_int_equal(sigismember(&held, SIGTERM), 1);
	for (int number = 1; number <= SIGRTMAX; number++)
		assert_int_equal(
		    sigismember(&before, number), sigismember(&after, number));
}

/* The handler writes here, and what it wakes is the holder. */
static int alarm_end;

static void
on_alarm(int number)
{
	(void)number;
	if (write(alarm_end, "", 1) != 1)
		_exit(3);
}

static int
wait_with_alarm(const char *dir)
{
	struct itimerval soon = {.it_value = {.tv_usec = 1000}};
	struct xs_argon2_slot slot;

	if (signal(SIGALRM, on_alarm) == SIG_ERR ||
	    setitimer(ITIMER_REAL, &soon, NULL) != 0 ||
	    xs_argon2_slot_take(&slot, dir, XS_POOL_NOBODY, LONG_MS, NULL) != 0)
		return 1;
	xs_argon2_slot_give(&slot);
	return 0;
}

/* Ctrl-C ends the wait: the slot comes free only if the handler runs. */
static void
test_signals_arrive_while_waiting(void **state)
{
	struct holder holder;
	int status = -1;
	pid_t pid;

	hold(&holder, *state, XS_POOL_NOBODY);
	alarm_end = holder.told[1];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(wait_with_alarm(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	let_go(&holder, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pool_goes_by_the_real_uid),
	    TEST(test_full_pool_is_busy_until_one_is_given_back),
	    TEST(test_pools_do_not_touch_each_other),
	    TEST(test_nobody_has_one_slot),
	    TEST(test_killed_holder_frees_its_slot),
	    TEST(test_slot_given_back_is_free_despite_a_fork),
	    TEST(test_giving_what_is_not_held_does_nothing),
	    TEST(test_crowd_never_holds_more_than_there_are_slots),
	    TEST(test_no_descriptor_is_left),
	    TEST(test_signals_are_blocked_while_held),
	    TEST(test_signals_arrive_while_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
