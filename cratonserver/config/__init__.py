# SPDX-License-Identifier: Apache-2.0
"""The settings of the server and their sources: options, environment variables and files.

The packages that use a setting implement its effect.
"""
