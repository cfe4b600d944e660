import type { CallSnapshot } from "@offhook/phone";
import { dialString } from "@offhook/phone/dial-string";
import { type KeyboardEvent, type SubmitEvent, useEffect, useRef, useState } from "react";
import { Dialpad } from "../../components/dialpad";
import { NumberField } from "../../components/number-field";
import { Pill } from "../../components/pill";
import { RoundButton } from "../../components/round-button";
import { cleanNumber } from "../../lib/clean-number";
import { playKeyTone } from "../../lib/key-tone";
import { partyWords } from "../../lib/party-words";
import { usePastedText, useTypedKeys } from "../../lib/use-typed-keys";
import { otherCalls } from "../../stores/calls-slice";
import { usePhone } from "../../stores/context";

interface Props {
  readonly call: CallSnapshot;
  readonly onClose: () => void;
}

/** Where a call shall go: to a number, at once or after a question, or to another call. */
export function TransferPanel({ call, onClose }: Props) {
  const { id } = call;
  const phone = usePhone((state) => state);
  const others = otherCalls(phone).filter(({ status }) => status === "connected");
  const [number, setNumber] = useState("");
  const form = useRef<HTMLFormElement>(null);
  // Not the field: on a phone that would bring the keyboard up. Typed digits find it anyway.
  useEffect(() => form.current?.focus(), []);

  const press = (key: string) => {
    playKeyTone(key);
    setNumber((before) => cleanNumber(before + key));
  };
  const transferTo = (to: string | CallSnapshot) => {
    phone.transfer(id, to);
    onClose();
  };
  const submit = () => {
    if (number !== "") transferTo(number);
  };
  const ask = () => {
    phone.call(number, { consultFor: id });
    onClose(); // where it cannot even be tried, this call stays the one in view
  };
  useTypedKeys((key) => {
    if (/^[0-9*#+]$/.test(key)) press(key);
    else if (key === "Backspace") setNumber((before) => before.slice(0, -1));
    else if (key === "Enter") submit();
    else if (key === "Escape") onClose();
    else return false;
    return true;
  });
  usePastedText((text) => setNumber(dialString(text)));
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    submit();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // also from the field, where typed keys are left alone
    onClose();
  };
  return (
    <form
      ref={form}
      className="transfer-panel"
      tabIndex={-1}
      aria-label={`Transfer ${partyWords(call)}`}
      data-testid="transfer-panel"
      onSubmit={onSubmit}
      onKeyDown={onKeyDown}
    >
      {others.length > 0 && (
        <div className="transfer-calls" role="group" aria-label="To a call on hold">
          {others.map((other) => (
            <Pill
              key={other.id}
              data-testid="transfer-to-call-button"
              onClick={() => transferTo(other)}
            >
              Transfer to {partyWords(other)}
            </Pill>
          ))}
        </div>
      )}
      <NumberField
        label="Transfer to number"
        testId="transfer-number"
        number={number}
        onChange={(typed) => setNumber(cleanNumber(typed))}
        onEnter={submit}
      />
      <Dialpad onPress={press} withPlus />
      <div className="transfer-actions">
        <RoundButton
          icon="close"
          label="Cancel"
          size="small"
          tone="quiet"
          data-testid="cancel-transfer-button"
          onClick={onClose}
        />
        <RoundButton
          icon="phone"
          label="Ask first"
          size="small"
          tone="quiet"
          data-testid="ask-first-button"
          disabled={number === ""}
          onClick={ask}
        />
        <RoundButton
          type="submit"
          icon="transfer"
          label="Transfer now"
          size="small"
          tone="go"
          data-testid="transfer-now-button"
          disabled={number === ""}
        />
      </div>
    </form>
  );
}
