/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logs in again and again and tells how long each login took.
 *
 *	bench_driver --how HOW [OPTION]...
 *
 * HOW is "loop": in this process; "fork": each in a child of it, with
 * libcrypto in use before as sshd has; "spawn": each by --program, started
 * anew; "sync", "argon2": no login, but one bare synced write, or one bare
 * evaluation of Argon2id. --write does a synced write after every login,
 * --crypto what a login asks of libcrypto at least.
 *
 * A line "N" on standard input runs N of them; one line of JSON answers:
 * nanoseconds of wall time and of processor time, one number for each. With
 * --answer backup wall is what the check of the code took, and "confirm" what
 * its successor's did.
 */
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base32.h"
#include "bench_clock.h"
#include "bench_crypto.h"
#include "bench_login.h"
#include "totp.h"

#define RUNS_MAX 100000
#define WRONG_MAX 40    /* wrong codes between two right ones, not timed */
#define WRITE_SIZE 4096 /* bytes: the least that a disk writes */

extern char **environ;

enum how { LOOP, FORK, SPAWN, SYNC, ARGON2 };
enum answer { NONE, APP, WRONG, BACKUP };

static const char *const hows[] = {"loop", "fork", "spawn", "sync", "argon2"};
static const char *const answers[] = {"none", "app", "wrong", "backup"};

struct driver {
	enum how how;
	enum answer answer;
	const char *program;
	char **arguments; /* of a program that is not a login */
	struct bench_login login;
	struct xs_totp totp;
	time_t step;    /* seconds that the clock moves before each login */
	int file;       /* of --write and "sync"; -1: none */
	unsigned wrong; /* codes in a row */
	bool crypto;
};

struct spent {
	int64_t wall, cpu, confirm;
};

static struct {
	int64_t wall, cpu;
} at_answer[3], at_prompt[4];

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t
wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int64_t
cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void
note_answer(unsigned prompt)
{
	at_answer[prompt].cpu = cpu_ns();
	at_answer[prompt].wall = wall_ns();
}

static void
note_prompt(unsigned prompt)
{
	at_prompt[prompt].wall = wall_ns();
	at_prompt[prompt].cpu = cpu_ns();
}

static void
fail(const char *what, int r)
{
	fprintf(stderr, "bench_driver: %s: %d\n", what, r);
	exit(1);
}

/* The code that is right at the clock's time; or one that is not. */
static void
type_code(struct driver *driver, bool wrong)
{
	char right[XS_TOTP_DIGITS_MAX + 1];

	if (xs_totp_code(&driver->totp, xs_totp_step(&driver->totp, bench_now),
		right) != 0)
		fail("no code", 0);
	(void)snprintf(driver->login.answer, CODE_ROOM, "%s", right);
	/* The neighbours' codes differ in more than this. */
	if (wrong)
		driver->login.answer[0] =
		    (char)('0' + (right[0] - '0' + 5) % 10);
}

/* Once in a million a code is that of the step before or behind as well. */
static bool
is_ambiguous(const struct driver *driver)
{
	const uint64_t step = xs_totp_step(&driver->totp, bench_now);
	char code[3][XS_TOTP_DIGITS_MAX + 1];

	for (uint64_t i = 0; i < 3; i++)
		if (xs_totp_code(&driver->totp, step + i - 1, code[i]) != 0)
			fail("no code", 0);
	return strcmp(code[1], code[0]) == 0 || strcmp(code[1], code[2]) == 0;
}

static void
prepare(struct driver *driver)
{
	do
		bench_now += driver->step;
	while (driver->totp.secret_length > 0 && is_ambiguous(driver));
	/* Before the method is switched off for good. */
	if (driver->answer == WRONG && driver->wrong++ % WRONG_MAX == 0) {
		type_code(driver, false);
		if (bench_log_in(&driver->login) != PAM_SUCCESS)
			fail("not let in", 0);
		bench_now += driver->step;
	}
	if (driver->answer == APP || driver->answer == WRONG)
		type_code(driver, driver->answer == WRONG);
}

