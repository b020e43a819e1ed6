/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/accounts.h"

static const char alice_text[] =
    "version 1\n"
    "name alice\n"
    "uid 1000\n"
    "enrolment ZW5yb2xsZWQ\n"
    "latest 1763640500\n"
    "default app\n"
    "language nl\n"
    "app-secret GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
    "app-algorithm sha1\n"
    "app-digits 6\n"
    "app-period 30\n"
    "app-step 58788000\n"
    "app-made 1763640000 alice\n"
    "phone +31612345678\n"
    "phone-made 1763640000 -\n"
    "phone-changes 1763640000\n"
    "backup-argon2id v=19,m=65536,t=3,p=1 c2FsdHNhbHRzYWx0c2FsdA\n"
    "backup-format digits:8\n"
    "backup-made 1763640000 Zo%C3%AB%20100%25\n"
    "backup-code aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g\n"
    "app-disabled no\n"
    "app-stop 0\n"
    "app-own 0 0\n"
    "app-other 5 1763640030\n"
    "sms-disabled yes\n"
    "sms-stop 0\n"
    "sms-own 0 0\n"
    "sms-other 0 0\n"
    "backup-disabled no\n"
    "backup-stop 0\n"
    "backup-own 0 0\n"
    "backup-other 0 0\n"
    "budget-own 0 0\n"
    "budget-other 5 1763640000\n"
    "home 2001:db8:1:2::\n"
    "sms-sent 1763640002,1763640001\n"
    "event 1763640000 enrolled 2001:db8:1:2::7 uid%200\n"
    "mail alice@example.org\n";

static void
set_text(struct xs_plain *plain, const char *text)
{
	plain->length = strlen(text);
	assert_true(plain->length <= sizeof(plain->text));
	memcpy(plain->text, text, plain->length);
}

/* The bytes on disk: a change here is a new format version. */
static void
test_text_is_as_documented(void **state)
{
	struct xs_account account;
	struct xs_plain plain;

	(void)state;
	make_alice(&account);
	assert_int_equal(xs_account_write(&account, &plain), 0);
	assert_int_equal(plain.length, strlen(alice_text));
	assert_memory_equal(plain.text, alice_text, plain.length);
	check_round_trip(&account);
}

static void
test_empty_account_is_read_back(void **state)
{
	struct xs_account account;

	(void)state;
	xs_account_init(&account, &alice);
	check_round_trip(&account);
	assert_int_equal(account.default_method, -1);
}

static void
test_random_accounts_are_read_back(void **state)
{
	static struct xs_account account;
	uint64_t seed = 20261120;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		fill_account(&seed, &account);
		check_round_trip(&account);
	}
}

/* Nothing of an account is forgotten, and the fullest one fits a slot. */
static void
test_every_field_at_its_maximum_is_read_back(void **state)
{
	static struct xs_account account;
	struct xs_plain plain;

	(void)state;
	fill_longest(&account);
	check_round_trip(&account);
	assert_int_equal(xs_account_write(&account, &plain), 0);
	print_message("%zu of %d bytes\n", plain.length, (int)XS_PLAIN_MAX);
}

/*
 * A changed byte is refused, or it is another value and nothing else: what
 * was read is written as exactly that text again.
 */
static void
test_any_changed_byte_is_refused_or_meant(void **state)
{
	struct xs_plain plain, again;
	struct xs_account account;
	unsigned accepted = 0;
	size_t i;
	int byte;

	(void)state;
	set_text(&plain, alice_text);
	for (i = 0; i < strlen(alice_text); i++)
		for (byte = 0; byte < 256; byte++) {
			struct xs_fault fault = {""};

			if ((char)byte == alice_text[i])
				continue;
			plain.text[i] = (char)byte;
			if (xs_account_read(&account, &plain, &fault) != 0) {
				assert_non_null(strstr(fault.text, "line "));
			} else {
				accepted++;
				assert_int_equal(
				    xs_account_write(&account, &again), 0);
				assert_int_equal(again.length, plain.length);
				assert_memory_equal(
				    again.text, plain.text, plain.length);
			}
			plain.text[i] = alice_text[i];
		}
	print_message("%u changes were another valid account\n", accepted);
	assert_true(accepted > 1000);
}

