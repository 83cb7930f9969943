# SPDX-License-Identifier: Apache-2.0
"""The settings of the server and where they come from: options, the environment, files.

What a setting does is in the rooms that read it.
"""
