/** How a process proves that it lives, and how others can be sure that one is dead. */
export interface InstanceLocks {
  /** Instances that certainly run no more. A stopped or slow one is not among them. */
  dead(): Promise<readonly string[]>;
  /** Whether an instance runs, ours included. One that nobody knows any more does not. */
  lives(instanceId: string): Promise<boolean>;
  /** A dead instance has been dealt with. */
  forget(instanceId: string): Promise<void>;
  /**
   * Gives our own lock back. `settled`, as without an argument: nothing of this instance is left to
   * settle, so it is forgotten at once. `unsettled`: from now on it counts as dead, and whoever
   * looks next recovers what it left.
   */
  release(left?: 'settled' | 'unsettled'): void;
}
