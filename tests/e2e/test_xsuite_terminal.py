# SPDX-License-Identifier: BSD-3-Clause
"""What xsuite leaves of the terminal, however it ends."""

import os
import pathlib

import pytest

from host import password
from settings_seen import SettingsSeen
from words import APP, PASSWORD

SHELL = '''trap : HUP INT QUIT TERM
"$@"
echo "status $?"
stty -a
read -r left
echo "left:$left."
'''


@pytest.fixture
def settings(host):
    return SettingsSeen(host)


@pytest.fixture
def alice(host):
    return host.enrol('alice')


def in_shell(host):
    """In the hands of a shell that tells what it gets back."""
    return host.terminal(['bash', '-c', SHELL, '-', *host.as_user(
        'alice', host.xsuite_program, 'app')])


def child_of(pid):
    path = pathlib.Path(f'/proc/{pid}/task/{pid}/children')
    return int(path.read_text().split()[0])


def expect_sane(t, status):
    text, _ = t.sees('(?s)status.* echo .*\n')
    assert f'status {status}\r' in t.transcript
    assert ' -echo ' not in text and ' icanon ' in text
    t.type('')
    t.sees(r'left:\.')


def test_ctrl_c_at_the_password_leaves_the_echo_on(host, settings):
    t = in_shell(host)
    t.asked(PASSWORD)
    t.press('half\x03')
    expect_sane(t, 128 + 2)


@pytest.mark.parametrize('name, number', [
    ('HUP', 1), ('INT', 2), ('QUIT', 3), ('TERM', 15)])
def test_a_signal_leaves_the_terminal_as_it_was(
        host, settings, name, number):
    """Half a password does not become the shell's next command, either."""
    t = in_shell(host)
    t.asked(PASSWORD)
    t.press('half-a-pass')
    os.kill(child_of(t.pid), number)
    expect_sane(t, 128 + number)
    assert 'half-a-pass' not in t.transcript


def test_ctrl_c_at_the_code_kills_too(host, settings, alice):
    t = in_shell(host)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.press('\x03')
    expect_sane(t, 128 + 2)
    assert not settings.reached


def test_ctrl_d_at_the_password_ends_it(host, settings):
    t = host.xsuite('alice')
    t.asked(PASSWORD)
    t.press('\x04')
    text, status = t.ended()
    assert status == 1 and 'xsuite: you were not let in: ' in text


def test_ignored_signal_stays_ignored(host, settings, alice):
    """As nohup wants it."""
    t = host.terminal(['env', '--ignore-signal=HUP', *host.as_user(
        'alice', host.xsuite_program)])
    t.asked(PASSWORD)
    os.kill(t.pid, 1)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    assert t.ended() == ('', 0)


def test_in_the_background_the_terminal_is_not_touched(host, settings):
    """It is another program's, which has settings of its own there."""
    t = host.terminal(['bash', '-c', '''set -m
        "$@" & child=$!
        until grep -q "^State:.T" /proc/$child/status; do sleep 0.1; done
        stty -echo
        kill -TERM $child; kill -CONT $child
        while kill -0 $child; do wait -f $child; done 2>/dev/null
        wait $child
        echo "status $?"
        stty -a''', '-', *host.as_user('alice', host.xsuite_program)])
    text, _ = t.ended()
    assert 'status 143' in text and ' -echo ' in text
