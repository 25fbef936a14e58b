"""What all views share: parameters, tokens, errors, headers and the cache of answers."""