static void
write_synced(const struct driver *driver)
{
	static const char block[WRITE_SIZE];
	static unsigned turn;

	if (driver->file >= 0 &&
	    pwrite(driver->file, block, WRITE_SIZE,
		(off_t)(turn++ % 2) * WRITE_SIZE) != WRITE_SIZE)
		fail("write", 0);
}

static void
evaluate_argon2(void)
{
	uint8_t out[32];
	const int r = argon2id_hash_raw(
	    3, 65536, 1, "12345678", 8, "0123456789abcdef", 16, out, 32);

	if (r != ARGON2_OK)
		fail("argon2", r);
}

static void
judge(const struct driver *driver, int result)
{
	bool in = driver->answer != WRONG;

	if ((result == PAM_SUCCESS) == in)
		return;
	fprintf(stderr, "bench_driver: %s by %s, the last prompt was: %s\n",
	    driver->login.user, driver->login.service, driver->login.last);
	fail(in ? "not let in" : "let in", result);
}

static int64_t
child_cpu(pid_t pid, int *status)
{
	struct rusage usage;

	if (wait4(pid, status, 0, &usage) != pid)
		fail("wait", 0);
	return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
	    1000000000 +
	    ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static int
log_in_child(struct driver *driver)
{
	const int r = bench_log_in(&driver->login);

	return driver->crypto && !bench_use_crypto() ? PAM_SYSTEM_ERR : r;
}

static struct spent
run_child(struct driver *driver)
{
	char now[24],
	    *login[] = {(char *)(uintptr_t)driver->program,
		(char *)(uintptr_t)driver->login.confdir,
		(char *)(uintptr_t)driver->login.service,
		(char *)(uintptr_t)driver->login.user, driver->login.answer,
		now, NULL};
	struct spent spent = {0};
	int64_t start;
	int status = 0;
	pid_t pid = -1;

	(void)snprintf(now, sizeof(now), "%lld", (long long)bench_now);
	start = wall_ns();
	if (driver->how == FORK) {
		pid = fork();
		if (pid == 0)
			_exit(log_in_child(driver));
	} else if (posix_spawn(&pid, driver->program, NULL, NULL,
		       driver->login.confdir != NULL ? login
						     : driver->arguments,
		       environ) != 0) {
		pid = -1;
	}
	if (pid < 0)
		fail("no child", 0);
	spent.cpu = child_cpu(pid, &status);
	write_synced(driver);
	spent.wall = wall_ns() - start;
	if (!WIFEXITED(status))
		fail("a child was killed", status);
	judge(driver, WEXITSTATUS(status));
	return spent;
}

/* The successor that was typed back is the next login's code. */
static struct spent
time_backup(struct driver *driver, int64_t end, int64_t end_cpu)
{
	struct spent spent = {
	    end - at_answer[1].wall, end_cpu - at_answer[1].cpu, 0};

	if (driver->login.prompts == 2) {
		spent.wall = at_prompt[2].wall - at_answer[1].wall;
		spent.cpu = at_prompt[2].cpu - at_answer[1].cpu;
		spent.confirm = end - at_answer[2].wall;
		memcpy(driver->login.answer, driver->login.shown, CODE_ROOM);
	}
	return spent;
}

static struct spent
run_here(struct driver *driver)
{
	int64_t cpu = cpu_ns(), start = wall_ns();
	struct spent spent = {0};
	int64_t end, end_cpu;
	int r = PAM_SUCCESS;

	if (driver->how == ARGON2)
		evaluate_argon2();
	else if (driver->how == LOOP)
		r = bench_log_in(&driver->login);
	write_synced(driver);
	end = wall_ns();
	end_cpu = cpu_ns();
	spent.wall = end - start;
	spent.cpu = end_cpu - cpu;
	if (driver->how == LOOP)
		judge(driver, r);
	if (driver->answer == BACKUP)
		spent = time_backup(driver, end, end_cpu);
	return spent;
}

static void
run(struct driver *driver, unsigned count)
{
	static struct spent spent[RUNS_MAX];

	for (unsigned i = 0; i < count; i++) {
		prepare(driver);
		spent[i] = driver->how == FORK || driver->how == SPAWN
		    ? run_child(driver)
		    : run_here(driver);
	}
	for (int column = 0; column < 3; column++) {
		static const char *const names[] = {"wall", "cpu", "confirm"};

		printf("%s\"%s\":[", column == 0 ? "{" : ",", names[column]);
		for (unsigned i = 0; i < count; i++)
			printf("%s%lld", i == 0 ? "" : ",",
			    (long long)(column == 0 ? spent[i].wall
				    : column == 1   ? spent[i].cpu
						    : spent[i].confirm));
		printf("]");
	}
	printf("}\n");
	fflush(stdout);
}

/* What sshd has asked of libcrypto by the time it comes to PAM. */
static void
use_libcrypto(void)
{
	static const unsigned char key[32], iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char bytes[64];
	int n;

	if (RAND_bytes(bytes, 32) != 1 ||
	    EVP_Digest(bytes, 32, bytes, NULL, EVP_sha512(), NULL) != 1 ||
	    ctx == NULL ||
	    EVP_EncryptInit_ex(ctx, EVP_chacha20(), NULL, key, iv) != 1 ||
	    EVP_EncryptUpdate(ctx, bytes, &n, bytes, 32) != 1)
		fail("libcrypto", 0);
	EVP_CIPHER_CTX_free(ctx);
}

static int
find(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	fail(name, 64);
	return -1;
}

static void
read_secret(struct xs_totp *totp, const char *text)
{
	size_t length = 0;

	totp->digits = 6;
	totp->period = 30;
	if (xs_base32_decode(
		text, totp->secret, sizeof(totp->secret), &length) != 0)
		fail("the secret", 64);
	totp->secret_length = (unsigned)length;
}

static int
open_block(const char *path)
{
	static const char zero[2 * WRITE_SIZE];
	int fd = open(path, O_RDWR | O_CREAT | O_DSYNC | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, zero, sizeof(zero), 0) != sizeof(zero))
		fail(path, 0);
	return fd;
}

