import { unsupported } from "@offhook/phone/support";
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { Dialpad } from "../../components/dialpad";
import { Icon } from "../../components/icon";
import { Notice } from "../../components/notice";
import { NumberField } from "../../components/number-field";
import { RoundButton } from "../../components/round-button";
import { playKeyTone } from "../../lib/key-tone";
import { kNumberField } from "../../lib/number-field-id";
import { useLongPress } from "../../lib/use-long-press";
import { usePastedText, useTypedKeys } from "../../lib/use-typed-keys";
import { lastCall } from "../../stores/calls-slice";
import { useDial, usePhone, useStores } from "../../stores/context";
import "./dialer.css";

interface Props {
  /** Leads back to the call beside which this one is dialled, where there is one. */
  readonly onBack?: () => void;
}

export function Dialer({ onBack }: Props) {
  const dial = useDial((state) => state);
  const { call, loaded } = usePhone((state) => state);
  const saysWhy = usePhone((state) => lastCall(state) !== undefined);
  const form = useRef<HTMLFormElement>(null);
  const [incapable] = useState(unsupported);

  const { phone } = useStores();
  const isBeside = onBack !== undefined;
  // Back from a call. Not the field: on a phone that would bring the keyboard up.
  useEffect(() => {
    if (isBeside || lastCall(phone.getState())) form.current?.focus();
  }, [isBeside, phone]);

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
      {incapable !== undefined && !saysWhy && (
        <Notice kind="alert" problem={incapable} testId="error-message" />
      )}
      <NumberField
        id={kNumberField}
        label="Phone number"
        testId="number-field"
        number={dial.number}
        onChange={dial.setNumber}
        onEnter={submit}
      />
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
        {onBack && (
          <RoundButton
            icon="back"
            label="Back to call"
            size="small"
            tone="quiet"
            data-testid="back-button"
            onClick={onBack}
          />
        )}
        {dial.number !== "" && (
          <button type="button" className="dialer-erase" aria-label="Delete last digit" {...erase}>
            <Icon name="erase" />
          </button>
        )}
      </div>
    </form>
  );
}
