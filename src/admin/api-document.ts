import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Directory } from '../directory/model.js'
import { outcomesOfCall } from '../operations/outcomes.js'
import { apiExamples, type OperationExamples } from './api-examples.js'
import { exampleOf, type Schema } from './example-of.js'
import { knownNow, type KnownNow } from './known-now.js'
import { operationLinks } from './operation-links.js'

/**
 * Swagger UI writes its own styles into the page; everything else comes from here. No `upgrade-insecure-requests`: the page is read over
 * plain HTTP, and from any other address than loopback the browser would ask for its scripts by HTTPS and show nothing.
 */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const description = `Calls, recordings, arranged calls, telephones, and what happens now. Who signed in may use it as far as their roles go; programs send a token (header authorization: Bearer rr_...; npm run account -- token makes one), which is good for what it was made for.

**The examples are of this engine as it is now**: ids of its own directory, its last calls, what is open. "Try it out" works with them as they stand. Where there is nothing yet (no call was taken, no call-back is open), make one first: every POST links to the operations that take its \`id\`.

**Instants** are written in ISO 8601, in UTC and to the millisecond (\`2026-03-02T09:30:00.000Z\`), and taken with any offset. Ranges take days as well (\`2026-03-02\`), in the time zone of the engine. Durations say their unit in their name (\`waitMs\`).

**Errors** have one shape, \`{"error": {"code", "message", "field"}}\`: \`code\` is one of a closed list, \`message\` says what would be right, \`field\` which parameter or field is meant.`

const tags = [
  { name: 'calls', description: 'What was: the calls report, each call with its attempts, recordings and facts' },
  { name: 'live', description: 'What is: every call now' },
  {
    name: 'arrangements',
    description: 'Arranged calls: call-backs, Patient Connect, call-back codes. Make one, read it, change or start it, cancel it',
  },
  {
    name: 'directory',
    description:
      'Organisations, lines, rotas, clinicians and numbers: every version with who, when and why, and a change by entity and field',
  },
  { name: 'devices', description: 'SIP telephones of clinicians and organisations: make one, renew its password, remove it' },
  { name: 'retention', description: 'How long something is kept, legal holds, certificates of deletion' },
  { name: 'watch list', description: 'Telephones that fail, and how every telephone fares' },
  {
    name: 'people',
    description:
      'Who may sign in, their roles, approvals for patient data, tokens of programs and screens, and the messages that go out to staff',
  },
  { name: 'health', description: 'For monitoring: is the engine alive, can it take calls, its figures' },
]

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  example?: unknown
  schema: Schema
}

interface Media {
  readonly schema?: Schema
  example?: unknown
  examples?: unknown
}

interface Operation {
  readonly operationId?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { required?: boolean; readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, Media>>; links?: unknown }>>
}

interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** `/docs`: the OpenAPI document of the routes registered after this, and a page to try them. */
export async function apiDocument(
  app: FastifyInstance,
  { version, directory, now }: { readonly version: string; readonly directory: () => Directory; readonly now: () => number },
): Promise<void> {
  const known = new WeakMap<FastifyRequest, KnownNow>()
  const outcomeOf = (call: { readonly line: string; readonly organisation?: string }) =>
    outcomesOfCall({ kind: 'dialIn', ...call }, directory())[0]?.id
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Ringround', version, description }, tags } })
  await app.register(async (own) => {
    own.addHook('onRoute', (route) => {
      route.config = { ...route.config, needs: 'documentation', page: true }
    })
    await own.register(swaggerUi, {
      routePrefix: '/docs',
      baseDir: join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static'),
      staticCSP: policy,
      theme: { title: 'Ringround: API' },
      logo: {
        type: 'image/svg+xml',
        content: readFileSync(new URL('../web/assets/icon.svg', import.meta.url)),
        href: '/',
        target: '_self',
      },
      uiConfig: { docExpansion: 'list', tryItOutEnabled: true, displayRequestDuration: true, defaultModelsExpandDepth: -1 },
      uiHooks: {
        preHandler(request, _reply, done) {
          if (!/\/(json|yaml)$/.test(request.url.split('?')[0] ?? '')) return done()
          knownNow(app, request.headers, directory(), outcomeOf).then((found) => (known.set(request, found), done()), done)
        },
      },
      transformSpecification: (document, request) => {
        addExamples(
          document as Document,
          apiExamples(known.get(request) ?? { callBacks: [], patientConnects: [], callBackCodes: [], devices: [] }, now()),
        )
        return document
      },
    })
  })
}

/** Fills the document (a copy of its own) with examples of requests and answers. */
function addExamples(document: Document, byOperation: Readonly<Record<string, OperationExamples>>): void {
  for (const [method, operation] of Object.values(document.paths ?? {}).flatMap((methods) => Object.entries(methods))) {
    const examples = byOperation[operation.operationId ?? ''] ?? {}
    for (const parameter of operation.parameters ?? []) {
      const example = parameter.in === 'path' ? examples.path?.[parameter.name] : examples.query?.[parameter.name]
      if (example !== undefined) parameter.example = example
      else if (parameter.in === 'query' && parameter.example !== undefined) {
        // Shown but not filled in: with the others it would filter out everything.
        parameter.schema = { ...parameter.schema, examples: [parameter.example] }
        delete parameter.example
      }
    }
    const body = operation.requestBody?.content['application/json']
    if (operation.requestBody && body) {
      body.examples = examples.bodies ?? { example: { value: body.schema && exampleOf(body.schema) } }
      // A body that may be null may be left out.
      if ([body.schema?.type].flat().includes('null')) operation.requestBody.required = false
    }
    for (const [status, response] of Object.entries(operation.responses)) {
      // An answer to HEAD has no body, whatever its status.
      if (method === 'head') delete response.content
      for (const media of Object.values(response.content ?? {}))
        if (media.example === undefined && media.examples === undefined && media.schema?.type !== 'string')
          media.example = media.schema && exampleOf(media.schema)
      const links = operationLinks[operation.operationId ?? '']
      if (links && status.startsWith('2')) response.links = links
    }
  }
}
