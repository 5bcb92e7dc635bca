import type { Form } from './form.js'
import type { Area, AreaId, Clinician, ClinicianId, NumberUse, Organisation, OrganisationId, OutcomeChoice } from './model.js'
import { expectedPeriod, parsePeriod, type Period } from './period.js'
import { readTargetNode } from './read-target.js'
import type { References } from './references.js'
import type { YamlNode } from './yaml-tree.js'

/** Outcomes are offered on the keys 1 to 9. */
const maxOutcomes = 9

/** Reads `{ referral-avoided: Referral avoided, ... }`, in the order of the keys that offer them. */
export function readOutcomes(form: Form, node: YamlNode, what: string): readonly OutcomeChoice[] | undefined {
  const map = form.map(node, what, 'a name and words for each: `{ referral-avoided: Referral avoided }`')
  if (map === undefined) return undefined
  if (map.entries.length === 0 || map.entries.length > maxOutcomes)
    return form.problem(node, `${what} has ${map.entries.length}`, `1 to ${maxOutcomes} outcomes, one a key`)
  const outcomes: OutcomeChoice[] = []
  for (const { key, value } of map.entries) {
    const id = form.id(key, `the name of an outcome in ${what}`)
    const label = form.words(value, `the words of an outcome in ${what}`, value, 60)
    if (id !== undefined && label !== undefined) outcomes.push({ id, label })
  }
  return outcomes.length === map.entries.length ? outcomes : undefined
}

export function readArea(form: Form, id: AreaId, node: YamlNode): Area | undefined {
  const what = `area ${id}`
  const fields = form.fields(node, what, ['name', 'outcomes'])
  if (fields === undefined) return undefined
  const name = form.words(fields.get('name'), `the name of ${what}`, node)
  const outcomesNode = fields.get('outcomes')
  const outcomes = outcomesNode === undefined ? undefined : readOutcomes(form, outcomesNode, `outcomes of ${what}`)
  return name === undefined ? undefined : { id, name, ...(outcomes === undefined ? {} : { outcomes }) }
}

/** @param claim registers a dialled number and its use */
export function readOrganisation(
  form: Form,
  references: References,
  id: OrganisationId,
  node: YamlNode,
  claim: (node: YamlNode, use: NumberUse) => void,
): Organisation | undefined {
  const what = `organisation ${id}`
  const fields = form.fields(node, what, [
    'kind',
    'name',
    'spokenName',
    'odsCode',
    'area',
    'dialIn',
    'code',
    'bypass',
    'reception',
    'keepRecordings',
    'keepRecords',
  ])
  if (fields === undefined) return undefined
  const kindNode = fields.get('kind')
  const kind =
    kindNode === undefined
      ? form.problem(node, `${what} has no kind`, 'gpPractice, trust, ambulance, icb, pharmacy or other')
      : form.oneOf(kindNode, `the kind of ${what}`, ['gpPractice', 'trust', 'ambulance', 'icb', 'pharmacy', 'other'])
  const name = form.words(fields.get('name'), `the name of ${what}`, node)
  const spokenNode = fields.get('spokenName')
  const spokenName = spokenNode === undefined ? name : form.words(spokenNode, `the spoken name of ${what}`, node)
  const areaNode = fields.get('area')
  const area =
    areaNode === undefined
      ? form.problem(node, `${what} has no area`, 'the name of one under `areas:`')
      : form.id(areaNode, `the area of ${what}`)
  if (area !== undefined && areaNode !== undefined) references.area(area, areaNode)
  const odsNode = fields.get('odsCode')
  // ODS codes: 3 to 8 capital letters and digits, e.g. E81001 (practice), RTH (trust), RTH08 (site).
  const odsCode =
    odsNode === undefined
      ? undefined
      : form.matching(odsNode, `the ODS code of ${what}`, /^[A-Z0-9]{3,8}$/, 'capital letters and digits such as E81001')
  const codeNode = fields.get('code')
  const code = codeNode === undefined ? undefined : form.matching(codeNode, `the code of ${what}`, /^\d{1,6}$/, '1 to 6 digits')
  const bypassNode = fields.get('bypass')
  const receptionNode = fields.get('reception')
  const bypass = bypassNode === undefined ? undefined : readTargetNode(form, bypassNode, `the bypass number of ${what}`)
  const reception = receptionNode === undefined ? undefined : readTargetNode(form, receptionNode, `the reception number of ${what}`)
  const keepNode = fields.get('keepRecordings')
  const keepRecordings = keepNode === undefined ? undefined : readPeriod(form, keepNode, `keepRecordings of ${what}`)
  const keepRecordsNode = fields.get('keepRecords')
  const keepRecords = keepRecordsNode === undefined ? undefined : readPeriod(form, keepRecordsNode, `keepRecords of ${what}`)
  const dialInNode = fields.get('dialIn')
  for (const numberNode of dialInNode === undefined ? [] : form.oneOrMore(dialInNode))
    claim(numberNode, { kind: 'dialIn', organisation: id })
  if (kind === undefined || name === undefined || spokenName === undefined || area === undefined) return undefined
  return {
    id,
    kind,
    name,
    spokenName,
    area,
    ...(odsCode === undefined ? {} : { odsCode }),
    ...(code === undefined ? {} : { code }),
    ...(bypass === undefined ? {} : { bypass }),
    ...(reception === undefined ? {} : { reception }),
    ...(keepRecordings === undefined ? {} : { keepRecordings }),
    ...(keepRecords === undefined ? {} : { keepRecords }),
  }
}

function readPeriod(form: Form, node: YamlNode, what: string): Period | undefined {
  const period = node.kind === 'scalar' ? parsePeriod(node.text) : undefined
  return period ?? form.problem(node, `${what} is no time`, expectedPeriod)
}

export function readClinician(form: Form, references: References, id: ClinicianId, node: YamlNode): Clinician | undefined {
  const what = `clinician ${id}`
  const fields = form.fields(node, what, ['name', 'spokenName', 'role', 'numbers', 'organisations'])
  if (fields === undefined) return undefined
  const name = form.words(fields.get('name'), `the name of ${what}`, node)
  const spokenNode = fields.get('spokenName')
  const spokenName = spokenNode === undefined ? name : form.words(spokenNode, `the spoken name of ${what}`, node)
  const role = form.words(fields.get('role'), `the role of ${what}`, node)
  const numbersNode = fields.get('numbers')
  if (numbersNode === undefined) form.problem(node, `${what} has no numbers`, 'at least one telephone number or SIP address')
  const numberNodes = numbersNode === undefined ? [] : form.oneOrMore(numbersNode)
  if (numbersNode !== undefined && numberNodes.length === 0)
    form.problem(numbersNode, `${what} has no numbers`, 'at least one telephone number or SIP address')
  const numbers = numberNodes
    .map((numberNode) => readTargetNode(form, numberNode, `a number of ${what}`))
    .filter((target) => target !== undefined)
  const organisationsNode = fields.get('organisations')
  const organisations: OrganisationId[] = []
  for (const organisationNode of organisationsNode === undefined ? [] : form.oneOrMore(organisationsNode)) {
    const organisation = form.id(organisationNode, `an organisation of ${what}`)
    if (organisation === undefined) continue
    references.organisation(organisation, organisationNode)
    organisations.push(organisation)
  }
  if (name === undefined || spokenName === undefined || role === undefined || numbers.length === 0) return undefined
  return { id, name, spokenName, role, numbers, organisations }
}
