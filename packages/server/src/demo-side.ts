/** What only a demo has of its own: an issuer of tokens. A part of the composition root. */
import { isLoopback } from './config/load-settings.ts';
import type { Settings } from './config/settings.ts';
import type { PeopleAuthority } from './credentials/people/people-authority.ts';
import { demoEndpoint, isForDemoIssuer } from './demo/demo-endpoint.ts';
import { DemoIssuer } from './demo/demo-issuer.ts';
import type { BufferedBytes } from './http/body.ts';
import type { Request, Response } from './http/exchange.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';

export interface DemoSideParts {
  /** Undefined: this is no demo. */
  readonly demo: { readonly issuerKey?: string } | undefined;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly people: PeopleAuthority;
  readonly buffered: BufferedBytes;
}

/** The issuer of a demo, which knows where it is once the demo listens. */
export interface DemoSide {
  /** Answers what is for the issuer. False: it is for somebody else. */
  serve(request: Request, response: Response): boolean;
  /** The demo listens there: from now on tokens are handed out and trusted. `iss` of them. */
  open(endpoint: string): string;
}

/** Undefined where other machines reach the port, or may be meant to: there is no issuer then. */
export function demoSide(parts: DemoSideParts): DemoSide | undefined {
  const { demo, settings, people } = parts;
  if (demo === undefined || !isLoopback(settings.host) || settings.insecureHttp) return undefined;
  let handle: ((request: Request, response: Response) => void) | undefined;
  return {
    serve: (request, response) => {
      if (handle === undefined || !isForDemoIssuer(request.url ?? '')) return false;
      handle(request, response);
      return true;
    },
    open: (endpoint) => {
      const issuer = new DemoIssuer({ ...parts, endpoint, key: demo.issuerKey });
      people.trust(issuer.trusted);
      handle = demoEndpoint({ ...parts, issuer });
      return issuer.issuer;
    },
  };
}
