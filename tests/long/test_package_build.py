# SPDX-License-Identifier: BSD-3-Clause
"""Building the package here: it is the same whoever builds it and when, it is
hardened, and lintian has nothing to say."""

import hashlib
import os
import shutil
import subprocess

import pytest
import trees

ENVIRONMENT = {**trees.ENVIRONMENT, 'DEB_BUILD_OPTIONS': 'nocheck'}
# Another person's: umask, time, zone, language, home, processors.
OTHER = {'TZ': 'Asia/Tokyo', 'LC_ALL': 'C', 'LANG': 'nl_NL.UTF-8',
         'HOME': '/nonexistent', 'DEB_BUILD_OPTIONS': 'nocheck parallel=3',
         'USER': 'somebody'}
LATER = ['faketime', '+400 days']


def missing(*programs):
    return ', '.join(name for name in programs if not shutil.which(name))


pytestmark = pytest.mark.skipif(
    bool(missing('dpkg-buildpackage', 'dh', 'faketime', 'lintian', 'blhc')),
    reason='not installed: ' + missing('dpkg-buildpackage', 'dh', 'faketime',
                                       'lintian', 'blhc'))


def build(place, umask=0o022, wrap=(), **environment):
    place.mkdir(parents=True)
    done = subprocess.run(
        [*wrap, trees.ROOT / 'debian/build', place], umask=umask,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=1200, check=False,
        env={**ENVIRONMENT, **environment})
    assert done.returncode == 0, done.stdout[-4000:]
    (place / 'log').write_text(done.stdout)
    return place


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp('package') / 'one')


def digests(place):
    """Of source and binary packages: not of the records of the building."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in place.iterdir()
            if path.suffix in ('.deb', '.dsc', '.xz')}


def test_built_elsewhere_later_and_by_another_it_is_the_same(built, tmp_path):
    other = build(tmp_path / 'a/longer/name' / ('x' * 60), 0o077, LATER,
                  **OTHER)
    # Two packages, what is for the debugger of each, and the source's two.
    assert len(digests(built)) == 6
    assert digests(other) == digests(built)


def test_lintian_finds_no_error_and_no_warning(built):
    root = ['--allow-root'] if os.geteuid() == 0 else []
    done = subprocess.run(
        ['lintian', *root, '--fail-on', 'error,warning', '--no-tag-display-limit',
         *built.glob('*.changes')], capture_output=True, text=True,
        timeout=600, check=False, env=ENVIRONMENT)
    found = [line for line in done.stdout.splitlines()
             if line[:2] in ('E:', 'W:')]
    assert found == [] and done.returncode == 0, done


def test_every_file_is_built_hardened(built):
    """But the program that is run while building, and no more. Position
    independent they are all: compiled with -fPIC, linked with -pie."""
    done = subprocess.run(
        ['blhc', '--all', '--ignore-flag', '-fPIE', '--ignore-line',
         '.* -o build/tools/po_table .*', built / 'log'],
        capture_output=True, text=True, timeout=600, check=False,
        env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout[:4000]
