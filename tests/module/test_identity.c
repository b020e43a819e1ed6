/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose process it is: applications that have set their user ids, callers who
 * send signals to the process that runs as root for them, and root
 * directories with hardly anything in them.
 */
#include <dlfcn.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <argon2.h>

#include "tests/module/host.h"

#define CALLER 65534
#define NEEDS_ROOT()                                         \
	do {                                                 \
		if (geteuid() != 0) {                        \
			print_message("needs root: skip\n"); \
			skip();                              \
		}                                            \
	} while (0)

/* ---- User ids ---- */

struct ids {
	uid_t uids[3];
};

static void
set_ids(const struct host *host)
{
	const struct ids *ids = host->context;

	if (setresuid(ids->uids[0], ids->uids[1], ids->uids[2]) != 0)
		_exit(75);
}

static void
test_ids_of_the_caller_are_put_back(void **state)
{
	/* As su, as a program that will go back, as one that may not. */
	static struct ids all[] = {{{CALLER, 0, 0}}, {{CALLER, 0, CALLER}},
	    {{0, 0, CALLER}}, {{CALLER, 0, CALLER - 1}}};

	NEEDS_ROOT();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct host host = {.name = "set-user-id",
		    .value = (long)i,
		    .early = set_ids,
		    .context = &all[i]};

		expect_usual(*state, &host);
	}
}

/* A stranger who runs su draws on what is for strangers. */
static void
test_stranger_at_su_is_no_owner(void **state)
{
	static struct ids stranger = {{CALLER, 0, 0}}, root = {{0, 0, 0}};
	struct host host = {
	    .name = "su", .early = set_ids, .context = &stranger};
	struct world *w = *state;
	struct xs_account account;

	NEEDS_ROOT();
	(void)run_host(w, &host, logins[1].answers);
	load(w, &account);
	assert_int_equal(account.budgets[XS_OTHER].spent, 1);
	assert_int_equal(account.budgets[XS_OWN].spent, 0);
	host.context = &root;
	(void)run_host(w, &host, logins[1].answers);
	load(w, &account);
	assert_int_equal(account.budgets[XS_OTHER].spent, 0);
	assert_int_equal(account.budgets[XS_OWN].spent, 1);
}

static void
refuse_writes(const struct host *host)
{
	struct rlimit limit = {0, 0};

	set_ids(host);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
}

static void
refuse_files(const struct host *host)
{
	struct rlimit limit;

	(void)host;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)host->value + 4;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void
permit_files(const struct host *host)
{
	struct rlimit limit;

	(void)host;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void
test_ids_are_put_back_after_failures(void **state)
{
	static struct ids ids = {{CALLER, 0, 0}};
	struct host host = {
	    .name = "set-user-id, no writes", .early = refuse_writes};
	struct world *w = *state;

	NEEDS_ROOT();
	host.context = &ids;
	expect_refusal(w, &host, PAM_AUTHINFO_UNAVAIL);
	host = (struct host){.name = "set-user-id, few descriptors",
	    .early = set_ids,
	    .late = refuse_files,
	    .relax = permit_files,
	    .context = &ids};
	for (host.value = 0; host.value < 6; host.value++)
		for (size_t i = 0; i < LOGINS; i++)
			check_outcome(w, &host, &logins[i],
			    run_host(w, &host, logins[i].answers));
}

/* Are they still what was set? Then root's again. */
static void
become_root(const struct host *host)
{
	const struct ids *ids = host->context;
	uid_t now[3];

	(void)getresuid(&now[0], &now[1], &now[2]);
	if (memcmp(now, ids->uids, sizeof(now)) != 0 || setresuid(0, 0, 0) != 0)
		_exit(75);
}

/* Root for now without its rights can read nothing, and that is no. */
static void
test_effective_user_without_rights_is_refused(void **state)
{
	static struct ids ids = {{0, CALLER, 0}};
	struct host host = {
	    .name = "seteuid", .late = set_ids, .relax = become_root};
	struct world *w = *state;
	struct xs_fault fault;
	char path[128];

	NEEDS_ROOT();
	host.context = &ids;
	expect_refusal(w, &host, PAM_SERVICE_ERR);
	/* Even where the options can be read. */
	(void)snprintf(path, sizeof(path), "%s/xsuite.conf", w->dir);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(w->dir, 0755), 0);
	expect_refusal(w, &host, PAM_AUTHINFO_UNAVAIL);
	/* Nor does it prove that somebody is not enrolled. */
	assert_int_equal(w->store.ops->remove(&w->store, &w->who, &fault), 0);
	assert_int_equal(
	    run_host_as_is(w, &host, (const char *const[]){NULL})->result,
	    PAM_AUTHINFO_UNAVAIL);
}

