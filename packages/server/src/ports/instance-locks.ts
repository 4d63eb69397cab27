/** How a process proves that it lives, and how others can be sure that one is dead. */
export interface InstanceLocks {
  /** Instances that certainly run no more. A stopped or slow one is not among them. */
  dead(): Promise<readonly string[]>;
  /** A dead instance has been dealt with. */
  forget(instanceId: string): Promise<void>;
  /** Gives our own lock back: only after everything of this instance is settled. */
  release(): void;
}
