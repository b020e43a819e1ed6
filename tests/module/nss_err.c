/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A directory service that errs, as a name service module. How it errs is
 * set by who loaded it.
 */
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int xserr_status = NSS_STATUS_UNAVAIL;
EXPORTED int xserr_errno = EIO;
EXPORTED int xserr_calls;

EXPORTED enum nss_status _nss_xserr_getpwnam_r(const char *name,
    struct passwd *entry, char *buffer, size_t size, int *error);

EXPORTED enum nss_status
_nss_xserr_getpwnam_r(const char *name, struct passwd *entry, char *buffer,
    size_t size, int *error)
{
	(void)name, (void)entry, (void)buffer, (void)size;
	xserr_calls++;
	*error = xserr_errno;
	return (enum nss_status)xserr_status;
}
