# SPDX-License-Identifier: BSD-3-Clause
"""The QR code of a new app, read from a picture of the terminal that shows it
and used to log in."""

import subprocess

import pytest

import screen
import totp
from host import password
from phone import BACK
from terminal import shown_code
from words import APP, PASSWORD

COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
DISTANCES = (2.5, 3, 3.5, 4)


@pytest.fixture
def shown(host):
    """The terminal at the question for the code, and what it shows."""
    host.settings_stacks()
    host.stack('sshd')
    host.config('issuer = web01\n')

    def show(form):
        t = host.xsuite('alice', 'app')
        t.asked(PASSWORD)
        t.type(password('alice'))
        text, _ = t.sees(BACK)
        if form:
            t.type(form)
            text, _ = t.sees(BACK)
        return t, screen.rows(text.replace('\n', '\r\n'))
    return show


def code_rows(shown, marks):
    """The rows between two empty ones that hold the drawing."""
    drawn = [row for row in shown if row and not row.strip(marks + ' ')]
    first = shown.index(drawn[0])
    assert shown[first:first + len(drawn)] == drawn
    return drawn


def oathtool(secret, ahead=0):
    done = subprocess.run(
        ['oathtool', '--totp', '-b', '-', '-N', f'now + {30 * ahead} seconds'],
        input=secret, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def log_in_with(host, t, uri):
    """Sets up by the URI's own key, and then logs in by real ssh."""
    _, parameters = totp.parse_uri(uri)
    secret = parameters['secret']
    host.secrets += [uri, secret]
    t.type(oathtool(secret))
    text, _ = t.sees('confirm that you have saved it: ')
    t.type(shown_code(text))
    assert t.ended() == ('The authenticator app is set up.\n', 0)
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(oathtool(secret, 1))
    assert t.ended() == ('IN:42 app\n', 0)


def test_half_blocks_are_read_from_a_picture(host, shown):
    t, rows = shown(None)
    drawn = code_rows(rows, '█▀▄')
    assert max(map(len, rows)) <= 80 and len(drawn) <= 45
    # Without another word it fits on the smallest terminal.
    assert len(drawn) <= 24
    uri = screen.scan(screen.picture(rows), host.work / 'picture.png')
    assert uri.startswith('otpauth://totp/web01:alice?')
    log_in_with(host, t, uri)


def test_ascii_is_read_from_a_picture(host, shown):
    """A camera holds it away until the letters run together."""
    t, rows = shown('a')
    drawn = code_rows(rows, '#@')
    assert max(map(len, drawn)) <= 80 and all(map(str.isascii, drawn))
    image = screen.picture(rows)
    path = host.work / 'picture.png'
    read = [screen.scan(screen.from_afar(image, times), path)
            for times in DISTANCES]
    assert sum(map(bool, read)) >= 2, read
    uri = max(read, key=len)
    assert set(read) <= {uri, ''} and uri.startswith('otpauth://totp/web01:')
    log_in_with(host, t, uri)


def test_both_forms_say_the_same(host, shown):
    t, rows = shown(None)
    path = host.work / 'picture.png'
    uri = screen.scan(screen.picture(rows), path)
    host.secrets.append(uri)
    t.type('a')
    text, _ = t.sees(BACK)
    image = screen.picture(screen.rows(text.replace('\n', '\r\n')))
    # The same key: whoever scans both has one entry.
    key = next(row for row in rows if row.startswith('Key: '))
    assert key in text
    secret = totp.parse_uri(uri)[1]['secret']
    assert key[5:].replace(' ', '') == secret
    read = {screen.scan(screen.from_afar(image, times), path)
            for times in DISTANCES} - {''}
    assert [totp.parse_uri(each)[1]['secret'] for each in read] == [secret]
