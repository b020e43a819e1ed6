/* SPDX-License-Identifier: BSD-3-Clause */
/* Which addresses are remembered, for how long, and what ends it. */
#include "settings_fixture.h"

#include "place.h"
#include "throttle.h"

#define HOME "192.0.2.7"
#define DAY 86400

static struct xs_account
account_at(const char *address, int64_t made)
{
	static const struct xs_identity alice = {"alice", ALICE_UID};
	struct xs_account account;

	xs_account_init(&account, &alice);
	xs_place_keep(&account, DAY, address, made);
	account.latest = made;
	return account;
}

static void
test_addresses_are_kept_whole_and_in_one_spelling(void **state)
{
	static const char *const rows[][2] = {
	    {"192.0.2.7", "192.0.2.7"},
	    {"::ffff:192.0.2.7", "192.0.2.7"},
	    {"::FFFF:c000:0207", "192.0.2.7"},
	    {"2001:DB8:0:0:0::1", "2001:db8::1"},
	    {"2001:db8::1:2:3:4", "2001:db8::1:2:3:4"},
	    {"64:ff9b::192.0.2.7", "64:ff9b::c000:207"},
	    {"fd00::1", "fd00::1"},
	    {"10.0.0.1", "10.0.0.1"},
	    {"128.0.0.1", "128.0.0.1"},
	    {"126.255.255.255", "126.255.255.255"},
	};
	char out[XS_ADDRESS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(xs_place_read(rows[i][0], out));
		assert_string_equal(out, rows[i][1]);
	}
}

