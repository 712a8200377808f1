"""Check that the models and the migrations agree, and that every migration has a name that says what it does."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"\d{4}_(?!auto_)[a-z][a-z0-9_]*")


def main() -> int:
    """Print what is wrong; returns 1 when anything is."""
    program = [
        sys.executable,
        "-m",
        "django",
        "makemigrations",
        "--check",
        "--dry-run",
        "--settings=otklik.config.settings",
    ]
    result = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        print("The models have changed without a migration:")
        print(result.stdout + result.stderr)
    unnamed = [
        path.relative_to(ROOT)
        for path in sorted((ROOT / "otklik").rglob("migrations/[0-9]*.py"))
        if not NAMED.fullmatch(path.stem)
    ]
    for path in unnamed:
        print(f"{path}: give it a name that says what it does")
    return 1 if result.returncode or unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
