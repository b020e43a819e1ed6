/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PAM items that are missing, absurd, or changed while the module waits for
 * an answer: it goes by what it read at first, and never by freed memory.
 */
#include "tests/module/host.h"

#define RHOST "192.0.2.77"

static void
set_rhost(const struct host *host)
{
	const struct talk *talk = host->context;

	(void)pam_set_item(talk->pamh, PAM_RHOST, RHOST);
}

/* Frees the string that PAM_RHOST was, and puts others there. */
static void
change_rhost(const struct host *host, pam_handle_t *pamh)
{
	(void)host;
	(void)pam_set_item(pamh, PAM_RHOST, "198.51.100.99");
	(void)pam_set_item(pamh, PAM_RHOST, "x");
	(void)pam_set_item(pamh, PAM_RHOST, NULL);
}

/* One attempt in this process, so that context can be the talk. */
static int
attempt(struct world *w, struct host *host, const char *const *answers)
{
	struct talk talk = {
	    .host = host, .answers = answers, .outcome = the_outcome()};
	pam_handle_t *pamh;
	int result;

	memset(talk.outcome, 0, sizeof(*talk.outcome));
	host->context = &talk;
	app_code(w, talk.code);
	write_stack(w, "fail_delay=0");
	save(w);
	pamh = host_start(&talk, w->dir, w->user);
	if (host->late != NULL)
		host->late(host);
	result = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, result);
	return result;
}

static void
test_rhost_is_what_it_was_at_first(void **state)
{
	struct host host = {.late = set_rhost, .prompt = change_rhost};
	struct world *w = *state;

	for (size_t i = 0; i < LOGINS; i++) {
		assert_int_equal(
		    attempt(w, &host, logins[i].answers), logins[i].result);
		if (strstr(the_outcome()->log, " rhost=" RHOST "\n") == NULL ||
		    strstr(the_outcome()->log, "198.51") != NULL)
			fail_msg("log: %s", the_outcome()->log);
	}
}

/* Where the attempt came from, in the record. */
static void
expect_side(struct world *w, enum xs_side side, const char *where)
{
	struct xs_account account;

	load(w, &account);
	if (account.budgets[side].spent != 1 ||
	    account.budgets[1 - side].spent != 0)
		fail_msg("%s: own %u, other %u", where,
		    account.budgets[XS_OWN].spent,
		    account.budgets[XS_OTHER].spent);
}

static void
name_host(const struct host *host)
{
	const struct talk *talk = host->context;

	(void)pam_set_item(talk->pamh, PAM_RHOST, "gateway.example.org");
}

/*
 * Who comes over the network is not taken for somebody at the console because
 * the application has looked his address up (sshd's UseDNS).
 */
static void
test_host_name_as_rhost_is_nobodys_console(void **state)
{
	struct host host = {.late = name_host};
	struct world *w = *state;

	assert_int_equal(attempt(w, &host, logins[1].answers), PAM_AUTH_ERR);
	expect_side(w, XS_OTHER, "a host name");
	host.late = set_rhost;
	assert_int_equal(attempt(w, &host, logins[1].answers), PAM_AUTH_ERR);
	expect_side(w, XS_OTHER, "an address");
	/* Of root's or the person's own, without PAM_RHOST. */
	host.late = NULL;
	assert_int_equal(attempt(w, &host, logins[1].answers), PAM_AUTH_ERR);
	expect_side(w, XS_OWN, "a console");
}

static void
change_user(const struct host *host, pam_handle_t *pamh)
{
	(void)host;
	(void)pam_set_item(pamh, PAM_USER, NULL);
	(void)pam_set_item(pamh, PAM_USER, "somebody-else");
}

/* The record is that of who began, whoever the item names afterwards. */
static void
test_user_is_who_began(void **state)
{
	struct host host = {.prompt = change_user};
	struct world *w = *state;
	char expected[300];

	(void)snprintf(expected, sizeof(expected), " user=%s ", w->user);
	for (size_t i = 0; i < LOGINS; i++) {
		assert_int_equal(
		    attempt(w, &host, logins[i].answers), logins[i].result);
		assert_non_null(strstr(the_outcome()->log, expected));
		assert_null(strstr(the_outcome()->log, "somebody"));
	}
}

/* libpam keeps a copy of the conversation, and frees it when it is set. */
static void
replace_conversation(const struct host *host, pam_handle_t *pamh)
{
	const struct pam_conv same = {host_converse, host->context};

	(void)pam_set_item(pamh, PAM_CONV, &same);
}

static void
test_conversation_can_be_replaced(void **state)
{
	struct host host = {.prompt = replace_conversation};
	struct world *w = *state;

	for (size_t i = 0; i < LOGINS; i++)
		assert_int_equal(
		    attempt(w, &host, logins[i].answers), logins[i].result);
}

static int
no_answer(int count, const struct pam_message **messages,
    struct pam_response **reply, void *context)
{
	(void)count, (void)messages, (void)reply, (void)context;
	return PAM_CONV_ERR;
}

