"""The customers' side: public pages that need no account and no script."""
