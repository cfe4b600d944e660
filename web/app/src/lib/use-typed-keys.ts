import { useEffect, useEffectEvent } from "react";

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("button, a, summary") !== null;
}

/**
 * Keys typed anywhere on the page but in a field. Enter belongs to the button that has the focus.
 * The handler returns whether it made use of the key.
 */
export function useTypedKeys(onKey: (key: string) => boolean): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.repeat && event.key !== "Backspace") return;
    if (isEditable(event.target) || (event.key === "Enter" && isControl(event.target))) return;
    if (onKey(event.key)) event.preventDefault();
  });
  useEffect(() => {
    addEventListener("keydown", handle);
    return () => removeEventListener("keydown", handle);
  }, []);
}

/** Text pasted anywhere on the page but in a field. */
export function usePastedText(onText: (text: string) => void): void {
  const handle = useEffectEvent((event: ClipboardEvent) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!isEditable(event.target) && text !== "") onText(text);
  });
  useEffect(() => {
    addEventListener("paste", handle);
    return () => removeEventListener("paste", handle);
  }, []);
}
