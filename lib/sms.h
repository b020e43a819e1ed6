/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hands a number and a text to the sender program, sms_command.
 */
#ifndef XS_SMS_H
#define XS_SMS_H

#include <stdint.h>

#include "config.h"
#include "fault.h"

/* Who sends: passed in, so that tests of the dialogues have an inbox. */
struct xs_sender {
	/*
	 * Returns 0 when the text was taken for delivery, else a negative
	 * xs_err (XS_E_PROGRAM, XS_E_INVALID) with the fault for the log.
	 * It takes no lock, and none must be held: it may take sms_timeout.
	 */
	int (*send)(void *context, const char *number, const char *text,
	    struct xs_fault *fault);
	void *context;
};

/* The sender that the options name; config must outlive it. */
struct xs_sender xs_sms_sender(const struct xs_config *config);

/* Is there a sender, and is there a number that it may text? */
bool xs_sms_is_offered(const struct xs_config *config);

#define XS_SMS_TEXT_MAX 161 /* one message of 160 GSM-7 characters, and NUL */

/*
 * The texts, each one message of plain GSM-7 whatever the host name: other
 * characters of it become '-', and it is cut to what is left. The code comes
 * first, so that a locked phone shows it. valid: seconds.
 */
void xs_sms_text_login(const char *language, const char *host, const char *code,
    unsigned valid, char out[XS_SMS_TEXT_MAX]);
/* To a new number, before it counts. */
void xs_sms_text_confirm(const char *language, const char *host,
    const char *code, unsigned valid, char out[XS_SMS_TEXT_MAX]);
/* To the number that another one took the place of. */
void xs_sms_text_replaced(
    const char *language, const char *host, char out[XS_SMS_TEXT_MAX]);

#endif
