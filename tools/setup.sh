#!/bin/sh
# Makes .venv and installs the project into it; when that was done before, does nothing and needs no network.
#
#   sh tools/setup.sh core    the project and what it depends on
#   sh tools/setup.sh test    the same and the tools of the test suite (the extra `test`)
#   sh tools/setup.sh adapters  the same and the frameworks that the adapters are tested with (the extra `adapters`)
#
# PYTHON names the interpreter to make .venv with (default: the .venv that is there, else python3).
# Plain sh: the Python that is found may be too old to run anything of the project.
#
# Files it keeps in .venv:
#   .installed-core, -test, -adapters   what was installed: directory, Python, checksums of the two lists
#   .installing                        process id of the run at work; left behind by an interrupted one

set -u
cd "$(dirname "$0")/.." || exit 1
venv=.venv
need_major=3
need_minor=11

fail() {
    echo "setup: $*" >&2
    exit 1
}

# "3 11" for an interpreter that answers --version, nothing for one that does not.
version_of() {
    "$1" --version 2>&1 | sed -n 's/^Python \([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p' | head -n 1
}

recent_enough() {
    [ "$1" -gt $need_major ] || { [ "$1" -eq $need_major ] && [ "$2" -ge $need_minor ]; }
}

# What a stamp must hold. The directory counts because the scripts in .venv/bin contain its absolute path.
wanted_stamp() {
    pwd -P
    "$venv/bin/python" -c 'import sys; print(sys.version)' 2>/dev/null
    cksum pyproject.toml constraints.txt
}

installed() {
    [ -f "$venv/.installed-$1" ] && [ "$(cat "$venv/.installed-$1")" = "$(wanted_stamp)" ]
}

moved() {
    for stamp in "$venv/.installed-core" "$venv/.installed-test" "$venv/.installed-adapters"; do
        [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" != "$(pwd -P)" ] && return 0
    done
    return 1
}

# Succeeds when .venv can be installed into as it is.
usable() {
    [ -x "$venv/bin/python" ] || return 1
    [ ! -f "$venv/.installing" ] || return 1
    set -- $(version_of "$venv/bin/python")
    [ $# -eq 2 ] && recent_enough "$1" "$2" || return 1
    ! moved || return 1
    "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

other_python_asked() {
    [ -n "${PYTHON:-}" ] && [ -x "$venv/bin/python" ] &&
        [ "$(version_of "$PYTHON")" != "$(version_of "$venv/bin/python")" ]
}

refuse_second_run() {
    [ -f "$venv/.installing" ] || return 0
    other=$(cat "$venv/.installing")
    [ -n "$other" ] && kill -0 "$other" 2>/dev/null || return 0
    fail "process $other is installing into $venv now; wait for its end and run make again."
}

check_python() {
    name=$1
    elsewhere="elsewhere: install a complete Python >= $need_major.$need_minor and name it, as in 'make test PYTHON=/path/to/python3'"
    command -v "$name" >/dev/null 2>&1 ||
        fail "there is no '$name' on PATH; install Python >= $need_major.$need_minor, or name yours, as in 'make test PYTHON=/path/to/python3'."
    set -- $(version_of "$name")
    [ $# -eq 2 ] ||
        fail "'$name --version' names no version; install Python >= $need_major.$need_minor, or name yours, as in 'make test PYTHON=/path/to/python3'."
    recent_enough "$1" "$2" ||
        fail "'$name' is Python $1.$2 and adverify needs >= $need_major.$need_minor; install a newer one and name it, as in 'make test PYTHON=python3.12'."
    "$name" -c 'import venv' >/dev/null 2>&1 ||
        fail "'$name' (Python $1.$2) lacks the module venv; on Debian and Ubuntu: apt install python$1.$2-venv; $elsewhere."
    "$name" -c 'import ensurepip' >/dev/null 2>&1 ||
        fail "'$name' (Python $1.$2) cannot put pip into $venv, it lacks the module ensurepip; on Debian and Ubuntu: apt install python$1.$2-venv; $elsewhere."
}

make_venv() {
    check_python "$1"
    rm -rf "$venv"
    mkdir "$venv" || fail "cannot make the directory $venv in $(pwd -P); check that it may be written and that the disk has room."
    echo $$ >"$venv/.installing"
    said=$("$1" -m venv "$venv" 2>&1) || {
        # Debian's venv answers over several lines; the cause is worth one.
        case $said in
        *ensurepip*) cause="pip could not be put into it (ensurepip)" ;;
        *) cause=$(echo "$said" | sed '/^[[:space:]]*$/d' | tail -n 1) ;;
        esac
        rm -rf "$venv"
        fail "'$1 -m venv $venv' failed: ${cause:-it gave no reason}; on Debian and Ubuntu: apt install python3-venv; $elsewhere."
    }
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || {
        rm -rf "$venv"
        fail "'$1 -m venv' made a $venv without pip; on Debian and Ubuntu: apt install python3-venv python3-pip; $elsewhere."
    }
}

install() {
    echo $$ >"$venv/.installing"
    echo "setup: installing adverify ($1) into $venv; this once needs a network and a minute or two" >&2
    case $1 in
    core) what=. ;;
    test) what='.[test]' ;;
    adapters) what='.[test,adapters]' ;;
    esac
    [ "$1" != adapters ] || install_torch
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check -c constraints.txt -e "$what" || {
        rm -f "$venv/.installing"
        fail "pip could not install adverify, for the reason above; the first run needs a network or a package index that can be reached. 'make clean' starts afresh."
    }
    wanted_stamp >"$venv/.installed-core"
    case $1 in
    test) cp "$venv/.installed-core" "$venv/.installed-test" ;;
    adapters) cp "$venv/.installed-core" "$venv/.installed-test" && cp "$venv/.installed-core" "$venv/.installed-adapters" ;;
    esac
    rm -f "$venv/.installing"
}

# On Linux the plain distribution brings gigabytes of CUDA; elsewhere it is the one for the CPU.
install_torch() {
    wanted="torch==2.13.0"
    [ "$("$venv/bin/python" -c 'import sys; print(sys.platform)')" != linux ] || wanted="$wanted+cpu"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check -c constraints.txt "$wanted" || {
        rm -f "$venv/.installing"
        fail "pip could not install $wanted, for the reason above; name an index that has PyTorch's wheels for the CPU, as pip's environment variable PIP_EXTRA_INDEX_URL."
    }
}

target=${1:-core}
case $target in
core | test | adapters) ;;
*) fail "unknown part '$target'; the parts are core, test and adapters." ;;
esac
# A signal must leave .installing behind: what is half-made is made anew by the next run.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

refuse_second_run
if ! other_python_asked && [ ! -f "$venv/.installing" ] && installed "$target"; then
    exit 0
fi
if other_python_asked || ! usable; then
    make_venv "${PYTHON:-python3}"
fi
install "$target"
