"""`make screenshots`: pictures of the main pages, in both languages and both themes, into docs/images."""
