/* SPDX-License-Identifier: BSD-3-Clause */
/* The values: what every key may be, and what its default is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/config_cases.h"

static void
test_defaults_are_those_of_the_design(void **state)
{
	struct xs_config c;

	(void)state;
	memset(&c, 0xa5, sizeof(c));
	xs_config_init(&c);
	assert_string_equal(c.path, "");
	assert_string_equal(c.state_dir, "/var/lib/xsuite");
	assert_string_equal(c.key_file, "/etc/xsuite/host.key");
	assert_int_equal(c.store, XS_STORE_FILE);
	assert_string_equal(c.postgresql, "");
	assert_string_equal(c.issuer, "");
	assert_int_equal(c.methods, 1 << XS_APP | 1 << XS_SMS | 1 << XS_BACKUP);
	assert_int_equal(c.not_enrolled, XS_NOT_ENROLLED_PASS);
	assert_int_equal(c.enrol_by, 0);
	assert_string_equal(c.enrol_services, "sshd,login");
	assert_string_equal(c.required_groups, "");
	assert_string_equal(c.exempt_users, "");
	assert_string_equal(c.exempt_groups, "");
	assert_string_equal(c.exempt_networks, "");
	assert_int_equal(c.enforce, XS_ENFORCE_YES);
	assert_string_equal(c.language, "en");
	assert_int_equal(c.tries, 3);
	assert_int_equal(c.fail_delay, 2);
	assert_int_equal(c.app_digits, 6);
	assert_int_equal(c.app_period, 30);
	assert_int_equal(c.app_algorithm, XS_SHA1);
	assert_int_equal(c.app_window, 1);
	assert_int_equal(c.backup_format.alphabet, XS_CODE_DIGITS);
	assert_int_equal(c.backup_format.length, 8);
	assert_int_equal(c.backup_codes, 1);
	assert_string_equal(c.sms_command, "");
	assert_string_equal(c.sms_user, "xsuite-sms");
	assert_int_equal(c.sms_digits, 6);
	assert_int_equal(c.sms_valid, 300);
	assert_int_equal(c.sms_timeout, 8);
	assert_int_equal(c.sms_cooldown, 60);
	assert_int_equal(c.sms_per_hour, 5);
	assert_int_equal(c.sms_per_day, 10);
	assert_int_equal(c.sms_host_per_hour, 200);
	assert_string_equal(c.country_code, "");
	assert_string_equal(c.sms_allow, "");
	assert_string_equal(c.notify_command, "");
	assert_string_equal(c.helpdesk_not_for, "");
	assert_int_equal(c.throttle.free, 5);
	assert_int_equal(c.throttle.wait, 30);
	assert_int_equal(c.throttle.wait_max, 3600);
	assert_int_equal(c.throttle.stop, 100);
	assert_int_equal(c.throttle.budget[XS_OTHER], 50);
	assert_int_equal(c.throttle.budget[XS_OWN], 20);
	assert_int_equal(c.remember, 0);
	assert_int_equal(c.argon2.memory, 65536);
	assert_int_equal(c.argon2.time, 3);
	assert_int_equal(c.argon2.lanes, 1);
	assert_int_equal(c.profile, XS_PROFILE_DEFAULT);
	assert_false(c.debug);
	assert_false(c.settings);
	for (size_t i = 0; i < XS_CONFIG_KEYS_MAX; i++)
		assert_int_equal(c.set_at[i], 0);
	assert_int_equal(xs_config_check(&c, NULL), 0);
}

/* What init swallows: a default that its own parser refuses. */
static void
test_no_default_is_refused_as_a_line(void **state)
{
	struct xs_config c, defaults;
	char text[256];

	(void)state;
	xs_config_init(&c);
	xs_config_init(&defaults);
	for (size_t i = 0; i < xs_options_count; i++) {
		if (xs_options[i].place != XS_PLACE_ANY)
			continue;
		snprintf(text, sizeof(text), "%s = %s", xs_options[i].key,
		    xs_options[i].fallback);
		assert_int_equal(feed(&c, text, NULL), 0);
	}
	memset(c.set_at, 0, sizeof(c.set_at));
	assert_memory_equal(&c, &defaults, sizeof(c));
}