/* ---- The caller's signals ---- */

struct attack {
	int orders[2], answers[2];
	unsigned places; /* where it was tried: 1 prompt, 2 Argon2, 4 write */
};

/* In the child that is attacked; set by hire_attacker. */
static struct attack *attack;

/* What the caller of su could send; SIGKILL first: a stop would hang us. */
static void
be_attacker(const struct attack *orders, pid_t target)
{
	static const int signals[] = {SIGKILL, SIGSTOP, SIGTSTP, SIGTERM};
	char order;

	if (setresuid(CALLER, CALLER, CALLER) != 0)
		_exit(1);
	while (read(orders->orders[0], &order, 1) == 1) {
		char refused = 1;

		if (order == 'p')
			refused = kill(target, 0) == 0;
		for (int i = 0; order == 's' && i < 4; i++)
			if (kill(target, signals[i]) == 0 || errno != EPERM)
				refused = 0;
		if (write(orders->answers[1], &refused, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void
hire_attacker(const struct host *host)
{
	static struct ids ids = {{CALLER, 0, 0}};
	const struct host as_su = {.context = &ids};
	pid_t target = getpid(), pid;

	attack = host->context;
	if (pipe2(attack->orders, O_CLOEXEC) != 0 ||
	    pipe2(attack->answers, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		_exit(76);
	if (pid == 0) {
		(void)close(attack->orders[1]);
		be_attacker(attack, target);
	}
	(void)close(attack->orders[0]);
	set_ids(&as_su);
}

static void
send_attacker(char order, unsigned place)
{
	char as_expected = 0;

	if (attack == NULL)
		return;
	if (write(attack->orders[1], &order, 1) != 1 ||
	    read(attack->answers[0], &as_expected, 1) != 1 || !as_expected)
		_exit(77);
	the_outcome()->value |= place;
}

/* While somebody thinks, the caller may do what he likes. */
static void
permit_attack(const struct host *host, pam_handle_t *pamh)
{
	(void)host, (void)pamh;
	send_attacker('p', 1);
}

#define INSTEAD __attribute__((visibility("default")))

/* Both take the place of the library's, also for the module. */
INSTEAD int
argon2id_ctx(argon2_context *context)
{
	static int (*real)(argon2_context *);

	if (real == NULL) {
		void *library = dlopen("libargon2.so.1", RTLD_NOW);
		union {
			void *symbol;
			int (*call)(argon2_context *);
		} found = {
		    library == NULL ? NULL : dlsym(library, "argon2id_ctx")};

		if ((real = found.call) == NULL)
			_exit(78);
	}
	send_attacker('s', 2);
	return real(context);
}

INSTEAD ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	send_attacker('s', 4);
	return syscall(SYS_pwrite64, fd, bytes, size, at);
}

static void
test_caller_cannot_stop_or_kill_what_matters(void **state)
{
	struct attack orders = {.places = 0};
	const struct host host = {.name = "attacked by its caller",
	    .early = hire_attacker,
	    .prompt = permit_attack,
	    .context = &orders};
	struct world *w = *state;

	NEEDS_ROOT();
	for (size_t i = 0; i < LOGINS; i++) {
		check_outcome(w, &host, &logins[i],
		    run_host(w, &host, logins[i].answers));
		assert_int_equal(the_outcome()->result, logins[i].result);
		assert_int_equal(the_outcome()->value, i < 2 ? 1 | 4 : 7);
	}
}

/* ---- Root directories ---- */

static void
must(bool done)
{
	if (!done)
		_exit(79);
}

static void
make_directories(const char *root, const char *path)
{
	char whole[512];
	size_t start = strlen(root) + 1;

	(void)snprintf(whole, sizeof(whole), "%s%s/", root, path);
	for (char *c = whole + start; *c != '\0'; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		(void)mkdir(whole, 0755);
		*c = '/';
	}
}

/* A directory of the same path, or the same symbolic link. */
static void
bring_along(const char *root, const char *path)
{
	char inside[512] = "", target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	(void)strncat(inside, root, 200);
	(void)strncat(inside, path, 300);
	if (n > 0) {
		target[n] = '\0';
		must(symlink(target, inside) == 0);
	} else if (access(path, F_OK) == 0) {
		make_directories(root, path);
		must(mount(path, inside, "none", MS_BIND, "") == 0);
	}
}

/*
 * The new root is a file system of its own, seen by this process alone:
 * programs' libraries, this test's directories, and in etc as much as finds
 * one account.
 */
static void
enter_bare_root(const struct host *host)
{
	static const char *const paths[] = {"/usr", "/lib", "/lib64"};
	const struct world *world = host->context;
	const char *root = "/mnt";
	char module[512], file[600];

	must(world != NULL && unshare(CLONE_NEWNS) == 0);
	must(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	(void)snprintf(module, sizeof(module), "%s", module_path());
	*strrchr(module, '/') = '\0';
	must(mount("none", root, "tmpfs", 0, "mode=755") == 0);
	for (size_t i = 0; i < 3; i++)
		bring_along(root, paths[i]);
	bring_along(root, module);
	bring_along(root, world->dir);
	make_directories(root, "/etc");
	(void)snprintf(file, sizeof(file), "%s:x:%u:0::/:/bin/sh\n",
	    world->user, (unsigned)world->who.uid);
	write_file("/mnt/etc", "passwd", file);
	must(chroot(root) == 0 && chdir("/") == 0);
	log_for_real = true; /* no /dev/log: nobody hears it */
}

static void
test_bare_root_directory_changes_nothing(void **state)
{
	const struct host host = {.name = "chroot without dev and proc",
	    .early = enter_bare_root,
	    .context = *state};

	NEEDS_ROOT();
	expect_usual(*state, &host);
}

/* ---- A log in a low place ---- */

static int log_socket = -1;

/* A /dev with nothing but a log, which then gets descriptor 0. */
static void
listen_to_log(const struct host *host)
{
	const struct sockaddr_un log = {AF_UNIX, "/dev/log"};
	int fd;

	(void)host;
	must(unshare(CLONE_NEWNS) == 0);
	must(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	/* The world is below /dev/shm. */
	must(mount("/dev/shm", "/mnt", "none", MS_BIND, "") == 0);
	must(mount("none", "/dev", "tmpfs", 0, "mode=755") == 0);
	must(mkdir("/dev/shm", 0755) == 0);
	must(mount("/mnt", "/dev/shm", "none", MS_BIND, "") == 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(bind(fd, (const struct sockaddr *)&log, sizeof(log)) == 0);
	log_socket = fcntl(fd, F_DUPFD_CLOEXEC, 20);
	must(log_socket >= 0 && close(fd) == 0);
	for (fd = 0; fd < 3; fd++)
		(void)close(fd);
	log_for_real = true;
}

/* What was heard, and what may stay open: libc's own end. */
static void
hear_log(const struct host *host)
{
	char line[2048];
	ssize_t n;

	(void)host;
	closelog();
	while (
	    (n = recv(log_socket, line, sizeof(line) - 1, MSG_DONTWAIT)) > 0) {
		line[n] = '\0';
		append(the_outcome()->log, line);
		the_outcome()->log_lines++;
	}
}

static void
test_log_on_a_standard_descriptor(void **state)
{
	static const unsigned lines[] = {1, 2, 2, 2};
	const struct host host = {.name = "0-2 closed, a real log",
	    .early = listen_to_log,
	    .relax = hear_log};
	struct world *w = *state;

	NEEDS_ROOT();
	for (size_t i = 0; i < LOGINS; i++) {
		const struct outcome *outcome =
		    run_host(w, &host, logins[i].answers);

		check_outcome(w, &host, &logins[i], outcome);
		assert_int_equal(outcome->result, logins[i].result);
		if (outcome->log_lines != lines[i] ||
		    strstr(outcome->log, " method=") == NULL)
			fail_msg("%s: log: %s", logins[i].name, outcome->log);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_ids_of_the_caller_are_put_back),
	    HOST_TEST(test_stranger_at_su_is_no_owner),
	    HOST_TEST(test_ids_are_put_back_after_failures),
	    HOST_TEST(test_effective_user_without_rights_is_refused),
	    HOST_TEST(test_caller_cannot_stop_or_kill_what_matters),
	    HOST_TEST(test_bare_root_directory_changes_nothing),
	    HOST_TEST(test_log_on_a_standard_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
