# SPDX-License-Identifier: BSD-3-Clause
"""not_enrolled = enrol, with the real sshd, login, su, cron and passwd."""

import json
import pathlib
import re
import subprocess
import time

import pytest

from host import ENVIRONMENT, MODULE, password
from phone import BACK, CONFIRM, LATER, Phone
from terminal import shown_code
from words import APP, PASSWORD

COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
ENROL = 'not_enrolled = enrol\n'
KEYS = {'PubkeyAuthentication': 'yes', 'PreferredAuthentications': 'publickey'}
OVERDUE = 'Two-step login has to be set up before you can log in this way.'


def day(ahead):
    return time.strftime('%Y-%m-%d', time.gmtime(time.time() + 86400 * ahead))


@pytest.fixture
def before(host):
    host.config(f'{ENROL}enrol_by = {day(2)}\n')
    host.stack('sshd')


@pytest.fixture
def after(host):
    host.config(f'{ENROL}enrol_by = {day(-1)}\n')
    host.stack('sshd')


def begin(host, daemon=None, user='alice', **options):
    t = host.ssh(daemon or host.sshd(), user, COMMAND, **options)
    t.asked(PASSWORD)
    t.type(password(user))
    return t


def is_in(t, method='none'):
    text, status = t.ended()
    assert (status, text.endswith(f'IN:42 {method}\n')) == (0, True), text


def is_out(t):
    _, status = t.ended()
    assert status == 255 and 'IN:42' not in t.transcript


def set_up(host, t, question):
    """Both steps of it; returns the phone and the paper."""
    phone = Phone(host, t.sees(question)[0])
    t.type(phone.code())
    backup = shown_code(t.sees(CONFIRM)[0])
    t.type(backup)
    return phone, backup


# With a password, by ssh.


@pytest.mark.parametrize('term, question', [('', BACK), (day(2), LATER)])
def test_ssh_is_led_to_set_up(host, term, question):
    host.config(ENROL + (f'enrol_by = {term}\n' if term else ''))
    host.stack('sshd')
    daemon = host.sshd()
    t = begin(host, daemon)
    phone, backup = set_up(host, t, question)
    is_in(t)
    assert 'rhost=127.0.0.1' in host.log.wait('^enrolled user=alice')
    t = begin(host, daemon)
    t.asked(APP)
    t.type(phone.code(1))
    is_in(t, 'app')
    t = begin(host, daemon)
    t.asked(APP)
    t.type(backup)
    t.type(shown_code(t.sees(CONFIRM)[0]))
    is_in(t, 'backup')


def test_ssh_enter_puts_it_off(host, before):
    daemon = host.sshd()
    for _ in range(2):
        t = begin(host, daemon)
        text, _ = t.sees(LATER)
        assert f'set up for you by {day(2)} (UTC)' in text
        t.type('')
        is_in(t)
    host.log.wait('^put-off user=alice')
    assert not host.record('alice').exists()


@pytest.mark.parametrize('answers', [('0',), ('', '0'), ('000000',) * 3])
def test_ssh_unfinished_after_the_day_is_refused(host, after, answers):
    t = begin(host)
    for answer in answers:
        t.sees(BACK)
        t.type(answer)
    is_out(t)
    host.log.wait('^refused user=alice reason=not-enrolled')
    assert not host.record('alice').exists()


def test_ssh_line_dropped_after_the_day_is_refused(host, after):
    daemon = host.sshd()
    t = begin(host, daemon)
    phone = Phone(host, t.sees(BACK)[0])
    t.type(phone.code())
    t.sees(CONFIRM)
    t.kill()
    daemon.wait_idle()
    assert not host.record('alice').exists()
    # And the next login begins anew.
    t = begin(host, daemon)
    set_up(host, t, BACK)
    is_in(t)


@pytest.mark.parametrize('control', ['requisite', 'required'])
def test_ssh_wrong_password_is_never_offered_it(host, after, control):
    path = pathlib.Path('/etc/pam.d/sshd')
    path.write_text(path.read_text().replace(
        'requisite pam_unix.so', f'{control} pam_unix.so'))
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type('not-' + password('alice'))
    is_out(t)
    assert 'Key:' not in t.transcript and 'set up' not in t.transcript
    assert not host.record('alice').exists()


# Where nothing can be asked.


def key_daemon(host):
    return host.sshd(AuthenticationMethods='publickey')


def test_key_alone_before_the_day_is_in(host, before):
    t = host.ssh(key_daemon(host), 'alice', COMMAND, **KEYS)
    assert t.ended() == ('IN:42 none\n', 0)
    assert not host.record('alice').exists()


