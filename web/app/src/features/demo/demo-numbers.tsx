import { formatNumber } from "../../lib/format-number";
import { kNumberField } from "../../lib/number-field-id";
import { useDial, usePhone } from "../../stores/context";
import { activeCall } from "../../stores/calls-slice";
import "./demo-numbers.css";

const kNumbers = [
  ["4443", "Echo: hear yourself"],
  ["4747", "Reads your digits back"],
  ["5555550101", "Rings for ever"],
  ["5555550102", "Busy"],
  ["5555550103", "Does not exist"],
  ["5555550104", "A tone first, then echo"],
  ["5555550105", "Hangs up after 5 seconds"],
  ["5555550106", "Calls you back"],
  ["5555550107", "Declines"],
] as const;

/** Numbers of the built-in stand-in for a provider. Nothing is charged, nobody is disturbed. */
export function DemoNumbers() {
  const demo = usePhone((state) => state.session?.demo === true);
  const busy = usePhone((state) => activeCall(state) !== undefined);
  const setNumber = useDial((state) => state.setNumber);
  const choose = (number: string) => {
    setNumber(number);
    document.getElementById(kNumberField)?.focus(); // so that Enter calls it
  };
  if (!demo) return null;
  return (
    <section
      className="demo-numbers"
      aria-labelledby="demo-numbers-title"
      data-testid="demo-numbers"
    >
      <h2 id="demo-numbers-title">Try these numbers</h2>
      <ul>
        {kNumbers.map(([number, what]) => (
          <li key={number}>
            <button type="button" disabled={busy} onClick={() => choose(number)}>
              <span>{formatNumber(number)}</span>
              <span>{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
