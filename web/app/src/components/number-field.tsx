import { dialString } from "@offhook/phone/dial-string";
import { type ClipboardEvent, type KeyboardEvent, useLayoutEffect, useRef } from "react";
import { cleanNumber } from "../lib/clean-number";
import "./number-field.css";

interface Props {
  readonly id?: string;
  readonly label: string;
  readonly testId: string;
  readonly number: string;
  readonly onChange: (number: string) => void;
  readonly onEnter: () => void;
}

/** The number as it is dialled. What does not belong into it vanishes without moving the caret. */
export function NumberField({ id, label, number, onChange, onEnter, testId }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const caret = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  });
  const change = (input: HTMLInputElement) => {
    // What comes all at once was not typed: it was dropped, dictated or filled in.
    if (number === "" && input.value.length > 1) return onChange(dialString(input.value));
    caret.current = cleanNumber(input.value.slice(0, input.selectionStart ?? undefined)).length;
    onChange(input.value);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (!event.repeat) onEnter();
  };
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    event.preventDefault();
    const { selectionEnd, selectionStart } = event.currentTarget;
    const before = number.slice(0, selectionStart ?? undefined);
    const pasted = dialString(event.clipboardData.getData("text"));
    caret.current = before.length + pasted.length;
    onChange(before + pasted + number.slice(selectionEnd ?? number.length));
  };
  return (
    <input
      ref={field}
      id={id}
      className="number-field"
      data-testid={testId}
      data-long={number.length > 14 || undefined}
      aria-label={label}
      placeholder="Enter a number"
      type="text"
      inputMode="tel"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      value={number}
      onChange={({ currentTarget }) => change(currentTarget)}
      onKeyDown={keyDown}
      onPaste={paste}
    />
  );
}
