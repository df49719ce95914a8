"""The imports of every worker process, made once: `bookrag serve` forks its workers from a process that has made them.

Nothing here starts a thread, opens a file or reads a setting, which workers could not share after a fork.
"""

import gc

import aiohttp  # noqa: F401
import httptools  # noqa: F401
import tokenizers  # noqa: F401
import uvicorn.protocols.http.httptools_impl  # noqa: F401
import uvloop  # noqa: F401
import wordfreq  # noqa: F401  # it looks up the source of all imports around its own: a tenth of a start, unless first

import app.main
import app.request_limits  # noqa: F401
import engines.embedding.silent_onnxruntime  # noqa: F401
from engines.understanding.words import load_frequencies

load_frequencies()
gc.freeze()  # a collection that visits these objects would copy their pages into each worker
