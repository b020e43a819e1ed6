/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module through real libpam (pam_start_confdir), as any user: the result
 * of every kind of attempt, in a stack that would let in if the module were
 * passed over (pam_permit stands after it), and hostile applications.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <security/pam_appl.h>

#include "tests/module/world.h"

enum hostility {
	POLITE,
	NULL_REPLY,    /* success without a reply, as su with Ctrl-D */
	NULL_TEXT,     /* success with a reply without text */
	LONG_REPLY,    /* 10 MB */
	FAILS,         /* PAM_CONV_ERR */
	FAILS_DIRTY,   /* an error that leaves a wild pointer behind */
	OUT_OF_MEMORY, /* PAM_BUF_ERR */
};

static char *
answer_of(struct world *world, const char *script, const char *text)
{
	static const char title[] = "Your new backup code:\n\n    ";
	const char *shown = strstr(text, title);
	char code[16] = "";

	if (strcmp(script, RIGHT) == 0) {
		app_code(world, code);
		return strdup(code);
	}
	if (strcmp(script, NEW) == 0) {
		assert_non_null(shown);
		return strndup(shown + strlen(title), 9);
	}
	return strdup(script);
}

static int
answer_hostile(const struct world *world, struct pam_response **reply)
{
	struct pam_response *made;

	switch (world->hostility) {
	case NULL_REPLY:
		return PAM_SUCCESS;
	case FAILS:
		return PAM_CONV_ERR;
	case FAILS_DIRTY:
		*reply = (struct pam_response *)(uintptr_t)0x10;
		return PAM_CONV_ERR;
	case OUT_OF_MEMORY:
		return PAM_BUF_ERR;
	default:
		break;
	}
	made = calloc(1, sizeof(*made));
	assert_non_null(made);
	if (world->hostility == LONG_REPLY) {
		made->resp = malloc(10 * 1024 * 1024 + 1);
		assert_non_null(made->resp);
		memset(made->resp, '1', 10 * 1024 * 1024);
		made->resp[10 * 1024 * 1024] = '\0';
	}
	*reply = made;
	return PAM_SUCCESS;
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **reply, void *context)
{
	struct world *world = context;
	const char *script;

	(void)strncat(world->seen, messages[0]->msg,
	    sizeof(world->seen) - strlen(world->seen) - 2);
	(void)strcat(world->seen, "\n");
	if (messages[0]->msg_style == PAM_ERROR_MSG) {
		world->errors++;
		*reply = calloc(1, sizeof(**reply));
		return PAM_SUCCESS;
	}
	if (count != 1 || messages[0]->msg_style != PAM_PROMPT_ECHO_ON)
		world->wrong_calls++;
	world->questions++;
	if (world->hostility != POLITE)
		return answer_hostile(world, reply);
	script = *world->answers;
	if (script == NULL)
		return PAM_CONV_ERR;
	world->answers++;
	*reply = calloc(1, sizeof(**reply));
	assert_non_null(*reply);
	(*reply)->resp = answer_of(world, script, messages[0]->msg);
	return PAM_SUCCESS;
}

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

