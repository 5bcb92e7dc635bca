/** What voices say, one utterance each. */

/** The word itself, in more than one intonation. "Won" sounds the same, and is in none of these lists. */
export const word: readonly string[] = ['one', 'one.', 'one!', 'one?', 'One,']
/** The same in espeak-ng's letters for sounds: as it is said in the south, the north, the west, and carelessly. */
export const wordSounds: readonly string[] = ["[[w'Vn]]", "[[w'0n]]", "[[w'@n]]", "[[w'V2n]]", "[[w'V:n]]", "[[w'U2n]]"]

/** Short words that are near to it. */
export const nearWords: readonly string[] = [
  'on', 'an', 'and', 'in', 'none', 'nun', 'run', 'fun', 'sun', 'gun', 'done', 'bun', 'ton', 'won\'t', 'want', 'wand', 'wan', 'warn', 'worn', 'when', 'win', 'wine', 'wing', 'wrong', 'once', 'what', 'was', 'were', 'well',
  'why', 'wow', 'war', 'wa', 'one two', 'no one', 'someone', 'anyone', 'everyone', 'one one', 'one eight', 'won ton', 'wonder', 'under', 'London', 'Juan', 'swan', 'gone', 'long', 'mum', 'young', 'tongue', 'hung', 'rung', 'sung',
  'wham', 'warm', 'worm', 'woman', 'women', 'want it', 'hunt', 'hum', 'um', 'un', 'uh', 'er', 'erm', 'mm', 'hm', 'huh', 'what now', 'what on', 'one of', 'ten', 'man', 'main', 'mine', 'nine', 'line', 'moon', 'noon', 'wound', 'ward',
]

/** Words that people and machines say alone. */
export const otherWords: readonly string[] = [
  'zero', 'oh', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'twenty', 'twenty one', 'thirty one', 'hundred', 'double one', 'press one', 'option one', 'number one', 'say one',
  'hello', 'hello?', 'hi', 'yes', 'yes?', 'yeah', 'yep', 'no', 'nope', 'okay', 'right', 'sure', 'sorry', 'sorry?', 'pardon', 'please', 'thanks', 'thank you', 'cheers', 'bye', 'goodbye', 'hang on', 'hold on', 'one moment',
  'one second', 'just a minute', 'wait', 'who is it', 'who?', 'speaking', 'doctor', 'nurse', 'ward', 'sister', 'reception', 'pharmacy', 'cardiology', 'bleep', 'tone', 'phone', 'home', 'mobile', 'message', 'voicemail',
  'Smith', 'Jones', 'Khan', 'Patel', 'John', 'Anne', 'Wendy', 'Wayne', 'William', 'Warren', 'Owen', 'Susan', 'Helen', 'Simon', 'Duncan', 'Morgan', 'Monday', 'Wednesday', 'beep', 'star', 'hash', 'pound', 'record', 'leave', 'after',
  'again', 'answer', 'now', 'then', 'here', 'there', 'mother', 'other', 'come', 'some', 'love', 'cup', 'bus', 'much', 'up', 'us', 'but', 'must', 'just', 'month', 'front', 'touch', 'what time', 'hell', 'oops', 'ah', 'oh no', 'good',
]
