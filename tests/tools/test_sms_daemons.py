# SPDX-License-Identifier: BSD-3-Clause
"""The senders of conf/sms with the daemons that they are for."""

import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'e2e'))
from sms_gateways import Gammu, Message, send  # noqa: E402

NUMBER = '+31612345678'
SOMEBODY = 61234  # no account: a user id that nothing else runs with
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


def test_gammu_sends_the_text_to_the_number(gammu):
    sender = gammu.sender(gammu.path / 'sender')
    before = len(gammu.messages())
    for text in TEXTS:
        done = send(sender, NUMBER, text)
        assert (done.returncode, done.stdout, done.stderr) == (0, b'', b'')
    sent = gammu.wait(before + len(TEXTS))[before:]
    assert sorted(sent) == sorted(Message(NUMBER, text) for text in TEXTS)


@ROOT_ONLY
def test_gammu_takes_it_from_a_member_of_its_group(gammu):
    sender = gammu.sender(gammu.path / 'sender')
    before = len(gammu.messages())
    gammu.open_to(SOMEBODY)
    done = send(sender, NUMBER, 'from the group', user=SOMEBODY)
    assert (done.returncode, done.stderr) == (0, b'')
    gammu.open_to(0)
    done = send(sender, NUMBER, 'from a stranger', user=SOMEBODY)
    assert done.returncode == 75
    assert b'sms-gammu: gammu-smsd-inject failed' in done.stderr
    assert b'31612345678' not in done.stderr
    assert gammu.wait(before + 1)[before:] == [
        Message(NUMBER, 'from the group')]


def test_gammu_refuses_an_outbox_that_everybody_reads(gammu):
    sender = gammu.sender(gammu.path / 'sender')
    (gammu.path / 'out').chmod(0o775)
    done = send(sender, NUMBER, 'x')
    (gammu.path / 'out').chmod(0o770)
    assert done.returncode == 78
    assert b'open to everybody (mode 775)' in done.stderr