/* Each line changes the field that it names, and no other. */
static void
test_every_key_changes_its_field_alone(void **state)
{
	struct xs_config c, defaults;

	(void)state;
	xs_config_init(&defaults);
	for (size_t i = 0; i < COUNT(flips); i++) {
		char *field = (char *)&c + flips[i].offset;

		xs_config_init(&c);
		assert_int_equal(feed(&c, flips[i].line, NULL), 0);
		assert_memory_not_equal(
		    field, (char *)&defaults + flips[i].offset, flips[i].size);
		memcpy(
		    field, (char *)&defaults + flips[i].offset, flips[i].size);
		memset(c.set_at, 0, sizeof(c.set_at));
		assert_memory_equal(&c, &defaults, sizeof(c));
	}
}

/* A new key without a line in flips fails here. */
static void
test_every_key_is_flipped(void **state)
{
	struct xs_config c;

	(void)state;
	feed_flips(&c);
	for (size_t i = 0; i < xs_options_count; i++)
		assert_int_equal(
		    c.set_at[i], xs_options[i].place == XS_PLACE_ANY ? 7 : 0);
}

static const struct {
	const char *line;
	const char *key;
	const char *value; /* as dumped */
} good[] = {
    {"tries=1", "tries", "1"},
    {" \t tries \t=\t 5 \t", "tries", "5"},
    {"fail_delay = 0", "fail_delay", "0"},
    {"fail_delay = 0s", "fail_delay", "0"},
    {"fail_delay = 10", "fail_delay", "10s"},
    {"app_period = 15", "app_period", "15s"},
    {"app_period = 1m", "app_period", "1m"},
    {"app_digits = 7", "app_digits", "7"},
    {"app_algorithm = sha256", "app_algorithm", "sha256"},
    {"remember = 30d", "remember", "30d"},
    {"remember = 720h", "remember", "30d"},
    {"remember = 2592000", "remember", "30d"},
    {"remember = 90m", "remember", "90m"},
    {"sms_valid = 600s", "sms_valid", "10m"},
    {"sms_timeout = 30", "sms_timeout", "30s"},
    {"sms_cooldown = 1h", "sms_cooldown", "1h"},
    {"sms_cooldown = 1s", "sms_cooldown", "1s"},
    {"sms_per_hour = 20", "sms_per_hour", "20"},
    {"sms_per_day = 1", "sms_per_day", "1"},
    {"sms_host_per_hour = 100000", "sms_host_per_hour", "100000"},
    {"throttle_wait_max = 60", "throttle_wait_max", "1m"},
    {"throttle_stop = 10", "throttle_stop", "10"},
    {"throttle_free = 1", "throttle_free", "1"},
    {"throttle_budget = 200/30d", "throttle_budget", "200/30d"},
    {"throttle_budget = 20/30d", "throttle_budget", "20/30d"},
    {"throttle_budget_own = 10/30d", "throttle_budget_own", "10/30d"},
    {"argon2_memory = 1G", "argon2_memory", "1G"},
    {"argon2_memory = 12288K", "argon2_memory", "12M"},
    {"argon2_memory = 20000K", "argon2_memory", "20000K"},
    {"argon2_time = 16", "argon2_time", "16"},
    {"argon2_lanes = 16", "argon2_lanes", "16"},
    {"debug = no", "debug", "no"},
    {"methods = backup , sms,app", "methods", "app,sms,backup"},
    {"methods = app", "methods", "app"},
    {"not_enrolled = refuse", "not_enrolled", "refuse"},
    {"enrol_by = 2028-02-29", "enrol_by", "2028-02-29"},
    {"enrol_by = 2000-02-29", "enrol_by", "2000-02-29"},
    {"enrol_by = 1970-01-01", "enrol_by", "1970-01-01"},
    {"enrol_by = 9999-12-31", "enrol_by", "9999-12-31"},
    {"enrol_by =", "enrol_by", ""},
    {"issuer =", "issuer", ""},
    {"issuer = \"a\" = 'b' # c", "issuer", "\"a\" = 'b' # c"},
    {"issuer = M\xc3\xbcller", "issuer", "M\xc3\xbcller"},
    {"postgresql = host=/run dbname=x", "postgresql", "host=/run dbname=x"},
    {"exempt_users = a , b ,c", "exempt_users", "a,b,c"},
    {"exempt_groups = DOM\\domain users,x", "exempt_groups",
	"DOM\\domain users,x"},
    {"exempt_networks = 192.0.2.7", "exempt_networks", "192.0.2.7"},
    {"exempt_networks = 192.0.2.128/25, 2001:db8::1/128", "exempt_networks",
	"192.0.2.128/25,2001:db8::1/128"},
    {"exempt_networks = 128.0.0.0/1", "exempt_networks", "128.0.0.0/1"},
    {"exempt_networks = fe80::/10", "exempt_networks", "fe80::/10"},
    {"enrol_services = su-l", "enrol_services", "su-l"},
    {"country_code = 1", "country_code", "1"},
    {"country_code = 353", "country_code", "353"},
    {"sms_allow = +1, +316", "sms_allow", "+1,+316"},
    {"backup_format = digits:20", "backup_format", "digits:20"},
    {"backup_format = base32:16", "backup_format", "base32:16"},
    {"state_dir = /a/..b/c..", "state_dir", "/a/..b/c.."},
    {"key_file = /a b", "key_file", "/a b"},
};