static void
lose_conversation(const struct host *host, pam_handle_t *pamh)
{
	const struct pam_conv none = {no_answer, host->context};

	(void)pam_set_item(pamh, PAM_CONV, &none);
}

/* The answer under way counts; after it nobody can be asked. */
static void
test_conversation_can_fail_from_now_on(void **state)
{
	struct host host = {.prompt = lose_conversation};
	struct world *w = *state;

	assert_int_equal(attempt(w, &host, logins[0].answers), PAM_SUCCESS);
	for (size_t i = 1; i < LOGINS; i++) {
		assert_int_equal(
		    attempt(w, &host, logins[i].answers), PAM_CONV_ERR);
		assert_false(is_consumed(w));
	}
}

static void
set_garbage(const struct host *host)
{
	/* Much longer, and libaudit refuses in libpam's name. */
	static char garbage[2500];
	const struct talk *talk = host->context;

	memset(garbage, '\xff', sizeof(garbage) - 1);
	memcpy(garbage, "\n%n%s\x1b[2J\"=\\", 12);
	(void)pam_set_item(talk->pamh, PAM_TTY, garbage);
	(void)pam_set_item(talk->pamh, PAM_RUSER, garbage);
	(void)pam_set_item(talk->pamh, PAM_RHOST, garbage);
	(void)pam_set_item(talk->pamh, PAM_USER_PROMPT, garbage);
	(void)pam_set_item(talk->pamh, PAM_XDISPLAY, garbage);
}

/* A remote host of 2,500 bytes is cut in the log, and one line stays one. */
static void
test_garbage_in_items_is_harmless(void **state)
{
	struct host host = {.late = set_garbage};
	struct world *w = *state;

	for (size_t i = 0; i < LOGINS; i++) {
		assert_int_equal(
		    attempt(w, &host, logins[i].answers), logins[i].result);
		for (const char *c = the_outcome()->log; *c != '\0'; c++)
			if (*c != '\n' && (*c < 0x20 || *c > 0x7e))
				fail_msg("log: %s", the_outcome()->log);
		assert_in_range(strlen(the_outcome()->log), 1,
		    the_outcome()->log_lines * 1000);
	}
}

/* ---- Who ---- */

static void
test_missing_user_is_asked_for(void **state)
{
	const struct host host = {.name = "no PAM_USER", .user = ""};
	struct world *w = *state;
	const struct outcome *outcome =
	    run_host(w, &host, (const char *const[]){w->user, RIGHT, NULL});

	assert_int_equal(outcome->result, PAM_SUCCESS);
	assert_int_equal(outcome->prompts, 2);
	/* Nobody answers: refused, and not as "not enrolled". */
	outcome = run_host(w, &host, (const char *const[]){NULL});
	assert_int_equal(outcome->result, PAM_CONV_ERR);
	assert_int_equal(outcome->log_lines, 1);
	/* Just Enter. */
	outcome = run_host(w, &host,
	    (const char *const[]){"", "000000", "000000", "000000", NULL});
	assert_int_equal(outcome->result, PAM_AUTH_ERR);
	assert_int_equal(outcome->prompts, 4);
}

static void
test_empty_and_endless_users_are_nobody(void **state)
{
	static char endless[1 << 20];
	struct world *w = *state;
	const char *const names[] = {endless, " ", "\n", "\x01"};
	struct host host = {.name = "odd PAM_USER"};
	const struct outcome *outcome;

	memset(endless, 'a', sizeof(endless) - 1);
	for (size_t i = 0; i < 4; i++) {
		host.user = names[i];
		outcome = run_host(w, &host,
		    (const char *const[]){"000000", "000000", "000000", NULL});
		assert_int_equal(outcome->result, PAM_AUTH_ERR);
		assert_int_equal(outcome->prompts, 3);
		assert_non_null(strstr(outcome->log, " user=(unknown) "));
	}
}

static void
lose_user(const struct host *host, pam_handle_t *pamh)
{
	change_user(host, pamh);
	lose_conversation(host, pamh);
}

static void
test_failing_conversation_that_changes_the_user(void **state)
{
	struct host host = {.prompt = lose_user};
	struct world *w = *state;

	for (size_t i = 1; i < LOGINS; i++)
		assert_int_equal(
		    attempt(w, &host, logins[i].answers), PAM_CONV_ERR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_rhost_is_what_it_was_at_first),
	    HOST_TEST(test_host_name_as_rhost_is_nobodys_console),
	    HOST_TEST(test_user_is_who_began),
	    HOST_TEST(test_conversation_can_be_replaced),
	    HOST_TEST(test_conversation_can_fail_from_now_on),
	    HOST_TEST(test_garbage_in_items_is_harmless),
	    HOST_TEST(test_missing_user_is_asked_for),
	    HOST_TEST(test_empty_and_endless_users_are_nobody),
	    HOST_TEST(test_failing_conversation_that_changes_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
