#pragma once
#include <stddef.h>
#include <stdint.h>

/* permessage-deflate (RFC 7692) on zlib's raw streams, without context takeover: one inflater and one deflater serve all
 * connections of a loop, message after message. Limits are the caller's: each step fills at most the room it is given.
 * Not thread-safe; each belongs to one loop. */

typedef struct halley_inflater halley_inflater;
typedef struct halley_deflater halley_deflater;

enum halley_inflate_result {
  HALLEY_INFLATE_ERROR = -1, /* not deflate data, cut short, or followed by something else */
  HALLEY_INFLATE_MORE = 0,   /* the room is used up: call again */
  HALLEY_INFLATE_DONE = 1,   /* the message is complete */
};

/* About 44 KiB; NULL when memory is short. */
halley_inflater *_Nullable halley_inflater_new(void);
void halley_inflater_free(halley_inflater *_Nonnull inflater);

/* Starts a message. `bytes` must live until the message is done or given up. RFC 7692 §7.2.2: the four bytes that the
 * sender has left out are added at the end. */
void halley_inflater_begin(halley_inflater *_Nonnull inflater, const uint8_t *_Nullable bytes, size_t count);

/* Inflates into `out`; `written` may be less than `room` only at the end. */
int halley_inflater_step(halley_inflater *_Nonnull inflater, uint8_t *_Nonnull out, size_t room,
                         size_t *_Nonnull written);

/* Empty; a stream of up to 256 KiB is made for each window size when it is first used. NULL when memory is short. */
halley_deflater *_Nullable halley_deflater_new(void);
void halley_deflater_free(halley_deflater *_Nonnull deflater);

/* Compresses one message into `out`, without the tail 00 00 FF FF (RFC 7692 §7.2.1). `window_bits` is 9 to 15.
 * Returns its length, or 0 when it does not fit into `room`: then it is not worth sending compressed. */
size_t halley_deflate(halley_deflater *_Nonnull deflater, int window_bits, const uint8_t *_Nonnull bytes, size_t count,
                      uint8_t *_Nonnull out, size_t room);

/* Compresses `bytes` at once to a gzip file (RFC 1952) in `out`, as small as zlib can make it. Returns its length, or 0
 * when it does not fit into `room` or memory is short. */
size_t halley_gzip(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out, size_t room);
