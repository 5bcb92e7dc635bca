/** The voices, and which of them the training hears. No voice is in two of the three groups. */

/** `train` the net learns from it; `tune` the threshold is chosen with it; `test` nothing of it is known before the figures are taken. */
export type Group = 'train' | 'tune' | 'test'

export type Voice =
  | { readonly kind: 'flite'; readonly name: string; readonly group: Group; readonly british: boolean }
  | { readonly kind: 'espeak'; readonly name: string; readonly group: Group; readonly british: boolean }
  | { readonly kind: 'festival'; readonly name: string; readonly group: Group; readonly british: boolean }
  | { readonly kind: 'pico'; readonly name: string; readonly group: Group; readonly british: boolean }
  | { readonly kind: 'rhvoice'; readonly name: string; readonly group: Group; readonly british: boolean }
  | { readonly kind: 'mbrola'; readonly name: string; readonly group: Group; readonly british: boolean }

/** Recordings of six people: those of Carnegie Mellon University from which these voices were built. awb is a Scot, and kept for the figures. */
const flite: readonly Voice[] = [
  { kind: 'flite', name: 'rms', group: 'train', british: false },
  { kind: 'flite', name: 'slt', group: 'train', british: false },
  { kind: 'flite', name: 'kal16', group: 'train', british: false },
  { kind: 'flite', name: 'awb', group: 'test', british: true },
]

const festival: readonly Voice[] = [
  { kind: 'festival', name: 'ked_diphone', group: 'train', british: false },
  { kind: 'festival', name: 'cmu_us_slt_arctic_hts', group: 'train', british: false },
]

/** Recordings of two women: SVOX's, from Debian's non-free section. */
const pico: readonly Voice[] = [
  { kind: 'pico', name: 'en-GB', group: 'train', british: true },
  { kind: 'pico', name: 'en-US', group: 'train', british: false },
]

/** Recordings of a man and a woman of Carnegie Mellon University. RHVoice's alan is the same Scot as flite's awb: no training hears him. */
const rhvoice: readonly Voice[] = [
  { kind: 'rhvoice', name: 'bdl', group: 'train', british: false },
  { kind: 'rhvoice', name: 'clb', group: 'train', british: false },
]

/** Recordings of an Englishman: Edinburgh University's Roger. */
const mbrola: readonly Voice[] = [{ kind: 'mbrola', name: 'en1', group: 'train', british: true }]

const accents = ['en-gb', 'en-gb-scotland', 'en-gb-x-gbclan', 'en-gb-x-rp', 'en-gb-x-gbcwmd', 'en-us', 'en-029', 'en-us-nyc'] as const

/** Variants of espeak-ng that may be taken for people: robots, whispers and monsters are left out. */
const variants: Readonly<Record<Group, readonly string[]>> = {
  train: [
    'f1',
    'f2',
    'f3',
    'm1',
    'm2',
    'm3',
    'm4',
    'm6',
    'm8',
    'Alex',
    'Alicia',
    'Andy',
    'AnxiousAndy',
    'Denis',
    'Diogo',
    'Gene',
    'Henrique',
    'Hugo',
    'Jacky',
    'Marco',
    'Mario',
    'Mike',
    'Nguyen',
    'RicishayMax',
    'RicishayMax2',
    'Tweaky',
    'adam',
    'anika',
    'announcer',
    'antonio',
    'aunty',
    'belinda',
    'boris',
    'caleb',
    'ed',
    'edward',
    'grandma',
    'gustave',
    'iven',
    'iven2',
    'john',
    'kaukovalta',
    'klatt',
    'klatt2',
    'klatt4',
    'klatt5',
    'marcelo',
    'max',
    'miguel',
    'norbert',
    'pablo',
    'pedro',
    'quincy',
    'robert',
    'sandro',
    'shelby',
    'steph',
    'travis',
    'victor',
    'zac',
  ],
  tune: ['f5', 'm7', 'Michael', 'Gene2', 'david', 'iven3', 'steph2', 'klatt6', 'paul'],
  test: [
    'f4',
    'm5',
    'Andrea',
    'Annie',
    'Lee',
    'benjamin',
    'edward2',
    'grandpa',
    'iven4',
    'klatt3',
    'linda',
    'michel',
    'rob',
    'steph3',
    'RicishayMax3',
  ],
}

const espeak: readonly Voice[] = (['train', 'tune', 'test'] as const).flatMap((group) =>
  variants[group].flatMap((variant) =>
    accents.map((accent): Voice => ({ kind: 'espeak', name: `${accent}+${variant}`, group, british: accent.startsWith('en-gb') })),
  ),
)

export const voices: readonly Voice[] = [...flite, ...festival, ...pico, ...rhvoice, ...mbrola, ...espeak]

export function voicesOf(group: Group): readonly Voice[] {
  return voices.filter((voice) => voice.group === group)
}

/** Of espeak-ng's voices the training hears two of five: each variant in three or four accents. */
export const trainingVoices: readonly Voice[] = voicesOf('train').filter(({ kind }, index) => kind !== 'espeak' || index % 5 < 2)

/**
 * Voices of festival, SVOX and RHVoice for other languages, which say "one" as its speakers do, in their own letters. Each is one more throat in the training.
 * Only what they say besides is in `others`.
 */
