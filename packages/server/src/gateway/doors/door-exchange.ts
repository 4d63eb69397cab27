/**
 * An exchange as the pipeline sees it through a door: the credential stands where the gateway looks
 * for it, only headers that mean something to the model's service go on, and what the pipeline
 * answers is told in the door's words.
 */
import { isSignature } from '../../credentials/sigv4/authorization.ts';
import type { BodyLimits, BodyResult, BufferedBytes } from '../../http/body.ts';
import { rawHeader, type Exchange, type RequestHead } from '../../http/exchange.ts';
import type { Clock } from '../../ports/clock.ts';
import { REQUEST_ID_HEADER } from '../reply-headers.ts';
import { parseText } from '../wire/request-body.ts';
import { isObject } from '../wire/usage-counts.ts';
import type { Door, JsonObject } from './door.ts';

/** Headers of a request at a door that go upstream; all others are about the door. */
const TRAVELS = /^(?:x-amzn-bedrock-.+|x-simulator-.+|traceparent|tracestate|user-agent)$/;
/** Headers that change what a model does or costs: they belong to AWS's own operations. */
const OF_OPERATIONS = 'x-amzn-';
/** Headers of an answer that are still true of a translated one. */
const KEPT: ReadonlySet<string> = new Set(['retry-after', 'connection', REQUEST_ID_HEADER]);
/** Refusals that are about the credential. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
]);

/** Refusals whose words say what was used and what is left, in words that don't. */
const WITHOUT_FIGURES: ReadonlyMap<string, string> = new Map([
  ['ServiceQuotaExceededException', 'The budget has no room for this call.'],
  ['ThrottlingException', 'There is no room for this call at the moment. Try again shortly.'],
]);

/** See the head of the file. This one passes answers on as they come. */
export class DoorExchange implements Exchange {
  readonly request: RequestHead;
  protected readonly inner: Exchange;
  readonly #credential: string | undefined;
  /** Whether the request is one of AWS's in another form, and so may have AWS's headers. */
  readonly #asAws: boolean;

