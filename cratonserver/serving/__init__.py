# SPDX-License-Identifier: Apache-2.0
"""The layers around the application: the socket, the request parser, WSGI middleware, size
limits and logs.

Nothing here knows the API. :mod:`cratonserver.composition` puts the layers together.
"""
