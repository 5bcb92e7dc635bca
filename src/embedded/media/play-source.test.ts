import { expect, it } from 'vitest'
import { parsePlaySource } from './play-source.js'

it.each([
  ['/prompts/welcome.wav', { kind: 'file', path: '/prompts/welcome.wav' }],
  ['file:///prompts/welcome.wav', { kind: 'file', path: '/prompts/welcome.wav' }],
  ['tone_stream://%(400,200,400,450);loops=-1', { kind: 'toneStream', tones: '%(400,200,400,450);loops=-1' }],
  ['silence_stream://100', { kind: 'silenceStream', ms: 100 }],
  ['silence_stream://-1,1400', { kind: 'silenceStream', ms: -1 }],
  ['silence_stream://', { kind: 'silenceStream', ms: 0 }],
  [
    'file_string:///a.wav!silence_stream://50!/b.wav',
    {
      kind: 'sequence',
      sources: [
        { kind: 'file', path: '/a.wav' },
        { kind: 'silenceStream', ms: 50 },
        { kind: 'file', path: '/b.wav' },
      ],
    },
  ],
  ['local_stream://moh', { kind: 'file', path: 'local_stream://moh' }],
  ['', { kind: 'file', path: '' }],
])('%s', (text, source) => {
  expect(parsePlaySource(text)).toEqual(source)
})
