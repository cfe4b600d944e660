// A configuration of the gateway with one trunk that can be reached over loopback.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { work } from "./work.ts";

type Value = string | number | boolean | string[] | number[];

export const sipPort = 15062;
export const account = { username: "100001", password: "interop secret" };

function table(values: Record<string, Value>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join("");
}

export interface Surroundings {
  address?: string; // ours towards the trunk; 127.0.0.1 by default
  nameServers?: string[]; // instead of the system's
}

// `trunk` holds keys of [[trunk]] beside the account's.
export function writeConfiguration(
  name: string,
  trunk: Record<string, Value>,
  { address = "127.0.0.1", nameServers }: Surroundings = {},
): string {
  const host = address.includes(":") ? `[${address}]` : address;
  const password = join(work, `${name}.password`);
  writeFileSync(password, `${account.password}\n`, { mode: 0o600 });
  const path = join(work, `${name}.toml`);
  writeFileSync(
    path,
    [
      `[sip]\n${table({ listen: [`${host}:${sipPort}`] })}`,
      `[media]\n${table({ trunk_address: address })}`,
      `[user]\n${table({ name: "interop" })}`,
      nameServers ? `[dns]\n${table({ servers: nameServers })}` : "",
      `[[trunk]]\n${table({ name, username: account.username, password_file: password, ...trunk })}`,
    ].join("\n"),
  );
  return path;
}