def test_key_alone_after_the_day_is_refused_with_a_text(host, after):
    daemon = key_daemon(host)
    t = host.ssh(daemon, 'alice', COMMAND, **KEYS)
    is_out(t)
    assert OVERDUE in t.transcript.replace('\r', '')
    host.log.wait('^refused user=alice reason=not-enrolled')
    # Who has set it up keeps coming in.
    host.enrol('alice')
    t = host.ssh(daemon, 'alice', COMMAND, **KEYS)
    assert t.ended() == ('IN:42 none\n', 0)


@pytest.mark.parametrize('late', [False, True])
def test_scp_with_a_key_is_asked_nothing(host, late):
    host.config(f'{ENROL}enrol_by = {day(-1 if late else 2)}\n')
    host.stack('sshd')
    daemon = host.sshd(AuthenticationMethods='publickey',
                       Subsystem='sftp internal-sftp')
    source = host.work / 'parcel'
    source.write_text('parcel\n')
    target = host.work / 'home' / str(host.uids['alice']) / 'parcel'
    target.unlink(missing_ok=True)
    done = subprocess.run(
        [*map(str, daemon.program('scp', KEYS)), source,
         f'alice@127.0.0.1:{target}'], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode == 0) != late and target.exists() != late
    assert (OVERDUE in done.stderr) == late
    assert 'Key:' not in done.stdout + done.stderr


@pytest.mark.parametrize('late', [False, True])
def test_sshs_password_method_can_be_asked_nothing(host, late):
    """It answers every hidden prompt with the password, and no other."""
    host.config(f'{ENROL}enrol_by = {day(-1 if late else 2)}\n')
    host.stack('sshd')
    daemon = host.sshd(PasswordAuthentication='yes',
                       KbdInteractiveAuthentication='no')
    t = host.ssh(daemon, 'alice', COMMAND,
                 PreferredAuthentications='password')
    t.sees("alice@xs's password: ")
    t.type(password('alice'))
    if late:
        is_out(t)
        assert OVERDUE in t.transcript.replace('\r', '')
    else:
        is_in(t)
    assert not host.record('alice').exists()


# The console.


def login(host):
    host.stack('login')
    t = host.terminal(['login', 'alice'])
    t.asked(PASSWORD)
    t.type(password('alice'))
    return t


def in_shell(t):
    t.sees(r'\$ ')
    t.type('echo $(id -un):$((40+2))')
    t.sees('alice:42')
    t.type('exit')
    t.ended()


def test_login_is_led_to_set_up(host, after):
    t = login(host)
    phone, _ = set_up(host, t, BACK)
    in_shell(t)
    host.log.wait('^enrolled user=alice')
    t = login(host)
    t.asked(APP)
    t.type(phone.code(1))
    in_shell(t)


def test_login_enter_puts_it_off(host, before):
    t = login(host)
    t.sees(LATER)
    t.type('')
    in_shell(t)
    assert not host.record('alice').exists()


@pytest.mark.parametrize('key', ['0\r', '\x04'])
def test_login_unfinished_after_the_day_is_refused(host, after, key):
    t = login(host)
    t.sees(BACK)
    t.press(key)
    text, status = t.ended()
    assert status != 0 and '$ ' not in text
    assert not host.record('alice').exists()


# Who is never asked.


def test_cron_is_never_asked(host, after):
    """The real cron: a job at its start, in a namespace of this test."""
    host.stack('cron', password_line=False)
    done = host.work / 'home' / str(host.uids['alice']) / 'cron-ran'
    done.unlink(missing_ok=True)
    for path in pathlib.Path('/etc/cron.d').iterdir():
        path.unlink()
    pathlib.Path('/etc/cron.d/xs').write_text(
        f'@reboot alice id -un >{done}\n', encoding='ascii')
    pathlib.Path('/run/crond.reboot').unlink(missing_ok=True)
    with subprocess.Popen(
            ['unshare', '-m', 'sh', '-c',
             'mount -t tmpfs none /var/spool/cron && '
             'mkdir /var/spool/cron/crontabs && exec cron -f'],
            env=ENVIRONMENT) as child:
        try:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not (
                    done.exists() and done.read_text()):
                time.sleep(0.05)
        finally:
            child.terminate()
    assert done.read_text() == 'alice\n'
    assert not [l for l in host.log.module() if 'alice' in l]


