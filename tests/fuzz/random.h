/* Chance that a seed decides: xorshift64*, and the mixing of seeds by splitmix64's finisher. */
#ifndef RANDOM_H
#define RANDOM_H
#include <stdint.h>

static uint64_t random_state = 1;

static uint64_t mixed(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

/* The same three numbers give the same sequence. */
static void seed_random(uint64_t seed, uint64_t worker, uint64_t batch) {
  random_state = mixed(seed + 0x9e3779b97f4a7c15u * (worker + 1) + mixed(batch + 1)) | 1;
}

static uint64_t next64(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 0x2545f4914f6cdd1du;
}

/* 0 to limit - 1 */
static uint32_t below(uint32_t limit) { return (uint32_t)((next64() >> 32) * limit >> 32); }

static int one_in(uint32_t count) { return below(count) == 0; }

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])
#endif
