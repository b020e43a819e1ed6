/* SPDX-License-Identifier: BSD-3-Clause */
/* The options: a table of keys, fed with lines. */
#include <stdlib.h>
#include <string.h>

#include "sms_http.h"

#define DEADLINE 7 /* seconds: within sms_timeout, which is 8 by default */
#define DEADLINE_MAX 29

/* What a key's value is parsed into; NULL, or what is allowed. */
struct key;
typedef const char *parse(
    const struct key *key, void *field, const char *value, int line);

struct key {
	const char *name;
	parse *parse;
	size_t offset;
	const char *words; /* for parse_word: by blanks, in the enum's order */
	bool global, repeats;
};

static const char no_memory[] = "out of memory";

static const char *
parse_text(const struct key *key, void *field, const char *value, int line)
{
	char *copy = strdup(value);

	(void)key, (void)line;
	if (copy == NULL)
		return no_memory;
	*(char **)field = copy;
	return NULL;
}

static const char *
parse_word(const struct key *key, void *field, const char *value, int line)
{
	size_t n = strlen(value);
	int number = 0;

	(void)line;
	for (const char *word = key->words; word != NULL; number++) {
		if (n > 0 && strncmp(word, value, n) == 0 &&
		    (word[n] == ' ' || word[n] == '\0')) {
			*(int *)field = number;
			return NULL;
		}
		word = strchr(word, ' ');
		if (word != NULL)
			word++;
	}
	return key->words;
}

static const char *
parse_yes(const struct key *key, void *field, const char *value, int line)
{
	int number = 0;
	const char *why = parse_word(key, &number, value, line);

	if (why == NULL)
		*(bool *)field = number == 1;
	return why;
}

static const char *
parse_seconds(const struct key *key, void *field, const char *value, int line)
{
	size_t n = strspn(value, "0123456789");
	unsigned seconds = 0;

	(void)key, (void)line;
	for (size_t i = 0; i < n && i < 3; i++)
		seconds = 10 * seconds + (unsigned)(value[i] - '0');
	if (n < 1 || n > 2 || value[0] == '0' || seconds > DEADLINE_MAX ||
	    (value[n] != '\0' && strcmp(value + n, "s") != 0))
		return "1s to 29s";
	*(unsigned *)field = seconds;
	return NULL;
}

static const char *
parse_path(const struct key *key, void *field, const char *value, int line)
{
	if (value[0] != '/')
		return "an absolute path";
	return parse_text(key, field, value, line);
}

static const char *
parse_proxy(const struct key *key, void *field, const char *value, int line)
{
	if (strncmp(value, "http://", 7) != 0 &&
	    strncmp(value, "socks5h://", 10) != 0)
		return "http://HOST:PORT or socks5h://HOST:PORT";
	return parse_text(key, field, value, line);
}

/* NAME: VALUE */
static const char *
parse_pair(const struct key *key, void *field, const char *value, int line)
{
	struct sms_http_pairs *pairs = field;
	struct sms_http_pair *pair = &pairs->at[pairs->count];
	size_t n = strcspn(value, ":");
	const char *rest = value + n;

	(void)key, (void)line;
	if (n == 0 || *rest == '\0')
		return "NAME: VALUE";
	rest += 1 + strspn(rest + 1, " \t");
	if (*rest == '\0')
		return "NAME: VALUE";
	if (pairs->count == SMS_HTTP_PAIRS)
		return "not more than 32 of them";
	pair->name = strndup(value, n);
	pair->value = strdup(rest);
	if (pair->name == NULL || pair->value == NULL) {
		free(pair->name);
		free(pair->value);
		return no_memory;
	}
	pairs->count++;
	return NULL;
}

bool
sms_http_is_header(const char *name, size_t n)
{
	/* Those that libcurl must write, because they frame the request. */
	static const char *const ours[] = {"host", "content-length",
	    "transfer-encoding", "connection", "expect", "upgrade", "te",
	    "trailer", "accept-encoding"};
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789!#$%&'*+-.^_`|~";

	if (n == 0 || strspn(name, token) < n)
		return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strlen(ours[i]) == n && strncasecmp(ours[i], name, n) == 0)
			return false;
	}
	return true;
}

static const char *
parse_header(const struct key *key, void *field, const char *value, int line)
{
	if (!sms_http_is_header(value, strcspn(value, ":")))
		return "NAME: VALUE, with a header that does not frame the "
		       "request";
	return parse_pair(key, field, value, line);
}

