"""Search: an engine that knows words and rights of reading, but no help-desk matter; rooms register their documents."""
