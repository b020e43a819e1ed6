# SPDX-License-Identifier: BSD-3-Clause
"""The senders of conf/sms with the daemons that they are for."""

import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'e2e'))
from sms_gateways import (Gammu, Kannel, Message, Smstools, Spool,
                          send)  # noqa: E402

NUMBER = '+31612345678'
SOMEBODY = 61234  # no account: a user id that nothing else runs with
DAEMON = 61235
TEXTS = ['604412 is your code for web1.example.com, valid for 5 minutes. '
         'Never share it.',
         '\'"`$(id);|&<>\\ [x] {y} ~^ %n -text -unicode',
         'Uw code voor café 5€: 604412', 'код 604412 😀',
         'two\nlines', 'x' * 160]
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0,
                               reason='not root: another user is needed')


@pytest.fixture(scope='module')
def place():
    """pytest's own directories are closed to other users."""
    with tempfile.TemporaryDirectory(prefix='xs-sms-') as path:
        os.chmod(path, 0o711)
        yield pathlib.Path(path)


@pytest.fixture(scope='module')
def gammu(place):
    with Gammu(place / 'gammu') as gateway:
        yield gateway


@pytest.fixture(scope='module')
def smstools(place):
    with Smstools(place / 'smstools') as gateway:
        yield gateway


@pytest.fixture(scope='module')
def spool(place):
    with Spool(place / 'spool') as gateway:
        yield gateway


@pytest.fixture(scope='module')
def kannel(place):
    with Kannel(place / 'kannel') as gateway:
        yield gateway


@pytest.fixture(params=['gammu', 'smstools', 'spool'])
def gateway(request):
    return request.getfixturevalue(request.param)


def program(gateway):
    return gateway.sender(gateway.path / 'sender')


def files(gateway):
    """All that a sender leaves, but what a daemon takes away meanwhile."""
    return {path for path in gateway.path.rglob('*') if path.is_file()
            and path.parent.name not in ('libexec', 'sent', 'checked')}


def test_the_text_goes_to_the_number(gateway):
    texts = TEXTS
    if isinstance(gateway, Smstools):
        # What its alphabets do not have, smsd puts something else for.
        texts = [text.replace('`', "'").replace('\U0001f600', '')
                 for text in TEXTS]
    before = len(gateway.messages())
    for text in texts:
        done = send(program(gateway), NUMBER, text)
        assert (done.returncode, done.stdout, done.stderr) == (0, b'', b'')
    sent = gateway.wait(before + len(texts))[before:]
    assert sorted(sent) == sorted(Message(NUMBER, text) for text in texts)


@pytest.mark.parametrize('number', [
    '', '+', '+1234567', '+1234567890123456', '31612345678', '0612345678',
    '+0612345678', '+1;rm', '+31 612345678', '+3161234567x', '-c',
    '+31612345678\n', '../+31612345678', '+31612345678\nAlphabet: UCS'])
def test_what_is_no_number_is_refused(gateway, number):
    before = files(gateway)
    done = send(program(gateway), number, 'x')
    assert done.returncode == 64
    assert b'that is no number: ' in done.stderr
    assert files(gateway) <= before


@pytest.mark.parametrize('text, why', [
    (b'', b'there is no text'), (b'\n', b'there is no text'),
    (b'a\0b', b'a control character'), (b'\x1b[2J', b'a control character'),
    (b'a\r\nb', b'a control character'), (b'a\xff', b'not valid UTF-8'),
    (b'x' * 161, b'longer than one SMS'),
    (b'[' * 81, b'longer than one SMS'),
    ('\u00e9'.encode() * 71, b'longer than one SMS'),
    (b'x' * 5_000_000, b'the text is too long')])
def test_what_is_no_text_is_refused(gateway, text, why):
    before = files(gateway)
    done = send(program(gateway), NUMBER, text)
    assert done.returncode == 65
    assert why in done.stderr
    assert files(gateway) <= before


def test_the_most_that_one_sms_takes_is_taken(gateway):
    texts = ['x' * 160, '[' * 80, '\u00e9' * 70]
    before = len(gateway.messages())
    for text in texts:
        assert send(program(gateway), NUMBER, text).returncode == 0
    sent = gateway.wait(before + len(texts))[before:]
    assert sorted(sent) == sorted(Message(NUMBER, text) for text in texts)