export const borrowed: readonly {
  readonly kind?: 'pico' | 'rhvoice'
  readonly name: string
  readonly one: readonly string[]
  readonly others: readonly string[]
}[] = [
  {
    name: 'lp_diphone',
    one: ['uan', 'uon'],
    others: ['si', 'no', 'pronto', 'due', 'uno', 'tre', 'ran', 'san', 'uin', 'ua', 'an', 'buon', 'quan', 'ciao'],
  },
  {
    name: 'pc_diphone',
    one: ['uan', 'uon'],
    others: ['si', 'no', 'pronto', 'due', 'uno', 'tre', 'ran', 'san', 'uin', 'ua', 'an', 'buon', 'quan', 'ciao'],
  },
  { name: 'suo_fi_lj_diphone', one: ['uan'], others: ['joo', 'ei', 'kaksi', 'yksi', 'san', 'ran', 'uin', 'hei', 'moi'] },
  { name: 'hy_fi_mv_diphone', one: ['uan'], others: ['joo', 'ei', 'kaksi', 'yksi', 'san', 'ran', 'uin', 'hei', 'moi'] },
  { name: 'upc_ca_ona_hts', one: ['uan'], others: ['si', 'no', 'dos', 'un', 'tres', 'ran', 'san', 'bon', 'digui'] },
  { name: 'msu_ru_nsh_clunits', one: ['уан'], others: ['да', 'нет', 'алло', 'два', 'ран', 'сан', 'один', 'три'] },
  { name: 'czech_dita', one: ['uan'], others: ['ano', 'ne', 'halo', 'dva', 'jeden', 'ran', 'san', 'tri'] },
  { name: 'czech_krb', one: ['uan'], others: ['ano', 'ne', 'halo', 'dva', 'jeden', 'ran', 'san', 'tri'] },
  { name: 'czech_machac', one: ['uan'], others: ['ano', 'ne', 'halo', 'dva', 'jeden', 'ran', 'san', 'tri'] },
  { name: 'czech_ph', one: ['uan'], others: ['ano', 'ne', 'halo', 'dva', 'jeden', 'ran', 'san', 'tri'] },
  {
    kind: 'pico',
    name: 'de-DE',
    one: ['uann', 'uan'],
    others: ['ja', 'nein', 'hallo', 'zwei', 'eins', 'wann', 'dann', 'von', 'wer', 'was', 'an'],
  },
  {
    kind: 'pico',
    name: 'fr-FR',
    one: ['ouanne', 'ouane'],
    others: ['oui', 'non', 'allo', 'deux', 'un', 'ouais', 'rame', 'bonne', 'ouate', 'Anne'],
  },
  { kind: 'pico', name: 'es-ES', one: ['uan', 'guan'], others: ['si', 'no', 'dos', 'uno', 'tres', 'ran', 'san', 'bien', 'digame', 'juan'] },
  { kind: 'pico', name: 'it-IT', one: ['uan', 'uon'], others: ['si', 'no', 'pronto', 'due', 'uno', 'tre', 'ran', 'san', 'quan', 'buon'] },
  {
    kind: 'rhvoice',
    name: 'anna',
    one: ['уан', 'уон'],
    others: ['да', 'нет', 'алло', 'два', 'ран', 'сан', 'один', 'три', 'вон', 'ван', 'вам'],
  },
  {
    kind: 'rhvoice',
    name: 'elena',
    one: ['уан', 'уон'],
    others: ['да', 'нет', 'алло', 'два', 'ран', 'сан', 'один', 'три', 'вон', 'ван', 'вам'],
  },
  {
    kind: 'rhvoice',
    name: 'irina',
    one: ['уан', 'уон'],
    others: ['да', 'нет', 'алло', 'два', 'ран', 'сан', 'один', 'три', 'вон', 'ван', 'вам'],
  },
  {
    kind: 'rhvoice',
    name: 'aleksandr',
    one: ['уан', 'уон'],
    others: ['да', 'нет', 'алло', 'два', 'ран', 'сан', 'один', 'три', 'вон', 'ван', 'вам'],
  },
  { kind: 'rhvoice', name: 'anatol', one: ['уан', 'уон'], others: ['так', 'ні', 'алло', 'два', 'ран', 'сан', 'один', 'три', 'вин', 'вас'] },
  {
    kind: 'rhvoice',
    name: 'natalia',
    one: ['уан', 'уон'],
    others: ['так', 'ні', 'алло', 'два', 'ран', 'сан', 'один', 'три', 'вин', 'вас'],
  },
  { kind: 'rhvoice', name: 'azamat', one: ['уан', 'уон'], others: ['ооба', 'жок', 'алло', 'эки', 'ран', 'сан', 'бир', 'үч'] },
  { kind: 'rhvoice', name: 'nazgul', one: ['уан', 'уон'], others: ['ооба', 'жок', 'алло', 'эки', 'ран', 'сан', 'бир', 'үч'] },
  { kind: 'rhvoice', name: 'spomenka', one: ['ŭan', 'ŭon'], others: ['jes', 'ne', 'ha', 'du', 'unu', 'tri', 'ran', 'san', 'bon'] },
]
