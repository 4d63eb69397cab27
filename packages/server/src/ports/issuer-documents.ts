/** What issuers of tokens publish, and what they answer when they are asked about one. */

/** What came of asking. */
export type IssuerDocument =
  /** `body` is what the JSON says; undefined where it is none. */
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'failed' };

/** Asks issuers. Never rejects; bounded in time and size; goes nowhere else than it was told. */
export interface IssuerDocuments {
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<IssuerDocument>;
}
