/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of xsuite-sms-http, line by line and as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/sms_http_cases.h"

#define G "[gateway a]\n"
#define U "url = https://s.example/{number}/{text}\n"

static const struct {
	const char *text;
	const char *fault; /* NULL: it is good */
} files[] = {
    {G U, NULL},
    {"# c\n\n \t\n[gateway A-b_9]\n\turl\t=\thttps://s/{digits}?t={text} ",
	NULL},
    {G U "[gateway b]\n" U, NULL},
    {"", "x: there is no [gateway NAME]"},
    {U, "x:1: url: it stands behind a [gateway NAME]"},
    {G U "deadline = 3",
	"x:3: deadline: it stands in front of the first [gateway NAME]"},
    {"deadline = 30", "x:1: deadline: 1s to 29s"},
    {"deadline = 0", "x:1: deadline: 1s to 29s"},
    {"deadline = 07", "x:1: deadline: 1s to 29s"},
    {"deadline = 7m", "x:1: deadline: 1s to 29s"},
    {"deadline = 4294967299", "x:1: deadline: 1s to 29s"},
    {"when_unknown = maybe", "x:1: when_unknown: stop next"},
    {"[gate]", "x:1: section: [gateway NAME] alone is known"},
    {"[gateway ]",
	"x:1: section: a name of 1 to 32 letters, digits, - and _ is wanted"},
    {"[gateway a",
	"x:1: section: a name of 1 to 32 letters, digits, - and _ "
	"is wanted"},
    {"[gateway 123456789012345678901234567890123]",
	"x:1: section: a name of 1 to 32 letters, digits, - and _ is wanted"},
    {G G, "x:2: section: there is a gateway of that name already"},
    {G "[gateway ab]\n[gateway abc]",
	"x:3: section: more than two gateways cannot be tried in time"},
    {G "url =", "x:2: url: a value is wanted"},
    {G U U, "x:3: url: it stands there twice"},
    {G "URL = https://x", "x:2: key: there is no such key"},
    {G "url", "x:2: line: only KEY = VALUE and [gateway NAME] are allowed"},
    {G "url = a\x1b", "x:2: line: a control character, none is allowed"},
    {G, "x:1: gateway a: url: it is wanted"},
    {G "url = https://s.example/{text}",
	"x:1: gateway a: gateway: {text} and {number} or {digits} are wanted"},
    {G "url = https://s.example/{nummer}",
	"x:1: gateway a: url: a { begins {number}, {digits} or {text} alone"},
    {G "url = https://s.example/{number}/{text}#x",
	"x:1: gateway a: url: a # part is not sent"},
    {G U "auth = basic\nuser = a:b\npassword = c",
	"x:1: gateway a: auth: a user of basic has no colon"},
    {G U "auth = basic\nuser = a",
	"x:1: gateway a: auth: basic wants user and password, nothing else"},
    {G U "token = a",
	"x:1: gateway a: auth: none takes no user, password, token, "
	"credential, region or service"},
    {G U "auth = aws_sigv4\nuser = a\npassword = b\nregion = c",
	"x:1: gateway a: auth: aws_sigv4 wants user, password, region and "
	"service, nothing else"},
    {G U "auth = aws_sigv4\nuser = a\npassword = b\nregion = c:d\n"
	 "service = e",
	"x:1: gateway a: auth: region and service have no colon"},
    {G U "auth = aws_sigv4\nuser = a\npassword = b\nregion = c\n"
	 "service = d\nmethod = GET",
	"x:1: gateway a: auth: aws_sigv4 is for POST without a query"},
    {G U "auth = header\ncredential = Host: x",
	"x:1: gateway a: header: a credential is no header that can be sent"},
    {G U "auth = header\ncredential = X: {number} { \nheader = Y: {digits}",
	NULL},
    {G U "auth = header\ncredential = X: y\nheader = x: z",
	"x:1: gateway a: header: one stands there twice"},
    {G U "header = A: b\nheader = a: c",
	"x:1: gateway a: header: one stands there twice"},
    {G U "auth = bearer\ntoken = t\nheader = authorization: x",
	"x:1: gateway a: header: Authorization is what auth makes"},
    {G U "body = json",
	"x:1: gateway a: body: json lines and json want each "
	"other"},
    {G U "field = a: b",
	"x:1: gateway a: body: field and form want each other"},
    {G U "method = GET\nbody = form\nfield = a: b",
	"x:1: gateway a: body: GET has none"},
    {G U "body = json\njson = {\"a\": \"{text}\"",
	"x:1: gateway a: json: that "
	"is not JSON"},
    {G U "body = json\njson = {\"a\": {text}}",
	"x:1: gateway a: json: that is not JSON"},
    {G U "body = json\njson = {\"a\": [\"{test}\"]}",
	"x:1: gateway a: json: a { begins {number}, {digits} or {text} alone"},
    {G U "body = json\njson = {\"a\":\njson = [\"{text}\"]}", NULL},
    {G U "accept = 200, 201,204", NULL},
    {G U "accept = 200,",
	"x:3: accept: a list of statuses from 200 to 299, by comma"},
    {G U "accept = 302",
	"x:3: accept: a list of statuses from 200 to 299, by comma"},
    {G U "accept = 2000",
	"x:3: accept: a list of statuses from 200 to 299, by comma"},
    {G U "ca_file = x", "x:3: ca_file: an absolute path"},
    {G U "proxy = https://x",
	"x:3: proxy: http://HOST:PORT or socks5h://HOST:PORT"},
    {G "url = http://127.0.0.1/{number}/{text}\nproxy = http://x",
	"x:1: gateway a: proxy: what goes to loopback goes through none"},
    {G "url = https://{digits}.example/{number}/{text}",
	"x:1: gateway a: url: a placeholder can stand behind the host alone"},
    {G U "timeout = 8s",
	"x: the timeouts do not fit into the deadline of 7s, at least 1s for "
	"each gateway"},
    {"deadline = 2s\n" G U "timeout = 2s\n[gateway b]\n" U,
	"x: the timeouts do not fit into the deadline of 2s, at least 1s for "
	"each gateway"},
    {"deadline = 1s\n" G U "[gateway b]\n" U,
	"x: the timeouts do not fit into the deadline of 1s, at least 1s for "
	"each gateway"},
};

