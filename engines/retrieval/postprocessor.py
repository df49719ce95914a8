"""The base of the node postprocessors that wait for nothing."""

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle


class QuickPostprocessor(BaseNodePostprocessor):
    """A postprocessor that waits for nothing and runs where it is called."""

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return self._postprocess_nodes(nodes, query_bundle)
