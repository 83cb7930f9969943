# SPDX-License-Identifier: Apache-2.0
"""Where credentials come from: Keystone, clouds.yaml, and the loader of Craton's own
authentication.

How a session uses them is in :mod:`cratonclient.auth`.
"""
