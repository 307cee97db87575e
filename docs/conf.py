"""How Sphinx builds the manual."""

import sys
import tomllib
from pathlib import Path

root = Path(__file__).parents[1]
sys.path.insert(0, str(root / "docs"))
about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "wbtypes"
author = about["authors"][0]["name"]
copyright = f"2026, {author}"
release = about["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "wirepages"]
exclude_patterns = ["_build", "authors/examples", "demo"]
# a page whose plugin's folder was deleted has nothing to show
plugins = {path.parent.name for path in root.glob("plugins/types/*/README.md")}
exclude_patterns += [
    f"types/{page.name}" for page in root.glob("docs/types/*.md") if page.stem not in {*plugins, "index"}
]

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "py:obj"  # what docstrings put between single backticks
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