static void
test_faults_say_where_and_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct sms_http_config config;
		struct xs_fault fault = {""};
		int err;

		sms_http_config_init(&config);
		err = sms_http_feed(&config, files[i].text, &fault);
		if (files[i].fault == NULL) {
			assert_string_equal(fault.text, "");
			assert_int_equal(err, 0);
		} else {
			assert_string_equal(fault.text, files[i].fault);
			assert_int_equal(err, XS_E_CONFIG);
		}
		sms_http_config_wipe(&config);
	}
}

static void
test_a_line_of_1024_bytes_is_the_longest(void **state)
{
	char line[SMS_HTTP_LINE_MAX + 2];
	struct sms_http_config config;
	struct xs_fault fault = {""};

	(void)state;
	sms_http_config_init(&config);
	assert_int_equal(
	    sms_http_config_line(&config, "[gateway a]", "x", 1, &fault), 0);
	memset(line, 'x', sizeof(line));
	memcpy(line, "user = ", 7);
	line[SMS_HTTP_LINE_MAX] = '\0';
	assert_int_equal(
	    sms_http_config_line(&config, line, "x", 2, &fault), 0);
	assert_int_equal(strlen(config.gateways[0].user), 1024 - 7);
	line[SMS_HTTP_LINE_MAX] = 'x';
	line[SMS_HTTP_LINE_MAX + 1] = '\0';
	assert_int_equal(
	    sms_http_config_line(&config, line, "x", 3, &fault), XS_E_CONFIG);
	sms_http_config_wipe(&config);
}

static void
test_lists_have_an_end(void **state)
{
	struct sms_http_config config;
	struct xs_fault fault = {""};

	(void)state;
	sms_http_config_init(&config);
	assert_int_equal(
	    sms_http_config_line(&config, "[gateway a]", "x", 1, &fault), 0);
	for (int i = 0; i < SMS_HTTP_PAIRS; i++)
		assert_int_equal(sms_http_config_line(
				     &config, "field = a: b", "x", 2, &fault),
		    0);
	assert_int_equal(
	    sms_http_config_line(&config, "field = a: b", "x", 3, &fault),
	    XS_E_CONFIG);
	for (int i = 0; i < SMS_HTTP_MATCHES; i++)
		assert_int_equal(sms_http_config_line(&config,
				     "ok_match = text b", "x", 2, &fault),
		    0);
	assert_int_equal(
	    sms_http_config_line(&config, "ok_match = text b", "x", 3, &fault),
	    XS_E_CONFIG);
	sms_http_config_wipe(&config);
}

static void
test_time_that_nobody_asked_is_shared(void **state)
{
	struct sms_http_config config;
	struct xs_fault fault = {""};

	(void)state;
	sms_http_config_init(&config);
	assert_int_equal(
	    sms_http_feed(&config, G U "[gateway b]\n" U, &fault), 0);
	assert_int_equal(config.gateways[0].timeout_ms, 3500);
	assert_int_equal(config.gateways[1].timeout_ms, 3500);
	assert_int_equal(config.gateways[0].connect_ms, 3000);
	sms_http_config_wipe(&config);

	sms_http_config_init(&config);
	assert_int_equal(sms_http_feed(&config,
			     G U "timeout = 2s\nconnect_timeout = 9s\n"
				 "[gateway b]\n" U,
			     &fault),
	    0);
	assert_int_equal(config.gateways[0].timeout_ms, 2000);
	assert_int_equal(config.gateways[0].connect_ms, 2000);
	assert_int_equal(config.gateways[1].timeout_ms, 5000);
	sms_http_config_wipe(&config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults_say_where_and_what_is_allowed),
	    cmocka_unit_test(test_a_line_of_1024_bytes_is_the_longest),
	    cmocka_unit_test(test_lists_have_an_end),
	    cmocka_unit_test(test_time_that_nobody_asked_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
