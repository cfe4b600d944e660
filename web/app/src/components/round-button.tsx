import type { ComponentProps } from "react";
import { Icon, type IconName } from "./icon";
import "./round-button.css";

interface Props extends ComponentProps<"button"> {
  readonly icon: IconName;
  readonly label: string;
  readonly tone: "go" | "stop" | "quiet";
  readonly size?: "small";
}

/** A round button with an icon and its name under it. */
export function RoundButton({ icon, label, size, tone, ...rest }: Props) {
  return (
    <button type="button" className="round-button" data-size={size} data-tone={tone} {...rest}>
      <span className="round-button-face">
        <Icon name={icon} />
      </span>
      <span className="round-button-label">{label}</span>
    </button>
  );
}
