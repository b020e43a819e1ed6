/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program that is run finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/syscall.h>

#include "tests/child_hosts.h"

struct question {
	const char *dir;
	void (*take)(void); /* the host's habit */
	const char *script;
	const char *user;
	size_t length; /* of the text, 0: "a text\n" */
};

struct answer {
	char text[8192];
};

static int
ask_in_host(void *argument)
{
	const struct question *q = argument;
	static char text[XS_CHILD_TEXT_MAX];
	char script[4096];
	const char *argv[] = {"/bin/sh", "-c", script, "sender", "+31", NULL};
	struct xs_child child = {argv, q->user, text, q->length, LONG_MS, 0};
	struct xs_fault fault = {""};

	memset(text, 'x', sizeof(text));
	if (q->length == 0) {
		strcpy(text, "a text\n");
		child.length = strlen(text);
	}
	CHILD_CHECK(snprintf(script, sizeof(script), "exec >%s/out/said; %s",
			q->dir, q->script) < (int)sizeof(script));
	q->take();
	if (xs_child_run(&child, &fault) == 0)
		return 0;
	fprintf(stderr, "%s\n", fault.text);
	return 1;
}

/* What the script prints, run for a host of that habit. */
static struct answer
ask(struct state *s, void (*take)(void), const char *script, size_t length)
{
	struct question q = {s->dir, take, script, "nobody", length};
	struct answer answer = {""};
	struct path said = in_dir(s, "out/said");

	assert_int_equal(run_child(ask_in_host, &q), 0);
	answer
	    .text[read_file(said.text, answer.text, sizeof(answer.text) - 1)] =
	    '\0';
	assert_int_equal(unlink(said.text), 0);
	return answer;
}

static bool
is_root(void)
{
	if (geteuid() != 0)
		print_message("needs root\n");
	return geteuid() == 0;
}

#define ASSERT_SAYS(s, take, script, expected) \
	assert_string_equal(ask(s, take, script, 0).text, expected)

static void
test_program_gets_arguments_and_text(void **state)
{
	struct state s;

	(void)state;
	make_programs(&s);
	ASSERT_SAYS(
	    &s, be_usual, "echo $0 $# $1; cat", "sender 1 +31\na text\n");
	ASSERT_SAYS(&s, be_usual, "cat /dev/stdin", "a text\n");
	assert_int_equal(strlen(ask(&s, be_usual, "cat", 4096).text), 4096);
	drop_programs(&s);
}

static void
have_an_environment(void)
{
	CHILD_CHECK(setenv("LD_PRELOAD", "/none.so", 1) == 0);
	CHILD_CHECK(setenv("PATH", "/tmp", 1) == 0);
	CHILD_CHECK(chdir("/tmp") == 0);
	umask(0);
}

static void
test_environment_is_path_alone(void **state)
{
	struct state s;

	(void)state;
	make_programs(&s);
	ASSERT_SAYS(&s, have_an_environment,
	    "tr '\\0' '\\n' </proc/$$/environ; pwd -P; umask",
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	    "/sbin:/bin\n/\n0077\n");
	drop_programs(&s);
}

static void
have_descriptors(void)
{
	CHILD_CHECK(open("/etc/passwd", O_RDONLY) >= 0);
	CHILD_CHECK(dup2(0, 77) == 77);
	CHILD_CHECK(dup2(0, 900) == 900);
}

/* A kernel before 5.9, or a sandbox that knows no newer call. */
static void
have_old_kernel(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {4, code};

	have_descriptors();
	CHILD_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHILD_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
	CHILD_CHECK(syscall(SYS_close_range, 990, 999, 0) == -1);
}

static void
test_descriptors_are_its_own_three(void **state)
{
	static const char script[] =
	    "ls -m /proc/$$/fd; readlink /proc/$$/fd/0 | "
	    "sed 's/:.*//'; readlink /proc/$$/fd/2";
	void (*const hosts[])(void) = {be_usual, have_descriptors,
	    have_old_kernel, close_the_first, have_few_descriptors};
	struct state s;

	(void)state;
	make_programs(&s);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		ASSERT_SAYS(&s, hosts[i], script, "0, 1, 2\npipe\n/dev/null\n");
	drop_programs(&s);
}

static void
have_signals(void)
{
	/* As the kernel takes it: libc keeps two signals to itself. */
	const void *const ignore[8] = {(void *)SIG_IGN};

	for (int i = 1; i < _NSIG; i++)
		(void)syscall(SYS_rt_sigaction, i, ignore, NULL, _NSIG / 8);
	block_signals();
}

static void
test_signals_are_at_their_defaults(void **state)
{
	struct state s;

	(void)state;
	make_programs(&s);
	ASSERT_SAYS(&s, have_signals,
	    "sed -n 's/^Sig\\(Blk\\|Ign\\|Cgt\\):.//p' /proc/self/status",
	    "0000000000000000\n0000000000000000\n0000000000000000\n");
	drop_programs(&s);
}

