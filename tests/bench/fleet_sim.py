#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Monday morning in a fleet, simulated: the tables of doc/scale.md.

    tests/bench/fleet_sim.py [--measured FILE] [--write]

One shard of the database is a queue for its processors, a log that is flushed
for all who wait at that moment, a standby that confirms, and a number of
connections. People come as the morning brings them, think at the prompt, give
up after the deadline of the product and try again as people do. What a login
costs is measured by tests/bench/fleet.py and stands in FILE. The same seed
gives the same morning. --write puts the tables into the document.
"""

import argparse
import collections
import heapq
import json
import math
import pathlib
import random

MEASURED = pathlib.Path(__file__).with_name('fleet_measured.json')
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / 'doc/scale.md'
SEED = 1
DEADLINE = 5.0  # the product's own
TRIES = 3  # a person's
REFUSAL_CPU = 0.001  # to say that there are too many connections
FLUSH = 0.0005  # of the log, to a disk of a server
STANDBY = 0.001  # there, its flush, and back

PEOPLE = 100_000_000
HOSTS = 10_000
CORES = 16
CONNECTIONS = 2000
PEAK = 3600.0  # within which everybody logs in
SHARPNESS = 2.0  # its busiest moment over its mean
PLANNED = 0.5  # of the processors busy at the busiest moment
AROUND = (0.35, 0.5, 0.75, 1, 1.25)  # of the shards that follow from that


class Cost:
    """What one login costs the database, in seconds of a processor: two
    connections, one that reads and one that commits."""

    def __init__(self, connect, read, commit, flush=FLUSH, standby=STANDBY):
        self.connect, self.read, self.commit = connect, read, commit
        self.flush, self.standby = flush, standby

    @property
    def cpu(self):
        return 2 * self.connect + self.read + self.commit

    @classmethod
    def measured(cls, figures):
        """From what fleet.py saved: of the rows with several clients the one
        that costs most."""
        def of(each):
            connect = ((each['equal']['server'] - each['bare']['server']) /
                       (each['connections'] - 1))
            rest = each['login']['server'] - each['connections'] * connect
            # The update's own part is known; what is left is the reading.
            commit = min(max(each['bare']['server'] - connect, rest / 2),
                         rest)
            return cls(connect, max(rest - commit, 0.0001), commit)
        return max(map(of, figures), key=lambda cost: cost.cpu)


class Shard:
    """Its processors, its log and its connections."""

    def __init__(self, clock, cost, cores, connections):
        self.clock, self.cost, self.cores = clock, cost, cores
        self.limit = connections
        self.connections = self.most_connections = 0
        self.away = self.alone = False
        self._unconfirmed = []
        self.busy_seconds = 0.0
        self._busy = 0
        self._waiting = collections.deque()
        self._flushing = False
        self._unflushed = []

    def work(self, mean, then):
        """So much of one processor, on average, after those before."""
        self._waiting.append((self.clock.random.expovariate(1 / mean), then))
        self._serve()

    def _serve(self):
        while self._busy < self.cores and self._waiting:
            seconds, then = self._waiting.popleft()
            self._busy += 1
            self.busy_seconds += seconds
            self.clock.after(seconds, self._served, then)

    def _served(self, then):
        self._busy -= 1
        then()
        self._serve()

    def flush(self, then):
        """The log to the disk and the standby: one write for all who wait."""
        self._unflushed.append(then)
        if not self._flushing:
            self._flush()

    def _flush(self):
        self._flushing = True
        waiting, self._unflushed = self._unflushed, []
        self.clock.after(self.cost.flush, self._flushed, waiting)

    def _flushed(self, waiting):
        if self.alone:
            self._unconfirmed += waiting
        for then in [] if self.alone else waiting:
            self.clock.after(self.cost.standby, then)
        self._flushing = False
        if self._unflushed:
            self._flush()

    def set_alone(self, alone):
        """The standby is gone: who waits for it, waits, and keeps his
        connection even when nobody listens there any more."""
        self.alone = alone
        waiting, self._unconfirmed = self._unconfirmed, []
        for then in waiting:
            self.clock.after(self.cost.standby, then)

    def set_away(self, away):
        self.away = away

    def connect(self, then, refused):
        if self.away or self.connections >= self.limit:
            if not self.away:
                self.work(REFUSAL_CPU, lambda: None)
            refused()
            return
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        self.work(self.cost.connect, then)

    def leave(self):
        self.connections -= 1


class Clock:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = 0.0
        self._events = []
        self._count = 0

    def after(self, seconds, call, *arguments):
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, call,
                                      arguments))

    def run(self, until=math.inf):
        while self._events and self._events[0][0] <= until:
            self.now, _, call, arguments = heapq.heappop(self._events)
            call(*arguments)


class Step:
    """One dealing with the database, from the connection to its end: done
    within the deadline, or refused. The server does not know the deadline,
    and works on for who has left."""

    def __init__(self, day, shard, commits, done, refused):
        self.day, self.shard, self.commits = day, shard, commits
        self._done, self._refused = done, refused
        self.begun = day.clock.now
        self._over = False
        day.clock.after(DEADLINE, self._late)
        shard.connect(self._connected, self._late)

    def _late(self):
        if not self._over:
            self._over = True
            self._refused()

    def _connected(self):
        cost = self.shard.cost
        self.shard.work(cost.commit if self.commits else cost.read,
                        self._flush if self.commits else self._end)

    def _flush(self):
        self.shard.flush(self._end)

    def _end(self):
        self.shard.leave()
        if not self._over:
            self._over = True
            self.day.took.append((self.begun, self.day.clock.now - self.begun))
            self._done()


class Day:
    """People who come to one shard, and what became of them."""

    def __init__(self, cost, cores=CORES, connections=CONNECTIONS, seed=SEED):
        self.clock = Clock(seed)
        self.shard = Shard(self.clock, cost, cores, connections)
        self.took = []
        self.came = self.let_in = self.refusals = self.gave_up = 0
        self.last_refusal = 0.0

    def arrive(self, rate, seconds):
        """rate: people a second at a moment; its greatest bounds it."""
        most = max(rate(n) for n in range(int(seconds) + 1))

        def next_one():
            if self.clock.now >= seconds:
                return
            if self.clock.random.random() * most < rate(self.clock.now):
                self.came += 1
                self._try(TRIES)
            self.clock.after(self.clock.random.expovariate(most), next_one)
        next_one()

    def _try(self, left):
        def refused():
            self.refusals += 1
            self.last_refusal = self.clock.now
            if left == 1:
                self.gave_up += 1
                return
            self.clock.after(self.clock.random.uniform(5, 30), self._try,
                             left - 1)

        def prompted():
            self.clock.after(self.clock.random.lognormvariate(2, 0.5),
                             lambda: Step(self, self.shard, True,
                                          self._in, refused))
        Step(self, self.shard, False, prompted, refused)

    def _in(self):
        self.let_in += 1

    def percentile(self, share, since=0.0):
        took = sorted(took for begun, took in self.took if begun >= since)
        return took[int(share * (len(took) - 1))]


def closed_loop(cost, clients, cores, logins, seed=SEED):
    """As many clients as that, each of which begins a login when the one
    before has ended, nobody thinking: what fleet.py measures. The logins a
    second, and the median of what each took."""
    day = Day(cost, cores, seed=seed)
    ends = []
    took = []

    def login():
        begun = day.clock.now

        def done():
            ends.append(day.clock.now)
            took.append(day.clock.now - begun)
            if len(took) + clients <= logins:
                login()
        Step(day, day.shard, False,
             lambda: Step(day, day.shard, True, done, done), done)
    for _ in range(clients):
        login()
    day.clock.run()
    return len(ends) / max(ends), sorted(took)[len(took) // 2]


def peak(people):
    """People a second at a moment of the hour: a hump, its middle the
    busiest."""
    mean = people / PEAK
    width = PEAK / (SHARPNESS * math.sqrt(2 * math.pi))

    def rate(now):
        return mean * SHARPNESS * math.exp(
            -((now - PEAK / 2) / width) ** 2 / 2)
    return rate


def busiest(people, seconds):
    """The same, from so long before the middle to as long after."""
    rate = peak(people)
    return lambda now: rate(PEAK / 2 - seconds / 2 + now)


WARM = 15.0  # until as many are at the second step as at the first
WATCHED = 10.0
LOSS = 30.0  # of the primary, or of its standby


def morning(cost, people, cores=CORES, connections=CONNECTIONS, seed=SEED):
    """The busiest moments of a shard that has so many people."""
    day = Day(cost, cores, connections, seed)
    day.arrive(busiest(people, WARM + WATCHED), WARM + WATCHED)
    day.clock.run(WARM)
    worked = day.shard.busy_seconds
    day.clock.run(WARM + WATCHED)
    day.busy = (day.shard.busy_seconds - worked) / (WATCHED * cores)
    day.clock.run()
    return day


def loss(cost, people, what, seconds=LOSS):
    """The same, and something is lost for a while; what it brought on."""
    whole = WARM + seconds + 30
    day = Day(cost)
    change = {'primary': day.shard.set_away,
              'standby': day.shard.set_alone}[what]
    day.clock.after(WARM, change, True)
    day.clock.after(WARM + seconds, change, False)
    day.arrive(busiest(people, whole), whole)
    day.clock.run()
    day.settled = max(day.last_refusal - WARM - seconds, 0.0)
    return day


def shards_for(cost):
    """As many tens of them as keep the processors as busy as is planned."""
    whole = peak(PEOPLE)(PEAK / 2) * cost.cpu
    return math.ceil(whole / (CORES * PLANNED) / 10) * 10


def shards_table(cost):
    lines = ['| shards | people a second | processors busy | median | '
             '99 in 100 | refused | gave up | connections |',
             '| --- | --- | --- | --- | --- | --- | --- | --- |']
    for part in AROUND:
        shards = round(part * shards_for(cost))
        day = morning(cost, PEOPLE / shards)
        lines.append(
            f'| {shards} | {peak(PEOPLE / shards)(PEAK / 2):,.0f} | '
            f'{day.busy:.0%} | {day.percentile(.5, WARM) * 1000:,.0f} ms | '
            f'{day.percentile(.99, WARM) * 1000:,.0f} ms | '
            f'{day.refusals / max(day.came, 1):.1%} | '
            f'{day.gave_up / max(day.came, 1):.1%} | '
            f'{day.shard.most_connections:,} |')
    return lines


def losses_table(cost):
    shards = shards_for(cost)
    lines = ['| lost for 30 s | came | refusals | gave up | connections | '
             'last refusal |', '| --- | --- | --- | --- | --- | --- |']
    for what in ('primary', 'standby'):
        day = loss(cost, PEOPLE / shards, what)
        lines.append(
            f'| its {what} | {day.came:,} | {day.refusals:,} | '
            f'{day.gave_up:,} | {day.shard.most_connections:,} | '
            f'{day.settled:.0f} s after |')
    return lines


def check_table(figures):
    """What is reckoned from the processor's time alone, beside what was
    seen: how many logins there are to one bare update when many come."""
    lines = ['| rows | clients | measured | simulated |',
             '| --- | --- | --- | --- |']
    for each in figures:
        if each['clients'] == 1:
            continue
        cpu = {how: each[how]['server'] + each[how]['client']
               for how in ('login', 'bare')}
        rates = {how: closed_loop(Cost(each_cpu / 4, each_cpu / 4,
                                       each_cpu / 4, 0.0002, 0.0),
                                  each['clients'], 2, 2000)[0]
                 for how, each_cpu in cpu.items()}
        lines.append(f'| {each["rows"]:,} | {each["clients"]} | '
                     f'{each["login"]["rate"] / each["bare"]["rate"]:.2f} | '
                     f'{rates["login"] / rates["bare"]:.2f} |')
    return lines


def tables(figures):
    cost = Cost.measured(figures)
    return {
        'cost': [f'{cost.cpu * 1000:.1f} ms of one processor a login: '
                 f'{cost.connect * 1000:.1f} ms for each of the two '
                 f'connections, {cost.read * 1000:.1f} ms to read, '
                 f'{cost.commit * 1000:.1f} ms to replace and commit. Half of '
                 f'the processors of **{shards_for(cost)} shards** at the '
                 'busiest moment below.'],
        'check': check_table(figures),
        'shards': shards_table(cost),
        'losses': losses_table(cost)}


def put(text, made):
    """The tables between their marks in the document."""
    for name, lines in made.items():
        begin, end = f'<!-- {name} -->\n', f'<!-- /{name} -->\n'
        before, rest = text.split(begin)
        text = before + begin + '\n'.join(lines) + '\n' + end + \
            rest.split(end)[1]
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--measured', type=pathlib.Path, default=MEASURED)
    parser.add_argument('--write', action='store_true')
    options = parser.parse_args()
    made = tables(json.loads(options.measured.read_text(encoding='ascii')))
    for lines in made.values():
        print('\n'.join(lines) + '\n')
    if options.write:
        DOCUMENT.write_text(put(DOCUMENT.read_text(encoding='utf-8'), made),
                            encoding='utf-8')


if __name__ == '__main__':
    main()
