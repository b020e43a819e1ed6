/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new app secret is shown until a code of it is typed back: the proof that
 * the app holds it and that the clocks agree. Nothing is recorded here.
 */
#ifndef XS_APP_SETUP_H
#define XS_APP_SETUP_H

#include <stdbool.h>

#include "dialog.h"
#include "new_app.h"
#include "verify.h"

#define XS_APP_SETUP_TRIES 3

enum xs_app_setup {
	XS_APP_SETUP_LEFT,  /* "0", or Enter where it can be put off */
	XS_APP_SETUP_WRONG, /* the tries are used up */
	XS_APP_SETUP_PROVED = 0x71c3,
};

/*
 * Asks, what was said before in front. PROVED: new->app.last_step is the step
 * of the code that was typed, which is thereby used up. Returns 0, or what
 * xs_dialog_ask returns.
 */
int xs_app_setup_ask(struct xs_dialog *dialog, const struct xs_verify *verify,
    bool may_put_off, struct xs_new_app *new, enum xs_app_setup *result)
    __attribute__((warn_unused_result));

#endif
