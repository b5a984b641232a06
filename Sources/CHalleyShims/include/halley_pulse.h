#pragma once
#include <stdint.h>

/* What a loop says about itself to a thread that watches it: plain stores, no clock. Written by the loop's thread alone.
 *
 * `beat` is odd while a callback runs, and every callback and job of it has a number of its own. `place` says what the
 * callback is about, 0 for nothing that is known. */
typedef struct halley_pulse {
  uint64_t beat;
  uint64_t place;
} halley_pulse;

static inline void halley_pulse_store(halley_pulse *_Nonnull pulse, uint64_t beat, uint64_t place) {
  __atomic_store_n(&pulse->place, place, __ATOMIC_RELAXED);
  __atomic_store_n(&pulse->beat, beat, __ATOMIC_RELEASE);
}

/* A callback begins that nothing but the loop itself calls: on the way of every message, so no more than one word is written.
 * `place` is 0 then, since the end of each callback has seen to that. */
static inline void halley_pulse_begin(halley_pulse *_Nonnull pulse) {
  __atomic_store_n(&pulse->beat, pulse->beat + 1, __ATOMIC_RELEASE);
}

/* That callback has ended. */
static inline void halley_pulse_end(halley_pulse *_Nonnull pulse) { halley_pulse_store(pulse, pulse->beat + 1, 0); }

/* A callback begins. Returns what `halley_pulse_leave` wants to know: callbacks may be called from callbacks. */
static inline uint64_t halley_pulse_enter(halley_pulse *_Nonnull pulse) {
  uint64_t beat = __atomic_load_n(&pulse->beat, __ATOMIC_RELAXED);
  uint64_t outer = beat & 1;
  halley_pulse_store(pulse, beat + 1 + outer, 0);
  return outer;
}

/* The callback has ended. */
static inline void halley_pulse_leave(halley_pulse *_Nonnull pulse, uint64_t outer) {
  halley_pulse_store(pulse, pulse->beat + 1 + outer, 0);
}

/* The next job of a callback begins. */
static inline void halley_pulse_next(halley_pulse *_Nonnull pulse) { halley_pulse_store(pulse, pulse->beat + 2, 0); }

/* Says what the callback is about. */
static inline void halley_pulse_at(halley_pulse *_Nonnull pulse, uint64_t place) {
  __atomic_store_n(&pulse->place, place, __ATOMIC_RELEASE);
}

/* Any thread: the beat, and what it is about, unless the next one has begun meanwhile. */
static inline halley_pulse halley_pulse_read(const halley_pulse *_Nonnull pulse) {
  halley_pulse seen;
  seen.beat = __atomic_load_n(&pulse->beat, __ATOMIC_ACQUIRE);
  seen.place = __atomic_load_n(&pulse->place, __ATOMIC_ACQUIRE);
  if (__atomic_load_n(&pulse->beat, __ATOMIC_RELAXED) != seen.beat) seen.place = 0;
  return seen;
}
