# SPDX-License-Identifier: Apache-2.0
"""The API as data: JSON Schemas, which also check requests, and the OpenAPI document with
its page.

Nothing here answers a request.
"""