static void
test_program_has_a_session_of_its_own(void **state)
{
	struct state s;

	(void)state;
	make_programs(&s);
	ASSERT_SAYS(&s, be_usual,
	    "set -- $$ $(cut -d ' ' -f 5,6,7 /proc/$$/stat); "
	    "[ $1 = $2 ] && [ $1 = $3 ] && echo terminal $4",
	    "terminal 0\n");
	drop_programs(&s);
}

static void
have_powers(void)
{
	const gid_t groups[] = {0, 4, 27};

	CHILD_CHECK(setgroups(3, groups) == 0);
	CHILD_CHECK(setresgid(4, 0, 27) == 0);
	/* Capabilities that outlive a change of the uid. */
	CHILD_CHECK(prctl(PR_SET_SECUREBITS,
			SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS) == 0);
}

static void
test_program_is_the_user_and_nothing_more(void **state)
{
	void (*const hosts[])(void) = {be_usual, have_powers, be_set_user_id};
	const struct passwd *nobody = getpwnam("nobody");
	char expected[256];
	struct state s;

	(void)state;
	if (!is_root())
		skip();
	snprintf(expected, sizeof(expected),
	    "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nGroups:\t%u \n"
	    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
	    "CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n",
	    nobody->pw_uid, nobody->pw_uid, nobody->pw_uid, nobody->pw_uid,
	    nobody->pw_gid, nobody->pw_gid, nobody->pw_gid, nobody->pw_gid,
	    nobody->pw_gid);
	make_programs(&s);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		ASSERT_SAYS(&s, hosts[i],
		    "grep '^[UG]id:\\|^Groups:\\|^Cap[IPEA]' /proc/$$/status",
		    expected);
	drop_programs(&s);
}

static void
be_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() == 0)
		CHILD_CHECK(setresuid(nobody->pw_uid, nobody->pw_uid,
				nobody->pw_uid) == 0);
}

/* The demo and the tests run without root. */
static void
test_unprivileged_host_runs_it_as_itself(void **state)
{
	struct question q = {.take = be_nobody,
	    .script = "id -u",
	    .user = "there-is-no-such-user"};
	char expected[32], said[32] = "";
	struct state s;

	(void)state;
	make_programs(&s);
	q.dir = s.dir;
	assert_int_equal(run_child(ask_in_host, &q), 0);
	read_file(in_dir(&s, "out/said").text, said, sizeof(said) - 1);
	snprintf(expected, sizeof(expected), "%u\n",
	    geteuid() == 0 ? getpwnam("nobody")->pw_uid : getuid());
	assert_string_equal(said, expected);
	drop_programs(&s);
}

static void
assert_refused(const struct xs_child *child, const char *expected)
{
	struct xs_fault fault = {""};

	assert_int_equal(xs_child_run(child, &fault), XS_E_PROGRAM);
	assert_string_equal(fault.text, expected);
}

static void
test_root_is_never_the_user(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	struct xs_child child = {argv, "root", "", 0, LONG_MS, 0};

	(void)state;
	if (!is_root())
		skip();
	assert_refused(&child, "/bin/true: is not run as root, whose uid is 0");
	child.user = "xs-no-such-user";
	assert_refused(
	    &child, "/bin/true: there is no user xs-no-such-user to run it as");
	child.user = "";
	assert_int_equal(xs_child_run(&child, NULL), XS_E_PROGRAM);
	child.user = "nobody";
	assert_int_equal(xs_child_run(&child, NULL), 0);
}

static void
test_what_cannot_be_run_is_refused(void **state)
{
	const char *const relative[] = {"true", NULL};
	const char *const true_one[] = {"/bin/true", NULL};
	static const char text[XS_CHILD_TEXT_MAX + 1];
	struct xs_child child = {relative, "nobody", text, 0, LONG_MS, 0};

	(void)state;
	assert_refused(&child, "true: is no absolute path");
	child.argv = true_one;
	child.length = XS_CHILD_TEXT_MAX;
	assert_int_equal(xs_child_run(&child, NULL), 0);
	child.length++;
	assert_refused(&child, "/bin/true: more than 4096 bytes to pass on");
}

struct patience {
	const char *dir;
	const char *script; /* begins when this host has its answer */
	int expected;
};

static bool
appears(const char *dir, const char *name)
{
	const struct timespec moment = {0, 10000000};
	char path[256];

	snprintf(path, sizeof(path), "%s/out/%s", dir, name);
	for (int i = 0; i < LONG_MS / 10 && access(path, F_OK) != 0; i++)
		nanosleep(&moment, NULL);
	return access(path, F_OK) == 0;
}

