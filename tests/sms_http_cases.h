/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of xsuite-sms-http's rooms share. */
#ifndef XS_TESTS_SMS_HTTP_CASES_H
#define XS_TESTS_SMS_HTTP_CASES_H

#include <string.h>

#include "tools/sms_http.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Feeds the lines of text and checks the whole, up to the first error. */
static inline int
sms_http_feed(
    struct sms_http_config *config, const char *text, struct xs_fault *fault)
{
	char line[SMS_HTTP_LINE_MAX + 2];
	int err = 0;

	for (int number = 1; *text != '\0' && err == 0; number++) {
		size_t n = strcspn(text, "\n");
		size_t kept = n < sizeof(line) ? n : sizeof(line) - 1;

		memcpy(line, text, kept);
		line[kept] = '\0';
		err = sms_http_config_line(config, line, "x", number, fault);
		text += n + (text[n] == '\n');
	}
	return err != 0 ? err : sms_http_config_check(config, "x", fault);
}

#endif
