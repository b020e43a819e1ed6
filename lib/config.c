/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "config_option.h"

#define SHOWN_MAX 40 /* bytes of a bad value that a fault quotes */

/* Where a setting stands: a line of a file, or (line -1) an argument. */
struct origin {
	const char *path;
	int line;
};

struct setting {
	const char *key;
	const char *value; /* NULL: a bare word */
};

/* Cuts the value where a character of UTF-8 begins. */
static void
quote(const char *value, char out[SHOWN_MAX + 4])
{
	size_t length = strlen(value);
	size_t n = length;

	if (length > SHOWN_MAX) {
		n = SHOWN_MAX;
		while (n > 0 && ((unsigned char)value[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, value, n);
	memcpy(out + n, length > n ? "..." : "", length > n ? 4 : 1);
}

/* "FILE:LINE: KEY: what" or "argument KEY=VALUE: what". */
static int
fail(const struct origin *origin, const struct setting *setting,
    const char *what, struct xs_fault *fault)
{
	const struct xs_option *option = xs_option_find(setting->key);
	bool hidden = option != NULL && option->kind->hidden;
	char key[SHOWN_MAX + 4], value[SHOWN_MAX + 4] = "";

	quote(setting->key, key);
	if (setting->value != NULL)
		quote(hidden ? "..." : setting->value, value);
	if (origin->line >= 0)
		return xs_fault_set(fault, XS_E_CONFIG, "%.150s:%d: %s: %s",
		    origin->path, origin->line, key, what);
	return xs_fault_set(fault, XS_E_CONFIG, "argument %s%s%s: %s", key,
	    setting->value != NULL ? "=" : "", value, what);
}

static int
fail_value(const struct origin *origin, const struct setting *setting,
    const struct xs_option *option, const char *why, struct xs_fault *fault)
{
	char shown[SHOWN_MAX + 4], allowed[128], what[256];

	quote(option->kind->hidden ? "..." : setting->value, shown);
	xs_option_allowed(option, allowed, sizeof(allowed));
	snprintf(what, sizeof(what), "\"%s\" is not %s%s%s", shown, allowed,
	    why[0] == '\0' ? "" : ": ", why);
	return fail(origin, setting, what, fault);
}

static int
fail_twice(const struct origin *origin, const struct setting *setting,
    int first, struct xs_fault *fault)
{
	char what[64];

	if (first < 0)
		return fail(
		    origin, setting, "given twice, once is allowed", fault);
	snprintf(what, sizeof(what),
	    "given twice, once is allowed (first in line %d)", first);
	return fail(origin, setting, what, fault);
}

/* Is it the second time in the file, or the second time as an argument? */
static bool
is_twice(int first, int line)
{
	return first != 0 && (first < 0) == (line < 0);
}

static int
apply_setting(struct xs_config *config, const struct origin *origin,
    const struct setting *setting, struct xs_fault *fault)
{
	const struct xs_option *option = xs_option_find(setting->key);
	const char *why;
	int *set_at;

	if (option == NULL || option->place == XS_PLACE_WORD)
		return fail(origin, setting, "there is no such option", fault);
	if (option->place == XS_PLACE_ARGUMENT && origin->line >= 0)
		return fail(origin, setting,
		    "allowed as a module argument only", fault);
	if (strchr(setting->value, '\t') != NULL)
		return fail(origin, setting,
		    "a tab within the value, none is allowed", fault);
	set_at = &config->set_at[option - xs_options];
	if (is_twice(*set_at, origin->line))
		return fail_twice(origin, setting, *set_at, fault);
	why = option->kind->parse(
	    option, setting->value, (char *)config + option->offset);
	if (why != NULL)
		return fail_value(origin, setting, option, why, fault);
	*set_at = origin->line;
	return 0;
}

static int
apply_word(struct xs_config *config, const struct origin *origin,
    const struct setting *setting, struct xs_fault *fault)
{
	const struct xs_option *option = xs_option_find(setting->key);
	int *set_at;

	/* The two that are yes or no are debug and settings. */
	if (option == NULL || option->kind != &xs_kind_bool)
		return fail(origin, setting,
		    "not a word that stands alone (those are debug and "
		    "settings), nor KEY=VALUE",
		    fault);
	set_at = &config->set_at[option - xs_options];
	if (is_twice(*set_at, origin->line))
		return fail_twice(origin, setting, *set_at, fault);
	*(bool *)((char *)config + option->offset) = true;
	*set_at = origin->line;
	return 0;
}

static char *
trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
		length--;
	text[length] = '\0';
	return text;
}

/* Splits in place; false if there is no '='. */
static bool
split(char *text, struct setting *setting)
{
	char *equals = strchr(text, '=');

	setting->value = NULL;
	if (equals != NULL) {
		*equals = '\0';
		setting->value = trim(equals + 1);
	}
	setting->key = trim(text);
	return equals != NULL;
}

static bool
is_control(char c)
{
	return ((unsigned char)c < 0x20) || c == 0x7f;
}

/*
 * Is there neither a control character nor DEL? Eight bytes at a time, because
 * every login reads the comments of the file as it is shipped. A byte's high
 * bit stays set where it is below 0x20, or where 0x7f was.
 */
static bool
is_plain(const char *text, size_t length)
{
	const uint64_t ones = UINT64_MAX / 0xff;
	uint64_t odd = 0, eight, del;

	for (; length >= sizeof(eight); length -= sizeof(eight)) {
		memcpy(&eight, text, sizeof(eight));
		del = eight ^ ones * 0x7f;
		odd |= ((eight - ones * 0x20) & ~eight) | ((del - ones) & ~del);
		text += sizeof(eight);
	}
	while (length-- > 0)
		if (is_control(*text++))
			return false;
	return (odd & ones * 0x80) == 0;
}

/* What is wrong with the characters, or NULL. Tabs are blanks. */
static const char *
bad_text(const char *text)
{
	size_t length = strnlen(text, XS_OPTION_MAX);

	if (length >= XS_OPTION_MAX)
		return "longer than the 1024 bytes allowed";
	if (is_plain(text, length))
		return NULL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\r' && i + 1 == length)
			return "a carriage return ends the line, only a line "
			       "feed is allowed";
		if (is_control(text[i]) && text[i] != '\t')
			return "a control character, none is allowed";
	}
	return NULL;
}

static int
apply_line(struct xs_config *config, const char *text,
    const struct origin *origin, struct xs_fault *fault)
{
	char buffer[XS_OPTION_MAX];
	struct setting setting;

	memcpy(buffer, text, strlen(text) + 1);
	if (!split(trim(buffer), &setting))
		return fail(origin, &setting,
		    "no '=' follows, only KEY = VALUE is allowed", fault);
	return apply_setting(config, origin, &setting, fault);
}

int
xs_config_line(struct xs_config *config, const char *text, const char *path,
    int line, struct xs_fault *fault)
{
	const struct origin origin = {path, line};
	const char *what = bad_text(text);
	const char *start = text;

	if (what != NULL)
		return xs_fault_set(
		    fault, XS_E_CONFIG, "%.150s:%d: %s", path, line, what);
	/* Most lines of a file as it is shipped are comments. */
	while (*start == ' ' || *start == '\t')
		start++;
	if (*start == '\0' || *start == '#')
		return 0;
	return apply_line(config, start, &origin, fault);
}

static int
apply_argument(struct xs_config *config, char buffer[XS_OPTION_MAX],
    struct xs_fault *fault)
{
	const struct origin origin = {NULL, -1};
	struct setting setting;

	if (!split(buffer, &setting))
		return apply_word(config, &origin, &setting, fault);
	return apply_setting(config, &origin, &setting, fault);
}

/* "config=" says which file to read, so it comes before the others. */
static bool
names_file(const char *argument)
{
	const char *text = argument + strspn(argument, " \t");
	size_t n = strcspn(text, " \t=");

	return n == strlen("config") && memcmp(text, "config", n) == 0 &&
	    strchr(text, '=') != NULL;
}

static int
key_length(const char *argument)
{
	size_t length = strcspn(argument, "=");

	return (int)(length < SHOWN_MAX ? length : SHOWN_MAX);
}

int
xs_config_arguments(struct xs_config *config, int argc, const char *const *argv,
    bool files, struct xs_fault *fault)
{
	char buffer[XS_OPTION_MAX];

	for (int i = 0; i < argc; i++) {
		const char *what = bad_text(argv[i]);
		int err;

		/* The key alone: the value may be anything. */
		if (what != NULL)
			return xs_fault_set(fault, XS_E_CONFIG,
			    "argument %.*s: %s", key_length(argv[i]), argv[i],
			    what);
		if (names_file(argv[i]) != files)
			continue;
		memcpy(buffer, argv[i], strlen(argv[i]) + 1);
		err = apply_argument(config, buffer, fault);
		if (err != 0)
			return err;
	}
	return 0;
}

void
xs_config_init(struct xs_config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < xs_options_count; i++) {
		const struct xs_option *option = &xs_options[i];

		/* That no default is refused, a test shows. */
		if (option->place != XS_PLACE_ARGUMENT)
			(void)option->kind->parse(option, option->fallback,
			    (char *)config + option->offset);
	}
}
