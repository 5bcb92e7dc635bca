// Shows a password while it is typed.
import { createAll, PasswordInput } from './nhsuk.js'
createAll(PasswordInput)
