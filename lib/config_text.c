/* SPDX-License-Identifier: BSD-3-Clause */
/* The options as text: those in force, and conf/xsuite.conf. */
#include "config_option.h"

#include <string.h>

#define COLUMNS 78

/* The blanks must not make a line too long to be read again. */
static void
print_setting(const char *key, const char *value, FILE *out)
{
	if (strlen(key) + strlen(" = ") + strlen(value) >= XS_OPTION_MAX)
		fprintf(out, "%s=%s\n", key, value);
	else
		fprintf(
		    out, "%s =%s%s\n", key, value[0] == '\0' ? "" : " ", value);
}

void
xs_config_dump(const struct xs_config *config, FILE *out)
{
	char value[XS_OPTION_MAX];

	for (size_t i = 0; i < xs_options_count; i++) {
		if (xs_options[i].place != XS_PLACE_ANY)
			continue;
		xs_option_value(&xs_options[i], config, value);
		print_setting(xs_options[i].key, value, out);
	}
}

void
xs_config_walk(
    const struct xs_config *config, xs_config_show *show, void *context)
{
	char value[XS_OPTION_MAX], where[XS_OPTION_MAX + 16];

	for (size_t i = 0; i < xs_options_count; i++) {
		int at = config->set_at[i];

		if (xs_options[i].place != XS_PLACE_ANY)
			continue;
		xs_option_value(&xs_options[i], config, value);
		if (at > 0)
			snprintf(
			    where, sizeof(where), "%s:%d", config->path, at);
		else
			snprintf(where, sizeof(where), "%s",
			    at < 0 ? "argument"
				: xs_option_follows(&xs_options[i], config)
				? "profile"
				: "default");
		show(context, xs_options[i].key, value, where);
	}
}

/* A paragraph of comment, broken at blanks. */
static void
print_comment(const char *text, FILE *out)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "# %.*s", (int)n, text);
		else
			column += (size_t)fprintf(out, " %.*s", (int)n, text);
		text += n + strspn(text + n, " ");
	}
	fputc('\n', out);
}

static void
print_allowed(const struct xs_option *option, FILE *out)
{
	char allowed[128], text[256];

	xs_option_allowed(option, allowed, sizeof(allowed));
	snprintf(text, sizeof(text), "Allowed: %s%s.", allowed,
	    option->fallback[0] == '\0' ? ", or nothing" : "");
	print_comment(text, out);
}

void
xs_config_template(FILE *out)
{
	print_comment("Options of pam_xsuite, the two-step login; see "
		      "xsuite.conf(5).",
	    out);
	fputs("#\n", out);
	print_comment("This file and its directory belong to root, and nobody "
		      "else may write them; otherwise the module refuses. One "
		      "\"key = value\" a line, no quotes; a line that begins "
		      "with # is a comment. An unknown key or a bad value is "
		      "an error, and the module refuses then, too.",
	    out);
	fputs("#\n", out);
	print_comment("Every option stands here at its default. The same keys "
		      "as module arguments (key=value) win over this file. "
		      "\"xsuite-admin config\" shows what is in force.",
	    out);
	fputs("#\n", out);
	print_comment("Times are numbers with s, m, h or d, without one "
		      "seconds; sizes have K, M or G.",
	    out);
	for (size_t i = 0; i < xs_options_count; i++) {
		const struct xs_option *option = &xs_options[i];

		if (option->place != XS_PLACE_ANY)
			continue;
		if (option->heading != NULL)
			fprintf(out, "\n# -- %s --\n", option->heading);
		fputc('\n', out);
		print_comment(option->help, out);
		print_allowed(option, out);
		fputc('#', out);
		print_setting(option->key, option->fallback, out);
	}
}
