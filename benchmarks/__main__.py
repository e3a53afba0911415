"""``make bench``: every benchmark one after the other, their figures together in ``reports/bench.json``.

Arguments name the ones to run. Exit 1 where one of them missed its target.
"""

from __future__ import annotations

import json
import subprocess
import sys

from bot import settings

NAMES = ("webhook", "following")
FOLDER = settings.HOME / "reports"


def main(names: list[str]) -> int:
    """The exit code. Figures of benchmarks that are not run now stay as they were measured last."""
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.stderr.write(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}\n")
        return 2
    ends = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=settings.HOME, check=False).returncode
        for name in names or NAMES
    ]
    files = {name: FOLDER / f"bench-{name}.json" for name in NAMES}
    content = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    (FOLDER / "bench.json").write_text(json.dumps(content, indent=1) + "\n")
    return int(any(ends))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
