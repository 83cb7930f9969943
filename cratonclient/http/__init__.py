# SPDX-License-Identifier: Apache-2.0
"""How requests travel: credentials in headers, adapters with their retries, sessions without
keystoneauth, and transports for URLs that are not HTTP.

What a request means to Craton is in :mod:`cratonclient.session` and
:mod:`cratonclient.crud`.
"""
