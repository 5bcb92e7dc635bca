import { dirname, relative, resolve, sep } from 'node:path'
import js from 'typescript-eslint'

/**
 * The rooms of the house and what each may import. A room not named is out of bounds for it; of one with `(types)` behind its name only types
 * may be imported.
 * Packages from the registry are not rooms; the two media packages are fenced in below.
 */
const rooms = {
  common: [],
  processes: [],
  // The embedded switch imports nothing of the engine.
  sdp: [],
  sip: ['sdp'],
  rtp: [],
  embedded: ['sdp', 'sip', 'rtp', 'processes'],
  phones: ['sdp', 'sip', 'rtp'],
  clock: [],
  text: [],
  switch: ['clock', 'sdp', 'sip'],
  words: ['rtp', 'store', 'switch (types)'],
  directory: ['switch', 'text'],
  prompts: ['switch', 'rtp'],
  facts: ['text', 'switch (types)', 'directory (types)'],
  fleet: [],
  alarms: ['fleet (types)'],
  figures: ['facts', 'directory'],
  'watch-list': ['facts', 'alarms', 'switch (types)'],
  shared: [],
  sealing: [],
  keys: ['alarms', 'store', 'clock', 'sealing'],
  availability: ['facts', 'alarms', 'fleet', 'clock', 'store', 'directory'],
  calls: ['facts', 'alarms', 'watch-list', 'shared', 'recordings (types)', 'switch', 'clock', 'directory', 'prompts'],
  registrar: ['facts', 'alarms', 'fleet (types)', 'directory', 'switch', 'clock', 'sip'],
  guard: ['alarms', 'fleet (types)', 'switch', 'clock', 'sip'],
  store: ['facts', 'figures', 'alarms', 'fleet (types)', 'watch-list', 'switch', 'directory'],
  versions: ['facts', 'store', 'directory', 'text'],
  audit: ['store'],
  accounts: ['audit', 'store', 'directory', 'alarms (types)', 'facts (types)'],
  outbox: ['accounts', 'alarms', 'clock', 'directory', 'figures', 'store'],
  reports: ['accounts', 'audit (types)', 'facts', 'figures', 'alarms', 'operations', 'store', 'directory'],
  web: [
    'accounts',
    'availability',
    'outbox',
    'audit',
    'reports',
    'facts',
    'figures',
    'operations',
    'alarms',
    'watch-list',
    'store',
    'arrangements',
    'recordings',
    'registrar',
    'live',
    'metrics',
    'directory',
    'switch',
  ],
  'what-if': ['facts', 'watch-list', 'shared', 'recordings (types)', 'calls', 'switch', 'clock', 'directory', 'prompts', 'store', 'text'],
  recordings: ['facts', 'alarms', 'store', 'clock', 'rtp', 'processes', 'sealing', 'keys'],
  arrangements: ['facts', 'alarms', 'fleet', 'calls', 'store', 'directory', 'switch', 'clock'],
  operations: [
    'availability',
    'calls',
    'retention',
    'accounts',
    'audit (types)',
    'outbox (types)',
    'facts',
    'figures',
    'arrangements',
    'registrar (types)',
    'watch-list (types)',
    'store',
    'versions (types)',
    'directory',
    'switch (types)',
  ],
  live: ['facts', 'fleet (types)', 'directory'],
  metrics: ['facts', 'alarms', 'switch', 'live'],
  admin: [
    'accounts',
    'availability',
    'audit',
    'outbox',
    'web',
    'reports',
    'retention',
    'facts',
    'figures',
    'operations',
    'alarms',
    'watch-list',
    'store',
    'versions (types)',
    'arrangements',
    'recordings',
    'registrar',
    'live',
    'metrics',
    'directory',
    'switch',
  ],
  retention: ['facts', 'store', 'directory'],
  config: ['accounts', 'figures', 'guard', 'outbox', 'text', 'directory'],
  doctor: ['keys', 'store', 'config', 'directory', 'prompts', 'recordings', 'switch', 'sdp', 'sip'],
  demo: [
    'phones',
    'sip',
    'rtp',
    'directory',
    'facts',
    'watch-list',
    'calls',
    'clock',
    'switch',
    'what-if',
    'prompts',
    'recordings (types)',
    'processes',
  ],
}

