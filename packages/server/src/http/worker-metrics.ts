/**
 * The metrics of several processes as one page of Prometheus' text format: every sample says by the
 * label `worker` which of them it is of. Nothing is summed up here, since a sum over processes of
 * which one was started anew would go back; `sum without (worker)` does it right.
 */
import type { WorkerMetrics } from '../ports/fellows.ts';

interface Family {
  readonly header: readonly string[];
  readonly samples: string[];
}

const UP = 'tollkeeper_worker_up';

/** The page. Families keep the order in which they come first. */
export function pageOfWorkers(workers: readonly WorkerMetrics[]): string {
  const families = new Map<string, Family>();
  for (const { worker, text } of workers) {
    if (text !== null) addTo(families, worker, text);
  }
  families.set(UP, {
    header: [`# HELP ${UP} 1: the process told its metrics in time.`, `# TYPE ${UP} gauge`],
    samples: workers.map(
      ({ worker, text }) => `${UP}{worker="${worker}"} ${text === null ? 0 : 1}`,
    ),
  });
  const lines = [...families.values()].flatMap(({ header, samples }) => [...header, ...samples]);
  return `${lines.join('\n')}\n`;
}

function addTo(families: Map<string, Family>, worker: number, text: string): void {
  let header: string[] = [];
  let name = '';
  let family: Family | undefined;
  for (const line of text.split('\n')) {
    const described = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line)?.[1];
    if (described !== undefined) {
      if (described !== name) header = [];
      name = described;
      header.push(line);
      family = undefined;
    } else if (line !== '' && !line.startsWith('#')) {
      family ??= familyOf(families, name, header);
      family.samples.push(labelled(line, worker));
    }
  }
}

function familyOf(families: Map<string, Family>, name: string, header: string[]): Family {
  const known = families.get(name);
  if (known !== undefined) return known;
  const family: Family = { header, samples: [] };
  families.set(name, family);
  return family;
}

/** `name 1` or `name{a="b"} 1`; neither names nor what comes before the labels has a brace. */
function labelled(sample: string, worker: number): string {
  const label = `worker="${worker}"`;
  const [, name = '', rest = ''] = /^([^\s{]+)(.*)$/s.exec(sample) ?? [];
  if (rest.startsWith('{}')) return `${name}{${label}}${rest.slice(2)}`;
  if (rest.startsWith('{')) return `${name}{${label},${rest.slice(1)}`;
  return `${name}{${label}}${rest}`;
}
