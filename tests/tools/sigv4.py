# SPDX-License-Identifier: BSD-3-Clause
"""AWS Signature Version 4 of a request, reckoned anew."""

import hashlib
import hmac
import re


def _sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def verify(request, user, secret, region, service):
    """Asserts that the signature is that of this request and this secret."""
    found = re.fullmatch(
        r'AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?'
        r'Signature=([0-9a-f]{64})', request.headers['Authorization'])
    assert found, request.headers['Authorization']
    credential, names, signature = found.groups()
    time = request.headers['X-Amz-Date']
    scope = f'{time[:8]}/{region}/{service}/aws4_request'
    assert credential == f'{user}/{scope}'
    names = names.split(';')
    assert 'host' in names and 'x-amz-date' in names
    assert names == sorted(names)
    path, _, query = request.path.partition('?')
    canonical = '\n'.join([
        request.method, path, query,
        *(f'{name}:{" ".join(request.headers[name].split())}'
          for name in names),
        '', ';'.join(names), hashlib.sha256(request.body).hexdigest()])
    text = '\n'.join(['AWS4-HMAC-SHA256', time, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ('AWS4' + secret).encode()
    for part in (time[:8], region, service, 'aws4_request'):
        key = _sign(key, part)
    assert hmac.compare_digest(_sign(key, text).hex(), signature)
