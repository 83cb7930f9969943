# SPDX-License-Identifier: Apache-2.0
"""The examples of the documentation, run as printed, and their output."""
