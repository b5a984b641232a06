#include "include/halley_digest.h"
#include <openssl/sha.h>

int halley_sha1(const void *bytes, size_t count, uint8_t *digest) {
  return SHA1(bytes, count, digest) != NULL;
}
