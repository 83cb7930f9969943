# SPDX-License-Identifier: Apache-2.0
"""The commands ``change list``, ``show``, ``undo`` and ``follow``: the history of a project.

Each command has a module. They share the base class, the filters and the text of a summary.
"""
