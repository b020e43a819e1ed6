/* SPDX-License-Identifier: BSD-3-Clause */
/* What no option is wrong in alone: contradictions. */
#include "config_option.h"

#include <string.h>

#define NIST_BITS 64   /* SP 800-63B-4 4.2.1.1, of a saved recovery code */
#define NIST_DIGITS 20 /* 66 bits */

static bool
wait_exceeds(const struct xs_config *c)
{
	return c->throttle.wait > c->throttle.wait_max;
}

static bool
stop_before_wait(const struct xs_config *c)
{
	return c->throttle.free >= c->throttle.stop;
}

static bool
root_would_send(const struct xs_config *c)
{
	return strcmp(c->sms_user, "root") == 0;
}

static bool
hour_exceeds_day(const struct xs_config *c)
{
	return c->sms_per_hour > c->sms_per_day;
}

static bool
cost_too_low(const struct xs_config *c)
{
	return !xs_argon2_cost_ok(&c->argon2);
}

static bool
date_without_enrol(const struct xs_config *c)
{
	return c->enrol_by != 0 && c->not_enrolled != XS_NOT_ENROLLED_ENROL;
}

static bool
enrol_without_app(const struct xs_config *c)
{
	return c->not_enrolled == XS_NOT_ENROLLED_ENROL &&
	    (c->methods & 1u << XS_APP) == 0;
}

static bool
store_without_database(const struct xs_config *c)
{
	return c->store == XS_STORE_POSTGRESQL && c->postgresql[0] == '\0';
}

static bool
database_without_store(const struct xs_config *c)
{
	return c->store != XS_STORE_POSTGRESQL && c->postgresql[0] != '\0';
}

static bool
only_sms_without_sender(const struct xs_config *c)
{
	return c->methods == 1u << XS_SMS && c->sms_command[0] == '\0';
}

/* Else a number would be texted that nobody thought of, or none at all. */
static bool
sender_without_numbers(const struct xs_config *c)
{
	return c->sms_command[0] != '\0' && c->country_code[0] == '\0' &&
	    c->sms_allow[0] == '\0';
}

/* The shorter of the two is the beginning of the longer. */
static bool
may_meet(const char *number, const char *prefix, size_t length)
{
	size_t n = strlen(number);

	return strncmp(number, prefix, n < length ? n : length) == 0;
}

/* What 0612345678 stands for could never be texted. */
static bool
country_not_allowed(const struct xs_config *c)
{
	const char *item = c->sms_allow;
	char country[sizeof(c->country_code) + 1] = "+";

	if (c->country_code[0] == '\0' || item[0] == '\0')
		return false;
	strcat(country, c->country_code);
	while (*item != '\0') {
		size_t n = strcspn(item, ",");

		if (may_meet(country, item, n))
			return false;
		item += n + (item[n] == ',');
	}
	return true;
}

/* A code could be dead before it is known to be sent. */
static bool
code_dies_on_the_way(const struct xs_config *c)
{
	return c->sms_valid <= c->sms_timeout;
}

/* Who got hold of the state would have its key too. */
static bool
key_among_state(const struct xs_config *c)
{
	size_t n = strlen(c->state_dir);

	while (n > 0 && c->state_dir[n - 1] == '/')
		n--;
	return strncmp(c->key_file, c->state_dir, n) == 0 &&
	    c->key_file[n] == '/';
}

static bool
nist_remembers(const struct xs_config *c)
{
	return c->profile == XS_PROFILE_NIST && c->remember != 0;
}

bool
xs_config_code_fits(
    const struct xs_config *config, const struct xs_code_format *format)
{
	/* Hundredths of bits of a character. */
	unsigned each = format->alphabet == XS_CODE_BASE32 ? 500 : 332;

	return config->profile != XS_PROFILE_NIST ||
	    format->length * each >= NIST_BITS * 100;
}

static bool
nist_code_short(const struct xs_config *c)
{
	return !xs_config_code_fits(c, &c->backup_format);
}

