import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);

// src/recordings/encoding-thread.ts
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";

// src/recordings/encoding-job.ts
import { createHash } from "node:crypto";
import { mkdir, open as open3, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

// src/recordings/id3.ts
function id3Tag(tags) {
  const time = new Date(tags.startedAt).toISOString().slice(0, 19);
  const frames = Buffer.concat([
    textFrame("TIT2", tags.title),
    textFrame("TDRC", time),
    textFrame("TSSE", "Ringround"),
    // A text frame of our own: description, zero, value (section 4.2.6).
    textFrame("TXXX", `Call id\0${tags.callId}`)
  ]);
  return Buffer.concat([Buffer.from("ID3\0\0", "latin1"), synchsafe(frames.length), frames]);
}
function textFrame(id, text) {
  const utf8 = 3;
  const body = Buffer.concat([Buffer.from([utf8]), Buffer.from(text, "utf8")]);
  return Buffer.concat([Buffer.from(id, "latin1"), synchsafe(body.length), Buffer.from([0, 0]), body]);
}
function synchsafe(value) {
  return Buffer.from([value >> 21 & 127, value >> 14 & 127, value >> 7 & 127, value & 127]);
}

// src/recordings/mp3-encoder.ts
var bitsPerSecond = 32e3;
var encodableRates = [8e3, 16e3, 32e3, 48e3];

// src/recordings/spool-file.ts
import { open } from "node:fs/promises";

// src/rtp/wav.ts
import { readFile } from "node:fs/promises";

// src/rtp/g711.ts
var MULAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, octet) => {
  const bits = ~octet & 255;
  const magnitude = (((bits & 15) << 3) + 132 << ((bits & 112) >> 4)) - 132;
  return bits & 128 ? -magnitude : magnitude;
});
var ALAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, octet) => {
  const bits = octet ^ 85;
  const segment = (bits & 112) >> 4;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = segment === 0 ? mantissa : mantissa + 256 << segment - 1;
  return bits & 128 ? magnitude : -magnitude;
});
var LINEAR_TO_MULAW = nearestLevels(MULAW_TO_LINEAR);
var LINEAR_TO_ALAW = nearestLevels(ALAW_TO_LINEAR);
var MULAW_TO_ALAW = Uint8Array.from(MULAW_TO_LINEAR, (sample) => LINEAR_TO_ALAW[sample & 65535] ?? 0);
var ALAW_TO_MULAW = Uint8Array.from(ALAW_TO_LINEAR, (sample) => LINEAR_TO_MULAW[sample & 65535] ?? 0);
function nearestLevels(decode) {
  const octets = Array.from(decode.keys()).sort((a, b) => (decode[a] ?? 0) - (decode[b] ?? 0) || a - b);
  const table = new Uint8Array(65536);
  let index = 0;
  for (let sample = -32768; sample <= 32767; sample++) {
    const distance = (at) => Math.abs(sample - (decode[octets[at] ?? 0] ?? 0));
    while (index + 1 < octets.length && distance(index + 1) <= distance(index)) index++;
    table[sample & 65535] = octets[index] ?? 0;
  }
  return table;
}

