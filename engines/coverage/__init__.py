"""Whether the book covers a question: signals of one retrieval, the shipped weights, the verdict."""
