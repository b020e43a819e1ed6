/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The caller's environment is not ours to read: whatever stands in it, the
 * module says and decides the same.
 */
#include <sys/statvfs.h>

#include "tests/module/victim.h"

static const char *const harmless[] = {"LANG=xx_XX.garbage\xff",
    "LC_ALL=tr_TR.UTF-8", "LANGUAGE=nl:de:fr", "NLSPATH=/tmp/%N",
    "LOCPATH=/tmp", "TZ=:/etc/shadow", "TZDIR=/nonexistent",
    "HOME=/nonexistent", "PATH=/nonexistent", "TMPDIR=/nonexistent", "IFS=x",
    "USER=somebody-else", "LOGNAME=somebody-else", "SUDO_USER=somebody-else",
    "XSUITE_METHOD=app", "XSUITE_CONFIG=/nonexistent", "PAM_TYPE=x",
    "SSH_CLIENT=192.0.2.1 1 2", "SSH_AUTH_INFO_0=publickey x",
    "LD_LIBRARY_PATH=/nonexistent", "LD_BIND_NOW=1", "LD_ORIGIN_PATH=/tmp",
    "MALLOC_PERTURB_=165", "MALLOC_ARENA_MAX=1", "MALLOC_TOP_PAD_=1",
    "MALLOC_MMAP_THRESHOLD_=1",
    "GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.check=3",
    "GCONV_PATH=/tmp", "HOSTALIASES=/etc/shadow", "RES_OPTIONS=debug",
    "RESOLV_HOST_CONF=/etc/shadow", "OPENSSL_ia32cap=~0x200000200000000",
    "OPENSSL_MODULES=/nonexistent", "OPENSSL_ENGINES=/nonexistent",
    "SSL_CERT_FILE=/etc/shadow", "RANDFILE=/etc/shadow", NULL};

struct place {
	struct world *world;
	int program; /* set-user-id root, or 0 */
	const char *name;
	const char *const *environment;
	bool may_refuse; /* right codes, too */
};

static void
play(struct victim *victim, const char *const *answer, const char *code)
{
	static const char title[] = "Your new backup code:\n\n    ";
	char successor[16];

	victim_wait(victim);
	victim_answer(victim, "");
	for (; victim->kind == '?' && *answer != NULL; answer++) {
		const char *shown = strstr(victim->text, title);

		(void)snprintf(successor, sizeof(successor), "%.9s",
		    shown == NULL ? "" : shown + strlen(title));
		victim_answer(victim,
		    strcmp(*answer, RIGHT) == 0     ? code
			: strcmp(*answer, NEW) == 0 ? successor
						    : *answer);
	}
}

static void
check_login(const struct place *place, const struct login *login)
{
	static const char prompt[] =
	    "Authenticator app code (Enter for another method): \n";
	struct victim victim = {.program = place->program};
	char code[16], result[16];
	bool consumed;

	if (place->program != 0)
		victim.uid = 65534;
	save(place->world);
	app_code(place->world, code);
	victim_start(&victim, place->world, NULL, place->environment);
	play(&victim, login->answers, code);
	victim_end(&victim);
	consumed = is_consumed(place->world);
	(void)snprintf(result, sizeof(result), "%d", PAM_AUTHINFO_UNAVAIL);
	if (place->may_refuse && strcmp(victim.text, result) == 0) {
		assert_false(consumed);
		return;
	}
	(void)snprintf(result, sizeof(result), "%d", login->result);
	if (strcmp(victim.text, result) != 0 ||
	    consumed != (login->result == PAM_SUCCESS) ||
	    strncmp(victim.seen, prompt, strlen(prompt)) != 0)
		fail_msg("%s, %s: result %s, code %sused up; seen: %s",
		    place->name, login->name, victim.text,
		    consumed ? "" : "not ", victim.seen);
}

static void
check_place(const struct place *place)
{
	write_stack(place->world, "fail_delay=0");
	for (size_t i = 0; i < LOGINS; i++)
		check_login(place, &logins[i]);
}