// src/rtp/wav.ts
var WavError = class extends Error {
  constructor(message) {
    super(message);
    this.name = "WavError";
  }
};
var ENCODINGS = { "1/16": "pcm16", "1/8": "pcm8", "6/8": "alaw", "7/8": "mulaw" };
var EXTENSIBLE = 65534;
function bytesPerSample(encoding) {
  return encoding === "pcm16" ? 2 : 1;
}
function readWavFormat(head, fileBytes = head.length) {
  const data = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (data.length < 12 || data.toString("latin1", 0, 4) !== "RIFF" || data.toString("latin1", 8, 12) !== "WAVE") throw new WavError("not a RIFF/WAVE file");
  let format;
  let at = 12;
  while (at + 8 <= data.length) {
    const id = data.toString("latin1", at, at + 4);
    const length = data.readUInt32LE(at + 4);
    const start = at + 8;
    if (id === "fmt ") {
      if (length < 16 || start + length > data.length) throw new WavError("the format chunk is cut off");
      let tag = data.readUInt16LE(start);
      if (tag === EXTENSIBLE && length >= 26) tag = data.readUInt16LE(start + 24);
      const bits = data.readUInt16LE(start + 14);
      const encoding = ENCODINGS[`${tag}/${bits}`];
      if (!encoding) throw new WavError(`format ${tag} with ${bits} bits is not spoken: 16-bit or 8-bit PCM, A-law or mu-law are`);
      const channels = data.readUInt16LE(start + 2);
      const rate = data.readUInt32LE(start + 4);
      if (channels === 0 || channels > 8 || rate < 4e3 || rate > 192e3) throw new WavError(`${channels} channels at ${rate} Hz`);
      format = { encoding, channels, rate };
    } else if (id === "data") {
      if (!format) throw new WavError("no format before the samples");
      const rest = Math.max(0, fileBytes - start);
      const claimed = length === 0 || length > rest ? rest : length;
      const frameBytes = bytesPerSample(format.encoding) * format.channels;
      return { ...format, dataStart: start, dataBytes: claimed - claimed % frameBytes };
    }
    at = start + length + (length & 1);
  }
  throw new WavError(format ? "no samples" : "no format");
}
function decodeSamples(encoding, data) {
  switch (encoding) {
    case "pcm16": {
      const samples = new Int16Array(data.length >> 1);
      for (let index = 0; index < samples.length; index++) samples[index] = (data[2 * index] ?? 0) | (data[2 * index + 1] ?? 0) << 8;
      return samples;
    }
    case "pcm8":
      return Int16Array.from(data, (octet) => octet - 128 << 8);
    case "alaw":
      return Int16Array.from(data, (octet) => ALAW_TO_LINEAR[octet] ?? 0);
    case "mulaw":
      return Int16Array.from(data, (octet) => MULAW_TO_LINEAR[octet] ?? 0);
  }
}

// src/recordings/spool-file.ts
var headBytes = 64 * 1024;
var framesPerPortion = 32e3;
var UnusableSpool = class extends Error {
  name = "UnusableSpool";
};
var SpoolFile = class _SpoolFile {
  constructor(file, format, frames) {
    this.file = file;
    this.format = format;
    this.frames = frames;
  }
  file;
  format;
  frames;
  /** @throws UnusableSpool when there is no sound in it, or it is no WAV file; other errors are the file system's */
  static async open(path) {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const head = Buffer.alloc(Math.min(size, headBytes));
      await file.read(head, 0, head.length, 0);
      const format = believed(head, size);
      const frameBytes = bytesPerSample(format.encoding) * format.channels;
      const frames = Math.floor((await soundEnd(file, format, size) - format.dataStart) / frameBytes);
      if (frames <= 0) throw new UnusableSpool(`the recording is empty: ${size} bytes and no sound in them`);
      return new _SpoolFile(file, format, frames);
    } catch (error) {
      await file.close();
      throw error;
    }
  }
  get seconds() {
    return this.frames / this.format.rate;
  }
  /** Interleaved stereo, 16 bit. One channel becomes two alike; of more than two, the first two are kept. */
  async *stereo() {
    const { encoding, channels, dataStart } = this.format;
    const frameBytes = bytesPerSample(encoding) * channels;
    const portion = Buffer.alloc(framesPerPortion * frameBytes);
    for (let frame = 0; frame < this.frames; ) {
      const wanted = Math.min(framesPerPortion, this.frames - frame) * frameBytes;
      const { bytesRead } = await this.file.read(portion, 0, wanted, dataStart + frame * frameBytes);
      const read = Math.floor(bytesRead / frameBytes);
      if (read === 0) throw new Error("the spool file has become shorter while it was read");
      yield asStereo(decodeSamples(encoding, portion.subarray(0, read * frameBytes)), channels);
      frame += read;
    }
  }
  close() {
    return this.file.close();
  }
};
function believed(head, size) {
  try {
    return readWavFormat(head, size);
  } catch (error) {
    if (error instanceof WavError) throw new UnusableSpool(`${size} bytes, ${error.message}`);
    throw error;
  }
}
async function soundEnd(file, format, size) {
  let at = format.dataStart + format.dataBytes;
  at += at & 1;
  const claimed = format.dataStart + format.dataBytes;
  const chunk = Buffer.alloc(8);
  while (at < size) {
    const { bytesRead } = await file.read(chunk, 0, 8, at);
    if (bytesRead < 8 || !/^[A-Za-z0-9 ]{4}$/.test(chunk.toString("latin1", 0, 4))) return size;
    const length = chunk.readUInt32LE(4);
    at += 8 + length + (length & 1);
  }
  return at === size || at === claimed + (claimed & 1) ? claimed : size;
}
function asStereo(samples, channels) {
  if (channels === 2) return samples;
  const frames = Math.floor(samples.length / channels);
  const stereo = new Int16Array(frames * 2);
  for (let frame = 0; frame < frames; frame++) {
    const left = samples[frame * channels] ?? 0;
    stereo[2 * frame] = left;
    stereo[2 * frame + 1] = channels === 1 ? left : samples[frame * channels + 1] ?? 0;
  }
  return stereo;
}

