import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { mayUse } from '../directory/access.js'
import type { Directory } from '../directory/model.js'

/** Ids that exist in this engine at the moment, for examples in the documentation. Absent: there is none. */
export interface KnownNow {
  readonly clinician?: string
  readonly patientsLine?: string
  readonly adviceLine?: string
  /** One that may use a line. */
  readonly organisation?: string
  /** An ended call that reached an advice line, else any call. */
  readonly call?: { readonly callId: string; readonly line?: string; readonly organisation?: string; readonly ending?: string }
  /** A call that came from a Dial-In number. */
  readonly dialIn?: string
  /** A call with an MP3. */
  readonly recordedCall?: string
  /** A call that can have an outcome, with a possible one. */
  readonly outcome?: { readonly callId: string; readonly outcome: string }
  /** Open ones, the next due first. */
  readonly callBacks: readonly string[]
  readonly patientConnects: readonly string[]
  readonly callBackCodes: readonly string[]
  readonly devices: readonly string[]
  readonly hold?: string
  readonly watched?: string
  /** A saved view of the reader. */
  readonly view?: string
  /** A person who may sign in, with an address; how many there are. */
  readonly person?: { readonly person: string; readonly email: string; readonly grant?: string }
  readonly people?: number
  readonly approval?: string
  readonly programToken?: string
  readonly screen?: string
  /** A message that can be stopped. */
  readonly message?: string
  /** The current version of the directory. */
  readonly version?: number
}

interface CallOfList {
  readonly callId: string
  readonly kind: string
  readonly line: string | null
  readonly organisation: string | null
  readonly ending: string | null
  readonly recording: { readonly url: string | null } | null
}

/** @param asker headers of the request @param outcomesOf possible outcomes of a call on this line from this organisation */
export async function knownNow(
  app: FastifyInstance,
  asker: IncomingHttpHeaders,
  directory: Directory,
  outcomeOf: (call: { readonly line: string; readonly organisation?: string }) => string | undefined,
): Promise<KnownNow> {
  const { host, cookie, authorization } = asker
  const headers = { ...defined('host', host), ...defined('cookie', cookie), ...defined('authorization', authorization) }
  /** Asks as a reader of the documentation would: ids are as the API gives them. Undefined if it refuses. */
  const ask = async <T>(url: string): Promise<T | undefined> => {
    const response = await app.inject({ method: 'GET', url, headers })
    return response.statusCode === 200 ? response.json<T>() : undefined
  }
  const open = async (kind: string) =>
    (await ask<{ arrangements: readonly { id: string }[] }>(`/api/${kind}?state=open&order=oldest&limit=10`))?.arrangements.map(
      ({ id }) => id,
    ) ?? []
  /** People who may sign in, and related ids. */
  const staff = async () => {
    const people = (
      await ask<{ people: readonly { person: string; email: string | null; roles: readonly { grant: string; role: string }[] }[] }>(
        '/api/people?limit=200',
      )
    )?.people
    // Trying an example locks nobody out.
    const one = people?.findLast(({ email, roles }) => email !== null && roles.every(({ role }) => role !== 'administrator'))
    return {
      ...defined('people', people?.length),
      ...defined(
        'person',
        one && {
          person: one.person,
          email: one.email ?? '',
          ...defined('grant', one.roles.find(({ role }) => role !== 'pidApproved')?.grant),
        },
      ),
      ...defined('approval', (await ask<{ approvals: readonly { approval: string }[] }>('/api/approvals'))?.approvals[0]?.approval),
      ...defined('programToken', (await ask<{ tokens: readonly { token: string }[] }>('/api/tokens'))?.tokens[0]?.token),
      ...defined('screen', (await ask<{ screens: readonly { token: string }[] }>('/api/screens'))?.screens[0]?.token),
      ...defined(
        'message',
        (await ask<{ messages: readonly { message: string }[] }>('/api/outbox?state=waiting&limit=1'))?.messages[0]?.message,
      ),
    }
  }
  const lines = [...directory.lines.values()]
  const advice = new Set(lines.filter(({ kind }) => kind === 'advice').map(({ id }) => id))
  const calls = (await ask<{ calls: readonly CallOfList[] }>('/api/calls?limit=200'))?.calls.filter(({ ending }) => ending !== null) ?? []
  const withLine = calls.filter((call) => call.line !== null && advice.has(call.line))
  const chosen = withLine[0] ?? calls[0]
  const outcome = withLine.flatMap(({ callId, line, organisation }) => {
    const id = outcomeOf({ line: line ?? '', ...(organisation === null ? {} : { organisation }) })
    return id === undefined ? [] : [{ callId, outcome: id }]
  })[0]
  return {
    ...defined('clinician', [...directory.clinicians.values()].find(({ numbers }) => numbers.length > 0)?.id),
    ...defined('patientsLine', (lines.find(({ kind }) => kind === 'pifuCallBack') ?? lines.find(({ kind }) => kind !== 'advice'))?.id),
    ...defined('adviceLine', [...advice][0]),
    ...defined(
      'organisation',
      [...directory.organisations.keys()].find((id) => lines.some((line) => line.kind === 'advice' && mayUse(directory, line, id))),
    ),
    ...defined(
      'call',
      chosen && {
        callId: chosen.callId,
        ...defined('line', chosen.line ?? undefined),
        ...defined('organisation', chosen.organisation ?? undefined),
        ...defined('ending', chosen.ending ?? undefined),
      },
    ),
    ...defined('dialIn', calls.find(({ kind, organisation }) => kind === 'dialIn' && organisation !== null)?.callId),
    ...defined('recordedCall', calls.find(({ recording }) => (recording?.url ?? null) !== null)?.callId),
    ...defined('outcome', outcome),
    callBacks: await open('call-backs'),
    patientConnects: await open('patient-connects'),
    callBackCodes: await open('call-back-codes'),
    devices: (await ask<{ devices: readonly { user: string }[] }>('/api/devices'))?.devices.map(({ user }) => user) ?? [],
    ...defined('version', (await ask<{ inForce: number }>('/api/directory/versions?limit=1'))?.inForce),
    ...defined('view', (await ask<{ views: readonly { view: string }[] }>('/api/views'))?.views[0]?.view),
    ...(await staff()),
    ...defined(
      'hold',
      (await ask<{ holds: readonly { hold: string; releasedAt: string | null }[] }>('/api/retention/holds'))?.holds.find(
        ({ releasedAt }) => releasedAt === null,
      )?.hold,
    ),
    ...defined('watched', (await ask<{ watched: readonly { id: string }[] }>('/api/watch-list'))?.watched[0]?.id),
  }
}

function defined<K extends string, V>(name: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]: V })
}
