/* SPDX-License-Identifier: BSD-3-Clause */
/* A file in a home directory: what is taken from it fits a record. */
#include "fuzz.h"
#include "import_google.h"

static void
count_said(void *context, unsigned line, const char *what)
{
	MUST(line > 0 && what != NULL);
	++*(unsigned *)context;
}

static void
check_codes(const struct xs_google *google)
{
	MUST(google->code_count <= XS_CODES_MAX);
	MUST(google->codes_over == 0 || google->code_count == XS_CODES_MAX);
	for (unsigned i = 0; i < google->code_count; i++) {
		MUST(strlen(google->codes[i]) == XS_GOOGLE_CODE_LENGTH);
		MUST(strspn(google->codes[i], "0123456789") ==
		    XS_GOOGLE_CODE_LENGTH);
		for (unsigned j = 0; j < i; j++)
			MUST(strcmp(google->codes[i], google->codes[j]) != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t now = 1700000000;
	struct xs_google google;
	unsigned said = 0;
	uint64_t last;

	xs_google_read(&google, (const char *)data, size, count_said, &said);
	check_codes(&google);
	if (google.kind != XS_GOOGLE_TOTP) {
		MUST(google.kind != XS_GOOGLE_BROKEN || said > 0);
		return 0;
	}
	MUST(google.totp.secret_length >= XS_IMPORT_SECRET_MIN &&
	    google.totp.secret_length <= XS_TOTP_SECRET_MAX);
	MUST(google.totp.period >= 15 && google.totp.period <= 60);
	last = xs_google_last_step(&google, now);
	MUST(last <= xs_totp_step(&google.totp, now) + XS_IMPORT_AHEAD);
	return 0;
}