static const char *
parse_json(const struct key *key, void *field, const char *value, int line)
{
	struct sms_http_text *json = field;

	(void)key, (void)line;
	if (json->length + strlen(value) + 1 > SMS_HTTP_TEMPLATE_MAX)
		return "8192 bytes in all";
	if (sms_http_text_add(json, value, strlen(value)) != 0 ||
	    sms_http_text_add(json, "\n", 1) != 0)
		return no_memory;
	return NULL;
}

static const char *
parse_accept(const struct key *key, void *field, const char *value, int line)
{
	bool accept[100] = {false};

	(void)key, (void)line;
	for (;;) {
		if (value[0] != '2' || strspn(value, "0123456789") != 3)
			return "a list of statuses from 200 to 299, by comma";
		accept[10 * (value[1] - '0') + (value[2] - '0')] = true;
		value += 3;
		value += strspn(value, " \t");
		if (*value == '\0')
			break;
		if (*value != ',')
			return "a list of statuses from 200 to 299, by comma";
		value += 1 + strspn(value + 1, " \t");
	}
	memcpy(field, accept, sizeof(accept));
	return NULL;
}

static const char *
parse_match(const struct key *key, void *field, const char *value, int line)
{
	struct sms_http_matches *matches = field;
	const char *why;

	(void)key;
	if (matches->count == SMS_HTTP_MATCHES)
		return "not more than 8 of them";
	why = sms_http_match_parse(&matches->at[matches->count], value);
	if (why == NULL)
		matches->at[matches->count++].line = line;
	return why;
}

#define GLOBAL(key) offsetof(struct sms_http_config, key)
#define GATEWAY(key) offsetof(struct sms_http_gateway, key)

static const struct key keys[] = {
    {"deadline", parse_seconds, GLOBAL(deadline), NULL, true, false},
    {"when_unknown", parse_yes, GLOBAL(next_when_unknown), "stop next", true,
	false},
    {"method", parse_word, GATEWAY(method), "POST GET", false, false},
    {"url", parse_text, GATEWAY(url), NULL, false, false},
    {"auth", parse_word, GATEWAY(auth),
	"none basic bearer header query aws_sigv4", false, false},
    {"user", parse_text, GATEWAY(user), NULL, false, false},
    {"password", parse_text, GATEWAY(password), NULL, false, false},
    {"token", parse_text, GATEWAY(token), NULL, false, false},
    {"region", parse_text, GATEWAY(region), NULL, false, false},
    {"service", parse_text, GATEWAY(service), NULL, false, false},
    {"credential", parse_pair, GATEWAY(credentials), NULL, false, true},
    {"header", parse_header, GATEWAY(headers), NULL, false, true},
    {"body", parse_word, GATEWAY(body), "none form json", false, false},
    {"field", parse_pair, GATEWAY(fields), NULL, false, true},
    {"json", parse_json, GATEWAY(json), NULL, false, true},
    {"accept", parse_accept, GATEWAY(accept), NULL, false, false},
    {"ok_match", parse_match, GATEWAY(ok), NULL, false, true},
    {"fail_match", parse_match, GATEWAY(fail), NULL, false, true},
    {"connect_timeout", parse_seconds, GATEWAY(connect_timeout), NULL, false,
	false},
    {"timeout", parse_seconds, GATEWAY(timeout), NULL, false, false},
    {"ca_file", parse_path, GATEWAY(ca_file), NULL, false, false},
    {"proxy", parse_proxy, GATEWAY(proxy), NULL, false, false},
};
_Static_assert(sizeof(keys) / sizeof(keys[0]) <= 32, "a bit of seen each");

static int
fail(struct xs_fault *fault, const char *path, int line, const char *what,
    const char *why)
{
	int err = why == no_memory ? XS_E_NOMEM : XS_E_CONFIG;

	return xs_fault_set(
	    fault, err, "%.300s:%d: %s: %s", path, line, what, why);
}

/* [gateway NAME] */
static int
begin_gateway(struct sms_http_config *config, const char *text,
    const char *path, int line, struct xs_fault *fault)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct sms_http_gateway *gateway;
	size_t n;

	if (strncmp(text, "[gateway ", 9) != 0)
		return fail(fault, path, line, "section",
		    "[gateway NAME] alone is known");
	text += 9 + strspn(text + 9, " \t");
	n = strspn(text, letters);
	if (n == 0 || n >= SMS_HTTP_NAME_MAX || strcmp(text + n, "]") != 0)
		return fail(fault, path, line, "section",
		    "a name of 1 to 32 letters, digits, - and _ is wanted");
	for (size_t i = 0; i < config->count; i++) {
		if (strncmp(config->gateways[i].name, text, n) == 0 &&
		    config->gateways[i].name[n] == '\0')
			return fail(fault, path, line, "section",
			    "there is a gateway of that name already");
	}
	if (config->count == SMS_HTTP_GATEWAYS)
		return fail(fault, path, line, "section",
		    "more than two gateways cannot be tried in time");
	gateway = &config->gateways[config->count++];
	memcpy(gateway->name, text, n);
	gateway->line = line;
	gateway->accept[0] = gateway->accept[1] = gateway->accept[2] = true;
	return 0;
}

