# SPDX-License-Identifier: Apache-2.0
"""The program ``craton``.

Tab completion runs :data:`NAMES_COMMAND` while the user waits for a key press, so that
command does not import cliff.
"""

from __future__ import annotations

import gc
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # "python -m" searches modules in the current directory first.
    del sys.path[0]

from cratonclient.process import private_files, standard_output
from cratonclient_osc.completion.names_command import NAMES_COMMAND


def main() -> int:
    """Run the program and return its exit status."""
    # A command creates many objects and keeps most of them. With the default threshold,
    # garbage collection takes a tenth of its run time and finds almost nothing.
    gc.set_threshold(50_000)
    private_files.protect_caches()
    if sys.argv[1:2] == [NAMES_COMMAND]:
        from cratonclient_osc.program import completion_names

        return standard_output.run(lambda: completion_names.main(sys.argv[1:]))
    from cratonclient_osc.output import pager

    pager.ignore_invalid()
    from cratonclient_osc.program import shell

    gc.freeze()
    return shell.main()


if __name__ == "__main__":
    sys.exit(main())
