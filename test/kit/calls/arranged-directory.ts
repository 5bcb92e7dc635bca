import type { SmallDirectory } from './small-directory.js'
import type { ArrangedCall } from '../../../src/calls/arrangements.js'

export const okaforMobile = '+447700900021'
export const okaforOffice = '+441632960021'
export const patientHome = '+441632960888'
export const codeNumber = '+441632960600'
export const gpDesk = '+441632960811'

export const connect: ArrangedCall = {
  id: 'connect-1',
  kind: 'patientConnect',
  targets: [{ kind: 'number', number: patientHome }],
  clinician: 'dr-okafor',
}
export const callBack: ArrangedCall = {
  id: 'back-1',
  kind: 'callBack',
  targets: [{ kind: 'number', number: patientHome }],
  clinician: 'dr-okafor',
  line: 'clinic',
}
export const coded: ArrangedCall = {
  id: 'code-1',
  kind: 'callBackCode',
  targets: [{ kind: 'number', number: gpDesk }],
  line: 'cardiology',
  organisation: 'Elm Surgery',
}

export const world: SmallDirectory = {
  lines: [
    { id: 'cardiology', outcomes: [{ id: 'avoided', label: 'Referral avoided' }], rota: [okaforMobile] },
    { id: 'ent', rota: [okaforMobile] },
    { id: 'clinic', kind: 'pifuCallBack', outcomes: [{ id: 'discharged', label: 'Patient discharged' }], rota: [] },
  ],
  clinicians: { 'dr-okafor': [okaforMobile, okaforOffice] },
  codes: codeNumber,
}
