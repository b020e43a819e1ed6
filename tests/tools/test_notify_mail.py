# SPDX-License-Identifier: BSD-3-Clause
"""conf/notify/notify-mail with a sendmail that shows what it was given."""

import email
import email.policy
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAILER = ROOT / 'conf/notify/notify-mail'
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


@pytest.fixture(params=['dash', 'bash'])
def send(request, tmp_path):
    """Runs it in that shell; what sendmail got, or the exit status."""
    sendmail = tmp_path / 'sendmail'
    sendmail.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/words\n'
                        f'cat >{tmp_path}/mail\n'
                        f'exit "$(cat {tmp_path}/status)"\n')
    sendmail.chmod(0o755)
    (tmp_path / 'status').write_text('0')

    def run(notice, status=0, program=sendmail):
        (tmp_path / 'status').write_text(str(status))
        for name in ('words', 'mail'):
            (tmp_path / name).unlink(missing_ok=True)
        done = subprocess.run(
            [request.param, MAILER], cwd='/', check=False, timeout=60,
            input=notice if isinstance(notice, bytes) else notice.encode(),
            env={'PATH': PATH, 'SENDMAIL': str(program)},
            capture_output=True)
        if done.returncode != 0:
            return done.returncode, (tmp_path / 'mail').exists()
        assert done.stdout == b'' and done.stderr == b''
        assert (tmp_path / 'words').read_text().split() == ['-i', '-t']
        return (tmp_path / 'mail').read_bytes()

    return run


def notice(**changes):
    fields = {'event': 'backup-used', 'user': 'alice', 'host': 'web1',
              'time': '2026-11-22T11:52:00Z',
              'address': 'alice@example.org', 'language': 'en',
              'subject': 'Security notice, alice on web1: it was used',
              **changes}
    texts = fields.pop('text', ['It was used.', '', 'Time: now'])
    return ''.join(f'{key}={value}\n' for key, value in fields.items()) + \
        ''.join(f'text={line}\n' for line in texts)


def parsed(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


def test_a_plain_notice_is_a_plain_message(send):
    assert send(notice()) == (
        b'To: alice@example.org\n'
        b'Subject: Security notice, alice on web1: it was used\n'
        b'MIME-Version: 1.0\n'
        b'Content-Type: text/plain; charset=UTF-8\n'
        b'Content-Transfer-Encoding: 8bit\n'
        b'Content-Language: en\n'
        b'Auto-Submitted: auto-generated\n'
        b'\n'
        b'It was used.\n'
        b'\n'
        b'Time: now\n')


def test_without_an_address_it_is_the_local_mailbox(send):
    assert parsed(send(notice(address='')))['To'] == 'alice'


@pytest.mark.parametrize('subject', [
    'Sécurité', 'é' * 200, 'zo\u00eb \U0001f512 ' * 20, '=?UTF-8?Q?=41?=',
    'a' * 44 + 'é', 'tab? "quoted" $(id) `id` %s \\n'])
def test_subject_arrives_as_it_was(send, subject):
    mail = send(notice(subject=subject))
    head = mail.split(b'\n\n')[0]
    assert head.isascii()
    if not subject.isascii():
        assert all(len(line) <= 76 for line in head.split(b'\n'))
    message = parsed(mail)
    assert message['Subject'] == subject.rstrip() or \
        message['Subject'] == subject
    assert len(message.keys()) == 7


def test_text_arrives_as_it_was(send):
    lines = ['.', 'zoë \U0001f512', 'a=b', '-n', '%s %d \\n \\c', '$(id) `id`',
             ' leading', 'trailing ', '', 'From here', 'Bcc: x@example.org']
    mail = send(notice(text=lines))
    assert mail.split(b'\n\n', 1)[1].decode() == '\n'.join(lines) + '\n'


@pytest.mark.parametrize('address', [
    '-oQ/tmp', '-t', 'a b@example.org', 'a@example.org,b@example.org',
    'a@example.org b', '|/bin/sh', '/tmp/file', ':include:/etc/passwd',
    'a@b@c', 'a@', '@b', 'alice', '"a b"@example.org', 'a\\@b@c', '<a@b>',
    'a@example.org\rBcc: b@example.org', 'a@example.org\x00b', 'a;b@c',
    'a@example.org\tb', 'é@example.org', 'a!b@c', 'a%b@c', 'a(b)@c'])
def test_what_is_no_address_is_not_sent_to(send, address):
    assert send(notice(address=address)) == (65, False)


@pytest.mark.parametrize('user', ['-t', '|sh', '/etc/x', 'a b', '', '../x'])
def test_what_is_no_mailbox_is_not_sent_to(send, user):
    assert send(notice(address='', user=user)) == (65, False)


def test_a_control_character_makes_no_header(send):
    mail = send(notice(subject='a\rBcc: x@example.org\x0bX: y'))
    message = parsed(mail)
    assert b'\r' not in mail and message['Bcc'] is None
    assert message['Subject'] == 'a?Bcc: x@example.org?X: y'


@pytest.mark.parametrize('text', ['', 'text=a\n', 'subject=a\n', '\n\n',
                                  'nonsense'])
def test_what_is_no_notice_is_refused(send, text):
    assert send(text) == (65, False)


def test_unknown_keys_are_passed_over(send):
    assert send('later=1\nno key\n' + notice()) == send(notice())


def test_sendmail_has_the_last_word(send, tmp_path):
    assert send(notice(), status=75)[0] == 75
    assert send(notice(), program=tmp_path / 'none') == (78, False)
