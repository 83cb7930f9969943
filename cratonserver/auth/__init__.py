# SPDX-License-Identifier: Apache-2.0
"""How the server finds out who makes a request, with its own users or with Keystone.

What a user may do with objects of a kind is in the policies of
:mod:`cratonserver.kinds`.
"""
