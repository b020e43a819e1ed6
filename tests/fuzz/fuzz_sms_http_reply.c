/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A condition (first line) and an answer: it is a success only with a status
 * that is accepted, as ok_match and as fail_match it decides the opposite,
 * and what is not JSON meets no condition on JSON.
 */
#include "fuzz.h"
#include "tests/sms_http_cases.h"

static enum sms_http_outcome
judge(const struct sms_http_match *match, bool ok, long status,
    const char *body, size_t length)
{
	struct sms_http_gateway gateway = {.accept = {[0] = true}};
	struct sms_http_matches *list = ok ? &gateway.ok : &gateway.fail;
	struct xs_fault why = {""};

	list->at[0] = *match;
	list->count = 1;
	return sms_http_judge(&gateway, status, body, length, &why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct sms_http_match match = {0};
	char condition[256], *body;
	enum sms_http_outcome ok, fail;

	take_text(&in, condition, sizeof(condition));
	if (sms_http_match_parse(&match, condition) != NULL)
		return 0;
	/* With the NUL that sms_http_text keeps behind it. */
	body = malloc(in.left + 1);
	MUST(body != NULL);
	memcpy(body, in.at, in.left);
	body[in.left] = '\0';
	ok = judge(&match, true, 200, body, in.left);
	fail = judge(&match, false, 200, body, in.left);
	MUST(ok == SMS_HTTP_TAKEN || ok == SMS_HTTP_REFUSED);
	MUST(ok != SMS_HTTP_TAKEN || fail == SMS_HTTP_REFUSED);
	MUST(match.path != NULL || ok != fail);
	MUST(judge(&match, true, 500, body, in.left) == SMS_HTTP_REFUSED);
	free(body);
	free(match.path);
	free(match.value);
	return 0;
}
