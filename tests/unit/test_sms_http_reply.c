/* SPDX-License-Identifier: BSD-3-Clause */
/* What xsuite-sms-http makes of an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/sms_http_cases.h"

static const char *const good_matches[] = {
    "text x",
    "text json",
    "text  two words",
    "json a = 0",
    "json a.b[0].c=\"x = y\"",
    "json [0] = true",
    "json [0][1].x = {\"a\": 1}",
    "json message-count = \"1\"",
};

static const char *const bad_matches[] = {
    "",
    "text",
    "text ",
    "words x",
    "json",
    "json a",
    "json a =",
    "json = 1",
    "json a = x",
    "json a = 'x'",
    "json a = null",
    "json a = 1 2",
    "json .a = 1",
    "json a. = 1",
    "json a..b = 1",
    "json a[] = 1",
    "json a[x] = 1",
    "json a[-1] = 1",
    "json a[1 = 1",
    "json a]1[ = 1",
    "json [0]a = 1",
    "json a[99999] = 1",
};

static void
set_match(struct sms_http_matches *list, const char *text)
{
	if (text == NULL)
		return;
	assert_null(sms_http_match_parse(&list->at[list->count], text));
	list->at[list->count].line = 9;
	list->count++;
}

static void
wipe(struct sms_http_gateway *gateway)
{
	struct sms_http_config config;

	/* The gateway as one that the configuration owns. */
	sms_http_config_init(&config);
	config.gateways[0] = *gateway;
	config.count = 1;
	sms_http_config_wipe(&config);
}

static void
test_conditions_are_read_or_refused(void **state)
{
	struct sms_http_gateway gateway = {0};
	struct sms_http_match match = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(good_matches); i++)
		set_match(&gateway.ok, good_matches[i]);
	wipe(&gateway);
	for (size_t i = 0; i < COUNT(bad_matches); i++) {
		if (sms_http_match_parse(&match, bad_matches[i]) == NULL)
			fail_msg("%s is taken", bad_matches[i]);
		assert_null(match.path);
		assert_null(match.value);
	}
}

static const struct {
	const char *ok, *fail, *body;
	long status;
	enum sms_http_outcome outcome;
} answers[] = {
    {NULL, NULL, "", 200, SMS_HTTP_TAKEN},
    {NULL, NULL, "", 202, SMS_HTTP_TAKEN},
    {NULL, NULL, "", 199, SMS_HTTP_REFUSED},
    {NULL, NULL, "", 203, SMS_HTTP_REFUSED},
    {NULL, NULL, "", 300, SMS_HTTP_REFUSED},
    {NULL, NULL, "", 0, SMS_HTTP_REFUSED},
    {NULL, NULL, "", -200, SMS_HTTP_REFUSED},
    {"text OK", NULL, "all OK", 200, SMS_HTTP_TAKEN},
    {"text OK", NULL, "all ok", 200, SMS_HTTP_REFUSED},
    {"text OK", NULL, "O", 200, SMS_HTTP_REFUSED},
    {"text OK", NULL, "all OK", 500, SMS_HTTP_REFUSED},
    {"text OK", "text ERR", "OK ERR", 200, SMS_HTTP_REFUSED},
    {NULL, "text ERR", "OK", 200, SMS_HTTP_TAKEN},
    {"json s = \"0\"", NULL, "{\"s\": \"0\"}", 200, SMS_HTTP_TAKEN},
    {"json s = \"0\"", NULL, "{\"s\": 0}", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "{\"s\": \"0\"}", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "{\"s\": false}", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "{\"s\": null}", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "{}", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "[0]", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "null", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "{\"s\": 0", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, "{\"s\": 0} x", 200, SMS_HTTP_REFUSED},
    {"json s = 0", NULL, " {\"s\": 0}\r\n", 200, SMS_HTTP_TAKEN},
    {"json [1].a[0] = true", NULL, "[0, {\"a\": [true]}]", 200, SMS_HTTP_TAKEN},
    {"json [1].a[0] = true", NULL, "[0, {\"a\": []}]", 200, SMS_HTTP_REFUSED},
    {"json [1].a[0] = true", NULL, "[0]", 200, SMS_HTTP_REFUSED},
    /* What tells of failures only must be readable to tell of none. */
    {NULL, "json s = 1", "{\"s\": 0}", 200, SMS_HTTP_TAKEN},
    {NULL, "json s = 1", "{\"s\": 1}", 200, SMS_HTTP_REFUSED},
    {NULL, "json s = 1", "<html>", 200, SMS_HTTP_REFUSED},
    {"text <", "json s = 1", "<html>", 200, SMS_HTTP_REFUSED},
};

static void
test_answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct sms_http_gateway gateway = {
		    .accept = {[0] = true, [1] = true, [2] = true}};
		struct xs_fault why = {""};
		enum sms_http_outcome outcome;

		set_match(&gateway.ok, answers[i].ok);
		set_match(&gateway.fail, answers[i].fail);
		outcome = sms_http_judge(&gateway, answers[i].status,
		    answers[i].body, strlen(answers[i].body), &why);
		if (outcome != answers[i].outcome)
			fail_msg("answer %zu: %s", i, why.text);
		assert_int_equal(
		    outcome == SMS_HTTP_TAKEN, why.text[0] == '\0');
		wipe(&gateway);
	}
}

static void
test_every_ok_match_must_hold(void **state)
{
	struct sms_http_gateway gateway = {.accept = {[0] = true}};
	struct xs_fault why = {""};

	(void)state;
	set_match(&gateway.ok, "text a");
	set_match(&gateway.ok, "text b");
	assert_int_equal(
	    sms_http_judge(&gateway, 200, "ab", 2, &why), SMS_HTTP_TAKEN);
	assert_int_equal(
	    sms_http_judge(&gateway, 200, "a", 1, &why), SMS_HTTP_REFUSED);
	assert_int_equal(
	    sms_http_judge(&gateway, 200, "b", 1, &why), SMS_HTTP_REFUSED);
	assert_string_equal(
	    why.text, "it answered, but ok_match of line 9 does not hold");
	wipe(&gateway);
}

static void
test_deep_json_is_no_success(void **state)
{
	struct sms_http_gateway gateway = {.accept = {[0] = true}};
	struct xs_fault why = {""};
	char body[401];

	(void)state;
	set_match(&gateway.fail, "json a = 1");
	memset(body, '[', 200);
	memset(body + 200, ']', 200);
	body[400] = '\0';
	assert_int_equal(
	    sms_http_judge(&gateway, 200, body, 400, &why), SMS_HTTP_REFUSED);
	wipe(&gateway);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conditions_are_read_or_refused),
	    cmocka_unit_test(test_answers_are_judged),
	    cmocka_unit_test(test_every_ok_match_must_hold),
	    cmocka_unit_test(test_deep_json_is_no_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
