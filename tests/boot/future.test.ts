/**
 * Time beyond 2038 and 2106: a program on systems whose clock stands there. Its output was worked
 * out by hand; the dates are those of the seconds below and in the program.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { structures } from "../syscalls/sixfold.js";
import { boot, program, skip } from "./programs.js";

/** The day after 2^31 and 2^32 seconds, and a far one, with their dates. */
const moments = [
  [2 ** 31 + 86_400, "2038-01-20"],
  [2 ** 32 + 86_400, "2106-02-08"],
  [16_725_225_600, "2500-01-01"],
] as const;

const expected = (date: string): string =>
  `time: ${date}
coarse: ${date}
gettimeofday: ${date}
new file: ${date}
futimens(file, times) = 0
read: 2160-02-18
written: 2106-02-07
5 7
clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, 0) = 0
sem_timedwait(&semaphore, &time) = -1 ETIMEDOUT
pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT: yes
pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT: yes
timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, 0) = 0
read(timer, &count, 8) = 8
timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, 0) = 0
poll(&entry, 1, 5) = 0
timerfd_gettime(timer, &spec) = 0
spec.it_value.tv_sec > 2999999000 && spec.it_value.tv_sec <= 3000000000: yes
`;

for (const structure of structures) {
  for (const [epochSeconds, date] of moments) {
    test(`${date} on ${structure}`, { skip }, async () => {
      const ran = boot(structure, await program("programs/future"), [], { epochSeconds });
      assert.equal(ran.hang, null);
      assert.equal(ran.stdout, expected(date));
      assert.equal(ran.exitCode, 0);
    });
  }
}
