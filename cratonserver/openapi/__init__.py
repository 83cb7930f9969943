# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of the API, which also validate requests, and the OpenAPI document.

The views that serve the document and its HTML page are in :mod:`cratonserver.api`.
"""
