# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to the commands of single kinds of resources."""
