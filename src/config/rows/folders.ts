import { engineName, optional, text } from '../parsers.js'
import { row, type SettingRow } from '../setting-row.js'

/** Where things lie, and the name of the engine. */
export const folderRows = {
  dataFolder: row('folders.data', 'RINGROUND_DATA_FOLDER', 'data', 'Database, spool of running recordings, spoken names', text),
  recordingsFolder: row('folders.recordings', 'RINGROUND_RECORDINGS_FOLDER', 'recordings', 'Finished MP3 recordings, by date', text),
  sharedGroup: row(
    'folders.sharedGroup',
    'RINGROUND_SHARED_GROUP',
    '',
    'Group that the engine shares with a FreeSWITCH that runs as another user: it may write the spool and read the spoken names (docs/production.md); empty: nobody but the engine',
    optional,
  ),
  directoryFile: row(
    'directory.file',
    'RINGROUND_DIRECTORY_FILE',
    'config/directory.yaml',
    'Organisations, lines, rotas, clinicians, numbers: a change of it is applied to the directory in the store',
    text,
  ),
  engineName: row(
    'engine.name',
    'RINGROUND_ENGINE_NAME',
    '',
    'Name of this engine, written beside every fact; unique among engines. Empty: the name of the machine',
    engineName,
  ),
} as const satisfies Record<string, SettingRow<unknown>>
