import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'

/** Debian's server programs, newest first; they are not on the PATH. */
function programsFolder(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const folders = [
    ...(existsSync(debian)
      ? readdirSync(debian)
          .sort((a, b) => Number(b) - Number(a))
          .map((version) => join(debian, version, 'bin'))
      : []),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** It refuses to run as root: then it runs as an unprivileged user. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

/** What this machine lacks to start one; undefined: nothing. */
export const noPostgres =
  programsFolder() === undefined ? 'there is no PostgreSQL on this machine (Debian: apt-get install postgresql)' : undefined

export interface PostgresUse {
  /** On loopback, a free one. */
  readonly port: number
  /** Whether it waits for the disk (fsync). */
  readonly fsync: boolean
  readonly sharedBuffers: string
}

/** A private PostgreSQL server, for tests and benchmarks, on a free loopback port and in a temporary folder. */
export class OwnPostgres {
  #server: ChildProcess | undefined
  #databases = 0

  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    private readonly use: PostgresUse,
    private readonly isKept: boolean,
  ) {}

  /** @param kept a folder that stays when it ends, and whose earlier server data are used; default: a temporary one */
  static async start(use: PostgresUse, kept?: string): Promise<OwnPostgres> {
    const programs = programsFolder()
    if (programs === undefined) throw new Error(noPostgres)
    const folder = kept ?? mkdtempSync(join(tmpdir(), 'ringround-postgres-'))
    const postgres = new OwnPostgres(programs, folder, use, kept !== undefined)
    if (!existsSync(join(folder, 'data'))) postgres.#make()
    await postgres.run()
    return postgres
  }

  /** A hot standby of this server, which replays what is written here. */
  async replica(use: PostgresUse): Promise<OwnPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-replica-'))
    if (nobody) chownSync(folder, nobody.uid, nobody.gid)
    execFileSync(
      join(this.programs, 'pg_basebackup'),
      [
        '-h',
        '127.0.0.1',
        '-p',
        String(this.use.port),
        '-U',
        'ringround',
        '-D',
        join(folder, 'data'),
        '-R',
        '--checkpoint=fast',
        '--no-sync',
      ],
      { ...nobody, cwd: folder, stdio: 'ignore' },
    )
    const replica = new OwnPostgres(this.programs, folder, use, false)
    await replica.run()
    return replica
  }

  /** The same database on this server, by its address on another. */
  sameDatabase(url: string): string {
    return this.#url(new URL(url).pathname.slice(1))
  }

  #make(): void {
    const { folder, programs } = this
    if (nobody) chownSync(folder, nobody.uid, nobody.gid)
    execFileSync(
      join(programs, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'ringround', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
      { ...nobody, cwd: folder, stdio: 'ignore' },
    )
  }

  /** Starts it (again). */
  async run(): Promise<void> {
    const { port, fsync, sharedBuffers } = this.use
    this.#server = spawn(
      join(this.programs, 'postgres'),
      [
        '-D',
        join(this.folder, 'data'),
        '-p',
        String(port),
        '-h',
        '127.0.0.1',
        '-k',
        this.folder,
        '-c',
        'max_connections=60',
        '-c',
        `shared_buffers=${sharedBuffers}`,
        '-c',
        'max_wal_size=8GB',
        ...(fsync ? [] : ['-c', 'fsync=off']),
      ],
      { ...nobody, cwd: this.folder, stdio: 'ignore' },
    )
    for (let tries = 0; ; tries++) {
      const client = new pg.Client({ connectionString: this.#url('postgres') })
      client.on('error', () => undefined)
      try {
        await client.connect()
        await client.end()
        return
      } catch (error) {
        if (tries > 300) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  /** A new, empty database. @returns its address */
  async database(): Promise<string> {
    const name = `store_${++this.#databases}`
    await this.by('postgres', `create database ${name}`)
    return this.#url(name)
  }

  /** The address of the first database. */
  get firstDatabase(): string {
    return this.#url('store_1')
  }

  /** Runs SQL by hand. */
  async by(database: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new pg.Client({ connectionString: database.startsWith('postgres:') ? database : this.#url(database) })
    await client.connect()
    try {
      return (await client.query<Readonly<Record<string, unknown>>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  /** Ends it: `SIGINT` closes connections, `SIGQUIT` acts like a power cut. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined || server.exitCode !== null) return
    const gone = new Promise((resolve) => server.once('exit', resolve))
    server.kill(signal)
    await gone
  }

  /** Freezes or resumes all of its processes. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = this.#server ?? {}
    if (pid === undefined) return
    const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .stdout.split('\n')
      .map(Number)
      .filter((child) => child > 0)
    for (const one of [pid, ...children]) process.kill(one, signal)
  }

  /** A file that the server may read, for `copy ... from`. */
  fileFor(name: string): string {
    return join(this.folder, name)
  }

  async close(): Promise<void> {
    await this.stop(this.isKept ? 'SIGINT' : 'SIGQUIT')
    if (!this.isKept) rmSync(this.folder, { recursive: true, force: true })
  }

  #url(database: string): string {
    return `postgres://ringround@127.0.0.1:${this.use.port}/${database}`
  }
}
