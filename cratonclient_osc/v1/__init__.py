# SPDX-License-Identifier: Apache-2.0
"""Verbs of single kinds: subclasses of the classes in :mod:`cratonclient_osc.verbs`.

A kind has a module here only if one of its commands differs from the generic verb.
"""
