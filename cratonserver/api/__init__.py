# SPDX-License-Identifier: Apache-2.0
"""The HTTP API: paths, views, parameters, bodies and representations.

What a request may do is decided by policies, how it is done by :mod:`cratonserver.db`.
"""
