"""Answers to small talk and to tasks on a page, a chapter or the book, from their text and the table of contents."""
