# SPDX-License-Identifier: Apache-2.0
"""The log of all changes of a fleet, which triggers of the database write.

It does not contain the work on posted change sets, which :mod:`cratonserver.db` does.
"""
