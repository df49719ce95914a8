"""The vector engine in this process: a Qdrant server's work over folders in `DATA_DIR`; used by `storage.vectors`."""
