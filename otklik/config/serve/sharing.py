"""What a process does before it forks, so that its children go on sharing its memory.

A child that uses an object writes into it: the collector into its header, every reference into its count; then the
kernel copies the page with all that lies beside it. After ``share_memory`` neither happens to what was loaded until
now. Measured on an idle desk that is a sixth of its memory, and the more the more web processes there are.
"""

import ctypes
import gc
import sys
from types import CodeType

_LITTLE = sys.byteorder == "little" and sys.maxsize > 2**32


def share_memory() -> None:
    """Make all objects of this process last as long as it does, and give back to the system what is free.

    To be called once, when everything is loaded and before the first fork.
    """
    gc.collect()
    if _counts_are_where_we_think():
        _make_immortal()
    gc.freeze()
    _give_back_free_memory()


def _counts_are_where_we_think() -> bool:
    """Look whether this interpreter keeps the count of references in the first four bytes, as CPython since 3.12 does.

    Free-threaded builds and those for debugging do not; there the pages are copied as they always were.
    """
    probe = object()
    return _LITTLE and sys.version_info >= (3, 12) and _count(id(probe)).value == sys.getrefcount(probe) - 1


def _make_immortal() -> None:
    """Give every object the count of ``None``, which the interpreter neither raises nor lowers (PEP 683).

    There is no call for it; a count that is never written again is what the extra word of that proposal is for. None of
    these objects would have ended before the process: they are modules, classes, functions and what these hold.
    """
    immortal = _count(id(None)).value
    tracked, held_by = gc.is_tracked, gc.get_referents
    for one in gc.get_objects():
        _count(id(one)).value = immortal
        held = held_by(one)
        while held:
            thing = held.pop()
            count = _count(id(thing))
            if count.value == immortal or tracked(thing):  # done, or met by the outer loop
                continue
            count.value = immortal
            if type(thing) is CodeType:  # tells the collector nothing of what it holds
                held.append(thing.co_consts)
            elif type(thing) is tuple or type(thing) is dict:
                held += held_by(thing)


def _give_back_free_memory() -> None:
    """Let go of pages that loading left behind: each child would get a copy of them when it uses them again."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
    if trim is not None:
        trim(0)


_count = ctypes.c_uint32.from_address
