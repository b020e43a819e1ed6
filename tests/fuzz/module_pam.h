/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A libpam of our own, that the module is linked with: a handle with items,
 * data and an environment, whose calls fail when no memory is left.
 */
#ifndef XS_TESTS_MODULE_PAM_H
#define XS_TESTS_MODULE_PAM_H

#include <stdarg.h>

#include <openssl/crypto.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "fuzz.h"

#define ITEMS (PAM_AUTHTOK_TYPE + 1)

struct pam_handle {
	const char *user;
	const void *items[ITEMS];
	char pass[64]; /* what PAM_OLDAUTHTOK points to */
	bool has_data; /* the datum is there, if only as NULL */
	void *data;
	void (*cleanup)(pam_handle_t *pamh, void *data, int status);
	char method[64];     /* "XSUITE_METHOD=...", or "" */
	const char *setting; /* XSUITE_SETTING, or NULL */
	unsigned lines;      /* of the log */
	struct pam_conv conv;
};

/* ---- Memory: the module's own, libcrypto's and libpam's ---- */

static long countdown = -1; /* allocations until one fails; below 0: none */
static bool for_good;       /* and all after it */

static inline bool
is_out_of_memory(void)
{
	if (countdown < 0)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		countdown = -1;
	return true;
}

/* The linker puts these in the place of what the module calls (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strndup(const char *text, size_t size);

void *
__wrap_malloc(size_t size)
{
	return is_out_of_memory() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return is_out_of_memory() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return is_out_of_memory() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strndup(const char *text, size_t size)
{
	return is_out_of_memory() ? NULL : __real_strndup(text, size);
}

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return size == 0 || is_out_of_memory() ? NULL : __real_malloc(size);
}

static void *
crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (size == 0) {
		free(old);
		return NULL;
	}
	return is_out_of_memory() ? NULL : __real_realloc(old, size);
}

static void
crypto_free(void *old, const char *file, int line)
{
	(void)file, (void)line;
	free(old);
}

/* Before anything of libcrypto runs. */
__attribute__((constructor)) static void
watch_libcrypto(void)
{
	MUST(CRYPTO_set_mem_functions(
		 crypto_malloc, crypto_realloc, crypto_free) == 1);
}

/* ---- The calls ---- */

int
pam_get_user(pam_handle_t *pamh, const char **user, const char *prompt)
{
	(void)prompt;
	if (is_out_of_memory())
		return PAM_BUF_ERR;
	*user = pamh->user;
	return pamh->user == NULL ? PAM_CONV_ERR : PAM_SUCCESS;
}

int
pam_get_item(const pam_handle_t *pamh, int type, const void **item)
{
	MUST(type > 0 && type < ITEMS);
	*item = type == PAM_CONV ? &pamh->conv : pamh->items[type];
	return PAM_SUCCESS;
}

int
pam_set_item(pam_handle_t *pamh, int type, const void *item)
{
	MUST(type == PAM_OLDAUTHTOK && strlen(item) < sizeof(pamh->pass));
	if (is_out_of_memory())
		return PAM_BUF_ERR;
	strcpy(pamh->pass, item);
	pamh->items[type] = pamh->pass;
	return PAM_SUCCESS;
}

static void
drop_data(pam_handle_t *pamh)
{
	if (pamh->cleanup != NULL)
		pamh->cleanup(pamh, pamh->data, 0);
	pamh->data = NULL;
	pamh->cleanup = NULL;
}

int
pam_set_data(pam_handle_t *pamh, const char *name, void *data,
    void (*cleanup)(pam_handle_t *pamh, void *data, int status))
{
	MUST(strcmp(name, "pam_xsuite_proof") == 0);
	/* Only the first of a name takes memory: what replaces it does not. */
	if (!pamh->has_data && is_out_of_memory())
		return PAM_BUF_ERR;
	drop_data(pamh);
	pamh->has_data = true;
	pamh->data = data;
	pamh->cleanup = cleanup;
	return PAM_SUCCESS;
}

int
pam_get_data(const pam_handle_t *pamh, const char *name, const void **data)
{
	(void)name;
	*data = pamh->data;
	return pamh->has_data ? PAM_SUCCESS : PAM_NO_MODULE_DATA;
}

int
pam_putenv(pam_handle_t *pamh, const char *variable)
{
	MUST(strncmp(variable, "XSUITE_METHOD", 13) == 0);
	if (is_out_of_memory())
		return PAM_BUF_ERR;
	(void)snprintf(pamh->method, sizeof(pamh->method), "%s",
	    variable[13] == '=' ? variable : "");
	return PAM_SUCCESS;
}

const char *
pam_getenv(pam_handle_t *pamh, const char *name)
{
	if (strcmp(name, "XSUITE_SETTING") == 0)
		return pamh->setting;
	return pamh->method[0] != '\0' ? pamh->method + 14 : NULL;
}

int
pam_fail_delay(pam_handle_t *pamh, unsigned microseconds)
{
	(void)pamh;
	MUST(microseconds <= 10000000);
	return PAM_SUCCESS;
}

/* One line each, whatever stands in the values. */
void
pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
	char line[4096];
	va_list values;
	int length;

	(void)priority;
	va_start(values, format);
	length = vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	MUST(length > 0 && (size_t)length < sizeof(line));
	for (const char *c = line; *c != '\0'; c++)
		MUST((unsigned char)*c >= 0x20 && *c != 0x7f);
	((struct pam_handle *)(uintptr_t)pamh)->lines++;
}

#endif
