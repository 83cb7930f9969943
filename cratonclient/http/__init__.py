# SPDX-License-Identifier: Apache-2.0
"""The HTTP layer: credentials in headers, the transport adapter with its retries, a session
without keystoneauth, and transports for URLs of other schemes.

It does not know the Craton API. That is in :mod:`cratonclient.session` and
:mod:`cratonclient.crud`.
"""
