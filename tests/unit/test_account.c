/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/accounts.h"

/* Ways to spoil a valid account. */
static void
spoil(struct xs_account *account, int how)
{
	switch (how) {
	case 0:
		account->name[0] = '\0';
		break;
	case 1:
		memset(account->name, 'a', sizeof(account->name));
		break;
	case 2:
		account->uid = (uid_t)-1;
		break;
	case 3:
		account->latest = -1;
		break;
	case 4:
		account->latest = TIME_MAX + 1;
		break;
	case 5:
		account->default_method = XS_METHODS;
		break;
	case 6:
		account->app.totp.secret_length = 0;
		break;
	case 7:
		account->app.totp.secret_length = XS_TOTP_SECRET_MAX + 1;
		break;
	case 8:
		account->app.totp.digits = 5;
		break;
	case 9:
		strcpy(account->phone.number, "+31 6");
		break;
	case 10:
		account->backup.cost.memory = 0;
		break;
	case 11:
		account->backup.cost.memory = 8;
		break;
	case 12:
		account->backup.count = XS_CODES_MAX + 1;
		break;
	case 13:
		account->backup.format.length = 0;
		break;
	case 14:
		account->backup.helpdesk.set = true;
		break;
	case 15:
		strcpy(account->home, "a b");
		break;
	case 16:
		strcpy(account->events[0].word, "a\nuid 0");
		break;
	case 17:
		account->event_count = UINT32_MAX;
		break;
	case 18:
		account->sends[1] = -5;
		break;
	case 19:
		account->mails[0][0] = '\0';
		break;
	case 20:
		memset(account->mails[0], 'm', XS_MAIL_MAX);
		break;
	case 21:
		account->app.totp.algorithm = (enum xs_totp_algorithm)3;
		break;
	case 22:
		account->backup.format.length = 4000000000;
		break;
	default:
		fail();
	}
}

/* What could not be read again never becomes the valid record. */
static void
test_invalid_account_is_not_written(void **state)
{
	static struct xs_plain plain, untouched;
	struct xs_account account;
	int how;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	for (how = 0; how <= 22; how++) {
		make_alice(&account);
		plain = untouched;
		spoil(&account, how);
		if (xs_account_write(&account, &plain) != XS_E_INTERNAL)
			fail_msg("case %d was written", how);
		assert_memory_equal(&plain, &untouched, sizeof(plain));
	}
}

/* A name cannot bring lines of its own into the record. */
static void
test_names_cannot_forge_fields(void **state)
{
	static const char *const names[] = {"a\nuid 0", "-", "--", "%", "%20",
	    "a b", "\xff\xfe", "\r\n", "uid", "\x7f"};
	struct xs_account account;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		make_alice(&account);
		memset(account.name, 0, sizeof(account.name));
		strcpy(account.name, names[i]);
		memset(account.mails[0], 0, XS_MAIL_MAX);
		strcpy(account.mails[0], names[i]);
		memset(account.events[0].by, 0, XS_BY_MAX);
		strcpy(account.events[0].by, names[i]);
		check_round_trip(&account);
	}
}

static void
test_record_of_another_account_is_a_mismatch(void **state)
{
	static const struct xs_identity renamed = {"alicia", 1000};
	static const struct xs_identity longer = {"alice2", 1000};
	static const struct xs_identity renumbered = {"alice", 1001};
	struct xs_account account;
	struct xs_fault fault = {""};

	(void)state;
	xs_account_init(&account, &alice);
	assert_int_equal(xs_account_check_owner(&account, &alice, &fault), 0);
	assert_int_equal(
	    xs_account_check_owner(&account, &renamed, &fault), XS_E_MISMATCH);
	assert_non_null(strstr(fault.text, "alicia"));
	assert_int_equal(
	    xs_account_check_owner(&account, &longer, &fault), XS_E_MISMATCH);
	assert_int_equal(
	    xs_account_check_owner(&account, &renumbered, NULL), XS_E_MISMATCH);
}

