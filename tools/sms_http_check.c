/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the options are complete and do not contradict each other. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

#include "sms_http.h"

#define CONNECT_MS 3000

/* Which keys an auth wants; it takes no others of these. */
enum {
	HAS_USER = 1,
	HAS_PASSWORD = 2,
	HAS_TOKEN = 4,
	HAS_AWS = 8,
	HAS_CREDENTIAL = 16
};

static const struct {
	unsigned wants;
	const char *words;
} auths[] = {
    [SMS_HTTP_AUTH_NONE] = {0,
	"none takes no user, password, token, credential, region or service"},
    [SMS_HTTP_AUTH_BASIC] = {HAS_USER | HAS_PASSWORD,
	"basic wants user and password, nothing else"},
    [SMS_HTTP_AUTH_BEARER] = {HAS_TOKEN, "bearer wants token, nothing else"},
    [SMS_HTTP_AUTH_HEADER] = {HAS_CREDENTIAL,
	"header wants credential = NAME: VALUE, nothing else"},
    [SMS_HTTP_AUTH_QUERY] = {HAS_CREDENTIAL,
	"query wants credential = NAME: VALUE, nothing else"},
    [SMS_HTTP_AUTH_AWS] = {HAS_USER | HAS_PASSWORD | HAS_AWS,
	"aws_sigv4 wants user, password, region and service, nothing else"},
};

static bool
is_loopback(const char *host)
{
	unsigned char bytes[16];
	char inner[64];
	size_t n = strlen(host);

	if (inet_pton(AF_INET, host, bytes) == 1)
		return bytes[0] == 127;
	if (n < 4 || n - 2 >= sizeof(inner) || host[0] != '[')
		return false;
	memcpy(inner, host + 1, n - 2);
	inner[n - 2] = '\0';
	return inet_pton(AF_INET6, inner, bytes) == 1 &&
	    memcmp(bytes, &in6addr_loopback, sizeof(bytes)) == 0;
}