static void
test_good_values_are_taken(void **state)
{
	struct xs_config c, again;
	struct xs_fault fault;
	char line[256];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		xs_config_init(&c);
		if (feed(&c, good[i].line, &fault) != 0)
			fail_msg("%s: %s", good[i].line, fault.text);
		assert_text(&c, good[i].key, good[i].value);
		/* What a dump says is taken again, and means the same. */
		snprintf(
		    line, sizeof(line), "%s = %s", good[i].key, good[i].value);
		again = c;
		memset(again.set_at, 0, sizeof(again.set_at));
		assert_int_equal(feed(&again, line, NULL), 0);
		assert_memory_equal(&again, &c, sizeof(c));
	}
}

static void
test_dates_hold_to_their_last_second(void **state)
{
	struct xs_config c;

	(void)state;
	xs_config_init(&c);
	assert_int_equal(feed(&c, "enrol_by = 1970-01-01", NULL), 0);
	assert_int_equal(c.enrol_by, 86399);
	xs_config_init(&c);
	assert_int_equal(feed(&c, "enrol_by = 2024-02-29", NULL), 0);
	assert_int_equal(c.enrol_by, 1709251199);
	xs_config_init(&c);
	assert_int_equal(feed(&c, "enrol_by = 9999-12-31", NULL), 0);
	assert_int_equal(c.enrol_by, INT64_C(253402300799));
}

/* The values are parted by bars. */
static const struct {
	const char *key;
	const char *values;
} bad[] = {
    {"tries",
	"0|6||+3|-1|3s|03|0x3|3 "
	"4|3,|three|4294967299|99999999999999999999|18446744073709551619|"
	"\"3\"|3 # or so"},
    {"fail_delay", "11|1m|5S|s|1.5s|2 s|2ss|00|"},
    {"app_digits", "5|9"},
    {"app_period", "14|61"},
    {"app_window", "2"},
    {"app_algorithm", "md5|SHA1||sha1 sha256"},
    {"language", "de|nl_NL|"},
    {"debug", "1|true||YES"},
    {"store", "files|"},
    {"not_enrolled", "ignore|"},
    {"enforce", "no"},
    {"profile", "NIST"},
    {"methods", "|,|app,|app,app|app sms|push|app,,sms"},
    {"enrol_by",
	"2026-02-29|1900-02-29|2026-13-01|2026-00-10|2026-04-31|2026-01-00|"
	"2026-1-1|20260101|2026-01-0|1969-12-31|2100-02-29|2026/01/01|none"},
    {"remember", "31d|2592001|"},
    {"sms_valid", "11m|0"},
    {"sms_timeout", "31|0"},
    {"sms_cooldown", "0|2h"},
    {"sms_per_hour", "0|21"},
    {"sms_per_day", "21"},
    {"sms_host_per_hour", "0|100001"},
    {"sms_digits", "5|9"},
    {"backup_codes", "0|17"},
    {"backup_format", "digits:9|8||digits:8 ,"},
    {"throttle_free", "0|11"},
    {"throttle_wait", "0|3601"},
    {"throttle_wait_max", "59|61m"},
    {"throttle_stop", "9|101"},
    {"throttle_budget", "50|19/30d|201/30d|50/31d|50/30|50/30d/30d|50 /30d|"},
    {"throttle_budget_own", "9/30d|201/30d"},
    {"argon2_memory", "64|67108864|64m|64MB|11M|2G|5000000G"},
    {"argon2_time", "0|17"},
    {"argon2_lanes", "0|17"},
    {"state_dir", "var/lib||/a/../b|/..|/a/.."},
    {"key_file", "host.key|~/key"},
    {"sms_command", "send|/bin/send -x|/a/../b"},
    {"notify_command", "/bin/tell me"},
    {"sms_user", "|a:b"},
    {"issuer",
	"a:b|1234567890123456789012345678901234567890123456789012345678"
	"9012345"},
    {"exempt_users", "a,,b|,|a,|a:b"},
    {"enrol_services", "|/etc/pam.d/x|a b"},
    {"country_code", "031|+31|1234|3a"},
    {"sms_allow", "31|+|+031|+31,,+32|+1234567890123456"},
    {"exempt_networks",
	"192.0.2.0/33|192.0.2.0/|192.0.2/24|192.0.2.0/024|192.0.2.0/-1|"
	"192.0.2.0/24/24|example.org|2001:db8::/129|fe80::1%eth0|"
	"192.0.2.1/24|2001:db8::1/32|192.0.2.0/24,|/24|::ffff:192.0.2.1|"
	"::fffe:0:0/95|11111111111111111111111111111111111111111111111111111111"
	"1111111111111111"},
};

