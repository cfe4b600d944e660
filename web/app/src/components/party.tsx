import { formatNumber } from "../lib/format-number";
import "./party.css";

interface Props {
  readonly name: string;
  /** Empty when the caller withheld it. */
  readonly number: string;
}

/** Who is at the other end. */
export function Party({ name, number }: Props) {
  const written = number === "" ? "Withheld number" : formatNumber(number);
  return (
    <div className="party">
      <h2 className="party-title">{name || written}</h2>
      {name !== "" && <p className="party-number">{written}</p>}
    </div>
  );
}
