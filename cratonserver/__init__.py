# SPDX-License-Identifier: Apache-2.0
"""A server for version 1 of the Craton API, derived from the declarations of the client.

The ways in are :mod:`~cratonserver.cli`, :mod:`~cratonserver.wsgi` and
:mod:`~cratonserver.embedded`; :mod:`~cratonserver.composition` joins the packages.
"""
