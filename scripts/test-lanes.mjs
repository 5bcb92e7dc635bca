// The tests that place real calls mostly wait: three lanes of them run side by side, each in its own network namespace, where no port or packet of the
// others is seen. Needs Linux and the right to make a network namespace (root); elsewhere there is one lane.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { root } from './install.mjs'

const laneCount = 3
/** Seconds that each file took at its last run here; before it has run here, as on some other machine; a file in neither counts as short. */
const durationsFile = join(root, '.cache', 'test-durations.json')
const elsewhereFile = join(root, 'scripts', 'test-durations.json')
const shortSeconds = 6
/** A folder in memory, if the machine has one with room: the lanes' writes then wait for no disk, which others may keep busy for seconds. */
const memory = '/dev/shm'
const memoryBytes = 4 * 1024 ** 3
const inOwnNetwork = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

function canIsolate() {
  return process.platform === 'linux' && spawnSync(inOwnNetwork[0], [...inOwnNetwork.slice(1), 'true'], { stdio: 'ignore' }).status === 0
}

/** @returns a new folder for a run's temporary files */
function temporaryFolder() {
  // Tests install packages in it and run them: not on a file system mounted noexec.
  const mounted = existsSync('/proc/mounts')
    ? readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .find((line) => line.split(' ')[1] === memory)
    : undefined
  const usable = mounted !== undefined && !mounted.split(' ')[3]?.split(',').includes('noexec')
  const { bavail, bsize } = usable ? statfsSync(memory) : { bavail: 0, bsize: 0 }
  const folder = mkdtempSync(join(bavail * bsize >= memoryBytes ? memory : tmpdir(), 'ringround-test-'))
  // A PostgreSQL that runs as another user has a folder of its own in it.
  chmodSync(folder, 0o711)
  return folder
}

function readDurations() {
  return Object.assign(
    {},
    ...[elsewhereFile, durationsFile].filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, 'utf8'))),
  )
}

/** Distributes files over lanes as evenly as possible: the longest first, each to the shortest lane. */
function deal(files, lanes, durations) {
  const secondsOf = (file) => durations[file] ?? shortSeconds
  const dealt = Array.from({ length: lanes }, () => ({ files: [], seconds: 0 }))
  for (const file of [...files].sort((one, other) => secondsOf(other) - secondsOf(one) || one.localeCompare(other))) {
    const least = dealt.reduce((best, lane) => (lane.seconds < best.seconds ? lane : best))
    least.files.push(file)
    least.seconds += secondsOf(file)
  }
  return dealt.map((lane) => lane.files).filter((lane) => lane.length > 0)
}

/** @returns the tests below `test/` whose path holds one of the filters (all without any) */
export function filesOfCalls(filter) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .map((file) => join('test', file))
    .filter((file) => file.endsWith('.test.ts') && (filter.length === 0 || filter.some((part) => file.includes(part))))
}

/**
 * @param {string[]} files below `test/`
 * @param {(lane: number, report: string) => string[]} command arguments of Node for one lane, without the files
 * @param {number} most lanes
 * @returns {Promise<{ ok: boolean, report: string }[]>} per lane whether it passed, and where its JSON report is
 */
export async function runLanes(files, command, most = laneCount) {
  if (files.length === 0) return []
  const isolated = canIsolate()
  const durations = readDurations()
  const lanes = deal(files, isolated ? most : 1, durations)
  const folder = temporaryFolder()
  const finished = await Promise.all(lanes.map((lane, index) => runLane(index, lane, isolated, folder, command)))
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  for (const { report } of finished) {
    if (!existsSync(report)) continue
    for (const { name, startTime, endTime } of JSON.parse(readFileSync(report, 'utf8')).testResults)
      durations[relative(root, name)] = Math.round((endTime - startTime) / 100) / 10
  }
  mkdirSync(dirname(durationsFile), { recursive: true })
  writeFileSync(durationsFile, JSON.stringify(durations, undefined, 1))
  return finished
}

/** The first lane prints as it goes; another's output comes at its end, so that they do not mix. */
function runLane(index, files, isolated, folder, command) {
  const report = join(root, '.cache', `test-calls-${index}-${process.pid}.json`)
  const run = [process.execPath, ...command(index, report), ...files]
  const [program, ...args] = isolated ? [...inOwnNetwork, ...run] : run
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: index === 0 ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  })
  const words = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => words.push(chunk))
  return new Promise((resolve) => {
    const over = (ok, trouble = '') => {
      process.stdout.write(Buffer.concat(words))
      if (trouble !== '') console.log(trouble)
      resolve({ ok, report })
    }
    child.once('error', (error) => over(false, `lane ${index + 1} did not start: ${error.message}`))
    child.once('close', (code) => over(code === 0))
  })
}
