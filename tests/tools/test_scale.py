# SPDX-License-Identifier: BSD-3-Clause
"""What doc/scale.md is reckoned with: queues do what is known of queues, and
the page has the tables that come out."""

import json
import math
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/bench'))

import fleet_sim  # noqa: E402

COST = fleet_sim.Cost(connect=0.004, read=0.001, commit=0.001)


def erlang_c(servers, load):
    """The share of those who wait at all (A. K. Erlang, 1917)."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k)
                       for k in range(servers)) + last)


@pytest.mark.parametrize('servers, busy', [(1, 0.5), (4, 0.8), (16, 0.9)])
def test_processors_make_people_wait_as_erlang_says(servers, busy):
    mean = 0.01
    clock = fleet_sim.Clock(7)
    shard = fleet_sim.Shard(clock, COST, servers, 1)
    rate = busy * servers / mean
    waits = []

    def come():
        begun = clock.now
        shard.work(mean, lambda: waits.append(clock.now - begun))
        if len(waits) < 60_000:
            clock.after(clock.random.expovariate(rate), come)
    come()
    clock.run()
    wanted = mean + erlang_c(servers, busy * servers) * mean / (
        servers * (1 - busy))
    assert sum(waits) / len(waits) == pytest.approx(wanted, rel=0.08)


def test_as_many_come_as_were_said():
    day = fleet_sim.Day(COST)
    day.arrive(fleet_sim.peak(20_000), fleet_sim.PEAK)
    day.clock.run()
    assert day.came == pytest.approx(20_000, rel=0.03)
    assert day.let_in == day.came and not day.refusals


def test_too_few_processors_refuse():
    day = fleet_sim.morning(COST, 250_000, cores=1, connections=100)
    assert day.busy > 0.99
    assert day.refusals and day.let_in + day.gave_up == day.came
    assert day.shard.most_connections == 100


def test_lost_standby_fills_the_connections():
    day = fleet_sim.loss(COST, 500_000, 'standby', seconds=15)
    assert day.shard.most_connections > 1000
    assert day.let_in + day.gave_up == day.came


def test_same_seed_is_the_same_morning():
    days = [fleet_sim.morning(COST, 100_000, seed=seed) for seed in (1, 1, 2)]
    assert days[0].took == days[1].took != days[2].took


def test_page_has_the_tables_that_come_out():
    figures = json.loads(fleet_sim.MEASURED.read_text(encoding='ascii'))
    page = fleet_sim.DOCUMENT.read_text(encoding='utf-8')
    assert fleet_sim.put(page, fleet_sim.tables(figures)) == page
