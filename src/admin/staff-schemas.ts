/** What the routes of people, approvals, tokens and messages have in common. */

export const idParam = <K extends string>(name: K, description: string, example: string) =>
  ({
    type: 'object',
    required: [name],
    properties: { [name]: { type: 'string', minLength: 1, maxLength: 100, description, examples: [example] } },
  }) as const

export const scopeTaken = (description: string) =>
  ({
    type: 'string',
    maxLength: 120,
    pattern: '^(everywhere|(organisation|line):[a-z0-9][a-z0-9-]*)$',
    description: `${description}: \`everywhere\`, \`organisation:ID\` or \`line:ID\``,
    examples: ['everywhere'],
  }) as const

export const nothing = (description: string) => ({ description, type: 'null' }) as const
