# SPDX-License-Identifier: BSD-3-Clause
"""The built files themselves: what the module shows to and takes from the
process that loads it, and how both are hardened."""

import os
import pathlib
import platform
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
MODULE = BUILD / 'pam_xsuite.so'
ADMIN = BUILD / 'xsuite-admin'
XSUITE = BUILD / 'xsuite'
SMS_HTTP = BUILD / 'xsuite-sms-http'
OBJECTS = sorted([BUILD / 'pam_xsuite.o', *(BUILD / 'pam').glob('*.o'),
                  *(BUILD / 'lib').glob('*.o')])
ENTRY_POINTS = {f'pam_sm_{name}' for name in (
    'authenticate', 'setcred', 'acct_mgmt', 'open_session', 'close_session',
    'chauthtok')}
# What belongs to the whole process, or keeps its result in it, or hears the
# caller: by word, and by the beginning of a word.
NOT_OURS = re.compile(
    r'(__)?(getpw|getgr|getsp)(nam|uid|gid|ent)|(set|end)(pw|gr|sp)ent|'
    r'(secure_)?getenv|setenv|putenv|unsetenv|clearenv|environ|'
    r'(local|gm|c|asc)time|strtok|strsignal|rand|srand|random|srandom|'
    r'setlocale|uselocale|newlocale|(d|dc)?gettext|bindtextdomain|'
    r'umask|chdir|fchdir|chroot|signal|sigaction|sigprocmask|alarm|'
    r'set(re|res|e)?[ug]id|initgroups|setgroups|'
    r'std(in|out|err)|(v|put|per|__)?v?printf(_chk)?|puts|putchar|perror|'
    r'v?syslog|openlog|closelog|v?(err|warn)x?|abort|exit|atexit|'
    r'system|popen|exec[lv]\w*|pthread_create|str(to|cat|cpy|n?cat)\w*|'
    r'(__)?str(n?cat|cpy)_chk|gets|v?sprintf|tmpnam|mktemp|tempnam')


def read(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True,
                          env={**os.environ, 'LC_ALL': 'C'}).stdout


def symbols(path, which):
    """Names without their versions."""
    text = read('nm', '-D', which, path)
    return {line.split()[-1].split('@')[0] for line in text.splitlines()}


# Sanitizers bring data, symbols and calls of their own.
SANITIZED = any('san_' in name for path in OBJECTS[:1]
                for name in read('nm', '-u', path).split())
pytestmark = pytest.mark.skipif(SANITIZED, reason='built with a sanitizer')


def test_the_module_exports_entry_points_alone():
    assert symbols(MODULE, '--defined-only') == ENTRY_POINTS


def calls(path):
    return {line.split()[-1] for line in read('nm', '-u', path).splitlines()}


def test_the_module_calls_nothing_that_is_the_process_s_own():
    """But in child*.c, most of which runs in a process of its own: what it
    leaves alone in ours is tests/unit/test_child_hosts.c."""
    ours = [path for path in OBJECTS if not path.name.startswith('child')]
    assert 0 < len(ours) < len(OBJECTS)
    assert any('memset' in calls(path) for path in ours)
    # While libpq runs it sees no environment and speaks English; both are as
    # they were afterwards (test_store_postgresql_env).
    lent = {('store_postgresql_connect.o', name)
            for name in ('environ', 'newlocale', 'uselocale')}
    assert {(path.name, name) for path in ours for name in calls(path)
            if NOT_OURS.fullmatch(name)} - lent == set()


def writable(path):
    """.data.rel.ro is made read-only before anything of ours runs."""
    sections = re.findall(
        r'\] (\S+) +(?:PROGBITS|NOBITS) +\S+ \S+ (\S+) \S+ +\S*W\S* ',
        read('readelf', '-SW', path))
    assert sections
    return [f'{path.name}: {name}' for name, size in sections
            if int(size, 16) > 0 and not name.startswith('.data.rel.ro')]


def test_nothing_static_can_change():
    assert len(OBJECTS) > 1
    assert [found for path in OBJECTS for found in writable(path)] == []


@pytest.mark.parametrize('path', [MODULE, ADMIN, XSUITE, SMS_HTTP],
                         ids=lambda path: path.name)
def test_built_files_are_hardened(path):
    headers = read('readelf', '-lW', path)
    dynamic = read('readelf', '-dW', path)
    used = symbols(path, '--undefined-only')
    assert 'Elf file type is DYN' in headers
    assert 'GNU_RELRO' in headers
    assert 'BIND_NOW' in dynamic and '(TEXTREL)' not in dynamic
    assert not re.search(r'\((RPATH|RUNPATH)\)', dynamic)
    assert re.search(r'GNU_STACK .* RW +0x', headers)
    assert not re.search(r'LOAD .* [R ]WE ', headers)
    assert '__stack_chk_fail' in used
    assert any(name.endswith('_chk') for name in used)
    assert path == MODULE or '(FLAGS_1)' in dynamic and 'PIE' in dynamic


def test_what_runs_set_user_id_links_little():
    needed = re.findall(r'\(NEEDED\).*\[(.*)\]', read('readelf', '-dW', XSUITE))
    assert set(needed) == {'libpam.so.0', 'libpam_misc.so.0', 'libc.so.6'}


def test_needs_no_more_than_a_login_uses():
    """A login that draws no QR code has no libqrencode in it, one that
    hashes no code no libargon2."""
    needed = re.findall(r'NEEDED.*\[(.*?)\.so', read('readelf', '-dW', MODULE))
    assert set(needed) == {'libc', 'libcrypto', 'libpam'}


def test_the_module_stays_mapped():
    assert 'NODELETE' in read('readelf', '-dW', MODULE)


@pytest.mark.skipif(platform.machine() != 'x86_64', reason='not x86-64')
def test_calls_and_returns_are_guarded():
    """The objects: Debian 12's own start files lack the note, so that the
    linker leaves it out of the module."""
    assert [path.name for path in OBJECTS
            if 'IBT, SHSTK' not in read('readelf', '-nW', path)] == []
