# SPDX-License-Identifier: Apache-2.0
"""Webhooks: read the log, and post the changes to the URLs of projects.

It does not contain their declaration, which is in :mod:`cratonclient.v1.webhooks`, and their
policy, which is in :mod:`cratonserver.kinds.webhooks`.
"""
