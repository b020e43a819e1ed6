# SPDX-License-Identifier: BSD-3-Clause
"""Security notices: from the real sshd, sudo, xsuite and the commands to a
program, and by dma, a mail system, into a mailbox of this host."""

import email
import email.policy
import grp
import os
import pathlib
import re
import shutil
import signal
import socket
import time

import pytest

import namespace
from host import ENVIRONMENT, ROOT, SMS_USER, STATE, password
from sms_gateways import wait_for
from terminal import shown_code
from words import APP, BACKUP, CONFIRM, PASSWORD, SUCCESSOR

HOST = socket.gethostname()
MAIL = pathlib.Path('/var/mail')
SPOOL = pathlib.Path('/var/spool/dma')
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
SUDO = '[sudo] password for alice: '
WHOAMI = ('sh', '-c', 'echo $(id -un):$((40+2))')


class Post:
    """A program that takes notices as sms_user, and what it was given."""

    def __init__(self, host):
        self.host = host
        self.path = host.work / 'post'
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(mode=0o755)
        self.taken = self.path / 'taken'
        self.taken.mkdir()
        os.chown(self.taken, host.uids[SMS_USER], host.uids[SMS_USER])
        self.program = self.path / 'program'
        self.works()

    def does(self, script, *options):
        self.program.write_text(f'#!/bin/sh\ncd {self.taken}\n{script}\n')
        self.program.chmod(0o755)
        self.host.config('\n'.join(
            [f'notify_command = {self.program}', *options, '']))

    def works(self):
        """By the time it took; complete as soon as it has its name."""
        self.does('umask 022; f=$(mktemp .XXXXXX) && cat >$f && '
                  'mv $f "$(date +%s.%N)"')

    def notices(self):
        """Each as [(key, value)]."""
        return [[tuple(line.split('=', 1))
                 for line in path.read_text().splitlines()]
                for path in sorted(self.taken.glob('[0-9]*'))]

    def events(self):
        return [dict(notice)['event'] for notice in self.notices()]


@pytest.fixture
def post(host):
    return Post(host)


@pytest.fixture
def alice(host):
    host.stack('test', password_line=False, account=False)
    return host.enrol('alice')


def empty(post):
    for path in post.taken.glob('*'):
        path.unlink()


@pytest.fixture
def told(post, alice):
    """The notice of the enrolment has come, and is put away."""
    assert post.events() == ['enrolled']
    empty(post)
    return post


def no_secrets(host, *texts):
    for text in texts:
        plain = re.sub(r'[ -]', '', text)
        for secret in {re.sub(r'[ -]', '', each) for each in host.secrets}:
            assert len(secret) < 6 or secret not in plain


# To a program.


def test_backup_login_is_told(host, told, alice):
    talk = host.drive('alice', alice.backup, '@new',
                      options=('--rhost', '192.0.2.7'))
    assert talk.let_in
    notice, = told.notices()
    fields = dict(notice)
    assert notice[0] == ('event', 'backup-used')
    assert fields['user'] == 'alice' and fields['host'] == HOST
    assert fields['address'] == '' and fields['language'] == 'en'
    assert fields['rhost'] == '192.0.2.7' and 'code' not in fields
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', fields['time'])
    assert host.log.wait('^noticed .*user=alice .*reason=backup-used')
    no_secrets(host, str(notice))


def test_enrolment_and_its_replacement_are_told(host, told, alice):
    host.enrol('alice', '--replace')
    assert told.events() == ['enrolled']
    assert dict(told.notices()[0])['by'] == 'root'


@pytest.mark.parametrize('words, event', [
    (('backup-code', 'alice'), 'helpdesk-code'),
    (('unlock', 'alice'), 'unlocked'),
    (('disable', 'alice', 'backup'), 'backup-disabled'),
    (('phone', 'alice', '+31612345678'), 'phone-set'),
    (('default', 'alice', 'app'), 'default-app'),
    (('app', 'alice', '--remove'), 'app-removed'),
    (('remove', 'alice'), 'removed')])
def test_what_an_administrator_does_is_told(host, told, alice, words, event):
    host.config(f'notify_command = {told.program}\nsms_command = /bin/true\n'
                'country_code = 31\n')
    done = host.admin(*words)
    host.secrets += re.findall(r'^Backup code for .*: ([\d ]+)$', done.stdout,
                               re.M)
    notice, = told.notices()
    assert dict(notice)['event'] == event and dict(notice)['by'] == 'root'
    wait_for('the log', lambda: [
        line for line in host.log.lines()
        if line.endswith(f': noticed user=alice by=root reason={event}')])
    no_secrets(host, str(notice))
    assert '612345678' not in str(notice)


