/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xsuite-sms-http: an SMS handed to a service that speaks HTTP.
 *
 * Arrows run downwards: xsuite-sms-http -> send -> reply, request ->
 * template -> message, text; config says what all of them do. Only send
 * talks to anybody. Everything in the options file is taken for a secret:
 * no error message quotes a value, an URL or a reply.
 */
#ifndef XS_SMS_HTTP_H
#define XS_SMS_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

#define SMS_HTTP_PATH "/etc/xsuite/sms-http.conf"
#define SMS_HTTP_LINE_MAX 1024 /* bytes of a line, as in xsuite.conf */
#define SMS_HTTP_FILE_MAX 65536
#define SMS_HTTP_REPLY_MAX 65536
#define SMS_HTTP_TEMPLATE_MAX 8192 /* bytes of a JSON template */
#define SMS_HTTP_DEPTH 32          /* of JSON */
#define SMS_HTTP_GATEWAYS 2
#define SMS_HTTP_NAME_MAX 33 /* bytes of a gateway's name, with NUL */
#define SMS_HTTP_PAIRS 32
#define SMS_HTTP_MATCHES 8

/* Bytes that grow; wiped when they move and when they go. */
struct sms_http_text {
	char *data; /* with a NUL behind it; NULL: nothing yet */
	size_t length, size;
};

/* Returns 0 or XS_E_NOMEM. */
int sms_http_text_add(struct sms_http_text *text, const char *data, size_t n)
    __attribute__((warn_unused_result));
void sms_http_text_wipe(struct sms_http_text *text);

/* What is to be sent. */
struct sms_http_message {
	const char *number; /* "+" and 8 to 15 digits */
	const char *text;   /* one SMS; UTF-8, no control but line feeds */
};

/*
 * What is wrong with it, NULL: nothing. A text that is more than one SMS is
 * refused: the service would cut it, or send and charge several.
 */
const char *sms_http_number_problem(const char *number);
const char *sms_http_text_problem(const char *text, size_t length);

enum sms_http_auth {
	SMS_HTTP_AUTH_NONE,
	SMS_HTTP_AUTH_BASIC,
	SMS_HTTP_AUTH_BEARER,
	SMS_HTTP_AUTH_HEADER,
	SMS_HTTP_AUTH_QUERY,
	SMS_HTTP_AUTH_AWS
};
enum sms_http_body { SMS_HTTP_NONE, SMS_HTTP_FORM, SMS_HTTP_JSON };
enum sms_http_method { SMS_HTTP_POST, SMS_HTTP_GET };

struct sms_http_pair {
	char *name, *value;
};
struct sms_http_pairs {
	struct sms_http_pair at[SMS_HTTP_PAIRS];
	size_t count;
};

struct sms_http_match {
	int line;
	char *path;  /* into JSON; NULL: text anywhere in the reply */
	char *value; /* JSON, or that text */
};
struct sms_http_matches {
	struct sms_http_match at[SMS_HTTP_MATCHES];
	size_t count;
};

struct sms_http_gateway {
	char name[SMS_HTTP_NAME_MAX];
	int line;
	int method, auth, body; /* the enums above */
	char *url, *user, *password, *token, *region, *service;
	char *ca_file, *proxy;
	struct sms_http_text json;
	struct sms_http_pairs credentials, headers, fields;
	struct sms_http_matches ok, fail;
	bool accept[100];                  /* from 200 */
	unsigned connect_timeout, timeout; /* seconds; 0: not given */
	unsigned timeout_ms, connect_ms;   /* what follows: check sets them */
	unsigned seen;                     /* the keys that stood there */
};

struct sms_http_config {
	struct sms_http_gateway gateways[SMS_HTTP_GATEWAYS];
	size_t count;
	unsigned deadline; /* seconds for all gateways together */
	bool next_when_unknown;
	unsigned seen;
};

void sms_http_config_init(struct sms_http_config *config);
void sms_http_config_wipe(struct sms_http_config *config);

/*
 * One line of the file, without its line feed. Returns 0, XS_E_CONFIG or
 * XS_E_NOMEM; the fault names path, line and key, never a value.
 */
int sms_http_config_line(struct sms_http_config *config, const char *text,
    const char *path, int line, struct xs_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Whether it is complete and without contradictions, once all lines are
 * read; sets the limits of time that were not given. Returns 0, XS_E_CONFIG.
 */
int sms_http_config_check(struct sms_http_config *config, const char *path,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Reads and checks the file. It and its directory belong to root or the
 * effective user, nobody else can write them, and nobody but the effective
 * group can read it. Returns 0, XS_E_STATE, XS_E_CONFIG or XS_E_NOMEM; to be
 * wiped in any case.
 */
int sms_http_config_load(struct sms_http_config *config, const char *path,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/*
 * Why this is not an address to send to, NULL: it is. https, or http to an
 * address of the loopback net.
 */
const char *sms_http_url_problem(const char *url, bool *ret_plain);

/* Whether it can be the name of a header; not of one that frames a request. */
bool sms_http_is_header(const char *name, size_t n);

enum sms_http_escape {
	SMS_HTTP_ESCAPE_NONE, /* for what goes into a JSON string */
	SMS_HTTP_ESCAPE_URL,  /* also for forms */
	SMS_HTTP_ESCAPE_HEADER
};

/*
 * Fills {number}, {digits} and {text} in. Returns 0, XS_E_NOMEM, or
 * XS_E_INVALID when the value cannot stand there (a line feed in a header).
 */
int sms_http_fill(const char *template, const struct sms_http_message *message,
    enum sms_http_escape escape, struct sms_http_text *out)
    __attribute__((warn_unused_result));

/* The same within the strings of a JSON template. */
int sms_http_fill_json(const char *template,
    const struct sms_http_message *message, struct sms_http_text *out)
    __attribute__((warn_unused_result));

/* What a template uses. */
enum { SMS_HTTP_USES_NUMBER = 1, SMS_HTTP_USES_TEXT = 2 };

/* Adds to *uses; what is wrong with the template, NULL: nothing. */
const char *sms_http_template_problem(const char *template, unsigned *uses);
const char *sms_http_json_problem(const char *template, unsigned *uses);

struct sms_http_request {
	struct sms_http_text url, body;
	struct sms_http_text headers[2 * SMS_HTTP_PAIRS + 4];
	size_t count; /* of headers */
};

/* Returns 0, XS_E_NOMEM, XS_E_INVALID as fill does; to be wiped in any case. */
int sms_http_request_build(struct sms_http_request *request,
    const struct sms_http_gateway *gateway,
    const struct sms_http_message *message) __attribute__((warn_unused_result));
void sms_http_request_wipe(struct sms_http_request *request);

/* What is wrong with a condition as "text WORDS" or "json PATH = VALUE". */
const char *sms_http_match_parse(
    struct sms_http_match *match, const char *value);

enum sms_http_outcome {
	SMS_HTTP_UNKNOWN, /* it was sent, and no answer tells */
	SMS_HTTP_REFUSED, /* certainly not taken */
	SMS_HTTP_TAKEN
};

/* What a whole reply says; a refusal's reason goes into why. */
enum sms_http_outcome sms_http_judge(const struct sms_http_gateway *gateway,
    long status, const char *body, size_t length, struct xs_fault *why)
    __attribute__((warn_unused_result));

/* Sends it, within so many milliseconds. */
enum sms_http_outcome sms_http_send(const struct sms_http_gateway *gateway,
    const struct sms_http_request *request, unsigned milliseconds,
    struct xs_fault *why) __attribute__((warn_unused_result));

#endif
