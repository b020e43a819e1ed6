/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a login evaluates Argon2, and in whose slots. */
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>

#include "login_fixture.h"

#define POOL_MAX 64

static unsigned evaluations;

/* In the place of libc's: Argon2 is loaded for each evaluation. */
void *
dlopen(const char *name, int flags)
{
	static __typeof__(dlopen) *real;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	evaluations += strcmp(name, "libargon2.so.1") == 0;
	return real(name, flags);
}

/* The time that it takes tells nobody which accounts there are. */
static void
test_backup_code_of_nobody_costs_one_evaluation(void **state)
{
	struct fixture *f = *state;
	static const char *const typed[] = {"00000000", "", "", NULL};

	fixture_enrol(f);
	evaluations = 0;
	(void)!fixture_login(f, typed);
	assert_int_equal(evaluations, 1);
	f->login.is_account = false;
	f->verify.who.name = "";
	evaluations = 0;
	(void)!fixture_login(f, typed);
	assert_int_equal(evaluations, 1);
}

/* Takes all slots of a pool; returns how many. */
static unsigned
fill_pool(struct fixture *f, const char *pool, int held[POOL_MAX])
{
	long slots = sysconf(_SC_NPROCESSORS_ONLN);
	char path[128];
	unsigned i;

	for (i = 0; i < (unsigned)slots && i < POOL_MAX; i++) {
		(void)snprintf(path, sizeof(path), "%s/host/argon2-%s.%u",
		    f->dir, pool, i);
		held[i] = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(held[i] >= 0);
		assert_int_equal(flock(held[i], LOCK_EX | LOCK_NB), 0);
	}
	return i;
}

/*
 * A stopped su holds its slot for ever: of sshd's it must hold none, nor the
 * other way round.
 */
static void
test_slots_of_one_pool_keep_nobody_out_of_the_other(void **state)
{
	static const struct {
		const char *full;
		uid_t caller;
	} rows[] = {{"root", ALICE_UID}, {"user", 0}};
	struct fixture *f = *state;
	struct xs_successor successor;
	struct xs_account account;
	enum xs_verdict verdict;
	int held[POOL_MAX];

	fixture_enrol(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned count = fill_pool(f, rows[i].full, held);

		f->verify.caller = rows[i].caller;
		assert_int_equal(xs_verify_backup(&f->verify, "00000000",
				     &account, &successor, &verdict),
		    0);
		assert_int_equal(verdict, XS_WRONG);
		while (count > 0)
			assert_int_equal(close(held[--count]), 0);
	}
}

/*
 * Guesses at names that nobody has take one slot of their own, and leave it:
 * they keep nobody out, and nobody keeps them out, which would tell.
 */
static void
test_nobody_has_a_slot_of_his_own(void **state)
{
	struct fixture *f = *state;
	int root[POOL_MAX], user[POOL_MAX];
	unsigned count = fill_pool(f, "root", root);

	assert_int_equal(fill_pool(f, "user", user), count);
	for (int i = 0; i < 2; i++)
		assert_int_equal(xs_verify_nobody(&f->verify), 0);
	while (count-- > 0) {
		assert_int_equal(close(root[count]), 0);
		assert_int_equal(close(user[count]), 0);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_backup_code_of_nobody_costs_one_evaluation),
	    TEST(test_slots_of_one_pool_keep_nobody_out_of_the_other),
	    TEST(test_nobody_has_a_slot_of_his_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
