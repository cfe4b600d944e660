import { type KeyboardEvent, useLayoutEffect, useRef } from "react";
import { cleanNumber } from "../../stores/dial-store";

interface Props {
  readonly number: string;
  readonly onChange: (number: string) => void;
  readonly onEnter: () => void;
}

/** The number as it is dialled. What does not belong into it vanishes without moving the caret. */
export function NumberField({ number, onChange, onEnter }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const caret = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  });
  const change = (input: HTMLInputElement) => {
    caret.current = cleanNumber(input.value.slice(0, input.selectionStart ?? undefined)).length;
    onChange(input.value);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onEnter();
  };
  return (
    <input
      ref={field}
      className="number-field"
      data-testid="number-field"
      data-long={number.length > 14 || undefined}
      aria-label="Phone number"
      placeholder="Enter a number"
      type="text"
      inputMode="tel"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      value={number}
      onChange={({ currentTarget }) => change(currentTarget)}
      onKeyDown={keyDown}
    />
  );
}
