import { expect, it } from "vitest";
import { BackOff } from "./back-off";

it("doubles up to the longest wait and starts again after a reset", () => {
  const backOff = new BackOff({ first: 500, longest: 3000, random: () => 1 });
  expect([1, 2, 3, 4, 5].map(() => backOff.next())).toEqual([500, 1000, 2000, 3000, 3000]);
  backOff.reset();
  expect(backOff.next()).toBe(500);
});

it("waits at least half of the time, so that jitter never makes a busy loop", () => {
  const backOff = new BackOff({ first: 500, longest: 3000, random: () => 0 });
  expect(backOff.next()).toBe(250);
});

it("stays finite after any number of attempts", () => {
  const backOff = new BackOff({ first: 500, longest: 3000, random: () => 0.5 });
  for (let attempt = 0; attempt < 5000; ++attempt) backOff.next();
  expect(backOff.next()).toBe(2250);
});
