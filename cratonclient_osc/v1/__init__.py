# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to the commands of single kinds: subclasses of the verbs.

A kind without peculiarities has no module here.
"""