static void
take_option(struct driver *driver, int option)
{
	switch (option) {
	case 'h':
		driver->how = (enum how)find(hows, 5, optarg);
		break;
	case 'a':
		driver->answer = (enum answer)find(answers, 4, optarg);
		break;
	case 'c':
		driver->login.confdir = optarg;
		break;
	case 's':
		driver->login.service = optarg;
		break;
	case 'u':
		driver->login.user = optarg;
		break;
	case 'k':
		read_secret(&driver->totp, optarg);
		break;
	case 'b':
		(void)snprintf(driver->login.answer, CODE_ROOM, "%s", optarg);
		break;
	case 't':
		bench_now = (time_t)strtoll(optarg, NULL, 10);
		break;
	case 'j':
		driver->step = (time_t)strtoll(optarg, NULL, 10);
		break;
	case 'p':
		driver->program = optarg;
		break;
	case 'w':
		driver->file = open_block(optarg);
		break;
	case 'x':
		driver->crypto = true;
		break;
	default:
		exit(64);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"how", required_argument, NULL, 'h'},
	    {"answer", required_argument, NULL, 'a'},
	    {"confdir", required_argument, NULL, 'c'},
	    {"service", required_argument, NULL, 's'},
	    {"user", required_argument, NULL, 'u'},
	    {"secret", required_argument, NULL, 'k'},
	    {"backup", required_argument, NULL, 'b'},
	    {"time", required_argument, NULL, 't'},
	    {"step", required_argument, NULL, 'j'},
	    {"program", required_argument, NULL, 'p'},
	    {"write", required_argument, NULL, 'w'},
	    {"crypto", no_argument, NULL, 'x'},
	    {NULL, 0, NULL, 0},
	};
	struct driver driver = {.step = 30, .file = -1};
	char line[32];
	int c;

	driver.login.answering = note_answer;
	driver.login.asked = note_prompt;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(&driver, c);
	driver.arguments = argv + optind;
	if (driver.how == FORK)
		use_libcrypto();
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned long count = strtoul(line, NULL, 10);

		if (count == 0 || count > RUNS_MAX)
			fail("how many", 64);
		run(&driver, (unsigned)count);
	}
	return 0;
}
