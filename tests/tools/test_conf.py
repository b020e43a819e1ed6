# SPDX-License-Identifier: BSD-3-Clause
"""The shipped PAM stacks and sshd settings, read by the real libpam and sshd.
Other modules stand in for ours and for the password, so that nothing needs to
be built, installed or typed."""

import ctypes
import ctypes.util
import os
import pathlib
import pwd
import re
import shutil
import subprocess

import pytest

CONF = pathlib.Path(__file__).resolve().parents[2] / 'conf'
SESSIONS = ['sshd', 'sudo', 'sudo-i', 'login', 'su']
STACKS = [*SESSIONS, 'xsuite']
ALONE = 'xsuite-nopassword'  # the one without a first step
SUCCESS = 0
# Root is not asked by su, and a refusal need not take three seconds here.
LEFT_OUT = ['auth       sufficient pam_rootok.so',
            'auth       optional   pam_faildelay.so  delay=3000000']

libc = ctypes.CDLL(None)
libc.calloc.restype = ctypes.c_void_p
libpam = ctypes.CDLL(ctypes.util.find_library('pam'))


class Message(ctypes.Structure):
    _fields_ = [('style', ctypes.c_int), ('text', ctypes.c_char_p)]


CONVERSE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(Message)),
    ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [('call', CONVERSE), ('context', ctypes.c_void_p)]


class Stacks:
    """The snippets beside Debian's common files, modules replaced."""

    def __init__(self, path):
        self.path = path
        for name in ('common-auth', 'common-account', 'common-password',
                     'common-session', 'common-session-noninteractive'):
            shutil.copy(f'/etc/pam.d/{name}', path)
        for name in (*STACKS, ALONE):
            shutil.copy(CONF / 'pam.d' / name, path)
        # libpam looks for a relative name in /etc/pam.d alone.
        self.replace('@include ', f'@include {path}/')
        for line in LEFT_OUT:
            self.replace(line, '')
        self.replace('pam_nologin.so', 'pam_permit.so')

    def replace(self, former, present):
        for file in self.path.iterdir():
            file.write_text(file.read_text().replace(former, present))

    def run(self, service, call='pam_authenticate'):
        """Returns the result, and whether our module's place was reached."""
        said = []

        def converse(count, messages, responses, _):
            said.extend(messages[i].contents.text for i in range(count))
            responses[0] = libc.calloc(count, 16)
            return SUCCESS

        conversation = Conversation(CONVERSE(converse), None)
        handle = ctypes.c_void_p()
        user = pwd.getpwuid(os.getuid()).pw_name
        assert libpam.pam_start_confdir(
            service.encode(), user.encode(), ctypes.byref(conversation),
            str(self.path).encode(), ctypes.byref(handle)) == SUCCESS
        result = getattr(libpam, call)(handle, 0)
        libpam.pam_end(handle, result)
        return result, any(b'second step' in text for text in said)


@pytest.fixture
def stacks(tmp_path):
    if not pathlib.Path('/etc/pam.d/common-auth').exists():
        pytest.skip('this is not Debian')
    (tmp_path / 'step').write_text('second step\n')
    directory = tmp_path / 'pam.d'
    directory.mkdir()
    return Stacks(directory)


@pytest.fixture
def asked(stacks, tmp_path):
    stacks.replace('pam_xsuite.so', f'pam_echo.so file={tmp_path}/step')
    return stacks


@pytest.mark.parametrize('service, call', [
    *[(service, call) for service in (*STACKS, ALONE) for call in
      ('pam_authenticate', 'pam_acct_mgmt')],
    *[(service, 'pam_open_session') for service in SESSIONS],
    *[(service, 'pam_chauthtok') for service in
      ('sshd', 'login', 'xsuite', ALONE)]])
