import js from 'typescript-eslint'
import importX from 'eslint-plugin-import-x'

/**
 * The rooms of the house and what each may import. A room not named under `may` is out of bounds for it.
 * Packages from the registry are not rooms; the two media packages are fenced in below.
 */
const rooms = {
  sip: [],
  rtp: [],
  embedded: ['sip', 'rtp'],
  phones: ['sip', 'rtp'],
  clock: [],
  switch: ['clock'],
  directory: ['switch'],
  prompts: ['switch', 'rtp'],
  calls: ['switch', 'clock', 'directory', 'prompts'],
  registrar: ['switch', 'clock', 'sip'],
  guard: ['calls', 'switch', 'clock'],
  store: ['calls', 'switch', 'directory'],
  recordings: ['calls', 'store', 'clock', 'rtp'],
  live: ['calls', 'directory'],
  metrics: ['calls', 'switch', 'live'],
  admin: ['calls', 'store', 'recordings', 'live', 'metrics', 'directory', 'switch'],
  config: ['guard'],
  demo: ['phones', 'sip', 'rtp', 'directory'],
}

const zones = Object.entries(rooms).map(([room, may]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [`./${room}`, ...may.map((other) => `./${other}`)],
  message: `src/${room} may import only: ${may.join(', ') || 'nothing outside itself'} (see docs/architecture.md).`,
}))

export default js.config(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/', 'recordings/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'vitest.config.ts'],
    extends: [js.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/resolver-next': [importX.createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
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
    files: ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
)
