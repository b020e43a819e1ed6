/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates filled in, and requests as xsuite-sms-http sends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/sms_http_cases.h"

static const struct sms_http_message odd = {
    "+31612345678", "a\"b\\c&d=e%f+g {digits}\n/\xc3\xa9"};

static const struct {
	const char *template;
	enum sms_http_escape escape;
	const char *filled; /* NULL: it cannot stand there */
} templates[] = {
    {"", SMS_HTTP_ESCAPE_URL, ""},
    {"x{number}y", SMS_HTTP_ESCAPE_URL, "x%2B31612345678y"},
    {"{digits}{digits}", SMS_HTTP_ESCAPE_URL, "3161234567831612345678"},
    {"{", SMS_HTTP_ESCAPE_URL, "{"},
    {"{{digits}}", SMS_HTTP_ESCAPE_NONE, "{31612345678}"},
    {"{text}", SMS_HTTP_ESCAPE_URL,
	"a%22b%5Cc%26d%3De%25f%2Bg%20%7Bdigits%7D%0A%2F%C3%A9"},
    {"{text}", SMS_HTTP_ESCAPE_NONE, "a\"b\\c&d=e%f+g {digits}\n/\xc3\xa9"},
    {"{number}", SMS_HTTP_ESCAPE_HEADER, "+31612345678"},
    {"{text}", SMS_HTTP_ESCAPE_HEADER, NULL},
};

static void
test_values_are_escaped_for_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(templates); i++) {
		struct sms_http_text out = {0};
		int err = sms_http_fill(
		    templates[i].template, &odd, templates[i].escape, &out);

		if (templates[i].filled == NULL) {
			assert_int_equal(err, XS_E_INVALID);
		} else {
			assert_int_equal(err, 0);
			assert_string_equal(out.data, templates[i].filled);
		}
		sms_http_text_wipe(&out);
	}
}

static void
test_json_is_filled_within_its_strings(void **state)
{
	static const char template[] =
	    "{\"{text}\": [\"{digits}\", 1, \"x{text}\"], \"n\": null}";
	struct sms_http_text out = {0};

	(void)state;
	assert_int_equal(sms_http_fill_json(template, &odd, &out), 0);
	assert_string_equal(out.data,
	    "{\"{text}\":[\"31612345678\",1,\"xa\\\"b\\\\c&d=e%f+g "
	    "{digits}\\n/\xc3\xa9\"],\"n\":null}");
	sms_http_text_wipe(&out);
}

static void
build(const char *options, struct sms_http_config *config,
    struct sms_http_request *request)
{
	struct xs_fault fault = {""};

	sms_http_config_init(config);
	assert_int_equal(sms_http_feed(config, options, &fault), 0);
	assert_int_equal(
	    sms_http_request_build(request, &config->gateways[0], &odd), 0);
}

static void
test_credentials_are_no_templates(void **state)
{
	static const char options[] =
	    "[gateway a]\nurl = https://s/{digits}?t={text}\nauth = query\n"
	    "credential = k&: {text}&x=1\n";
	struct sms_http_config config;
	struct sms_http_request request;

	(void)state;
	build(options, &config, &request);
	assert_string_equal(request.url.data,
	    "https://s/31612345678?t=a%22b%5Cc%26d%3De%25f%2Bg%20%7Bdigits%7D"
	    "%0A%2F%C3%A9&k%26=%7Btext%7D%26x%3D1");
	assert_int_equal(request.count, 0);
	sms_http_request_wipe(&request);
	sms_http_config_wipe(&config);
}

static void
test_a_form_is_escaped_whole(void **state)
{
	static const char options[] =
	    "[gateway a]\nurl = https://s/\nbody = form\n"
	    "field = a b: x&y={number}\nfield = t: {text}\n"
	    "header = X-To: {digits}\n";
	struct sms_http_config config;
	struct sms_http_request request;

	(void)state;
	build(options, &config, &request);
	assert_string_equal(request.body.data,
	    "a%20b=x%26y%3D%2B31612345678&t=a%22b%5Cc%26d%3De%25f%2Bg%20"
	    "%7Bdigits%7D%0A%2F%C3%A9");
	assert_int_equal(request.count, 2);
	assert_string_equal(request.headers[0].data,
	    "Content-Type: application/x-www-form-urlencoded");
	assert_string_equal(request.headers[1].data, "X-To: 31612345678");
	sms_http_request_wipe(&request);
	sms_http_config_wipe(&config);
}

static void
test_another_content_type_takes_the_place_of_ours(void **state)
{
	static const char options[] =
	    "[gateway a]\nurl = https://s/\nbody = json\n"
	    "json = [\"{number}\", \"{text}\"]\n"
	    "header = content-type: application/x-amz-json-1.0\n"
	    "auth = bearer\ntoken = {text}\n";
	struct sms_http_config config;
	struct sms_http_request request;

	(void)state;
	build(options, &config, &request);
	assert_int_equal(request.count, 2);
	assert_string_equal(
	    request.headers[0].data, "Authorization: Bearer {text}");
	assert_string_equal(request.headers[1].data,
	    "content-type: application/x-amz-json-1.0");
	sms_http_request_wipe(&request);
	sms_http_config_wipe(&config);
}

static void
test_bytes_grow_and_go(void **state)
{
	struct sms_http_text text = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(sms_http_text_add(&text, "ab", 2), 0);
	assert_int_equal(text.length, 2000);
	assert_int_equal(strlen(text.data), 2000);
	assert_int_equal(
	    sms_http_text_add(&text, "x", SIZE_MAX / 2), XS_E_NOMEM);
	assert_int_equal(text.length, 2000);
	sms_http_text_wipe(&text);
	assert_null(text.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values_are_escaped_for_their_place),
	    cmocka_unit_test(test_json_is_filled_within_its_strings),
	    cmocka_unit_test(test_credentials_are_no_templates),
	    cmocka_unit_test(test_a_form_is_escaped_whole),
	    cmocka_unit_test(test_another_content_type_takes_the_place_of_ours),
	    cmocka_unit_test(test_bytes_grow_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
