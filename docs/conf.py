"""How Sphinx builds the manual."""

import tomllib
from pathlib import Path

root = Path(__file__).parents[1]
about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "wbtypes"
author = about["authors"][0]["name"]
copyright = f"2026, {author}"
release = about["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.doctest", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "authors/template", "demo"]

html_theme = "furo"
html_title = f"{project} {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