/* A name that does not fit is cut, and then is nobody's. */
static void
test_name_too_long_never_matches(void **state)
{
	char name[XS_NAME_MAX + 10] = "";
	struct xs_identity who = {name, 1000};
	struct xs_account account;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	xs_account_init(&account, &who);
	assert_int_equal(
	    xs_account_check_owner(&account, &who, NULL), XS_E_MISMATCH);
}

static void
test_wipe_leaves_nothing(void **state)
{
	static const struct xs_account nothing;
	struct xs_account account;

	(void)state;
	make_alice(&account);
	xs_account_wipe(&account);
	assert_memory_equal(&account, &nothing, sizeof(account));
}

static void
test_has_what_is_set_up(void **state)
{
	struct xs_account account;

	(void)state;
	xs_account_init(&account, &alice);
	assert_false(xs_account_has(&account, XS_APP));
	assert_false(xs_account_has(&account, XS_SMS));
	assert_false(xs_account_has(&account, XS_BACKUP));
	make_alice(&account);
	assert_true(xs_account_has(&account, XS_APP));
	assert_true(xs_account_has(&account, XS_SMS));
	assert_true(xs_account_has(&account, XS_BACKUP));
	account.backup.count = 0;
	assert_false(xs_account_has(&account, XS_BACKUP));
	account.backup.helpdesk.set = true;
	assert_true(xs_account_has(&account, XS_BACKUP));
	assert_false(xs_account_has(&account, XS_METHODS));
}

static void
test_helpdesk_code_ends_at_its_time(void **state)
{
	struct xs_account account;

	(void)state;
	xs_account_init(&account, &alice);
	account.backup.helpdesk.expires = T0;
	assert_false(xs_account_helpdesk_valid(&account, T0 - 1));
	account.backup.helpdesk.set = true;
	assert_true(xs_account_helpdesk_valid(&account, T0 - 1));
	assert_false(xs_account_helpdesk_valid(&account, T0));
	assert_false(xs_account_helpdesk_valid(&account, INT64_MAX));
	/* A clock set back does not revive it. */
	account.latest = T0;
	assert_false(xs_account_helpdesk_valid(&account, T0 - 1));
	account.latest = T0 - 1;
	assert_true(xs_account_helpdesk_valid(&account, T0 - 100));
	account.backup.helpdesk.expires = 0;
	assert_false(xs_account_helpdesk_valid(&account, T0));
}

static void
test_events_keep_the_newest(void **state)
{
	struct xs_account account;
	unsigned i;

	(void)state;
	xs_account_init(&account, &alice);
	for (i = 1; i <= XS_EVENTS_MAX + 3; i++) {
		char word[8];

		(void)snprintf(word, sizeof(word), "w%u", i);
		xs_account_event(&account, T0 + i, word, NULL, NULL);
		check_round_trip(&account);
	}
	assert_int_equal(account.event_count, XS_EVENTS_MAX);
	assert_string_equal(account.events[0].word, "w13");
	assert_int_equal(account.events[0].time, T0 + 13);
	assert_string_equal(account.events[XS_EVENTS_MAX - 1].word, "w4");
}

/* Nothing that is said about an event keeps the record from being written. */
static void
test_odd_events_can_be_written(void **state)
{
	static const struct {
		const char *word, *from, *by;
		const char *word_kept, *from_kept;
	} rows[] = {
	    {"phone-changed", "192.0.2.7", "alice", "phone-changed",
		"192.0.2.7"},
	    {"two words\n", "host.example.org", "a\nb", "two_words_", ""},
	    {"-", "fe80::1%eth0", "-", "_", "fe80::1%eth0"},
	    {"", "", "", "", ""},
	    {NULL, NULL, NULL, "", ""},
	    {"a word that is far longer than there is room for",
		"2001:db8:1:2:3:4:5:6",
		"somebody whose name is longer than there is room for",
		"a_word_that_is_far_longer_than_t", "2001:db8:1:2:3:4:5:6"},
	    {"x", "fe80::1%a b", "\xff", "x", ""},
	};
	struct xs_account account;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		make_alice(&account);
		xs_account_event(
		    &account, T0, rows[i].word, rows[i].from, rows[i].by);
		assert_string_equal(account.events[0].word, rows[i].word_kept);
		assert_string_equal(account.events[0].from, rows[i].from_kept);
		check_round_trip(&account);
	}
}