static const char *
judge_url(CURLU *parts, const char *url, bool *ret_plain)
{
	char *scheme = NULL, *host = NULL, *user = NULL, *fragment = NULL;
	const char *why = "that is not an URL";
	bool plain;

	if (curl_url_set(parts, CURLUPART_URL, url,
		CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		goto out;
	plain = strcmp(scheme, "http") == 0;
	why = "https:// is wanted";
	if (!plain && strcmp(scheme, "https") != 0)
		goto out;
	why = "credentials do not stand in the URL: see auth";
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		goto out;
	why = "a # part is not sent";
	if (curl_url_get(parts, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK)
		goto out;
	/* A name would be whatever a resolver says. */
	why = "plain http:// goes to 127.0.0.1 or [::1] alone";
	if (plain && !is_loopback(host))
		goto out;
	*ret_plain = plain;
	why = NULL;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_free(fragment);
	return why;
}

const char *
sms_http_url_problem(const char *url, bool *ret_plain)
{
	size_t authority = strspn(url, "abcdefghijklmnopqrstuvwxyz");
	CURLU *parts;
	const char *why;

	/* What is filled in must not choose where it goes. */
	if (strncmp(url + authority, "://", 3) != 0)
		return "https:// is wanted";
	authority += 3;
	authority += strcspn(url + authority, "/?#");
	if (memchr(url, '{', authority) != NULL)
		return "a placeholder can stand behind the host alone";
	if (strpbrk(url, " \t\\\"<>^`|") != NULL)
		return "that is not an URL";
	parts = curl_url();
	if (parts == NULL)
		return "out of memory";
	why = judge_url(parts, url, ret_plain);
	curl_url_cleanup(parts);
	return why;
}

static const char *
auth_problem(const struct sms_http_gateway *gateway)
{
	unsigned has = (gateway->user != NULL ? HAS_USER : 0) |
	    (gateway->password != NULL ? HAS_PASSWORD : 0) |
	    (gateway->token != NULL ? HAS_TOKEN : 0) |
	    (gateway->region != NULL && gateway->service != NULL ? HAS_AWS
								 : 0) |
	    (gateway->credentials.count > 0 ? HAS_CREDENTIAL : 0);

	if (has != auths[gateway->auth].wants ||
	    (gateway->region != NULL) != (gateway->service != NULL))
		return auths[gateway->auth].words;
	/* libcurl takes them apart at the colons. */
	if ((gateway->region != NULL && strchr(gateway->region, ':') != NULL) ||
	    (gateway->service != NULL && strchr(gateway->service, ':') != NULL))
		return "region and service have no colon";
	if (gateway->auth == SMS_HTTP_AUTH_BASIC && gateway->user != NULL &&
	    strchr(gateway->user, ':') != NULL)
		return "a user of basic has no colon";
	if (gateway->auth == SMS_HTTP_AUTH_AWS &&
	    (gateway->method != SMS_HTTP_POST || strchr(gateway->url, '?')))
		return "aws_sigv4 is for POST without a query";
	return NULL;
}

static const char *
header_problem(const struct sms_http_gateway *gateway)
{
	const struct sms_http_pairs *headers = &gateway->headers;
	const struct sms_http_pairs *more = &gateway->credentials;
	bool in_headers = gateway->auth == SMS_HTTP_AUTH_HEADER;

	for (size_t i = 0; in_headers && i < more->count; i++) {
		const char *name = more->at[i].name;

		if (!sms_http_is_header(name, strlen(name)))
			return "a credential is no header that can be sent";
	}
	for (size_t i = 0; i < headers->count; i++) {
		const char *name = headers->at[i].name;

		for (size_t j = 0; j < i; j++) {
			if (strcasecmp(name, headers->at[j].name) == 0)
				return "one stands there twice";
		}
		if (gateway->auth != SMS_HTTP_AUTH_NONE &&
		    strcasecmp(name, "authorization") == 0)
			return "Authorization is what auth makes";
		for (size_t j = 0; in_headers && j < more->count; j++) {
			if (strcasecmp(name, more->at[j].name) == 0)
				return "one stands there twice";
		}
	}
	return NULL;
}

static const char *
body_problem(const struct sms_http_gateway *gateway)
{
	bool form = gateway->fields.count > 0, json = gateway->json.length > 0;

	if (gateway->method == SMS_HTTP_GET && gateway->body != SMS_HTTP_NONE)
		return "GET has none";
	if (form != (gateway->body == SMS_HTTP_FORM))
		return "field and form want each other";
	if (json != (gateway->body == SMS_HTTP_JSON))
		return "json lines and json want each other";
	return NULL;
}

/* Of the values that are filled in: what is wrong, and with which key. */
static const char *
template_problem(const struct sms_http_gateway *gateway, const char **ret_key)
{
	unsigned uses = 0;
	const char *why;

	*ret_key = "url";
	why = sms_http_template_problem(gateway->url, &uses);
	*ret_key = why != NULL ? "url" : "header";
	for (size_t i = 0; i < gateway->headers.count && why == NULL; i++)
		why = sms_http_template_problem(
		    gateway->headers.at[i].value, &uses);
	*ret_key = why != NULL ? *ret_key : "field";
	for (size_t i = 0; i < gateway->fields.count && why == NULL; i++)
		why = sms_http_template_problem(
		    gateway->fields.at[i].value, &uses);
	*ret_key = why != NULL ? *ret_key : "json";
	if (why == NULL && gateway->body == SMS_HTTP_JSON)
		why = sms_http_json_problem(gateway->json.data, &uses);
	*ret_key = why != NULL ? *ret_key : "gateway";
	if (why == NULL && uses != (SMS_HTTP_USES_NUMBER | SMS_HTTP_USES_TEXT))
		why = "{text} and {number} or {digits} are wanted";
	return why;
}

static const char *
gateway_problem(const struct sms_http_gateway *gateway, const char **ret_key)
{
	const char *why;
	bool plain = false;

	*ret_key = "url";
	if (gateway->url == NULL)
		return "it is wanted";
	why = sms_http_url_problem(gateway->url, &plain);
	if (why != NULL)
		return why;
	*ret_key = "auth";
	if ((why = auth_problem(gateway)) != NULL)
		return why;
	*ret_key = "header";
	if ((why = header_problem(gateway)) != NULL)
		return why;
	*ret_key = "body";
	if ((why = body_problem(gateway)) != NULL)
		return why;
	*ret_key = "proxy";
	if (plain && gateway->proxy != NULL)
		return "what goes to loopback goes through none";
	return template_problem(gateway, ret_key);
}

/* Shares what is left of the deadline among those that ask no time. */
static bool
share_time(struct sms_http_config *config)
{
	unsigned left = config->deadline * 1000, without = 0;

	for (size_t i = 0; i < config->count; i++) {
		unsigned asked = config->gateways[i].timeout * 1000;

		if (asked > left)
			return false;
		left -= asked;
		without += asked == 0;
	}
	for (size_t i = 0; i < config->count; i++) {
		struct sms_http_gateway *gateway = &config->gateways[i];
		unsigned connect = gateway->connect_timeout * 1000;

		gateway->timeout_ms = gateway->timeout > 0
		    ? gateway->timeout * 1000
		    : left / without;
		if (gateway->timeout_ms < 1000)
			return false;
		if (connect == 0)
			connect = CONNECT_MS;
		gateway->connect_ms = connect < gateway->timeout_ms
		    ? connect
		    : gateway->timeout_ms;
	}
	return true;
}

int
sms_http_config_check(
    struct sms_http_config *config, const char *path, struct xs_fault *fault)
{
	if (config->count == 0)
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: there is no [gateway NAME]", path);
	for (size_t i = 0; i < config->count; i++) {
		const struct sms_http_gateway *gateway = &config->gateways[i];
		const char *key;
		const char *why = gateway_problem(gateway, &key);

		if (why != NULL)
			return xs_fault_set(fault, XS_E_CONFIG,
			    "%.300s:%d: gateway %s: %s: %s", path,
			    gateway->line, gateway->name, key, why);
	}
	if (!share_time(config))
		return xs_fault_set(fault, XS_E_CONFIG,
		    "%.300s: the timeouts do not fit into the deadline of "
		    "%us, at least 1s for each gateway",
		    path, config->deadline);
	return 0;
}
