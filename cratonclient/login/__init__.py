# SPDX-License-Identifier: Apache-2.0
"""Sources of credentials: Keystone, clouds.yaml, and the keystoneauth loader of Craton's own
authentication.

The sessions that use credentials are built in :mod:`cratonclient.auth`.
"""