/* The end of a text may be missing only where fields need not be there. */
static void
test_any_cut_text_is_refused_or_meant(void **state)
{
	const char *end = strstr(alice_text, "home ");
	struct xs_plain plain, again;
	struct xs_account account;
	size_t length;

	(void)state;
	set_text(&plain, alice_text);
	for (length = 0; length < strlen(alice_text); length++) {
		plain.length = length;
		if (xs_account_read(&account, &plain, NULL) != 0)
			continue;
		assert_true(alice_text + length >= end);
		assert_int_equal(xs_account_write(&account, &again), 0);
		assert_int_equal(again.length, length);
	}
}

/* Joins lines of a damaged record: values land where keys are expected. */
static void
test_fault_never_shows_a_value(void **state)
{
	static const char *const values[] = {"GEZDGNB", "58788000", "31612345",
	    "c2FsdHN", "aGFzaGh", "alice", "1763640", "enrolled", "2001",
	    "ZW5yb2"};
	struct xs_plain plain;
	struct xs_account account;
	size_t i, j;
	int byte;

	(void)state;
	set_text(&plain, alice_text);
	for (i = 0; i < strlen(alice_text); i++)
		for (byte = ' '; byte <= '~'; byte++) {
			struct xs_fault fault = {""};

			plain.text[i] = (char)byte;
			if (xs_account_read(&account, &plain, &fault) != 0)
				for (j = 0; j < COUNT(values); j++)
					assert_null(
					    strstr(fault.text, values[j]));
			plain.text[i] = alice_text[i];
		}
}

/* alice_text with the first of "old" replaced. */
static void
set_replaced(struct xs_plain *plain, const char *old, const char *new)
{
	const char *at = strstr(alice_text, old);
	char text[XS_PLAIN_MAX];
	int length;

	assert_non_null(at);
	length = snprintf(text, sizeof(text), "%.*s%s%s",
	    (int)(at - alice_text), alice_text, new, at + strlen(old));
	assert_true(length > 0 && (size_t)length < sizeof(text));
	set_text(plain, text);
}

