# SPDX-License-Identifier: Apache-2.0
"""The program ``craton``. What a key press waits for starts without cliff."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the program, and give the exit status."""
    if sys.argv[1:2] == ["complete-names"]:
        from cratonclient_osc.program import completion_names

        return completion_names.main(sys.argv[1:])
    from cratonclient_osc.program import shell

    return shell.main()


if __name__ == "__main__":
    sys.exit(main())
