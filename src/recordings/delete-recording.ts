import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../store/store-error.js'
import { pathBelow } from './finishing.js'
import { SpoolFolder } from './spool-folder.js'

/**
 * Deletes a recording: its file, sealed or not, and what a failed one has left in the spool. On the disk when it resolves; may be called again. Rejects with errors of the file system.
 * @param recording `path` below the recordings folder
 */
export async function deleteRecordingFiles(
  { recordingsFolder, spoolFolder }: { readonly recordingsFolder: string; readonly spoolFolder: string },
  { recordingId, path }: { readonly recordingId: string; readonly path?: string },
): Promise<void> {
  const file = path === undefined ? undefined : pathBelow(recordingsFolder, path)
  if (file !== undefined) {
    await rm(file, { force: true })
    await flush(dirname(file))
  }
  const spool = new SpoolFolder(spoolFolder)
  await spool.remove(recordingId)
  await new SpoolFolder(join(spoolFolder, SpoolFolder.asideName)).remove(recordingId)
}

/** A deleted name stays deleted after a power cut. */
async function flush(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    // Where the folder is gone, so is the file; some systems open no folders.
    if (!['ENOENT', 'EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes(codeOf(error) ?? '')) throw error
  }
}
