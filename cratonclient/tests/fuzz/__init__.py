# SPDX-License-Identifier: Apache-2.0
"""Requests that are generated from the OpenAPI document."""
