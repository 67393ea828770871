"""A small booking portal on `vaxpolicy.desk`: forms in, pages out, every rule in the library."""
