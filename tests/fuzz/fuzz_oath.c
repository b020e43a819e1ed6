/* SPDX-License-Identifier: BSD-3-Clause */
/* users.oath, line by line: what is taken from it fits a record. */
#include "fuzz.h"
#include "import_oath.h"

static void
check_totp(const struct xs_oath *oath)
{
	static const int64_t now = 1700000000;
	uint64_t last = 1;

	MUST(oath->user[0] != '\0');
	MUST(oath->totp.secret_length >= XS_IMPORT_SECRET_MIN &&
	    oath->totp.secret_length <= XS_TOTP_SECRET_MAX);
	MUST(oath->totp.digits >= 6 && oath->totp.digits <= 8);
	MUST(oath->totp.period >= 15 && oath->totp.period <= 60);
	MUST(xs_oath_last_step(oath, now, &last) == 0);
	MUST(last <= xs_totp_step(&oath->totp, now) + XS_IMPORT_AHEAD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xs_import_text text = {.at = (const char *)data, .left = size};
	char line[XS_IMPORT_LINE_MAX];
	enum xs_import_next next;
	struct xs_oath oath;
	const char *what;

	while ((next = xs_import_next(&text, line)) != XS_IMPORT_END) {
		MUST(strlen(line) < sizeof(line));
		what = NULL;
		switch (xs_oath_read(&oath, line, &what)) {
		case XS_OATH_TOTP:
			check_totp(&oath);
			break;
		case XS_OATH_BROKEN:
			MUST(what != NULL);
			break;
		default:
			break;
		}
	}
	MUST(text.left == 0);
	return 0;
}
