/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sms.h"

/*
 * 3GPP TS 23.038: the characters of ASCII that are one septet; '_' is left
 * out on purpose. What is in neither makes the message one of 70 characters.
 */
static const char one_septet[] =
    "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const char *const languages[] = {"en", "nl", "xx"};

static void
assert_one_message(const char *text)
{
	assert_int_equal(strspn(text, one_septet), strlen(text));
	assert_in_range(strlen(text), 20, 160);
}

static void
test_texts_say_code_host_validity_and_keep_it(void **state)
{
	char text[XS_SMS_TEXT_MAX];

	(void)state;
	xs_sms_text_login("en", "web01.example.org", "492039", 300, text);
	assert_string_equal(text,
	    "492039 is your login code for web01.example.org. "
	    "Valid for 5 minutes. Never share it.");
	xs_sms_text_login("nl", "web01.example.org", "492039", 60, text);
	assert_string_equal(text,
	    "492039 is uw inlogcode voor web01.example.org. "
	    "Geldig: 1 minuut. Deel deze code nooit.");
	xs_sms_text_confirm("en", "web01", "01234567", 600, text);
	assert_string_equal(text,
	    "01234567 confirms this number for logging in to web01. "
	    "Valid for 10 minutes. Never share it.");
	xs_sms_text_confirm("nl", "web01", "01234567", 600, text);
	assert_string_equal(text,
	    "01234567 bevestigt dit nummer voor inloggen op web01. "
	    "Geldig: 10 minuten. Deel deze code nooit.");
	xs_sms_text_replaced("en", "web01", text);
	assert_string_equal(text,
	    "Codes for logging in to web01 now go to another number. "
	    "Not by you? Tell your administrator.");
	xs_sms_text_replaced("nl", "web01", text);
	assert_string_equal(text,
	    "Codes voor inloggen op web01 gaan nu naar een ander nummer. "
	    "Niet door u? Meld het uw beheerder.");
}

/* A promise of more would have the person type a dead code. */
static void
test_validity_is_not_rounded_up(void **state)
{
	static const struct {
		unsigned valid;
		const char *said;
	} cases[] = {{1, " 1 second."}, {30, " 30 seconds."},
	    {59, " 59 seconds."}, {60, " 1 minute."}, {90, " 90 seconds."},
	    {120, " 2 minutes."}, {599, " 599 seconds."}};
	char text[XS_SMS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		xs_sms_text_login("en", "h", "492039", cases[i].valid, text);
		assert_non_null(strstr(text, cases[i].said));
	}
}

static void
assert_texts(const char *host)
{
	char text[XS_SMS_TEXT_MAX];

	for (size_t i = 0; i < 3; i++) {
		xs_sms_text_login(languages[i], host, "12345678", 599, text);
		assert_one_message(text);
		assert_memory_equal(text, "12345678 ", 9);
		assert_non_null(strstr(text, "599 sec"));
		assert_int_equal(text[strlen(text) - 1], '.');
		xs_sms_text_confirm(languages[i], host, "12345678", 599, text);
		assert_one_message(text);
		assert_memory_equal(text, "12345678 ", 9);
		assert_non_null(strstr(text, "599 sec"));
		xs_sms_text_replaced(languages[i], host, text);
		assert_one_message(text);
	}
}

static void
test_every_host_name_fits_one_message(void **state)
{
	char host[600];

	(void)state;
	for (size_t n = 0; n < sizeof(host); n++) {
		memset(host, 'a', n);
		host[n] = '\0';
		assert_texts(host);
	}
}

static void
test_odd_characters_become_plain(void **state)
{
	static const char *const odd[] = {"h\xc3\xb6st", "a\nb", "a\x1b[31mb",
	    "%s%n%d", "web_01", "{[~|^]}\\`", "\xe2\x82\xac", "@host #123456"};
	char text[XS_SMS_TEXT_MAX], host[3] = "a?";

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_texts(odd[i]);
	for (int c = 1; c < 256; c++) {
		host[1] = (char)c;
		assert_texts(host);
	}
	xs_sms_text_login("en", "a\nb_c%s", "492039", 300, text);
	assert_non_null(strstr(text, " a-b-c-s. "));
}

static void
test_long_name_is_cut_and_shows_it(void **state)
{
	char host[254], text[XS_SMS_TEXT_MAX];

	(void)state;
	memset(host, 'h', sizeof(host) - 1);
	host[253] = '\0';
	xs_sms_text_login("en", host, "492039", 300, text);
	assert_int_equal(strlen(text), 160);
	assert_non_null(strstr(text, "hh... Valid for 5 minutes. "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts_say_code_host_validity_and_keep_it),
	    cmocka_unit_test(test_validity_is_not_rounded_up),
	    cmocka_unit_test(test_every_host_name_fits_one_message),
	    cmocka_unit_test(test_odd_characters_become_plain),
	    cmocka_unit_test(test_long_name_is_cut_and_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
