import type { Trunk } from "@offhook/phone";
import { isWell, trunkWords } from "./trunk-words";
import { useTrunks } from "./use-trunks";
import "./trunk-list.css";

/** The accounts at providers, and whether they work. */
export function TrunkList() {
  const trunks = useTrunks();
  if (trunks.length === 0) return null;
  return (
    <section className="trunk-list" aria-label="Providers">
      <ul data-testid="trunk-list">
        {trunks.map((trunk) => (
          <TrunkLine key={trunk.name} trunk={trunk} />
        ))}
      </ul>
    </section>
  );
}

function TrunkLine({ trunk }: { readonly trunk: Trunk }) {
  return (
    <li data-state={trunk.state} data-well={isWell(trunk)}>
      <span>Provider “{trunk.name}”:</span> {trunkWords(trunk)}
    </li>
  );
}
