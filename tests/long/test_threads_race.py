# SPDX-License-Identifier: BSD-3-Clause
"""Eight threads of one program with one code at the same instant, as often as
it takes to mean something."""

import os
import pathlib
import subprocess

from tally import tally

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get('B', 'build') / 'tests/module/test_threads'
ROUNDS = 1000
RACE = 'test_one_code_in_eight_threads_lets_in_once'


def test_one_code_in_eight_threads_lets_in_once():
    done = subprocess.run(
        [BINARY], cwd=ROOT, stdin=subprocess.DEVNULL, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, 'XS_ROUNDS': str(ROUNDS)})
    assert done.returncode == 0, done.stdout
    assert f'[       OK ] {RACE}' in done.stdout, done.stdout
    for method in 'app', 'backup code':
        tally('race, one code, 8 threads of one program', ROUNDS, method)
