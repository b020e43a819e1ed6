/* SPDX-License-Identifier: BSD-3-Clause */
/* What notices say, and what never stands in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notice.h"

#define NOON 1795348320 /* 2026-11-22 11:52:00 UTC */

static const struct xs_notice usual = {.event = "backup-used",
    .user = "alice",
    .host = "web1.example",
    .address = "alice@example.org",
    .language = "en",
    .from = "192.0.2.7",
    .by = "",
    .code = "",
    .time = NOON};

static void
test_text_of_a_notice(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];
	size_t length;

	(void)state;
	length = xs_notice_write(&notice, text);
	assert_int_equal(length, strlen(text));
	assert_string_equal(text,
	    "event=backup-used\n"
	    "user=alice\n"
	    "host=web1.example\n"
	    "time=2026-11-22T11:52:00Z\n"
	    "address=alice@example.org\n"
	    "language=en\n"
	    "rhost=192.0.2.7\n"
	    "subject=Security notice, alice on web1.example: A backup code was "
	    "used to log in\n"
	    "text=A backup code was used to log in.\n"
	    "text=\n"
	    "text=Account: alice on web1.example\n"
	    "text=Time: 2026-11-22 11:52 UTC\n"
	    "text=From: 192.0.2.7\n"
	    "text=\n"
	    "text=If that was not you, somebody else may be able to log in as "
	    "you: change your\n"
	    "text=password at once, run \"xsuite app\" and \"xsuite backup\", "
	    "and tell your\n"
	    "text=administrator.\n");
	notice.event = "sms-failures-20";
	notice.language = "nl";
	notice.from = "";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_non_null(strstr(text,
	    "\nsubject=Beveiligingsbericht, alice op web1.example: 20 foute "
	    "SMS-codes achter elkaar\n"
	    "text=20 foute SMS-codes achter elkaar.\n"
	    "text=\n"
	    "text=Account: alice op web1.example\n"
	    "text=Tijd: 2026-11-22 11:52 UTC\n"
	    "text=\n"
	    "text=Was u dat niet, dan kent iemand misschien uw wachtwoord: "));
	assert_null(strstr(text, "rhost"));
}

/* An administrator did it: he is whom to ask. */
static void
test_text_names_who_did_it(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];

	(void)state;
	notice.event = "phone-set";
	notice.by = "root";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_non_null(strstr(text, "\nby=root\n"));
	assert_non_null(strstr(text, "\ntext=By: root\n"));
	assert_non_null(strstr(text,
	    "\ntext=If you do not know why, ask your administrator at "
	    "once.\n"));
	notice.by = "alice";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_null(strstr(text, "By: "));
	assert_non_null(strstr(text, "If that was not you"));
}

static void
test_a_value_stays_on_its_line(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];
	unsigned events = 0;

	(void)state;
	notice.user = "al\nevent=app-set\r\x1b[2J";
	notice.host = "h\nsubject=x";
	notice.address = "a@example.org\nBcc: x@example.org";
	notice.from = "192.0.2.7\ncode=1";
	notice.by = "root\x7f\t";
	assert_true(xs_notice_write(&notice, text) > 0);
	for (const char *line = text; *line != '\0';
	     line = strchr(line, '\n') + 1) {
		events += strncmp(line, "event=", 6) == 0;
		assert_true(strncmp(line, "Bcc", 3) != 0);
		assert_true(strncmp(line, "code=", 5) != 0);
		assert_true(strncmp(line, "subject=x", 9) != 0);
	}
	assert_int_equal(events, 1);
	for (const char *c = text; *c != '\0'; c++)
		assert_true(
		    *c == '\n' || ((unsigned char)*c >= ' ' && *c != 0x7f));
	assert_non_null(strstr(text, "\nby=root??\n"));
}

static const char *const words[] = {"enrolled", "imported", "removed",
    "invitation", "helpdesk-code", "helpdesk-code-used", "backup-used",
    "backup-unconfirmed", "backup-set", "app-set", "app-removed", "phone-set",
    "phone-removed", "default-set", "default-app", "default-sms", "address-set",
    "address-removed", "unlocked", "app-disabled", "sms-disabled",
    "backup-disabled", "app-failures-5", "sms-failures-20",
    "backup-failures-100"};

static void
test_code_is_in_one_alone(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];

	(void)state;
	notice.code = "83729104";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		notice.event = words[i];
		assert_true(xs_notice_write(&notice, text) > 0);
		assert_null(strstr(text, "83729104"));
	}
	notice.event = "address-confirm";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_non_null(strstr(text, "\ncode=83729104\n"));
	assert_non_null(strstr(text, ": 83729104\n"));
}

static void
test_longest_names_fit(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX], user[XS_NAME_MAX], host[256],
	    address[XS_MAIL_MAX], by[XS_BY_MAX];

	(void)state;
	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	memset(host, 'h', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	memset(by, 'b', sizeof(by) - 1);
	by[sizeof(by) - 1] = '\0';
	notice.user = user;
	notice.host = host;
	notice.address = address;
	notice.from = "2001:db8:1234:5678:1234:5678:1234:5678";
	for (unsigned i = 0; i < 4; i++) {
		notice.language = i % 2 == 0 ? "en" : "nl";
		notice.by = i / 2 == 0 ? "" : by;
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			notice.event = words[w];
			assert_true(xs_notice_write(&notice, text) > 0);
		}
	}
}

static void
test_no_notice_of_the_rest(void **state)
{
	static const char *const none[] = {"language-set", "restored", "",
	    "app-failures-", "app-failures-1000", "app-failures-5x",
	    "enrolledx", "app"};
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		notice.event = none[i];
		assert_int_equal(xs_notice_write(&notice, text), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_of_a_notice),
	    cmocka_unit_test(test_text_names_who_did_it),
	    cmocka_unit_test(test_a_value_stays_on_its_line),
	    cmocka_unit_test(test_code_is_in_one_alone),
	    cmocka_unit_test(test_longest_names_fit),
	    cmocka_unit_test(test_no_notice_of_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
