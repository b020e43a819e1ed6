#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# make demo: a two-step login in this terminal, for a user who exists only
# below $B/demo. Nothing outside $B is written; no privilege is needed.
set -eu

build=$(cd "${B:-build}" && pwd -P)
demo=$build/demo
# PAM's service files know no quotes for a module's path.
case $build in
*[!A-Za-z0-9/._+@%:,=~-]*)
	echo "demo: the path $build has a blank or a special character" \
	    "in it, which a PAM service file cannot name" >&2
	exit 1
	;;
esac

umask 077
rm -rf "$demo"
mkdir -p "$demo/services" "$demo/sms/inbox"
cat >"$demo/xsuite.conf" <<E
state_dir = $demo/state
key_file = $demo/host.key
issuer = pam_xsuite demo
fail_delay = 0
E
cat >"$demo/services/xsuite-demo" <<E
# The password module (pam_unix) would stand here, requisite.
auth     required $build/pam_xsuite.so config=$demo/xsuite.conf
auth     required pam_permit.so
account  required $build/pam_xsuite.so config=$demo/xsuite.conf
account  required pam_permit.so
E
printf '%s\n' 'auth required pam_deny.so' 'account required pam_deny.so' \
    'password required pam_deny.so' 'session required pam_deny.so' \
    >"$demo/services/other"

# alice lives in a passwd file of her own, if nss_wrapper is to be had;
# otherwise the caller stands in.
user=alice
echo "alice:x:61000:61000:Alice:/nonexistent:/bin/sh" >"$demo/passwd"
getent passwd "$(id -u)" nobody >>"$demo/passwd" || true
echo "alice:x:61000:" >"$demo/group"
export NSS_WRAPPER_PASSWD="$demo/passwd" NSS_WRAPPER_GROUP="$demo/group"
wrapper=libnss_wrapper.so
if [ "$(LD_PRELOAD=$wrapper getent passwd alice 2>/dev/null | cut -d: -f3)" \
    != 61000 ] || ! LD_PRELOAD=$wrapper "$build/xsuite-admin" --version \
    >/dev/null 2>&1; then
	wrapper=
	user=$(id -un)
fi

# as_demo PROGRAM ...: in a world where that user exists.
as_demo()
{
	env ${wrapper:+LD_PRELOAD="$wrapper"} "$@"
}

# The phone's texts stay in a directory. Run by root, the sender is another
# user's, who may be shut out of the build tree.
conf=${0%/*}/../../conf/sms
cp "$conf/sms-spool" "$conf/message.sh" "$demo/sms"
cat >"$demo/sms/send" <<E
#!/bin/sh
SPOOL_DIR='$demo/sms/inbox' exec '$demo/sms/sms-spool' "\$@"
E
chmod 755 "$demo/sms/send" "$demo/sms/sms-spool"
chmod 644 "$demo/sms/message.sh"
phone=+31612345678
if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$demo" "$demo/sms"
	chown nobody "$demo/sms/inbox"
	setpriv --reuid nobody --clear-groups test -x "$demo/sms/send" ||
		phone=
fi
if [ -n "$phone" ]; then
	cat >>"$demo/xsuite.conf" <<E
sms_command = $demo/sms/send
sms_user = nobody
sms_cooldown = 1
country_code = 31
E
else
	echo "(Without SMS: the user nobody cannot enter $build.)"
	rm -r "$demo/sms/inbox"
fi

echo "\$ xsuite-admin init"
as_demo "$build/xsuite-admin" --config "$demo/xsuite.conf" init >/dev/null
echo "\$ xsuite-admin enrol $user${phone:+ --phone $phone}"
as_demo "$build/xsuite-admin" --config "$demo/xsuite.conf" --json \
    enrol "$user" ${phone:+--phone "$phone"} >"$demo/enrol.json"
as_demo "$build/tests/demo/demo_login" "$demo" "$user"
