#include "include/halley_memory.h"
#include <malloc.h>

void halley_memory_fix_threshold(void) { mallopt(M_MMAP_THRESHOLD, 1 << 20); }
