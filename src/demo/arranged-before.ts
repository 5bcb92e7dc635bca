import type { Directory } from '../directory/model.js'
import type { DemoSettings } from './demo-settings.js'

const dayMs = 86_400_000
const hourMs = 3_600_000

/**
 * Arranges calls before the demo begins, through the API as secretaries would: call-backs for the next days, calls to patients with a PIN, codes,
 * telephones that may register. So the page and `/docs` have something to show at once. Does nothing if anything is arranged already.
 * @param now wall-clock ms
 * @returns how many were made
 */
export async function arrangeBefore(
  directory: Directory,
  { api, apiToken }: Pick<DemoSettings, 'api' | 'apiToken'>,
  now: number,
): Promise<number> {
  const authorization = `Bearer ${apiToken}`
  const clinicians = [...directory.clinicians.values()].filter(({ numbers }) => numbers.length > 0).map(({ id }) => id)
  const line =
    [...directory.lines.values()].find(({ kind }) => kind === 'pifuCallBack')?.id ??
    [...directory.lines.values()].find(({ kind }) => kind !== 'advice')?.id
  const advice = [...directory.lines.values()].find(({ kind }) => kind === 'advice')?.id
  const practice = [...directory.organisations.values()].find(({ kind }) => kind === 'gpPractice')?.id
  const [first, second = first] = clinicians
  if (first === undefined || second === undefined || (await anything(api, authorization))) return 0

  const tomorrow = (hours: number) => new Date(Math.ceil(now / dayMs) * dayMs + hours * hourMs).toISOString()
  const callBack = (patientNumber: string, hours: number, more: object) =>
    line === undefined ? [] : [['api/call-backs', { line, patientNumber, dueAt: tomorrow(hours), ...more }] as const]
  const wishes: readonly (readonly [path: string, body: object])[] = [
    ...callBack('01632 960881', 9.5, { clinician: first, nhsNumber: '943 476 5919', note: 'Asks for the result of her scan' }),
    ...callBack('01632 960882', 11, { note: 'Before lunch, please: works in the afternoon' }),
    ...callBack('01632 960883', 14, { clinician: second }),
    ...callBack('01632 960884', 34, { clinician: first, note: 'His daughter will pick up' }),
    ...[['01632 960885', first] as const, ['01632 960886', second] as const, ['01632 960887', first] as const].map(
      ([patientNumber, clinician]) =>
        ['api/patient-connects', { nhsNumber: '943 476 5919', patientNumber, clinician, validMinutes: 1_440 }] as const,
    ),
    ...['a question about a letter', 'a result that came late'].map(
      (thread) =>
        ['api/call-back-codes', { thread, to: first, ...(advice === undefined ? {} : { line: advice }), validMinutes: 60 }] as const,
    ),
    ['api/devices', { owner: { kind: 'clinician', id: second }, label: 'Desk in the clinic' }],
    ...(practice === undefined ? [] : [['api/devices', { owner: { kind: 'organisation', id: practice }, label: 'Reception' }] as const]),
  ]
  let made = 0
  for (const [path, body] of wishes) {
    const { ok } = await fetch(new URL(path, api), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    // A user's own directory may have no number for codes, or a closed range: the others are still made.
    if (ok) made++
  }
  return made
}

async function anything(api: string, authorization: string): Promise<boolean> {
  for (const kind of ['call-backs', 'patient-connects', 'call-back-codes']) {
    const answer = (await (await fetch(new URL(`api/${kind}?limit=1`, api), { headers: { authorization } })).json()) as {
      readonly arrangements?: readonly unknown[]
    }
    if (answer.arrangements === undefined || answer.arrangements.length > 0) return true
  }
  return false
}
