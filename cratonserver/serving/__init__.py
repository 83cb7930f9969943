# SPDX-License-Identifier: Apache-2.0
"""Everything around the application: the socket, the request parser, WSGI layers, limits and
logs.

Nothing here knows the API; :mod:`cratonserver.composition` puts the layers together.
"""
