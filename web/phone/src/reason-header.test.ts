import { describe, expect, it } from "vitest";
import { firstReason, parseReasons } from "./reason-header";

describe("parseReasons", () => {
  it("reads protocol, cause and quoted text", () => {
    expect(parseReasons(['SIP;cause=486;text="Busy, \\"very\\""'])).toEqual([
      { protocol: "SIP", cause: 486, text: 'Busy, "very"' },
    ]);
  });

  it("reads a list in one field and in several", () => {
    const list = ['SIP;cause=503;text="Away, for now.", Q.850;cause=38', "X"];
    expect(parseReasons(list)).toEqual([
      { protocol: "SIP", cause: 503, text: "Away, for now." },
      { protocol: "Q.850", cause: 38, text: "" },
      { protocol: "X", text: "" },
    ]);
  });

  it("reads a cause alone, spaces and other parameters", () => {
    expect(parseReasons([" Q.850 ; cause = 16 ;x=y"])).toEqual([
      { protocol: "Q.850", cause: 16, text: "" },
    ]);
  });

  it.each(["", " ", ",,", ";cause=1"])("finds nothing in %j", (value) => {
    expect(parseReasons([value])).toEqual([]);
  });

  it.each(['SIP;cause=99999;text="', "SIP;cause=-1", "SIP;cause=1e3"])(
    "ignores bad %j",
    (value) => {
      expect(parseReasons([value])).toEqual([{ protocol: "SIP", text: "" }]);
    },
  );

  it("cuts a text of any length to what a line can hold", () => {
    expect(firstReason([`SIP;text="${"x".repeat(5000)}"`])?.text).toHaveLength(200);
  });

  it("takes no longer for quotes that never end", () => {
    expect(parseReasons([`SIP;text=${'"\\'.repeat(20_000)}`])).toHaveLength(1);
  });
});

describe("firstReason", () => {
  it("prefers the one with words", () => {
    expect(firstReason(["Q.850;cause=16", 'SIP;cause=200;text="Done"'])?.cause).toBe(200);
    expect(firstReason(["Q.850;cause=16", "SIP;cause=200"])?.cause).toBe(16);
    expect(firstReason([])).toBeUndefined();
  });
});
