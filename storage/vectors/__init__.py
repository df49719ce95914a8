"""The vector index: its schema, its engines (embedded or a Qdrant server), its builds; imported by all."""
