/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exchange itself. What libcurl would take from somewhere else than the
 * options file is switched off: proxies, netrc, redirects, other protocols.
 * Its own error texts are not used where they could quote what is secret.
 */
#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "sms_http.h"

struct reply {
	struct sms_http_text body;
	size_t headers; /* bytes */
	bool too_long;
};

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	struct reply *reply = context;
	size_t n = size * count;

	if (n > SMS_HTTP_REPLY_MAX - reply->body.length) {
		reply->too_long = true;
		return 0;
	}
	return sms_http_text_add(&reply->body, data, n) == 0 ? n : 0;
}

static size_t
take_header(char *data, size_t size, size_t count, void *context)
{
	struct reply *reply = context;
	size_t n = size * count;

	(void)data;
	if (n > SMS_HTTP_REPLY_MAX - reply->headers) {
		reply->too_long = true;
		return 0;
	}
	reply->headers += n;
	return n;
}

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == 0)

static bool
set_auth(CURL *curl, const struct sms_http_gateway *gateway)
{
	char provider[2 * SMS_HTTP_LINE_MAX + 16];

	if (gateway->auth == SMS_HTTP_AUTH_BASIC)
		return SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC) &&
		    SET(CURLOPT_USERNAME, gateway->user) &&
		    SET(CURLOPT_PASSWORD, gateway->password);
	if (gateway->auth != SMS_HTTP_AUTH_AWS)
		return true;
	snprintf(provider, sizeof(provider), "aws:amz:%s:%s", gateway->region,
	    gateway->service);
	return SET(CURLOPT_AWS_SIGV4, provider) &&
	    SET(CURLOPT_USERNAME, gateway->user) &&
	    SET(CURLOPT_PASSWORD, gateway->password);
}

/* test_sms_http_hostile.py */
static bool
set_limits(CURL *curl, const struct sms_http_gateway *gateway,
    unsigned milliseconds, bool plain)
{
	long connect = gateway->connect_ms < milliseconds
	    ? (long)gateway->connect_ms
	    : (long)milliseconds;

	return SET(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") &&
	    SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
	    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	    SET(CURLOPT_PROXY, gateway->proxy != NULL ? gateway->proxy : "") &&
	    SET(CURLOPT_NOPROXY, "") && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
	    SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	    (gateway->ca_file == NULL ||
		(SET(CURLOPT_CAINFO, gateway->ca_file) &&
		    SET(CURLOPT_CAPATH, NULL))) &&
	    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	    SET(CURLOPT_CONNECTTIMEOUT_MS, connect) &&
	    SET(CURLOPT_TIMEOUT_MS, (long)milliseconds) &&
	    SET(CURLOPT_NOSIGNAL, 1L) &&
	    /* A resolver that hangs is not waited for. */
	    SET(CURLOPT_QUICK_EXIT, 1L);
}

/* Returns 0 or XS_E_NOMEM. */
static int
make_headers(
    const struct sms_http_request *request, struct curl_slist **ret_list)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < request->count; i++) {
		struct curl_slist *more =
		    curl_slist_append(list, request->headers[i].data);

		if (more == NULL) {
			curl_slist_free_all(list);
			return XS_E_NOMEM;
		}
		list = more;
	}
	*ret_list = list;
	return 0;
}

static bool
set_request(CURL *curl, const struct sms_http_gateway *gateway,
    const struct sms_http_request *request, struct curl_slist *headers)
{
	const char *body = request->body.data != NULL ? request->body.data : "";

	if (!SET(CURLOPT_URL, request->url.data) ||
	    !SET(CURLOPT_PATH_AS_IS, 1L) || !SET(CURLOPT_HTTPHEADER, headers))
		return false;
	if (gateway->method == SMS_HTTP_GET)
		return SET(CURLOPT_HTTPGET, 1L);
	return SET(CURLOPT_POST, 1L) &&
	    SET(CURLOPT_POSTFIELDSIZE, (long)request->body.length) &&
	    SET(CURLOPT_POSTFIELDS, body);
}

static bool
set_reply(CURL *curl, struct reply *reply)
{
	return sms_http_text_add(&reply->body, "", 0) == 0 &&
	    SET(CURLOPT_WRITEFUNCTION, take_body) &&
	    SET(CURLOPT_WRITEDATA, reply) &&
	    SET(CURLOPT_HEADERFUNCTION, take_header) &&
	    SET(CURLOPT_HEADERDATA, reply);
}

static const char *
words(CURL *curl, CURLcode code)
{
	long verified = 0;

	if (code != CURLE_PEER_FAILED_VERIFICATION)
		return curl_easy_strerror(code);
	(void)curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &verified);
	/* Where the chain is good, libcurl leaves it at "unspecified". */
	if (verified != X509_V_OK && verified != X509_V_ERR_UNSPECIFIED)
		return X509_verify_cert_error_string(verified);
	return "the certificate is not made out to that host";
}

/* Of an exchange that did not come to its end. */
static enum sms_http_outcome
judge_break(CURL *curl, CURLcode code, const struct reply *reply,
    const struct sms_http_gateway *gateway, struct xs_fault *why)
{
	const char *text =
	    reply->too_long ? "its answer is too long" : words(curl, code);
	curl_off_t began = 0;
	long status = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &began);
	/* The status stands first: a refusal is one whatever follows it. */
	if (status >= 200 && (status > 299 || !gateway->accept[status - 200])) {
		(void)xs_fault_set(
		    why, 0, "it answered with status %ld", status);
		return SMS_HTTP_REFUSED;
	}
	if (began == 0) {
		(void)xs_fault_set(why, 0, "nothing was sent: %s", text);
		return SMS_HTTP_REFUSED;
	}
	(void)xs_fault_set(
	    why, 0, "it was sent, but may not have been taken: %s", text);
	return SMS_HTTP_UNKNOWN;
}

enum sms_http_outcome
sms_http_send(const struct sms_http_gateway *gateway,
    const struct sms_http_request *request, unsigned milliseconds,
    struct xs_fault *why)
{
	enum sms_http_outcome outcome = SMS_HTTP_REFUSED;
	struct curl_slist *headers = NULL;
	struct reply reply = {0};
	CURL *curl = curl_easy_init();
	const char *problem;
	bool plain = false;
	long status = 0;
	CURLcode code;

	/* Once more, now that the number and the text are in it. */
	problem = sms_http_url_problem(request->url.data, &plain);
	if (problem != NULL) {
		(void)xs_fault_set(why, 0, "nothing was sent: %s", problem);
		goto out;
	}
	if (curl == NULL || make_headers(request, &headers) != 0 ||
	    !set_request(curl, gateway, request, headers) ||
	    !set_auth(curl, gateway) || !set_reply(curl, &reply) ||
	    !set_limits(curl, gateway, milliseconds, plain)) {
		(void)xs_fault_set(
		    why, 0, "nothing was sent: libcurl cannot do that");
		goto out;
	}
	code = curl_easy_perform(curl);
	if (code != CURLE_OK) {
		outcome = judge_break(curl, code, &reply, gateway, why);
		goto out;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	outcome = sms_http_judge(
	    gateway, status, reply.body.data, reply.body.length, why);
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	sms_http_text_wipe(&reply.body);
	return outcome;
}
