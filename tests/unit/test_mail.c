/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses for notices: what is one, and what others see of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mail.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define D61 A60 "."

static void
test_addresses_are_read_as_typed(void **state)
{
	static const char *const rows[] = {"alice@example.org",
	    "Alice.Smith+notices@Example.ORG", "a@b", "alice@localhost",
	    "o'brien@example.org", "x=y_z-1&2@mail-2.example.org",
	    "a@1.example", "a@2.1.0.127.in-addr.arpa", A60 "aaaa@example.org",
	    "root-@example.org", "_x@example.org", "a@xn--bcher-kva.example"};
	char out[XS_MAIL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!xs_mail_read(rows[i], out))
			fail_msg("\"%s\" is refused", rows[i]);
		assert_string_equal(out, rows[i]);
	}
	assert_true(xs_mail_read("  alice@example.org ", out));
	assert_string_equal(out, "alice@example.org");
}

static void
test_what_is_no_mailbox_is_refused(void **state)
{
	static const char *const rows[] = {"", " ", "@", "alice", "alice@",
	    "@example.org", "alice@@example.org", "alice@b@example.org",
	    "alice@example.org,bob@example.org", "alice@example.org bob@x",
	    "alice @example.org", "alice@ example.org", "<alice@example.org>",
	    "Alice <alice@example.org>", "\"alice smith\"@example.org",
	    "alice@example.org;bob", ".alice@example.org", "alice.@example.org",
	    "al..ice@example.org", "alice@.example.org", "alice@example..org",
	    "alice@example.org.", "alice@-example.org", "alice@example-.org",
	    "alice@exam_ple.org", "alice@[192.0.2.1]", "alice@192.0.2.1",
	    "alice@127", "-oQ/tmp@example.org", "-@example.org",
	    "#a@example.org", "*@example.org", "+a@example.org",
	    "~root@example.org", "who?@example.org", "|sh@example.org",
	    "/etc/passwd@example.org", "a!b@example.org", "a%b@example.org",
	    "$(id)@example.org", "`id`@example.org", "a\\b@example.org",
	    "a{b}@example.org", "alice@exam%ple.org", "al\tice@example.org",
	    "alice@example.org\nbcc: x@y", "alice@example.org\r",
	    "al\x01ice@example.org", "al\x7fice@example.org",
	    "\xc3\xa4lice@example.org", "alice@ex\xc3\xa4mple.org",
	    A60 "aaaaa@example.org", "a@" A60 "aaaa.org"};
	char out[XS_MAIL_MAX] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (xs_mail_read(rows[i], out))
			fail_msg("\"%s\" is read", rows[i]);
		assert_string_equal(out, "untouched");
	}
}

static void
test_longest_address_fits_and_a_longer_one_does_not(void **state)
{
	/* 4 * 61 + 10 = 254 */
	static const char longest[] = "bob.smith@" D61 D61 D61 A60 "z";
	char out[XS_MAIL_MAX], longer[XS_MAIL_MAX + 64];

	(void)state;
	assert_int_equal(strlen(longest), XS_MAIL_MAX - 1);
	assert_true(xs_mail_read(longest, out));
	assert_string_equal(out, longest);
	(void)snprintf(longer, sizeof(longer), "x%s", longest);
	assert_false(xs_mail_read(longer, out));
	(void)snprintf(longer, sizeof(longer), "%s." A60, longest);
	assert_false(xs_mail_read(longer, out));
}

static void
test_case_makes_no_other_mailbox(void **state)
{
	(void)state;
	assert_true(xs_mail_same("Alice@Example.org", "aLICE@example.ORG"));
	assert_false(xs_mail_same("alice@example.org", "alice@example.or"));
	assert_false(xs_mail_same("alice@example.or", "alice@example.org"));
	assert_false(xs_mail_same("alice[@x", "alice{@x"));
	assert_true(xs_mail_same("", ""));
	assert_false(xs_mail_same("", "a@b"));
}

static void
test_mask_hides_the_name(void **state)
{
	static const struct {
		const char *address, *shown;
	} rows[] = {
	    {"alice@example.org", "a******@example.org"},
	    {"anna@example.org", "a******@example.org"},
	    {"bob@example.org", "******@example.org"},
	    {"nonsense", "******"},
	    {"", "******"},
	};
	char out[XS_MAIL_MASK_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		xs_mail_mask(rows[i].address, out);
		assert_string_equal(out, rows[i].shown);
	}
	xs_mail_mask("aaaa@" D61 D61 D61 A60, out);
	assert_string_equal(out, "a******@" D61 D61 D61 A60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses_are_read_as_typed),
	    cmocka_unit_test(test_what_is_no_mailbox_is_refused),
	    cmocka_unit_test(
		test_longest_address_fits_and_a_longer_one_does_not),
	    cmocka_unit_test(test_case_makes_no_other_mailbox),
	    cmocka_unit_test(test_mask_hides_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
