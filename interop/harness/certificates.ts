// An authority for this run and certificates of it.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { work } from "./work.ts";

export interface Certificate {
  certificate: string;
  key: string;
}

const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { cwd: work, stdio: ["ignore", "ignore", "pipe"] });

export class Authority {
  readonly #own: Certificate;

  constructor(name: string) {
    this.#own = this.#files(name);
    const { certificate, key } = this.#own;
    openssl(
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-keyout", key, "-out", certificate],
    );
  }

  // Signed by nobody else.
  get own(): Certificate {
    return this.#own;
  }

  // What whoever trusts it is given.
  get file(): string {
    return this.#own.certificate;
  }

  // RSA, because RSA key exchange needs it.
  issue(host: string): Certificate {
    const { certificate, key } = this.#files(host);
    openssl(
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${host}`],
      ...["-addext", `subjectAltName=DNS:${host}`, "-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-CA", this.#own.certificate, "-CAkey", this.#own.key],
      ...["-keyout", key, "-out", certificate],
    );
    return { certificate, key };
  }

  // Valid until yesterday.
  issueExpired(host: string): Certificate {
    const { certificate, key } = this.#files(`expired-${host}`);
    const request = `${certificate}.request`;
    openssl(
      ...["req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${host}`],
      ...["-keyout", key, "-out", request],
    );
    openssl(
      ...["x509", "-req", "-days", "-1", "-in", request, "-CAcreateserial"],
      ...["-CA", this.#own.certificate, "-CAkey", this.#own.key, "-out", certificate],
    );
    return { certificate, key };
  }

  #files(name: string): Certificate {
    return { certificate: join(work, `${name}.crt`), key: join(work, `${name}.key`) };
  }
}
