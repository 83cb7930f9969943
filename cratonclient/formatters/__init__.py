# SPDX-License-Identifier: Apache-2.0
"""Formatters with the interface of 2017, for packages that add an output format.

A package registers a subclass of :class:`~cratonclient.formatters.base.Formatter` in the
entry point group ``cratonclient.formatters``; the commands then know its name. The formats
of the commands themselves are not here, but in ``cratonclient_osc.output``.
"""

from __future__ import annotations
