/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Templates: {number}, {digits} and {text} are filled in, escaped as the
 * place wants it. In JSON they are filled into strings that are parsed
 * already, and json-c writes them: a quote cannot end anything there.
 */
#include <json-c/json.h>
#include <json-c/json_visit.h>
#include <string.h>

#include "sms_http.h"

static const struct placeholder {
	const char *name;
	unsigned uses;
} placeholders[] = {
    {"{number}", SMS_HTTP_USES_NUMBER},
    {"{digits}", SMS_HTTP_USES_NUMBER},
    {"{text}", SMS_HTTP_USES_TEXT},
};

static const struct placeholder *
find_placeholder(const char *at)
{
	const size_t count = sizeof(placeholders) / sizeof(placeholders[0]);

	for (size_t i = 0; i < count; i++) {
		const char *name = placeholders[i].name;

		if (strncmp(at, name, strlen(name)) == 0)
			return &placeholders[i];
	}
	return NULL;
}

static const char *
value_of(
    const struct placeholder *found, const struct sms_http_message *message)
{
	if (found->uses == SMS_HTTP_USES_TEXT)
		return message->text;
	return found->name[1] == 'd' ? message->number + 1 : message->number;
}

static int
add_url(struct sms_http_text *out, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	int err = 0;

	for (; *value != '\0' && err == 0; value++) {
		unsigned char c = (unsigned char)*value;
		char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};

		if (strchr(plain, c) != NULL)
			err = sms_http_text_add(out, value, 1);
		else
			err = sms_http_text_add(out, escaped, sizeof(escaped));
	}
	return err;
}

/* test_a_line_feed_stands_in_no_header */
static int
add_header(struct sms_http_text *out, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return XS_E_INVALID;
	}
	return sms_http_text_add(out, value, strlen(value));
}

static int
add_value(
    struct sms_http_text *out, const char *value, enum sms_http_escape escape)
{
	switch (escape) {
	case SMS_HTTP_ESCAPE_URL:
		return add_url(out, value);
	case SMS_HTTP_ESCAPE_HEADER:
		return add_header(out, value);
	default:
		return sms_http_text_add(out, value, strlen(value));
	}
}

int
sms_http_fill(const char *template, const struct sms_http_message *message,
    enum sms_http_escape escape, struct sms_http_text *out)
{
	int err = sms_http_text_add(out, "", 0);

	while (*template != '\0' && err == 0) {
		const struct placeholder *found = find_placeholder(template);
		size_t n = strcspn(template + 1, "{") + 1;

		if (found != NULL) {
			err = add_value(out, value_of(found, message), escape);
			n = strlen(found->name);
		} else {
			err = sms_http_text_add(out, template, n);
		}
		template += n;
	}
	return err;
}

const char *
sms_http_template_problem(const char *template, unsigned *uses)
{
	while ((template = strchr(template, '{')) != NULL) {
		const struct placeholder *found = find_placeholder(template);

		if (found == NULL)
			return "a { begins {number}, {digits} or {text} alone";
		*uses |= found->uses;
		template += strlen(found->name);
	}
	return NULL;
}

/* The template is parsed whole, or not at all. */
static json_object *
parse(const char *template)
{
	struct json_tokener *tokener = json_tokener_new_ex(SMS_HTTP_DEPTH);
	size_t length = strlen(template);
	json_object *json = NULL;

	if (tokener == NULL || length > SMS_HTTP_TEMPLATE_MAX)
		goto out;
	json_tokener_set_flags(
	    tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, template, (int)length + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(json);
		json = NULL;
	}
out:
	if (tokener != NULL)
		json_tokener_free(tokener);
	return json;
}

struct finding {
	const char *problem;
	unsigned *uses;
};

/* Strings are values here; names are not visited by themselves. */
static int
look_into(json_object *json, int flags, json_object *above, const char *name,
    size_t *index, void *context)
{
	struct finding *finding = context;

	(void)flags, (void)above, (void)name, (void)index;
	if (!json_object_is_type(json, json_type_string))
		return JSON_C_VISIT_RETURN_CONTINUE;
	finding->problem = sms_http_template_problem(
	    json_object_get_string(json), finding->uses);
	return finding->problem == NULL ? JSON_C_VISIT_RETURN_CONTINUE
					: JSON_C_VISIT_RETURN_STOP;
}

const char *
sms_http_json_problem(const char *template, unsigned *uses)
{
	struct finding finding = {.uses = uses};
	json_object *json = parse(template);

	if (json == NULL)
		return "that is not JSON";
	(void)json_c_visit(json, 0, look_into, &finding);
	json_object_put(json);
	return finding.problem;
}

struct filling {
	const struct sms_http_message *message;
	int err;
};

static int
fill_string(json_object *json, int flags, json_object *above, const char *name,
    size_t *index, void *context)
{
	struct filling *filling = context;
	struct sms_http_text filled = {0};
	int err;

	(void)flags, (void)above, (void)name, (void)index;
	if (!json_object_is_type(json, json_type_string))
		return JSON_C_VISIT_RETURN_CONTINUE;
	err = sms_http_fill(json_object_get_string(json), filling->message,
	    SMS_HTTP_ESCAPE_NONE, &filled);
	if (err == 0 &&
	    json_object_set_string_len(json, filled.data, (int)filled.length) ==
		0)
		err = XS_E_NOMEM;
	sms_http_text_wipe(&filled);
	filling->err = err;
	return err == 0 ? JSON_C_VISIT_RETURN_CONTINUE
			: JSON_C_VISIT_RETURN_STOP;
}

int
sms_http_fill_json(const char *template, const struct sms_http_message *message,
    struct sms_http_text *out)
{
	struct filling filling = {.message = message};
	json_object *json = parse(template);
	const char *written = NULL;
	size_t length = 0;
	int err;

	if (json == NULL)
		return XS_E_NOMEM;
	if (json_c_visit(json, 0, fill_string, &filling) != 0)
		filling.err = XS_E_NOMEM;
	err = filling.err;
	if (err == 0) {
		written = json_object_to_json_string_length(json,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		    &length);
		err = written == NULL ? XS_E_NOMEM
				      : sms_http_text_add(out, written, length);
	}
	json_object_put(json);
	return err;
}
