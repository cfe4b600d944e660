export interface BackOffOptions {
  /** Milliseconds before the first retry, doubled for each later one. */
  readonly first: number;
  readonly longest: number;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * How long to wait before each retry. The lower half is fixed and the upper half is random, so that
 * a server that comes back is not met by every page at once.
 */
export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  next(): number {
    const { first, longest, random = Math.random } = this.#options;
    const ceiling = Math.min(longest, first * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return ceiling / 2 + (ceiling / 2) * random();
  }

  reset(): void {
    this.#attempts = 0;
  }
}
