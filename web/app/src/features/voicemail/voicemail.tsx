import { Icon } from "../../components/icon";
import { kVoicemailNumber, voicemailWords } from "../../lib/voicemail";
import { activeCall } from "../../stores/calls-slice";
import { usePhone } from "../../stores/context";
import "./voicemail.css";

/** How many voice messages wait, and the way to hear them. */
export function Voicemail() {
  const words = usePhone(({ mailbox }) => voicemailWords(mailbox));
  const call = usePhone((state) => state.call);
  const isInCall = usePhone((state) => activeCall(state) !== undefined);
  if (words === undefined) return null;
  return (
    <p className="voicemail">
      <Icon name="voicemail" />
      <span data-testid="voicemail">{words}</span>
      <button
        type="button"
        aria-label={`Listen: call ${kVoicemailNumber}`}
        data-testid="voicemail-button"
        disabled={isInCall}
        onClick={() => call(kVoicemailNumber)}
      >
        Listen
      </button>
    </p>
  );
}
