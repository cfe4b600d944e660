import type { ComponentProps } from "react";
import "./pill.css";

interface Props extends ComponentProps<"button"> {
  readonly tone?: "go" | "stop";
}

/** A button that says in words what it does. */
export function Pill({ tone, ...rest }: Props) {
  return <button type="button" className="pill" data-tone={tone} {...rest} />;
}
