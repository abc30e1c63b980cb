"""Names of what is loaded when it is first asked for.

Job: name functions and shapes without loading the rooms that hold them. Most daemons take records all day
long, nobody looks at a figure and nothing is shared: what that needs is not there at the start.
Must not: hide a wrong name. Types are checked as if everything were loaded, and a test loads all of it.

    if TYPE_CHECKING:
        from sidecar.api import insights
    else:
        insights = Room("sidecar.api.insights")

    handler=insights.ratings    # for mypy the function; at run time its name, which loads it when called

It is for rooms whose functions are called or handed on. A class that is derived from, a constant that is
read, cannot wait.
"""

from importlib import import_module
from typing import Any

from msgspec import Struct


class Later(Struct, frozen=True):
    """Something of a module that is perhaps not loaded yet; called, it loads and calls it."""

    module: str
    name: str

    def __call__(self, *given: object, **named: object) -> Any:  # noqa: ANN401  # what it names decides
        """What it names, called."""
        return loaded(self)(*given, **named)


class Room:
    """A module that is perhaps not loaded yet; its attributes are names."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Later:
        """The name of an attribute, whether or not there is one."""
        return Later(self._module, name)


def loaded(value: object) -> Any:  # noqa: ANN401  # what it names decides
    """What a value names, in tuples too; anything else as it is.

    Raises:
        ImportError, AttributeError: a name of nothing.
    """
    if isinstance(value, Later):
        return getattr(import_module(value.module), value.name)
    if isinstance(value, tuple):
        return tuple(map(loaded, value))
    return value
