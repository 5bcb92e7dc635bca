/** The parts of our JSON Schemas that examples are made from. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly example?: unknown
}

/** A whole value, built from the fields' examples. */
export function exampleOf({ type, properties, items, enum: values, examples, example }: Schema): unknown {
  if (example !== undefined) return example
  if (examples?.[0] !== undefined) return examples[0]
  if (values?.[0] !== undefined) return values[0]
  if (properties) return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, exampleOf(schema)]))
  if (items) return [exampleOf(items)]
  return [type].flat().includes('object') ? {} : null
}
