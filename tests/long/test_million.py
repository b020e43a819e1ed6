# SPDX-License-Identifier: BSD-3-Clause
"""A million users in the store: they log in, and nothing of it stays."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
NEEDED = 40 * 10**9  # bytes: 16 KiB each and an entry for the name
NOISY = 75


@pytest.fixture(scope='module')
def built():
    subprocess.run(['make', f'B={BUILD}', 'bench-build'], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)


def test_million_users_are_let_in_and_leave_nothing(built):
    if os.geteuid() != 0:
        pytest.skip('not root')
    if shutil.disk_usage(BUILD).free < NEEDED:
        pytest.skip(f'less than {NEEDED // 10**9} GB of disk')
    place = BUILD / 'bench'
    before = set(place.iterdir()) if place.exists() else set()
    done = subprocess.run(
        [ROOT / 'tests/bench/bench.py', 'million'], cwd=ROOT, text=True,
        capture_output=True, check=False)
    print(done.stdout)
    assert 'Traceback' not in done.stderr, done.stderr
    assert set(place.iterdir()) == before
    if done.returncode == NOISY:
        pytest.skip(done.stderr.splitlines()[-1])
    # 1: the target was missed, which a busy machine may do.
    assert done.returncode in (0, 1), done.stderr
    assert '1,000,000 users / 1 user' in done.stdout
