# SPDX-License-Identifier: Apache-2.0
"""The commands: one module for each verb or family of verbs, for any kind of resource.

What is peculiar to one kind is in :mod:`cratonclient_osc.v1`, how output looks in
:mod:`cratonclient_osc.output`.
"""