/** Small helpers for all rooms; the embedded switch, a product of its own, does without. */
const everywhere = 'common'

/** Rooms that stand inside another one: the embedded switch is a product of its own, with its protocols and its phones. */
const inside = { sdp: 'embedded/protocols/sdp', sip: 'embedded/protocols/sip', rtp: 'embedded/protocols/rtp', phones: 'embedded/phones' }

const source = resolve(import.meta.dirname, 'src')

/** @returns the room of a file below src/; undefined for the programs beside the rooms, which may import all of them */
function roomOf(file) {
  const path = relative(source, file).split(sep).join('/')
  const within = Object.keys(inside).find((room) => path.startsWith(`${inside[room]}/`))
  if (within !== undefined) return within
  const [room, ...rest] = path.split('/')
  return rest.length > 0 && room in rooms ? room : undefined
}

/** `import type`, `export type`; a list of which each is a type. */
function onlyTypes({ importKind, exportKind, specifiers = [] }) {
  return (
    importKind === 'type' ||
    exportKind === 'type' ||
    (specifiers.length > 0 && specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type'))
  )
}

/** Keeps the rooms apart: every import, `import type` and `import()` included. */
const roomsRule = {
  meta: { type: 'problem', schema: [], messages: { outside: 'src/{{room}} may import only: {{may}} (see docs/architecture.md).' } },
  create(context) {
    const room = roomOf(context.filename)
    if (room === undefined) return {}
    const isTest = context.filename.endsWith('.test.ts')
    const check = (node) => {
      const from = node.source?.value
      if (typeof from !== 'string' || !from.startsWith('.')) return
      const target = resolve(dirname(context.filename), from)
      const other = roomOf(target)
      // A room's own tests may use what the tests share, and all of the rooms of which it knows the types.
      const beyond = relative(source, target).startsWith('..') && !isTest
      const outside = beyond || (other === undefined && dirname(target) === source)
      const may = rooms[room]
      const forAll = other === everywhere && !(room in inside) && room !== 'embedded'
      const allowed = forAll || may.includes(other) || (may.includes(`${other} (types)`) && (isTest || onlyTypes(node)))
      if (outside || (other !== undefined && other !== room && !allowed)) {
        context.report({ node, messageId: 'outside', data: { room, may: rooms[room].join(', ') || 'nothing outside itself' } })
      }
    }
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check }
  },
}

export default js.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/', 'recordings/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'training/**/*.ts', 'packages/**/*.{js,ts}', 'vitest.config.ts'],
    extends: [js.configs.strictTypeChecked],
    plugins: { house: { rules: { rooms: roomsRule } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'house/rooms': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    // The outside telephone world has one door: only the adapter may know drachtio's packages.
    files: ['src/**/*.ts'],
    ignores: ['src/switch/drachtio/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['drachtio-srf', 'drachtio-fsmrf', 'drachtio-modesl'].map((name) => ({
            name,
            message: 'Only src/switch/drachtio talks to drachtio.',
          })),
        },
      ],
    },
  },
  {
    // Whoever has seen a few of its numbers can tell all that follow: tags, branches, ports and keys come from the system's source.
    files: ['src/**/*.ts', 'packages/**/*.js'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'It can be predicted: take node:crypto, or src/embedded/protocols/sip/secure-random.ts.',
        },
        { property: 'pseudoRandomBytes', message: 'Take randomBytes.' },
      ],
    },
  },
  {
    // Loaded by packages that are CommonJS: `require` gives every Node.js from 20 on the same module, without a warning.
    files: ['packages/**/*.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts', 'training/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
)
