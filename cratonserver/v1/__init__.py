# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to single kinds of resources on the server."""
