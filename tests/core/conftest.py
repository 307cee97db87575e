"""Toys for core's tests: a plugin in miniature, and installed distributions made up for one test."""

from __future__ import annotations

import sys
from pathlib import Path

TOYS = Path(__file__).parent / "toys"

# the package can be imported by every test here; its metadata is installed only where a test asks for it
sys.path.insert(0, str(TOYS))
