# SPDX-License-Identifier: BSD-3-Clause
"""Trees of Debian for the tests of the package."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'e2e'))

import namespace  # noqa: E402
import trees  # noqa: E402
from installed import Installed  # noqa: E402
from trees import CURRENT, PREVIOUS  # noqa: E402


@pytest.fixture(scope='session')
def private():
    """A directory and mounts that nobody else sees."""
    reason = trees.unavailable()
    if reason:
        pytest.skip(reason)
    namespace.private()
    path = pathlib.Path(tempfile.mkdtemp(prefix='xs-long-', dir='/tmp'))
    # What is below it is gone with it: nothing of a tree is ever deleted.
    namespace.mount('tmpfs', path, 'tmpfs', data='mode=0755')
    yield path
    namespace.detach(path)
    path.rmdir()


@pytest.fixture(scope='session', params=trees.SUITES)
def suite(request):
    return request.param


@pytest.fixture(scope='session')
def packages(private, suite):
    """The binary packages of this source and of an older version of it."""
    place = private / suite
    return trees.build(suite, place, [CURRENT, PREVIOUS])


class Host(Installed):
    """A tree of its own for one test, and the packages beside it."""

    def __init__(self, tree, packages):
        super().__init__(tree.path)
        self.tree = tree
        for version, path in packages.items():
            shutil.copy(path, tree.path / 'root')
            shutil.copy(path.parent / f'pam-xsuite_{version}.tar.xz',
                        tree.path / 'root')
        self.packages = {version: f'/root/{path.name}'
                         for version, path in packages.items()}

    def install(self, version=CURRENT, **options):
        return self.tree.apt('install', '--allow-downgrades',
                             self.packages[version], **options)

    def state(self):
        return self.read('dpkg-query', '-W', '-f',
                         '${db:Status-Abbrev}${Version}', 'libpam-xsuite')


@pytest.fixture
def host(private, suite, packages):
    place = private / suite / 'host'
    place.mkdir(exist_ok=True)
    namespace.mount('tmpfs', place, 'tmpfs', data='mode=0755')
    tree = trees.over(trees.base(suite), place / 'changes', place / 'root')
    made = Host(tree, packages)
    made.add_person()
    yield made
    made.close()
    namespace.detach(place)
