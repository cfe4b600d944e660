import { fireEvent, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { fakeCall } from "../testing/fake-engine";
import { renderApp } from "../testing/render-app";

const session = {
  user: { name: "demo" },
  sip: { uri: "sip:demo@offhook.invalid" },
  demo: true,
  trunks: [{ name: "demo", state: "waiting", reason: "no answer" }],
};
const text = (testId: string) => screen.getByTestId(testId).textContent;

describe("The page", () => {
  it("shows dialer, call, and how it ended, as the call goes", async () => {
    const { engine, show } = await renderApp();
    expect(engine.commands).toEqual(["connect"]);
    show({ calls: [fakeCall()] });
    expect(text("call-status")).toBe("Connecting…");
    expect(screen.queryByTestId("number-field")).toBeNull();
    show({ calls: [fakeCall({ status: "ringing" })] });
    expect(text("call-status")).toBe("Ringing…");
    expect(text("announcer")).toBe("Ringing…");
    expect(screen.queryByTestId("call-timer")).toBeNull();
    show({ calls: [fakeCall({ status: "connected", startedAt: Date.now() - 61_000 })] });
    expect(text("call-status")).toBe("Connected");
    expect(text("call-timer")).toBe("1:01");
    fireEvent.click(screen.getByTestId("hangup-button"));
    expect(engine.commands).toContain("hangUp call-1");
    show({
      calls: [fakeCall({ status: "ended", outcome: "completed", startedAt: 1, endedAt: 2 })],
    });
    expect(text("call-status")).toBe("Call ended");
    expect(screen.getByTestId("number-field")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole("form", { name: "Call a number" }));
  });

  it("runs the timer", async () => {
    vi.useFakeTimers();
    const calls = [fakeCall({ status: "connected", startedAt: Date.now() })];
    const { show } = await renderApp({ calls });
    expect(text("call-timer")).toBe("0:00");
    vi.advanceTimersByTime(3000);
    show({});
    expect(text("call-timer")).toBe("0:03");
    vi.useRealTimers();
  });

  it("says what went wrong and what to do", async () => {
    const problem = { code: "busy", sentence: "The line is busy.", action: "Try again later." };
    await renderApp({ calls: [fakeCall({ status: "failed", outcome: "busy", problem })] });
    expect(text("call-status")).toBe("Busy");
    expect(text("error-message")).toBe("The line is busy. Try again later.");
    expect(screen.getByRole("alert")).toBe(screen.getByTestId("error-message"));
  });

  it("mutes and says so", async () => {
    const { engine, show } = await renderApp({ calls: [fakeCall({ status: "connected" })] });
    fireEvent.click(screen.getByTestId("mute-button"));
    expect(engine.commands).toContain("mute call-1");
    show({ calls: [fakeCall({ status: "connected", muted: true })] });
    expect(screen.getByTestId("mute-button").getAttribute("aria-pressed")).toBe("true");
    fireEvent.click(screen.getByTestId("mute-button"));
    expect(engine.commands).toContain("unmute call-1");
  });

  it("sends digits at once, clicked or typed, and 0 is 0", async () => {
    const { engine } = await renderApp({ calls: [fakeCall({ status: "connected" })] });
    fireEvent.click(screen.getByTestId("dialpad-key-5"));
    fireEvent.keyDown(document.body, { key: "#" });
    fireEvent.keyDown(document.body, { key: "x" });
    fireEvent.click(screen.getByTestId("dialpad-key-0"));
    expect(engine.commands.slice(1)).toEqual([
      "sendDigit 5 call-1",
      "sendDigit # call-1",
      "sendDigit 0 call-1",
    ]);
    expect(text("sent-digits")).toBe("5#0");
  });

  it("does not show a digit as sent that was not", async () => {
    const { engine } = await renderApp({ calls: [fakeCall()] });
    engine.sendsDigits = false;
    fireEvent.click(screen.getByTestId("dialpad-key-5"));
    expect(text("sent-digits")).toBe("");
  });

  it("reads out who calls, and takes the focus without a button having it", async () => {
    const call = fakeCall({ direction: "incoming", status: "ringing", number: "2125550106" });
    await renderApp({ calls: [{ ...call, name: "Ada" }] });
    expect(screen.getByRole("alert").textContent).toBe("Incoming callAda(212) 555-0106");
    const view = screen.getByTestId("incoming-call");
    expect(document.activeElement).toBe(view);
    expect(screen.getByRole("region", { name: /Ada.*555-0106/ })).toBe(view);
  });

  it("reads out hints and what is wrong with the connection, once", async () => {
    const hint = { code: "x", sentence: "The microphone is gone.", action: "Plug it in." };
    const problem = { code: "y", sentence: "It was lost.", action: "" };
    const incoming = { direction: "incoming", status: "ringing" } as const;
    const { show } = await renderApp({ calls: [fakeCall({ ...incoming, hint })] });
    expect(text("announcer")).toBe("The microphone is gone. Plug it in.");
    show({ calls: [fakeCall({ status: "connected", hint })], problem });
    expect(text("announcer")).toBe("ConnectedThe microphone is gone. Plug it in.It was lost.");
    expect(screen.getByTestId("call-hint").getAttribute("role")).toBeNull();
  });

  it("shows who calls, in the tab's title too, and answers or declines", async () => {
    const call = fakeCall({ direction: "incoming", status: "ringing", number: "2125550106" });
    const { engine, show } = await renderApp({ calls: [call] });
    expect(text("incoming-call")).toContain("(212) 555-0106");
    expect(document.title).toBe("Incoming call: (212) 555-0106 – Offhook");
    fireEvent.click(screen.getByTestId("answer-button"));
    fireEvent.click(screen.getByTestId("decline-button"));
    expect(engine.commands.slice(1)).toEqual(["answer call-1", "decline call-1"]);
    show({ calls: [{ ...call, status: "ended", outcome: "cancelled" }] });
    expect(text("call-status")).toBe("Missed call");
    expect(document.title).toBe("Offhook");
  });

  it("keeps the incoming call on the screen when the microphone is refused", async () => {
    const problem = { code: "microphone_denied", sentence: "Not allowed.", action: "Allow it." };
    const call = fakeCall({ direction: "incoming", status: "ringing", number: "", problem });
    await renderApp({ calls: [call] });
    expect(text("error-message")).toBe("Not allowed. Allow it.");
    expect(text("incoming-call")).toContain("Withheld number");
    expect(screen.getByTestId("answer-button")).toBeTruthy();
  });

  it("shows the text of the far end as text", async () => {
    const name = "<img src=x onerror=alert(1)>";
    await renderApp({ calls: [fakeCall({ status: "connected", name })] });
    expect(screen.getByText(name)).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });

  it("always says how the connection is, and why it is gone", async () => {
    const { show } = await renderApp();
    expect(text("connection-status")).toBe("Ready");
    const problem = { code: "x", sentence: "It was lost.", action: "Wait." };
    show({ connection: "reconnecting", registration: "unregistered", problem });
    expect(text("connection-status")).toBe("Reconnecting…");
    expect(text("connection-problem")).toBe("It was lost. Wait.");
    show({ connection: "online", registration: "registering" });
    expect(text("connection-status")).toBe("Signing in…");
  });

  it("forgets a problem that is over", async () => {
    const { engine } = await renderApp({ problem: { code: "x", sentence: "Lost.", action: "" } });
    expect(screen.getByTestId("connection-problem")).toBeTruthy();
    const { problem: _, ...well } = engine.snapshot;
    engine.snapshot = well;
    engine.show({});
    expect(await screen.findByText("Ready")).toBeTruthy();
    expect(screen.queryByTestId("connection-problem")).toBeNull();
  });

  it("offers the demo's numbers and says how the provider is, only in the demo", async () => {
    const { show } = await renderApp({ session });
    expect(text("trunk-list")).toBe("Provider “demo”: not connected, trying again – no answer");
    fireEvent.click(screen.getByText("Echo: hear yourself"));
    expect(screen.getByTestId<HTMLInputElement>("number-field").value).toBe("4443");
    expect(document.activeElement).toBe(screen.getByTestId("number-field"));
    show({ session: { ...session, demo: false } });
    expect(screen.queryByTestId("demo-numbers")).toBeNull();
  });
});
