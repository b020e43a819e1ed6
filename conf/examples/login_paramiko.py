#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a command on a host that asks for password and app code, by paramiko:

    login_paramiko.py SECRETS KNOWN_HOSTS USER HOST PORT COMMAND

SECRETS is a file of two lines, 0600: the password, and the key of the app in
base32. Who can read it has both steps; for programs that run by themselves a
key with "AuthenticationMethods publickey" is better (see doc/admin.md). Needs
python3-paramiko and oathtool.
"""

import os
import subprocess
import sys

import paramiko


def secrets(path):
    if os.stat(path).st_mode & 0o077:
        sys.exit(f'{path}: others can read it (chmod 600)')
    with open(path, encoding='ascii') as file:
        return file.read().split('\n')[:2]


def code(key):
    """The key goes by standard input: everybody can read arguments."""
    return subprocess.run(['oathtool', '--totp', '-b', '-'], input=key,
                          capture_output=True, text=True,
                          check=True).stdout.strip()


def main():
    path, known_hosts, user, host, port, command = sys.argv[1:]
    password, key = secrets(path)

    def answer(_title, _instructions, questions):
        """By what a question says, never by its place: there may be more."""
        answers = []
        for question, _echo in questions:
            text = question.rstrip()
            if text.lower().endswith('password:'):
                answers.append(password)
            elif 'Authenticator app code' in text.rsplit('\n', 1)[-1]:
                answers.append(code(key))
            else:
                raise paramiko.SSHException(f'not understood: {text}')
        return answers

    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    transport = paramiko.Transport((host, int(port)))
    try:
        transport.start_client(timeout=30)
        name = host if port == '22' else f'[{host}]:{port}'
        if not client.get_host_keys().check(
                name, transport.get_remote_server_key()):
            sys.exit(f'{name}: its key is not in {known_hosts}')
        # auth_interactive alone: sshd's method "password" cannot ask for it.
        transport.auth_interactive(user, answer)
        channel = transport.open_session()
        channel.exec_command(command)
        sys.stdout.write(channel.makefile('r').read().decode())
        status = channel.recv_exit_status()
    except paramiko.AuthenticationException:
        sys.exit('not let in')
    finally:
        transport.close()
    sys.exit(status)


main()
