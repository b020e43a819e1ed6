/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "new_app.h"

static void
make(struct xs_config *config, const char *issuer, struct xs_new_app *new)
{
	struct xs_fault fault = {""};

	xs_config_init(config);
	strcpy(config->issuer, issuer);
	assert_int_equal(
	    xs_new_app_make(config, &xs_env_system, "alice", new, &fault), 0);
}

static void
test_secret_is_new_and_of_the_options(void **state)
{
	struct xs_config config;
	struct xs_new_app a, b;
	struct xs_fault fault = {""};

	(void)state;
	make(&config, "Example", &a);
	config.app_algorithm = XS_SHA256;
	config.app_digits = 8;
	config.app_period = 60;
	assert_int_equal(
	    xs_new_app_make(&config, &xs_env_system, "alice", &b, &fault), 0);
	assert_true(b.app.set);
	assert_int_equal(b.app.totp.secret_length, 32);
	assert_int_equal(b.app.totp.digits, 8);
	assert_int_equal(b.app.totp.period, 60);
	assert_memory_not_equal(a.app.totp.secret, b.app.totp.secret, 20);
	assert_non_null(strstr(b.uri, a.key) == NULL ? b.uri : NULL);
	assert_non_null(strstr(b.uri, b.key));
	assert_non_null(strstr(b.brief, b.key));
}

static void
test_key_is_shown_in_fours(void **state)
{
	char shown[XS_APP_KEY_SHOWN_MAX], joined[XS_APP_KEY_MAX];
	struct xs_config config;
	struct xs_new_app new;
	size_t n = 0;

	(void)state;
	make(&config, "Example", &new);
	xs_new_app_show_key(&new, shown);
	for (size_t i = 0; shown[i] != '\0'; i++) {
		assert_int_equal(shown[i] == ' ', i % 5 == 4);
		if (shown[i] != ' ')
			joined[n++] = shown[i];
	}
	joined[n] = '\0';
	assert_string_equal(joined, new.key);
}

/* The usual host fits 80 columns in ASCII too, by the brief URI. */
static void
test_ascii_falls_back_to_the_brief_uri(void **state)
{
	struct xs_config config;
	struct xs_new_app new;
	char *drawn, *brief;

	(void)state;
	make(&config, "web01.example.org", &new);
	assert_null(xs_qr_draw(new.uri, XS_QR_ASCII));
	assert_non_null(brief = xs_qr_draw(new.brief, XS_QR_ASCII));
	assert_non_null(drawn = xs_new_app_draw(&new, XS_QR_ASCII));
	assert_string_equal(drawn, brief);
	assert_true(strcspn(drawn, "\n") <= 80);
	free(drawn);
	free(brief);
}

static void
test_issuer_that_no_uri_takes_is_named(void **state)
{
	struct xs_config config;
	struct xs_new_app new;
	struct xs_fault fault = {""};

	(void)state;
	xs_config_init(&config);
	strcpy(config.issuer, "a:b");
	assert_int_equal(
	    xs_new_app_make(&config, &xs_env_system, "alice", &new, &fault),
	    XS_E_CONFIG);
	assert_non_null(strstr(fault.text, "issuer \"a:b\""));
	assert_int_equal(new.key[0], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secret_is_new_and_of_the_options),
	    cmocka_unit_test(test_key_is_shown_in_fours),
	    cmocka_unit_test(test_ascii_falls_back_to_the_brief_uri),
	    cmocka_unit_test(test_issuer_that_no_uri_takes_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