static const struct {
	const char *old, *new, *fault;
} malformed[] = {
    {"name alice\n", "", "line 2: name: missing"},
    {"name alice", "name -", "line 2: name: malformed"},
    {"name alice", "name  alice", "line 2: name: malformed"},
    {"name alice", "name alice ", "line 2: name: malformed"},
    {"name alice", "name", "line 2: name: malformed"},
    {"name alice", "name %61lice", "line 2: name: malformed"},
    {"name alice", "name alice%0a", "line 2: name: malformed"},
    {"name alice", "name alice%00", "line 2: name: malformed"},
    {"name alice", "name alice%2", "line 2: name: malformed"},
    {"name alice", "name alice%", "line 2: name: malformed"},
    {"name alice", "name al\tice", "line 2: a forbidden byte"},
    {"name alice\n", "name alice\r\n", "line 2: a forbidden byte"},
    {"name alice", "name al\xc3\xaf", "line 2: a forbidden byte"},
    {"name alice\n", "name alice\nname alice\n", "line 3: name: one too many"},
    {"uid 1000", "uid 01000", "line 3: uid: malformed"},
    {"uid 1000", "uid +1000", "line 3: uid: malformed"},
    {"uid 1000", "uid -1", "line 3: uid: malformed"},
    {"uid 1000", "uid 0x10", "line 3: uid: malformed"},
    {"uid 1000", "uid ", "line 3: uid: malformed"},
    {"uid 1000", "uid 4294967295", "line 3: uid: malformed"},
    {"uid 1000", "uid 4294968296", "line 3: uid: malformed"},
    {"uid 1000", "uid 18446744073709552616", "line 3: uid: malformed"},
    {"uid 1000\n", "uid 1000\n\n", "line 4: unknown field"},
    {"uid 1000\n", "uid 1000\nUid 1000\n", "line 4: unknown field"},
    {"uid 1000\n", "uid 1000\n# no\n", "line 4: unknown field"},
    {"enrolment ZW5yb2xsZWQ", "enrolment ZW5yb2xsZWR",
	"line 4: enrolment: malformed"},
    {"enrolment ZW5yb2xsZWQ",
	"enrolment ZW5yb2xsZWQ=", "line 4: enrolment: malformed"},
    {"enrolment ZW5yb2xsZWQ", "enrolment ZW5yb2xs",
	"line 4: enrolment: malformed"},
    {"latest 1763640500", "latest 253402300800", "line 5: latest: malformed"},
    {"default app", "default App", "line 6: default: malformed"},
    {"default app", "default none app", "line 6: default: malformed"},
    {"language nl", "language -", "line 7: language: malformed"},
    {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOI",
	"line 8: app-secret: malformed"},
    {"GEZDGNBV", "gezdgnbv", "line 8: app-secret: malformed"},
    {"GEZDGNBV", "GEZD-GNBV", "line 8: app-secret: malformed"},
    {"app-algorithm sha1\n", "", "line 9: app-algorithm: missing"},
    {"sha1", "md5", "line 9: app-algorithm: malformed"},
    {"app-digits 6", "app-digits 9", "line 10: app-digits: malformed"},
    {"app-period 30", "app-period 61", "line 11: app-period: malformed"},
    {"app-step 58788000", "app-step 18446744073709551616",
	"line 12: app-step: malformed"},
    {"app-made 1763640000 alice", "app-made 1763640000",
	"line 13: app-made: malformed"},
    {"phone +31612345678", "phone 0612345678", "line 14: phone: malformed"},
    {"phone +31612345678", "phone +3161234567890123",
	"line 14: phone: malformed"},
    {"phone-changes 1763640000", "phone-changes 0",
	"line 16: phone-changes: malformed"},
    {"phone-changes 1763640000", "phone-changes 3,2,1",
	"line 16: phone-changes: malformed"},
    {"phone-changes 1763640000", "phone-changes 3,",
	"line 16: phone-changes: malformed"},
    {"v=19", "v=16", "line 17: backup-argon2id: malformed"},
    {"m=65536,t=3", "t=3,m=65536", "line 17: backup-argon2id: malformed"},
    {"m=65536", "m=8", "line 17: backup-argon2id: malformed"},
    {"m=65536", "m=4294967295", "line 17: backup-argon2id: malformed"},
    {"digits:8", "digits:6", "line 18: backup-format: malformed"},
    {"backup-argon2id v=19,m=65536,t=3,p=1 "
     "c2FsdHNhbHRzYWx0c2FsdA\n",
	"", "backup-argon2id: missing"},
    {"backup-format digits:8\n", "", "backup-format: missing"},
    {"sms-disabled yes\n", "", "line 25: sms-disabled: missing"},
    {"sms-disabled yes", "sms-disabled maybe",
	"line 25: sms-disabled: malformed"},
    {"app-stop 0\napp-own 0 0\n", "app-own 0 0\napp-stop 0\n",
	"line 22: app-stop: missing"},
    {"app-own 0 0\n", "app-own 0 0\napp-stop 0\n",
	"line 24: app-stop: repeated or out of its place"},
    {"budget-own 0 0", "budget-own 4294967296 0",
	"line 33: budget-own: malformed"},
    {"home 2001:db8:1:2::", "home 2001:db8 1:2::", "line 35: home: malformed"},
    {"home 2001:db8:1:2::\n", "last-success 0\n",
	"line 35: last-success: malformed"},
    {"event 1763640000 enrolled", "event 1763640000 en%20rolled",
	"line 37: event: malformed"},
    {"uid%200", "uid%200 x", "line 37: event: malformed"},
    {"mail alice@example.org\n", "mail a@b\nmail a@c\nmail a@d\n",
	"line 40: mail: one too many"},
    {"mail alice@example.org\n", "mail alice@example.org",
	"line 38: does not end"},
    {"mail alice@example.org\n", "mail a@b\nuid 1000\n",
	"line 39: uid: repeated or out of its place"},
    {"mail alice@example.org\n", "mail a@b\n\n", "line 39: unknown field"},
    {"version 1\n", "", "version: missing"},
    {"version 1\n", "version 01\n", "version: malformed"},
    {"version 1\n", "version -1\n", "version: malformed"},
    {"version 1\n", "version 1 \n", "version: malformed"},
    {"version 1\n", "version 0\n", "version: malformed"},
    {"version 1\n", "version 2\n", "version 2 is newer"},
    {"version 1\n", "version 100\n", "version 100 is newer"},
};

