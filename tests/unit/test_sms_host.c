/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/file.h>
#include <sys/resource.h>

#include "sms_limit.h"
#include "tests/state.h"

#define NOON (30000000L * 60) /* a whole minute */
#define HOUR 3600
#define CALLER 12346
#define PROCESSES 50

static int64_t clock_now;

static int64_t
now(void *context)
{
	(void)context;
	return clock_now;
}

static const struct xs_env env = {.now = now};

struct host {
	struct state state;
	struct xs_config config;
	struct xs_fault fault;
};

static void
make_host(struct host *host, unsigned per_hour)
{
	memset(host, 0, sizeof(*host));
	make_dir(&host->state);
	assert_int_equal(mkdir(in_dir(&host->state, "host").text, 0700), 0);
	xs_config_init(&host->config);
	strcpy(host->config.state_dir, host->state.dir);
	host->config.sms_host_per_hour = per_hour;
	clock_now = NOON;
}

static void
drop_host(struct host *host)
{
	remove_tree(host->state.dir);
	assert_int_equal(count_fds(), host->state.fds);
}

static struct path
file_of(const struct host *host)
{
	return in_dir(&host->state, "host/sms");
}

static int
take(struct host *host, int64_t *until)
{
	return xs_sms_host_take(
	    &host->config, XS_SMS_CODE, &env, until, &host->fault);
}

static int
gate(struct host *host, int64_t *until)
{
	return xs_sms_host_gate(
	    &host->config, XS_SMS_CODE, &env, until, &host->fault);
}

static void
assert_taken(struct host *host)
{
	int64_t until = -7;

	assert_int_equal(gate(host, &until), 0);
	assert_int_equal(take(host, &until), 0);
	assert_int_equal(until, -7);
}

static void
assert_full(struct host *host, int64_t then)
{
	int64_t until = -7;

	assert_int_equal(gate(host, &until), 1);
	assert_int_equal(until, then);
	until = -7;
	assert_int_equal(take(host, &until), 1);
	assert_int_equal(until, then);
}

static void
test_hour_is_full_after_its_texts(void **state)
{
	struct host host;

	(void)state;
	make_host(&host, 3);
	assert_taken(&host);
	clock_now = NOON + 59;
	assert_taken(&host);
	clock_now = NOON + 600;
	assert_taken(&host);
	/* The first two are of one minute, which goes as a whole. */
	assert_full(&host, NOON + HOUR + 60);
	clock_now = NOON + HOUR + 59;
	assert_full(&host, NOON + HOUR + 60);
	clock_now = NOON + HOUR + 60;
	assert_taken(&host);
	assert_taken(&host);
	assert_full(&host, NOON + 600 + HOUR + 60);
	drop_host(&host);
}

/* No hour, wherever it begins, holds more than the limit. */
static void
test_no_hour_holds_more(void **state)
{
	int64_t taken[400], until;
	unsigned count = 0;
	struct host host;

	(void)state;
	make_host(&host, 7);
	for (int64_t t = 0; t < 4L * HOUR; t += 37) {
		clock_now = NOON + t;
		if (take(&host, &until) == 0)
			taken[count++] = t;
	}
	for (unsigned i = 7; i < count; i++)
		assert_true(taken[i] - taken[i - 7] >= HOUR);
	assert_in_range(count, 3 * 7, 4 * 7);
	drop_host(&host);
}

static void
test_looking_takes_nothing(void **state)
{
	struct host host;
	int64_t until;

	(void)state;
	make_host(&host, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(gate(&host, &until), 0);
	assert_taken(&host);
	assert_full(&host, NOON + HOUR + 60);
	drop_host(&host);
}

static void
test_notices_have_an_hour_of_their_own(void **state)
{
	struct host host;
	int64_t until;

	(void)state;
	make_host(&host, 1);
	assert_taken(&host);
	assert_int_equal(xs_sms_host_take(&host.config, XS_SMS_NOTICE, &env,
			     &until, &host.fault),
	    0);
	assert_int_equal(xs_sms_host_take(&host.config, XS_SMS_NOTICE, &env,
			     &until, &host.fault),
	    1);
	assert_full(&host, NOON + HOUR + 60);
	drop_host(&host);
}

static void
test_clock_set_back_closes_for_an_hour_once(void **state)
{
	struct host host;

	(void)state;
	make_host(&host, 2);
	clock_now = NOON + 30L * 24 * HOUR;
	assert_taken(&host);
	clock_now += 600;
	assert_taken(&host);
	clock_now = NOON;
	assert_full(&host, NOON + HOUR + 60);
	clock_now = NOON + 1800;
	assert_full(&host, NOON + HOUR + 60);
	clock_now = NOON + HOUR + 60;
	assert_taken(&host);
	drop_host(&host);
}

/* Never "no limit", and never closed for good. */
static void
test_damaged_file_closes_for_an_hour(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 511, 512, 513, 5000};
	char bytes[5000];
	struct host host;
	int64_t until;

	(void)state;
	make_host(&host, 2);
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		clock_now += 24L * HOUR;
		memset(bytes, i % 2 == 0 ? 0xa5 : 0, sizeof(bytes));
		write_file(file_of(&host).text, bytes, sizes[i / 2]);
		assert_int_equal(
		    i < 7 ? gate(&host, &until) : take(&host, &until),
		    XS_E_STATE);
		assert_non_null(strstr(
		    host.fault.text, "/host/sms: was damaged; no texts for "));
		assert_full(&host, clock_now + HOUR + 60);
		clock_now += HOUR + 60;
		assert_taken(&host);
	}
	drop_host(&host);
}

