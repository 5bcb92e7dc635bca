import { StartError } from '../start-error.js'

/** Why an address cannot be listened on, in one line that says what to change. */
export function listenError(error: unknown, where: string, variable: string): StartError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE' || /in use|is taken|EADDRINUSE/i.test(message))
    return new StartError(`${where}: that port is taken. Set another one (${variable}), or stop the program that has it.`)
  if (code === 'EADDRNOTAVAIL' || /EADDRNOTAVAIL/.test(message)) return new StartError(`${where}: this machine has no such address.`)
  if (code === 'EACCES' || /EACCES/.test(message))
    return new StartError(`${where}: not allowed to listen there. Choose a port above 1023 (${variable}).`)
  return new StartError(`${where}: ${message}`)
}