def test_language_alone_is_not_told(host, told, alice):
    host.settings_stacks()
    t = host.xsuite('alice', 'language')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    t.sees('Choose 0-2: ')
    t.type('2')
    assert t.ended()[1] == 0
    assert told.events() == []
    # And the next one is in his language.
    talk = host.drive('alice', alice.backup, '@new')
    assert talk.let_in
    assert ('text', 'Er is ingelogd met een back-upcode.') in \
        told.notices()[0]


def test_new_backup_code_by_xsuite_is_told(host, told, alice):
    host.settings_stacks()
    t = host.xsuite('alice', 'backup')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    new = shown_code(t.sees(re.escape(CONFIRM))[0])
    host.secrets.append(new)
    t.type(new)
    assert t.ended()[1] == 0
    assert told.events() == ['backup-set']
    no_secrets(host, str(told.notices()))


def test_five_wrong_codes_by_sudo_are_told(host, told, alice):
    host.stack('sudo')
    t = host.sudo('alice', *WHOAMI)
    for count in (3, 2):
        t.sees(re.escape(SUDO))
        t.type(password('alice'))
        for _ in range(count):
            t.sees(re.escape(APP))
            assert told.events() == []
            t.type(alice.wrong())
    # Out before anything more is asked.
    t.sees('Too many wrong codes')
    assert told.events() == ['app-failures-5']
    assert 'rhost' not in dict(told.notices()[0])


def test_dropped_line_at_the_new_code_is_told_at_the_next_login(
        host, told, alice):
    """sshd ends the process in the prompt."""
    host.stack('sshd')
    sshd = host.sshd()
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    t.asked(SUCCESSOR)
    t.kill()
    assert told.events() == []
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.sees(re.escape(APP))
    assert told.events() == []
    t.type(alice.code())
    assert t.ended() == ('IN:42 app\n', 0)
    assert told.events() == ['backup-unconfirmed']
    assert dict(told.notices()[0])['rhost'] == '127.0.0.1'


def processes():
    """Command lines and environments of all."""
    found = b''
    for path in pathlib.Path('/proc').glob('[0-9]*'):
        for name in ('cmdline', 'environ'):
            try:
                found += (path / name).read_bytes() + b'\n'
            except OSError:
                pass
    return found.decode(errors='replace').replace('\0', ' ')


def test_killed_between_the_commit_and_the_notice(host, told, alice):
    """The next login tells; and what runs meanwhile shows no secret."""
    told.does('echo $$ >pid; exec sleep 1000', 'sms_timeout = 30')
    host.stack('sudo')
    t = host.sudo('alice', *WHOAMI)
    t.asked(SUDO)
    t.type(password('alice'))
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    new = shown_code(t.asked(SUCCESSOR))
    t.type(new)
    wait_for('the program', (told.taken / 'pid').exists)
    no_secrets(host, processes())
    t.kill()
    os.kill(int((told.taken / 'pid').read_text()), signal.SIGKILL)
    assert not [l for l in host.log.module() if 'noticed' in l]
    told.works()
    assert host.drive('alice', alice.code()).let_in
    assert told.events() == ['backup-used']
    assert host.drive('alice', alice.code(1)).let_in
    assert told.events() == ['backup-used']


SMS_TIMEOUT = 30


@pytest.mark.parametrize('program, why', [
    ('hangs', 'left to itself'), ('missing', 'is missing'),
    ('fails', 'ended with status 3'), ('forbidden', 'may not execute it')])
def test_login_goes_on_without_a_notice(host, told, alice, program, why):
    begun = time.monotonic()
    told.does({'hangs': 'echo $$ >pid; exec sleep 1000',
               'fails': 'exit 3'}.get(program, 'exit 0'),
              f'sms_timeout = {SMS_TIMEOUT}')
    if program == 'missing':
        told.program.unlink()
    if program == 'forbidden':
        told.program.chmod(0o700)
    talk = host.drive('alice', alice.backup, '@new')
    assert talk.let_in and talk.method == 'backup'
    lines = host.log.module()
    line, = [l for l in lines if l.startswith('not-noticed ')]
    assert 'reason=backup-used' in line and why in line, line
    assert [l for l in lines if l.startswith('accepted ')]
    if program == 'hangs':
        # It was not waited for: it is still there, and has its own deadline.
        pid = int((told.taken / 'pid').read_text())
        assert os.path.exists(f'/proc/{pid}')
        assert time.monotonic() - begun < SMS_TIMEOUT
        os.kill(pid, signal.SIGKILL)
    told.works()
    assert host.drive('alice', alice.code()).let_in
    assert told.events() == ['backup-used']


