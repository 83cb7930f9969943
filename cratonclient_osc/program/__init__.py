# SPDX-License-Identifier: Apache-2.0
"""The program ``craton``: its options, its help, its sessions, and the spelling of 2017.

The commands themselves are in :mod:`cratonclient_osc.verbs`; ``openstack`` runs them
without this room.
"""
