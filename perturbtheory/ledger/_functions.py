"""The function behind what is called as a part, and what an error or an object says."""

import functools
from types import CodeType, FunctionType, MethodType
from typing import Any

_DEEP = 99
"""How often a function may be wrapped; more is a circle."""


def function_of(called: Any) -> FunctionType | None:
    """The function itself: of a wrapper, a partial function, a method or an object that is called.

    None for what is not written in Python.
    """
    for _ in range(_DEEP):
        if isinstance(called, functools.partial):
            called = called.func
        elif isinstance(called, MethodType):
            called = called.__func__
        elif isinstance(called, FunctionType):
            if "__wrapped__" not in vars(called):
                break
            called = vars(called)["__wrapped__"]
        else:
            called = vars(type(called)).get("__call__")
    return called if isinstance(called, FunctionType) else None


def code_of(called: Any) -> CodeType | None:
    """What runs when it is called, if that is written in Python."""
    function = function_of(called)
    return function.__code__ if function else None


def place(called: Any) -> tuple[str, int]:
    """The file and the line of a function; no file for what is called and is none."""
    code = code_of(called)
    return (code.co_filename, code.co_firstlineno) if code else ("", id(called))


def said(error: BaseException) -> str:
    """The kind of an error and what it says, if it can say it."""
    return ": ".join(filter(None, (type(error).__name__, shown_as(error, str))))


def shown_as(value: Any, how: Any = repr) -> str:
    """A value as text, whatever it does when it is asked for it."""
    try:
        return how(value)
    except Exception as error:
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
