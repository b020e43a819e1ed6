/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new app secret, and the forms in which it is handed to an authenticator
 * app: the otpauth URI, a QR code of it, the key to type.
 */
#ifndef XS_NEW_APP_H
#define XS_NEW_APP_H

#include "account.h"
#include "base32.h"
#include "config.h"
#include "env.h"
#include "fault.h"
#include "qr.h"

#define XS_APP_KEY_MAX (XS_BASE32_LENGTH(XS_TOTP_SECRET_MAX) + 1)
/* The key in groups of four. */
#define XS_APP_KEY_SHOWN_MAX (XS_APP_KEY_MAX + XS_APP_KEY_MAX / 4)
#define XS_APP_URI_MAX 8192

struct xs_new_app {
	struct xs_app app; /* set, by nobody and at no time yet */
	char key[XS_APP_KEY_MAX];
	char uri[XS_APP_URI_MAX];
	char brief[XS_APP_URI_MAX]; /* xs_totp_uri_brief */
};

/*
 * Makes a secret as the options say. Returns 0; XS_E_CONFIG when the issuer
 * is too long or has a colon in it; XS_E_INTERNAL.
 */
int xs_new_app_make(const struct xs_config *config, const struct xs_env *env,
    const char *account, struct xs_new_app *out, struct xs_fault *fault)
    __attribute__((warn_unused_result));
void xs_new_app_wipe(struct xs_new_app *new);

/* The key in groups of four: "ABCD EFGH". Wipe it. */
void xs_new_app_show_key(
    const struct xs_new_app *new, char out[XS_APP_KEY_SHOWN_MAX]);

/* As xs_qr_draw; the brief URI where the full one does not fit. */
char *xs_new_app_draw(const struct xs_new_app *new, enum xs_qr_form form);

#endif
