"""A builder as a process of its own, which tells its stages, for the tests to kill it at each of them."""

import sys
from pathlib import Path

from storage.settings import StorageSettings
from storage.vectors.caches import open_vector_cache
from storage.vectors.index_store import open_store
from tests.storage.vectors.builds import SPEC, chunk, vector

STAGES = ("locked", "created", "half", "written", "finished", "published", "pruned")


def main() -> None:
    """Arguments: the data folder, the server's address or "", the text, how many chunks, the stage to hold at or ""."""
    folder, url, text, count = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3], int(sys.argv[4])
    settings = StorageSettings(_env_file=None, data_dir=folder, qdrant_url=url)
    with open_store(settings) as store, store.lock():
        tell("locked")
        build = store.create_build(SPEC, start=store.live())
        tell("created")
        texts = [text, *(f"{text} {number}" for number in range(1, count))]
        build.vector_store.add([chunk(each) for each in texts[: count // 2 + 1]])
        with open_vector_cache(settings, SPEC) as cache:
            cache.put({each: vector(each) for each in texts[: count // 2 + 1]})
        tell("half")
        build.vector_store.add([chunk(each) for each in texts[count // 2 + 1 :]])
        tell("written")
        build.finish()
        tell("finished")
        store.publish(build)
        tell("published")
        store.prune(keep=1)
        tell("pruned")


def tell(stage: str) -> None:
    """Say it at once; at the stage to hold at, go on when told."""
    sys.stdout.write(stage + "\n")
    sys.stdout.flush()
    if stage == sys.argv[5]:
        sys.stdin.readline()
