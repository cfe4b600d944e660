import { DialpadKey } from "./dialpad-key";
import "./dialpad.css";

const kKeys = [
  ["1", ""],
  ["2", "ABC"],
  ["3", "DEF"],
  ["4", "GHI"],
  ["5", "JKL"],
  ["6", "MNO"],
  ["7", "PQRS"],
  ["8", "TUV"],
  ["9", "WXYZ"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
] as const;

interface Props {
  readonly onPress: (key: string) => void;
  /** Where a long press on 0 gives a plus; in a call 0 is 0. */
  readonly withPlus?: boolean;
}

export function Dialpad({ onPress, withPlus = false }: Props) {
  return (
    <div className="dialpad" role="group" aria-label="Dialpad">
      {kKeys.map(([digit, letters]) => (
        <DialpadKey
          key={digit}
          digit={digit}
          letters={digit === "0" && !withPlus ? "" : letters}
          long={digit === "0" && withPlus ? "+" : undefined}
          onPress={onPress}
        />
      ))}
    </div>
  );
}
