# SPDX-License-Identifier: BSD-3-Clause
"""The host that the tests of the programs run on."""

import pytest

from world import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def host(world):
    world.ok('init')
    return world
