/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "shield.h"
#include "tests/state.h"

#define STRANGER 12345
#define CALLER 12346

static void
need_root(void)
{
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
}

static void
assert_same_mask(const sigset_t *a, const sigset_t *b)
{
	for (int i = 1; i < SIGRTMAX; i++)
		assert_int_equal(sigismember(a, i), sigismember(b, i));
}

static void
test_raised_shield_blocks_and_lowered_restores(void **state)
{
	struct xs_shield shield = {0};
	sigset_t before, during, after;

	(void)state;
	sigemptyset(&before);
	sigaddset(&before, SIGUSR1);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(xs_shield_raise(&shield), 0);
	sigprocmask(SIG_SETMASK, NULL, &during);
	assert_int_equal(sigismember(&during, SIGTERM), 1);
	assert_int_equal(sigismember(&during, SIGTSTP), 1);
	assert_int_equal(sigismember(&during, SIGXFSZ), 1);
	xs_shield_lower(&shield);
	xs_shield_lower(&shield);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_same_mask(&before, &after);
	sigemptyset(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
test_shield_that_is_not_up_changes_nothing(void **state)
{
	struct xs_shield shield = {0};
	sigset_t before, after;

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	xs_shield_lower(&shield);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_same_mask(&before, &after);
}

/* A process like su: the caller's real uid, root's effective one. */
struct su {
	int told[2], go[2];
	bool raise;
};

static int
be_su(void *argument)
{
	struct su *su = argument;
	struct xs_shield shield = {0};
	uid_t real, effective, saved;
	char c = 'x';

	CHILD_CHECK(setresuid(CALLER, 0, 0) == 0);
	CHILD_CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	if (su->raise) {
		CHILD_CHECK(xs_shield_raise(&shield) == 0);
		CHILD_CHECK(getuid() == 0);
	}
	CHILD_CHECK(write(su->told[1], &c, 1) == 1);
	CHILD_CHECK(read(su->go[0], &c, 1) == 1);
	xs_shield_lower(&shield);
	CHILD_CHECK(getresuid(&real, &effective, &saved) == 0);
	CHILD_CHECK(real == CALLER && effective == 0 && saved == 0);
	/* Still root in effect: the ids came back, the power stayed. */
	CHILD_CHECK(setresuid(0, 0, 0) == 0);
	return 0;
}

struct target {
	pid_t pid;
	int expected;
};

/* What the caller can do to it, as himself: SIGCONT harms nobody. */
static int
signal_as_caller(void *argument)
{
	struct target *target = argument;
	const int signals[] = {SIGSTOP, SIGKILL, SIGTSTP, SIGTERM};

	CHILD_CHECK(setresuid(CALLER, CALLER, CALLER) == 0);
	errno = 0;
	(void)kill(target->pid, 0);
	CHILD_CHECK(errno == target->expected);
	for (size_t i = 0; target->expected != 0 && i < 4; i++)
		CHILD_CHECK(
		    kill(target->pid, signals[i]) == -1 && errno == EPERM);
	return 0;
}

static void
check_stops(bool raise, int expected)
{
	struct su su = {.raise = raise};
	struct target target = {.expected = expected};
	char c;

	assert_int_equal(pipe(su.told), 0);
	assert_int_equal(pipe(su.go), 0);
	target.pid = start_child(be_su, &su);
	assert_int_equal(read(su.told[0], &c, 1), 1);
	assert_int_equal(run_child(signal_as_caller, &target), 0);
	assert_int_equal(write(su.go[1], &c, 1), 1);
	assert_int_equal(wait_for(target.pid), 0);
	for (int i = 0; i < 2; i++) {
		close(su.told[i]);
		close(su.go[i]);
	}
}

static void
test_stop_by_the_caller_is_refused(void **state)
{
	(void)state;
	need_root();
	check_stops(false, 0); /* without the shield he can */
	check_stops(true, EPERM);
}

static int
raise_without_privilege(void *argument)
{
	struct xs_shield shield = {0};

	(void)argument;
	CHILD_CHECK(setresuid(STRANGER, STRANGER, STRANGER) == 0);
	CHILD_CHECK(xs_shield_raise(&shield) == 0);
	CHILD_CHECK(!shield.uid_changed && getuid() == STRANGER);
	xs_shield_lower(&shield);
	CHILD_CHECK(getuid() == STRANGER);
	return 0;
}

static void
test_without_privilege_the_uid_stays(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(run_child(raise_without_privilege, NULL), 0);
}

static int
write_beyond_the_limit(void *argument)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	struct xs_shield shield = {0};
	sigset_t mask, after, pending;
	bool blocked_before = argument != NULL;
	char path[] = "/tmp/xs-test-XXXXXX";
	int fd = mkstemp(path);

	CHILD_CHECK(fd >= 0 && unlink(path) == 0);
	signal(SIGXFSZ, SIG_DFL);
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	sigemptyset(&mask);
	if (blocked_before) {
		sigaddset(&mask, SIGXFSZ);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		CHILD_CHECK(write(fd, "x", 1) == -1);
	}
	CHILD_CHECK(xs_shield_raise(&shield) == 0);
	CHILD_CHECK(write(fd, "x", 1) == -1 && errno == EFBIG);
	xs_shield_lower(&shield);
	CHILD_CHECK(sigpending(&pending) == 0);
	CHILD_CHECK(sigismember(&pending, SIGXFSZ) == (blocked_before ? 1 : 0));
	sigprocmask(SIG_SETMASK, NULL, &after);
	CHILD_CHECK(sigismember(&after, SIGXFSZ) == (blocked_before ? 1 : 0));
	return 0;
}

static void
test_own_sigxfsz_is_taken_back_and_another_is_not(void **state)
{
	(void)state;
	assert_int_equal(run_child(write_beyond_the_limit, NULL), 0);
	assert_int_equal(run_child(write_beyond_the_limit, (void *)state), 0);
}

static int
temporary_file(char path[32])
{
	int fd;

	strcpy(path, "/tmp/xs-test-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* Whether anybody has the lock, asked through a description of our own. */
static bool
is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0;

	close(fd);
	return locked;
}

static void
test_lock_not_had_in_time_is_busy_and_the_shield_down(void **state)
{
	struct xs_shield shield = {0};
	sigset_t before, after;
	char path[32];
	int fd = temporary_file(path), other = open(path, O_RDONLY);

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(xs_shield_lock(&shield, fd, 0), XS_E_BUSY);
	assert_int_equal(xs_shield_lock(&shield, fd, 30), XS_E_BUSY);
	assert_false(shield.up);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_same_mask(&before, &after);
	close(other);
	assert_int_equal(xs_shield_lock(&shield, fd, 0), 0);
	assert_true(shield.up);
	assert_true(is_locked(path));
	xs_shield_unlock(&shield, fd);
	assert_false(shield.up);
	close(fd);
	unlink(path);
}

static void
test_lock_on_a_descriptor_that_has_none_is_an_error(void **state)
{
	struct xs_shield shield = {0};

	(void)state;
	assert_int_equal(xs_shield_lock(&shield, -1, 1000), XS_E_INTERNAL);
	assert_false(shield.up);
}

static int release_pipe = -1;

/* Runs only when signals get through while the lock is waited for. */
static void
tell_holder(int signal)
{
	(void)signal;
	(void)!write(release_pipe, "x", 1);
}

struct holder {
	const char *path;
	int told[2], go[2];
};

static int
hold_lock(void *argument)
{
	struct holder *holder = argument;
	int fd = open(holder->path, O_RDONLY);
	char c = 'x';

	CHILD_CHECK(flock(fd, LOCK_EX) == 0);
	CHILD_CHECK(write(holder->told[1], &c, 1) == 1);
	CHILD_CHECK(read(holder->go[0], &c, 1) == 1);
	return 0;
}

static void
test_shield_is_down_while_the_lock_is_waited_for(void **state)
{
	const struct itimerval soon = {.it_value = {0, 20000}};
	struct sigaction action = {.sa_handler = tell_holder}, former;
	struct xs_shield shield = {0};
	struct holder holder;
	char path[32], c;
	int fd = temporary_file(path);
	pid_t pid;

	(void)state;
	holder.path = path;
	assert_int_equal(pipe(holder.told), 0);
	assert_int_equal(pipe(holder.go), 0);
	pid = start_child(hold_lock, &holder);
	assert_int_equal(read(holder.told[0], &c, 1), 1);
	release_pipe = holder.go[1];
	sigaction(SIGALRM, &action, &former);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(xs_shield_lock(&shield, fd, 20000), 0);
	xs_shield_unlock(&shield, fd);
	sigaction(SIGALRM, &former, NULL);
	assert_int_equal(wait_for(pid), 0);
	for (int i = 0; i < 2; i++) {
		close(holder.told[i]);
		close(holder.go[i]);
	}
	close(fd);
	unlink(path);
}

static int
keep_descriptors(void *argument)
{
	char c;

	return read(*(int *)argument, &c, 1) == 1 ? 0 : 1;
}

static void
test_fork_of_the_host_does_not_keep_the_lock(void **state)
{
	struct xs_shield shield = {0};
	char path[32];
	int fd = temporary_file(path), go[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(xs_shield_lock(&shield, fd, 1000), 0);
	pid = start_child(keep_descriptors, &go[0]);
	xs_shield_unlock(&shield, fd);
	close(fd);
	assert_false(is_locked(path));
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(wait_for(pid), 0);
	close(go[0]);
	close(go[1]);
	unlink(path);
}

static int
slowest_caller(void *unused)
{
	const struct sched_param usual = {0};
	struct xs_shield shield = {0};
	cpu_set_t one, now;

	(void)unused;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHILD_CHECK(setpriority(PRIO_PROCESS, 0, 7) == 0);
	CHILD_CHECK(sched_setscheduler(0, SCHED_IDLE, &usual) == 0);
	CHILD_CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	CHILD_CHECK(setresuid(CALLER, 0, 0) == 0);
	CHILD_CHECK(xs_shield_raise(&shield) == 0);
	CHILD_CHECK(sched_getscheduler(0) == SCHED_OTHER);
	CHILD_CHECK(getpriority(PRIO_PROCESS, 0) == -20);
	CHILD_CHECK(sched_getaffinity(0, sizeof(now), &now) == 0);
	CHILD_CHECK(CPU_COUNT(&now) == sysconf(_SC_NPROCESSORS_ONLN));
	xs_shield_lower(&shield);
	CHILD_CHECK(sched_getscheduler(0) == SCHED_IDLE);
	CHILD_CHECK(getpriority(PRIO_PROCESS, 0) == 7);
	CHILD_CHECK(sched_getaffinity(0, sizeof(now), &now) == 0);
	CHILD_CHECK(CPU_EQUAL(&now, &one));
	return 0;
}

/* Or a stranger who may run su keeps the owner's lock for half a minute. */
static void
test_caller_cannot_slow_us_down(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_int_equal(wait_for(start_child(slowest_caller, NULL)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_caller_cannot_slow_us_down),
	    cmocka_unit_test(test_raised_shield_blocks_and_lowered_restores),
	    cmocka_unit_test(test_shield_that_is_not_up_changes_nothing),
	    cmocka_unit_test(test_stop_by_the_caller_is_refused),
	    cmocka_unit_test(test_without_privilege_the_uid_stays),
	    cmocka_unit_test(test_own_sigxfsz_is_taken_back_and_another_is_not),
	    cmocka_unit_test(
		test_lock_not_had_in_time_is_busy_and_the_shield_down),
	    cmocka_unit_test(
		test_lock_on_a_descriptor_that_has_none_is_an_error),
	    cmocka_unit_test(test_shield_is_down_while_the_lock_is_waited_for),
	    cmocka_unit_test(test_fork_of_the_host_does_not_keep_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
