const kPaths = {
  phone:
    "M8.2 3.5 5.4 4.2A2 2 0 0 0 3.9 6.3C4.6 13.5 10.4 19.3 17.6 20a2 2 0 0 0 2.1-1.5l.7-2.8-4.9-2.5-2 2c-2.4-1.1-4-2.7-5.1-5.1l2-2z",
  hangUp:
    "M2.6 14.6c0-1 .4-2 1.2-2.6 4.8-3.9 11.6-3.9 16.4 0 .8.6 1.2 1.6 1.2 2.6v1.6l-5.2.9-.9-2.9c-2.1-.7-4.5-.7-6.6 0l-.9 2.9-5.2-.9z",
  microphone:
    "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  microphoneOff:
    "M15 9.5V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11a6.5 6.5 0 0 0 10.3 5.3M18.5 11c0 .9-.2 1.7-.5 2.5M12 17.5V21M4 4l16 16",
  erase:
    "M9 5.5h10a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5H9L3 12zM11.5 9.5l5 5M16.5 9.5l-5 5",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10.5-6.5z",
  transfer: "M3.5 12h13M11.5 7l5 5-5 5M20.5 5.5v13",
  add: "M12 5.5v13M5.5 12h13",
  swap: "M7 5v13.5M3.5 15 7 18.5l3.5-3.5M17 19V5.5M13.5 9 17 5.5 20.5 9",
  back: "M19.5 12h-14M11 6.5 5.5 12l5.5 5.5",
  voicemail:
    "M6.5 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM17.5 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM6.5 15.5h11",
} as const;

export type IconName = keyof typeof kPaths;

/** Drawn for eyes only: the control that holds it has the name. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={kPaths[name]} />
    </svg>
  );
}
