# SPDX-License-Identifier: BSD-3-Clause
"""A new host key while people log in, and while its rekey is killed."""

import os
import random
import struct
import subprocess
import threading
import time

import pytest

from host import ADMIN, CROWD, ENVIRONMENT, KEY, STATE, password
from words import APP, PASSWORD

KILLS = int(os.environ.get('XS_KILLS', '50'))
USERS = CROWD[:12]
CODES = 16
SLOT = 8192


class Logins(threading.Thread):
    """People who log in all the time, each code once; whoever is not let in
    stands in refused."""

    def __init__(self, host, people):
        super().__init__()
        self.host = host
        # The last code of a set would bring a new one.
        self.left = [(user, code) for n in range(CODES - 1)
                     for user, code in ((each.user, each.backup_codes[n])
                                        for each in people)]
        self.ended = threading.Event()
        self.count = 0
        self.refused = []
        self.failure = None

    def run(self):
        try:
            while self.left and not self.ended.is_set():
                batch, self.left = self.left[:4], self.left[4:]
                talks = self.host.drive_many(
                    [(user, [code]) for user, code in batch])
                self.count += len(talks)
                self.refused += [talk for talk in talks if not talk.let_in]
        except Exception as error:
            self.failure = error


@pytest.fixture
def people(host):
    host.config(f'backup_codes = {CODES}\n')
    host.stack('test', password_line=False, account=False)
    return [host.enrol(user) for user in USERS]


def keys():
    return [int(line.split()[0]) for line in KEY.read_text().splitlines()]


def slot_ids():
    return {struct.unpack_from('>I', path.read_bytes(), at + 12)[0]
            for path in (STATE / 'users').iterdir() for at in (0, SLOT)}


def all_open(host):
    done = host.admin('--json', 'list')
    return len(done.stdout.splitlines()) == len(USERS)


def run_rekey():
    return subprocess.Popen([ADMIN, 'rekey'], env=ENVIRONMENT,
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def test_rekey_killed_anywhere_shuts_nobody_out(host, people):
    start = time.monotonic()
    host.admin('rekey')
    whole = time.monotonic() - start
    logins = Logins(host, people)
    logins.start()
    killed = 0
    try:
        for n in range(KILLS):
            rekey = run_rekey()
            time.sleep(random.uniform(0, whole))
            rekey.kill()
            killed += rekey.wait() != 0
            assert all_open(host), f'round {n}'
    finally:
        logins.ended.set()
        logins.join()
    if logins.failure:
        raise logins.failure
    assert logins.refused == []
    assert logins.count >= 20 and killed >= KILLS // 4
    host.admin('rekey')
    assert len(keys()) == 1 and slot_ids() == set(keys())
    assert all_open(host)
    talk = host.drive(people[0].user, people[0].code())
    assert talk.let_in


def test_login_at_its_prompt_survives_rekeys(host):
    """It read the key file before, and the record has another key now."""
    host.stack('su')
    alice = host.enrol('alice')
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c',
                                   'echo $((40+2))'))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    for _ in range(3):
        host.admin('rekey')
    assert keys() == [4]
    t.type(alice.code())
    t.sees('42')
    t.ended()
    assert slot_ids() == {4}


def test_old_copy_of_the_key_opens_nothing(host):
    host.stack('test', password_line=False, account=False)
    alice = host.enrol('alice')
    old = KEY.read_bytes()
    host.admin('rekey')
    assert KEY.stat().st_mode & 0o777 == 0o400
    assert old.split()[1] not in KEY.read_bytes()
    KEY.write_bytes(old)
    assert host.admin('list', check=False).returncode == 74
    talk = host.drive('alice', alice.code())
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL'
