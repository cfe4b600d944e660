import type { Trunk } from "@offhook/phone";
import { useEffect, useState } from "react";
import { usePhone, useStores } from "../../stores/context";

/** Milliseconds. */
const kInterval = 10_000;

const kNone: readonly Trunk[] = [];

/** The trunks as the session began with them, then as the gateway sees them every few seconds. */
export function useTrunks(): readonly Trunk[] {
  const { fetchTrunks } = useStores();
  const initial = usePhone((state) => state.session?.trunks);
  const connection = usePhone((state) => state.connection);
  const [latest, setLatest] = useState<readonly Trunk[]>();
  useEffect(() => {
    if (connection !== "online") return;
    let wanted = true;
    const poll = () => {
      if (document.visibilityState === "hidden") return;
      fetchTrunks().then(
        (trunks) => wanted && setLatest(trunks),
        () => undefined, // the connection's state says it already
      );
    };
    poll();
    const timer = setInterval(poll, kInterval);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [connection, fetchTrunks]);
  return latest ?? initial ?? kNone;
}