static int
set_key(struct sms_http_config *config, const char *name, const char *value,
    const char *path, int line, struct xs_fault *fault)
{
	const size_t count = sizeof(keys) / sizeof(keys[0]);
	struct sms_http_gateway *gateway = NULL;
	const char *why = NULL;
	unsigned *seen;
	void *base;
	size_t i;

	if (config->count > 0)
		gateway = &config->gateways[config->count - 1];
	for (i = 0; i < count && strcmp(keys[i].name, name) != 0; i++)
		;
	/* Its name may be a value that lost its key: it is not quoted. */
	if (i == count)
		return fail(fault, path, line, "key", "there is no such key");
	if (keys[i].global && gateway != NULL)
		return fail(fault, path, line, name,
		    "it stands in front of the first [gateway NAME]");
	if (!keys[i].global && gateway == NULL)
		return fail(fault, path, line, name,
		    "it stands behind a [gateway NAME]");
	seen = gateway != NULL ? &gateway->seen : &config->seen;
	base = gateway != NULL ? (void *)gateway : (void *)config;
	if ((*seen & 1u << i) != 0 && !keys[i].repeats)
		return fail(fault, path, line, name, "it stands there twice");
	if (value[0] == '\0')
		return fail(fault, path, line, name, "a value is wanted");
	why =
	    keys[i].parse(&keys[i], (char *)base + keys[i].offset, value, line);
	if (why != NULL)
		return fail(fault, path, line, name, why);
	*seen |= 1u << i;
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int
sms_http_config_line(struct sms_http_config *config, const char *text,
    const char *path, int line, struct xs_fault *fault)
{
	char copy[SMS_HTTP_LINE_MAX + 1], *name = copy, *value, *end;
	size_t length = strlen(text);
	int err = XS_E_CONFIG;

	if (length > SMS_HTTP_LINE_MAX)
		return fail(fault, path, line, "line",
		    "it has more than the 1024 bytes allowed");
	for (size_t i = 0; i < length; i++) {
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') ||
		    text[i] == 0x7f)
			return fail(fault, path, line, "line",
			    "a control character, none is allowed");
	}
	memcpy(copy, text, length + 1);
	end = copy + length;
	while (end > copy && is_blank(end[-1]))
		*--end = '\0';
	while (is_blank(*name))
		name++;
	value = strchr(name, '=');
	if (*name == '\0' || *name == '#') {
		err = 0;
	} else if (*name == '[') {
		err = begin_gateway(config, name, path, line, fault);
	} else if (value == NULL) {
		err = fail(fault, path, line, "line",
		    "only KEY = VALUE and [gateway NAME] are allowed");
	} else {
		end = value;
		*value++ = '\0';
		while (end > name && is_blank(end[-1]))
			*--end = '\0';
		while (is_blank(*value))
			value++;
		err = set_key(config, name, value, path, line, fault);
	}
	explicit_bzero(copy, sizeof(copy));
	return err;
}

void
sms_http_config_init(struct sms_http_config *config)
{
	memset(config, 0, sizeof(*config));
	config->deadline = DEADLINE;
}

static void
wipe_string(char *string)
{
	if (string != NULL)
		explicit_bzero(string, strlen(string));
	free(string);
}

static void
wipe_pairs(struct sms_http_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		wipe_string(pairs->at[i].name);
		wipe_string(pairs->at[i].value);
	}
}

static void
wipe_matches(struct sms_http_matches *matches)
{
	for (size_t i = 0; i < matches->count; i++) {
		wipe_string(matches->at[i].path);
		wipe_string(matches->at[i].value);
	}
}

void
sms_http_config_wipe(struct sms_http_config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		struct sms_http_gateway *gateway = &config->gateways[i];
		char *const strings[] = {gateway->url, gateway->user,
		    gateway->password, gateway->token, gateway->region,
		    gateway->service, gateway->ca_file, gateway->proxy};

		for (size_t j = 0; j < sizeof(strings) / sizeof(strings[0]);
		     j++)
			wipe_string(strings[j]);
		sms_http_text_wipe(&gateway->json);
		wipe_pairs(&gateway->credentials);
		wipe_pairs(&gateway->headers);
		wipe_pairs(&gateway->fields);
		wipe_matches(&gateway->ok);
		wipe_matches(&gateway->fail);
	}
	explicit_bzero(config, sizeof(*config));
}
