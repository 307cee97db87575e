"""`wbtypes plugins`: the type packages that are installed, and how they are."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wbtypes_core.registry import State


def command(parser: ArgumentParser) -> None:
    """List the type packages that are installed, and how they are.

    A package is available until its first use loads it; then it is loaded or broken. It is contested when another
    one claims the same type, and blocked when WBTYPES_BLOCK or WBTYPES_LOAD says so.
    """
    parser.add_argument(
        "--check", action="store_true", help="load every package; exit status 1 if one does not work"
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON: a list of objects, one for each package"
    )
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """List them; 1 when `--check` found one that does not work."""
    import warnings

    from wbtypes_core import OpaqueWarning, default_registry
    from wbtypes_core.jsonio import dumps

    from .terminal import table, tell

    registry = default_registry()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OpaqueWarning)  # told below, with the others
        unsound = registry.check() if args.check else ()
    states = registry.providers()
    if args.json:
        print(dumps([as_json(state) for state in states], indent=2))
    elif states:
        table(("package", "version", "state", "types"), map(_cells, states))
    else:
        print("no type package is installed; for example: pip install wbtypes-image")
    for reason in dict.fromkeys(str(state.reason) for state in unsound):
        tell(reason)
    return 1 if unsound else 0


def as_json(state: State) -> dict[str, Any]:
    """One package for tools."""
    provider = state.provider
    return {
        "distribution": provider.distribution,
        "version": provider.version,
        "module": provider.module,
        "tags": list(provider.tags),
        "natives": list(provider.natives),
        "state": state.state,
        "reason": None if state.reason is None else str(state.reason),
    }


def _cells(state: State) -> tuple[str, str, str, str]:
    provider = state.provider
    return provider.distribution, provider.version, state.state, ", ".join(provider.tags)