static void
test_malformed_text_is_refused_with_line_and_key(void **state)
{
	struct xs_account untouched, account;
	size_t i;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	for (i = 0; i < COUNT(malformed); i++) {
		struct xs_plain plain;
		struct xs_fault fault = {""};

		account = untouched;
		set_replaced(&plain, malformed[i].old, malformed[i].new);
		assert_int_equal(
		    xs_account_read(&account, &plain, &fault), XS_E_STATE);
		if (strstr(fault.text, malformed[i].fault) == NULL)
			fail_msg(
			    "\"%s\" gave \"%s\"", malformed[i].new, fault.text);
		assert_memory_equal(&account, &untouched, sizeof(account));
	}
}

/* As many times as a line takes: far more than an account holds. */
static void
test_list_of_times_too_long_is_refused(void **state)
{
	char line[1001] = "sms-sent 1";
	struct xs_account account;
	struct xs_plain plain;
	size_t i;

	(void)state;
	for (i = strlen(line); i < sizeof(line) - 1; i++)
		line[i] = i % 2 ? '1' : ',';
	set_replaced(&plain, "sms-sent 1763640002,1763640001", line);
	assert_int_equal(xs_account_read(&account, &plain, NULL), XS_E_STATE);
}

/* What could not be read again must not take the place of what can be. */
static void
test_what_could_not_be_read_is_not_written(void **state)
{
	struct xs_plain plain, untouched;
	struct xs_account account;

	(void)state;
	memset(&plain, 0x5a, sizeof(plain));
	untouched = plain;
	/* Codes without what they were hashed with, or without their form. */
	make_alice(&account);
	memset(&account.backup.cost, 0, sizeof(account.backup.cost));
	memset(account.backup.salt, 0, sizeof(account.backup.salt));
	assert_int_equal(xs_account_write(&account, &plain), XS_E_INTERNAL);
	make_alice(&account);
	memset(&account.backup.format, 0, sizeof(account.backup.format));
	assert_int_equal(xs_account_write(&account, &plain), XS_E_INTERNAL);
	assert_memory_equal(&plain, &untouched, sizeof(plain));
}

static void
test_odd_lengths_are_refused(void **state)
{
	static struct xs_plain plain;
	struct xs_account account;
	struct xs_fault fault = {""};

	(void)state;
	plain.length = 0;
	assert_int_equal(xs_account_read(&account, &plain, &fault), XS_E_STATE);
	set_text(&plain, alice_text);
	plain.length = XS_PLAIN_MAX + 1;
	assert_int_equal(xs_account_read(&account, &plain, &fault), XS_E_STATE);
	plain.length = SIZE_MAX;
	assert_int_equal(xs_account_read(&account, &plain, &fault), XS_E_STATE);
	/* What follows the text in a slot is not read over. */
	plain.length = strlen(alice_text) + 1;
	assert_int_equal(xs_account_read(&account, &plain, &fault), XS_E_STATE);
	memset(plain.text, 'a', sizeof(plain.text));
	memcpy(plain.text, "version 1\nname ", 15);
	plain.text[XS_PLAIN_MAX - 1] = '\n';
	plain.length = XS_PLAIN_MAX;
	assert_int_equal(xs_account_read(&account, &plain, &fault), XS_E_STATE);
	assert_non_null(strstr(fault.text, "line 2: too long"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_is_as_documented),
	    cmocka_unit_test(test_empty_account_is_read_back),
	    cmocka_unit_test(test_random_accounts_are_read_back),
	    cmocka_unit_test(test_every_field_at_its_maximum_is_read_back),
	    cmocka_unit_test(test_any_changed_byte_is_refused_or_meant),
	    cmocka_unit_test(test_any_cut_text_is_refused_or_meant),
	    cmocka_unit_test(test_fault_never_shows_a_value),
	    cmocka_unit_test(test_malformed_text_is_refused_with_line_and_key),
	    cmocka_unit_test(test_list_of_times_too_long_is_refused),
	    cmocka_unit_test(test_what_could_not_be_read_is_not_written),
	    cmocka_unit_test(test_odd_lengths_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
