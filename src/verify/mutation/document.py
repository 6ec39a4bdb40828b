"""The document of the op table: ``python -m verify.mutation.document FILE`` measures every entry and writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from verify.mutation.entries import EXPLAINED, entries, entry_power
from verify.mutation.mutants import MUTANTS
from verify.render.files import write_whole
from verify.render.power import power_markdown


def main(path: str) -> None:
    """Measure every entry and write the document; what is done goes to standard error."""
    powers = []
    for function in entries():
        powers.append(entry_power(function))
        print(f"{powers[-1].target}: {len(powers[-1].killed)} of {powers[-1].applicable} killed", file=sys.stderr)
    says = {name: mutant.says for name, mutant in MUTANTS.items()}
    write_whole(Path(path), power_markdown(powers, says, EXPLAINED))


if __name__ == "__main__":
    main(sys.argv[1])
