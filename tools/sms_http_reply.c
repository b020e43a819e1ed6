/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a reply says. A service may answer 200 and tell of the failure inside
 * (Vonage does), so that the status alone decides nothing.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "sms_http.h"

static json_object *
parse_json(const char *text, size_t length, bool *ret_good)
{
	struct json_tokener *tokener = json_tokener_new_ex(SMS_HTTP_DEPTH);
	json_object *json = NULL;
	bool good = false;

	if (tokener != NULL && length <= SMS_HTTP_REPLY_MAX) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
		/* With its NUL: a number ends there, too. */
		json = json_tokener_parse_ex(tokener, text, (int)length + 1);
		good = json_tokener_get_error(tokener) == json_tokener_success;
	}
	if (!good) {
		json_object_put(json);
		json = NULL;
	}
	if (tokener != NULL)
		json_tokener_free(tokener);
	*ret_good = good;
	return json;
}

/* NAME[0].NAME: each step leads to another name or number. */
static bool
path_is_good(const char *path)
{
	bool step = false;

	while (*path != '\0') {
		if (*path == '[') {
			size_t n = strspn(path + 1, "0123456789");

			if (n == 0 || n > 4 || path[1 + n] != ']')
				return false;
			path += n + 2;
		} else {
			size_t n;

			if (step && *path != '.')
				return false;
			path += step;
			n = strcspn(path, ".[]");
			if (n == 0)
				return false;
			path += n;
		}
		step = true;
	}
	return step;
}

/* One step of the path; NULL: there is no such thing. */
static json_object *
walk_step(json_object *json, const char **path)
{
	json_object *found = NULL;
	char name[SMS_HTTP_LINE_MAX + 1];
	size_t n;

	if (**path == '[') {
		size_t index = strtoul(*path + 1, NULL, 10);

		*path += strcspn(*path, "]") + 1;
		if (json_object_is_type(json, json_type_array))
			found = json_object_array_get_idx(json, index);
		return found;
	}
	*path += **path == '.';
	n = strcspn(*path, ".[]");
	if (n >= sizeof(name))
		return NULL;
	memcpy(name, *path, n);
	name[n] = '\0';
	*path += n;
	if (json_object_is_type(json, json_type_object))
		(void)json_object_object_get_ex(json, name, &found);
	return found;
}

static bool
json_matches(const struct sms_http_match *match, json_object *json)
{
	const char *path = match->path;
	json_object *value;
	bool good, equal;

	while (*path != '\0' && json != NULL)
		json = walk_step(json, &path);
	if (json == NULL)
		return false;
	value = parse_json(match->value, strlen(match->value), &good);
	/* A text is no number: "0" and 0 are two things. */
	equal = good && value != NULL && json_object_equal(json, value) != 0;
	json_object_put(value);
	return equal;
}

static bool
matches(const struct sms_http_match *match, json_object *json, const char *body,
    size_t length)
{
	if (match->path != NULL)
		return json_matches(match, json);
	return memmem(body, length, match->value, strlen(match->value)) != NULL;
}

static bool
want_json(const struct sms_http_matches *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->at[i].path != NULL)
			return true;
	}
	return false;
}

static enum sms_http_outcome
judge_body(const struct sms_http_gateway *gateway, json_object *json,
    const char *body, size_t length, struct xs_fault *why)
{
	for (size_t i = 0; i < gateway->fail.count; i++) {
		if (matches(&gateway->fail.at[i], json, body, length)) {
			(void)xs_fault_set(why, 0,
			    "it answered, and fail_match of line %d holds",
			    gateway->fail.at[i].line);
			return SMS_HTTP_REFUSED;
		}
	}
	for (size_t i = 0; i < gateway->ok.count; i++) {
		if (!matches(&gateway->ok.at[i], json, body, length)) {
			(void)xs_fault_set(why, 0,
			    "it answered, but ok_match of line %d does not "
			    "hold",
			    gateway->ok.at[i].line);
			return SMS_HTTP_REFUSED;
		}
	}
	return SMS_HTTP_TAKEN;
}

enum sms_http_outcome
sms_http_judge(const struct sms_http_gateway *gateway, long status,
    const char *body, size_t length, struct xs_fault *why)
{
	enum sms_http_outcome outcome = SMS_HTTP_REFUSED;
	json_object *json = NULL;
	bool good = true;

	if (status < 200 || status > 299 || !gateway->accept[status - 200]) {
		(void)xs_fault_set(
		    why, 0, "it answered with status %ld", status);
		return SMS_HTTP_REFUSED;
	}
	if (want_json(&gateway->ok) || want_json(&gateway->fail))
		json = parse_json(body, length, &good);
	if (good)
		outcome = judge_body(gateway, json, body, length, why);
	else
		(void)xs_fault_set(why, 0, "its answer is not JSON");
	json_object_put(json);
	return outcome;
}

static const char *
parse_json_match(struct sms_http_match *match, const char *text)
{
	static const char allowed[] =
	    "json PATH = VALUE, such as json messages[0].status = \"0\"";
	const char *equals = strchr(text, '=');
	const char *value = equals;
	json_object *json;
	size_t n;
	bool good;

	if (equals == NULL)
		return allowed;
	n = (size_t)(equals - text);
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	value += 1 + strspn(equals + 1, " \t");
	json = parse_json(value, strlen(value), &good);
	json_object_put(json);
	if (!good || json == NULL)
		return allowed;
	match->path = strndup(text, n);
	match->value = strdup(value);
	if (match->path == NULL || match->value == NULL ||
	    !path_is_good(match->path)) {
		const char *why = match->path != NULL && match->value != NULL
		    ? allowed
		    : "out of memory";

		free(match->path);
		free(match->value);
		match->path = match->value = NULL;
		return why;
	}
	return NULL;
}

const char *
sms_http_match_parse(struct sms_http_match *match, const char *value)
{
	const char *rest = value + strcspn(value, " \t");
	size_t n = (size_t)(rest - value);

	rest += strspn(rest, " \t");
	if (n == 4 && strncmp(value, "json", n) == 0)
		return parse_json_match(match, rest);
	if (n != 4 || strncmp(value, "text", n) != 0 || *rest == '\0')
		return "text WORDS or json PATH = VALUE";
	match->value = strdup(rest);
	match->path = NULL;
	return match->value != NULL ? NULL : "out of memory";
}
