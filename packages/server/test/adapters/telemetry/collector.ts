/** A collector on loopback: takes OTLP over HTTP with JSON, and remembers what it was sent. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

export interface SentPoint {
  readonly attributes: readonly Attribute[];
  readonly count?: number;
  readonly sum?: number;
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly explicitBounds?: readonly number[];
}

interface SentMetric {
  readonly name: string;
  readonly unit: string;
  readonly histogram?: { readonly dataPoints: readonly SentPoint[] };
  readonly sum?: { readonly dataPoints: readonly SentPoint[] };
  readonly gauge?: { readonly dataPoints: readonly SentPoint[] };
}

interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export class Collector implements AsyncDisposable {
  readonly #server: Server;
  readonly received: Received[] = [];
  status = 200;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        collector.received.push({ path: request.url ?? '', headers: request.headers, text });
        response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get text(): string {
    return this.received.map(({ text }) => text).join('\n');
  }

  spans(): SentSpan[] {
    return this.#of('/v1/traces').flatMap((body) => {
      const { resourceSpans } = body as {
        resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
      };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
    });
  }

  /** The points of a metric as the last export told them. */
  points(name: string): readonly SentPoint[] {
    const found = this.#of('/v1/metrics').flatMap((body) => {
      const { resourceMetrics } = body as {
        resourceMetrics: { scopeMetrics: { metrics: SentMetric[] }[] }[];
      };
      return resourceMetrics
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
        .filter((metric) => metric.name === name);
    });
    const last = found.at(-1);
    return (last?.histogram ?? last?.sum ?? last?.gauge)?.dataPoints ?? [];
  }

  #of(path: string): unknown[] {
    return this.received
      .filter((each) => each.path === path)
      .map(({ text }) => JSON.parse(text) as unknown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Attributes as a plain object. */
export function attributesOf({ attributes }: { readonly attributes: readonly Attribute[] }) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}
