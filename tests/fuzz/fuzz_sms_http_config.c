/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options files of xsuite-sms-http, and an SMS sent by what they say: whatever
 * is filled in, it goes to the host of the file, and no header gets a line
 * feed.
 */
#include "fuzz.h"
#include "tests/sms_http_cases.h"

static const struct sms_http_message message = {
    "+31612345678", "604412 \"x\\&=%+/?#@: {number}"};

/* Up to the path; what is behind the host may hold placeholders. */
static size_t
authority(const char *url)
{
	const char *host = strstr(url, "://");

	MUST(host != NULL);
	host += 3;
	return (size_t)(host - url) + strcspn(host, "/?#");
}

static void
send_by(const struct sms_http_gateway *gateway)
{
	struct sms_http_request request;
	size_t n = authority(gateway->url);
	bool plain = false;

	if (sms_http_request_build(&request, gateway, &message) == 0) {
		MUST(strncmp(request.url.data, gateway->url, n) == 0);
		MUST(authority(request.url.data) == n);
		MUST(sms_http_url_problem(request.url.data, &plain) == NULL);
		MUST(!plain || strncmp(gateway->url, "http://", 7) == 0);
		for (size_t i = 0; i < request.count; i++)
			MUST(strpbrk(request.headers[i].data, "\r\n") == NULL);
		if (gateway->body == SMS_HTTP_FORM)
			MUST(strpbrk(request.body.data, "\r\n \"") == NULL);
	}
	sms_http_request_wipe(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_http_config *config = malloc(sizeof(*config));
	char *text = malloc(size + 1);
	struct xs_fault fault = {""};
	unsigned sum = 0;

	MUST(config != NULL && text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	sms_http_config_init(config);
	if (sms_http_feed(config, text, &fault) == 0) {
		for (size_t i = 0; i < config->count; i++) {
			sum += config->gateways[i].timeout_ms;
			send_by(&config->gateways[i]);
		}
		MUST(sum <= config->deadline * 1000);
	} else {
		MUST(strncmp(fault.text, "x:", 2) == 0);
	}
	sms_http_config_wipe(config);
	free(config);
	free(text);
	return 0;
}
