/* SPDX-License-Identifier: BSD-3-Clause */
/* A record's text: what is read is written back byte for byte. */
#include "account.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct xs_plain plain, written;
	static struct xs_account account, untouched;
	struct xs_fault fault = {""};

	if (size > sizeof(plain.text))
		return 0;
	memset(&plain, 0xa5, sizeof(plain));
	memcpy(plain.text, data, size);
	plain.length = size;
	memset(&account, 0x5a, sizeof(account));
	untouched = account;
	if (xs_account_read(&account, &plain, &fault) != 0) {
		MUST(memcmp(&account, &untouched, sizeof(account)) == 0);
		MUST(fault.text[0] != '\0');
		return 0;
	}
	MUST(xs_account_write(&account, &written) == 0);
	MUST(written.length == plain.length);
	MUST(memcmp(written.text, plain.text, plain.length) == 0);
	return 0;
}
