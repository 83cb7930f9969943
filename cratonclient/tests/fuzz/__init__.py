# SPDX-License-Identifier: Apache-2.0
"""Requests that nobody would think of, made from the OpenAPI document."""
