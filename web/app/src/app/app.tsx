import { ConnectionProblem } from "../features/connection/connection-problem";
import { ConnectionStatus } from "../features/connection/connection-status";
import { DemoNumbers } from "../features/demo/demo-numbers";
import { TrunkList } from "../features/trunks/trunk-list";
import { Voicemail } from "../features/voicemail/voicemail";
import { Announcer } from "./announcer";
import { Face } from "./face";
import { NewsAnnouncer } from "./news-announcer";
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
        <Voicemail />
        <Face />
        <Announcer />
        <NewsAnnouncer />
      </main>
      <aside className="app-aside">
        <TrunkList />
        <DemoNumbers />
      </aside>
    </div>
  );
}
