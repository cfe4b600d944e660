import type { CallSnapshot, Transfer } from "@offhook/phone";
import { fireEvent, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fakeCall } from "../../testing/fake-engine";
import { renderApp } from "../../testing/render-app";

const text = (testId: string) => screen.getByTestId(testId).textContent;
const click = (testId: string) => fireEvent.click(screen.getByTestId(testId));
const isDisabled = (testId: string) => screen.getByTestId<HTMLButtonElement>(testId).disabled;
const type = (value: string) =>
  fireEvent.change(screen.getByTestId("transfer-number"), { target: { value } });
const talking = (patch: Partial<CallSnapshot> = {}) => fakeCall({ status: "connected", ...patch });
const held = (patch: Partial<CallSnapshot> = {}) =>
  talking({ id: "held", number: "2125550106", held: true, ...patch });
const moving = (state: Transfer["state"]) => talking({ transfer: { to: "5555550104", state } });

describe("The transfer panel", () => {
  it("takes digits from everywhere, sends none into the call, and transfers at once", async () => {
    const { engine } = await renderApp({ calls: [talking()] });
    click("transfer-button");
    expect(document.activeElement).toBe(screen.getByRole("form", { name: "Transfer 4443" }));
    expect(isDisabled("transfer-now-button")).toBe(true);
    expect(isDisabled("ask-first-button")).toBe(true);
    fireEvent.keyDown(document.body, { key: "4" });
    click("dialpad-key-7");
    fireEvent.keyDown(document.body, { key: "x" });
    fireEvent.keyDown(document.body, { key: "1" });
    fireEvent.keyDown(document.body, { key: "Backspace" });
    click("transfer-now-button");
    expect(engine.commands.slice(1)).toEqual(["transfer to 47: call-1"]);
    expect(screen.queryByTestId("transfer-panel")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("region", { name: "Call" }));
  });

  it("transfers with Enter, in the field and anywhere else, but not to nobody", async () => {
    const { engine } = await renderApp({ calls: [talking()] });
    click("transfer-button");
    fireEvent.keyDown(document.body, { key: "Enter" });
    expect(engine.commands).toEqual(["connect"]);
    type("(604) 555-0123");
    fireEvent.keyDown(screen.getByTestId("transfer-number"), { key: "Enter" });
    expect(engine.commands.slice(1)).toEqual(["transfer to 6045550123: call-1"]);
  });

  it("asks first in a call of its own", async () => {
    const { engine } = await renderApp({ calls: [talking()] });
    click("transfer-button");
    type("4747");
    click("ask-first-button");
    expect(engine.commands.slice(1)).toEqual(["call 4747 for call-1"]);
  });

  it("offers the calls on hold", async () => {
    const { engine } = await renderApp({ calls: [held(), talking()] });
    click("transfer-button");
    fireEvent.click(screen.getByRole("button", { name: "Transfer to (212) 555-0106" }));
    expect(engine.commands.slice(1)).toEqual(["transfer to held: call-1"]);
  });

  it.each(["cancel", "Escape on the page", "Escape in the field"])("closes by %s", async (how) => {
    const { engine } = await renderApp({ calls: [talking()] });
    click("transfer-button");
    if (how === "cancel") click("cancel-transfer-button");
    else {
      const field = screen.getByTestId("transfer-number");
      fireEvent.keyDown(how.endsWith("page") ? document.body : field, { key: "Escape" });
    }
    expect(screen.queryByTestId("transfer-panel")).toBeNull();
    expect(engine.commands).toEqual(["connect"]);
  });
});

describe("A transfer under way", () => {
  it.each([
    ["requested", "Asking the phone server…"],
    ["trying", "Calling there…"],
    ["ringing", "It rings there…"],
  ] as const)("says so when it is %s, and leaves only the way out", async (state, words) => {
    const { engine } = await renderApp({ calls: [moving(state)] });
    expect(text("call-status")).toBe("Transferring…");
    expect(text("transfer-status")).toContain("Transferring to (555) 555-0104");
    expect(text("transfer-status")).toContain(words);
    expect(text("announcer")).toBe(`Transferring…${words}`);
    for (const id of ["hold-button", "transfer-button", "add-call-button"]) {
      expect(isDisabled(id)).toBe(true);
    }
    click("hangup-button");
    expect(engine.commands.slice(1)).toEqual(["hangUp call-1"]);
  });

  it("fails with the reason, and gives the call back", async () => {
    const problem = { code: "busy", sentence: "The line is busy.", action: "Try again later." };
    const transfer = { to: "5555550102", state: "failed", problem } as const;
    const { engine } = await renderApp({ calls: [talking({ transfer })] });
    expect(text("call-status")).toBe("Connected");
    expect(screen.getByRole("alert").textContent).toBe(
      "The transfer to (555) 555-0102 failed. The line is busy. Try again later.",
    );
    expect(isDisabled("transfer-button")).toBe(false);
    click("dismiss-transfer-button");
    expect(engine.commands.slice(1)).toEqual(["dismissTransfer call-1"]);
  });

  it("ends as transferred, not as an error", async () => {
    const call = talking({ status: "ended", outcome: "transferred", startedAt: 1, endedAt: 2 });
    await renderApp({ calls: [call] });
    expect(text("call-status")).toBe("Transferred");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("A question before a transfer", () => {
  const asking = (patch: Partial<CallSnapshot> = {}) => talking({ consultFor: "held", ...patch });

  it("can be completed once it is answered", async () => {
    const { engine, show } = await renderApp({ calls: [held(), asking({ status: "ringing" })] });
    expect(isDisabled("complete-transfer-button")).toBe(true);
    show({ calls: [held(), asking()] });
    click("complete-transfer-button");
    expect(engine.commands.slice(1)).toEqual(["transfer to call-1: held"]);
    const transfer = { to: "4443", state: "requested" } as const;
    show({ calls: [held({ transfer }), asking()] });
    expect(text("complete-transfer-button")).toBe("Transferring…");
    expect(isDisabled("complete-transfer-button")).toBe(true);
    expect(isDisabled("back-to-caller-button")).toBe(true);
    expect(text("transfer-status")).toContain("Transferring to 4443");
  });

  it("leads back to the caller, also before it is answered", async () => {
    const { engine } = await renderApp({ calls: [held(), asking({ status: "ringing" })] });
    click("back-to-caller-button");
    expect(engine.commands.slice(1)).toEqual(["hangUp call-1", "resume held"]);
  });

  it("shows why the transfer failed", async () => {
    const problem = { code: "server", sentence: "No.", action: "" };
    const transfer = { to: "4443", state: "failed", problem } as const;
    await renderApp({ calls: [held({ transfer }), asking()] });
    expect(text("transfer-problem")).toBe("The transfer to 4443 failed. No.");
    expect(isDisabled("complete-transfer-button")).toBe(false);
  });

  it("is an ordinary call when the caller has gone meanwhile", async () => {
    const gone = held({ status: "ended", outcome: "completed", startedAt: 1, endedAt: 2 });
    await renderApp({ calls: [gone, asking()] });
    expect(screen.queryByTestId("complete-transfer-button")).toBeNull();
    expect(text("last-call-status")).toBe("Call ended");
  });
});
