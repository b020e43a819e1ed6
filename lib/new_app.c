/* SPDX-License-Identifier: BSD-3-Clause */
#include "new_app.h"

#include <string.h>
#include <unistd.h>

static int
make_secret(const struct xs_config *config, const struct xs_env *env,
    struct xs_new_app *new)
{
	struct xs_totp *totp = &new->app.totp;

	totp->algorithm = (enum xs_totp_algorithm)config->app_algorithm;
	totp->digits = config->app_digits;
	totp->period = config->app_period;
	totp->secret_length = xs_totp_secret_size(totp->algorithm);
	new->app.set = true;
	if (env->random(env->context, totp->secret, totp->secret_length) != 0)
		return XS_E_INTERNAL;
	xs_base32_encode(totp->secret, totp->secret_length, new->key);
	return 0;
}

static int
make_uris(const struct xs_config *config, const char *account,
    struct xs_new_app *new, struct xs_fault *fault)
{
	const struct xs_totp *totp = &new->app.totp;
	const char *issuer = config->issuer;
	char host[256] = "localhost";

	if (*issuer == '\0') {
		(void)gethostname(host, sizeof(host) - 1);
		host[sizeof(host) - 1] = '\0';
		issuer = host;
	}
	if (xs_totp_uri(totp, issuer, account, new->uri, sizeof(new->uri)) ==
		0 &&
	    xs_totp_uri_brief(
		totp, issuer, account, new->brief, sizeof(new->brief)) == 0)
		return 0;
	return xs_fault_set(fault, XS_E_CONFIG,
	    "issuer \"%s\": too long or with a colon in it", issuer);
}

int
xs_new_app_make(const struct xs_config *config, const struct xs_env *env,
    const char *account, struct xs_new_app *out, struct xs_fault *fault)
{
	int r;

	memset(out, 0, sizeof(*out));
	r = make_secret(config, env, out);
	if (r == 0)
		r = make_uris(config, account, out, fault);
	if (r != 0)
		xs_new_app_wipe(out);
	return r;
}

void
xs_new_app_wipe(struct xs_new_app *new)
{
	explicit_bzero(new, sizeof(*new));
}

void
xs_new_app_show_key(
    const struct xs_new_app *new, char out[XS_APP_KEY_SHOWN_MAX])
{
	for (size_t i = 0; new->key[i] != '\0'; i++) {
		if (i > 0 && i % 4 == 0)
			*out++ = ' ';
		*out++ = new->key[i];
	}
	*out = '\0';
}

char *
xs_new_app_draw(const struct xs_new_app *new, enum xs_qr_form form)
{
	char *drawn = xs_qr_draw(new->uri, form);

	return drawn != NULL ? drawn : xs_qr_draw(new->brief, form);
}
