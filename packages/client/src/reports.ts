/** Reports of usage: what a program tells, completed and checked before it is kept. */
import { parserOf, type ApiRequest, type Problem } from '@tollkeeper/contract';
import type { Outside } from './outside.ts';

/** A report as it is sent. */
export type Submission = ApiRequest<'submitUsage'>['body'];

type Defaulted = 'request_id' | 'status' | 'timestamp';

/**
 * What a program tells of one call of its own. Left out: `request_id` is a new one, `status` is
 * `OK`, `timestamp` is now.
 */
export type UsageReport = Omit<Submission, Defaulted | 'cost_usd_micros'> &
  Partial<Pick<Submission, Defaulted>>;

/** A report that the service would refuse. Nothing was kept of it. */
export class InvalidReport extends Error {
  override readonly name = 'InvalidReport';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const list = problems.map(({ member, problem }) => `${member} ${problem}`);
    super(`This usage cannot be reported: ${list.join('; ')}.`);
    this.problems = problems;
  }
}

/** The application on whose account reports go. */
export interface Place {
  readonly org_id: string;
  readonly app_id: string;
}

const parse = parserOf('submitUsage');

/** The report as it is sent. Throws `InvalidReport`. */
export function submissionOf(report: UsageReport, place: Place, outside: Outside): Submission {
  const body = {
    ...report,
    request_id: report.request_id ?? outside.uuid(),
    status: report.status ?? 'OK',
    timestamp: report.timestamp ?? new Date(outside.now()).toISOString(),
  };
  const parsed = parse({ params: place, query: undefined, body });
  if (parsed.kind === 'request') return parsed.request.body;
  throw new InvalidReport(
    parsed.problems.map(({ member, problem }) => ({
      member: member.replace(/^(body|params)\./, ''),
      problem,
    })),
  );
}
