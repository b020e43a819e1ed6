/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a login leaves in the memory of the application: no key, no secret,
 * no code. All that the process can write is searched, from outside.
 */
#include "crypt.h"
#include "base32.h"

#include "tests/module/victim.h"

#define NEEDLES_MAX 24
#define BLANKS "                        "

struct needle {
	const char *name;
	size_t size;
	unsigned char bytes[96];
};

struct needles {
	unsigned count;
	struct needle all[NEEDLES_MAX];
};

static void
add(struct needles *needles, const char *name, const void *bytes, size_t size)
{
	struct needle *needle = &needles->all[needles->count++];

	assert_true(needles->count <= NEEDLES_MAX);
	assert_in_range(size, 6, sizeof(needle->bytes));
	needle->name = name;
	needle->size = size;
	memcpy(needle->bytes, bytes, size);
}

static void
add_text(struct needles *needles, const char *name, const char *text)
{
	add(needles, name, text, strlen(text));
}

/* The host key, as in its file and as bytes, and what is derived from it. */
static void
add_keys(struct needles *needles, const struct world *world)
{
	const struct xs_host_key *key = &world->keys.keys[0];
	char info[64], hex[2 * XS_HOST_KEY_SIZE + 1];
	uint8_t subkey[32];
	int n = snprintf(
	    info, sizeof(info), "xsuite record 1:%u", (unsigned)world->who.uid);

	for (int i = 0; i < XS_HOST_KEY_SIZE; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", key->bytes[i]);
	add(needles, "host key", key->bytes, XS_HOST_KEY_SIZE);
	add_text(needles, "host key in hex", hex);
	assert_int_equal(xs_hkdf_sha256(key->bytes, XS_HOST_KEY_SIZE, NULL, 0,
			     info, (size_t)n, subkey, sizeof(subkey)),
	    0);
	add(needles, "record key", subkey, sizeof(subkey));
}

static void
add_account(struct needles *needles, const struct xs_account *account)
{
	const struct xs_totp *totp = &account->app.totp;
	uint64_t step = xs_totp_step(totp, time(NULL));
	char base32[128], code[16];

	add(needles, "app secret", totp->secret, totp->secret_length);
	xs_base32_encode(totp->secret, totp->secret_length, base32);
	add_text(needles, "app secret in base32", base32);
	for (uint64_t at = step - 1; at <= step + 2; at++) {
		assert_int_equal(xs_totp_code(totp, at, code), 0);
		add_text(needles, "app code", code);
	}
	add_text(needles, "backup code", BACKUP_CODE);
	add_text(needles, "backup code as typed", "1234-5678");
	add(needles, "backup code's hash", account->backup.hashes[0],
	    XS_HASH_SIZE);
}

static unsigned
count_in(const char *memory, size_t size, const struct needle *needle)
{
	const char *end = memory + size, *at = memory;
	unsigned count = 0;

	while ((at = memmem(at, (size_t)(end - at), needle->bytes,
		    needle->size)) != NULL) {
		count++;
		at++;
	}
	return count;
}

/* How often each needle stands in the process; says where. */
static unsigned
search(pid_t pid, const struct needles *needles, const char *when,
    unsigned counts[NEEDLES_MAX])
{
	unsigned long from, to;
	char path[64], line[512], access[8];
	unsigned all = 0;
	FILE *maps;
	int memory;

	memset(counts, 0, NEEDLES_MAX * sizeof(counts[0]));
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	assert_non_null(maps = fopen(path, "re"));
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	assert_true((memory = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		char *bytes;
		ssize_t n;

		assert_int_equal(
		    sscanf(line, "%lx-%lx %7s", &from, &to, access), 3);
		/* What cannot be written are the files' own constants. */
		if (strncmp(access, "rw", 2) != 0)
			continue;
		assert_non_null(bytes = malloc(to - from));
		n = pread(memory, bytes, to - from, (off_t)from);
		for (unsigned i = 0; n > 0 && i < needles->count; i++) {
			unsigned found =
			    count_in(bytes, (size_t)n, &needles->all[i]);

			counts[i] += found;
			all += found;
			if (found > 0 && when != NULL)
				print_message("%s: %s in %s", when,
				    needles->all[i].name, line);
		}
		free(bytes);
	}
	(void)close(memory);
	(void)fclose(maps);
	return all;
}

static int
setup_secret(void **state)
{
	int r = setup_enrolled(state);
	struct world *world = *state;
	struct xs_totp *totp = &world->account.app.totp;

	/* Nothing that could stand somewhere by accident. */
	xs_env_system.random(NULL, totp->secret, totp->secret_length);
	return r;
}

/* Plays the answers; stops at the first stage after them. */
static void
play(struct victim *victim, const char *const *answers, const char *code,
    struct needles *needles)
{
	static const char title[] = "Your new backup code:\n\n    ";
	const char *shown;
	char successor[16] = "";

	victim_answer(victim, "");
	while (victim->kind == '?') {
		const char *answer = *answers++;

		assert_non_null(answer);
		if ((shown = strstr(victim->text, title)) != NULL) {
			(void)snprintf(successor, sizeof(successor), "%.9s",
			    shown + strlen(title));
			add_text(needles, "new code as shown", successor);
			memmove(successor + 4, successor + 5, 5);
			add_text(needles, "new code", successor);
		}
		victim_answer(victim,
		    strcmp(answer, RIGHT) == 0     ? code
			: strcmp(answer, NEW) == 0 ? successor
						   : answer);
	}
}

/* A sanitizer keeps freed memory, and has more than can be read. */
static void
check_memory(struct world *w, const struct login *login, const char *argument)
{
	struct needles needles = {0};
	unsigned counts[NEEDLES_MAX];
	struct victim victim = {0};
	char code[16], result[16];

	save(w);
	write_stack(w, "fail_delay=0");
	add_keys(&needles, w);
	add_account(&needles, &w->account);
	app_code(w, code);
	victim_start(&victim, w, argument, NULL);
	victim_wait(&victim);
	/* What stands in the libraries anyhow. */
	if (search(victim.pid, &needles, "at first", counts) != 0)
		fail_msg("%s: found before it was there", login->name);
	play(&victim, login->answers, code, &needles);
	(void)snprintf(result, sizeof(result), "%d", login->result);
	assert_string_equal(victim.text, result);
	if (search(victim.pid, &needles, login->name, counts) != 0)
		fail_msg("%s: left in memory", login->name);
	victim_answer(&victim, "");
	if (search(victim.pid, &needles, login->name, counts) != 0)
		fail_msg("%s: left in memory after pam_end", login->name);
	victim_end(&victim);
}

/*
 * Some begin with blanks, which are no part of a code: the first bytes of
 * freed memory are overwritten by malloc itself.
 */
static void
test_nothing_secret_stays_in_memory(void **state)
{
	static const struct login others[] = {
	    {"backup code as shown", {"", "1234-5678", NEW}, PAM_SUCCESS},
	    {"not confirmed", {"", BACKUP_CODE, "0"}, PAM_AUTH_ERR},
	    {"blanks", {"", BLANKS BACKUP_CODE, "0"}, PAM_AUTH_ERR},
	    {"no code", {BLANKS BACKUP_CODE "1", "0"}, PAM_AUTH_ERR},
	};

	const char *const ways[] = {"fail_delay=0", NULL};

	skip_if_instrumented();
	for (int way = 0; way < 2; way++) {
		for (size_t i = 0; i < LOGINS; i++)
			check_memory(*state, &logins[i], ways[way]);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			check_memory(*state, &others[i], ways[way]);
	}
}

static void
test_keys_do_not_stay_when_the_state_is_missing(void **state)
{
	static const struct login none = {
	    "no state", {NULL}, PAM_AUTHINFO_UNAVAIL};

	skip_if_instrumented();
	check_memory(*state, &none, "state_dir=/nonexistent");
}

/* The search finds what is there: at a prompt the key is in use. */
static void
test_search_finds_what_is_there(void **state)
{
	struct world *w = *state;
	struct needles needles = {0};
	unsigned counts[NEEDLES_MAX];
	struct victim victim = {0};

	skip_if_instrumented();
	save(w);
	write_stack(w, "fail_delay=0");
	add_keys(&needles, w);
	victim_start(&victim, w, NULL, NULL);
	victim_wait(&victim);
	victim_answer(&victim, "");
	assert_int_equal(victim.kind, '?');
	(void)search(victim.pid, &needles, NULL, counts);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 0);
	assert_int_equal(counts[2], 0);
	victim_end(&victim);
}

#define MEMORY_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_secret, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    MEMORY_TEST(test_search_finds_what_is_there),
	    MEMORY_TEST(test_nothing_secret_stays_in_memory),
	    MEMORY_TEST(test_keys_do_not_stay_when_the_state_is_missing),
	};

	if (argc >= 4 && strcmp(argv[1], "--victim") == 0)
		return victim_main(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
