/* SPDX-License-Identifier: BSD-3-Clause */
#include "sms_code.h"

#include <string.h>

#include <openssl/crypto.h>

void
xs_sms_code_wipe(struct xs_sms_code *code)
{
	explicit_bzero(code, sizeof(*code));
}

int
xs_sms_code_make(struct xs_sms_code *code, const char *number, unsigned digits,
    unsigned valid, const struct xs_env *env)
{
	const struct xs_code_format format = {XS_CODE_DIGITS, digits};
	int r;

	xs_sms_code_wipe(code);
	if (number[0] == '\0' || strnlen(number, XS_PHONE_MAX) == XS_PHONE_MAX)
		return XS_E_INTERNAL;
	r = xs_code_make(&format, env, code->code);
	if (r != 0) {
		xs_sms_code_wipe(code);
		return r;
	}
	memcpy(code->number, number, strlen(number));
	code->made = env->uptime(env->context);
	code->valid = valid;
	code->tries = XS_SMS_TRIES;
	return 0;
}

bool
xs_sms_code_is_out(
    struct xs_sms_code *code, const char *number, const struct xs_env *env)
{
	int64_t up = env->uptime(env->context);
	bool live = code->tries > 0 && strcmp(code->number, number) == 0 &&
	    up >= code->made && up - code->made < (int64_t)code->valid;

	if (!live)
		xs_sms_code_wipe(code);
	return live;
}

bool
xs_sms_code_check(struct xs_sms_code *code, const char *number,
    const char *text, const struct xs_env *env)
{
	size_t length = strnlen(text, XS_CODE_MAX + 1);
	char typed[XS_CODE_MAX + 1] = {0};
	bool right = false;

	if (!xs_sms_code_is_out(code, number, env))
		return false;
	code->tries--;
	if (length <= XS_CODE_MAX) {
		memcpy(typed, text, length);
		/* All of the array: what is behind the digits is zero. */
		right = CRYPTO_memcmp(typed, code->code, sizeof(typed)) == 0;
	}
	if (right || code->tries == 0)
		xs_sms_code_wipe(code);
	explicit_bzero(typed, sizeof(typed));
	return right;
}
