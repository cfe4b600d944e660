import { usePhone } from "../../stores/context";
import { connectionWords } from "./connection-words";
import "./connection-status.css";

/** Always visible: whether calls can be made and received. */
export function ConnectionStatus() {
  const connection = usePhone((state) => state.connection);
  const registration = usePhone((state) => state.registration);
  const { tone, words } = connectionWords(connection, registration);
  return (
    <p
      className="connection-status"
      data-testid="connection-status"
      data-connection={connection}
      data-registration={registration}
      data-tone={tone}
      role="status"
    >
      {words}
    </p>
  );
}