static void
test_garbage_in_the_environment_changes_nothing(void **state)
{
	static const char *const none[] = {NULL};

	check_place(&(struct place){
	    .world = *state, .name = "empty", .environment = none});
	check_place(&(struct place){
	    .world = *state, .name = "garbage", .environment = harmless});
}

static const struct {
	const char *name;
	const char *text;
} configs[] = {
    {"missing", NULL},
    {"empty", ""},
    {"garbage", "\x01\xff[[[ = \n$$$ = ${x\n"},
    {"no default provider",
	"openssl_conf = a\n[a]\nproviders = b\n[b]\nbase = c\n[c]\n"
	"activate = 1\n"},
    {"FIPS wanted",
	"openssl_conf = a\n[a]\nalg_section = b\n[b]\n"
	"default_properties = fips=yes\n"},
    {"unknown provider",
	"openssl_conf = a\n[a]\nproviders = b\n[b]\nxyz = c\n[c]\n"
	"module = /nonexistent.so\nactivate = 1\n"},
    {"strict and wrong",
	"openssl_conf = a\nconfig_diagnostics = 1\n[a]\nproviders = b\n[b]\n"
	"xyz = c\n[c]\nmodule = /nonexistent.so\nactivate = 1\n"},
    {"random numbers of another kind",
	"openssl_conf = a\n[a]\nrandom = b\n[b]\nrandom = XXX-DRBG\n"
	"seed = NONE\n"},
};

static void
check_configs(struct world *w, int program)
{
	const char *environment[64];
	char variable[256];
	struct place place = {
	    .world = w, .program = program, .environment = environment};
	size_t n = 0;

	(void)snprintf(
	    variable, sizeof(variable), "OPENSSL_CONF=%s/openssl.cnf", w->dir);
	environment[n++] = variable;
	for (size_t i = 0; program != 0 && harmless[i] != NULL; i++)
		environment[n++] = harmless[i];
	environment[n] = NULL;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		if (configs[i].text != NULL)
			write_file(w->dir, "openssl.cnf", configs[i].text);
		place.name = configs[i].name;
		place.may_refuse = program == 0;
		check_place(&place);
	}
}

/*
 * libcrypto reads this variable where the process runs with no more rights
 * than its caller has. What it then lacks refuses everybody alike.
 */
static void
test_openssl_conf_lets_nobody_in(void **state)
{
	check_configs(*state, 0);
}

/*
 * A copy of this program that root's rights come with. It has lost its name
 * before, so that nobody else can run it, ever.
 */
static int
open_set_user_id(void)
{
	char path[] = "/tmp/xs-suid-XXXXXX", command[128];
	int fd = mkstemp(path), program;

	assert_true(fd >= 0);
	(void)close(fd);
	(void)snprintf(command, sizeof(command), "cp /proc/%d/exe %s",
	    (int)getpid(), path);
	assert_int_equal(system(command), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(unlink(path), 0);
	/* Out of the way of the victim's socket. */
	program = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	(void)close(fd);
	assert_true(program >= 0);
	assert_int_equal(fchmod(program, 04755), 0);
	return program;
}

/* As su and sudo are: then libcrypto does not read it. */
static void
test_set_user_id_program_is_not_led_astray(void **state)
{
	struct statvfs fs;
	int program;

	if (geteuid() != 0 || is_instrumented() || statvfs("/tmp", &fs) != 0 ||
	    (fs.f_flag & ST_NOSUID) != 0) {
		print_message("set-user-id wants root and a /tmp: skip\n");
		skip();
	}
	program = open_set_user_id();
	check_configs(*state, program);
	(void)close(program);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_garbage_in_the_environment_changes_nothing),
	    HOST_TEST(test_openssl_conf_lets_nobody_in),
	    HOST_TEST(test_set_user_id_program_is_not_led_astray),
	};

	if (argc >= 4 && strcmp(argv[1], "--victim") == 0)
		return victim_main(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
