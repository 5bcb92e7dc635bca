import { expect, test } from 'vitest'
import { apiOf, documentedWorld, operationsOf } from '../keeping/documented-world.js'

/**
 * Everything that a page does is an API call that others can make. By form: the operations that do the same. `browser`: it belongs to a person's own account and sessions, or lets a browser in, and has
 * no meaning for a program.
 */
const sameAs: Readonly<Record<string, readonly string[] | 'browser'>> = {
  '/sign-in': 'browser',
  '/sign-in/send-link': 'browser',
  '/sign-in/second': 'browser',
  '/sign-in/passkey': 'browser',
  '/sign-in/passkey/shown': 'browser',
  '/sign-in/demo': 'browser',
  '/sign-in/link/:secret': 'browser',
  '/sign-out': 'browser',
  '/screen/:secret': 'browser',
  '/acting': 'browser',
  '/account/password': 'browser',
  '/account/messages': 'browser',
  '/account/notices': 'browser',
  '/account/notices/on': 'browser',
  '/account/notices/off': 'browser',
  '/account/sessions/:id/end': 'browser',
  '/account/confirm': 'browser',
  '/account/confirm/passkey': 'browser',
  '/account/confirm/passkey/shown': 'browser',
  '/account/generator': 'browser',
  '/account/passkeys/new': 'browser',
  '/account/factors/:id/remove': 'browser',
  '/account/recovery': 'browser',
  '/account/link/:id': 'browser',
  '/account/identities/:id/unlink': 'browser',
  '/outbox/test': ['startTestMessage'],
  '/outbox/:id/stop': ['cancelMessage'],
  '/outbox/:id/again': ['startMessageAgain'],
  '/people/new': ['invitePerson'],
  '/people/:id/link': ['makeSignInLink'],
  '/people/:id/send-link': ['makeSignInLink'],
  '/people/:id/roles': ['giveRole'],
  '/people/:id/roles/:grant/end': ['removeRole'],
  '/people/:id/factors/remove': ['removeSecondFactors'],
  '/people/:id/disable': ['changeMaySignIn'],
  '/people/:id/enable': ['changeMaySignIn'],
  '/approvals': ['giveApproval'],
  '/approvals/:id/end': ['removeApproval'],
  '/programs': ['makeToken'],
  '/programs/:id/end': ['removeToken'],
  '/screens': ['makeScreen'],
  '/screens/:id/end': ['removeScreen'],
  '/call-backs/new': ['makeCallBack'],
  '/call-backs/:id/start': ['startCallBack'],
  '/call-backs/:id/change': ['changeCallBack'],
  '/call-backs/:id/cancel': ['cancelCallBack'],
  '/call-backs/:id/close': ['changeCallBack'],
  '/call-backs/:id/outcome': ['leaveOutcome'],
  '/patient-connect': ['makePatientConnect'],
  '/patient-connect/:id/start': ['startPatientConnect'],
  '/patient-connect/:id/cancel': ['cancelPatientConnect'],
  '/patient-connect/:id/outcome': ['leaveOutcome'],
  '/call-back-codes/call': ['makeCallBackCode'],
  '/call-back-codes/thread': ['makeCallBackCode'],
  '/call-back-codes/:id/cancel': ['cancelCallBackCode'],
  '/calls/:id/outcome': ['leaveOutcome'],
  '/calls/:id/nhs-number': ['leaveNhsNumber'],
  '/calls/:id/clinician': ['changeClinicianOfCall'],
  '/calls/:id/reason': ['giveReason'],
  // By POST, so that no URL contains a number.
  '/calls/find': ['listCalls'],
  '/calls/views': ['makeView'],
  '/calls/views/:view/remove': ['removeView'],
  '/devices/new': ['makeDevice'],
  '/devices/:user/password': ['renewDevicePassword'],
  '/devices/:user/remove': ['removeDevice'],
  '/directory/file': ['applyDirectoryFile'],
  '/directory/:section/new': ['changeDirectory'],
  '/directory/:section/:id': ['changeDirectory'],
  '/directory/:section/:id/remove': ['changeDirectory'],
  '/pocket/calls/:id/outcome': ['leaveOutcome'],
  '/pocket/lines/:line/ring': ['startCallToLine'],
  '/pocket/not-now': ['sayNotNow'],
  '/pocket/on': ['sayOn'],
  '/availability': ['sayNotNow'],
  '/availability/:clinician/on': ['sayOn'],
  '/returns/:month/hand-in': ['applyReturn'],
  '/rotas/:line/sessions/new': ['changeRota'],
  '/rotas/:line/sessions/:index': ['changeRota'],
  '/rotas/:line/dates/:date': ['changeRota'],
  '/rotas/:line/copy': ['changeRota'],
  '/rotas/:line/sheet': ['changeRota'],
  '/service-directory/:organisation/link': ['makeServiceDirectoryLink'],
  '/service-directory/:organisation/link/end': ['removeServiceDirectoryLink'],
  '/watch-list/:id/clear': ['clearWatched'],
}

test('the API does everything that our forms do, for the same people', async () => {
  const world = await documentedWorld({ admin: { demoLink: () => Promise.resolve('none') } })
  const forms = world.admin.routes.filter(({ method, page }) => method === 'POST' && page)
  expect(
    forms
      .map(({ url }) => url)
      .filter((url) => !url.startsWith('/docs'))
      .sort(),
  ).toEqual(Object.keys(sameAs).sort())
  const operations = new Map(
    operationsOf(await apiOf(world)).map(({ method, path, operation }) => [
      operation.operationId,
      `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    ]),
  )
  const needs = new Map(world.admin.routes.map((route) => [`${route.method} ${route.url}`, route.needs]))
  for (const { url, needs: asked } of forms) {
    const same = sameAs[url]
    if (same === undefined) continue
    if (same === 'browser') {
      // A role's work must be possible for programs as well.
      expect(['anyone', 'signedIn'], `${url} is a matter of the browser alone`).toContain(asked)
      expect(url).toMatch(/^\/(sign-in|sign-out|screen|acting|account)(\/|$)/)
      continue
    }
    for (const id of same) {
      expect(operations.get(id), `${url}: ${id}`).toBeDefined()
      // An outcome may be left of any call of one's own, and of what was arranged; a clinician says of themselves when they are not to be rung.
      if (id !== 'leaveOutcome' && (!url.startsWith('/pocket/') || id === 'startCallToLine'))
        expect(needs.get(operations.get(id) ?? ''), `${url}: ${id}`).toBe(asked)
    }
  }
})
