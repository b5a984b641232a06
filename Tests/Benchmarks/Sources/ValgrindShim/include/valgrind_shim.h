// Nothing to import: the library is preloaded, see shim.c.