def test_headers_in_the_text_stay_text(gateway):
    text = '\nTo: 31687654321\nFlash: yes\n\nx'
    before = len(gateway.messages())
    assert send(program(gateway), NUMBER, text).returncode == 0
    assert gateway.wait(before + 1)[before:] == [Message(NUMBER, text)]


@ROOT_ONLY
def test_smsd_and_gammu_take_it_from_a_member_of_their_group(
        gammu, smstools):
    for gateway in (gammu, smstools):
        before = len(gateway.messages())
        gateway.open_to(SOMEBODY)
        done = send(program(gateway), NUMBER, 'from the group', SOMEBODY)
        assert (done.returncode, done.stderr) == (0, b'')
        gateway.open_to(0)
        done = send(program(gateway), NUMBER, 'from a stranger', SOMEBODY)
        assert done.returncode == 75
        assert b'sms-' in done.stderr and b'31612345678' not in done.stderr
        assert gateway.wait(before + 1)[before:] == [
            Message(NUMBER, 'from the group')]


@ROOT_ONLY
def test_a_gammu_that_is_another_user_sends_once(place):
    with Gammu(place / 'other', DAEMON) as gateway:
        gateway.open_to(SOMEBODY)
        for text in ('first', 'second'):
            done = send(program(gateway), NUMBER, text, SOMEBODY)
            assert (done.returncode, done.stderr) == (0, b'')
        sent = gateway.wait(2)
        log = (gateway.path / 'log').read_text()
    assert [message.text for message in sent] == ['first', 'second']
    assert log.count('Transmitted') == 2


def test_gammu_refuses_an_outbox_that_everybody_reads(gammu):
    (gammu.path / 'out').chmod(0o775)
    done = send(program(gammu), NUMBER, 'x')
    (gammu.path / 'out').chmod(0o770)
    assert done.returncode == 78
    assert b'open to everybody (mode 775)' in done.stderr


def test_spooled_messages_are_read_by_their_owner_alone(spool):
    assert send(program(spool), NUMBER, 'x').returncode == 0
    for file in (spool.path / 'spool').iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    (spool.path / 'spool').chmod(0o750)
    done = send(program(spool), NUMBER, 'x')
    (spool.path / 'spool').chmod(0o700)
    assert done.returncode == 78
    assert b'open to others (mode 750)' in done.stderr


def test_what_cannot_be_written_is_told(gateway, tmp_path):
    """A file size limit stands in for a full disk."""
    limited = tmp_path / 'limited'
    limited.write_text('#!/bin/sh\nulimit -f 0\ntrap "" XFSZ\n'
                       f'exec {program(gateway)} "$@"\n')
    limited.chmod(0o755)
    before = files(gateway)
    done = send(limited, NUMBER, 'x')
    assert done.returncode == 75
    assert files(gateway) <= before


def test_kannel_sends_the_text_to_the_number(kannel):
    texts = [text for text in TEXTS
             if text.encode('cp1252', 'ignore').decode('cp1252') == text
             and '`' not in text and '\n' not in text]
    texts.append('\'"$(id);|&<>\\ [x] {y} ~^ %41 +&to=+31687654321')
    before = len(kannel.messages())
    for text in texts:
        done = send(program(kannel), NUMBER, text)
        assert (done.returncode, done.stdout, done.stderr) == (0, b'', b'')
    sent = kannel.wait(before + len(texts))[before:]
    assert sorted(sent) == sorted(Message(NUMBER, text) for text in texts)


@ROOT_ONLY
def test_kannel_takes_it_from_the_senders_user(kannel):
    before = len(kannel.messages())
    sender = kannel.sender(kannel.path / 'sender', uid=SOMEBODY)
    done = send(sender, NUMBER, 'from the user', SOMEBODY)
    assert (done.returncode, done.stderr) == (0, b'')
    done = send(sender, NUMBER, 'from another', SOMEBODY + 1)
    assert done.returncode == 77
    assert kannel.wait(before + 1)[before:] == [
        Message(NUMBER, 'from the user')]


def test_kannel_refuses_a_wrong_password(kannel):
    sender = program(kannel)
    config = kannel.path / 'libexec/sms-http.conf'
    config.write_text(config.read_text().replace(kannel.PASSWORD, 'wrong'))
    before = len(kannel.messages())
    done = send(sender, NUMBER, 'x')
    assert done.returncode == 69
    assert done.stderr == (b'xsuite-sms-http: gateway kannel: it answered '
                           b'with status 403\n')
    assert len(kannel.messages()) == before
