#include "include/halley_deflate.h"
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

static const uint8_t tail[4] = {0x00, 0x00, 0xFF, 0xFF};

struct halley_inflater {
  z_stream stream;
  int in_tail;
  int result;
};

halley_inflater *halley_inflater_new(void) {
  halley_inflater *inflater = calloc(1, sizeof *inflater);
  /* 15 bits read what was written with any smaller window. */
  if (inflater && inflateInit2(&inflater->stream, -15) != Z_OK) {
    free(inflater);
    return NULL;
  }
  return inflater;
}

void halley_inflater_free(halley_inflater *inflater) {
  inflateEnd(&inflater->stream);
  free(inflater);
}

void halley_inflater_begin(halley_inflater *inflater, const uint8_t *bytes, size_t count) {
  inflateReset(&inflater->stream);
  inflater->stream.next_in = (Bytef *)bytes;
  inflater->stream.avail_in = (uInt)count;
  inflater->in_tail = 0;
  /* zlib counts in 32 bits; a payload of no bytes is taken as an empty message. */
  inflater->result = count > UINT_MAX ? HALLEY_INFLATE_ERROR : count == 0 ? HALLEY_INFLATE_DONE : HALLEY_INFLATE_MORE;
}

int halley_inflater_step(halley_inflater *inflater, uint8_t *out, size_t room, size_t *written) {
  z_stream *stream = &inflater->stream;
  *written = 0;
  if (inflater->result != HALLEY_INFLATE_MORE) return inflater->result;
  uInt offered = room > UINT_MAX ? UINT_MAX : (uInt)room;
  stream->next_out = out;
  stream->avail_out = offered;
  int result = HALLEY_INFLATE_MORE;
  while (stream->avail_out > 0 && result == HALLEY_INFLATE_MORE) {
    int code = inflate(stream, Z_SYNC_FLUSH);
    if (code == Z_STREAM_END) {
      /* A block with BFINAL ends zlib's stream, not the message (RFC 7692 §7.2.3.4): go on behind it. */
      if (stream->avail_in == 0)
        result = HALLEY_INFLATE_DONE;
      else if (inflater->in_tail || inflateReset(stream) != Z_OK)
        result = HALLEY_INFLATE_ERROR;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      result = HALLEY_INFLATE_ERROR;
    } else if (stream->avail_in == 0 && stream->avail_out > 0) {
      if (!inflater->in_tail) {
        inflater->in_tail = 1;
        stream->next_in = (Bytef *)tail;
        stream->avail_in = sizeof tail;
      } else {
        /* 128: between two blocks. Anything else was cut short, and took the tail for its data. */
        result = stream->data_type & 128 ? HALLEY_INFLATE_DONE : HALLEY_INFLATE_ERROR;
      }
    } else if (code == Z_BUF_ERROR && stream->avail_out > 0) {
      result = HALLEY_INFLATE_ERROR;
    }
  }
  *written = offered - stream->avail_out;
  inflater->result = result;
  return result;
}

struct halley_deflater {
  z_stream *streams[16];
};

halley_deflater *halley_deflater_new(void) { return calloc(1, sizeof(halley_deflater)); }

void halley_deflater_free(halley_deflater *deflater) {
  for (int bits = 9; bits <= 15; bits++) {
    if (!deflater->streams[bits]) continue;
    deflateEnd(deflater->streams[bits]);
    free(deflater->streams[bits]);
  }
  free(deflater);
}

static z_stream *stream_for(halley_deflater *deflater, int bits) {
  if (bits < 9 || bits > 15) return NULL;
  z_stream *stream = deflater->streams[bits];
  if (stream) return deflateReset(stream) == Z_OK ? stream : NULL;
  stream = calloc(1, sizeof *stream);
  /* The fastest level: a loop that compresses serves nobody else meanwhile. */
  if (!stream || deflateInit2(stream, Z_BEST_SPEED, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    free(stream);
    return NULL;
  }
  return deflater->streams[bits] = stream;
}

size_t halley_deflate(halley_deflater *deflater, int window_bits, const uint8_t *bytes, size_t count, uint8_t *out,
                      size_t room) {
  z_stream *stream = stream_for(deflater, window_bits);
  if (!stream || count > UINT_MAX || room > UINT_MAX) return 0;
  stream->next_in = (Bytef *)bytes;
  stream->avail_in = (uInt)count;
  stream->next_out = out;
  stream->avail_out = (uInt)room;
  /* Room that is left over shows that the flush is complete. */
  if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_in != 0 || stream->avail_out == 0) return 0;
  size_t length = room - stream->avail_out;
  return length > sizeof tail ? length - sizeof tail : 0;
}

size_t halley_gzip(const uint8_t *bytes, size_t count, uint8_t *out, size_t room) {
  z_stream stream = {0};
  if (count > UINT_MAX || room > UINT_MAX) return 0;
  /* 16 more than the window's 15 bits asks for the head and the tail of a gzip file. */
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
  stream.next_in = (Bytef *)bytes;
  stream.avail_in = (uInt)count;
  stream.next_out = out;
  stream.avail_out = (uInt)room;
  int code = deflate(&stream, Z_FINISH);
  size_t written = stream.total_out;
  deflateEnd(&stream);
  return code == Z_STREAM_END ? written : 0;
}
