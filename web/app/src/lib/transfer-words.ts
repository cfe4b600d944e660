import type { CallSnapshot, Transfer } from "@offhook/phone";

/** Whether somebody else is about to get the call. */
export function isTransferring({ transfer }: Pick<CallSnapshot, "transfer">): boolean {
  return transfer !== undefined && transfer.state !== "failed";
}

/** How far a transfer has come. */
export function transferWords({ state }: Transfer): string {
  switch (state) {
    case "requested":
      return "Asking the phone server…";
    case "trying":
      return "Calling there…";
    case "ringing":
      return "It rings there…";
    case "failed":
      return "Transfer failed";
  }
}
