"""The adapters' tests need the frameworks: without one of them its tests are not collected, and pytest says which.

``make test-adapters`` installs both, and sets ADVERIFY_ADAPTERS so that a missing one is an error.
"""

import importlib.util
import os
from pathlib import Path

# The frameworks that a test file needs stand in its first lines: torch = pytest.importorskip("torch")
FRAMEWORKS = ("torch", "jax", "autograd")
MISSING = [name for name in FRAMEWORKS if importlib.util.find_spec(name) is None]

if MISSING and os.environ.get("ADVERIFY_ADAPTERS"):
    raise RuntimeError(f"{', '.join(MISSING)} not installed: make test-adapters installs the frameworks")

collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if any(f'importorskip("{name}")' in path.read_text(encoding="utf-8") for name in MISSING)
]
