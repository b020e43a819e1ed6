/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A typed number: what is read may be handed to a sender, is allowed, and has
 * the digits that were typed.
 */
#include "config.h"
#include "fuzz.h"
#include "phone.h"

static struct xs_config config;

/* As the options take it; what they refuse stays empty. */
static void
set_option(const char *key, const char *value)
{
	char line[200];

	(void)snprintf(line, sizeof(line), "%s = %s", key, value);
	if (xs_config_line(&config, line, "/f", 1, NULL) != 0)
		return;
}

static void
keep_digits(const char *text, char *out)
{
	for (; *text != '\0'; text++)
		if (*text >= '0' && *text <= '9')
			*out++ = *text;
	*out = '\0';
}

/* What was typed, with the country's code where it was left out. */
static void
must_have_the_digits(const char *typed, const char *number)
{
	char digits[256], full[300];

	keep_digits(typed, digits);
	if (strchr(typed, '+') != NULL)
		(void)snprintf(full, sizeof(full), "+%s", digits);
	else if (strncmp(digits, "00", 2) == 0)
		(void)snprintf(full, sizeof(full), "+%s", digits + 2);
	else {
		MUST(digits[0] == '0' && config.country_code[0] != '\0');
		(void)snprintf(full, sizeof(full), "+%s%s", config.country_code,
		    digits + 1);
	}
	MUST(strcmp(number, full) == 0);
}

static void
must_be_allowed(const char *number)
{
	char allow[XS_OPTION_MAX + 1], *rest = allow, *prefix;
	bool found = false;

	(void)snprintf(allow, sizeof(allow), "%s", config.sms_allow);
	if (allow[0] == '\0' && config.country_code[0] != '\0')
		(void)snprintf(
		    allow, sizeof(allow), "+%s", config.country_code);
	while ((prefix = strsep(&rest, ",")) != NULL)
		found |= prefix[0] != '\0' &&
		    strncmp(number, prefix, strlen(prefix)) == 0;
	MUST(found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	char out[XS_PHONE_MAX], again[XS_PHONE_MAX];
	char country[16], allow[100], typed[200];

	take_text(&in, country, sizeof(country));
	take_text(&in, allow, sizeof(allow));
	take_text(&in, typed, sizeof(typed));
	xs_config_init(&config);
	set_option("country_code", country);
	set_option("sms_allow", allow);
	memset(out, 'x', sizeof(out));
	if (xs_phone_read(typed, config.country_code, config.sms_allow, out) !=
	    XS_PHONE_READ) {
		for (size_t i = 0; i < sizeof(out); i++)
			MUST(out[i] == 'x');
		return 0;
	}
	MUST(memchr(out, '\0', sizeof(out)) != NULL && xs_phone_ok(out));
	must_have_the_digits(typed, out);
	must_be_allowed(out);
	MUST(xs_phone_read(out, config.country_code, config.sms_allow, again) ==
	    XS_PHONE_READ);
	MUST(strcmp(out, again) == 0);
	return 0;
}
