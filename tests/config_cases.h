/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the tests of the options: one good line for every key. */
#ifndef XS_TESTS_CONFIG_CASES_H
#define XS_TESTS_CONFIG_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "config_option.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(name) \
	offsetof(struct xs_config, name), sizeof(((struct xs_config *)0)->name)

/* Each differs from the default. */
static const struct {
	const char *line;
	size_t offset;
	size_t size;
} flips[] = {
    {"state_dir = /srv/x", FIELD(state_dir)},
    {"key_file = /srv/key", FIELD(key_file)},
    {"store = postgresql", FIELD(store)},
    {"postgresql = host=db dbname=x # y", FIELD(postgresql)},
    {"issuer = Voorbeeld B.V.", FIELD(issuer)},
    {"methods = sms,app", FIELD(methods)},
    {"not_enrolled = enrol", FIELD(not_enrolled)},
    {"enrol_by = 2027-02-28", FIELD(enrol_by)},
    {"enrol_services = cockpit", FIELD(enrol_services)},
    {"required_groups = wheel,domain users", FIELD(required_groups)},
    {"exempt_users = backup", FIELD(exempt_users)},
    {"exempt_groups = robots", FIELD(exempt_groups)},
    {"exempt_networks = 192.0.2.0/24,2001:db8::/32", FIELD(exempt_networks)},
    {"enforce = log", FIELD(enforce)},
    {"language = nl", FIELD(language)},
    {"tries = 4", FIELD(tries)},
    {"fail_delay = 5s", FIELD(fail_delay)},
    {"app_digits = 8", FIELD(app_digits)},
    {"app_period = 45s", FIELD(app_period)},
    {"app_algorithm = sha512", FIELD(app_algorithm)},
    {"app_window = 0", FIELD(app_window)},
    {"backup_format = base32:13", FIELD(backup_format)},
    {"backup_codes = 10", FIELD(backup_codes)},
    {"sms_command = /usr/lib/send", FIELD(sms_command)},
    {"sms_user = nobody", FIELD(sms_user)},
    {"sms_digits = 7", FIELD(sms_digits)},
    {"sms_valid = 9m", FIELD(sms_valid)},
    {"sms_timeout = 20s", FIELD(sms_timeout)},
    {"sms_cooldown = 2m", FIELD(sms_cooldown)},
    {"sms_per_hour = 6", FIELD(sms_per_hour)},
    {"sms_per_day = 11", FIELD(sms_per_day)},
    {"sms_host_per_hour = 201", FIELD(sms_host_per_hour)},
    {"country_code = 31", FIELD(country_code)},
    {"sms_allow = +31,+32", FIELD(sms_allow)},
    {"notify_command = /usr/lib/tell", FIELD(notify_command)},
    {"helpdesk_not_for = wheel", FIELD(helpdesk_not_for)},
    {"throttle_free = 6", FIELD(throttle.free)},
    {"throttle_wait = 40s", FIELD(throttle.wait)},
    {"throttle_wait_max = 30m", FIELD(throttle.wait_max)},
    {"throttle_stop = 90", FIELD(throttle.stop)},
    {"throttle_budget = 60/30d", FIELD(throttle.budget[XS_OTHER])},
    {"throttle_budget_own = 30/30d", FIELD(throttle.budget[XS_OWN])},
    {"remember = 12h", FIELD(remember)},
    {"argon2_memory = 128M", FIELD(argon2.memory)},
    {"argon2_time = 4", FIELD(argon2.time)},
    {"argon2_lanes = 2", FIELD(argon2.lanes)},
    {"profile = nist", FIELD(profile)},
    {"debug = yes", FIELD(debug)},
};

static inline int
feed(struct xs_config *config, const char *text, struct xs_fault *fault)
{
	return xs_config_line(config, text, "x.conf", 7, fault);
}

static inline void
assert_text(const struct xs_config *config, const char *key, const char *text)
{
	char value[XS_OPTION_MAX];

	xs_option_value(xs_option_find(key), config, value);
	assert_string_equal(value, text);
}

static inline void
feed_flips(struct xs_config *c)
{
	xs_config_init(c);
	for (size_t i = 0; i < COUNT(flips); i++)
		assert_int_equal(feed(c, flips[i].line, NULL), 0);
}

#endif
