/** Who made what, who sees it, and who may delete or tag it. */

/** Whoever asks. */
export interface Actor {
  /** Null: of no organization, such as the operator. */
  readonly orgId: string | null;
  readonly issuerId: string | null;
  /** Subject of whoever signed in; null: the operator. */
  readonly userId: string | null;
  /**
   * What is not its own but is managed like that: nothing, all of its organization, or everything.
   */
  readonly administers: 'nothing' | 'organization' | 'everything';
  /** Whether it sees everything, though it may change nothing of it. */
  readonly seesAll: boolean;
  /** Whether it may make, delete and tag at all: nobody may by default. */
  readonly permitted: boolean;
}

/** Whose a resource is. */
export type Owner = Pick<Actor, 'orgId' | 'issuerId' | 'userId'>;

/** Whether an actor sees what belongs to an owner; undefined: nobody knows whose it is. */
export function sees(actor: Actor, owner: Owner | undefined): boolean {
  if (actor.seesAll || actor.administers === 'everything') return true;
  return owner !== undefined && actor.orgId !== null && actor.orgId === owner.orgId;
}

/** Whether an actor may delete and tag it, if it is permitted to do so at all. */
export function manages(actor: Actor, owner: Owner | undefined): boolean {
  if (actor.administers === 'everything') return true;
  if (owner === undefined || !sees(actor, owner)) return false;
  if (actor.administers === 'organization') return true;
  return (
    actor.userId !== null && actor.userId === owner.userId && actor.issuerId === owner.issuerId
  );
}
