# SPDX-License-Identifier: Apache-2.0
"""A server for version 1 of the Craton API, made from the client's declarations."""
