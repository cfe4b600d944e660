import type { CallSnapshot } from "@offhook/phone";
import { useState } from "react";
import { CallView } from "../features/call/call-view";
import { Dialer } from "../features/dialer/dialer";
import { IncomingCall } from "../features/incoming/incoming-call";
import { WaitingCall } from "../features/incoming/waiting-call";
import { LastCall } from "../features/last-call/last-call";
import { OtherCalls } from "../features/others/other-calls";
import { Texts } from "../features/texts/texts";
import { callWords } from "../lib/call-words";
import { partyWords } from "../lib/party-words";
import { activeCall, incomingCall } from "../stores/calls-slice";
import { usePhone } from "../stores/context";

/** What the phone shows: who calls, else the call with the others above it, else the number to dial. */
export function Face() {
  const incoming = usePhone(incomingCall);
  const active = usePhone(activeCall);
  if (active === undefined) {
    if (incoming) return <IncomingCall key={incoming.id} call={incoming} />;
    return (
      <>
        <LastCall />
        <Texts />
        <Dialer />
      </>
    );
  }
  return (
    <>
      {incoming && <WaitingCall key={incoming.id} call={incoming} active={active} />}
      <OtherCalls />
      <LastCall />
      <Texts />
      <ActiveCall key={active.id} call={active} />
    </>
  );
}

/** The call, or the number to dial beside it. */
function ActiveCall({ call }: { readonly call: CallSnapshot }) {
  const [dialsAnother, setDialsAnother] = useState(false);
  if (!dialsAnother) return <CallView call={call} onAdd={() => setDialsAnother(true)} />;
  return (
    <>
      <p className="app-besides">
        {callWords(call)}: {partyWords(call)}
      </p>
      <Dialer onBack={() => setDialsAnother(false)} />
    </>
  );
}
