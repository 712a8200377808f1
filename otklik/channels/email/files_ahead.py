"""Large files brought safely to the disk side by side: what a disk needs for one flush it needs for several."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from otklik.core.blobs import INLINE_LIMIT, Prepared, store

_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mail-files")


def prepare_all(contents: Sequence[bytes]) -> list[Prepared]:
    """Prepare contents for ``put_blobs``, in their order; the same object twice is written once.

    Small ones stay in hand, large ones are on the disk when this returns. Raises ``StorageFull`` or ``OSError``.
    """
    known: dict[int, Prepared | Future[Prepared]] = {}
    for content in contents:
        if id(content) not in known:
            large = len(content) > INLINE_LIMIT
            known[id(content)] = _pool.submit(store, content) if large else store(content)
    done = {key: item.result() if isinstance(item, Future) else item for key, item in known.items()}
    return [done[id(content)] for content in contents]
