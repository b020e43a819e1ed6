/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One text on behalf of one account: counted against every limit, durably,
 * before the sender is started (sms_limit.h); no lock is held while it runs.
 */
#ifndef XS_SMS_REQUEST_H
#define XS_SMS_REQUEST_H

#include "report.h"
#include "sms.h"
#include "sms_limit.h"
#include "verify.h"

enum xs_sms_result {
	XS_SMS_FAILED, /* not taken by the sender, or not counted by the host */
	XS_SMS_LIMITED, /* not before *until */
	XS_SMS_SENT = 0x4ce1,
};

/*
 * Counts one everywhere, and sends nothing. Returns 0 with *result SENT when
 * it may be sent, else why not; or an error of the record.
 */
int xs_sms_request_charge(struct xs_verify *verify, enum xs_sms_kind kind,
    enum xs_sms_result *result, int64_t *until)
    __attribute__((warn_unused_result));

/*
 * Sends text to number. After FAILED the verify's fault says why, for the
 * log. Returns 0 or an error: then nothing was sent.
 */
int xs_sms_request(struct xs_verify *verify, const struct xs_sender *sender,
    enum xs_sms_kind kind, const char *number, const char *text,
    enum xs_sms_result *result, int64_t *until)
    __attribute__((warn_unused_result));

/* What became of it, for the log; setting: what it was for, or NULL. */
struct xs_report xs_sms_request_report(const struct xs_verify *verify,
    enum xs_sms_result result, int64_t until, const char *setting);

#endif
