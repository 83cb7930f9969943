# shellcheck shell=sh
# Shell functions for the scripts in this folder and for .ci/run. A script sets `root`
# to the top folder of the project and sources this file:
#
#     root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
#     . "$root/tools/lib.sh"
#     bin=$(environment demo server) || exit 1
#     "$bin/craton" --version
#
# environment NAME EXTRAS
#     Creates the virtual environment .venv/NAME, or reuses it. Prints the path of its
#     bin folder to standard output, and everything else to standard error. Installs
#     the project in editable mode, with EXTRAS (separated by commas, may be empty) and
#     the versions of constraints.txt. $PYTHON selects the Python interpreter.
#
# usable_python COMMAND
#     Succeeds if COMMAND is a Python interpreter that can create such an environment.

: "${root:?is not set: see the top of tools/lib.sh}"

usable_python() {
    # A command in the PATH may not work: a pyenv shim may have no interpreter behind it,
    # and on Debian, ensurepip is in a separate package.
    "$1" -c 'import ensurepip, sys, venv
sys.exit(sys.version_info < (3, 11) or sys.implementation.name != "cpython")
' </dev/null >/dev/null 2>&1
}

python_version() {
    "$1" -c 'import sys; print(sys.version_info[:2])' </dev/null 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON-}" ] && ! usable_python "$PYTHON"; then
        echo "PYTHON=$PYTHON is not CPython >= 3.11 with venv; looking for another." >&2
    fi
    for candidate in "${PYTHON-}" python3.13 python3.12 python3.11 python3 python; do
        if [ -n "$candidate" ] && usable_python "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "Cannot find CPython >= 3.11 with venv: install it, or set PYTHON to its path." >&2
    return 1
}

environment() (
    cd "$root" || exit 1
    folder=.venv/$1
    # The stamp is written last, so an environment with a stamp is complete. It contains
    # the path of the project, because a moved or copied environment does not work.
    stamp=$folder/complete
    sum=$(cat setup.cfg setup.py pyproject.toml requirements.txt constraints.txt | cksum)

    reusable=no
    if [ "$(sed -n 1p "$stamp" 2>/dev/null)" = "$root" ] &&
        usable_python "$folder/bin/python"; then
        reusable=yes
        if [ -n "${PYTHON-}" ] && usable_python "$PYTHON" &&
            [ "$(python_version "$PYTHON")" != "$(python_version "$folder/bin/python")" ]; then
            reusable=no
        fi
    fi

    if [ $reusable = no ] || [ "$(sed -n 2p "$stamp")" != "$sum [$2]" ]; then
        rm -f "$stamp"
        if [ $reusable = no ]; then
            python=$(find_python) || exit 1
            echo "Creating the virtual environment $folder (about a minute, only once)." >&2
            "$python" -m venv --clear "$folder" >&2 </dev/null || exit 1
        else
            echo "Updating the virtual environment $folder." >&2
        fi
        "$folder/bin/python" -m pip --disable-pip-version-check install -qq \
            --editable ".${2:+[$2]}" --constraint constraints.txt >&2 </dev/null || {
            echo "Cannot install into the environment $folder: see the error above." >&2
            exit 1
        }
        printf '%s\n' "$root" "$sum [$2]" >"$stamp"
    fi
    printf '%s\n' "$root/$folder/bin"
)
