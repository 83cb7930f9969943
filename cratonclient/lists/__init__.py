# SPDX-License-Identifier: Apache-2.0
"""Read lists of objects: page by page, and in the order that was asked for.

The requests that fetch the pages are in :mod:`cratonclient.session`.
"""
