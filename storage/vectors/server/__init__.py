"""The vector engine on a Qdrant server, a cluster or Qdrant Cloud; imported by `storage.vectors`."""
