#pragma once
#include <stddef.h>
#include <stdint.h>

/* Opening files for a web server. Every result below 0 is a negated errno. */

/* What an open descriptor refers to. */
struct halley_file_status {
  int64_t size;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
  uint64_t inode;
  int32_t is_regular;
  int32_t is_directory;
};

/* Opens a directory as a root for halley_open_beneath. Only a place in the tree: nothing can be read from it. */
int halley_open_root(const char *_Nonnull path);

/*
 * Opens a path below `root` for reading and says what it is. The kernel itself refuses to leave the root, by "..",
 * by an absolute path, by a link or by a magic link, also while others rename; glibc 2.36 has no function for
 * openat2(2). Never blocks on a FIFO, never becomes a controlling terminal.
 */
int halley_open_beneath(int root, const char *_Nonnull path, struct halley_file_status *_Nonnull status);

/* Reads `count` bytes at `offset`, over interruptions; fewer only at the end of the file. Returns how many. */
int64_t halley_read_at(int file, void *_Nonnull bytes, size_t count, int64_t offset);

/* Closes a descriptor of the functions above. */
void halley_close(int file);
