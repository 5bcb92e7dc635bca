// A password can be looked at while it is typed.
import { createAll, PasswordInput } from './nhsuk.js'
createAll(PasswordInput)
