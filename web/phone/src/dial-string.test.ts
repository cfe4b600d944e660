import { expect, it } from "vitest";
import { dialString } from "./dial-string";

it.each([
  ["4443", "4443"],
  ["+1 (604) 555-0123", "+16045550123"],
  ["  +44 20 7946 0000", "+442079460000"],
  ["tel:+1-604-555-0123;ext=5", "+16045550123"],
  ["*97", "*97"],
  ["#31#6045550123", "#31#6045550123"],
  ["1-800-FLOWERS", "18003569377"],
  ["604+555", "604555"],
  ["+", ""],
  ["", ""],
  ["…", ""],
])("makes %j into %j", (typed, dialled) => {
  expect(dialString(typed)).toBe(dialled);
});

it("stops at 64 characters", () => {
  expect(dialString(`+${"1".repeat(500)}`)).toHaveLength(64);
});
