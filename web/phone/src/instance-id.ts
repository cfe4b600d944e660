const kKey = "offhook.instance";

function stored(): string | null {
  try {
    return sessionStorage.getItem(kKey);
  } catch {
    return null; // storage is off: an id for this page view only
  }
}

function store(id: string): void {
  try {
    sessionStorage.setItem(kKey, id);
  } catch {
    // as above
  }
}

/** Milliseconds: on a reload the page before may hold the lock for a moment longer. */
const kClaimTimeout = 300;

/** Holds a lock of this name until the page goes; false when another tab holds it. */
function claim(id: string): Promise<boolean> {
  const { locks } = navigator as { locks?: LockManager };
  if (locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const hold = () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    locks
      .request(`${kKey}.${id}`, { signal: AbortSignal.timeout(kClaimTimeout) }, hold)
      .catch((error: unknown) => resolve((error as Error).name !== "TimeoutError"));
  });
}

/** RFC 9562 version 4. `crypto.randomUUID` is missing where the context is not secure. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The device's id for `+sip.instance` (RFC 5626 section 4.1): it survives a reload and is different
 * in each tab. A duplicated tab inherits the storage of the first, hence the lock.
 */
export async function instanceId(): Promise<string> {
  const known = stored();
  if (known !== null && /^[0-9a-f-]{36}$/.test(known) && (await claim(known))) return known;
  const fresh = uuid();
  store(fresh);
  await claim(fresh);
  return fresh;
}
