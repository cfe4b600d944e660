import { useEffect, useRef } from "react";

/** Milliseconds, as phones have it. */
const kLongPress = 500;

/**
 * A short press and a long one on the same button. The keyboard's press is a short one. A mouse
 * leaves the focus where it is: Enter after it is meant for the number, not for the last key.
 */
export function useLongPress(onPress: () => void, onLongPress?: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wasLong = useRef(false);
  const stop = () => clearTimeout(timer.current);
  useEffect(() => stop, []);
  return {
    onPointerDown: () => {
      wasLong.current = false;
      stop();
      if (onLongPress === undefined) return;
      timer.current = setTimeout(() => {
        wasLong.current = true;
        onLongPress();
      }, kLongPress);
    },
    onMouseDown: (event: { preventDefault(): void }) => event.preventDefault(),
    onPointerUp: stop,
    onPointerLeave: stop,
    onPointerCancel: stop,
    onContextMenu: (event: { preventDefault(): void }) => {
      if (onLongPress !== undefined) event.preventDefault(); // a long touch opens it
    },
    onClick: () => {
      if (!wasLong.current) onPress();
      wasLong.current = false;
    },
  };
}
