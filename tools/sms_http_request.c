/* SPDX-License-Identifier: BSD-3-Clause */
/* The request as the bytes that are sent, all but what libcurl adds. */
#include <string.h>

#include "sms_http.h"

static int
add(struct sms_http_text *text, const char *string)
{
	return sms_http_text_add(text, string, strlen(string));
}

static int
add_header(struct sms_http_request *request, const char *name,
    const char *value, const struct sms_http_message *message)
{
	struct sms_http_text *header = &request->headers[request->count++];
	int err = add(header, name);

	if (err == 0)
		err = add(header, ": ");
	if (err == 0 && message != NULL)
		return sms_http_fill(
		    value, message, SMS_HTTP_ESCAPE_HEADER, header);
	return err == 0 ? add(header, value) : err;
}

static bool
has_header(const struct sms_http_gateway *gateway, const char *name)
{
	for (size_t i = 0; i < gateway->headers.count; i++) {
		if (strcasecmp(gateway->headers.at[i].name, name) == 0)
			return true;
	}
	return false;
}

static int
build_headers(struct sms_http_request *request,
    const struct sms_http_gateway *gateway,
    const struct sms_http_message *message)
{
	const struct sms_http_pairs *more = &gateway->credentials;
	int err = 0;

	if (gateway->body != SMS_HTTP_NONE &&
	    !has_header(gateway, "content-type"))
		err = add_header(request, "Content-Type",
		    gateway->body == SMS_HTTP_JSON
			? "application/json"
			: "application/x-www-form-urlencoded",
		    NULL);
	if (err == 0 && gateway->auth == SMS_HTTP_AUTH_BEARER) {
		err = add_header(request, "Authorization", "Bearer ", NULL);
		if (err == 0)
			err = add(&request->headers[request->count - 1],
			    gateway->token);
	}
	for (size_t i = 0; i < more->count && err == 0 &&
	     gateway->auth == SMS_HTTP_AUTH_HEADER;
	     i++)
		err = add_header(
		    request, more->at[i].name, more->at[i].value, NULL);
	for (size_t i = 0; i < gateway->headers.count && err == 0; i++)
		err = add_header(request, gateway->headers.at[i].name,
		    gateway->headers.at[i].value, message);
	return err;
}

/* What a form or a query has as NAME: VALUE is escaped whole. */
static int
add_escaped(struct sms_http_text *text, const char *value)
{
	const struct sms_http_message whole = {.text = value};

	return sms_http_fill("{text}", &whole, SMS_HTTP_ESCAPE_URL, text);
}

static int
add_pair(struct sms_http_text *text, const struct sms_http_pair *pair,
    const struct sms_http_message *message)
{
	struct sms_http_text filled = {0};
	int err = add_escaped(text, pair->name);

	if (err == 0)
		err = add(text, "=");
	/* A credential is no template: its braces are its own. */
	if (err == 0 && message == NULL)
		err = add_escaped(text, pair->value);
	if (err == 0 && message != NULL) {
		err = sms_http_fill(
		    pair->value, message, SMS_HTTP_ESCAPE_NONE, &filled);
		if (err == 0)
			err = add_escaped(text, filled.data);
		sms_http_text_wipe(&filled);
	}
	return err;
}

static int
build_url(struct sms_http_request *request,
    const struct sms_http_gateway *gateway,
    const struct sms_http_message *message)
{
	const struct sms_http_pairs *more = &gateway->credentials;
	bool query = strchr(gateway->url, '?') != NULL;
	int err = sms_http_fill(
	    gateway->url, message, SMS_HTTP_ESCAPE_URL, &request->url);

	for (size_t i = 0; i < more->count && err == 0 &&
	     gateway->auth == SMS_HTTP_AUTH_QUERY;
	     i++) {
		err = add(&request->url, query ? "&" : "?");
		if (err == 0)
			err = add_pair(&request->url, &more->at[i], NULL);
		query = true;
	}
	return err;
}

static int
build_form(struct sms_http_request *request,
    const struct sms_http_gateway *gateway,
    const struct sms_http_message *message)
{
	int err = 0;

	for (size_t i = 0; i < gateway->fields.count && err == 0; i++) {
		if (i > 0)
			err = add(&request->body, "&");
		if (err == 0)
			err = add_pair(
			    &request->body, &gateway->fields.at[i], message);
	}
	return err;
}

int
sms_http_request_build(struct sms_http_request *request,
    const struct sms_http_gateway *gateway,
    const struct sms_http_message *message)
{
	int err;

	memset(request, 0, sizeof(*request));
	err = build_url(request, gateway, message);
	if (err == 0)
		err = build_headers(request, gateway, message);
	if (err == 0 && gateway->body == SMS_HTTP_FORM)
		err = build_form(request, gateway, message);
	if (err == 0 && gateway->body == SMS_HTTP_JSON)
		err = sms_http_fill_json(
		    gateway->json.data, message, &request->body);
	return err;
}

void
sms_http_request_wipe(struct sms_http_request *request)
{
	sms_http_text_wipe(&request->url);
	sms_http_text_wipe(&request->body);
	for (size_t i = 0; i < request->count; i++)
		sms_http_text_wipe(&request->headers[i]);
	memset(request, 0, sizeof(*request));
}
