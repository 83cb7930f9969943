# SPDX-License-Identifier: Apache-2.0
"""The program ``craton-server``.

A password on the command line is hidden before the slow imports of :mod:`cratonserver.cli`.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # "python -m" searches modules in the current directory first.
    del sys.path[0]

from cratonclient.process import private_files
from cratonserver import process_list


def main() -> int:
    """Run the program and return its exit status."""
    private_files.protect_caches()
    process_list.hide_password(sys.argv[1:])
    try:
        from cratonserver import cli
    except ModuleNotFoundError as exc:
        if f"{exc.name}.".startswith(("cratonserver.", "cratonclient.")):
            raise
        print(
            f"craton-server requires more packages ({exc}): "
            "pip install 'python-cratonclient[server]'",
            file=sys.stderr,
        )
        return 1

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
