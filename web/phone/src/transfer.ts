import type { Core, Notification, Session, URI } from "sip.js";
import { callFailure, responseFailure } from "./call-failure";
import type { Problem } from "./problem";
import { firstReason } from "./reason-header";

export interface TransferEvents {
  /** The gateway tries: another call that takes part in it is no longer ours. */
  readonly onAccepted: () => void;
  readonly onProgress: (state: "trying" | "ringing") => void;
  /** The far end talks to the target: the gateway ends what is left of the call here. */
  readonly onDone: () => void;
  /** The call is back as it was. */
  readonly onFailed: (problem: Problem) => void;
}

/**
 * Asks the gateway to connect the session's far end to the target (RFC 3515): a number, or another
 * session, whose place it takes (RFC 3891). What becomes of it comes in NOTIFYs.
 */
export function refer(session: Session, target: URI | Session, events: TransferEvents): void {
  let isHeardOf = false;
  const refused = ({ message }: Core.IncomingResponse) => {
    // A 202 that was lost with the connection is no refusal: NOTIFYs come over the next one.
    if (!isHeardOf) events.onFailed(responseFailure(message).problem);
  };
  session
    .refer(target, {
      onNotify: (notification) => {
        isHeardOf = true;
        void notification.accept();
        progressed(notification, events);
      },
      requestDelegate: {
        onAccept: () => events.onAccepted(),
        onRedirect: refused,
        onReject: refused,
      },
    })
    .catch(() => events.onFailed(callFailure(481).problem));
}

/** RFC 3515 section 2.4.5: the body is the beginning of the target's response. */
function progressed({ request }: Notification, events: TransferEvents): void {
  const status = Number(/^SIP\/2\.0 (\d{3})\b/.exec(request.body)?.[1]);
  if (Number.isNaN(status)) return; // it says nothing
  if (status < 180) events.onProgress("trying");
  else if (status < 200) events.onProgress("ringing");
  else if (status < 300) events.onDone();
  else
    events.onFailed(callFailure(status, firstReason(request.getHeaders("reason"))?.text).problem);
}
