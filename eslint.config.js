import { dirname, relative, resolve, sep } from 'node:path'
import js from 'typescript-eslint'

/**
 * The rooms of the house and what each may import. A room not named under `may` is out of bounds for it.
 * Packages from the registry are not rooms; the two media packages are fenced in below.
 */
const rooms = {
  sdp: [],
  sip: ['sdp'],
  rtp: [],
  processes: [],
  embedded: ['sdp', 'sip', 'rtp', 'processes'],
  phones: ['sdp', 'sip', 'rtp'],
  clock: [],
  text: [],
  switch: ['clock', 'sdp', 'sip'],
  directory: ['switch', 'text'],
  prompts: ['switch', 'rtp'],
  calls: ['switch', 'clock', 'directory', 'prompts'],
  registrar: ['calls', 'directory', 'switch', 'clock', 'sip'],
  reservations: ['calls'],
  guard: ['calls', 'switch', 'clock', 'sip'],
  store: ['calls', 'switch', 'directory'],
  'what-if': ['calls', 'switch', 'clock', 'directory', 'prompts', 'store', 'text'],
  recordings: ['calls', 'store', 'clock', 'rtp'],
  arrangements: ['calls', 'store', 'directory', 'switch', 'clock'],
  live: ['calls', 'directory'],
  metrics: ['calls', 'switch', 'live'],
  admin: ['calls', 'store', 'arrangements', 'recordings', 'registrar', 'live', 'metrics', 'directory', 'switch'],
  config: ['guard', 'text'],
  doctor: ['config', 'directory', 'prompts', 'recordings', 'switch', 'sdp', 'sip'],
  demo: ['phones', 'sip', 'rtp', 'directory', 'calls', 'clock', 'switch', 'what-if', 'processes'],
}

const source = resolve(import.meta.dirname, 'src')

/** @returns the room of a file below src/; undefined for the programs beside the rooms, which may import all of them */
function roomOf(file) {
  const [room, ...rest] = relative(source, file).split(sep)
  return rest.length > 0 && room in rooms ? room : undefined
}

/** Keeps the rooms apart: every import, `import type` and `import()` included. */
const roomsRule = {
  meta: { type: 'problem', schema: [], messages: { outside: 'src/{{room}} may import only: {{may}} (see docs/architecture.md).' } },
  create(context) {
    const room = roomOf(context.filename)
    if (room === undefined) return {}
    const check = (node) => {
      const from = node.source?.value
      if (typeof from !== 'string' || !from.startsWith('.')) return
      const target = resolve(dirname(context.filename), from)
      const other = roomOf(target)
      // A room's own tests may use what the tests share.
      const beyond = relative(source, target).startsWith('..') && !context.filename.endsWith('.test.ts')
      const outside = beyond || (other === undefined && dirname(target) === source)
      if (outside || (other !== undefined && other !== room && !rooms[room].includes(other))) {
        context.report({ node, messageId: 'outside', data: { room, may: rooms[room].join(', ') || 'nothing outside itself' } })
      }
    }
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check }
  },
}

export default js.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/', 'recordings/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'vitest.config.ts', 'vitest.mutate.config.ts'],
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
      'no-restricted-imports': ['error', { paths: ['drachtio-srf', 'drachtio-fsmrf', 'drachtio-modesl'].map((name) => ({ name, message: 'Only src/switch/drachtio talks to drachtio.' })) }],
    },
  },
  {
    // Whoever has seen a few of its numbers can tell all that follow: tags, branches, ports and keys come from the system's source.
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'It can be predicted: take node:crypto, or src/sip/secure-random.ts.' },
        { property: 'pseudoRandomBytes', message: 'Take randomBytes.' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
)
