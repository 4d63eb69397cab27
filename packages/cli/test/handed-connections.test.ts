/** Connections that were handed to a process that died. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { endUntaken } from '../src/handed-connections.ts';

/** What Node's cluster does with a child, without the child: nobody can die in time on purpose. */
function aChild(): { child: ChildProcess; sent: unknown[] } {
  const sent: unknown[] = [];
  const child = Object.assign(new EventEmitter(), {
    send: (...args: unknown[]) => sent.push(args) > 0,
  });
  return { child: child as unknown as ChildProcess, sent };
}

it('ends what a dead process had not taken, and nothing else', () => {
  const { child, sent } = aChild();
  const closed: string[] = [];
  const handle = (name: string) => ({ close: () => void closed.push(name) }) as never;
  endUntaken(child);
  child.send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq: 1 }, handle('taken'));
  child.send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq: 2 }, handle('untaken'));
  child.send({ kind: 'stop' });
  expect(sent).toHaveLength(3);
  child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: true });
  child.emit('exit', null, 'SIGKILL');
  expect(closed).toEqual(['untaken']);
});