static void
test_file_that_others_can_have_made_is_refused(void **state)
{
	struct host host;
	struct path path;
	int64_t until;

	(void)state;
	make_host(&host, 2);
	path = file_of(&host);
	assert_taken(&host);
	assert_int_equal(chmod(path.text, 0666), 0);
	assert_int_equal(take(&host, &until), XS_E_STATE);
	assert_int_equal(unlink(path.text), 0);
	assert_int_equal(symlink("/dev/zero", path.text), 0);
	assert_int_equal(take(&host, &until), XS_E_STATE);
	assert_int_equal(unlink(path.text), 0);
	assert_int_equal(mkfifo(path.text, 0600), 0);
	assert_int_equal(take(&host, &until), XS_E_STATE);
	assert_int_equal(unlink(path.text), 0);
	assert_int_equal(chmod(in_dir(&host.state, "host").text, 0755), 0);
	assert_int_equal(take(&host, &until), XS_E_STATE);
	assert_int_equal(rmdir(in_dir(&host.state, "host").text), 0);
	assert_int_equal(take(&host, &until), XS_E_STATE);
	assert_non_null(strstr(host.fault.text, "/host: "));
	drop_host(&host);
}

static int
take_as_many_as_there_are(void *argument)
{
	struct host *host = argument;
	int64_t until;
	int r, count = 0;

	while ((r = take(host, &until)) == 0)
		count++;
	CHILD_CHECK(r == 1);
	return count;
}

static void
test_many_processes_take_no_more_than_there_is(void **state)
{
	pid_t pids[PROCESSES];
	struct host host;
	int sum = 0;

	(void)state;
	make_host(&host, 200);
	for (int i = 0; i < PROCESSES; i++)
		pids[i] = start_child(take_as_many_as_there_are, &host);
	for (int i = 0; i < PROCESSES; i++) {
		int status = wait_for(pids[i]);

		assert_true(WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	assert_int_equal(sum, 200);
	drop_host(&host);
}

/* As su with "ulimit -f", for any number of bytes. */
static int
take_with_small_files(void *argument)
{
	struct host *host = argument;
	int64_t until;

	if (geteuid() == 0)
		CHILD_CHECK(setresuid(CALLER, 0, 0) == 0);
	for (rlim_t size = 0; size < 512; size += 73) {
		const struct rlimit limit = {size, RLIM_INFINITY};

		CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
		CHILD_CHECK(take(host, &until) == XS_E_COMMIT);
	}
	return 0;
}

static void
test_write_cut_short_changes_nothing(void **state)
{
	char before[600], after[600];
	struct host host;

	(void)state;
	make_host(&host, 3);
	/* There is no file yet, and none comes to be. */
	assert_int_equal(run_child(take_with_small_files, &host), 0);
	assert_int_equal(access(file_of(&host).text, F_OK), -1);
	assert_taken(&host);
	assert_taken(&host);
	read_file(file_of(&host).text, before, sizeof(before));
	clock_now += 120;
	assert_int_equal(run_child(take_with_small_files, &host), 0);
	assert_int_equal(
	    read_file(file_of(&host).text, after, sizeof(after)), 512);
	assert_memory_equal(before, after, 512);
	assert_taken(&host);
	assert_full(&host, NOON + HOUR + 60);
	drop_host(&host);
}

/* The lock is a process's own: it is waited for, and not for ever. */
static void
test_held_lock_is_busy(void **state)
{
	struct host host;
	int64_t until;
	int fd;

	(void)state;
	make_host(&host, 2);
	assert_taken(&host);
	fd = open(file_of(&host).text, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(take(&host, &until), XS_E_BUSY);
	close(fd);
	assert_taken(&host);
	drop_host(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hour_is_full_after_its_texts),
	    cmocka_unit_test(test_no_hour_holds_more),
	    cmocka_unit_test(test_looking_takes_nothing),
	    cmocka_unit_test(test_notices_have_an_hour_of_their_own),
	    cmocka_unit_test(test_clock_set_back_closes_for_an_hour_once),
	    cmocka_unit_test(test_damaged_file_closes_for_an_hour),
	    cmocka_unit_test(test_file_that_others_can_have_made_is_refused),
	    cmocka_unit_test(test_many_processes_take_no_more_than_there_is),
	    cmocka_unit_test(test_write_cut_short_changes_nothing),
	    cmocka_unit_test(test_held_lock_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
