# SPDX-License-Identifier: BSD-3-Clause
"""A whole /etc/pam.d for the tests of check: what Debian 12 says in it, with
the second step as conf/pam.d shows it."""

import pathlib
import shutil

from host import MODULE, ROOT

PAM = pathlib.Path('/etc/pam.d')

COMMON = {
    'common-auth': ('auth [success=1 default=ignore] pam_unix.so nullok\n'
                    'auth requisite pam_deny.so\n'
                    'auth required pam_permit.so\n'),
    'common-account': ('account [success=1 new_authtok_reqd=done '
                       'default=ignore] pam_unix.so\n'
                       'account requisite pam_deny.so\n'
                       'account required pam_permit.so\n'),
    'common-session': ('session [default=1] pam_permit.so\n'
                       'session requisite pam_deny.so\n'
                       'session required pam_permit.so\n'
                       'session required pam_unix.so\n'),
    'common-password': ('password [success=1 default=ignore] pam_unix.so\n'
                        'password requisite pam_deny.so\n'
                        'password required pam_permit.so\n'),
}
ALL = ''.join(f'@include common-{kind}\n'
              for kind in ('auth', 'account', 'session', 'password'))
OTHERS = {
    'common-session-noninteractive': COMMON['common-session'],
    'other': ALL,
    'su-l': 'auth include su\naccount include su\nsession include su\n',
    'chfn': 'auth sufficient pam_rootok.so\n' + ALL,
    'passwd': '@include common-password\n',
    'cron': '@include common-auth\nsession required pam_loginuid.so\n'
            '@include common-account\n'
            '@include common-session-noninteractive\n',
    'runuser': 'auth sufficient pam_rootok.so\n'
               'session required pam_unix.so\n',
}


def ours(*arguments):
    return ' '.join(('pam_xsuite.so', *arguments))


def write(name, text):
    """The module is not installed where the tests run."""
    path = PAM / name
    path.write_text(text.replace('pam_xsuite.so', str(MODULE)),
                    encoding='utf-8')


def plant(files=()):
    """The shipped snippets, then files over them; None takes one away."""
    shutil.rmtree(PAM)
    PAM.mkdir(0o755)
    for name, text in {**COMMON, **OTHERS}.items():
        write(name, text)
    for path in sorted((ROOT / 'conf' / 'pam.d').iterdir()):
        write(path.name, path.read_text())
    for name, text in dict(files).items():
        if text is None:
            (PAM / name).unlink()
        else:
            write(name, text)


def plant_profile():
    """As pam-auth-update would: the line in common-auth, for every service,
    and in common-account. The settings have a stack of their own."""
    plant()
    write('xsuite', (ROOT / 'conf/pam.d/xsuite').read_text().replace(
        '@include common-auth', COMMON['common-auth']))
    write('common-auth', COMMON['common-auth'] +
          'auth required pam_xsuite.so\n')
    write('common-account', COMMON['common-account'] +
          'account required pam_xsuite.so\n')
    write('sshd', ALL)
    write('login', 'auth optional pam_faildelay.so delay=3000000\n'
                   'auth requisite pam_nologin.so\n@include common-auth\n'
                   'auth optional pam_group.so\n@include common-account\n')
    write('su', 'auth sufficient pam_rootok.so\n' + ALL)
    write('sudo', ALL)
    write('sudo-i', ALL)
