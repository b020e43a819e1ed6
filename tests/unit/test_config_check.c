/* SPDX-License-Identifier: BSD-3-Clause */
/* What options say together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/config_cases.h"

static const struct {
	const char *lines[4];
	const char *fault; /* NULL: no contradiction */
} pairs[] = {
    {{"throttle_wait = 2m", "throttle_wait_max = 1m"},
	"x.conf:1: throttle_wait: \"2m\" is longer than throttle_wait_max = "
	"1m"},
    {{"throttle_wait = 1m", "throttle_wait_max = 1m"}, NULL},
    {{"throttle_free = 10", "throttle_stop = 10"},
	"x.conf:1: throttle_free: \"10\" is not less than throttle_stop = 10"},
    {{"throttle_free = 9", "throttle_stop = 10"}, NULL},
    {{"sms_per_day = 4"},
	"x.conf:1: sms_per_hour: \"5\" is more than sms_per_day = 4"},
    {{"sms_per_day = 5"}, NULL},
    {{"sms_cooldown = 1h", "sms_valid = 1m"}, NULL},
    {{"", "enrol_by = 2027-01-01"},
	"x.conf:2: enrol_by: \"2027-01-01\" does not go with not_enrolled = "
	"pass"},
    {{"enrol_by = 2027-01-01", "not_enrolled = refuse"},
	"x.conf:1: enrol_by: \"2027-01-01\" does not go with not_enrolled = "
	"refuse"},
    {{"enrol_by = 2027-01-01", "not_enrolled = enrol"}, NULL},
    {{"postgresql = dbname=x"},
	"x.conf:1: postgresql: \"...\" does not go with store = file"},
    {{"store = postgresql"},
	"x.conf:1: store: \"postgresql\" does not go with postgresql = none"},
    {{"store = postgresql", "postgresql = dbname=x"}, NULL},
    {{"methods = sms"},
	"x.conf:1: methods: \"sms\" lets nobody in with sms_command = none"},
    {{"methods = sms", "sms_command = /bin/send", "country_code = 31"}, NULL},
    {{"methods = sms", "sms_command = /bin/send", "sms_allow = +31"}, NULL},
    {{"sms_command = /bin/send"},
	"x.conf:1: sms_command: \"/bin/send\" may text no number with "
	"country_code and sms_allow = none"},
    {{"country_code = 31", "sms_allow = +32,+49"},
	"x.conf:1: country_code: \"31\" is not among sms_allow = +32,+49"},
    {{"country_code = 31", "sms_allow = +32,+316"}, NULL},
    {{"country_code = 31", "sms_allow = +3"}, NULL},
    {{"country_code = 31", "sms_allow = +31,+32"}, NULL},
    {{"sms_allow = +32"}, NULL},
    {{"sms_user = root"},
	"x.conf:1: sms_user: \"root\" must not be who runs sms_command = "
	"none"},
    {{"sms_valid = 8s"},
	"x.conf:1: sms_valid: \"8s\" is not longer than sms_timeout = 8s"},
    {{"sms_valid = 9s"}, NULL},
    {{"sms_valid = 30s", "sms_timeout = 30s"},
	"x.conf:1: sms_valid: \"30s\" is not longer than sms_timeout = 30s"},
    {{"key_file = /var/lib/xsuite/key"},
	"x.conf:1: key_file: \"/var/lib/xsuite/key\" must not lie inside "
	"state_dir = /var/lib/xsuite"},
    {{"key_file = /s/key", "state_dir = /s/"},
	"x.conf:1: key_file: \"/s/key\" must not lie inside state_dir = /s/"},
    {{"key_file = /sk", "state_dir = /s"}, NULL},
    {{"argon2_time = 1", "argon2_memory = 45M"},
	"x.conf:2: argon2_memory: \"45M\" is below OWASP's table with "
	"argon2_time = 1"},
    {{"argon2_time = 1", "argon2_memory = 46M"}, NULL},
    {{"argon2_time = 2", "argon2_memory = 18M"},
	"x.conf:2: argon2_memory: \"18M\" is below OWASP's table with "
	"argon2_time = 2"},
    {{"argon2_time = 2", "argon2_memory = 19M"}, NULL},
    {{"argon2_memory = 12M"}, NULL},
    {{"profile = nist", "notify_command = /bin/tell"},
	"x.conf:1: backup_format: \"digits:8\" has less than the 64 bits of "
	"profile = nist"},
    {{"profile = nist", "notify_command = /bin/tell",
	 "backup_format = digits:16"},
	"x.conf:3: backup_format: \"digits:16\" has less than the 64 bits of "
	"profile = nist"},
    {{"profile = nist", "backup_format = digits:20"},
	"x.conf:1: profile: \"nist\" does not go with notify_command = none"},
    {{"profile = nist", "notify_command = /bin/tell",
	 "backup_format = digits:20"},
	NULL},
    {{"profile = nist", "notify_command = /bin/tell",
	 "backup_format = base32:13"},
	NULL},
    {{"profile = nist", "notify_command = /bin/tell",
	 "backup_format = base32:13", "remember = 1s"},
	"x.conf:4: remember: \"1s\" does not go with profile = nist"},
    {{"required_groups = a", "exempt_groups = a"}, NULL},
};

