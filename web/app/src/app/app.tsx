import { CallView } from "../features/call/call-view";
import { ConnectionProblem } from "../features/connection/connection-problem";
import { ConnectionStatus } from "../features/connection/connection-status";
import { DemoNumbers } from "../features/demo/demo-numbers";
import { Dialer } from "../features/dialer/dialer";
import { IncomingCall } from "../features/incoming/incoming-call";
import { TrunkList } from "../features/trunks/trunk-list";
import { usePhone } from "../stores/context";
import { activeCall, incomingCall } from "../stores/phone-store";
import { Announcer } from "./announcer";
import { useTitle } from "./use-title";
import "./app.css";

export function App() {
  useTitle();
  return (
    <div className="app">
      <main className="app-phone">
        <header className="app-header">
          <h1>Offhook</h1>
          <ConnectionStatus />
        </header>
        <ConnectionProblem />
        <Face />
        <Announcer />
      </main>
      <aside className="app-aside">
        <TrunkList />
        <DemoNumbers />
      </aside>
    </div>
  );
}

/** What the phone shows: who calls, else the call, else the number to dial. */
function Face() {
  const incoming = usePhone(incomingCall);
  const active = usePhone(activeCall);
  if (incoming) return <IncomingCall key={incoming.id} call={incoming} />;
  if (active) return <CallView key={active.id} call={active} />;
  return <Dialer />;
}
