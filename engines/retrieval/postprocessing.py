"""The base of this package's node postprocessors, which LlamaIndex runs after retrieval.

Stock, the asynchronous call of a postprocessor runs the other one in a thread: a hop of 0.1 ms for work of as much.
"""

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle


class QuickPostprocessor(BaseNodePostprocessor):
    """A postprocessor that waits for nothing and runs where it is called."""

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return self._postprocess_nodes(nodes, query_bundle)