static void
test_method_names_are_read_back(void **state)
{
	int method;

	(void)state;
	for (method = 0; method < XS_METHODS; method++)
		assert_int_equal(
		    xs_method_parse(xs_method_name((enum xs_method)method)),
		    method);
	assert_string_equal(xs_method_name(XS_APP), "app");
	assert_string_equal(xs_method_name(XS_SMS), "sms");
	assert_string_equal(xs_method_name(XS_BACKUP), "backup");
	assert_int_equal(xs_method_parse("none"), -1);
	assert_int_equal(xs_method_parse(""), -1);
	assert_int_equal(xs_method_parse("App"), -1);
	assert_int_equal(xs_method_parse("app "), -1);
}

static void
check_addresses(const char *const rows[][2], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char out[XS_ADDRESS_MAX] = "untouched";
		char again[XS_ADDRESS_MAX];

		if (rows[i][1] == NULL) {
			if (xs_address_normalise(rows[i][0], out))
				fail_msg("%s is an address", rows[i][0]);
			assert_string_equal(out, "untouched");
			continue;
		}
		assert_true(xs_address_normalise(rows[i][0], out));
		assert_string_equal(out, rows[i][1]);
		assert_true(xs_address_normalise(out, again));
		assert_string_equal(again, out);
	}
}

static void
test_address_is_compared_as_a_place(void **state)
{
	static const char *const rows[][2] = {
	    {"192.0.2.7", "192.0.2.7"},
	    {"127.0.0.1", "127.0.0.1"},
	    {"::ffff:192.0.2.7", "192.0.2.7"},
	    {"::FFFF:C000:207", "192.0.2.7"},
	    {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
	    {"2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::"},
	    {"2001:db8:1:3::1", "2001:db8:1:3::"},
	    {"2001:db8::", "2001:db8::"},
	    {"::1", "::"},
	    {"64:ff9b::192.0.2.7", "64:ff9b::"},
	};

	(void)state;
	check_addresses(rows, COUNT(rows));
}

/* Else every machine on the owner's wire would be the owner's place. */
static void
test_address_link_local_keeps_host_and_zone(void **state)
{
	static const char *const rows[][2] = {
	    {"fe80::1%eth0", "fe80::1%eth0"},
	    {"FE80:0::2%eth0", "fe80::2%eth0"},
	    {"fe80::1%wlan0", "fe80::1%wlan0"},
	    {"fe80::1", "fe80::1"},
	    {"fe80::1%2", "fe80::1%2"},
	    {"fe80::1234:5678:9abc:def0%abcdefghijklmno",
		"fe80::1234:5678:9abc:def0%abcdefghijklmno"},
	    {"fe80::1%", NULL},
	    {"fe80::1%eth0%eth1", NULL},
	    {"fe80::1%eth 0", NULL},
	    {"fe80::1%eth/0", NULL},
	    {"2001:db8::1%eth0", NULL},
	    {"::ffff:192.0.2.7%eth0", NULL},
	    {"192.0.2.7%eth0", NULL},
	};

	(void)state;
	check_addresses(rows, COUNT(rows));
}

static void
test_names_are_no_addresses(void **state)
{
	static const char *const rows[][2] = {
	    {"", NULL},
	    {"localhost", NULL},
	    {"host.example.org", NULL},
	    {"192.0.2", NULL},
	    {"192.0.2.7.", NULL},
	    {"192.0.2.256", NULL},
	    {"192.0.02.7", NULL},
	    {"0xc0.0.2.7", NULL},
	    {" 192.0.2.7", NULL},
	    {"192.0.2.7 ", NULL},
	    {"192.0.2.7/24", NULL},
	    {"2001:db8::/64", NULL},
	    {"[2001:db8::1]", NULL},
	    {"2001:db8:::1", NULL},
	    {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL},
	    {"fe80:1111:2222:3333:4444:5555:6666:7777%abcdefghijkl", NULL},
	};

	(void)state;
	check_addresses(rows, COUNT(rows));
}

static void
test_phone_mask_shows_country_and_two_digits(void **state)
{
	static const char *const rows[][2] = {
	    {"+31612345678", "+31 ******78"},
	    {"+12025550123", "+1 ******23"},
	    {"+79161234567", "+7 ******67"},
	    {"+351912345678", "+351 ******78"},
	    {"+447700900123", "+44 ******23"},
	    {"+352621123456", "+352 ******56"},
	    {"+972501234567", "+972 ******67"},
	    {"+999123456789012", "+999 ******12"},
	    {"+211912345678", "+211 ******78"},
	    {"+27821234567", "+27 ******67"},
	    {"+8613912345678", "+86 ******78"},
	    {"+85291234567", "+852 ******67"},
	    {"+998901234567", "+998 ******67"},
	};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		xs_phone_mask(rows[i][0], out);
		assert_string_equal(out, rows[i][1]);
	}
}

