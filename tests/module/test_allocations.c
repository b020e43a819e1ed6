/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each allocation of a login fails in turn, alone or with all that follow:
 * refused or unharmed, never a crash, never a code for nothing.
 */
#include "tests/module/host.h"

#define INSTEAD __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

#if IS_SANITIZED
#define INSTEAD_OF(name) not_##name
#else
#define INSTEAD_OF(name) name
#endif

void *INSTEAD_OF(malloc)(size_t size);
void *INSTEAD_OF(calloc)(size_t count, size_t size);
void *INSTEAD_OF(realloc)(void *old, size_t size);

/* In the child: allocations until the one that fails; below 0: none does. */
static long countdown = -1;
static bool for_good; /* and all after it */

static bool
is_refused(void)
{
	if (countdown < 0)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		countdown = -1;
	the_outcome()->value++;
	errno = ENOMEM;
	return true;
}

/* These take the place of libc's for every library in the process. */
INSTEAD void *
INSTEAD_OF(malloc)(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

INSTEAD void *
INSTEAD_OF(calloc)(size_t count, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(count, size);
}

INSTEAD void *
INSTEAD_OF(realloc)(void *old, size_t size)
{
	return is_refused() ? NULL : __libc_realloc(old, size);
}

static void
fail_one(const struct host *host)
{
	countdown = host->value;
}

static void
fail_all(const struct host *host)
{
	for_good = true;
	countdown = host->value;
}

static void
fail_none(const struct host *host)
{
	(void)host;
	countdown = -1;
}

static const struct host hosts[] = {
    {.name = "one allocation fails", .late = fail_one, .relax = fail_none},
    {.name = "all allocations fail", .late = fail_all, .relax = fail_none},
};

/*
 * libpam tells the kernel's audit about a success, and makes PAM_SYSTEM_ERR,
 * which the module never returns, of an audit that fails.
 */
static void
check_unharmed(struct world *w, const struct host *host,
    const struct login *login, const struct outcome *outcome)
{
	if (outcome->result == PAM_SYSTEM_ERR) {
		assert_int_equal(outcome->status, 0);
		assert_string_equal(outcome->changed, "");
		return;
	}
	if (outcome->result == PAM_IGNORE)
		fail_msg("%s, %s (%ld): passed over", host->name, login->name,
		    host->value);
	check_outcome(w, host, login, outcome);
}

/* Every allocation of this login; the number of them. */
static long
fail_each(struct world *w, struct host host, const struct login *login)
{
	const struct outcome *outcome;

	for (host.value = 0;; host.value++) {
		outcome = run_host(w, &host, login->answers);
		check_unharmed(w, &host, login, outcome);
		if (outcome->value == 0)
			return host.value;
	}
}

static void
test_app_login_survives_each_failing_allocation(void **state)
{
	skip_if_instrumented();
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
			assert_in_range(
			    fail_each(*state, hosts[i], &logins[j]), 20, 5000);
}

static void
test_backup_login_survives_each_failing_allocation(void **state)
{
	skip_if_instrumented();
	for (int i = 0; i < 2; i++)
		assert_in_range(
		    fail_each(*state, hosts[i], &logins[2]), 20, 5000);
}

/* No failure makes a reader take the slot of before the code was used. */
static void
test_used_code_stays_used_whatever_fails(void **state)
{
	static const struct host polite = {.name = "polite"};
	char code[16];
	const char *const answers[] = {code, "0", NULL};
	struct world *w = *state;
	struct host host;

	skip_if_instrumented();
	for (int i = 0; i < 2; i++) {
		/* This one code, though the next half-minute may begin. */
		app_code(w, code);
		assert_int_equal(
		    run_host(w, &polite, answers)->result, PAM_SUCCESS);
		host = hosts[i];
		do {
			assert_int_equal(
			    run_host_as_is(w, &host, answers)->status, 0);
			assert_int_not_equal(
			    the_outcome()->result, PAM_SUCCESS);
			host.value++;
		} while (the_outcome()->value != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_app_login_survives_each_failing_allocation),
	    HOST_TEST(test_backup_login_survives_each_failing_allocation),
	    HOST_TEST(test_used_code_stays_used_whatever_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
