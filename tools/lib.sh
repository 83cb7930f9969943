# shellcheck shell=sh
# What the scripts here share. A script sets `root` to the project's top folder
# and sources this file:
#
#     root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
#     . "$root/tools/lib.sh"
#     bin=$(environment demo server) || exit 1
#     "$bin/craton" --version
#
# environment NAME EXTRAS
#     Makes the environment .venv/NAME, or reuses it, and prints the path of its
#     bin folder; everything else goes to stderr. The project is installed into
#     it for development, with EXTRAS (separated by commas, may be empty) and at
#     the versions of constraints.txt. $PYTHON chooses the interpreter.
#
# usable_python COMMAND
#     Succeeds if COMMAND is an interpreter that environments can be made with.

: "${root:?is not set: see the top of tools/lib.sh}"

usable_python() {
    # To be on the PATH is not enough: a shim of pyenv may have nothing behind
    # it, and Debian packs ensurepip apart.
    "$1" -c 'import ensurepip, sys, venv
sys.exit(sys.version_info < (3, 11) or sys.implementation.name != "cpython")
' </dev/null >/dev/null 2>&1
}

python_version() {
    "$1" -c 'import sys; print(sys.version_info[:2])' </dev/null 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON-}" ] && ! usable_python "$PYTHON"; then
        echo "PYTHON=$PYTHON is no CPython >= 3.11 with venv; looking for another." >&2
    fi
    for candidate in "${PYTHON-}" python3.13 python3.12 python3.11 python3 python; do
        if [ -n "$candidate" ] && usable_python "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "No CPython >= 3.11 with venv was found: install one, or name it in PYTHON." >&2
    return 1
}

environment() (
    cd "$root" || exit 1
    folder=.venv/$1
    # Written last, so that an environment that has it is complete. It names the
    # place as well, since an environment does not survive a move or a copy.
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
            echo "Making the environment $folder: about a minute, this once." >&2
            "$python" -m venv --clear "$folder" >&2 </dev/null || exit 1
        else
            echo "Bringing the environment $folder up to date." >&2
        fi
        "$folder/bin/python" -m pip --disable-pip-version-check install -qq \
            --editable ".${2:+[$2]}" --constraint constraints.txt >&2 </dev/null || {
            echo "The environment $folder could not be made: see above." >&2
            exit 1
        }
        printf '%s\n' "$root" "$sum [$2]" >"$stamp"
    fi
    printf '%s\n' "$root/$folder/bin"
)