/* The fault names place, key and value. */
static void
assert_refused(struct xs_config *c, const char *key, const char *value)
{
	struct xs_fault fault = {""};
	char line[256], start[128];

	snprintf(line, sizeof(line), "%s = %s", key, value);
	if (feed(c, line, &fault) != XS_E_CONFIG)
		fail_msg("taken: %s", line);
	snprintf(start, sizeof(start), "x.conf:7: %s: \"%.40s", key, value);
	if (strncmp(fault.text, start, strlen(start)) != 0 ||
	    strstr(fault.text, "\" is not ") == NULL)
		fail_msg("%s: %s", line, fault.text);
}

/* And the options stay as they were. */
static void
test_bad_values_are_refused(void **state)
{
	struct xs_config c, before;

	(void)state;
	xs_config_init(&c);
	before = c;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char values[1024], *rest = values;

		strcpy(values, bad[i].values);
		for (char *value; (value = strsep(&rest, "|")) != NULL;) {
			assert_refused(&c, bad[i].key, value);
			assert_memory_equal(&c, &before, sizeof(c));
		}
	}
}

static void
test_networks_with_loopback_are_refused(void **state)
{
	static const char *const lines[] = {
	    "exempt_networks = 127.0.0.1",
	    "exempt_networks = 127.0.0.0/8",
	    "exempt_networks = 127.1.2.0/24",
	    "exempt_networks = 0.0.0.0/0",
	    "exempt_networks = 0.0.0.0/1",
	    "exempt_networks = 126.0.0.0/7",
	    "exempt_networks = ::1",
	    "exempt_networks = ::/0",
	    "exempt_networks = ::/64",
	    "exempt_networks = 192.0.2.0/24,::1/128",
	};
	struct xs_fault fault;
	struct xs_config c;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		xs_config_init(&c);
		assert_int_equal(feed(&c, lines[i], &fault), XS_E_CONFIG);
		assert_non_null(strstr(fault.text, "loopback"));
		assert_string_equal(c.exempt_networks, "");
	}
}

static void
test_seconds_are_read_as_options_are(void **state)
{
	static const char *const wrong[] = {"", "59", "59s", "8d", "7d1h",
	    "1 h", " 1h", "-1h", "1H", "1w", "h", "0x60", "060", "604801",
	    "99999999999999999999"};
	uint32_t seconds = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(xs_config_seconds(wrong[i], 60, 604800, &seconds));
	assert_int_equal(seconds, 4711);
	assert_true(xs_config_seconds("24h", 60, 604800, &seconds));
	assert_int_equal(seconds, 86400);
	assert_true(xs_config_seconds("7d", 60, 604800, &seconds));
	assert_int_equal(seconds, 604800);
	assert_true(xs_config_seconds("60", 60, 604800, &seconds));
	assert_int_equal(seconds, 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults_are_those_of_the_design),
	    cmocka_unit_test(test_no_default_is_refused_as_a_line),
	    cmocka_unit_test(test_every_key_changes_its_field_alone),
	    cmocka_unit_test(test_every_key_is_flipped),
	    cmocka_unit_test(test_good_values_are_taken),
	    cmocka_unit_test(test_dates_hold_to_their_last_second),
	    cmocka_unit_test(test_bad_values_are_refused),
	    cmocka_unit_test(test_networks_with_loopback_are_refused),
	    cmocka_unit_test(test_seconds_are_read_as_options_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
