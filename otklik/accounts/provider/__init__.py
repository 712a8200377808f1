"""Sign-in through a provider (OpenID Connect): what is configured, how the provider is asked, what its words are worth.

Nothing here is imported before somebody signs in this way: processes that do not need it stay small.
"""
