/** Whose telephone it is. It may call what its owner may call, and be rung for its owner. */
export type DeviceOwner = { readonly kind: 'clinician'; readonly clinician: string } | { readonly kind: 'organisation'; readonly organisation: string }

/** A SIP telephone that may register. */
export interface Device {
  /** User name: in the credentials, in its address, and in `device:` targets of the directory. */
  readonly user: string
  readonly owner: DeviceOwner
  /** For people: "Dr Okafor's laptop". */
  readonly label: string
  /** In place of the password: see `digestSecret`. */
  readonly secrets: { readonly md5: string; readonly sha256: string }
  readonly createdAt: number
}

/** The telephones that may register, with their credentials. */
export interface Devices {
  find(user: string): Device | undefined
  list(): readonly Device[]
  /** On disk when it resolves. @throws Error when the user name is taken */
  add(device: Device): Promise<void>
  /** @returns false when there was none */
  remove(user: string): Promise<boolean>
}
