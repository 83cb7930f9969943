# SPDX-License-Identifier: Apache-2.0
"""The commands, from the command line to the store and back."""
