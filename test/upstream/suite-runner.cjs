'use strict'
/**
 * Runs one test file of a package as it lies in node_modules, in a process of its own, and tells its parent what it
 * found: `{ started: test }`, `{ test, assertion, ok, detail }`, `{ ended: test }`, `{ done: true }`.
 *
 * The files are written for a world of containers with fixed names and addresses, and for three packages that are not
 * needed otherwise. So what they load is stood in for: `tape` (the subset they use), `config` (their own settings with
 * the addresses of the servers under test), `clear-module`, and their `./sipp`, which runs a local SIPp. Host names and
 * addresses in their sources are replaced by loopback ones while they are loaded; nothing is changed on disk.
 *
 * Argument: JSON of `SuiteOrder` (suite.ts).
 */
const assert = require('node:assert')
const { spawn } = require('node:child_process')
const dgram = require('node:dgram')
const { Module } = require('node:module')
const path = require('node:path')

const order = JSON.parse(process.argv[2])
const tests = []
let sippRuns = 0
let sippOutput = ''

const tell = (message) => process.send?.(message)

// --- host names -----------------------------------------------------------------------------------------------

const mapped = Object.entries(order.hosts).sort(([a], [b]) => b.length - a.length)

function withLoopback(source) {
  let text = source
  for (const [name, host] of mapped) text = text.replace(new RegExp(`(?<![\\w.-])${name.replaceAll('.', '\\.')}(?![\\w-])`, 'g'), host)
  return text
}

const compile = Module.prototype._compile
Module.prototype._compile = function (content, filename, ...more) {
  const own = filename.startsWith(`${order.folder}${path.sep}`)
  return compile.call(this, own ? withLoopback(content) : content, filename, ...more)
}

// --- packages -------------------------------------------------------------------------------------------------

const standIns = {
  tape: Object.assign((name, run) => tests.push({ name, run }), { skip: (name) => tell({ test: name, skipped: true }) }),
  config: {
    get(name) {
      assert(name in order.config, `no setting ${name}`)
      return order.config[name]
    },
  },
  'clear-module': () => undefined,
}

const load = Module._load
Module._load = function (request, parent, ...more) {
  if (Object.hasOwn(standIns, request)) return standIns[request]
  if (request === './sipp') return () => sipp
  return load.call(this, request, parent, ...more)
}

// --- SIPp -----------------------------------------------------------------------------------------------------

const children = new Set()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

const sipp = {
  output: () => sippOutput,
  sippUac(file) {
    sippOutput = ''
    sippRuns += 1
    return freePort().then((port) =>
      run(['-sf', path.join(order.scenarios, file), '-p', `${port}`, '-sleep', '250ms', '-cid_str', `%u-%p@%s-${sippRuns}`, order.target]),
    )
  },
  sippUas(file, host) {
    return run(['-sf', path.join(order.scenarios, file), '-p', host.split(':')[1]])
  },
}

function freePort() {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

function run(more) {
  return new Promise((resolve, reject) => {
    const child = spawn('sipp', ['-i', '127.0.0.1', '-m', '1', '-nostdin', '-timeout', '60s', ...more], {
      cwd: order.scratch,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    const note = (data) => (sippOutput = (sippOutput + data.toString('latin1')).slice(-20_000))
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      children.delete(child)
      if (code === 0) resolve()
      else reject(code ?? signal)
    })
  })
}

// --- the tests, one after the other -----------------------------------------------------------------------------

const thrown = (run_) => {
  try {
    run_()
    return false
  } catch {
    return true
  }
}

function runTest({ name, run: body }) {
  return new Promise((resolve) => {
    let planned
    let seen = 0
    let over = false
    let timer
    const finish = () => {
      if (over) return
      over = true
      clearTimeout(timer)
      tell({ ended: name })
      resolve()
    }
    const note = (ok, assertion, detail) => {
      if (over) return
      tell({ test: name, assertion: String(assertion ?? ''), ok: Boolean(ok), detail: ok ? undefined : String(detail ?? '') })
      seen += 1
      if (planned !== undefined && seen >= planned) finish()
    }
    const equal = (a, b, assertion) => note(a === b, assertion, `${a} is not ${b}`)
    const t = {
      // Generous: the assertions are about what happens, not about how fast this machine is.
      timeoutAfter: (ms) => (timer = setTimeout(() => (note(false, 'in time', 'timed out'), finish()), ms * order.patience)),
      plan: (count) => (planned = count),
      comment: () => undefined,
      pass: (assertion) => note(true, assertion),
      fail: (assertion) => note(false, assertion, assertion instanceof Error ? assertion.stack : assertion),
      ok: (value, assertion) => note(value, assertion, `${value}`),
      notOk: (value, assertion) => note(!value, assertion, `${value}`),
      error: (error, assertion) =>
        note(!error, assertion ?? 'no error', error instanceof Error ? error.stack : `${error} ${sippOutput.slice(-1500)}`),
      equal,
      equals: equal,
      throws: (run_, expected, assertion) => note(thrown(run_), assertion ?? expected),
      doesNotThrow: (run_, expected, assertion) => note(!thrown(run_), assertion ?? expected),
      end: (error) => {
        if (error) note(false, 'no error', error instanceof Error ? error.stack : error)
        finish()
      },
    }
    tell({ started: name })
    body(t)
    // The suites end a failed chain with an assertion and without end(): do not wait for the timeout then.
    const failing = t.error
    t.error = (error, assertion) => {
      failing(error, assertion)
      if (error) finish()
    }
  })
}

async function main() {
  require(order.suite)
  for (const each of tests) await runTest(each)
  await new Promise((resolve) => process.send?.({ done: true }, resolve))
  process.exit(0)
}

process.on('disconnect', () => process.exit(1))
void main()