static void
test_what_may_be_any_machine_is_not_remembered(void **state)
{
	static const char *const rows[] = {"", "localhost", "host.example.org",
	    "127.0.0.1", "127.255.255.254", "127.1", "::1", "::ffff:127.0.0.1",
	    "::ffff:127.8.9.10", "::127.0.0.1", "0.0.0.0", "0.1.2.3",
	    "::", "::ffff:0.0.0.0", "169.254.1.2", "::ffff:169.254.1.2",
	    "fe80::1", "fe80::1%eth0", "febf::1", "2001:db8::1%eth0",
	    "192.0.2.7%eth0", " 192.0.2.7", "192.0.2.7 ", "192.0.2.7/32",
	    "192.0.2", "0300.0.2.7", "192.0.2.07", "3221225991",
	    "[2001:db8::1]", "192.0.2.7:22",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999"};
	struct xs_account account;
	char out[XS_ADDRESS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (xs_place_read(rows[i], out))
			fail_msg("%s is remembered as %s", rows[i], out);
		account = account_at(rows[i], NOON);
		assert_int_equal(account.place_count, 0);
		assert_false(xs_place_holds(&account, DAY, rows[i], NOON));
	}
}

/* Nothing that a record may hold makes loopback a place. */
static void
test_place_that_was_written_by_others_does_not_count(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	strcpy(account.places[0].from, "127.0.0.1");
	assert_false(xs_place_holds(&account, DAY, "127.0.0.1", NOON));
	strcpy(account.places[0].from, "");
	assert_false(xs_place_holds(&account, DAY, "", NOON));
}

static void
test_holds_from_the_second_of_the_code_until_its_time_is_over(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	assert_true(xs_place_holds(&account, DAY, HOME, NOON));
	assert_true(
	    xs_place_holds(&account, DAY, "::ffff:192.0.2.7", NOON + 1));
	assert_true(xs_place_holds(&account, DAY, HOME, NOON + DAY - 1));
	assert_false(xs_place_holds(&account, DAY, HOME, NOON + DAY));
	assert_false(xs_place_holds(&account, DAY, HOME, INT64_MAX));
	assert_false(xs_place_holds(&account, DAY, "192.0.2.8", NOON));
	assert_false(xs_place_holds(&account, 0, HOME, NOON));
}

/* A neighbour in the same /64 is another machine. */
static void
test_network_of_an_address_is_not_remembered(void **state)
{
	struct xs_account account = account_at("2001:db8::1", NOON);

	(void)state;
	assert_true(xs_place_holds(&account, DAY, "2001:db8:0::1", NOON));
	assert_false(xs_place_holds(&account, DAY, "2001:db8::2", NOON));
	assert_false(xs_place_holds(&account, DAY, "2001:db8::", NOON));
}

static void
test_lowered_option_counts_at_once(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	assert_true(xs_place_holds(&account, 3600, HOME, NOON + 3599));
	assert_false(xs_place_holds(&account, 3600, HOME, NOON + 3600));
	/* Nor does its last hour come back at the end of what it was. */
	assert_false(xs_place_holds(&account, 3600, HOME, NOON + DAY - 1));
}

static void
test_clock_set_back_voids_it(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	assert_false(xs_place_holds(&account, DAY, HOME, NOON - 1));
	assert_false(xs_place_holds(&account, DAY, HOME, 0));
	assert_false(xs_place_holds(&account, DAY, HOME, INT64_MIN));
}

/* A place that ran out does not come back with the clock. */
static void
test_clock_set_back_brings_nothing_back(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	account.latest = NOON + DAY;
	assert_false(xs_place_holds(&account, DAY, HOME, NOON + 60));
	/* Made after the clock was set back: judged by what was seen, too. */
	account = account_at(HOME, NOON);
	account.latest = NOON + 400 * DAY;
	assert_false(xs_place_holds(&account, 30 * DAY, HOME, NOON));
}

static void
test_ten_are_kept_and_the_oldest_falls_out(void **state)
{
	struct xs_account account = account_at("192.0.2.100", NOON);
	char address[XS_ADDRESS_MAX];

	(void)state;
	for (int i = 1; i < XS_PLACES_MAX; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%d", i);
		xs_place_keep(&account, DAY, address, NOON + i);
	}
	assert_int_equal(account.place_count, XS_PLACES_MAX);
	/* One that is used again is the newest; then the next is the oldest. */
	xs_place_keep(&account, DAY, "192.0.2.100", NOON + 20);
	assert_int_equal(account.place_count, XS_PLACES_MAX);
	xs_place_keep(&account, DAY, "192.0.2.200", NOON + 21);
	assert_int_equal(account.place_count, XS_PLACES_MAX);
	assert_false(xs_place_holds(&account, DAY, "192.0.2.1", NOON + 22));
	assert_true(xs_place_holds(&account, DAY, "192.0.2.2", NOON + 22));
	assert_true(xs_place_holds(&account, DAY, "192.0.2.100", NOON + 22));
	assert_true(xs_place_holds(&account, DAY, "192.0.2.200", NOON + 22));
}

static void
test_address_that_is_used_again_takes_one_place(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	xs_place_keep(&account, DAY, "192.0.2.8", NOON + 1);
	xs_place_keep(&account, DAY, "::ffff:" HOME, NOON + 2);
	assert_int_equal(account.place_count, 2);
	assert_string_equal(account.places[0].from, HOME);
	assert_int_equal(account.places[0].made, NOON + 2);
	assert_string_equal(account.places[1].from, "192.0.2.8");
}

static void
test_what_is_over_is_not_kept(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	xs_place_keep(&account, DAY, "192.0.2.8", NOON + 30 * DAY - 1);
	assert_int_equal(account.place_count, 2);
	account.latest = NOON + 30 * DAY;
	xs_place_keep(&account, DAY, "192.0.2.9", NOON + 30 * DAY);
	assert_int_equal(account.place_count, 2);
	assert_string_equal(account.places[1].from, "192.0.2.8");
}

static void
test_option_at_its_default_keeps_none(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	xs_account_forget_places(&account);
	xs_place_keep(&account, 0, HOME, NOON);
	assert_int_equal(account.place_count, 0);
}

static void
test_every_event_forgets_all(void **state)
{
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	xs_place_keep(&account, DAY, "192.0.2.8", NOON);
	xs_account_event(&account, NOON, "anything", "", "somebody");
	assert_int_equal(account.place_count, 0);
	assert_string_equal(account.places[0].from, "");
	assert_string_equal(account.places[1].from, "");
}

static void
test_reaching_the_stop_forgets_all(void **state)
{
	const struct xs_throttle throttle = {
	    .free = 5, .wait = 30, .wait_max = 3600, .stop = 10};
	struct xs_account account = account_at(HOME, NOON);

	(void)state;
	for (int i = 1; i < 10; i++)
		xs_throttle_charge(&account, &throttle, XS_APP, XS_OTHER, NOON);
	assert_int_equal(account.place_count, 1);
	xs_throttle_charge(&account, &throttle, XS_APP, XS_OTHER, NOON);
	assert_true(account.methods[XS_APP].disabled);
	assert_int_equal(account.place_count, 0);
}

static void
remember_home(struct fixture *f)
{
	struct xs_account account = fixture_account(f);

	strcpy(account.phone.number, "+31612345678");
	account.phone.made.time = NOON;
	xs_place_keep(&account, DAY, HOME, f->now);
	fixture_save(f, &account);
}

/* Each function of change.h, which is all that settings can do. */
static void
test_every_change_forgets_places(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	enum xs_changed changed;

	for (int what = 0; what < 5; what++) {
		struct xs_app app;
		struct xs_backup backup;
		enum xs_method sms = XS_SMS;
		int r = -1;

		remember_home(f);
		account = fixture_load(f);
		assert_int_equal(account.place_count, 1);
		app = account.app;
		backup = account.backup;
		if (what == 0)
			r = xs_change_app(&f->verify, &app, &account, &changed);
		if (what == 1)
			r = xs_change_backup(
			    &f->verify, &backup, &account, &changed);
		if (what == 2)
			r = xs_change_phone(
			    &f->verify, "+31687654321", &account, &changed);
		if (what == 3)
			r = xs_change_default(
			    &f->verify, sms, &account, &changed);
		if (what == 4)
			r = xs_change_language(
			    &f->verify, "nl", &account, &changed);
		assert_int_equal(r, 0);
		assert_int_equal(changed, XS_CHANGE_MADE);
		assert_int_equal(fixture_load(f).place_count, 0);
	}
}

static void
test_setting_up_remembers_nothing(void **state)
{
	struct fixture *f = *state;
	struct xs_account made = fixture_account(f), account;

	f->config.remember = DAY;
	assert_int_equal(
	    xs_change_enrol(&f->verify, &made.app, &made.backup, &account), 0);
	assert_int_equal(fixture_load(f).place_count, 0);
}

#define PURE(name) cmocka_unit_test(name)
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PURE(test_addresses_are_kept_whole_and_in_one_spelling),
	    PURE(test_what_may_be_any_machine_is_not_remembered),
	    PURE(test_place_that_was_written_by_others_does_not_count),
	    PURE(test_holds_from_the_second_of_the_code_until_its_time_is_over),
	    PURE(test_network_of_an_address_is_not_remembered),
	    PURE(test_lowered_option_counts_at_once),
	    PURE(test_clock_set_back_voids_it),
	    PURE(test_clock_set_back_brings_nothing_back),
	    PURE(test_ten_are_kept_and_the_oldest_falls_out),
	    PURE(test_address_that_is_used_again_takes_one_place),
	    PURE(test_what_is_over_is_not_kept),
	    PURE(test_option_at_its_default_keeps_none),
	    PURE(test_every_event_forgets_all),
	    PURE(test_reaching_the_stop_forgets_all),
	    TEST(test_every_change_forgets_places),
	    TEST(test_setting_up_remembers_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
