# SPDX-License-Identifier: BSD-3-Clause
"""The faults of mutations.toml, put in one at a time: the tests of
`make check` that are named with each have to fail. A fault that they do not
see is a test that is missing."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import tomllib

import pytest
from tally import tally

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MUTATIONS = tomllib.loads(
    (HERE / 'mutations.toml').read_text(encoding='utf-8'))['mutation']
LEAST = 40
SECONDS = 180  # of one binary, as in tests/run
# What is wrong shall be what the tests see, not what the compiler warns of.
MAKE = ['make', '-j2', 'B=build', 'CFLAGS=-O2 -g -w', 'build/pam_xsuite.so']
# A test that crashes leaves its directory: in a /tmp that nobody else has.
IN_OWN_TMP = ['unshare', '--mount', 'sh', '-c',
              'mount --bind "$0" /tmp && cd /tmp/tree && exec "$@"']


def names(kind, said):
    return set(re.findall(rf'^\[ +{kind} +\] (?!\d+ test\(s\))(.+)$', said,
                          re.M))


class Tree:
    """A copy of the sources, built, into which faults are put."""

    def __init__(self, place):
        self.place = place
        self.path = place / 'tree'
        self.skips = {}  # of the tests that pass without a fault
        shutil.copytree(ROOT, self.path, ignore=shutil.ignore_patterns(
            '.git', 'build*', '__pycache__'))

    def build(self, tests):
        """What make said; None: they are built."""
        done = subprocess.run(
            [*MAKE, *(f'build/tests/{test}' for test in tests)],
            cwd=self.path, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout[-4000:] if done.returncode else None

    def run(self, test):
        """Exit status (None: it had to be stopped), and what it said."""
        wrap = [*IN_OWN_TMP, self.place] if os.geteuid() == 0 else []
        with subprocess.Popen(
                [*wrap, f'build/tests/{test}'], cwd=self.path,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, 'B': 'build'}) as process:
            try:
                said = process.communicate(timeout=SECONDS)[0]
                status = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                said, status = process.communicate()[0], None
        return status, said.decode(errors='replace')

    def learn(self, tests):
        """That the tests pass as they are; do all of them skip nothing?"""
        for test in tests:
            if test not in self.skips:
                failure = self.build([test])
                assert failure is None, failure
                status, said = self.run(test)
                assert status == 0, f'{test} fails as it is:\n{said[-4000:]}'
                self.skips[test] = bool(names('SKIPPED', said))
        return not any(self.skips[test] for test in tests)

    @contextlib.contextmanager
    def mutated(self, mutation):
        path = self.path / mutation['file']
        former = path.read_text(encoding='utf-8')
        count = former.count(mutation['text'])
        assert count == 1, (
            f'the text stands {count} times in {mutation["file"]}')
        path.write_text(
            former.replace(mutation['text'], mutation['becomes']),
            encoding='utf-8')
        try:
            yield
        finally:
            path.write_text(former, encoding='utf-8')


@pytest.fixture(scope='module')
def tree():
    with tempfile.TemporaryDirectory(prefix='xs-mutations-') as place:
        pathlib.Path(place).chmod(0o1777)
        yield Tree(pathlib.Path(place))


def test_list_is_long_enough_and_names_each_once():
    named = [each['name'] for each in MUTATIONS]
    assert len(named) >= LEAST
    assert len(set(named)) == len(named)


@pytest.mark.parametrize(
    'mutation', MUTATIONS, ids=[each['name'] for each in MUTATIONS])
def test_mutation_is_caught(tree, mutation):
    whole = tree.learn(mutation['tests'])
    with tree.mutated(mutation):
        failure = tree.build(mutation['tests'])
        assert failure is None, f'does not compile:\n{failure}'
        for test in mutation['tests']:
            status, said = tree.run(test)
            if status != 0:
                failed = names('FAILED', said) or {f'status {status}'}
                print(f'{test}: {", ".join(sorted(failed))}')
                tally('mutations', 1, mutation['name'])
                return
    if not whole:
        pytest.skip('a test that is to see it is not run here')
    pytest.fail('survived: ' + mutation['why'], pytrace=False)