// src/recordings/verify-mp3.ts
import { open as open2 } from "node:fs/promises";
import { MPEGDecoder } from "mpg123-decoder";
var portionBytes = 64 * 1024;
var mostExtraSamples = 4 * 1152;
var quiet = 1e-3;
var shortSeconds = 0.25;
var mostTimesLouder = 2.5;
var LoudnessMeter = class {
  #left = 0;
  #right = 0;
  #frames = 0;
  add(stereo) {
    for (let at = 0; at + 1 < stereo.length; at += 2) {
      const left = (stereo[at] ?? 0) / 32768;
      const right = (stereo[at + 1] ?? 0) / 32768;
      this.#left += left * left;
      this.#right += right * right;
    }
    this.#frames += stereo.length >> 1;
  }
  loudness() {
    const frames = Math.max(1, this.#frames);
    return { left: Math.sqrt(this.#left / frames), right: Math.sqrt(this.#right / frames) };
  }
};
async function verifyMp3(path, expected) {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const file = await open2(path, "r");
  try {
    const portion = Buffer.alloc(portionBytes);
    let samples = 0;
    let left = 0;
    let right = 0;
    while (true) {
      const { bytesRead } = await file.read(portion, 0, portion.length);
      if (bytesRead === 0) break;
      const decoded = decoder.decode(portion.subarray(0, bytesRead));
      const error = decoded.errors[0];
      if (error) return `does not decode at sample ${samples}: ${error.message}`;
      if (decoded.samplesDecoded === 0) continue;
      if (decoded.sampleRate !== expected.rate) return `has ${decoded.sampleRate} Hz instead of ${expected.rate}`;
      const [first, second] = decoded.channelData;
      if (!first || !second) return "has one channel instead of two";
      samples += decoded.samplesDecoded;
      left += power(first);
      right += power(second);
    }
    const extra = samples - expected.frames;
    if (extra < 0) return `is too short: ${seconds(samples, expected.rate)} s of ${seconds(expected.frames, expected.rate)} s`;
    if (extra > mostExtraSamples) return `is too long: ${seconds(samples, expected.rate)} s for ${seconds(expected.frames, expected.rate)} s`;
    if (expected.frames < shortSeconds * expected.rate) return void 0;
    const heard = { left: Math.sqrt(left / expected.frames), right: Math.sqrt(right / expected.frames) };
    return differs("left", heard.left, expected.loudness.left) ?? differs("right", heard.right, expected.loudness.right);
  } finally {
    decoder.free();
    await file.close();
  }
}
function power(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}
function differs(channel, heard, expected) {
  if (expected < quiet && heard < 2 * quiet) return void 0;
  if (heard < expected / mostTimesLouder) return `is too quiet on the ${channel}: ${heard.toFixed(4)} instead of ${expected.toFixed(4)}`;
  if (heard > Math.max(expected, quiet) * mostTimesLouder) return `is too loud on the ${channel}: ${heard.toFixed(4)} instead of ${expected.toFixed(4)}`;
  return void 0;
}
function seconds(samples, rate) {
  return (samples / rate).toFixed(2);
}

// src/recordings/encoding-job.ts
async function makeMp3(job, encoder) {
  const partPath = `${job.mp3Path}.part`;
  let stage = "spool";
  let spool;
  try {
    spool = await SpoolFile.open(job.spoolPath);
    const { rate } = spool.format;
    if (!encodableRates.includes(rate)) throw new UnusableSpool(`${rate} Hz is not a rate that is made into MP3`);
    stage = "store";
    await mkdir(dirname(job.mp3Path), { recursive: true });
    stage = "encode";
    const meter = new LoudnessMeter();
    const { bytes, sha256 } = await write(partPath, id3Tag(job.tags), encoder.encode(metered(spool, meter), rate));
    stage = "verify";
    const wrong = await verifyMp3(partPath, { frames: spool.frames, rate, loudness: meter.loudness() });
    if (wrong !== void 0) throw new Error(`the MP3 ${wrong}`);
    stage = "store";
    await rename(partPath, job.mp3Path);
    await flushFolder(dirname(job.mp3Path));
    return { kind: "ready", bytes, seconds: spool.seconds, sha256 };
  } catch (error) {
    await rm(partPath, { force: true }).catch(() => void 0);
    if (stage === "encode" && isOfTheFileSystem(error)) stage = "store";
    return { kind: "failed", stage, why: error instanceof Error ? error.message : String(error), unusable: error instanceof UnusableSpool };
  } finally {
    await spool?.close();
  }
}
function isOfTheFileSystem(error) {
  return error instanceof Error && "syscall" in error && ["write", "open", "fsync"].includes(String(error.syscall));
}
async function* metered(spool, meter) {
  for await (const samples of spool.stereo()) {
    meter.add(samples);
    yield samples;
  }
}
async function write(path, tag, frames) {
  const hash = createHash("sha256");
  const file = await open3(path, "w", 416);
  let bytes = 0;
  const put = async (data) => {
    for (let written = 0; written < data.length; ) written += (await file.write(data, written)).bytesWritten;
    hash.update(data);
    bytes += data.length;
  };
  try {
    await put(tag);
    for await (const data of frames) await put(data);
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}
async function flushFolder(folder) {
  if (process.platform === "win32") return;
  const handle = await open3(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// src/recordings/native-encoder.ts
import { LameStream } from "node-lame";
var quality = 7;
var NativeEncoder = class {
  /** @param binary path of the `lame` program */
  constructor(binary) {
    this.binary = binary;
    this.name = `lame (${binary})`;
  }
  binary;
  name;
  async *encode(stereo, rate) {
    const options = {
      mode: "encode",
      binaryPath: this.binary,
      raw: true,
      sfreq: rate / 1e3,
      bitwidth: 16,
      signed: true,
      "little-endian": true,
      bitrate: bitsPerSecond / 1e3,
      cbr: true,
      "disable-info-tag": true,
      quality
    };
    const lame = new LameStream(options);
    lame.getEmitter().on("error", () => void 0);
    const fed = feed(lame, stereo);
    try {
      for await (const chunk of lame) yield chunk;
      await fed;
    } finally {
      lame.destroy();
    }
  }
};
async function feed(lame, stereo) {
  const gone = new Promise((resolve) => lame.once("close", resolve));
  try {
    for await (const samples of stereo) {
      if (lame.destroyed) return;
      const bytes = Buffer.from(samples.slice().buffer);
      if (!lame.write(bytes)) await Promise.race([new Promise((resolve) => lame.once("drain", resolve)), gone]);
    }
    lame.end();
  } catch (error) {
    lame.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

// src/recordings/wasm-encoder.ts
import { createMp3Encoder } from "wasm-media-encoders";
var WasmEncoder = class {
  name = "LAME as WebAssembly";
  async *encode(stereo, rate) {
    const encoder = await createMp3Encoder();
    encoder.configure({ sampleRate: rate, channels: 2, bitrate: bitsPerSecond / 1e3 });
    for await (const samples of stereo) {
      const frames = samples.length / 2;
      const left = new Float32Array(frames);
      const right = new Float32Array(frames);
      for (let frame = 0; frame < frames; frame++) {
        left[frame] = (samples[2 * frame] ?? 0) / 32768;
        right[frame] = (samples[2 * frame + 1] ?? 0) / 32768;
      }
      yield encoder.encode([left, right]).slice();
    }
    yield encoder.finalize().slice();
  }
};

// src/recordings/encoding-thread.ts
try {
  if (process.platform === "linux") setPriority(0, 10);
} catch {
}
parentPort?.on("message", ({ job, encoder }) => {
  void makeMp3(job, encoder.kind === "native" ? new NativeEncoder(encoder.binary) : new WasmEncoder()).then((result) => parentPort?.postMessage(result));
});
//# sourceMappingURL=encoding-thread.js.map
