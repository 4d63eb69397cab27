/**
 * The way out to webhooks: sends one message once. It looks the host up, refuses addresses that
 * nobody outside should be able to make this machine call, connects to the very address that it has
 * checked, follows no redirect and reads no more of an answer than it must.
 */

/** One message, ready to go. */
export interface WebhookMessage {
  /** Absolute http or https URL. */
  readonly url: string;
  /** Lower-case names. Neither host nor content-length: the adapter adds those. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Why a message got no answer. */
export type WebhookFailure =
  /** The host stands for an address that must not be called. Nothing was sent. */
  | 'address_not_allowed'
  /** The host stands for no address. Nothing was sent. */
  | 'host_not_found'
  | 'timeout'
  /** No connection, no TLS with a certificate of that host, or a reply that is no HTTP. */
  | 'connection_failed';

export type WebhookSent =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: WebhookFailure };

export interface WebhookSender {
  /**
   * Whether a webhook may have this URL at all: undefined, or what is wrong with it (follows "body.
   * url"). A host name passes whatever it stands for; that is looked at when something is sent.
   */
  problemOf(url: string): string | undefined;
  /** Never rejects, and answers within its timeout. */
  send(message: WebhookMessage): Promise<WebhookSent>;
}