/* By the first two digits, 1x to 9x: how long the country code is. */
static void
test_phone_mask_knows_every_country_code(void **state)
{
	static const char *const lengths[] = {"1111111111", "2333333233",
	    "2222232332", "2232222222", "3222222223", "2222222333",
	    "1111111111", "3223232333", "2222223323"};
	unsigned first, second;

	(void)state;
	for (first = 1; first <= 9; first++)
		for (second = 0; second <= 9; second++) {
			int length = lengths[first - 1][second] - '0';
			char number[XS_PHONE_MAX], out[32], expected[32];

			(void)snprintf(number, sizeof(number), "+%u%u612345678",
			    first, second);
			(void)snprintf(expected, sizeof(expected),
			    "+%.*s ******78", length, number + 1);
			xs_phone_mask(number, out);
			assert_string_equal(out, expected);
		}
}

static void
test_phone_mask_hides_short_numbers(void **state)
{
	static const char *const rows[] = {"", "+", "+3", "+31", "+3112",
	    "+3112345", "0612345678", "+31 612345678", "+31612345x78",
	    "+31612345678901234567"};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		xs_phone_mask(rows[i], out);
		assert_string_equal(out, "******");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_invalid_account_is_not_written),
	    cmocka_unit_test(test_names_cannot_forge_fields),
	    cmocka_unit_test(test_record_of_another_account_is_a_mismatch),
	    cmocka_unit_test(test_name_too_long_never_matches),
	    cmocka_unit_test(test_wipe_leaves_nothing),
	    cmocka_unit_test(test_has_what_is_set_up),
	    cmocka_unit_test(test_helpdesk_code_ends_at_its_time),
	    cmocka_unit_test(test_events_keep_the_newest),
	    cmocka_unit_test(test_odd_events_can_be_written),
	    cmocka_unit_test(test_method_names_are_read_back),
	    cmocka_unit_test(test_address_is_compared_as_a_place),
	    cmocka_unit_test(test_address_link_local_keeps_host_and_zone),
	    cmocka_unit_test(test_names_are_no_addresses),
	    cmocka_unit_test(test_phone_mask_shows_country_and_two_digits),
	    cmocka_unit_test(test_phone_mask_knows_every_country_code),
	    cmocka_unit_test(test_phone_mask_hides_short_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
