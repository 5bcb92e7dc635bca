import { actorKinds, unknownOrigin, type ActorKind, type Origin } from '../facts/actor.js'

/** Columns that facts and the ledger have alike. */
export interface OriginColumns {
  actor: string | null
  actor_id: string | null
  node: string | null
}

export function originColumns({ actor, node }: Origin): OriginColumns {
  return { actor: actor.kind, actor_id: actor.id ?? null, node }
}

/** Of a row from before there were such columns: unknown. */
export function originOf({ actor, actor_id: id, node }: OriginColumns): Origin {
  if (actor === null) return unknownOrigin
  // A kind of a later version of the engine has no name here.
  return {
    actor: { kind: actorKinds.find((kind) => kind === actor) ?? ('system' satisfies ActorKind), ...(id === null ? {} : { id }) },
    node: node ?? '',
  }
}
