# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces on one router: nothing of it is seen outside.

Whoever has a place of its own (a network, perhaps mounts and IPC) is held by
a process that waits, and is gone with it.
"""

import subprocess

# Below it each place has a network of its own: .1 is the router, .2 the place.
NETWORK = '10.99'


def run(argv, input='', **keywords):
    done = subprocess.run([str(word) for word in argv], text=True,
                          input=input, capture_output=True, check=False,
                          **keywords)
    assert done.returncode == 0, f'{argv}: {done.stdout}{done.stderr}'
    return done.stdout


class Place:
    """Namespaces, as unshare and nsenter name them."""

    def __init__(self, *kinds, setup=':'):
        """setup is shell that is run inside, before anything else is."""
        self._holder = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--net', *kinds,
             'sh', '-ec', f'ip link set lo up\n{setup}\necho ready\n'
                          'exec sleep infinity'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == 'ready\n'
        self.pid = self._holder.pid
        # Who is in a chroot stays there: a mount namespace has a root of its
        # own.
        self.wrap = ['nsenter', '-t', str(self.pid), '--net', *kinds,
                     *(['--root', '--wd'] if '--mount' in kinds else [])]

    def run(self, *argv, **keywords):
        return run([*self.wrap, *argv], **keywords)

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()


class Network:
    def __init__(self):
        self.router = Place(setup='echo 1 >/proc/sys/net/ipv4/ip_forward')
        self._count = 0
        self._lost = set()

    def join(self, place, addresses=1):
        """Puts the place on the network; returns the addresses it has."""
        self._count += 1
        subnet = f'{NETWORK}.{self._count}'
        here = f'to{self._count}'
        self.router.run('ip', 'link', 'add', here, 'type', 'veth', 'peer',
                        'name', 'eth0', 'netns', place.pid)
        self.router.run('ip', 'address', 'add', f'{subnet}.1/24', 'dev', here)
        self.router.run('ip', 'link', 'set', here, 'up')
        mine = [f'{subnet}.{2 + n}' for n in range(addresses)]
        for address in mine:
            place.run('ip', 'address', 'add', f'{address}/24', 'dev', 'eth0')
        place.run('ip', 'link', 'set', 'eth0', 'up')
        place.run('ip', 'route', 'add', 'default', 'via', f'{subnet}.1')
        return mine

    def cut(self, address):
        """What is sent there is lost without a word, from now on."""
        self._lost.add(address)
        self.router.run('ip', 'route', 'add', 'blackhole', f'{address}/32')

    def mend(self):
        while self._lost:
            self.router.run('ip', 'route', 'del', 'blackhole',
                            f'{self._lost.pop()}/32')

    def close(self):
        self.router.close()
