import type { AlarmName } from '../alarms/alarm-list.js'

/**
 * Automatic messages. None mentions a patient or holds a secret: a link is made when it is sent, so that what the store keeps signs nobody in.
 * `invitation`, `signInLink`: a link that signs its person in once. `newBrowser`: they signed in with a browser not used before. `alarm`: a new alarm. `summary`: the figures of a month, `2026-03`. `test`: to see whether mail arrives.
 * `push`: for one browser, by Web Push; all others go by e-mail.
 */
export type Message =
  | { readonly kind: 'invitation' | 'signInLink'; readonly by: string }
  | { readonly kind: 'newBrowser'; readonly at: number; readonly browser: string }
  | { readonly kind: 'alarm'; readonly alarm: AlarmName; readonly raisedAt: number }
  | { readonly kind: 'summary'; readonly month: string }
  | { readonly kind: 'test' }
  | { readonly kind: 'push'; readonly subscription: string; readonly about: About }

/**
 * Notices to browsers. `onSoon`: the person is on a line from `at` on. `outcomeOpen`: a call of theirs ended without an outcome. `callBackDue`: one of theirs is due. `alarm`: a new alarm.
 * Times in wall-clock ms.
 */
export type About =
  | { readonly kind: 'onSoon'; readonly line: string; readonly at: number }
  | { readonly kind: 'outcomeOpen'; readonly call: string; readonly line?: string; readonly at: number }
  | { readonly kind: 'callBackDue'; readonly callBack: string; readonly line: string; readonly at: number }
  | { readonly kind: 'alarm'; readonly alarm: AlarmName; readonly at: number }

export type AboutKind = About['kind']
export const aboutKinds = ['onSoon', 'outcomeOpen', 'callBackDue', 'alarm'] as const satisfies readonly AboutKind[]

/** How messages go out. */
export type Carrying = 'letters' | 'push'

export type MessageKind = Message['kind']
export const messageKinds = [
  'invitation',
  'signInLink',
  'newBrowser',
  'alarm',
  'summary',
  'test',
  'push',
] as const satisfies readonly MessageKind[]

/** `waiting`: for its time. `sending`: an engine has claimed it. `failed`: given up, or refused for good. `stopped`: by staff, before it was sent. `shown`: in the demo, where nothing goes out. */
export type MessageState = (typeof messageStates)[number]
export const messageStates = ['waiting', 'sending', 'sent', 'failed', 'stopped', 'shown'] as const

export interface KeptMessage {
  readonly id: string
  /** Id of the recipient. */
  readonly person: string
  readonly message: Message
  readonly state: MessageState
  readonly createdAt: number
  /** When it is tried next; while it is being sent: until when the claim holds. */
  readonly dueAt: number
  readonly tries: number
  readonly sentAt?: number
  /** The last error. */
  readonly trouble?: string
}

/** What people may ask for. */
export type Subscription = 'alarms' | 'summary'
export const subscriptions: readonly Subscription[] = ['alarms', 'summary']

/** A message in words. */
export interface Letter {
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** The same for mail programs that show HTML; it loads nothing from anywhere. */
  readonly html: string
}