static bool
nist_silent(const struct xs_config *c)
{
	return c->profile == XS_PROFILE_NIST && c->notify_command[0] == '\0';
}

/* Read as: KEY: "its value" TEXT OTHER = its value. */
static const struct {
	bool (*broken)(const struct xs_config *config);
	const char *key;
	const char *text;
	const char *other;
} rules[] = {
    {key_among_state, "key_file", "must not lie inside", "state_dir"},
    {store_without_database, "store", "does not go with", "postgresql"},
    {database_without_store, "postgresql", "does not go with", "store"},
    {only_sms_without_sender, "methods", "lets nobody in with", "sms_command"},
    {enrol_without_app, "not_enrolled", "needs the app among", "methods"},
    {sender_without_numbers, "sms_command",
	"may text no number with country_code and", "sms_allow"},
    {country_not_allowed, "country_code", "is not among", "sms_allow"},
    {code_dies_on_the_way, "sms_valid", "is not longer than", "sms_timeout"},
    {date_without_enrol, "enrol_by", "does not go with", "not_enrolled"},
    {root_would_send, "sms_user", "must not be who runs", "sms_command"},
    {hour_exceeds_day, "sms_per_hour", "is more than", "sms_per_day"},
    {stop_before_wait, "throttle_free", "is not less than", "throttle_stop"},
    {wait_exceeds, "throttle_wait", "is longer than", "throttle_wait_max"},
    {cost_too_low, "argon2_memory", "is below OWASP's table with",
	"argon2_time"},
    {nist_remembers, "remember", "does not go with", "profile"},
    {nist_code_short, "backup_format", "has less than the 64 bits of",
	"profile"},
    {nist_silent, "profile", "does not go with", "notify_command"},
};

static void
shown_value(const struct xs_option *option, const struct xs_config *config,
    char out[XS_OPTION_MAX])
{
	xs_option_value(option, config, out);
	if (out[0] == '\0')
		memcpy(out, "none", sizeof("none"));
	else if (option->kind->hidden)
		memcpy(out, "...", sizeof("..."));
}

/* "FILE:LINE: ", "argument ", or "" for a default. */
static void
name_place(const struct xs_config *config, int set_at, char *out, size_t size)
{
	out[0] = '\0';
	if (set_at > 0)
		snprintf(out, size, "%.150s:%d: ", config->path, set_at);
	else if (set_at < 0)
		snprintf(out, size, "argument ");
}

static int
set_at(const struct xs_config *config, const struct xs_option *option)
{
	return config->set_at[option - xs_options];
}

bool
xs_option_follows(
    const struct xs_option *option, const struct xs_config *config)
{
	return config->profile == XS_PROFILE_NIST &&
	    strcmp(option->key, "backup_format") == 0 &&
	    set_at(config, option) == 0;
}

void
xs_config_follow_profile(struct xs_config *config)
{
	if (xs_option_follows(xs_option_find("backup_format"), config))
		config->backup_format =
		    (struct xs_code_format){XS_CODE_DIGITS, NIST_DIGITS};
}

static int
contradict(const struct xs_config *config, size_t rule, struct xs_fault *fault)
{
	const struct xs_option *option = xs_option_find(rules[rule].key);
	const struct xs_option *other = xs_option_find(rules[rule].other);
	char value[XS_OPTION_MAX], beside[XS_OPTION_MAX], place[192];
	int at = set_at(config, option);

	shown_value(option, config, value);
	shown_value(other, config, beside);
	/* What was set is to blame, not a default. */
	name_place(
	    config, at != 0 ? at : set_at(config, other), place, sizeof(place));
	return xs_fault_set(fault, XS_E_CONFIG, "%s%s: \"%.80s\" %s %s = %.80s",
	    place, option->key, value, rules[rule].text, other->key, beside);
}

int
xs_config_check(const struct xs_config *config, struct xs_fault *fault)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].broken(config))
			return contradict(config, i, fault);
	}
	return 0;
}
