# SPDX-License-Identifier: Apache-2.0
"""Attacks on a live server: others must not wait, and memory must stay bounded."""
