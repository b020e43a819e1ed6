/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A directory of accounts that errs is no proof that somebody is nobody, or
 * not enrolled: refused, with one line that says why.
 */
#include <dlfcn.h>
#include <nss.h>

#include "tests/module/host.h"

struct failure {
	const char *name;
	int status;
	int error;
	int result;
};

static int *
variable(const char *name)
{
	char path[600];
	void *library;

	(void)snprintf(path, sizeof(path), "%s/tests/module/%s",
	    getenv("B") == NULL ? "build" : getenv("B"), "libnss_xserr.so.2");
	library = dlopen(path, RTLD_NOW);
	return library == NULL ? NULL : dlsym(library, name);
}

/* From here on accounts of this process are looked up in ours alone. */
static void
let_directory_err(const struct host *host)
{
	const struct failure *failure = host->context;
	int *status = variable("xserr_status"),
	    *error = variable("xserr_errno");

	if (status == NULL || error == NULL ||
	    __nss_configure_lookup("passwd", "xserr") != 0)
		_exit(74);
	*status = failure->status;
	*error = failure->error;
}

static void
note_calls(const struct host *host)
{
	(void)host;
	the_outcome()->value = *variable("xserr_calls");
}

static const struct failure failures[] = {
    {"no server", NSS_STATUS_UNAVAIL, ECONNREFUSED, PAM_AUTHINFO_UNAVAIL},
    {"broken", NSS_STATUS_UNAVAIL, EIO, PAM_AUTHINFO_UNAVAIL},
    {"no descriptors", NSS_STATUS_UNAVAIL, EMFILE, PAM_AUTHINFO_UNAVAIL},
    {"not now", NSS_STATUS_TRYAGAIN, EAGAIN, PAM_AUTHINFO_UNAVAIL},
    {"time out", NSS_STATUS_TRYAGAIN, ETIMEDOUT, PAM_AUTHINFO_UNAVAIL},
    {"no memory", NSS_STATUS_TRYAGAIN, ENOMEM, PAM_AUTHINFO_UNAVAIL},
    {"more room, always", NSS_STATUS_TRYAGAIN, ERANGE, PAM_AUTHINFO_UNAVAIL},
    {"not permitted", NSS_STATUS_UNAVAIL, EACCES, PAM_AUTHINFO_UNAVAIL},
    {"odd", NSS_STATUS_UNAVAIL, ERANGE, PAM_AUTHINFO_UNAVAIL},
    /* One of several directories has no file: asked, as nobody is. */
    {"no file", NSS_STATUS_UNAVAIL, ENOENT, PAM_AUTH_ERR},
    {"no such", NSS_STATUS_NOTFOUND, ENOENT, PAM_AUTH_ERR},
};

static void
check_failure(struct world *w, const struct failure *failure,
    const struct login *login, const char *arguments)
{
	struct failure copy = *failure;
	const struct host host = {.name = failure->name,
	    .early = let_directory_err,
	    .relax = note_calls,
	    .arguments = arguments,
	    .context = &copy};
	const struct outcome *outcome = run_host(w, &host, login->answers);

	check_outcome(w, &host, login, outcome);
	assert_in_range(outcome->value, 1, 20);
	if (failure->result == PAM_AUTH_ERR) {
		assert_int_not_equal(outcome->result, PAM_SUCCESS);
		return;
	}
	if (outcome->result != failure->result || outcome->log_lines != 1 ||
	    outcome->prompts != 0 ||
	    strstr(outcome->log, " reason=state ") == NULL)
		fail_msg("%s: result %d, %u prompts, log: %s", failure->name,
		    outcome->result, outcome->prompts, outcome->log);
}

static void
test_failing_directory_refuses(void **state)
{
	const size_t count = sizeof(failures) / sizeof(failures[0]);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < LOGINS; j++) {
			check_failure(*state, &failures[i], &logins[j],
			    "not_enrolled=pass");
			check_failure(*state, &failures[i], &logins[j],
			    "not_enrolled=refuse");
		}
}

/* Nor is the one who has no record let in with it. */
static void
test_failing_directory_passes_nobody(void **state)
{
	struct world *w = *state;
	struct xs_fault fault;
	const size_t count = sizeof(failures) / sizeof(failures[0]);

	assert_int_equal(w->store.ops->remove(&w->store, &w->who, &fault), 0);
	for (size_t i = 0; i < count; i++) {
		struct failure copy = failures[i];
		const struct host host = {.name = copy.name,
		    .early = let_directory_err,
		    .arguments = "not_enrolled=pass",
		    .context = &copy};

		assert_int_equal(
		    run_host_as_is(w, &host, (const char *const[]){"0", NULL})
			->result,
		    copy.result);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_failing_directory_refuses),
	    HOST_TEST(test_failing_directory_passes_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
