import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The organisation a person chose on the page of consent, for as long as that one answer is worked on. The library asks
 * for it by a function that knows only the session: two pages of one session must not choose for each other.
 */
export class ChosenOrganization {
  readonly #storage = new AsyncLocalStorage<string>();

  /** Runs `work` under the choice of `tenantId`. */
  during<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    return this.#storage.run(tenantId, work);
  }

  get current(): string | undefined {
    return this.#storage.getStore();
  }
}
