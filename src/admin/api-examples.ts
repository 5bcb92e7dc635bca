import { whenIn } from '../figures/roll-up.js'
import { monthsUntil } from '../figures/summary.js'
import type { KnownNow } from './known-now.js'

/** A request that makes an operation succeed. */
export interface OperationExamples {
  readonly path?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number | boolean>>
  /** By name, the first one first. */
  readonly bodies?: Readonly<Record<string, { readonly summary: string; readonly value: object }>>
}

const dayMs = 86_400_000
const monthBefore = (now: number) => monthsUntil(whenIn(now).month, 2)[0] ?? ''
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/**
 * Examples by operation, from this engine's current data: its directory, its last calls, open arrangements. If there is none yet, the
 * schema's example is shown, and the description says which operation makes one.
 * @param now wall-clock ms
 */
export function apiExamples(known: KnownNow, now: number): Readonly<Record<string, OperationExamples>> {
  const { call, patientsLine = 'cardiac-rehab-call-back', adviceLine = 'cardiology', clinician = 'dr-okafor', devices, version = 1 } = known
  const dueAt = new Date(Math.ceil((now + dayMs) / 3_600_000) * 3_600_000).toISOString()
  const calledIn = { from: day(now - 28 * dayMs), to: day(now + dayMs) }
  const due = { state: 'open,inProgress', from: day(now - 28 * dayMs), to: day(now + 365 * dayMs), order: 'oldest', limit: 50 }
  const person = pathOf('person', known.person?.person)
  const ofCall = pathOf('id', call?.callId)
  const start = { bodies: { clinician: { summary: 'By this clinician', value: { clinician } } } }
  const callBack = { line: patientsLine, patientNumber: '01632 960889', dueAt }
  /** A different one for each operation that settles it, if there are enough: they can be tried in turn. */
  const nth = (ids: readonly string[], index: number) => pathOf('id', ids[index] ?? ids.at(-1))
  const recording = { ...pathOf('id', known.recordedCall ?? call?.callId), query: { number: 1, download: false } }
  return {
    listCalls: {
      query: {
        ...calledIn,
        ...(call?.line === undefined ? {} : { line: call.line }),
        ...(call?.organisation === undefined ? {} : { organisation: call.organisation }),
        ...(call?.ending === undefined ? {} : { ending: call.ending }),
        limit: 50,
      },
    },
    getSummary: { query: { line: adviceLine } },
    getAdviceHours: pathOf('clinician', clinician),
    listAudit: { query: { ...(call === undefined ? {} : { call: call.callId }), limit: 50 } },
    getCall: ofCall,
    getCallText: ofCall,
    getCallPdf: ofCall,
    getWaveform: { ...pathOf('id', known.recordedCall ?? call?.callId), query: { number: 1 } },
    getWaveformAsSvg: { ...pathOf('id', known.recordedCall ?? call?.callId), query: { number: 1 } },
    getCallsAsCsv: { query: calledIn },
    getCallsAsSpreadsheet: { query: calledIn },
    sayNotNow: {
      ...pathOf('clinician', clinician),
      bodies: { notNow: { summary: 'With a patient, for half an hour', value: { minutes: 30, why: 'withPatient' } } },
    },
    sayOn: pathOf('clinician', clinician),
    startCallToLine: {
      ...pathOf('line', adviceLine),
      bodies: {
        press: {
          summary: 'With a key of its own',
          value: { clinician, once: `press-${now}`, pressedAt: new Date(now).toISOString() },
        },
      },
    },
    leaveNhsNumber: {
      ...ofCall,
      bodies: {
        nhsNumber: { summary: 'An NHS number', value: { nhsNumber: '943 476 5919' } },
        none: { summary: 'Take it away', value: { nhsNumber: null } },
      },
    },
    changeClinicianOfCall: {
      ...pathOf('id', known.dialIn),
      bodies: {
        clinician: { summary: 'By this clinician', value: { clinician } },
        nobody: { summary: "Nobody's any more", value: { clinician: null } },
      },
    },
    makeView: {
      bodies: {
        view: { summary: 'A week of a line', value: { name: 'Cardiology, unanswered', query: `days=7&line=${adviceLine}&answered=false` } },
      },
    },
    removeView: pathOf('view', known.view),
    getRecording: recording,
    getRecordingHeaders: recording,
    giveReason: { ...ofCall, bodies: { complaint: { summary: 'A complaint', value: { why: 'Complaint 2026-17' } } } },
    leaveOutcome: {
      ...pathOf('id', known.outcome?.callId ?? call?.callId),
      bodies: { outcome: { summary: 'An outcome of its line', value: { outcome: known.outcome?.outcome ?? 'referral-avoided' } } },
    },
    makeCallBack: {
      bodies: {
        scheduled: {
          summary: 'With a clinician, an NHS number and a note',
          value: { ...callBack, nhsNumber: '943 476 5919', clinician, note: 'in the afternoon' },
        },
        least: { summary: 'What is needed', value: callBack },
      },
    },
    listCallBacks: { query: due },
    getCallBack: nth(known.callBacks, 0),
    changeCallBack: {
      ...nth(known.callBacks, 0),
      bodies: {
        change: { summary: 'Another clinician, time and note', value: { clinician, dueAt, note: 'after four' } },
        done: { summary: 'Close it by hand', value: { state: 'done' } },
      },
    },
    cancelCallBack: nth(known.callBacks, 1),
    startCallBack: { ...nth(known.callBacks, 2), ...start },
    makePatientConnect: {
      bodies: {
        pin: {
          summary: 'A PIN for an hour',
          value: { nhsNumber: '943 476 5919', patientNumber: '01632 960889', clinician, validMinutes: 60 },
        },
      },
    },
    listPatientConnects: { query: due },
    getPatientConnect: nth(known.patientConnects, 0),
    cancelPatientConnect: nth(known.patientConnects, 0),
    startPatientConnect: { ...nth(known.patientConnects, 1), ...start },
    makeCallBackCode: {
      bodies: {
        thread: { summary: 'For a thread elsewhere', value: { thread: 'case 17', to: clinician, line: adviceLine, validMinutes: 10 } },
        ...(call === undefined ? {} : { call: { summary: 'For a past call', value: { call: call.callId } } }),
      },
    },
    listCallBackCodes: { query: due },
    getCallBackCode: nth(known.callBackCodes, 0),
    cancelCallBackCode: nth(known.callBackCodes, 0),
    makeDevice: {
      bodies: {
        clinician: {
          summary: 'Of a clinician',
          value: {
            owner: { kind: 'clinician', id: clinician },
            label: 'Desk in clinic 3',
            ...(devices.includes('okafor-desk') ? {} : { user: 'okafor-desk' }),
          },
        },
      },
    },
    renewDevicePassword: pathOf('user', devices[0] ?? 'okafor-desk'),
    removeDevice: pathOf('user', devices.at(-1) ?? 'okafor-desk'),
    getServiceDirectory: pathOf('organisation', known.organisation),
    makeServiceDirectoryLink: pathOf('organisation', known.organisation),
    removeServiceDirectoryLink: pathOf('organisation', known.organisation),
    getDirectoryVersion: { path: { version } },
    getDirectoryDifference: { path: { version: Math.max(1, version - 1), other: version } },
    getDirectoryEntity: { path: { section: 'lines', id: adviceLine } },
    getDirectoryExport: {},
    changeDirectory: {
      bodies: {
        field: {
          summary: 'One field of a line',
          value: {
            version,
            changes: [{ section: 'lines', id: adviceLine, set: { blurb: 'If no response try again after 20 minutes.' } }],
            why: 'Fewer people on in the afternoon',
          },
        },
        clinician: {
          summary: 'A new person',
          value: {
            version,
            changes: [{ section: 'clinicians', id: 'dr-new', set: { name: 'Dr Noor New', role: 'Consultant', numbers: ['07700 900145'] } }],
          },
        },
      },
    },
    listChoices: { path: { needs: 'calls', kind: 'clinicians' }, query: { search: clinician.slice(0, 4), limit: 10 } },
    getReturn: { path: { month: monthBefore(now) } },
    applyReturn: { path: { month: monthBefore(now) } },
    getRota: pathOf('line', adviceLine),
    changeRota: {
      ...pathOf('line', adviceLine),
      bodies: { look: { summary: 'What it would change', value: { version, changes: [], check: true } } },
    },
    applyDirectoryFile: {
      bodies: {
        look: {
          summary: 'What it would change',
          value: { text: 'areas:\n  saltmarsh: { name: Saltmarsh and the Levels }\n', check: true },
        },
      },
    },
    listPeople: { query: { limit: 50 } },
    listMessages: { query: { limit: 50 } },
    invitePerson: {
      bodies: {
        person: { summary: 'A colleague', value: { name: 'Robin Marsh', email: `robin.marsh-${(known.people ?? 0) + 1}@example.nhs.uk` } },
      },
    },
    getPerson: person,
    startTestMessage: person,
    makeSignInLink: { ...person, bodies: { shown: { summary: 'Shown to you', value: { send: false } } } },
    giveRole: { ...person, bodies: { role: { summary: 'For a line', value: { role: 'operations', scope: `line:${adviceLine}` } } } },
    removeRole: known.person?.grant === undefined ? {} : { path: { person: known.person.person, grant: known.person.grant } },
    removeSecondFactors: person,
    changeMaySignIn: { ...person, bodies: { may: { summary: 'They may', value: { maySignIn: true } } } },
    giveApproval: {
      bodies: {
        approval: {
          summary: 'For a complaint',
          value: {
            who: known.person?.email ?? 'mary.lowe@example.nhs.uk',
            scope: `line:${adviceLine}`,
            reason: 'Complaint 2026/114, asked for by the medical director',
            until: day(now + 90 * dayMs),
          },
        },
      },
    },
    removeApproval: pathOf('approval', known.approval),
    makeToken: {
      bodies: { metrics: { summary: 'For monitoring', value: { name: 'Prometheus', may: ['metrics'], scope: 'everywhere', days: 90 } } },
    },
    removeToken: pathOf('token', known.programToken),
    makeScreen: { bodies: { screen: { summary: 'For a ward', value: { name: 'Ward 7', scope: `line:${adviceLine}`, days: 90 } } } },
    removeScreen: pathOf('token', known.screen),
    startMessageAgain: pathOf('message', known.message),
    cancelMessage: pathOf('message', known.message),
    makeHold: {
      bodies: {
        organisation: {
          summary: 'All of an organisation',
          value: { kind: 'organisation', value: known.organisation ?? 'elm-row', reason: 'Inquest 2026-17' },
        },
        number: {
          summary: 'Whatever a patient took part in',
          value: { kind: 'number', value: '01632 960889', reason: 'Complaint 2026-4' },
        },
      },
    },
    releaseHold: {
      ...pathOf('hold', known.hold),
      bodies: { reason: { summary: 'With the reason', value: { reason: 'The inquest is closed' } } },
    },
    clearWatched: {
      ...pathOf('id', known.watched),
      bodies: { why: { summary: 'With the reason', value: { why: 'The number is corrected' } } },
    },
    listTargets: { query: { limit: 200, offset: 0 } },
  }
}

function pathOf(name: string, value: string | undefined): OperationExamples {
  return value === undefined ? {} : { path: { [name]: value } }
}
