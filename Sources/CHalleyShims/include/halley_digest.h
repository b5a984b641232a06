#pragma once
#include <stddef.h>
#include <stdint.h>

/* SHA-1 of `count` bytes into `digest` (20 bytes); returns 1, or 0 when OpenSSL refuses. RFC 6455 §4.2.2 needs it. */
int halley_sha1(const void *_Nonnull bytes, size_t count, uint8_t *_Nonnull digest);
