# SPDX-License-Identifier: Apache-2.0
"""Metrics of the server for Prometheus, collected from all its processes.

Requests, the connection pool and the use of quotas are measured here. The path ``/metrics``
is a view in :mod:`cratonserver.api`, and decides who may read them.
"""
