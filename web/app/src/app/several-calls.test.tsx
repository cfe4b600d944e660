import type { CallSnapshot } from "@offhook/phone";
import { fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fakeCall } from "../testing/fake-engine";
import { renderApp } from "../testing/render-app";

const text = (testId: string) => screen.getByTestId(testId).textContent;
const click = (testId: string) => fireEvent.click(screen.getByTestId(testId));
const isDisabled = (testId: string) => screen.getByTestId<HTMLButtonElement>(testId).disabled;
const talking = (patch: Partial<CallSnapshot> = {}) => fakeCall({ status: "connected", ...patch });
const held = (patch: Partial<CallSnapshot> = {}) =>
  talking({ id: "held", number: "2125550106", name: "Ada", held: true, ...patch });
const waiting = (patch: Partial<CallSnapshot> = {}) =>
  fakeCall({ id: "new", direction: "incoming", status: "ringing", number: "2125550106", ...patch });

describe("Hold", () => {
  it("is asked for, shown as pending, and taken back", async () => {
    const { engine, show } = await renderApp({ calls: [talking()] });
    click("hold-button");
    show({ calls: [talking({ pending: "hold" })] });
    expect(text("hold-button")).toBe("Holding…");
    expect(isDisabled("hold-button")).toBe(true);
    show({ calls: [talking({ held: true })] });
    expect(text("call-status")).toBe("On hold");
    expect(text("announcer")).toBe("On hold");
    expect(screen.getByTestId("hold-button").getAttribute("aria-pressed")).toBe("true");
    click("hold-button");
    show({ calls: [talking({ held: true, pending: "resume" })] });
    expect(text("hold-button")).toBe("Resuming…");
    expect(engine.commands.slice(1)).toEqual(["hold call-1", "resume call-1"]);
  });

  it("is for calls that were answered", async () => {
    await renderApp({ calls: [fakeCall({ status: "ringing" })] });
    for (const id of ["hold-button", "transfer-button", "add-call-button"]) {
      expect(isDisabled(id)).toBe(true);
    }
    expect(isDisabled("mute-button")).toBe(false);
  });
});

describe("A call that comes in during another one", () => {
  it("is offered above the call, with what becomes of that one, and takes no focus", async () => {
    const { engine, show } = await renderApp({ calls: [talking({ name: "Grace" })] });
    const focused = document.activeElement;
    show({ calls: [talking({ name: "Grace" }), waiting()] });
    expect(text("call-status")).toBe("Connected");
    expect(document.activeElement).toBe(focused);
    const banner = within(screen.getByTestId("incoming-call"));
    expect(banner.getByRole("alert").textContent).toBe("Incoming call(212) 555-0106");
    expect(banner.getByText("Answering puts Grace on hold.")).toBeTruthy();
    click("answer-button");
    show({ calls: [talking(), waiting({ pending: "answer" })] });
    expect(text("answer-button")).toBe("Answering…");
    expect(isDisabled("answer-button")).toBe(true);
    click("decline-button");
    expect(engine.commands.slice(1)).toEqual(["answer new", "decline new"]);
  });

  it("ends a call that is only being set up, and says so", async () => {
    await renderApp({ calls: [fakeCall(), waiting()] });
    expect(screen.getByText("Answering ends the call to 4443.")).toBeTruthy();
  });

  it("stays, with the reason, where it could not be answered", async () => {
    const problem = { code: "no_room", sentence: "It stays.", action: "" };
    await renderApp({ calls: [talking(), waiting({ problem })] });
    expect(text("error-message")).toBe("It stays.");
    expect(isDisabled("answer-button")).toBe(false);
  });
});

describe("Calls on hold", () => {
  it("stand above the one that is talked in, and are swapped or hung up", async () => {
    const { engine, show } = await renderApp({ calls: [held(), talking()] });
    expect(text("other-call-status")).toBe("On hold");
    fireEvent.click(screen.getByRole("button", { name: "Swap to Ada" }));
    fireEvent.click(screen.getByRole("button", { name: "Hang up Ada" }));
    expect(engine.commands.slice(1)).toEqual(["resume held", "hangUp held"]);
    show({ calls: [held({ pending: "resume" }), talking({ pending: "hold" })] });
    expect(text("other-call-status")).toBe("Resuming…");
    expect(isDisabled("swap-button")).toBe(true);
  });

  it("are not swapped for a call that is being set up: that would end it", async () => {
    await renderApp({ calls: [held(), fakeCall()] });
    expect(isDisabled("swap-button")).toBe(true);
  });

  it("come back when the other one ends, which says how it ended", async () => {
    const problem = { code: "busy", sentence: "The line is busy.", action: "" };
    const over = fakeCall({ id: "over", status: "failed", outcome: "busy", problem });
    await renderApp({ calls: [held(), over] });
    expect(text("call-status")).toBe("On hold");
    expect(text("last-call-status")).toBe("Busy");
    expect(screen.getByRole("alert").textContent).toBe("The line is busy.");
    expect(screen.queryByTestId("other-calls")).toBeNull();
  });
});

describe("Another call", () => {
  it("is dialled beside the first, which can be gone back to", async () => {
    const { engine, show } = await renderApp({ calls: [talking()] });
    click("add-call-button");
    expect(document.activeElement).toBe(screen.getByRole("form", { name: "Call a number" }));
    click("back-button");
    expect(text("call-status")).toBe("Connected");
    click("add-call-button");
    fireEvent.keyDown(document.body, { key: "5" });
    click("call-button");
    expect(engine.commands.slice(1)).toEqual(["call 5"]);
    show({ calls: [talking({ held: true }), fakeCall({ id: "second", number: "5" })] });
    expect(text("call-status")).toBe("Connecting…");
    expect(screen.queryByTestId("number-field")).toBeNull();
    show({ calls: [talking({ held: true })] });
    expect(text("call-status")).toBe("On hold");
  });
});
