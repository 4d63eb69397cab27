/**
 * The simulator's own endpoints under `/_simulator/`: the book, the settings of the run, and its
 * health. They are for the harness that runs it, so they need no credentials; it listens on
 * loopback only.
 */
import { type Row, type RowFilter, rowJson } from './book.ts';
import { FaultMix } from './fault/mix.ts';
import { parseScript } from './fault/script.ts';
import type { Exchange } from './http/exchange.ts';
import { asObject } from './model/json.ts';
import type { Run } from './run.ts';
import { changeSettings } from './settings.ts';
import { Failure, invalid } from './wire/failure.ts';

/** The paths that are not Bedrock's. */
export const CONTROL_PREFIX = '/_simulator/';

const SETTINGS_BYTES_MAX = 1_000_000;
const ROWS_PER_WRITE = 500;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Serves one request for the simulator itself. Never rejects. */
export async function serveControl(run: Run, exchange: Exchange): Promise<void> {
  try {
    const [path = '', query = ''] = exchange.target.split('?', 2);
    const request = `${exchange.method} ${path.slice(CONTROL_PREFIX.length)}`;
    if (request === 'GET health') respond(exchange, health(run));
    else if (request === 'GET book') sendBook(run, exchange, new URLSearchParams(query));
    else if (request === 'DELETE book') clear(run, exchange);
    else if (request === 'GET config') respond(exchange, run.settings);
    else if (request === 'POST config') await configure(run, exchange);
    else throw new Failure('UnknownOperationException', 'There is no such control endpoint.');
  } catch (error) {
    const failure = error instanceof Failure ? error : invalid('The request cannot be read.');
    exchange.respond(
      failure.status,
      { ...JSON_TYPE, 'x-amzn-errortype': failure.errorType },
      failure.body,
    );
  }
}

function respond(exchange: Exchange, value: unknown): void {
  exchange.respond(200, JSON_TYPE, JSON.stringify(value));
}

function health(run: Run): object {
  const lookups = Object.fromEntries(run.lookups);
  return { status: 'ok', pid: process.pid, ...run.book.size, lookups };
}

function clear(run: Run, exchange: Exchange): void {
  run.book.clear();
  respond(exchange, run.book.size);
}

async function configure(run: Run, exchange: Exchange): Promise<void> {
  const body = await exchange.body(SETTINGS_BYTES_MAX);
  const changes = asObject(JSON.parse(body.toString('utf8')));
  if (changes === null) throw invalid('The settings are a JSON object.');
  applySettings(run, changeSettings(run.settings, changes));
  respond(exchange, run.settings);
}

/** Puts settings into force. Draws of random faults start again from the seed. */
export function applySettings(run: Run, settings: Run['settings']): void {
  run.settings = settings;
  run.fault = parseScript(settings.fault);
  run.mix = new FaultMix(settings.fault_rate, settings.fault_mix, settings.seed);
}

function sendBook(run: Run, exchange: Exchange, query: URLSearchParams): void {
  const rows = run.book.rows(filterOf(query));
  exchange.begin(200, JSON_TYPE);
  exchange.write(`{"dropped":${run.book.size.dropped},"calls":[`);
  sendRows(exchange, rows, 0);
}

/** Rows go out in batches, as fast as the reader takes them. */
function sendRows(exchange: Exchange, rows: readonly Row[], from: number): void {
  let at = from;
  let flowing = true;
  while (flowing && at < rows.length) {
    const batch = rows.slice(at, at + ROWS_PER_WRITE).map(rowJson);
    flowing = exchange.write((at === 0 ? '' : ',') + batch.join(','));
    at += batch.length;
  }
  if (exchange.gone) return;
  if (at >= rows.length) exchange.end(']}\n');
  else exchange.onDrain(() => sendRows(exchange, rows, at));
}

function filterOf(query: URLSearchParams): RowFilter {
  const since = query.get('since');
  const sinceMs = since === null ? null : /^\d+$/.test(since) ? Number(since) : Date.parse(since);
  if (Number.isNaN(sinceMs)) throw invalid("'since' is an RFC 3339 time or milliseconds.");
  const running = query.get('running');
  return {
    sinceMs,
    attemptId: query.get('attempt_id'),
    running: running === null ? null : running === 'true',
  };
}
