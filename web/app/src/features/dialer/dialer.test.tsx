import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderApp } from "../../testing/render-app";

const field = () => screen.getByTestId<HTMLInputElement>("number-field");
const key = (digit: string) => screen.getByTestId(`dialpad-key-${digit}`);
const type = (value: string) => fireEvent.change(field(), { target: { value } });

afterEach(() => {
  vi.useRealTimers();
});

describe("The dialer", () => {
  it("calls what the keys made, with the button", async () => {
    const { engine } = await renderApp();
    for (const digit of "4443") fireEvent.click(key(digit));
    expect(field().value).toBe("4443");
    fireEvent.click(screen.getByTestId("call-button"));
    expect(engine.commands).toContain("call 4443");
    expect(field().value).toBe("");
  });

  it("calls with Enter, in the field and anywhere else", async () => {
    const { engine } = await renderApp();
    type("911");
    fireEvent.keyDown(field(), { key: "Enter" });
    fireEvent.keyDown(document.body, { key: "4" });
    fireEvent.keyDown(document.body, { key: "Enter" });
    expect(engine.commands.slice(1)).toEqual(["call 911", "call 4"]);
  });

  it("keeps the number until it can call", async () => {
    let load: () => void = () => undefined;
    const { engine } = await renderApp({}, "", (loaded) => {
      return new Promise((resolve) => (load = () => resolve(loaded)));
    });
    const button = screen.getByTestId<HTMLButtonElement>("call-button");
    type("911");
    expect(button.disabled).toBe(true);
    fireEvent.keyDown(field(), { key: "Enter" });
    expect(field().value).toBe("911");
    await act(() => Promise.resolve(load()));
    expect(button.disabled).toBe(false);
    fireEvent.click(button);
    expect(engine.commands).toEqual(["connect", "call 911"]);
  });

  it("does not call again while Enter is held down", async () => {
    const { engine } = await renderApp();
    type("911");
    fireEvent.keyDown(field(), { key: "Enter", repeat: true });
    expect(engine.commands).toEqual(["connect"]);
  });

  it("does not give the focus to a key that is clicked, so that Enter calls", async () => {
    await renderApp();
    type("911");
    expect(fireEvent.mouseDown(key("5"))).toBe(false);
    expect(fireEvent.mouseDown(screen.getByLabelText("Delete last digit"))).toBe(false);
  });

  it("leaves Enter to the button that has the focus", async () => {
    const { engine } = await renderApp();
    type("911");
    fireEvent.keyDown(key("5"), { key: "Enter" });
    expect(engine.commands).toEqual(["connect"]);
  });

  it("takes digits typed anywhere, but no shortcut and nothing else", async () => {
    await renderApp();
    for (const typed of ["1", "*", "#", "+", "a", "F5"]) {
      fireEvent.keyDown(document.body, { key: typed });
    }
    fireEvent.keyDown(document.body, { key: "2", ctrlKey: true });
    expect(field().value).toBe("1*#+");
    fireEvent.keyDown(document.body, { key: "Backspace" });
    expect(field().value).toBe("1*#");
  });

  it("keeps digits without what people write between them", async () => {
    await renderApp();
    type("+1 (604) 555-0123");
    expect(field().value).toBe("+16045550123");
    fireEvent.paste(document.body, { clipboardData: { getData: () => "tel:604.555.0199" } });
    expect(field().value).toBe("6045550199");
  });

  it.each([
    ["tel:+1-604-555-0123;ext=5", "+16045550123"],
    ["sip:4443@host", "4443"],
    ["(604) 555-0123 ext. 45", "6045550123"],
    ["1-800-FLOWERS", "18003569377"],
  ])("takes the number out of %s, wherever it is pasted or dropped", async (text, number) => {
    await renderApp();
    const clipboardData = { getData: () => text };
    fireEvent.paste(document.body, { clipboardData });
    expect(field().value).toBe(number);
    field().select();
    fireEvent.paste(field(), { clipboardData });
    expect(field().value).toBe(number);
    type("");
    type(text);
    expect(field().value).toBe(number);
  });

  it("pastes at the caret and leaves it behind what was pasted", async () => {
    await renderApp();
    type("1234");
    field().setSelectionRange(1, 3);
    fireEvent.paste(field(), { clipboardData: { getData: () => "tel:604" } });
    expect(field().value).toBe("16044");
    expect(field().selectionStart).toBe(4);
  });

  it("leaves the caret where the user typed", async () => {
    await renderApp();
    type("12345");
    fireEvent.change(field(), { target: { value: "12 9345", selectionStart: 4 } });
    expect(field().value).toBe("129345");
    expect(field().selectionStart).toBe(3);
  });

  it("gives a plus for a long press on 0, and a 0 for a short one", async () => {
    vi.useFakeTimers();
    await renderApp();
    fireEvent.pointerDown(key("0"));
    act(() => void vi.advanceTimersByTime(500));
    fireEvent.pointerUp(key("0"));
    fireEvent.click(key("0"));
    expect(field().value).toBe("+");
    fireEvent.pointerDown(key("0"));
    fireEvent.pointerUp(key("0"));
    fireEvent.click(key("0"));
    expect(field().value).toBe("+0");
  });

  it("deletes the last digit, or all with a long press", async () => {
    vi.useFakeTimers();
    await renderApp();
    type("12345");
    const erase = screen.getByLabelText("Delete last digit");
    fireEvent.pointerDown(erase);
    fireEvent.pointerUp(erase);
    fireEvent.click(erase);
    expect(field().value).toBe("1234");
    fireEvent.pointerDown(erase);
    act(() => void vi.advanceTimersByTime(500));
    expect(field().value).toBe("");
  });

  it("brings the last number back when called empty, and calls it at the second press", async () => {
    const { engine } = await renderApp({}, "5551234");
    fireEvent.click(screen.getByTestId("call-button"));
    expect(field().value).toBe("5551234");
    expect(engine.commands).toEqual(["connect"]);
    fireEvent.click(screen.getByTestId("call-button"));
    expect(engine.commands).toContain("call 5551234");
  });

  it("says at once when this browser cannot call", async () => {
    vi.stubGlobal("RTCPeerConnection", undefined);
    await renderApp();
    expect(screen.getByTestId("error-message").textContent).toContain("cannot make calls");
  });
});
