import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useRingtone, useWaitingTone } from "./ringtone";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it.each([100, 6100, 8000])("is silent once answered, %i ms after it began", (milliseconds) => {
  const { unmount } = renderHook(useRingtone);
  vi.advanceTimersByTime(milliseconds);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});

it("gives no more sign of a waiting call that waits no longer", () => {
  const { unmount } = renderHook(useWaitingTone);
  vi.advanceTimersByTime(10_000);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
