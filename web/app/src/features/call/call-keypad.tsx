import { useState } from "react";
import { Dialpad } from "../../components/dialpad";
import { useTypedKeys } from "../../lib/use-typed-keys";
import { usePhone } from "../../stores/context";

interface Props {
  readonly callId: string;
}

/** Digits go out as they are pressed, or typed anywhere. */
export function CallKeypad({ callId }: Props) {
  const sendDigit = usePhone((state) => state.sendDigit);
  const [sent, setSent] = useState("");
  const press = (digit: string) => {
    if (sendDigit(callId, digit)) setSent((before) => before + digit);
  };
  useTypedKeys((key) => {
    if (!/^[0-9*#]$/.test(key)) return false;
    press(key);
    return true;
  });
  return (
    <>
      <p className="call-digits" data-testid="sent-digits" aria-hidden="true">
        {sent.slice(-20)}
      </p>
      <Dialpad onPress={press} />
    </>
  );
}