static void
test_contradictions_are_refused(void **state)
{
	struct xs_fault fault;
	struct xs_config c;

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		int err;

		xs_config_init(&c);
		strcpy(c.path, "x.conf");
		for (int k = 0; k < 4 && pairs[i].lines[k] != NULL; k++)
			assert_int_equal(xs_config_line(&c, pairs[i].lines[k],
					     "x.conf", k + 1, NULL),
			    0);
		err = xs_config_check(&c, &fault);
		if (pairs[i].fault != NULL) {
			assert_int_equal(err, XS_E_CONFIG);
			assert_string_equal(fault.text, pairs[i].fault);
		} else if (err != 0) {
			fail_msg("%s", fault.text);
		}
	}
}

/* Each option can be something else than its default. */
static void
test_every_option_can_be_set(void **state)
{
	struct xs_fault fault;
	struct xs_config c;

	(void)state;
	for (size_t i = 0; i < COUNT(flips); i++) {
		size_t n = strcspn(flips[i].line, " ");

		xs_config_init(&c);
		assert_int_equal(feed(&c, flips[i].line, NULL), 0);
		/* What would contradict the line alone. */
		if (strncmp(flips[i].line, "profile", n) == 0) {
			strcpy(c.notify_command, "/x");
			c.backup_format.length = 20;
		}
		if (strncmp(flips[i].line, "sms_command", n) == 0)
			strcpy(c.country_code, "31");
		if (strncmp(flips[i].line, "store", n) == 0)
			strcpy(c.postgresql, "x");
		if (strncmp(flips[i].line, "postgresql", n) == 0)
			c.store = XS_STORE_POSTGRESQL;
		if (strncmp(flips[i].line, "enrol_by", n) == 0)
			c.not_enrolled = XS_NOT_ENROLLED_ENROL;
		if (xs_config_check(&c, &fault) != 0)
			fail_msg("%s", fault.text);
	}
	xs_config_init(&c);
	assert_int_equal(feed(&c, "not_enrolled = refuse", NULL), 0);
	assert_int_equal(xs_config_check(&c, NULL), 0);
}

static void
test_profile_sets_what_nobody_said(void **state)
{
	static const struct {
		const char *lines[2];
		const char *format;
	} rows[] = {
	    {{"profile = nist"}, "digits:20"},
	    {{"profile = default"}, "digits:8"},
	    {{"tries = 3"}, "digits:8"},
	    {{"profile = nist", "backup_format = digits:8"}, "digits:8"},
	    {{"profile = nist", "backup_format = base32:16"}, "base32:16"},
	    {{"backup_format = digits:10"}, "digits:10"},
	};
	struct xs_config c;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		xs_config_init(&c);
		for (int k = 0; k < 2 && rows[i].lines[k] != NULL; k++)
			assert_int_equal(xs_config_line(&c, rows[i].lines[k],
					     "x.conf", k + 1, NULL),
			    0);
		xs_config_follow_profile(&c);
		assert_text(&c, "backup_format", rows[i].format);
	}
}

/* The words of the table, and the enums of the other rooms. */
static void
test_words_stand_in_the_order_of_the_enums(void **state)
{
	struct xs_config c;

	(void)state;
	for (int i = XS_SHA1; i <= XS_SHA512; i++) {
		xs_config_init(&c);
		c.app_algorithm = i;
		assert_text(&c, "app_algorithm",
		    xs_totp_algorithm_name((enum xs_totp_algorithm)i));
	}
	xs_config_init(&c);
	assert_int_equal(feed(&c, "not_enrolled = refuse", NULL), 0);
	assert_int_equal(c.not_enrolled, XS_NOT_ENROLLED_REFUSE);
	assert_int_equal(feed(&c, "methods = sms", NULL), 0);
	assert_int_equal(c.methods, 1 << XS_SMS);
	assert_int_equal(feed(&c, "enforce = log", NULL), 0);
	assert_int_equal(c.enforce, XS_ENFORCE_LOG);
	assert_int_equal(feed(&c, "profile = nist", NULL), 0);
	assert_int_equal(c.profile, XS_PROFILE_NIST);
	assert_int_equal(feed(&c, "store = postgresql", NULL), 0);
	assert_int_equal(c.store, XS_STORE_POSTGRESQL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_contradictions_are_refused),
	    cmocka_unit_test(test_every_option_can_be_set),
	    cmocka_unit_test(test_profile_sets_what_nobody_said),
	    cmocka_unit_test(test_words_stand_in_the_order_of_the_enums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
