import { unsupported } from "@offhook/phone/support";
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { Dialpad } from "../../components/dialpad";
import { Icon } from "../../components/icon";
import { Notice } from "../../components/notice";
import { RoundButton } from "../../components/round-button";
import { playKeyTone } from "../../lib/key-tone";
import { useLongPress } from "../../lib/use-long-press";
import { usePastedText, useTypedKeys } from "../../lib/use-typed-keys";
import { useDial, usePhone, useStores } from "../../stores/context";
import { lastCall } from "../../stores/phone-store";
import { LastCall } from "./last-call";
import { NumberField } from "./number-field";
import "./dialer.css";

export function Dialer() {
  const dial = useDial((state) => state);
  const { call, loaded } = usePhone((state) => state);
  const form = useRef<HTMLFormElement>(null);
  const [incapable] = useState(unsupported);

  const { phone } = useStores();
  // Back from a call. Not the field: on a phone that would bring the keyboard up.
  useEffect(() => {
    if (lastCall(phone.getState())) form.current?.focus();
  }, [phone]);

  const press = (key: string) => {
    playKeyTone(key);
    dial.press(key);
  };
  const submit = () => {
    if (!loaded) return;
    const number = dial.take();
    if (number !== "") call(number);
  };
  useTypedKeys((key) => {
    if (/^[0-9*#+]$/.test(key)) press(key);
    else if (key === "Backspace") dial.erase();
    else if (key === "Enter") submit();
    else return false;
    return true;
  });
  usePastedText(dial.paste);
  const erase = useLongPress(dial.erase, dial.clear);

  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form
      ref={form}
      className="dialer"
      tabIndex={-1}
      onSubmit={onSubmit}
      aria-label="Call a number"
    >
      {incapable === undefined ? (
        <LastCall />
      ) : (
        <Notice kind="alert" problem={incapable} testId="error-message" />
      )}
      <NumberField number={dial.number} onChange={dial.setNumber} onEnter={submit} />
      <Dialpad onPress={press} withPlus />
      <div className="dialer-actions">
        <RoundButton
          type="submit"
          icon="phone"
          label="Call"
          tone="go"
          disabled={!loaded}
          data-testid="call-button"
        />
        {dial.number !== "" && (
          <button type="button" className="dialer-erase" aria-label="Delete last digit" {...erase}>
            <Icon name="erase" />
          </button>
        )}
      </div>
    </form>
  );
}
