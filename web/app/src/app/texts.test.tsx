import { act, fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { createPhoneStore } from "../stores/phone-store";
import { createTextStore } from "../stores/text-store";
import { FakeEngine, fakeCall } from "../testing/fake-engine";
import { renderApp } from "../testing/render-app";

const at = Date.now();
const ada = { number: "2125550106", name: "" };
const hello = { id: "1", from: ada, text: "hello\n<b>there</b>", at };
const text = (testId: string) => screen.getByTestId(testId).textContent;

describe("Text messages", () => {
  it("are shown with sender, text as text, and time, and read out", async () => {
    const { show } = await renderApp();
    expect(screen.queryByTestId("texts")).toBeNull();
    expect(text("news-announcer")).toBe("");
    show({ texts: [hello] });
    const card = within(screen.getByTestId("text-card"));
    expect(card.getByText("(212) 555-0106")).toBeTruthy();
    expect(card.getByText(/<b>there<\/b>/)).toBeTruthy();
    expect(card.getByRole("time").textContent).toMatch(/^\d+:\d\d/);
    expect(text("news-announcer")).toContain("Text message from (212) 555-0106: hello");
  });

  it("show the latest first, and go when they are dismissed", async () => {
    const { show } = await renderApp();
    const second = { ...hello, id: "2", text: "again", at: at + 1 };
    show({ texts: [hello, second] });
    expect(screen.getAllByTestId("text-card")[0]?.textContent).toContain("again");
    const [latest] = screen.getAllByTestId("text-dismiss-button");
    if (latest) fireEvent.click(latest);
    expect(screen.getByTestId("text-card").textContent).toContain("hello");
    expect(text("news-announcer")).toBe("");
    show({ texts: [hello, second], connection: "reconnecting" });
    expect(screen.getAllByTestId("text-card")).toHaveLength(1);
    fireEvent.click(screen.getByTestId("text-dismiss-button"));
    expect(screen.queryByTestId("texts")).toBeNull();
  });

  it("call back, but not during a call, and not who withheld the number", async () => {
    const { engine, show } = await renderApp({ texts: [hello] });
    fireEvent.click(screen.getByTestId("text-call-button"));
    expect(engine.commands).toContain("call 2125550106");
    show({ calls: [fakeCall()] });
    expect(screen.getByTestId<HTMLButtonElement>("text-call-button").disabled).toBe(true);
    fireEvent.click(screen.getByTestId("text-dismiss-button"));
    show({ texts: [{ ...hello, id: "2", from: { number: "", name: "" } }] });
    expect(text("text-card")).toContain("Withheld number");
    expect(screen.queryByTestId("text-call-button")).toBeNull();
  });
});

describe("The voicemail line", () => {
  it("says how many wait, and calls *97", async () => {
    const { engine, show } = await renderApp();
    expect(screen.queryByTestId("voicemail")).toBeNull();
    show({ mailbox: { waiting: true, new: 2, old: 1 } });
    expect(text("voicemail")).toBe("2 new voicemails");
    expect(text("news-announcer")).toBe("2 new voicemails");
    fireEvent.click(screen.getByTestId("voicemail-button"));
    expect(engine.commands).toContain("call *97");
    show({ mailbox: { waiting: true, new: 1, old: 1 } });
    expect(text("voicemail")).toBe("1 new voicemail");
    show({ mailbox: { waiting: true } });
    expect(text("voicemail")).toBe("Voicemail waiting");
    show({ mailbox: { waiting: false, new: 0, old: 3 } });
    expect(screen.queryByTestId("voicemail")).toBeNull();
  });
});

describe("The texts' store", () => {
  const open = async (tab: string, storage: Storage | undefined) => {
    const engine = new FakeEngine();
    const phone = createPhoneStore(Promise.resolve(engine));
    await act(() => Promise.resolve());
    const texts = createTextStore(phone, storage, tab);
    const words = () => texts.getState().texts.map((shown) => shown.text);
    return { engine, texts, words };
  };
  const changed = () => dispatchEvent(new StorageEvent("storage", { key: "offhook.text.1" }));

  it("keeps them over a reload until they are dismissed", async () => {
    localStorage.clear();
    const before = await open("a", localStorage);
    before.engine.show({ texts: [hello] });
    const after = await open("b", localStorage);
    expect(after.words()).toEqual([hello.text]);
    after.texts.getState().dismiss("1");
    expect((await open("c", localStorage)).words()).toEqual([]);
  });

  it("has stored a text when the engine's watchers have been told", async () => {
    localStorage.clear();
    const { engine } = await open("a", localStorage);
    engine.show({ texts: [hello] });
    expect(localStorage.getItem("offhook.text.1")).toContain("hello");
  });

  it("shows a text once that several tabs received, and dismisses it in all", async () => {
    localStorage.clear();
    const [a, b] = [await open("a", localStorage), await open("b", localStorage)];
    const again = { ...hello, at: at + 2 };
    a.engine.show({ texts: [hello, { ...again, id: "2" }] });
    b.engine.show({
      texts: [
        { ...hello, id: "3" },
        { ...again, id: "4" },
      ],
    });
    changed();
    expect(a.words()).toHaveLength(2); // it was sent twice
    expect(b.words()).toHaveLength(2);
    for (const { id } of a.texts.getState().texts) a.texts.getState().dismiss(id);
    changed();
    expect(b.words()).toEqual([]);
    b.engine.show({ connection: "reconnecting" });
    expect(b.words()).toEqual([]);
    expect(localStorage).toHaveLength(0);
  });

  it("keeps 50, and passes over what it cannot read", async () => {
    localStorage.clear();
    localStorage.setItem("offhook.text.x", "{");
    localStorage.setItem("offhook.text.y", "null");
    const { engine, words } = await open("a", localStorage);
    for (let i = 0; i <= 50; ++i) {
      engine.show({ texts: [{ ...hello, id: String(i), text: String(i), at: at + i }] });
    }
    expect(words()).toHaveLength(50);
    expect(words().at(-1)).toBe("1");
    expect(localStorage.getItem("offhook.text.0")).toBeNull();
    localStorage.clear();
  });

  it("shows texts though there is no storage", async () => {
    const { engine, words } = await open("a", undefined);
    engine.show({ texts: [hello] });
    expect(words()).toEqual([hello.text]);
  });
});