@pytest.mark.parametrize('service', ['cron', 'systemd-user'])
def test_service_is_never_asked(host, after, service):
    pathlib.Path('/etc/pam.d', service).write_text(
        f'auth required pam_permit.so\naccount required {MODULE}\n'
        'account required pam_permit.so\n')
    talk = host.drive('alice', service=service)
    assert talk.results['acct_mgmt'] == 'PAM_SUCCESS' and not talk.said


def test_su_by_root_is_never_asked(host, after):
    host.stack('su', rootok=True)
    t = host.terminal(['su', 'alice', '-c', 'echo $(id -un):$((40+2))'])
    assert t.ended() == ('alice:42\n', 0)


# An invitation.


def test_invitation_lets_in_once_and_leads_to_the_app(host):
    host.config('not_enrolled = refuse\n')
    host.stack('sshd')
    answer = json.loads(host.admin('--json', 'backup-code', 'alice').stdout)
    code = answer['backup_codes'][0]
    host.secrets.append(code)
    daemon = host.sshd()
    t = begin(host, daemon)
    t.asked('Backup code: ')
    t.type(code)
    own = shown_code(t.sees(CONFIRM)[0])
    t.type(own)
    text, _ = t.sees(LATER)
    assert text.startswith('Set up the authenticator app now')
    phone = Phone(host, text)
    t.type(phone.code())
    is_in(t, 'backup')
    # The invitation is used up; what took its place is not.
    t = begin(host, daemon)
    t.asked(APP)
    t.type(code)
    t.sees(r'not right\.')
    t.type('0')
    is_out(t)
    t = begin(host, daemon)
    t.sees(r'another method\): ')
    t.type(phone.code(1))
    is_in(t, 'app')


def test_invitation_put_off_leaves_the_new_code(host):
    host.stack('sshd')
    answer = json.loads(host.admin('--json', 'backup-code', 'alice').stdout)
    code = answer['backup_codes'][0]
    host.secrets.append(code)
    daemon = host.sshd()
    t = begin(host, daemon)
    t.asked('Backup code: ')
    t.type(code)
    own = shown_code(t.sees(CONFIRM)[0])
    t.type(own)
    t.sees(LATER)
    t.type('')
    is_in(t, 'backup')
    t = begin(host, daemon)
    t.asked('Backup code: ')
    t.type(code)
    t.sees(r'not right\.')
    t.type(own)
    t.type(shown_code(t.sees(CONFIRM)[0]))
    t.sees(LATER)
    t.type('')
    is_in(t, 'backup')


# passwd(1) and chpasswd, with our line in common-password.


def common_password(place):
    """Our line in front of Debian's, or behind them."""
    path = pathlib.Path('/etc/pam.d/common-password')
    text = path.read_text(encoding='utf-8')
    line = f'password required {MODULE}\n'
    path.write_text(line + text if place == 'first' else text + line,
                    encoding='utf-8')


def hash_of(user):
    for line in open('/etc/shadow', encoding='utf-8'):
        if line.startswith(user + ':'):
            return line.split(':')[1]
    return None


def change_password(host, typed):
    """What passwd says to the answers, and its exit status."""
    t = host.terminal(host.as_user('alice', '/usr/bin/passwd'))
    said = []
    for answer in typed:
        said.append(t.sees(r'password: ')[0])
        t.type(answer)
    text, status = t.ended()
    host.log.lines()
    return [*said, text], status


@pytest.mark.parametrize('typed', [
    (password('alice'), 'Another-9-Secret', 'Another-9-Secret'),
    ('not-' + password('alice'),),
    (password('alice'), 'Another-9-Secret', 'Different-9-Secret')])
@pytest.mark.parametrize('place', ['first', 'last'])
def test_passwd_is_as_without_us(host, after, typed, place):
    shadow = pathlib.Path('/etc/shadow')
    old = shadow.read_bytes()
    expected = change_password(host, typed)
    changes = shadow.read_bytes() != old
    assert changes == (expected[1] == 0)
    shadow.write_bytes(old)
    common_password(place)
    assert change_password(host, typed) == expected
    assert (shadow.read_bytes() != old) == changes
    assert not host.log.module() and not host.record('alice').exists()


@pytest.mark.parametrize('place', ['first', 'last'])
def test_chpasswd_is_as_without_us(host, after, place):
    common_password(place)
    host.secrets.append('Another-9-Secret')
    old = hash_of('alice')
    done = subprocess.run(['chpasswd'], input='alice:Another-9-Secret\n',
                          capture_output=True, text=True, check=False,
                          env=ENVIRONMENT)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert hash_of('alice') != old and re.match(r'\$y\$', hash_of('alice'))
    assert not host.log.module()
