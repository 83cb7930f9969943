# SPDX-License-Identifier: Apache-2.0
"""The commands ``craton …`` and ``openstack craton …``, built with cliff.

They use the library :mod:`cratonclient`. They never import the server.
"""