  constructor(inner: Exchange, door: Pick<Door, 'credentialHeader' | 'errors'>) {
    this.inner = inner;
    this.#asAws = door.errors === 'aws';
    this.#credential = credentialOf(inner, door.credentialHeader);
    this.request = {
      headers: {
        ...travelling(inner.request.headers, this.#asAws),
        'content-type': 'application/json',
        accept: 'application/json',
      },
      httpVersionMajor: inner.request.httpVersionMajor,
      get complete() {
        return inner.request.complete;
      },
    };
  }

  get method(): string {
    return this.inner.method;
  }

  get target(): string {
    return this.inner.target;
  }

  get gone(): boolean {
    return this.inner.gone;
  }

  get headSent(): boolean {
    return this.inner.headSent;
  }

  header(name: string): string | undefined {
    if (name === 'authorization') return this.#credential;
    // What does not go upstream must not be read either, or it would be priced.
    if (!this.#asAws && name.startsWith(OF_OPERATIONS)) return undefined;
    return this.inner.header(name);
  }

  readBody(
    limits: BodyLimits,
    buffered: BufferedBytes,
    clock: Clock,
  ): BodyResult | Promise<BodyResult> {
    return this.inner.readBody(limits, buffered, clock);
  }

  whenGone(then: (() => void) | undefined): void {
    this.inner.whenGone(then);
  }

  whenDrained(then: (() => void) | undefined): void {
    this.inner.whenDrained(then);
  }

  writeHead(status: number, rawHeaders: readonly string[]): void {
    this.inner.writeHead(status, rawHeaders);
  }

  write(chunk: Uint8Array): boolean {
    return this.inner.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    this.inner.end(chunk);
  }

  endEarly(body: Uint8Array): void {
    this.inner.endEarly(body);
  }

  destroy(): void {
    this.inner.destroy();
  }
}

/** A door whose answers are not the model's: they are kept until they are whole. */
export class TranslatingExchange extends DoorExchange {
  readonly #tellsUsage: boolean;
  #answer: ((reply: JsonObject) => unknown) | undefined;
  #status = 0;
  #headers: readonly string[] = [];
  readonly #chunks: Uint8Array[] = [];
  #begun = false;

  constructor(inner: Exchange, door: Pick<Door, 'credentialHeader' | 'tellsUsage'>) {
    super(inner, { ...door, errors: 'plain' });
    this.#tellsUsage = door.tellsUsage;
  }

  /** What makes the door's answer of the model's. */
  answerWith(answer: ((reply: JsonObject) => unknown) | undefined): void {
    this.#answer = answer;
  }

  /** Whether the pipeline has begun its answer, though the client has nothing of it yet. */
  override get headSent(): boolean {
    return this.#begun || this.inner.headSent;
  }

  override writeHead(status: number, rawHeaders: readonly string[]): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#status = status;
    this.#headers = rawHeaders;
  }

  override write(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  /** The model's answer, or its service's error, has come whole. */
  override end(chunk?: Uint8Array): void {
    const parts = chunk === undefined ? this.#chunks : [...this.#chunks, chunk];
    const reply = objectIn(Buffer.concat(parts));
    if (this.#status !== 200) {
      this.#send(this.#status, errorOf(reply), false);
      return;
    }
    const told = reply === undefined ? undefined : this.#answer?.(reply);
    if (told === undefined) this.#send(502, UNREADABLE, false);
    else this.#send(200, told, false);
  }

  /** The gateway refuses. */
  override endEarly(body: Uint8Array): void {
    const kind = rawHeader(this.#headers, 'x-amzn-errortype') ?? '';
    const status = CREDENTIAL_ERRORS.has(kind) ? 401 : this.#status;
    const untold = this.#tellsUsage ? undefined : WITHOUT_FIGURES.get(kind);
    const answer = untold === undefined ? errorOf(objectIn(Buffer.from(body))) : { error: untold };
    this.#send(status, answer, true);
  }

  override destroy(): void {
    // Nothing has been sent, so that the failure can still be told.
    if (this.inner.headSent) this.inner.destroy();
    else this.#send(502, BROKEN, false);
  }

  #send(status: number, answer: unknown, early: boolean): void {
    const body = Buffer.from(JSON.stringify(answer));
    const headers = ['content-type', 'application/json', 'content-length', String(body.length)];
    for (let i = 0; i + 1 < this.#headers.length; i += 2) {
      const name = this.#headers[i] ?? '';
      if (this.#keeps(name.toLowerCase())) headers.push(name, this.#headers[i + 1] ?? '');
    }
    this.inner.writeHead(status, headers);
    if (early) this.inner.endEarly(body);
    else this.inner.end(body);
  }

  #keeps(name: string): boolean {
    return KEPT.has(name) || (this.#tellsUsage && name.startsWith('x-tollkeeper-'));
  }
}

const UNREADABLE = { error: 'The model answered in a form that this door cannot translate.' };
const BROKEN = { error: 'The model service broke the connection before its answer was complete.' };

/** AWS writes `message`, at times `Message`. */
function errorOf(reply: JsonObject | undefined): { readonly error: string } {
  const message = reply?.['message'] ?? reply?.['Message'];
  return { error: typeof message === 'string' ? message : 'The model service did not say why.' };
}

function objectIn(bytes: Buffer): JsonObject | undefined {
  const parsed = parseText(bytes.toString('utf8'));
  return isObject(parsed) ? parsed : undefined;
}

/**
 * The credential as the gateway reads it. A bare token gets the scheme that it lacks; a signature
 * and what has a scheme stay as they are.
 */
function credentialOf(inner: Exchange, own: string | undefined): string | undefined {
  const sent = own === undefined ? undefined : inner.header(own);
  const credential = sent ?? inner.header('authorization');
  if (credential === undefined) return undefined;
  const bare = /^\S+$/.test(credential) && !isSignature(credential);
  return bare ? `Bearer ${credential}` : credential;
}

function travelling(headers: RequestHead['headers'], asAws: boolean): RequestHead['headers'] {
  const travels = (name: string): boolean =>
    TRAVELS.test(name) && (asAws || !name.startsWith(OF_OPERATIONS));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => travels(name)));
}
