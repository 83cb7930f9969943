# SPDX-License-Identifier: Apache-2.0
"""The program of the 2017 client, for programs that import it.

It runs today's commands, which are not here, but in the package ``cratonclient_osc``. The
library finds them by the entry point of ``craton``.
"""

from __future__ import annotations
