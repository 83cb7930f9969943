# SPDX-License-Identifier: Apache-2.0
"""Authentication of requests, with API keys of Craton or with tokens of Keystone.

Authorization for the objects of a kind is not here, but in the policies of
:mod:`cratonserver.kinds`.
"""
