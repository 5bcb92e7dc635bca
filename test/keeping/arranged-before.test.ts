import { expect, test } from 'vitest'
import { arrangeBefore } from '../../src/demo/arranged-before.js'
import { documentedWorld, apiOf, operationsOf } from './documented-world.js'

test('the demo begins with call-backs, PINs, codes and telephones, once; every example of the API has one of its own', async () => {
  const world = await documentedWorld()
  const count = async (path: string) =>
    ((await (await world.get(path)).json()) as { arrangements?: unknown[]; devices?: unknown[] }).arrangements?.length ?? 0
  expect(await arrangeBefore(world.directory, { api: world.admin.url, apiToken: world.token }, Date.now())).toBe(11)
  expect([
    await count('/api/call-backs?state=open&overdue=false'),
    await count('/api/patient-connects?state=open'),
    await count('/api/call-back-codes?state=open'),
  ]).toEqual([4, 3, 2])
  expect(await arrangeBefore(world.directory, { api: world.admin.url, apiToken: world.token }, Date.now())).toBe(0)
  const example = (operationId: string) =>
    (operations.find((one) => one.operation.operationId === operationId)?.operation.parameters ?? []).find((one) => one.in === 'path')
      ?.example
  const operations = operationsOf(await apiOf(world))
  for (const those of [
    ['changeCallBack', 'cancelCallBack', 'startCallBack'],
    ['cancelPatientConnect', 'startPatientConnect'],
    ['renewDevicePassword', 'removeDevice'],
  ]) {
    expect(new Set(those.map(example)).size, those.join()).toBe(those.length)
  }
})

test('a directory without patients’ lines or numbers for codes gets the rest', async () => {
  const world = await documentedWorld()
  ;(world.directory.lines as Map<string, unknown>).delete('cardiac-rehab-call-back')
  ;(world.directory.lines as Map<string, unknown>).delete('epilepsy-follow-up')
  const directory = { ...world.directory, lines: new Map([...world.directory.lines].filter(([, { kind }]) => kind === 'advice')) }
  expect(await arrangeBefore(directory, { api: world.admin.url, apiToken: world.token }, Date.now())).toBe(7)
})
