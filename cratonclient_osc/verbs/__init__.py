# SPDX-License-Identifier: Apache-2.0
"""The verbs: one module for each verb or family of verbs, for any kind of resource.

Verbs that differ for one kind are in :mod:`cratonclient_osc.v1`. The format of the output
is decided in :mod:`cratonclient_osc.output`.
"""