def test_every_line_is_one_that_pam_knows(stacks, service, call):
    """A line that libpam cannot read makes its stack fail."""
    for file in stacks.path.iterdir():
        file.write_text(re.sub(r'pam_(?!deny)\w+\.so.*', 'pam_permit.so',
                               file.read_text()))
    assert stacks.run(service, call)[0] == SUCCESS


@pytest.mark.parametrize('service', STACKS)
def test_right_password_leads_to_the_second_step(asked, service):
    asked.replace('pam_unix.so', 'pam_permit.so')
    assert asked.run(service) == (SUCCESS, True)


@pytest.mark.parametrize('service', STACKS)
def test_wrong_password_never_reaches_the_second_step(asked, service):
    asked.replace('pam_unix.so', 'pam_debug.so auth=auth_err')
    result, reached = asked.run(service)
    assert result != SUCCESS and not reached


@pytest.mark.parametrize('service', [*STACKS, ALONE])
@pytest.mark.parametrize('answer', ['auth_err', 'maxtries', 'service_err',
                                    'authinfo_unavail', 'conv_err'])
def test_refused_second_step_refuses_the_login(stacks, service, answer):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', f'pam_debug.so auth={answer}')
    assert stacks.run(service)[0] != SUCCESS


@pytest.mark.parametrize('service', STACKS)
def test_missing_module_refuses_the_login(stacks, service):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', 'pam_is_not_installed.so')
    assert stacks.run(service)[0] != SUCCESS


@pytest.mark.parametrize('service', STACKS)
def test_who_is_not_enrolled_gets_in_with_the_password(stacks, service):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', 'pam_debug.so auth=ignore')
    assert stacks.run(service)[0] == SUCCESS


def test_without_a_password_who_is_not_enrolled_is_refused(stacks):
    stacks.replace('pam_xsuite.so', 'pam_debug.so auth=ignore')
    assert stacks.run(ALONE)[0] != SUCCESS


def test_every_shipped_stack_is_tried_here():
    assert {path.name for path in (CONF / 'pam.d').iterdir()} == {
        *STACKS, ALONE}


@pytest.mark.parametrize('service', ['xsuite', ALONE])
@pytest.mark.parametrize('answer', ['auth_err', 'ignore', 'service_err',
                                    'authtok_err', 'maxtries'])
def test_settings_that_fail_are_no_success(stacks, service, answer):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so',
                   f'pam_debug.so chauthtok={answer} prechauthtok={answer}')
    assert stacks.run(service, 'pam_chauthtok')[0] != SUCCESS


def test_key_and_code_stack_passes_who_is_not_enrolled(stacks):
    """The variant that sshd's snippet describes: no password line."""
    stacks.replace(f'@include {stacks.path}/common-auth', '')
    stacks.replace('pam_xsuite.so', 'pam_debug.so auth=ignore')
    assert stacks.run('sshd')[0] == SUCCESS


def test_sshd_takes_the_settings(tmp_path):
    sshd = shutil.which('sshd', path='/usr/sbin:' + os.environ['PATH'])
    if sshd is None:
        pytest.skip('sshd is not installed')
    key = tmp_path / 'key'
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key],
                   check=True)
    text = (CONF / 'sshd_config.d' / 'xsuite.conf').read_text()
    (tmp_path / 'conf').write_text(
        text.replace('#Auth', 'Auth') + f'HostKey {key}\n')
    if os.geteuid() == 0:  # as sshd's start script does
        os.makedirs('/run/sshd', 0o755, exist_ok=True)
    done = subprocess.run([sshd, '-T', '-f', tmp_path / 'conf'],
                          capture_output=True, text=True)
    if 'privilege separation directory' in done.stderr:
        pytest.skip('/run/sshd is missing')
    assert done.returncode == 0, done.stderr
    for line in ('usepam yes', 'passwordauthentication no',
                 'kbdinteractiveauthentication yes', 'logingracetime 300',
                 'authenticationmethods publickey,keyboard-interactive:pam'):
        assert f'\n{line}\n' in done.stdout