def test_program_gets_no_arguments_and_no_environment(host, told, alice):
    told.does('umask 022; { id -un; echo $#; env | grep -v "^PWD=\\|^OLDPWD="'
              '; } >said')
    assert host.drive('alice', alice.backup, '@new').let_in
    user, count, *environment = \
        (told.taken / 'said').read_text().splitlines()
    assert (user, count) == (SMS_USER, '0')
    assert [each.split('=')[0] for each in environment
            if not each.startswith('_=')] == ['PATH']


def test_helpdesk_that_is_not_heard_is_told_so(host, told, alice):
    told.does('exit 3')
    done = host.admin('unlock', 'alice')
    assert 'alice could not be told now: ' in done.stderr
    told.works()
    assert host.drive('alice', alice.code()).let_in
    assert told.events() == ['unlocked']


# By mail.


@pytest.fixture(scope='module')
def mailboxes(machine):
    if not shutil.which('dma', path=ENVIRONMENT['PATH']):
        pytest.skip('needs dma, and there is another mail system')
    group = grp.getgrnam('mail').gr_gid
    for path, mode in ((MAIL, '2775'), (SPOOL, '2770')):
        namespace.mount('tmpfs', str(path), 'tmpfs',
                        data=f'mode={mode},gid={group}')
    yield
    for path in (MAIL, SPOOL):
        namespace.umount(str(path))


@pytest.fixture
def mailed(host, mailboxes):
    """Messages of alice's mailbox, when there are as many."""
    directory = host.work / 'mailer'
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o755)
    shutil.copy(ROOT / 'conf/notify/notify-mail', directory)
    (directory / 'mailer').write_text(
        f'#!/bin/sh\nSENDMAIL=/usr/sbin/dma exec {directory}/notify-mail\n')
    (directory / 'mailer').chmod(0o755)
    host.config(f'notify_command = {directory}/mailer\nsms_timeout = 30\n')
    box = MAIL / 'alice'

    def messages(count):
        def read():
            text = box.read_text() if box.exists() else ''
            found = re.split(r'(?m)^From .*\n', text)[1:]
            return found if len(found) >= count else None
        found = wait_for(f'{count} messages', read)
        assert len(found) == count
        no_secrets(host, *found)
        return [email.message_from_string(each, policy=email.policy.default)
                for each in found]

    if box.exists():
        box.unlink()
    return messages


def test_backup_login_by_ssh_sends_mail(host, mailed, alice):
    mailed(1)  # of the enrolment
    host.stack('sshd')
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    t.type(shown_code(t.asked(SUCCESSOR)))
    assert t.ended() == ('IN:42 backup\n', 0)
    message = mailed(2)[1]
    assert message['Subject'] == f'Security notice, alice on {HOST}: ' \
        'A backup code was used to log in'
    assert message['To'] == 'alice'
    assert message['Auto-Submitted'] == 'auto-generated'
    assert message.get_content_type() == 'text/plain'
    text = message.get_content()
    assert text.startswith('A backup code was used to log in.\n\n'
                           f'Account: alice on {HOST}\nTime: ')
    assert '\nFrom: 127.0.0.1\n' in text
    assert 'change your\npassword at once, run "xsuite app"' in text


def test_wrong_codes_and_a_helpdesk_code_send_mail(host, mailed, alice):
    wrong = alice.wrong()
    host.drive('alice', wrong, wrong, wrong)
    host.drive('alice', wrong, wrong, '0')
    done = host.admin('backup-code', 'alice')
    host.secrets += re.findall(r'^Backup code for .*: ([\d ]+)$', done.stdout,
                               re.M)
    subjects = [message['Subject'] for message in mailed(3)]
    assert [subject.split(': ')[1] for subject in subjects] == [
        'Two-step login was set up',
        '5 wrong codes of the authenticator app in a row',
        'A backup code was issued for you']
    assert '\nBy: root\n' in mailed(3)[2].get_content()


def test_dutch_mail(host, mailed):
    host.stack('test', password_line=False, account=False)
    with open('/etc/xsuite/xsuite.conf', 'a', encoding='ascii') as file:
        file.write('language = nl\n')
    host.enrol('alice')
    message, = mailed(1)
    assert message['Content-Language'] == 'nl'
    assert message['Subject'].endswith('2-stappen authenticatie is ingesteld')
    assert 'Was u dat niet' not in message.get_content()
    assert 'vraag het dan meteen uw beheerder' in message.get_content()


def test_state_holds_what_is_to_be_told_sealed(host, told, alice):
    """Neither event nor address lies open in the record."""
    told.does('exit 3')
    assert host.drive('alice', alice.backup, '@new').let_in
    for path in filter(os.path.isfile, STATE.rglob('*')):
        assert b'backup-used' not in path.read_bytes()