/* One attempt of user with module arguments; the result of authenticate. */
static int
attempt_as(struct world *world, const char *user, const char *arguments,
    int flags, const char *rhost, const char *const *answers)
{
	const struct pam_conv conv = {converse, world};
	pam_handle_t *pamh = NULL;
	const char *method;
	int result, before = count_descriptors();

	write_stack(world, arguments);
	world->answers = answers;
	world->questions = world->errors = world->wrong_calls = 0;
	world->seen[0] = '\0';
	assert_int_equal(
	    pam_start_confdir("service", user, &conv, world->dir, &pamh),
	    PAM_SUCCESS);
	if (rhost != NULL)
		assert_int_equal(
		    pam_set_item(pamh, PAM_RHOST, rhost), PAM_SUCCESS);
	result = pam_authenticate(pamh, flags);
	if (result == PAM_SUCCESS) {
		assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
		assert_int_equal(
		    pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
		assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	}
	method = pam_getenv(pamh, "XSUITE_METHOD");
	(void)snprintf(world->method, sizeof(world->method), "%s",
	    method == NULL ? "" : method);
	(void)pam_end(pamh, result);
	assert_int_equal(world->wrong_calls, 0);
	assert_int_equal(count_descriptors(), before);
	return result;
}

#define ATTEMPT(world, ...)                                     \
	attempt_as(world, world->user, "fail_delay=0", 0, NULL, \
	    (const char *const[]){__VA_ARGS__, NULL})

/* ---- Results ---- */

static void
test_app_code_succeeds(void **state)
{
	struct world *w = *state;

	enrol(w);
	assert_int_equal(ATTEMPT(w, RIGHT), PAM_SUCCESS);
	assert_string_equal(w->method, "app");
	assert_string_equal(
	    w->seen, "Authenticator app code (Enter for another method): \n");
}

static void
test_backup_code_succeeds(void **state)
{
	struct world *w = *state;

	enrol(w);
	assert_int_equal(ATTEMPT(w, "", "1234-5678", NEW), PAM_SUCCESS);
	assert_string_equal(w->method, "backup");
	assert_int_equal(ATTEMPT(w, "", BACKUP_CODE, "0"), PAM_AUTH_ERR);
	assert_non_null(strstr(w->seen, "That code is not right."));
}

static void
test_wrong_codes_fail(void **state)
{
	struct world *w = *state;

	enrol(w);
	assert_int_equal(
	    ATTEMPT(w, "000000", "000001", "000002"), PAM_AUTH_ERR);
	assert_string_equal(w->method, "");
	assert_int_equal(w->errors, 1);
}

static void
test_used_code_fails(void **state)
{
	struct world *w = *state;

	enrol(w);
	assert_int_equal(ATTEMPT(w, RIGHT), PAM_SUCCESS);
	assert_int_equal(ATTEMPT(w, RIGHT, "0"), PAM_AUTH_ERR);
}

static void
test_zero_is_a_failure(void **state)
{
	struct world *w = *state;

	enrol(w);
	assert_int_equal(ATTEMPT(w, "0"), PAM_AUTH_ERR);
	assert_int_equal(w->errors, 0);
}

static void
test_waiting_and_disabled_are_maxtries(void **state)
{
	struct world *w = *state;

	enrol(w);
	w->account.methods[XS_APP].side[XS_OWN].failures = 5;
	w->account.methods[XS_APP].side[XS_OWN].not_before = time(NULL) + 30;
	save(w);
	assert_int_equal(ATTEMPT(w, RIGHT), PAM_MAXTRIES);
	w->account.methods[XS_APP].disabled = true;
	w->account.methods[XS_BACKUP].disabled = true;
	save(w);
	assert_int_equal(ATTEMPT(w, RIGHT), PAM_MAXTRIES);
	assert_int_equal(w->questions, 0);
}

static void
test_not_enrolled_follows_the_option(void **state)
{
	struct world *w = *state;

	assert_int_equal(ATTEMPT(w, "000000"), PAM_SUCCESS);
	assert_int_equal(w->questions, 0);
	assert_string_equal(w->method, "");
	assert_int_equal(
	    attempt_as(w, w->user, "not_enrolled=refuse fail_delay=0", 0, NULL,
		(const char *const[]){"000000", "000001", "000002", NULL}),
	    PAM_AUTH_ERR);
}

static void
test_ignore_alone_is_no_success(void **state)
{
	struct world *w = *state;
	const struct pam_conv conv = {converse, w};
	pam_handle_t *pamh;
	char stack[1024];

	(void)snprintf(stack, sizeof(stack),
	    "auth required %s config=%s/xsuite.conf\n", module_path(), w->dir);
	write_file(w->dir, "alone", stack);
	assert_int_equal(
	    pam_start_confdir("alone", w->user, &conv, w->dir, &pamh),
	    PAM_SUCCESS);
	assert_int_not_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

static void
test_unknown_names_fail(void **state)
{
	static const char *const names[] = {"nobody-here", "..", "a/b", "-x",
	    "../users/0", "DOM\\user", "ROOT", "r\xc3\xb6ot", "%n%s", "root ",
	    "a\nb", "@new"};
	char long_name[301];
	struct world *w = *state;

	enrol(w);
	memset(long_name, 'a', 300);
	long_name[300] = '\0';
	for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
		    attempt_as(w,
			i < sizeof(names) / sizeof(names[0]) ? names[i]
							     : long_name,
			"fail_delay=0", 0, NULL,
			(const char *const[]){
			    "000000", "12345678", "111111", NULL}),
		    PAM_AUTH_ERR);
}

static void
test_bad_options_are_service_errors(void **state)
{
	static const char *const bad[] = {"trie=3", "tries=0", "tries=6",
	    "tries=x", "tries=", "tries=3 tries=3", "nodelay", "settings=1",
	    "not_enrolled=maybe", "throttle_stop=101", "argon2_memory=1M",
	    "throttle_free=10 throttle_stop=10", "methods=", "methods=app,app",
	    "config=/nonexistent/xsuite.conf", "state_dir=relative",
	    "remember=31d", "store=postgresql"};
	struct world *w = *state;

	enrol(w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (attempt_as(w, w->user, bad[i], 0, NULL,
			(const char *const[]){RIGHT, NULL}) != PAM_SERVICE_ERR)
			fail_msg("%s is not refused", bad[i]);
		assert_int_equal(w->questions, 0);
	}
}

static void
test_missing_key_or_state_is_unavailable(void **state)
{
	static const char *const damage[] = {"rm host.key",
	    "chmod 644 host.key", "rm state/users/.store", "rm -r state/users",
	    "chmod 755 state/users", "rm -rf state"};
	struct world *w = *state;
	char command[256];

	/* Not enrolled, policy pass: still refused, for nothing is proved. */
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		void *fresh;

		assert_int_equal(setup(&fresh), 0);
		w = fresh;
		(void)snprintf(
		    command, sizeof(command), "cd %s && %s", w->dir, damage[i]);
		assert_int_equal(system(command), 0);
		assert_int_equal(ATTEMPT(w, "000000"), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(w->questions, 0);
		assert_int_equal(teardown(&fresh), 0);
	}
}

/* ---- Applications ---- */

static void
test_hostile_conversations(void **state)
{
	static const struct {
		enum hostility hostility;
		int result;
	} rows[] = {{NULL_REPLY, PAM_CONV_ERR}, {NULL_TEXT, PAM_CONV_ERR},
	    {FAILS, PAM_CONV_ERR}, {FAILS_DIRTY, PAM_CONV_ERR},
	    {OUT_OF_MEMORY, PAM_BUF_ERR}, {LONG_REPLY, PAM_AUTH_ERR}};
	struct world *w = *state;
	struct xs_fault fault;
	struct xs_plain plain;

	enrol(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->hostility = rows[i].hostility;
		assert_int_equal(ATTEMPT(w, "000000"), rows[i].result);
	}
	assert_int_equal(
	    w->store.ops->read(&w->store, &w->who, &plain, &fault), 0);
	assert_int_equal(xs_account_read(&w->account, &plain, &fault), 0);
	assert_int_equal(w->account.history.count, 0);
}

static void
test_no_conversation_is_an_error(void **state)
{
	struct world *w = *state;
	const struct pam_conv none = {NULL, NULL};
	pam_handle_t *pamh;
	char stack[1024];

	enrol(w);
	(void)snprintf(stack, sizeof(stack),
	    "auth required %s config=%s/xsuite.conf\n"
	    "auth required pam_permit.so\n",
	    module_path(), w->dir);
	write_file(w->dir, "silent", stack);
	assert_int_equal(
	    pam_start_confdir("silent", w->user, &none, w->dir, &pamh),
	    PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_CONV_ERR);
	(void)pam_end(pamh, 0);
}

/* sudo is silent, and yet the new backup code must be seen. */
static void
test_silent_shows_prompts_and_nothing_else(void **state)
{
	struct world *w = *state;

	enrol(w);
	assert_int_equal(
	    attempt_as(w, w->user, "fail_delay=0", PAM_SILENT, NULL,
		(const char *const[]){"", BACKUP_CODE, NEW, NULL}),
	    PAM_SUCCESS);
	assert_non_null(strstr(w->seen, "Your new backup code:"));
	assert_int_equal(
	    attempt_as(w, w->user, "fail_delay=0", PAM_SILENT, NULL,
		(const char *const[]){"000000", "000001", "000002", NULL}),
	    PAM_AUTH_ERR);
	assert_int_equal(w->errors, 0);
}

static void
test_absurd_rhost_is_harmless(void **state)
{
	static const char *const hosts[] = {"", "not.numeric.example",
	    "192.0.2.7", "2001:db8::1", "a\nb\x1b[31m%n", "fe80::1%eth0",
	    "::ffff:192.0.2.1", "999.1.1.1"};
	struct world *w = *state;
	char long_host[5000];

	enrol(w);
	memset(long_host, '1', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_int_equal(
		    attempt_as(w, w->user, "fail_delay=0", 0,
			i < sizeof(hosts) / sizeof(hosts[0]) ? hosts[i]
							     : long_host,
			(const char *const[]){"0", NULL}),
		    PAM_AUTH_ERR);
}

static void
test_only_the_six_entry_points_are_exported(void **state)
{
	static const char *const entries[] = {"pam_sm_authenticate",
	    "pam_sm_setcred", "pam_sm_acct_mgmt", "pam_sm_open_session",
	    "pam_sm_close_session", "pam_sm_chauthtok"};
	static const char *const hidden[] = {"xs_login_run", "xs_verify_app",
	    "xs_store_file_open", "xs_seal", "xs_env_system"};
	void *module = dlopen(module_path(), RTLD_NOW | RTLD_LOCAL);

	(void)state;
	if (module == NULL)
		fail_msg("%s", dlerror());
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		assert_non_null(dlsym(module, entries[i]));
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_null(dlsym(module, hidden[i]));
	(void)dlclose(module);
}

static void
test_chauthtok_leaves_passwords_alone(void **state)
{
	struct world *w = *state;
	const struct pam_conv conv = {converse, w};
	pam_handle_t *pamh;
	char stack[1024];

	enrol(w);
	(void)snprintf(stack, sizeof(stack),
	    "password required %s config=%s/xsuite.conf\n"
	    "password required pam_permit.so\n",
	    module_path(), w->dir);
	write_file(w->dir, "password", stack);
	assert_int_equal(
	    pam_start_confdir("password", w->user, &conv, w->dir, &pamh),
	    PAM_SUCCESS);
	w->questions = 0;
	assert_int_equal(pam_chauthtok(pamh, 0), PAM_SUCCESS);
	assert_int_equal(w->questions, 0);
	(void)pam_end(pamh, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_app_code_succeeds),
	    TEST(test_backup_code_succeeds),
	    TEST(test_wrong_codes_fail),
	    TEST(test_used_code_fails),
	    TEST(test_zero_is_a_failure),
	    TEST(test_waiting_and_disabled_are_maxtries),
	    TEST(test_not_enrolled_follows_the_option),
	    TEST(test_ignore_alone_is_no_success),
	    TEST(test_unknown_names_fail),
	    TEST(test_bad_options_are_service_errors),
	    TEST(test_missing_key_or_state_is_unavailable),
	    TEST(test_hostile_conversations),
	    TEST(test_no_conversation_is_an_error),
	    TEST(test_silent_shows_prompts_and_nothing_else),
	    TEST(test_absurd_rhost_is_harmless),
	    cmocka_unit_test(test_only_the_six_entry_points_are_exported),
	    TEST(test_chauthtok_leaves_passwords_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
