/** Where Supabase starts the function. */
import { handlerOf } from './handler.ts';

/** What is used of the runtime; declared here so that checkers without Deno know it too. */
declare const Deno: {
  readonly env: { toObject(): Record<string, string> };
  serve(handler: (request: Request) => Promise<Response>): unknown;
};

Deno.serve(handlerOf(Deno.env.toObject()));
