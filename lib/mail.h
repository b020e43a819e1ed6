/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The address that security notices go to: one mailbox, as people type it and
 * as any mail program takes it. No input or output.
 */
#ifndef XS_MAIL_H
#define XS_MAIL_H

#include <stdbool.h>

#include "account.h"

#define XS_MAIL_LOCAL_MAX 64 /* bytes before the '@', RFC 5321 4.5.3.1.1 */
#define XS_MAIL_MASK_MAX (XS_MAIL_MAX + 8)

/*
 * Reads one address, blanks around it dropped. ASCII only; of the characters
 * that RFC 5321 allows before the '@', those that no mailer gives a meaning
 * of its own (no '!', '%', '|', '/', '$', '?', '`', double quotes or braces),
 * and a letter, a digit or '_' in front; behind it host names, no address in
 * brackets. All of that conf/notify/notify-mail takes, too. False if it is
 * not one, with out untouched.
 */
bool xs_mail_read(const char *typed, char out[XS_MAIL_MAX]);

/* Is it one mailbox? In ASCII upper and lower case are the same. */
bool xs_mail_same(const char *a, const char *b);

/* "a******@example.org": what others may be shown of it. */
void xs_mail_mask(const char *address, char out[XS_MAIL_MASK_MAX]);

#endif