static int
be_patient_in_host(void *argument)
{
	const struct patience *q = argument;
	char script[1024], go[256];
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct xs_child child = {argv, "nobody", "", 0, LONG_MS,
	    q->expected == 0 ? LONG_MS : SHORT_MS};
	struct xs_fault fault = {""};

	snprintf(script, sizeof(script),
	    "cd %s/out; rest() { while [ ! -e go ]; do sleep 0.05; done; "
	    "echo >did; }; %s",
	    q->dir, q->script);
	be_set_user_id();
	CHILD_CHECK(xs_child_run(&child, &fault) == q->expected);
	CHILD_CHECK(
	    q->expected == 0 || ends_with(fault.text, "and left to itself"));
	/* Nothing that this host could hear of or has to wait for. */
	CHILD_CHECK(waitpid(-1, NULL, __WALL | WNOHANG) < 0);
	CHILD_CHECK(errno == ECHILD);
	snprintf(go, sizeof(go), "%s/out/go", q->dir);
	CHILD_CHECK(close(open(go, O_CREAT | O_WRONLY, 0644)) == 0);
	return 0;
}

static void
test_impatient_host_leaves_the_program_to_itself(void **state)
{
	static const struct patience all[] = {
	    {NULL, "rest", XS_E_BUSY},
	    {NULL, "(rest) & exit 0", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct patience q = all[i];
		struct state s;

		make_programs(&s);
		q.dir = s.dir;
		assert_int_equal(run_child(be_patient_in_host, &q), 0);
		assert_true(appears(s.dir, "did"));
		drop_programs(&s);
	}
}

static bool
can_raise_limits(void)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &header, data) == 0 &&
	    (data[0].effective & 1u << CAP_SYS_RESOURCE) != 0;
}

static void
have_limits(void)
{
	static const int limited[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA,
	    RLIMIT_STACK, RLIMIT_NPROC, RLIMIT_AS, RLIMIT_NOFILE};

	for (size_t i = 0; i < sizeof(limited) / sizeof(limited[0]); i++) {
		__rlimit_resource_t which = (__rlimit_resource_t)limited[i];
		struct rlimit limit;

		CHILD_CHECK(getrlimit(which, &limit) == 0);
		limit.rlim_cur = 1L << 27;
		/* More than a sanitizer maps, and still not unlimited. */
		if (which == RLIMIT_AS || which == RLIMIT_DATA)
			limit.rlim_cur = 1L << 46;
		if (which == RLIMIT_FSIZE || which == RLIMIT_NPROC)
			limit.rlim_cur = 0;
		if (which == RLIMIT_NOFILE)
			limit.rlim_cur = 12;
		if (can_raise_limits())
			limit.rlim_max = limit.rlim_cur;
		CHILD_CHECK(setrlimit(which, &limit) == 0);
	}
	/* Set, not added to what the tests themselves run at. */
	CHILD_CHECK(setpriority(PRIO_PROCESS, 0, 11) == 0);
	CHILD_CHECK(getpriority(PRIO_PROCESS, 0) == 11);
	be_set_user_id();
}

/* A file size of 0 would spoil a spool, a process count of 0 stop a script. */
static void
test_limits_of_the_caller_do_not_pass(void **state)
{
	struct state s;

	(void)state;
	if (!is_root())
		skip();
	make_programs(&s);
	ASSERT_SAYS(&s, have_limits,
	    "nice; sed -n 's/^Max \\([a-z]* [a-z]*\\) *\\([0-9u][^ ]*\\) .*/"
	    "\\1 \\2/p' /proc/$$/limits | grep "
	    "'cpu\\|file s\\|data\\|stack\\|open\\|space'",
	    "0\ncpu time unlimited\nfile size unlimited\ndata size unlimited\n"
	    "stack size 8388608\nopen files 1024\naddress space unlimited\n");
	drop_programs(&s);
}

static void
have_late_timers(void)
{
	/* This host waits by timers, too: a fifth of a second. */
	CHILD_CHECK(prctl(PR_SET_TIMERSLACK, 200000000UL) == 0);
	be_set_user_id();
}

/* A sender that sleeps for a moment would never send. */
static void
test_timers_are_not_late_by_the_callers_will(void **state)
{
	struct state s;

	(void)state;
	if (!is_root())
		skip();
	make_programs(&s);
	ASSERT_SAYS(
	    &s, have_late_timers, "cat /proc/self/timerslack_ns", "50000\n");
	drop_programs(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_program_gets_arguments_and_text),
	    cmocka_unit_test(test_environment_is_path_alone),
	    cmocka_unit_test(test_descriptors_are_its_own_three),
	    cmocka_unit_test(test_signals_are_at_their_defaults),
	    cmocka_unit_test(test_program_has_a_session_of_its_own),
	    cmocka_unit_test(test_program_is_the_user_and_nothing_more),
	    cmocka_unit_test(test_unprivileged_host_runs_it_as_itself),
	    cmocka_unit_test(test_root_is_never_the_user),
	    cmocka_unit_test(test_what_cannot_be_run_is_refused),
	    cmocka_unit_test(test_limits_of_the_caller_do_not_pass),
	    cmocka_unit_test(test_timers_are_not_late_by_the_callers_will),
	    cmocka_unit_test(test_impatient_host_leaves_the_program_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
