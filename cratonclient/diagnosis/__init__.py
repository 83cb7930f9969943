# SPDX-License-Identifier: Apache-2.0
"""Say why a request failed, without secrets: its causes and its proxy.

Exceptions use this room. It defines and raises none; :mod:`cratonclient.http.failures`
chooses the exception.
"""
