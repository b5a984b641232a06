#pragma once

/* Fixes the size from which malloc gives freed blocks back to the system at once (1 MiB). Otherwise glibc moves it up
   to 32 MiB as large blocks are freed, and one large message per loop stays in memory for good. mallopt(3). */
void halley_memory_fix_threshold(void);
