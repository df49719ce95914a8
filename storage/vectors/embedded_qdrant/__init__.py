"""The vector engine without a server: the work of Qdrant over folders in `DATA_DIR`; used by `storage.vectors`."""
