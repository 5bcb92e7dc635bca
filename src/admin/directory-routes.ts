import type { FastifyInstance } from 'fastify'
import { diffDirectories, type DirectoryChange } from '../directory/directory-diff.js'
import { sectionInFile } from '../directory/entity-line.js'
import { entityId, entityInFile } from '../directory/file-form.js'
import { exportLine } from '../directory/load-directory.js'
import type { Directory } from '../directory/model.js'
import { writeDirectory } from '../directory/write-directory.js'
import { sectionOf, type DirectoryEdit, type DirectoryOperations, type DirectoryText } from '../operations/directory.js'
import type { VersionedDirectory } from '../store/kept-directory.js'
import type { DirectoryVersion } from '../store/questions/directory-versions.js'
import type { Store } from '../store/store.js'
import type { DirectoryInForce } from '../versions/directory-in-force.js'
import { actorOf, answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import {
  applyBody,
  atVersionQuery,
  changeBody,
  changedAnswer,
  differenceAnswer,
  differenceParams,
  entityAnswer,
  entityParams,
  versionAnswer,
  versionParams,
  versionsAnswer,
  versionsQuery,
} from './directory-schemas.js'
import { refusalsOfBody, refusalsOfReading } from './refusals.js'

export interface DirectoryRoutesOptions {
  readonly inForce: Pick<DirectoryInForce, 'current' | 'change'>
  readonly store: Pick<Store, 'directory'>
}

/** The most changes in one answer. */
const maxChanges = 500
/** A rota with a year of changes, and some room. */
const bodyBytes = 1024 * 1024
/** Ten thousand clinicians with their rotas. */
export const fileBytes = 16 * 1024 * 1024

/** The directory: its versions, their differences, and changes. */
export function directoryRoutes(app: FastifyInstance, operations: DirectoryOperations, { inForce, store }: DirectoryRoutesOptions): void {
  const { directory: kept } = store

  /** The contents of a version. @param version default: the current one */
  async function said(version: number | undefined): Promise<VersionedDirectory> {
    const now = inForce.current()
    if (version === undefined || version === now.version) return now
    if ((await asked(kept.version(version))) === undefined) throw noVersion(version, now.version)
    return { version, directory: await asked(kept.asOf(version, version < now.version ? now : undefined)) }
  }

  async function difference(from: number, to: number) {
    const { before, after } = await asked(kept.between(from, to))
    return toldChanges(diffDirectories(before, after))
  }

  app.get<{ Querystring: { readonly limit: number; readonly cursor?: string } }>(
    '/api/directory/versions',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'listDirectoryVersions',
        summary: 'Every state in which the directory ever was',
        description:
          'Who made it, when, by what and why; the newest first. Nothing of it is ever changed. `nextCursor` leads to the next page.',
        tags: ['directory'],
        querystring: versionsQuery,
        response: { 200: versionsAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query: { limit, cursor } }) => {
      if (cursor !== undefined && !/^\d{1,9}$/.test(cursor))
        throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
      const versions = await asked(kept.versions({ limit, ...(cursor === undefined ? {} : { before: Number(cursor) }) }))
      const last = versions.at(-1)
      return {
        inForce: inForce.current().version,
        versions: versions.map(versionView),
        nextCursor: last === undefined || versions.length < limit || last.version === 1 ? null : String(last.version),
      }
    },
  )

  app.get<{ Params: { readonly version: number } }>(
    '/api/directory/versions/:version',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'getDirectoryVersion',
        summary: 'One version of the directory, and what it changed',
        description: 'Who made it, when and why, and what makes it from the version before it, entity by entity.',
        tags: ['directory'],
        params: versionParams,
        response: { 200: versionAnswer, ...refusalsOfReading('badRequest', 'versionNotFound', 'storeUnavailable') },
      },
    },
    async ({ params: { version } }) => {
      const found = await asked(kept.version(version))
      if (found === undefined) throw noVersion(version, inForce.current().version)
      return { ...versionView(found), ...(await difference(version - 1, version)) }
    },
  )

  app.get<{ Params: { readonly version: number; readonly other: number } }>(
    '/api/directory/versions/:version/difference/:other',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'getDirectoryDifference',
        summary: 'What differs between two versions of the directory',
        description: 'What makes the other one of the first, entity by entity; either may be the newer.',
        tags: ['directory'],
        params: differenceParams,
        response: { 200: differenceAnswer, ...refusalsOfReading('badRequest', 'versionNotFound', 'storeUnavailable') },
      },
    },
    async ({ params: { version, other } }) => {
      for (const one of [version, other])
        if ((await asked(kept.version(one))) === undefined) throw noVersion(one, inForce.current().version)
      return { from: version, to: other, ...(await difference(version, other)) }
    },
  )

  app.get<{ Params: { readonly section: string; readonly id: string }; Querystring: { readonly version?: number } }>(
    '/api/directory/entities/:section/:id',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'getDirectoryEntity',
        summary: 'One organisation, line, rota, clinician ... of the directory',
        description: 'Its fields in the words of the directory file, and the version in which it is so: what a change is made against.',
        tags: ['directory'],
        params: entityParams,
        querystring: atVersionQuery,
        response: { 200: entityAnswer, ...refusalsOfReading('badRequest', 'versionNotFound', 'entityNotFound', 'storeUnavailable') },
      },
    },
    async ({ params, query }) => {
      const { version, directory } = await said(query.version)
      const section = sectionOf(params.section)
      const id = section === undefined ? params.id : entityId(section, params.id)
      const fields = section && entityInFile(directory, { section, id })
      if (fields === undefined) throw new ApiError('entityNotFound', `The directory has no ${params.section} ${id} in version ${version}.`)
      return { version, section: params.section, id, fields }
    },
  )

  app.get<{ Querystring: { readonly version?: number } }>(
    '/api/directory/export',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'getDirectoryExport',
        summary: 'The whole directory as a directory file',
        description:
          'YAML, in a fixed order, as `npm run directory -- export` writes it. Its first line says the version: applied later, it is a change against that one.',
        tags: ['directory'],
        querystring: atVersionQuery,
        response: {
          200: {
            description: 'A directory file',
            content: {
              'application/yaml': { schema: { type: 'string' }, example: `${exportLine(12)}\nareas:\n  saltmarsh:\n    name: Saltmarsh\n` },
            },
          },
          ...refusalsOfReading('badRequest', 'versionNotFound', 'storeUnavailable'),
        },
      },
    },
    async ({ query }, reply) => {
      const { version, directory } = await said(query.version)
      return reply.type('application/yaml; charset=utf-8').send(exported(version, directory))
    },
  )

  app.post<{ Body: DirectoryEdit & { readonly check?: boolean } }>(
    '/api/directory/changes',
    {
      bodyLimit: bodyBytes,
      config: { needs: 'directory' },
      schema: {
        operationId: 'changeDirectory',
        summary: 'Change the directory, by entity and field',
        description:
          'Applied against the version that you looked at. Other people’s changes since then are kept; if they changed the same field, nothing is applied and both values are returned. The result is validated as a directory file is. Running calls keep the directory with which they began.',
        tags: ['directory'],
        body: changeBody,
        response: { 200: changedAnswer, ...refusalsOfBody('staleVersion', 'directoryConflict', 'directoryInvalid', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { check = false, ...edit } = request.body
      const { version, changes } = answerOf(await (check ? operations.check(edit) : operations.change(actorOf(request), edit)))
      return { version, ...toldChanges(changes) }
    },
  )

  app.post<{ Body: DirectoryText & { readonly check?: boolean } }>(
    '/api/directory/apply',
    {
      bodyLimit: fileBytes,
      config: { needs: 'directory' },
      schema: {
        operationId: 'applyDirectoryFile',
        summary: 'Apply a directory file',
        description:
          'As a change against the version it was exported from: what others have changed since stays. A file that is not an export replaces the whole directory.',
        tags: ['directory'],
        body: applyBody,
        response: { 200: changedAnswer, ...refusalsOfBody('staleVersion', 'directoryConflict', 'directoryInvalid', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { check = false, ...file } = request.body
      const { version, changes } = answerOf(await (check ? operations.checkText(file) : operations.apply(actorOf(request), file)))
      return { version, ...toldChanges(changes) }
    },
  )
}

/** A directory file that names its version. */
function exported(version: number, directory: Directory): string {
  return `${exportLine(version)}\n${writeDirectory(directory)}`
}

function noVersion(version: number, now: number): ApiError {
  return new ApiError('versionNotFound', `The directory has no version ${version}; version ${now} is in force.`)
}

export function toldChanges(changes: readonly DirectoryChange[]) {
  return {
    changes: changes.slice(0, maxChanges).map(({ section, ...rest }) => ({ section: sectionInFile[section], ...rest })),
    leftOut: Math.max(0, changes.length - maxChanges),
  }
}

function versionView({ version, at, actor, node, source, why, changed }: DirectoryVersion) {
  return { version, at, by: { kind: actor.kind, id: actor.id ?? null }, node, source, why: why ?? null, changed }
}
