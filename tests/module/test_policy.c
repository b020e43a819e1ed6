/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exemptions, required groups and enforce = log through libpam. pam_permit
 * stands behind the module, so being passed over lets in: a row that should
 * be asked and was not is a login without a second step.
 */
#include "tests/module/host.h"

#include <grp.h>

static char rhost[64];

static void
set_rhost_item(const struct host *host)
{
	const struct talk *talk = host->context;

	if (rhost[0] != '\0')
		(void)pam_set_item(talk->pamh, PAM_RHOST, rhost);
}

/* The result of an attempt with these options, nothing answered right. */
static int
attempt(struct world *w, const char *arguments, const char *from)
{
	struct host host = {.late = set_rhost_item};
	static const char *const answers[] = {"0", NULL};
	struct talk talk = {
	    .host = &host, .answers = answers, .outcome = the_outcome()};
	char all[1024];
	pam_handle_t *pamh;
	int result;

	memset(talk.outcome, 0, sizeof(*talk.outcome));
	host.context = &talk;
	(void)snprintf(rhost, sizeof(rhost), "%s", from);
	(void)snprintf(all, sizeof(all), "fail_delay=0 %s", arguments);
	write_stack(w, all);
	pamh = host_start(&talk, w->dir, w->user);
	set_rhost_item(&host);
	result = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, result);
	return result;
}

static void
assert_logged(const char *words)
{
	if (strstr(the_outcome()->log, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, the_outcome()->log);
}

/* The group that the tests' user surely is in, and one that he is not. */
static const char *
own_group(void)
{
	static char name[256];
	const struct passwd *self = getpwuid(geteuid());
	const struct group *group = getgrgid(self->pw_gid);

	assert_non_null(group);
	(void)snprintf(name, sizeof(name), "%s", group->gr_name);
	return name;
}

static const char *
other_group(void)
{
	return strcmp(own_group(), "tty") == 0 ? "mail" : "tty";
}

static void
test_exempt_is_not_asked(void **state)
{
	struct world *w = *state;
	char options[512];

	(void)snprintf(options, sizeof(options), "exempt_users=%s", w->user);
	assert_int_equal(attempt(w, options, ""), PAM_SUCCESS);
	assert_int_equal(the_outcome()->prompts, 0);
	assert_logged("passed user=");
	assert_logged("reason=exempt-user");
	(void)snprintf(
	    options, sizeof(options), "exempt_groups=%s", own_group());
	assert_int_equal(attempt(w, options, ""), PAM_SUCCESS);
	assert_logged("reason=exempt-group");
	assert_int_equal(
	    attempt(w, "exempt_networks=192.0.2.0/24", "192.0.2.9"),
	    PAM_SUCCESS);
	assert_logged("reason=exempt-network");
	assert_logged("rhost=192.0.2.9");
	assert_string_equal(the_outcome()->method, "");
}

static void
test_who_is_not_exempt_is_asked(void **state)
{
	struct world *w = *state;
	char options[512];

	(void)snprintf(
	    options, sizeof(options), "exempt_groups=%s", other_group());
	assert_int_equal(attempt(w, options, ""), PAM_AUTH_ERR);
	assert_int_equal(
	    attempt(w, "exempt_users=somebody-else", ""), PAM_AUTH_ERR);
	assert_int_equal(
	    attempt(w, "exempt_networks=192.0.2.0/24", "198.51.100.1"),
	    PAM_AUTH_ERR);
	assert_int_equal(
	    attempt(w, "exempt_networks=192.0.2.0/24", ""), PAM_AUTH_ERR);
	/* A name whose address nobody has looked up, and must not. */
	assert_int_equal(
	    attempt(w, "exempt_networks=192.0.2.0/24", "192.0.2.9.evil"),
	    PAM_AUTH_ERR);
	(void)snprintf(options, sizeof(options),
	    "exempt_users=%s required_groups=%s", w->user, own_group());
	assert_int_equal(attempt(w, options, ""), PAM_AUTH_ERR);
}

static void
test_group_that_is_not_there_refuses(void **state)
{
	struct world *w = *state;
	static const char *const options[] = {"exempt_groups=no-such-group",
	    "required_groups=no-such-group not_enrolled=pass"};

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
		    attempt(w, options[i], ""), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(the_outcome()->prompts, 0);
		assert_logged("reason=state");
		assert_logged("group no-such-group: there is none");
	}
}

static void
test_required_groups_narrow_the_refusal(void **state)
{
	struct world *w = *state;
	struct xs_fault fault;
	char options[512];

	assert_int_equal(w->store.ops->remove(&w->store, &w->who, &fault), 0);
	(void)snprintf(options, sizeof(options),
	    "not_enrolled=refuse required_groups=%s", own_group());
	assert_int_equal(attempt(w, options, ""), PAM_AUTH_ERR);
	(void)snprintf(options, sizeof(options),
	    "not_enrolled=refuse required_groups=%s", other_group());
	assert_int_equal(attempt(w, options, ""), PAM_SUCCESS);
	assert_logged("passed user=");
}

/* Told, not asked: whatever is wrong, nobody is stopped. */
static void
test_enforce_log_tells_and_stops_nobody(void **state)
{
	struct world *w = *state;
	struct xs_fault fault;
	struct xs_account before, after;
	char path[128];

	load(w, &before);
	assert_int_equal(attempt(w, "enforce=log", ""), PAM_SUCCESS);
	assert_int_equal(the_outcome()->prompts, 0);
	assert_logged("would-ask user=");
	assert_logged("method=app");
	load(w, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(w->store.ops->remove(&w->store, &w->who, &fault), 0);
	assert_int_equal(attempt(w, "enforce=log", ""), PAM_SUCCESS);
	assert_logged("would-pass");
	assert_int_equal(
	    attempt(w, "enforce=log not_enrolled=refuse", ""), PAM_SUCCESS);
	assert_logged("would-refuse");
	assert_logged("reason=not-enrolled");
	(void)snprintf(path, sizeof(path), "%s/host.key", w->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(attempt(w, "enforce=log", ""), PAM_SUCCESS);
	assert_logged("would-refuse");
	assert_logged("reason=state");
	/* But options that are not understood are no options. */
	assert_int_equal(
	    attempt(w, "enforce=log tries=9", ""), PAM_SERVICE_ERR);
	assert_int_equal(
	    attempt(w, "enforce=log settings", ""), PAM_SERVICE_ERR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_exempt_is_not_asked),
	    HOST_TEST(test_who_is_not_exempt_is_asked),
	    HOST_TEST(test_group_that_is_not_there_refuses),
	    HOST_TEST(test_required_groups_narrow_the_refusal),
	    HOST_TEST(test_enforce_log_tells_and_stops_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
