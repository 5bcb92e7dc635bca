import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);

// src/sip/socket-transport.ts
import { networkInterfaces } from "node:os";

// src/sip/text.ts
var TOKEN = new Uint8Array(128);
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~") TOKEN[c.charCodeAt(0)] = 1;
function isToken(text2) {
  if (text2.length === 0) return false;
  for (let i = 0; i < text2.length; i++) {
    const c = text2.charCodeAt(i);
    if (c >= 128 || TOKEN[c] !== 1) return false;
  }
  return true;
}
function isDigits(text2) {
  if (text2.length === 0) return false;
  for (let i = 0; i < text2.length; i++) {
    const c = text2.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}
function parseDecimal(text2, max) {
  if (!isDigits(text2) || text2.length > 15) return void 0;
  const value = Number(text2);
  return value <= max ? value : void 0;
}
function endOfQuoted(text2, at) {
  for (let i = at + 1; i < text2.length; i++) {
    const c = text2.charCodeAt(i);
    if (c === 92) i++;
    else if (c === 34) return i + 1;
  }
  return -1;
}
function splitList(text2) {
  if (!text2.includes(",")) {
    const only = text2.trim();
    return only === "" ? [] : [only];
  }
  return splitOutside(text2, 44).filter((item) => item !== "");
}
function splitOutside(text2, separator) {
  const items = [];
  let start = 0;
  let inAngle = false;
  for (let i = 0; i < text2.length; i++) {
    const c = text2.charCodeAt(i);
    if (c === 34) {
      const end = endOfQuoted(text2, i);
      if (end < 0) break;
      i = end - 1;
    } else if (c === 60) inAngle = true;
    else if (c === 62) inAngle = false;
    else if (c === separator && !inAngle) {
      items.push(text2.slice(start, i).trim());
      start = i + 1;
    }
  }
  items.push(text2.slice(start).trim());
  return items;
}
function unquote(text2) {
  if (text2.length < 2 || !text2.startsWith('"') || !text2.endsWith('"')) return text2;
  const inner = text2.slice(1, -1);
  return inner.includes("\\") ? inner.replace(/\\(.)/gs, "$1") : inner;
}
function quote(text2) {
  return `"${text2.replace(/["\\]/g, "\\$&")}"`;
}

// src/sip/cseq.ts
var MAX_SEQUENCE = 2 ** 31 - 1;
function parseCSeq(text2) {
  const blank = text2.search(/[ \t]/);
  if (blank < 0) return void 0;
  const sequence = parseDecimal(text2.slice(0, blank), MAX_SEQUENCE);
  const method = text2.slice(blank).trim();
  return sequence === void 0 || !isToken(method) ? void 0 : { sequence, method };
}

// src/sip/header-names.ts
var COMPACT = {
  a: "accept-contact",
  // RFC 3841
  b: "referred-by",
  // RFC 3892
  c: "content-type",
  d: "request-disposition",
  // RFC 3841
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  // RFC 3841
  k: "supported",
  l: "content-length",
  m: "contact",
  n: "identity-info",
  // RFC 4474
  o: "event",
  // RFC 6665
  r: "refer-to",
  // RFC 3515
  s: "subject",
  t: "to",
  u: "allow-events",
  // RFC 6665
  v: "via",
  x: "session-expires",
  // RFC 4028
  y: "identity"
  // RFC 8224
};
var SPELLINGS = [
  "Via",
  "From",
  "To",
  "Call-ID",
  "CSeq",
  "Contact",
  "Max-Forwards",
  "Route",
  "Record-Route",
  "Content-Type",
  "Content-Length",
  "Content-Encoding",
  "Content-Disposition",
  "Content-Language",
  "Allow",
  "Allow-Events",
  "Supported",
  "Require",
  "Proxy-Require",
  "Unsupported",
  "User-Agent",
  "Server",
  "Expires",
  "Min-Expires",
  "Date",
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Authorization",
  "Proxy-Authorization",
  "WWW-Authenticate",
  "Proxy-Authenticate",
  "Authentication-Info",
  "Event",
  "Subscription-State",
  "Refer-To",
  "Referred-By",
  "Replaces",
  "RSeq",
  "RAck",
  "Session-Expires",
  "Min-SE",
  "P-Asserted-Identity",
  "P-Preferred-Identity",
  "Privacy",
  "Remote-Party-ID",
  "Path",
  "Service-Route",
  "Reason",
  "Retry-After",
  "Subject",
  "Timestamp",
  "Warning",
  "Organization",
  "Priority",
  "In-Reply-To",
  "Reply-To",
  "Error-Info",
  "Alert-Info",
  "Call-Info",
  "MIME-Version",
  "Diversion",
  "History-Info",
  "Identity",
  "Identity-Info",
  "Request-Disposition",
  "Accept-Contact",
  "Reject-Contact",
  "Geolocation",
  "User-to-User"
];
var KEY_BY_SPELLING = /* @__PURE__ */ new Map();
for (const spelling of SPELLINGS) {
  KEY_BY_SPELLING.set(spelling, spelling.toLowerCase());
  KEY_BY_SPELLING.set(spelling.toLowerCase(), spelling.toLowerCase());
}
for (const [compact, key2] of Object.entries(COMPACT)) {
  const interned = KEY_BY_SPELLING.get(key2) ?? key2;
  KEY_BY_SPELLING.set(compact, interned);
  KEY_BY_SPELLING.set(compact.toUpperCase(), interned);
}
function headerKey(name) {
  const known = KEY_BY_SPELLING.get(name);
  if (known !== void 0) return known;
  const lower = name.toLowerCase();
  return KEY_BY_SPELLING.get(lower) ?? lower;
}
var LIST_HEADERS = /* @__PURE__ */ new Set([
  "via",
  "route",
  "record-route",
  "contact",
  "allow",
  "supported",
  "require",
  "proxy-require",
  "unsupported",
  "accept",
  "accept-encoding",
  "accept-language",
  "allow-events",
  "content-encoding",
  "path",
  "service-route",
  "p-asserted-identity",
  "p-preferred-identity",
  "diversion",
  "history-info",
  "warning",
  "in-reply-to",
  "alert-info",
  "call-info",
  "error-info",
  "content-language",
  "accept-contact",
  "reject-contact",
  "reason"
]);

// src/sip/headers.ts
var Headers = class _Headers {
  #lines = [];
  constructor(lines = []) {
    for (const [name, value] of lines) this.add(name, value);
  }
  /** Value of the first line of that name, the whole line even where the header is a list. */
  get(name) {
    const key2 = headerKey(name);
    for (const line of this.#lines) if (line.key === key2) return line.value;
    return void 0;
  }
  has(name) {
    return this.get(name) !== void 0;
  }
  /** The names of all lines in the form in which they are compared: lower case, compact forms expanded. */
  keys() {
    return this.#lines.map((line) => line.key);
  }
  /** Values of all lines of that name, unsplit. */
  lines(name) {
    const key2 = headerKey(name);
    const found = [];
    for (const line of this.#lines) if (line.key === key2) found.push(line.value);
    return found;
  }
  /** All values of that name, lists split at their commas (RFC 3261 7.3.1). */
  values(name) {
    const lines = this.lines(name);
    return LIST_HEADERS.has(headerKey(name)) ? lines.flatMap(splitList) : lines;
  }
  /** Whether a list of option tags or methods (Supported, Require, Allow) names `token`, in any case. */
  lists(name, token) {
    const wanted = token.toLowerCase();
    return this.values(name).some((value) => value.toLowerCase() === wanted);
  }
  /** Replaces every line of that name by one, which stands where the first one stood (or at the end). */
  set(name, value) {
    const key2 = headerKey(name);
    const at = this.#lines.findIndex((line) => line.key === key2);
    if (at < 0) return this.add(name, value);
    this.#lines[at] = { name: this.#lines[at]?.name ?? name, key: key2, value };
    for (let i = this.#lines.length - 1; i > at; i--) if (this.#lines[i]?.key === key2) this.#lines.splice(i, 1);
    return this;
  }
  /** Appends a line. */
  add(name, value) {
    this.#lines.push({ name, key: headerKey(name), value });
    return this;
  }
  /** Puts a line in front of all others of that name (or of all lines where there is none): for Via, Route, Record-Route. */
  prepend(name, value) {
    const key2 = headerKey(name);
    const at = this.#lines.findIndex((line) => line.key === key2);
    this.#lines.splice(Math.max(at, 0), 0, { name, key: key2, value });
    return this;
  }
  /** Replaces the first value of a list header, leaving the others on its line alone. */
  replaceFirstValue(name, value) {
    const key2 = headerKey(name);
    const at = this.#lines.findIndex((line2) => line2.key === key2);
    const line = this.#lines[at];
    if (line === void 0) return this.add(name, value);
    const rest = splitList(line.value).slice(1);
    this.#lines[at] = { name: line.name, key: key2, value: [value, ...rest].join(", ") };
    return this;
  }
  remove(name) {
    const key2 = headerKey(name);
    this.#lines = this.#lines.filter((line) => line.key !== key2);
    return this;
  }
  get size() {
    return this.#lines.length;
  }
  /** The lines in order. */
  [Symbol.iterator]() {
    return this.#lines.values();
  }
  clone() {
    const copy = new _Headers();
    copy.#lines = this.#lines.slice();
    return copy;
  }
};

// src/sip/params.ts
var NO_PARAMS = /* @__PURE__ */ new Map();
function parseParams(text2) {
  const trimmed = text2.trim();
  if (trimmed === "") return NO_PARAMS;
  const params = /* @__PURE__ */ new Map();
  const items = splitOutside(trimmed.startsWith(";") ? trimmed.slice(1) : trimmed, 59);
  for (const [at, item] of items.entries()) {
    if (item === "" && at > 0 && at === items.length - 1) continue;
    const equals = item.indexOf("=");
    const name = (equals < 0 ? item : item.slice(0, equals)).trimEnd();
    if (!isParamName(name)) return void 0;
    const value = equals < 0 ? null : item.slice(equals + 1).trimStart();
    if (value?.startsWith('"') && endOfQuoted(value, 0) !== value.length) return void 0;
    const key2 = name.toLowerCase();
    if (!params.has(key2)) params.set(key2, value);
  }
  return params;
}
function isParamName(name) {
  return isToken(name) || name !== "" && /^[A-Za-z0-9\-_.!~*'()[\]/:&+$%`]+$/.test(name);
}
function printParams(params) {
  let text2 = "";
  for (const [name, value] of params) text2 += value === null ? `;${name}` : `;${name}=${value}`;
  return text2;
}
function withParam(params, name, value) {
  const copy = new Map(params);
  if (value === void 0) copy.delete(name);
  else copy.set(name, value);
  return copy;
}

// src/sip/name-addr.ts
function parseNameAddr(text2) {
  const value = text2.trim();
  if (value === "") return void 0;
  let displayName = "";
  let open3;
  if (value.charCodeAt(0) === 34) {
    const end = endOfQuoted(value, 0);
    if (end < 0) return void 0;
    displayName = unquote(value.slice(0, end));
    open3 = value.indexOf("<", end);
    if (open3 < 0 || value.slice(end, open3).trim() !== "") return void 0;
  } else {
    open3 = value.indexOf("<");
    if (open3 > 0) displayName = value.slice(0, open3).trim();
  }
  if (open3 < 0) return parseAddrSpec(value);
  const close2 = value.indexOf(">", open3);
  if (close2 < 0) return void 0;
  if (displayName !== "" && value.charCodeAt(0) !== 34 && /["<>]/.test(displayName)) return void 0;
  const uri = value.slice(open3 + 1, close2);
  if (!isUriText(uri)) return void 0;
  const rest = value.slice(close2 + 1).trim();
  if (rest !== "" && !rest.startsWith(";")) return void 0;
  const params = parseParams(rest);
  return params === void 0 ? void 0 : { displayName, uri, params };
}
function parseAddrSpec(value) {
  const semicolon = value.indexOf(";");
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  if (uri !== "*" && (!isUriText(uri) || uri.includes("?") || uri.includes(","))) return void 0;
  const params = parseParams(semicolon < 0 ? "" : value.slice(semicolon));
  return params === void 0 ? void 0 : { displayName: "", uri, params };
}
function isUriText(text2) {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(text2);
}
function printNameAddr(value) {
  const name = value.displayName === "" ? "" : isPlainName(value.displayName) ? `${value.displayName} ` : `${quote(value.displayName)} `;
  return `${name}<${value.uri}>${printParams(value.params)}`;
}
function isPlainName(name) {
  return isToken(name);
}
function nameAddr(uri, displayName = "", params = /* @__PURE__ */ new Map()) {
  return { displayName, uri, params };
}
function tagOf(value) {
  return value.params.get("tag") ?? void 0;
}
function withTag(value, tag) {
  return { ...value, params: withParam(value.params, "tag", tag) };
}

// src/sip/endpoint.ts
function endpointKey(endpoint) {
  return `${endpoint.protocol}/${hostForUri(endpoint.address)}:${endpoint.port}`;
}
function hostForUri(address2) {
  return address2.includes(":") && !address2.startsWith("[") ? `[${address2}]` : address2;
}
function hostForSocket(host) {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

// src/sip/uri.ts
var HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9._])?)$/;
var USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;
var LENIENT_USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#|^{}`\\[\]]|[^\x00-\x7f]|%[0-9A-Fa-f]{2})+$/;
var PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
function parseUri(text2) {
  const colon = text2.indexOf(":");
  if (colon < 0) return void 0;
  const scheme = text2.slice(0, colon).toLowerCase();
  if (scheme !== "sip" && scheme !== "sips") return void 0;
  let rest = text2.slice(colon + 1);
  let user = "";
  let password;
  const at = rest.lastIndexOf("@");
  if (at >= 0) {
    const userInfo = rest.slice(0, at);
    rest = rest.slice(at + 1);
    const split2 = userInfo.indexOf(":");
    user = split2 < 0 ? userInfo : userInfo.slice(0, split2);
    password = split2 < 0 ? void 0 : userInfo.slice(split2 + 1);
    if (!USER.test(user) && !LENIENT_USER.test(user)) return void 0;
    if (password !== void 0 && !PASSWORD.test(password)) return void 0;
  }
  let headers = "";
  const question = rest.indexOf("?");
  if (question >= 0) {
    headers = rest.slice(question + 1);
    rest = rest.slice(0, question);
  }
  let params = NO_PARAMS;
  const semicolon = rest.indexOf(";");
  if (semicolon >= 0) {
    const parsed = parseParams(rest.slice(semicolon));
    if (parsed === void 0) return void 0;
    params = parsed;
    rest = rest.slice(0, semicolon);
  }
  const place = parseHostPort(rest);
  if (place === void 0) return void 0;
  return { scheme, user, password, host: place.host, port: place.port, params, headers };
}
function parseHostPort(text2) {
  let host = text2.trim();
  let port2;
  const bracket = host.indexOf("]");
  const colon = bracket >= 0 ? host.indexOf(":", bracket) : host.indexOf(":");
  if (colon >= 0) {
    port2 = parseDecimal(host.slice(colon + 1).trim(), 65535);
    if (port2 === void 0) return void 0;
    host = host.slice(0, colon).trimEnd();
  }
  if (!HOST.test(host)) return void 0;
  return { host: host.toLowerCase(), port: port2 };
}
function printUri(uri) {
  const password = uri.password === void 0 ? "" : `:${uri.password}`;
  const user = uri.user === "" && uri.password === void 0 ? "" : `${uri.user}${password}@`;
  const port2 = uri.port === void 0 ? "" : `:${uri.port}`;
  const headers = uri.headers === "" ? "" : `?${uri.headers}`;
  return `${uri.scheme}:${user}${hostForUri(uri.host)}${port2}${printParams(uri.params)}${headers}`;
}
function sipUri(user, host, port2, params = NO_PARAMS) {
  return { scheme: "sip", user: escapeUser(user), password: void 0, host, port: port2, params, headers: "" };
}
function escapeUser(user) {
  return user.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (c) => encodeURIComponent(c));
}

// src/sip/via.ts
var BRANCH_COOKIE = "z9hG4bK";
var SENT_PROTOCOL = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+/i;
function parseVia(text2) {
  const match = SENT_PROTOCOL.exec(text2.trimStart());
  if (match?.[1] === void 0) return void 0;
  const rest = text2.trimStart().slice(match[0].length);
  const semicolon = rest.indexOf(";");
  const place = parseHostPort(semicolon < 0 ? rest : rest.slice(0, semicolon));
  const params = parseParams(semicolon < 0 ? "" : rest.slice(semicolon));
  if (place === void 0 || params === void 0) return void 0;
  return { transport: match[1].toUpperCase(), host: place.host, port: place.port, params };
}
function printVia(via) {
  return `SIP/2.0/${via.transport} ${hostForUri(via.host)}${via.port === void 0 ? "" : `:${via.port}`}${printParams(via.params)}`;
}
function sentBy(via) {
  return `${via.host}:${via.port ?? 5060}`;
}
function branchOf(via) {
  return via.params.get("branch") ?? void 0;
}
function stampSource(via, source) {
  let params = via.params;
  if (params.has("rport")) params = withParam(withParam(params, "rport", String(source.port)), "received", source.address);
  else if (hostForUri(source.address) !== via.host) params = withParam(params, "received", source.address);
  return params === via.params ? via : { ...via, params };
}

// src/sip/message.ts
var EMPTY = Buffer.alloc(0);
var MalformedMessage = class extends Error {
  name = "MalformedMessage";
};
var Memo = class {
  constructor(header3, read) {
    this.header = header3;
    this.read = read;
  }
  header;
  read;
  #text;
  #value;
  of(headers) {
    const text2 = headers.get(this.header);
    if (text2 === void 0) throw new MalformedMessage(`the message has no ${this.header}`);
    if (text2 !== this.#text || this.#value === void 0) {
      const value = this.read(text2);
      if (value === void 0) throw new MalformedMessage(`malformed ${this.header}: ${text2.slice(0, 200)}`);
      this.#text = text2;
      this.#value = value;
    }
    return this.#value;
  }
};
function firstOf(text2) {
  const comma = text2.indexOf(",");
  return comma < 0 ? text2 : text2.slice(0, comma);
}
var Message = class {
  headers;
  body;
  #via = new Memo("Via", (text2) => parseVia(firstOf(text2)));
  #from = new Memo("From", parseNameAddr);
  #to = new Memo("To", parseNameAddr);
  #cseq = new Memo("CSeq", parseCSeq);
  constructor(headers, body) {
    this.headers = headers;
    this.body = typeof body === "string" ? Buffer.from(body) : body;
  }
  /** The topmost Via. @throws MalformedMessage */
  get via() {
    return this.#via.of(this.headers);
  }
  get from() {
    return this.#from.of(this.headers);
  }
  get to() {
    return this.#to.of(this.headers);
  }
  get cseq() {
    return this.#cseq.of(this.headers);
  }
  get callId() {
    return this.headers.get("Call-ID") ?? "";
  }
  get fromTag() {
    return tagOf(this.from);
  }
  get toTag() {
    return tagOf(this.to);
  }
  /** The Contact values that can be read, in order. */
  get contacts() {
    return this.headers.values("Contact").flatMap((text2) => parseNameAddr(text2) ?? []);
  }
  /** The media type of the body in lower case, without parameters; empty where there is none. */
  get contentType() {
    const type = this.headers.get("Content-Type") ?? "";
    return (type.split(";", 1)[0] ?? "").trim().toLowerCase();
  }
  /** The body if it is SDP and not empty. */
  get sdp() {
    return this.body.length > 0 && this.contentType === "application/sdp" ? this.body.toString() : void 0;
  }
  /** Gives the message a body with its type (or takes the body away). Content-Length follows when it is printed. */
  setBody(contentType, body) {
    this.body = typeof body === "string" ? Buffer.from(body) : body;
    if (this.body.length > 0) this.headers.set("Content-Type", contentType);
    else this.headers.remove("Content-Type");
    return this;
  }
};
var SipRequest = class _SipRequest extends Message {
  kind = "request";
  method;
  uri;
  constructor(method, uri, headers = new Headers(), body = EMPTY) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }
  /** Undefined where the header is absent or no number. */
  get maxForwards() {
    const text2 = this.headers.get("Max-Forwards");
    return text2 === void 0 ? void 0 : parseDecimal(text2, 255);
  }
  clone() {
    return new _SipRequest(this.method, this.uri, this.headers.clone(), this.body);
  }
};
var SipResponse = class _SipResponse extends Message {
  kind = "response";
  status;
  reason;
  constructor(status2, reason, headers = new Headers(), body = EMPTY) {
    super(headers, body);
    this.status = status2;
    this.reason = reason;
  }
  clone() {
    return new _SipResponse(this.status, this.reason, this.headers.clone(), this.body);
  }
};

// src/sip/check-message.ts
var COMMA = 44;
var SINGLE = new Map(["from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"].map((key2, index) => [key2, 1 << index]));
var MANDATORY = ["from", "to", "call-id", "cseq"];
function checkMessage(message) {
  let seen = 0;
  let hasVia = false;
  for (const key2 of message.headers.keys()) {
    const bit = SINGLE.get(key2) ?? 0;
    if ((seen & bit) !== 0) return { what: "the header stands more than once", where: `header ${key2}` };
    seen |= bit;
    hasVia ||= key2 === "via";
  }
  if (!hasVia) return { what: "the header is missing", where: "header via" };
  for (const key2 of MANDATORY) if ((seen & (SINGLE.get(key2) ?? 0)) === 0) return { what: "the header is missing", where: `header ${key2}` };
  return checkVias(message) ?? checkAddresses(message) ?? checkCSeq(message) ?? checkNumbers(message) ?? checkRequestUri(message);
}
function checkVias(message) {
  for (const line of message.headers.lines("via")) {
    for (const value of line.includes(",") ? splitOutside(line, COMMA) : [line]) {
      if (parseVia(value) === void 0) return { what: "a Via value is malformed", where: "header Via" };
    }
  }
  return void 0;
}
function checkAddresses(message) {
  const { headers } = message;
  for (const name of ["From", "To"]) {
    if (parseNameAddr(headers.get(name) ?? "") === void 0) return { what: "the address is malformed", where: `header ${name}` };
  }
  if (headers.get("Call-ID") === "") return { what: "Call-ID is empty", where: "header Call-ID" };
  for (const line of headers.lines("contact")) {
    for (const value of line.includes(",") ? splitOutside(line, COMMA) : [line]) {
      if (value !== "" && parseNameAddr(value) === void 0) return { what: "the address is malformed", where: "header Contact" };
    }
  }
  return void 0;
}
function checkCSeq(message) {
  const cseq = parseCSeq(message.headers.get("CSeq") ?? "");
  if (cseq === void 0) return { what: "sequence number or method is malformed", where: "header CSeq" };
  if (message.kind === "request" && cseq.method !== message.method) return { what: `CSeq says ${cseq.method}, the request is ${message.method}`, where: "header CSeq" };
  return void 0;
}
function checkNumbers(message) {
  const maxForwards = message.headers.get("Max-Forwards");
  if (message.kind === "request" && maxForwards !== void 0 && message.maxForwards === void 0) {
    return { what: "Max-Forwards is no number from 0 to 255", where: "header Max-Forwards" };
  }
  return void 0;
}
function checkRequestUri(message) {
  if (message.kind !== "request") return void 0;
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(message.uri)) return { what: "the Request-URI is malformed", where: "start line" };
  if (!/^sips?:/i.test(message.uri)) return void 0;
  const uri = parseUri(message.uri);
  if (uri === void 0) return { what: "the Request-URI is malformed", where: "start line" };
  if (uri.headers !== "") return { what: "the Request-URI carries headers", where: "start line" };
  return void 0;
}

// src/sip/parse.ts
function parseMessage(data) {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  let start = 0;
  while (bytes[start] === 13 || bytes[start] === 10) start++;
  const end = headEnd(bytes, start);
  if (end === void 0) return refuse({ what: "the headers do not end with an empty line", where: "headers" }, void 0);
  const text2 = bytes.toString("utf8", start, end.headers);
  const firstBreak = text2.indexOf("\n");
  const startLine2 = stripReturn(firstBreak < 0 ? text2 : text2.slice(0, firstBreak));
  const message = readStartLine(startLine2);
  const headerFault = firstBreak < 0 ? void 0 : readHeaders(text2, firstBreak + 1, message.message.headers);
  const bodyFault = cutBody(message.message, bytes.subarray(end.body));
  const fault = message.fault ?? headerFault ?? bodyFault ?? checkMessage(message.message);
  if (fault !== void 0) return refuse(fault, message.message);
  return { ok: true, message: message.message };
}
function refuse(fault, message) {
  const request = message?.kind === "request" && message.method !== "" && message.headers.has("Via") ? message : void 0;
  return { ok: false, problem: { what: fault.what, where: fault.where, status: fault.status ?? 400, request } };
}
var CRLF_CRLF = Buffer.from("\r\n\r\n");
var LF_LF = Buffer.from("\n\n");
function headEnd(bytes, start) {
  const crlf = bytes.indexOf(CRLF_CRLF, start);
  if (crlf >= 0) return { headers: crlf, body: crlf + 4 };
  const lf = bytes.indexOf(LF_LF, start);
  return lf >= 0 ? { headers: lf, body: lf + 2 } : void 0;
}
function stripReturn(line) {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
function readStartLine(line) {
  if (/^SIP\/\S* /i.test(line)) return readStatusLine(line);
  const parts2 = line.split(" ");
  const [method = "", uri = "", version = ""] = parts2;
  const message = new SipRequest(isToken(method) ? method : "", uri);
  const fault = (what, status2) => ({ message, fault: { what, where: "start line", ...status2 === void 0 ? {} : { status: status2 } } });
  if (!isToken(method)) return fault("the method is no token");
  if (parts2.length !== 3) {
    return fault("method, Request-URI and version must be apart by exactly one space, with none behind");
  }
  if (!/^SIP\/\d+\.\d+$/i.test(version)) return fault("the version is malformed");
  if (version.toUpperCase() !== "SIP/2.0") return fault(`SIP version ${version.slice(4)} is not served`, 505);
  return { message };
}
function readStatusLine(line) {
  const match = /^SIP\/2\.0 (\d{3})(?: (.*))?$/i.exec(line);
  const status2 = parseDecimal(match?.[1] ?? "", 699);
  if (match === null || status2 === void 0 || status2 < 100) {
    return { message: new SipResponse(0, ""), fault: { what: "the status line is malformed", where: "start line" } };
  }
  return { message: new SipResponse(status2, match[2] ?? "") };
}
function readHeaders(text2, at, headers) {
  let fault;
  while (at < text2.length) {
    let end = text2.indexOf("\n", at);
    if (end < 0) end = text2.length;
    let line = stripReturn(text2.slice(at, end));
    at = end + 1;
    while (at < text2.length && (text2.charCodeAt(at) === 32 || text2.charCodeAt(at) === 9)) {
      let foldEnd = text2.indexOf("\n", at);
      if (foldEnd < 0) foldEnd = text2.length;
      line = `${line.trimEnd()} ${stripReturn(text2.slice(at, foldEnd)).trim()}`;
      at = foldEnd + 1;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? "" : line.slice(0, colon).trimEnd();
    if (!isToken(name)) fault ??= { what: "a header line without a proper name", where: `header line "${line.slice(0, 60)}"` };
    else headers.add(name, line.slice(colon + 1).trim());
  }
  return fault;
}
function cutBody(message, rest) {
  const lengths = message.headers.lines("Content-Length");
  if (lengths.length === 0) {
    message.body = rest;
    return void 0;
  }
  const length = parseDecimal(lengths[0] ?? "", Number.MAX_SAFE_INTEGER);
  if (length === void 0) return { what: "Content-Length is no number", where: "header Content-Length" };
  message.body = rest.subarray(0, length);
  if (length > rest.length) return { what: `Content-Length is ${length}, but only ${rest.length} bytes came`, where: "body" };
  return void 0;
}

// src/sip/tcp-carrier.ts
import { createServer, Socket } from "node:net";
import { once } from "node:events";

// src/sip/stream-framer.ts
var MAX_HEAD = 64 * 1024;
var MAX_BODY = 1024 * 1024;
var END = Buffer.from("\r\n\r\n");
var StreamFramer = class {
  #pending = Buffer.alloc(0);
  #broken = false;
  /** Takes the next bytes. @returns the frames that are complete now, in order */
  push(chunk) {
    if (this.#broken) return [];
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames = [];
    for (; ; ) {
      const frame3 = this.#next();
      if (frame3 === void 0) return frames;
      frames.push(frame3);
      if (frame3.kind === "broken") {
        this.#broken = true;
        this.#pending = Buffer.alloc(0);
        return frames;
      }
    }
  }
  #next() {
    const bytes = this.#pending;
    if (bytes[0] === 13 || bytes[0] === 10) {
      if (bytes.length >= 4 && bytes.indexOf(END) === 0) {
        this.#pending = bytes.subarray(4);
        return { kind: "ping" };
      }
      if (bytes.length < 4 && END.subarray(0, bytes.length).equals(bytes)) return void 0;
      let skip = 0;
      while (bytes[skip] === 13 || bytes[skip] === 10) skip++;
      this.#pending = bytes.subarray(skip);
      return this.#next();
    }
    const end = bytes.indexOf(END);
    if (end < 0) return bytes.length > MAX_HEAD ? { kind: "broken", what: `no end of headers within ${MAX_HEAD} bytes` } : void 0;
    const head = bytes.toString("latin1", 0, end);
    const match = /\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/i.exec(head);
    if (match === null) return { kind: "broken", what: "a message without Content-Length on a stream" };
    const length = parseDecimal((match[1] ?? "").trim(), MAX_BODY);
    if (length === void 0) return { kind: "broken", what: `Content-Length ${(match[1] ?? "").slice(0, 20)} cannot be used` };
    const total = end + 4 + length;
    if (bytes.length < total) return void 0;
    this.#pending = bytes.subarray(total);
    return { kind: "message", data: bytes.subarray(0, total) };
  }
};

// src/sip/tcp-carrier.ts
var CONNECT_MS = 5e3;
var IDLE_MS = 2 * 60 * 60 * 1e3;
var PONG = Buffer.from("\r\n");
var TcpCarrier = class _TcpCarrier {
  constructor(local, server) {
    this.local = local;
    this.server = server;
    server.on("connection", (socket) => {
      this.#adopt(socket, { protocol: "tcp", address: plainAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 });
    });
  }
  local;
  server;
  received = () => void 0;
  #connections = /* @__PURE__ */ new Map();
  #closing;
  static async open(address2, port2) {
    const server = createServer({ noDelay: true });
    try {
      server.listen({ host: address2, port: port2 });
      await once(server, "listening");
    } catch (error) {
      throw new ListenError({ protocol: "tcp", address: address2, port: port2 }, error.code ?? "unknown", error);
    }
    const bound = server.address();
    return new _TcpCarrier({ protocol: "tcp", address: address2, port: typeof bound === "object" && bound !== null ? bound.port : port2 }, server);
  }
  get connections() {
    return this.#connections.size;
  }
  send(bytes, to, failed) {
    if (this.#closing !== void 0) return;
    const connection = this.#connections.get(endpointKey(to)) ?? this.#connect(to);
    let told = false;
    const fail2 = (error) => {
      connection.waiting.delete(fail2);
      if (told) return;
      told = true;
      failed(error);
    };
    connection.waiting.add(fail2);
    connection.socket.write(bytes, (error) => {
      connection.waiting.delete(fail2);
      if (error !== void 0 && error !== null) fail2(error);
    });
  }
  #connect(to) {
    const socket = new Socket();
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${endpointKey(to)} within ${CONNECT_MS} ms`)), CONNECT_MS);
    socket.once("connect", () => {
      clearTimeout(timer);
    });
    socket.once("close", () => {
      clearTimeout(timer);
    });
    const connection = this.#adopt(socket, to);
    socket.connect(to.port, to.address);
    return connection;
  }
  #adopt(socket, peer) {
    const key2 = endpointKey(peer);
    const connection = { socket, waiting: /* @__PURE__ */ new Set() };
    const framer = new StreamFramer();
    this.#connections.set(key2, connection);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("data", (chunk) => {
      for (const frame3 of framer.push(chunk)) {
        switch (frame3.kind) {
          case "message":
            this.received(frame3.data, peer, this.local);
            break;
          case "ping":
            socket.write(PONG);
            break;
          case "broken":
            socket.destroy();
        }
      }
    });
    let why = new Error(`the connection to ${key2} was closed`);
    socket.on("error", (error) => {
      why = error;
    });
    socket.on("close", () => {
      if (this.#connections.get(key2) === connection) this.#connections.delete(key2);
      for (const tell of [...connection.waiting]) tell(why);
    });
    return connection;
  }
  close() {
    this.#closing ??= new Promise((resolve) => {
      for (const { socket, waiting } of this.#connections.values()) {
        waiting.clear();
        const cut = setTimeout(() => socket.destroy(), 200);
        socket.once("close", () => {
          clearTimeout(cut);
        });
        socket.destroySoon();
      }
      this.server.close(() => {
        resolve();
      });
    });
    return this.#closing;
  }
};
function plainAddress(address2) {
  return address2.startsWith("::ffff:") ? address2.slice(7) : address2;
}

// src/sip/udp-carrier.ts
import { createSocket as createSocket2 } from "node:dgram";
import { once as once2 } from "node:events";

// src/sip/unreachable-ports.ts
import { createSocket } from "node:dgram";
var WATCH_MS = 500;
var RECENT_MS = 5e3;
var MAX_RECENT = 2e3;
var KEEP_ALIVE = Buffer.from("\r\n\r\n");
var UnreachablePorts = class {
  constructor(family) {
    this.family = family;
  }
  family;
  #watches = /* @__PURE__ */ new Map();
  #recent = /* @__PURE__ */ new Map();
  #closed = false;
  heardFrom(key2) {
    this.#recent.delete(key2);
    this.#recent.set(key2, performance.now());
    if (this.#recent.size > MAX_RECENT) this.#recent.delete(this.#recent.keys().next().value ?? "");
  }
  /** Calls `failed` if the port turns out to be closed within half a second. */
  watch(to, failed) {
    const key2 = endpointKey(to);
    if (this.#closed || performance.now() - (this.#recent.get(key2) ?? -RECENT_MS) < RECENT_MS) return;
    const running = this.#watches.get(key2);
    if (running !== void 0) {
      running.waiting.push(failed);
      return;
    }
    const socket = createSocket(this.family);
    const watch = { socket, waiting: [failed], timer: setTimeout(() => this.#end(key2), WATCH_MS) };
    this.#watches.set(key2, watch);
    socket.on("error", (error) => {
      this.#end(key2);
      if (error.code === "ECONNREFUSED") for (const tell of watch.waiting) tell(new Error(`nobody listens on ${key2}`));
    });
    socket.connect(to.port, to.address, () => {
      if (this.#watches.get(key2) === watch) socket.send(KEEP_ALIVE, () => void 0);
    });
  }
  #end(key2) {
    const watch = this.#watches.get(key2);
    if (watch === void 0) return;
    this.#watches.delete(key2);
    clearTimeout(watch.timer);
    watch.socket.close();
  }
  close() {
    this.#closed = true;
    for (const key2 of [...this.#watches.keys()]) this.#end(key2);
  }
};

// src/sip/udp-carrier.ts
function isPadding(bytes) {
  return bytes.length < 5 && bytes.every((byte) => byte === 13 || byte === 10 || byte === 0 || byte === 32);
}
var UdpCarrier = class _UdpCarrier {
  constructor(local, socket) {
    this.local = local;
    this.socket = socket;
    this.#unreachable = new UnreachablePorts(socket.address().family === "IPv6" ? "udp6" : "udp4");
    socket.on("message", (bytes, { address: address2, port: port2 }) => {
      if (isPadding(bytes)) return;
      const from = { protocol: "udp", address: address2, port: port2 };
      this.#unreachable.heardFrom(endpointKey(from));
      this.received(bytes, from, this.local);
    });
    socket.on("error", () => void 0);
  }
  local;
  socket;
  received = () => void 0;
  #unreachable;
  #closing;
  static async open(address2, port2) {
    const socket = createSocket2({ type: address2.includes(":") ? "udp6" : "udp4", recvBufferSize: 4 * 1024 * 1024 });
    try {
      socket.bind({ address: address2, port: port2, exclusive: true });
      await once2(socket, "listening");
    } catch (error) {
      socket.close();
      throw new ListenError({ protocol: "udp", address: address2, port: port2 }, error.code ?? "unknown", error);
    }
    return new _UdpCarrier({ protocol: "udp", address: address2, port: socket.address().port }, socket);
  }
  send(bytes, to, failed) {
    if (this.#closing !== void 0) return;
    this.socket.send(bytes, to.port, to.address, (error) => {
      if (error !== null) failed(error);
    });
    if (bytes.subarray(0, 7).toString("latin1") === "INVITE ") this.#unreachable.watch(to, failed);
  }
  close() {
    this.#closing ??= new Promise((resolve) => {
      this.#unreachable.close();
      this.socket.close(() => {
        resolve();
      });
    });
    return this.#closing;
  }
};

// src/sip/socket-transport.ts
var ListenError = class extends Error {
  constructor(endpoint, code, cause) {
    super(`cannot listen on ${endpoint.protocol} ${endpoint.address}:${endpoint.port}: ${code}`, { cause });
    this.endpoint = endpoint;
    this.code = code;
  }
  endpoint;
  code;
  name = "ListenError";
};
var SocketTransport = class _SocketTransport {
  user;
  listeners;
  /** May be exchanged at any time. */
  faults;
  #options;
  #udp;
  #tcp;
  #delayed = /* @__PURE__ */ new Set();
  #closed = false;
  constructor(options, udp, tcp) {
    this.#options = options;
    this.faults = options.faults ?? {};
    this.#udp = udp;
    this.#tcp = tcp;
    this.listeners = [udp?.local, tcp?.local].filter((local) => local !== void 0);
    if (udp !== void 0) udp.received = (bytes, from, local) => this.#arrived(bytes, from, local);
    if (tcp !== void 0) tcp.received = (bytes, from, local) => this.#arrived(bytes, from, local);
  }
  /** Binds every socket. Rejects with `ListenError` and leaves nothing open. */
  static async open(options = {}) {
    const { address: address2 = "127.0.0.1", port: port2 = 0, protocols: protocols2 = ["udp", "tcp"] } = options;
    for (let attempt = 1; ; attempt++) {
      const udp = protocols2.includes("udp") ? await UdpCarrier.open(address2, port2) : void 0;
      try {
        const tcp = protocols2.includes("tcp") ? await TcpCarrier.open(address2, udp?.local.port ?? port2) : void 0;
        return new _SocketTransport(options, udp, tcp);
      } catch (error) {
        await udp?.close();
        if (port2 !== 0 || attempt >= 20) throw error;
      }
    }
  }
  send(bytes, to, failed = () => void 0) {
    this.#withFate(this.faults.outgoing?.(bytes, to) ?? 0, () => {
      const carrier = to.protocol === "udp" ? this.#udp : this.#tcp;
      if (carrier === void 0) queueMicrotask(() => failed(new Error(`no ${to.protocol} socket is open`)));
      else carrier.send(bytes, to, failed);
    });
  }
  advertised(to) {
    const local = (to.protocol === "udp" ? this.#udp : this.#tcp)?.local ?? this.listeners[0];
    const port2 = local?.port ?? 5060;
    if (this.#options.publicAddress !== void 0) return { host: this.#options.publicAddress, port: port2 };
    const address2 = local?.address ?? "127.0.0.1";
    if (address2 !== "0.0.0.0" && address2 !== "::") return { host: address2, port: port2 };
    return { host: to.address.startsWith("127.") ? "127.0.0.1" : ownAddress(), port: port2 };
  }
  #arrived(bytes, source, local) {
    this.#withFate(this.faults.incoming?.(bytes, source) ?? 0, () => {
      const result = parseMessage(bytes);
      if (!result.ok) {
        this.user?.malformed?.(result.problem, source, local);
        return;
      }
      const { message } = result;
      if (message.kind === "request") {
        const stamped = stampSource(message.via, source);
        if (stamped !== message.via) message.headers.replaceFirstValue("Via", printVia(stamped));
      }
      this.user?.received({ message, source, local });
    });
  }
  #withFate(fate, action) {
    if (this.#closed || fate === "drop") return;
    if (fate === 0) {
      action();
      return;
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      action();
    }, fate);
    this.#delayed.add(timer);
  }
  async close() {
    this.#closed = true;
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    await Promise.all([this.#udp?.close(), this.#tcp?.close()]);
  }
};
function ownAddress() {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address: address2 } of addresses ?? []) if (!internal && family === "IPv4") return address2;
  }
  return "127.0.0.1";
}

// src/embedded/drachtio/drachtio-role.ts
import { connect, createServer as createServer2 } from "node:net";

// src/sip/clock.ts
var machineClock = {
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => {
      clearTimeout(timer);
    };
  }
};

// src/sip/print.ts
function startLine(message) {
  return message.kind === "request" ? `${message.method} ${message.uri} SIP/2.0` : `SIP/2.0 ${message.status} ${message.reason}`;
}
function printMessage(message) {
  const { body } = message;
  let text2 = `${startLine(message)}\r
`;
  let hasLength = false;
  for (const { name, value } of message.headers) {
    const first = name.charCodeAt(0) | 32;
    if (first === 99 && name.length === 14 && name.toLowerCase() === "content-length" || first === 108 && name.length === 1) {
      if (!hasLength) text2 += `${name}: ${body.length}\r
`;
      hasLength = true;
    } else text2 += `${name}: ${value}\r
`;
  }
  text2 += hasLength ? "\r\n" : `Content-Length: ${body.length}\r
\r
`;
  return body.length === 0 ? Buffer.from(text2) : Buffer.concat([Buffer.from(text2), body]);
}

// src/sip/reasons.ts
var REASONS = {
  100: "Trying",
  180: "Ringing",
  181: "Call Is Being Forwarded",
  182: "Queued",
  183: "Session Progress",
  199: "Early Dialog Terminated",
  200: "OK",
  202: "Accepted",
  204: "No Notification",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Moved Temporarily",
  305: "Use Proxy",
  380: "Alternative Service",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  410: "Gone",
  412: "Conditional Request Failed",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  415: "Unsupported Media Type",
  416: "Unsupported URI Scheme",
  417: "Unknown Resource-Priority",
  420: "Bad Extension",
  421: "Extension Required",
  422: "Session Interval Too Small",
  423: "Interval Too Brief",
  428: "Use Identity Header",
  429: "Provide Referrer Identity",
  433: "Anonymity Disallowed",
  436: "Bad Identity Info",
  437: "Unsupported Credential",
  438: "Invalid Identity Header",
  439: "First Hop Lacks Outbound Support",
  440: "Max-Breadth Exceeded",
  469: "Bad Info Package",
  470: "Consent Needed",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  482: "Loop Detected",
  483: "Too Many Hops",
  484: "Address Incomplete",
  485: "Ambiguous",
  486: "Busy Here",
  487: "Request Terminated",
  488: "Not Acceptable Here",
  489: "Bad Event",
  491: "Request Pending",
  493: "Undecipherable",
  494: "Security Agreement Required",
  500: "Server Internal Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Server Time-out",
  505: "Version Not Supported",
  513: "Message Too Large",
  555: "Push Notification Service Not Supported",
  580: "Precondition Failure",
  600: "Busy Everywhere",
  603: "Decline",
  604: "Does Not Exist Anywhere",
  606: "Not Acceptable",
  607: "Unwanted",
  608: "Rejected"
};
function reasonOf(status2) {
  return REASONS[status2] ?? REASONS[Math.floor(status2 / 100) * 100] ?? "Unknown";
}

// src/sip/responses.ts
function responseTo(request, status2, options = {}) {
  const response = new SipResponse(status2, options.reason ?? reasonOf(status2));
  const { headers } = response;
  for (const via of request.headers.lines("Via")) headers.add("Via", via);
  if (status2 > 100 && status2 < 300) for (const route of request.headers.lines("Record-Route")) headers.add("Record-Route", route);
  for (const name of ["From", "To", "Call-ID", "CSeq"]) {
    const value = request.headers.get(name);
    if (value === void 0) continue;
    const tagged = name === "To" && options.toTag !== void 0 && status2 > 100 && !/;\s*tag\s*=/i.test(value);
    headers.add(name, tagged ? `${value};tag=${options.toTag}` : value);
  }
  const timestamp = status2 === 100 ? request.headers.get("Timestamp") : void 0;
  if (timestamp !== void 0) headers.add("Timestamp", timestamp);
  return response;
}
function responseDestination(via, source) {
  if (source.protocol === "tcp" || via.params.has("rport")) return source;
  const maddr = via.params.get("maddr");
  const address2 = maddr === null || maddr === void 0 ? source.address : hostForSocket(maddr);
  return { protocol: "udp", address: address2, port: via.port ?? 5060 };
}

// src/sip/transactions/client-requests.ts
function likeInvite(method, invite) {
  const request = new SipRequest(method, invite.uri);
  const { headers } = request;
  headers.add("Via", invite.headers.values("Via")[0] ?? "");
  for (const route of invite.headers.lines("Route")) headers.add("Route", route);
  headers.add("Max-Forwards", "70");
  headers.add("From", invite.headers.get("From") ?? "");
  headers.add("To", invite.headers.get("To") ?? "");
  headers.add("Call-ID", invite.callId);
  headers.add("CSeq", `${invite.cseq.sequence} ${method}`);
  return request;
}
function ackForRefusal(invite, response) {
  const ack = likeInvite("ACK", invite);
  ack.headers.set("To", response.headers.get("To") ?? invite.headers.get("To") ?? "");
  return ack;
}
function cancelFor(invite, extra = {}) {
  const cancel = likeInvite("CANCEL", invite);
  for (const [name, value] of Object.entries(extra)) cancel.headers.set(name, value);
  return cancel;
}

// src/sip/transactions/timer-values.ts
var DEFAULT_TIMERS = { t1: 500, t2: 4e3, t4: 5e3 };
function startTimer(timer, ms) {
  return { do: "startTimer", timer, ms };
}
function stopTimer(timer) {
  return { do: "stopTimer", timer };
}

// src/sip/transactions/invite-client.ts
var INVITE_CLIENT_START = { name: "calling", intervalMs: 0 };
var TERMINATED = { name: "terminated" };
function stepInviteClient(state, input, context) {
  switch (state.name) {
    case "calling":
      return inCalling(state.intervalMs, input, context);
    case "proceeding":
      return inProceeding(input, context);
    case "accepted":
      return inAccepted(input);
    case "completed":
      return inCompleted(input);
    case "terminated":
      return { state, actions: [] };
  }
}
function inCalling(intervalMs, input, { timers, reliable }) {
  switch (input.kind) {
    case "start": {
      const repeat = reliable ? [] : [startTimer("A", timers.t1)];
      return { state: { name: "calling", intervalMs: timers.t1 }, actions: [{ do: "sendRequest" }, ...repeat, startTimer("B", 64 * timers.t1)] };
    }
    case "timer":
      if (input.timer === "A") {
        const doubled = intervalMs * 2;
        return { state: { name: "calling", intervalMs: doubled }, actions: [{ do: "sendRequest" }, startTimer("A", doubled)] };
      }
      if (input.timer === "B") return { state: TERMINATED, actions: [stopTimer("A"), { do: "reportTimeout" }, { do: "end" }] };
      return { state: { name: "calling", intervalMs }, actions: [] };
    case "response":
      return withFirstResponse(input.status, timers.t1, reliable);
    case "transportError":
      return { state: TERMINATED, actions: [stopTimer("A"), stopTimer("B"), { do: "reportTransportError" }, { do: "end" }] };
  }
}
function withFirstResponse(status2, t1, reliable) {
  const settle = [stopTimer("A"), stopTimer("B")];
  if (status2 < 200) return { state: { name: "proceeding" }, actions: [...settle, { do: "passUp" }] };
  const final = withFinal(status2, t1, reliable);
  return { state: final.state, actions: [...settle, ...final.actions] };
}
function withFinal(status2, t1, reliable) {
  if (status2 < 300) return { state: { name: "accepted" }, actions: [{ do: "passUp" }, startTimer("M", 64 * t1)] };
  const answer = [{ do: "sendAck" }, { do: "passUp" }];
  if (reliable) return { state: TERMINATED, actions: [...answer, { do: "end" }] };
  return { state: { name: "completed" }, actions: [...answer, startTimer("D", 64 * t1)] };
}
function inProceeding(input, { timers, reliable }) {
  switch (input.kind) {
    case "response":
      if (input.status < 200) return { state: { name: "proceeding" }, actions: [{ do: "passUp" }] };
      return withFinal(input.status, timers.t1, reliable);
    case "transportError":
    case "start":
    case "timer":
      return { state: { name: "proceeding" }, actions: [] };
  }
}
function inAccepted(input) {
  switch (input.kind) {
    case "response":
      return { state: { name: "accepted" }, actions: input.status >= 200 && input.status < 300 ? [{ do: "passUp" }] : [] };
    case "timer":
      return input.timer === "M" ? { state: TERMINATED, actions: [{ do: "end" }] } : { state: { name: "accepted" }, actions: [] };
    case "transportError":
    case "start":
      return { state: { name: "accepted" }, actions: [] };
  }
}
function inCompleted(input) {
  switch (input.kind) {
    case "response":
      return { state: { name: "completed" }, actions: input.status >= 300 ? [{ do: "sendAck" }] : [] };
    case "timer":
      return input.timer === "D" ? { state: TERMINATED, actions: [{ do: "end" }] } : { state: { name: "completed" }, actions: [] };
    case "transportError":
      return { state: TERMINATED, actions: [stopTimer("D"), { do: "end" }] };
    case "start":
      return { state: { name: "completed" }, actions: [] };
  }
}

// src/sip/transactions/non-invite-client.ts
var NON_INVITE_CLIENT_START = { name: "trying", intervalMs: 0 };
var TERMINATED2 = { name: "terminated" };
function stepNonInviteClient(state, input, context) {
  switch (state.name) {
    case "trying":
    case "proceeding":
      return beforeFinal(state, input, context);
    case "completed":
      return input.kind === "timer" && input.timer === "K" ? { state: TERMINATED2, actions: [{ do: "end" }] } : { state, actions: [] };
    case "terminated":
      return { state, actions: [] };
  }
}
function beforeFinal(state, input, { timers, reliable }) {
  switch (input.kind) {
    case "start": {
      const repeat = reliable ? [] : [startTimer("E", timers.t1)];
      return { state: { name: "trying", intervalMs: timers.t1 }, actions: [{ do: "sendRequest" }, ...repeat, startTimer("F", 64 * timers.t1)] };
    }
    case "timer":
      if (input.timer === "E") {
        const intervalMs = state.name === "trying" ? Math.min(state.intervalMs * 2, timers.t2) : timers.t2;
        return {
          state: state.name === "trying" ? { name: "trying", intervalMs } : state,
          actions: [{ do: "sendRequest" }, startTimer("E", intervalMs)]
        };
      }
      if (input.timer === "F") return { state: TERMINATED2, actions: [stopTimer("E"), { do: "reportTimeout" }, { do: "end" }] };
      return { state, actions: [] };
    case "response": {
      if (input.status < 200) return { state: { name: "proceeding" }, actions: [{ do: "passUp" }] };
      const settle = [stopTimer("E"), stopTimer("F"), { do: "passUp" }];
      if (reliable) return { state: TERMINATED2, actions: [...settle, { do: "end" }] };
      return { state: { name: "completed" }, actions: [...settle, startTimer("K", timers.t4)] };
    }
    case "transportError":
      return { state: TERMINATED2, actions: [stopTimer("E"), stopTimer("F"), { do: "reportTransportError" }, { do: "end" }] };
  }
}

// src/sip/transactions/timer-set.ts
var TimerSet = class {
  constructor(clock) {
    this.clock = clock;
  }
  clock;
  #running = /* @__PURE__ */ new Map();
  start(name, ms, action) {
    this.stop(name);
    this.#running.set(
      name,
      this.clock.after(ms, () => {
        this.#running.delete(name);
        action();
      })
    );
  }
  stop(name) {
    this.#running.get(name)?.();
    this.#running.delete(name);
  }
  stopAll() {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
};

// src/sip/transactions/client-transaction.ts
var NonInviteClientTransaction = class {
  constructor(request, destination, events, surroundings) {
    this.request = request;
    this.destination = destination;
    this.events = events;
    this.surroundings = surroundings;
    this.#timers = new TimerSet(surroundings.clock);
    this.#bytes = printMessage(request);
  }
  request;
  destination;
  events;
  surroundings;
  #state = NON_INVITE_CLIENT_START;
  #timers;
  #bytes;
  #error = "";
  start() {
    this.#step({ kind: "start" });
  }
  receive(response) {
    this.#step({ kind: "response", status: response.status }, response);
  }
  cancel() {
  }
  acknowledge() {
    throw new Error(`a ${this.request.method} is not acknowledged`);
  }
  drop() {
    this.#timers.stopAll();
    this.#state = { name: "terminated" };
  }
  #step(input, response) {
    const { state, actions } = stepNonInviteClient(this.#state, input, this.surroundings.context);
    this.#state = state;
    for (const action of actions) this.#perform(action, response);
  }
  #perform(action, response) {
    switch (action.do) {
      case "sendRequest":
        this.surroundings.send(this.#bytes, this.destination, (error) => {
          this.#error = error.message;
          this.#step({ kind: "transportError" });
        });
        break;
      case "passUp":
        if (response === void 0) break;
        if (response.status < 200) this.events.provisional?.(response);
        else this.events.final(response);
        break;
      case "reportTimeout":
        this.events.failed("timeout", `no answer to ${this.request.method} within ${64 * this.surroundings.context.timers.t1 / 1e3} s`);
        break;
      case "reportTransportError":
        this.events.failed("transport", this.#error);
        break;
      case "end":
        this.#timers.stopAll();
        this.surroundings.remove();
        this.events.ended?.();
        break;
      case "startTimer":
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: "timer", timer: action.timer }));
        break;
      case "stopTimer":
        this.#timers.stop(action.timer);
    }
  }
};
var InviteClientTransaction = class {
  constructor(request, destination, events, surroundings) {
    this.request = request;
    this.destination = destination;
    this.events = events;
    this.surroundings = surroundings;
    this.#timers = new TimerSet(surroundings.clock);
    this.#bytes = printMessage(request);
  }
  request;
  destination;
  events;
  surroundings;
  #state = INVITE_CLIENT_START;
  #timers;
  #bytes;
  /** ACKs for 2xx by To tag; undefined while the transaction user has not given one. */
  #acknowledged = /* @__PURE__ */ new Map();
  #cancel = "no";
  #cancelHeaders = {};
  #error = "";
  start() {
    this.#step({ kind: "start" });
  }
  receive(response) {
    this.#step({ kind: "response", status: response.status }, response);
    if (this.#state.name !== "proceeding") return;
    if (this.#cancel === "wanted") this.#sendCancel();
    else if (this.#cancel === "no") this.#timers.start("C", this.surroundings.proceedingMs, () => this.cancel());
  }
  cancel(headers = {}) {
    if (this.#cancel !== "no" || this.#state.name !== "calling" && this.#state.name !== "proceeding") return;
    this.#cancel = "wanted";
    this.#cancelHeaders = headers;
    if (this.#state.name === "proceeding") this.#sendCancel();
  }
  #sendCancel() {
    this.#cancel = "sent";
    this.#timers.stop("C");
    this.surroundings.sendCancel(this.request, this.destination, this.#cancelHeaders);
    this.#timers.start("cancelled", 64 * this.surroundings.context.timers.t1, () => {
      this.#state = { name: "terminated" };
      this.events.failed("timeout", "no final answer after CANCEL");
      this.#end();
    });
  }
  acknowledge(ack, destination = this.destination) {
    const bytes = printMessage(this.surroundings.withVia(ack, destination));
    this.#acknowledged.set(ack.toTag ?? "", { bytes, to: destination });
    this.#sendAck(ack.toTag ?? "");
  }
  drop() {
    this.#timers.stopAll();
    this.#state = { name: "terminated" };
  }
  #sendAck(toTag) {
    const ack = this.#acknowledged.get(toTag);
    if (ack !== void 0) this.surroundings.send(ack.bytes, ack.to, () => void 0);
  }
  #step(input, response) {
    const { state, actions } = stepInviteClient(this.#state, input, this.surroundings.context);
    this.#state = state;
    if (state.name !== "calling" && state.name !== "proceeding") {
      this.#timers.stop("C");
      this.#timers.stop("cancelled");
    }
    for (const action of actions) this.#perform(action, response);
  }
  #perform(action, response) {
    switch (action.do) {
      case "sendRequest":
        this.#send(this.#bytes);
        break;
      case "sendAck":
        if (response !== void 0) this.#send(printMessage(ackForRefusal(this.request, response)));
        break;
      case "passUp":
        if (response !== void 0) this.#passUp(response);
        break;
      case "reportTimeout":
        this.events.failed("timeout", `no answer to INVITE within ${64 * this.surroundings.context.timers.t1 / 1e3} s`);
        break;
      case "reportTransportError":
        this.events.failed("transport", this.#error);
        break;
      case "end":
        this.#end();
        break;
      case "startTimer":
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: "timer", timer: action.timer }));
        break;
      case "stopTimer":
        this.#timers.stop(action.timer);
    }
  }
  #passUp(response) {
    if (response.status < 200) {
      this.events.provisional?.(response);
      return;
    }
    if (response.status >= 300) {
      this.events.final(response);
      return;
    }
    const toTag = response.toTag ?? "";
    if (this.#acknowledged.has(toTag)) {
      this.#sendAck(toTag);
      return;
    }
    this.#acknowledged.set(toTag, void 0);
    this.events.final(response);
  }
  #send(bytes) {
    this.surroundings.send(bytes, this.destination, (error) => {
      this.#error = error.message;
      this.#step({ kind: "transportError" });
    });
  }
  #end() {
    this.#timers.stopAll();
    this.surroundings.remove();
    this.events.ended?.();
  }
};

// src/sip/transactions/invite-server.ts
var INVITE_SERVER_START = { name: "proceeding", responded: false };
var TERMINATED3 = { name: "terminated" };
function stepInviteServer(state, input, context) {
  switch (state.name) {
    case "proceeding":
      return inProceeding2(state, input, context);
    case "completed":
      return inCompleted2(state, input, context);
    case "confirmed":
      return input.kind === "timer" && input.timer === "I" ? { state: TERMINATED3, actions: [{ do: "end" }] } : { state, actions: [] };
    case "accepted":
      return inAccepted2(state, input);
    case "terminated":
      return { state, actions: [] };
  }
}
function inProceeding2(state, input, { timers, reliable }) {
  switch (input.kind) {
    case "start":
      if (input.tryingAfterMs > 0) return { state, actions: [startTimer("trying", input.tryingAfterMs), { do: "passUp" }] };
      return { state: { name: "proceeding", responded: true }, actions: [{ do: "sendTrying" }, { do: "passUp" }] };
    case "request":
      return { state, actions: state.responded ? [{ do: "repeatResponse" }] : [] };
    case "timer":
      return input.timer === "trying" && !state.responded ? { state: { name: "proceeding", responded: true }, actions: [{ do: "sendTrying" }] } : { state, actions: [] };
    case "respond": {
      const settle = [stopTimer("trying"), { do: "sendResponse" }];
      if (input.status < 200) return { state: { name: "proceeding", responded: true }, actions: settle };
      if (input.status < 300) return { state: { name: "accepted" }, actions: [...settle, startTimer("L", 64 * timers.t1)] };
      const repeat = reliable ? [] : [startTimer("G", timers.t1)];
      return { state: { name: "completed", intervalMs: timers.t1 }, actions: [...settle, ...repeat, startTimer("H", 64 * timers.t1)] };
    }
    case "transportError":
      return { state, actions: [{ do: "reportTransportError" }] };
    case "ack":
      return { state, actions: [] };
  }
}
function inCompleted2(state, input, { timers, reliable }) {
  switch (input.kind) {
    case "request":
      return { state, actions: [{ do: "repeatResponse" }] };
    case "ack":
      if (reliable) return { state: TERMINATED3, actions: [stopTimer("H"), { do: "end" }] };
      return { state: { name: "confirmed" }, actions: [stopTimer("G"), stopTimer("H"), startTimer("I", timers.t4)] };
    case "timer":
      if (input.timer === "G") {
        const intervalMs = Math.min(state.intervalMs * 2, timers.t2);
        return { state: { name: "completed", intervalMs }, actions: [{ do: "repeatResponse" }, startTimer("G", intervalMs)] };
      }
      if (input.timer === "H") return { state: TERMINATED3, actions: [stopTimer("G"), { do: "reportNoAck" }, { do: "end" }] };
      return { state, actions: [] };
    case "transportError":
      return { state: TERMINATED3, actions: [stopTimer("G"), stopTimer("H"), { do: "reportTransportError" }, { do: "end" }] };
    case "respond":
    case "start":
      return { state, actions: [] };
  }
}
function inAccepted2(state, input) {
  switch (input.kind) {
    case "respond":
      return { state, actions: input.status >= 200 && input.status < 300 ? [{ do: "sendResponse" }] : [] };
    case "timer":
      return input.timer === "L" ? { state: TERMINATED3, actions: [{ do: "end" }] } : { state, actions: [] };
    case "transportError":
      return { state, actions: [{ do: "reportTransportError" }] };
    case "request":
      return { state, actions: [] };
    case "ack":
    case "start":
      return { state, actions: [] };
  }
}

// src/sip/transactions/non-invite-server.ts
var NON_INVITE_SERVER_START = { name: "trying" };
var TERMINATED4 = { name: "terminated" };
function stepNonInviteServer(state, input, { timers, reliable }) {
  switch (state.name) {
    case "trying":
    case "proceeding":
      switch (input.kind) {
        case "start":
          return { state, actions: [{ do: "passUp" }] };
        case "request":
          return { state, actions: state.name === "proceeding" ? [{ do: "repeatResponse" }] : [] };
        case "respond":
          if (input.status < 200) return { state: { name: "proceeding" }, actions: [{ do: "sendResponse" }] };
          if (reliable) return { state: TERMINATED4, actions: [{ do: "sendResponse" }, { do: "end" }] };
          return { state: { name: "completed" }, actions: [{ do: "sendResponse" }, startTimer("J", 64 * timers.t1)] };
        case "transportError":
          return { state: TERMINATED4, actions: [{ do: "reportTransportError" }, { do: "end" }] };
        case "timer":
          return { state, actions: [] };
      }
      break;
    case "completed":
      switch (input.kind) {
        case "request":
          return { state, actions: [{ do: "repeatResponse" }] };
        case "timer":
          return { state: TERMINATED4, actions: [{ do: "end" }] };
        case "transportError":
          return { state: TERMINATED4, actions: [stopTimer("J"), { do: "reportTransportError" }, { do: "end" }] };
        case "respond":
        case "start":
          return { state, actions: [] };
      }
      break;
    case "terminated":
      break;
  }
  return { state, actions: [] };
}

// src/sip/transactions/server-transaction.ts
var Answering = class {
  constructor(request, source, local, localTag, surroundings) {
    this.request = request;
    this.source = source;
    this.local = local;
    this.localTag = localTag;
    this.surroundings = surroundings;
    this.#stopGuard = surroundings.clock.after(surroundings.unansweredMs, () => {
      this.neverAnswered();
    });
  }
  request;
  source;
  local;
  localTag;
  surroundings;
  events = {};
  #answered;
  #last;
  #stopGuard;
  get answered() {
    return this.#answered;
  }
  respond(response) {
    if (this.#answered !== void 0 || this.isTerminated) return false;
    if (response.status >= 200) {
      this.#answered = response;
      this.#stopGuard();
    }
    this.#last = printMessage(response);
    this.stepRespond(response);
    return true;
  }
  stopRepeating() {
    if (this.#answered !== void 0) this.surroundings.stopRepeating(this.#answered);
  }
  drop() {
    this.#stopGuard();
    this.forget();
  }
  sendLast() {
    if (this.#last === void 0) return;
    this.surroundings.send(this.#last, this.surroundings.destination, (error) => {
      this.transportError(error);
    });
  }
  sendTrying() {
    this.#last = printMessage(responseTo(this.request, 100));
    this.sendLast();
  }
  end() {
    this.#stopGuard();
    this.surroundings.remove();
    this.events.ended?.();
  }
};
var NonInviteServerTransaction = class extends Answering {
  #state = NON_INVITE_SERVER_START;
  #timers = new TimerSet(this.surroundings.clock);
  #error = "";
  get isTerminated() {
    return this.#state.name === "terminated";
  }
  start() {
    this.#step({ kind: "start" });
  }
  repeated() {
    this.#step({ kind: "request" });
  }
  forget() {
    this.#timers.stopAll();
    this.#state = { name: "terminated" };
  }
  /** RFC 4320 4.1: no 408 here; the other side has given up by its own timer F. */
  neverAnswered() {
    this.drop();
    this.end();
  }
  stepRespond(response) {
    this.#step({ kind: "respond", status: response.status });
  }
  transportError(error) {
    this.#error = error.message;
    this.#step({ kind: "transportError" });
  }
  #step(input) {
    const { state, actions } = stepNonInviteServer(this.#state, input, this.surroundings.context);
    this.#state = state;
    for (const action of actions) this.#perform(action);
  }
  #perform(action) {
    switch (action.do) {
      case "passUp":
        this.surroundings.passUp();
        break;
      case "sendResponse":
      case "repeatResponse":
        this.sendLast();
        break;
      case "reportTransportError":
        this.events.failed?.(this.#error);
        break;
      case "end":
        this.#timers.stopAll();
        this.end();
        break;
      case "startTimer":
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: "timer", timer: action.timer }));
        break;
      case "stopTimer":
        this.#timers.stop(action.timer);
    }
  }
};
var InviteServerTransaction = class extends Answering {
  #state = INVITE_SERVER_START;
  #timers = new TimerSet(this.surroundings.clock);
  #error = "";
  get isTerminated() {
    return this.#state.name === "terminated";
  }
  start() {
    this.#step({ kind: "start", tryingAfterMs: this.surroundings.tryingAfterMs });
  }
  repeated() {
    this.#step({ kind: "request" });
  }
  /** An ACK within this transaction: for a refusal. */
  acknowledged() {
    this.#step({ kind: "ack" });
  }
  forget() {
    this.#timers.stopAll();
    this.#state = { name: "terminated" };
  }
  neverAnswered() {
    this.respond(responseTo(this.request, 480, { toTag: this.localTag }));
    this.events.failed?.("never answered");
  }
  stepRespond(response) {
    this.#step({ kind: "respond", status: response.status });
    if (response.status >= 200 && response.status < 300) {
      this.surroundings.repeatUntilAck(response, () => {
        this.sendLast();
      });
    }
  }
  transportError(error) {
    this.#error = error.message;
    this.#step({ kind: "transportError" });
  }
  #step(input) {
    const { state, actions } = stepInviteServer(this.#state, input, this.surroundings.context);
    this.#state = state;
    for (const action of actions) this.#perform(action);
  }
  #perform(action) {
    switch (action.do) {
      case "passUp":
        this.surroundings.passUp();
        break;
      case "sendTrying":
        this.sendTrying();
        break;
      case "sendResponse":
      case "repeatResponse":
        this.sendLast();
        break;
      case "reportNoAck":
        this.events.unacknowledged?.();
        break;
      case "reportTransportError":
        this.events.failed?.(this.#error);
        break;
      case "end":
        this.#timers.stopAll();
        this.end();
        break;
      case "startTimer":
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: "timer", timer: action.timer }));
        break;
      case "stopTimer":
        this.#timers.stop(action.timer);
    }
  }
};

// src/sip/transactions/transaction-key.ts
function clientKey(branch, method) {
  return `${branch}|${method}`;
}
function clientKeyOf(response) {
  return clientKey(branchOf(response.via) ?? "", response.cseq.method);
}
function serverKey(request, method = request.method === "ACK" ? "INVITE" : request.method) {
  const { via } = request;
  const branch = branchOf(via);
  if (branch !== void 0 && branch.startsWith(BRANCH_COOKIE) && branch.length > BRANCH_COOKIE.length) return `${branch}|${sentBy(via)}|${method}`;
  return ["2543", request.uri, request.fromTag ?? "", request.callId, request.cseq.sequence, sentBy(via), branch ?? "", method].join("|");
}
function ackKey(message) {
  return `${message.callId}|${message.fromTag ?? ""}|${message.toTag ?? ""}|${message.cseq.sequence}`;
}

// src/sip/transactions/unacknowledged-answers.ts
var UnacknowledgedAnswers = class {
  constructor(clock, timers) {
    this.clock = clock;
    this.timers = timers;
  }
  clock;
  timers;
  #waiting = /* @__PURE__ */ new Map();
  get size() {
    return this.#waiting.size;
  }
  /** @param gaveUp no ACK within 64*T1 */
  add(key2, owner, repeat, gaveUp) {
    this.#waiting.get(key2)?.stop();
    let stopRepeat = () => void 0;
    const again = (intervalMs) => {
      stopRepeat = this.clock.after(intervalMs, () => {
        repeat();
        again(Math.min(intervalMs * 2, this.timers.t2));
      });
    };
    const stop2 = () => {
      stopRepeat();
      stopDeadline();
      this.#waiting.delete(key2);
    };
    const stopDeadline = this.clock.after(64 * this.timers.t1, () => {
      stop2();
      gaveUp();
    });
    again(this.timers.t1);
    this.#waiting.set(key2, { owner, stop: stop2 });
  }
  /** An ACK came. @returns whose 2xx it acknowledges, if one was waiting */
  acknowledge(key2) {
    const waiting = this.#waiting.get(key2);
    waiting?.stop();
    return waiting?.owner;
  }
  stopAll() {
    for (const waiting of [...this.#waiting.values()]) waiting.stop();
  }
};

// src/sip/transaction-layer.ts
var TransactionLayer = class {
  transport;
  timers;
  clock;
  user;
  #options;
  #random;
  #client = /* @__PURE__ */ new Map();
  #server = /* @__PURE__ */ new Map();
  #unacknowledged;
  #closed = false;
  constructor(options) {
    this.#options = options;
    this.transport = options.transport;
    this.timers = { ...DEFAULT_TIMERS, ...options.timers };
    this.clock = options.clock ?? machineClock;
    this.#random = options.random ?? Math.random;
    this.#unacknowledged = new UnacknowledgedAnswers(this.clock, this.timers);
    this.transport.user = this;
  }
  get counts() {
    return { client: this.#client.size, server: this.#server.size, unacknowledged: this.#unacknowledged.size };
  }
  newTag() {
    return this.#randomText(10);
  }
  newBranch() {
    return `${BRANCH_COOKIE}${this.#randomText(16)}`;
  }
  newCallId() {
    return this.#randomText(24);
  }
  /** A whole number in [0, limit), from the injected source. */
  randomBelow(limit) {
    return Math.floor(this.#random() * limit);
  }
  #randomText(length) {
    let text2 = "";
    while (text2.length < length) text2 += Math.floor(this.#random() * 36 ** 8).toString(36);
    return text2.slice(0, length);
  }
  /** Starts a client transaction: puts the top Via on `request` (which must have none for itself yet) and sends it. */
  send(request, destination, events) {
    return this.#sendWithBranch(request, destination, events, this.newBranch());
  }
  #sendWithBranch(request, destination, events, branch) {
    request.headers.prepend("Via", this.#viaText(destination, branch));
    const key2 = clientKey(branch, request.method);
    const surroundings = this.#clientSurroundings(key2, destination);
    const transaction = request.method === "INVITE" ? new InviteClientTransaction(request, destination, events, {
      ...surroundings,
      proceedingMs: this.#options.proceedingMs ?? 3e5,
      sendCancel: (invite, to, headers) => {
        this.#sendCancel(cancelFor(invite, headers), to, branch);
      }
    }) : new NonInviteClientTransaction(request, destination, events, surroundings);
    if (this.#closed) return transaction;
    this.#client.set(key2, transaction);
    transaction.start();
    return transaction;
  }
  #sendCancel(cancel, to, branch) {
    const key2 = clientKey(branch, "CANCEL");
    const transaction = new NonInviteClientTransaction(cancel, to, { final: () => void 0, failed: () => void 0 }, this.#clientSurroundings(key2, to));
    this.#client.set(key2, transaction);
    transaction.start();
  }
  #clientSurroundings(key2, destination) {
    return {
      clock: this.clock,
      context: this.#context(destination),
      send: (bytes, to, failed) => {
        this.transport.send(bytes, to, failed);
      },
      withVia: (ack, to) => {
        ack.headers.prepend("Via", this.#viaText(to, this.newBranch()));
        return ack;
      },
      remove: () => this.#client.delete(key2)
    };
  }
  #context(peer) {
    return { timers: this.timers, reliable: peer.protocol === "tcp" };
  }
  #viaText(to, branch) {
    const { host, port: port2 } = this.transport.advertised(to);
    const params = /* @__PURE__ */ new Map([
      ["rport", null],
      ["branch", branch]
    ]);
    return printVia({ transport: to.protocol.toUpperCase(), host, port: port2, params });
  }
  /** Sends outside any transaction: the ACK to a 2xx whose transaction has gone, a stateless answer. A request gets a Via. */
  sendStateless(message, destination) {
    if (message.kind === "request") message.headers.prepend("Via", this.#viaText(destination, this.newBranch()));
    this.transport.send(printMessage(message), destination);
  }
  received({ message, source, local }) {
    if (this.#closed) return;
    if (message.kind === "response") this.#receiveResponse(message, source);
    else if (message.method === "ACK") this.#receiveAck(message, source);
    else if (message.method === "CANCEL") this.#receiveCancel(message, source);
    else this.#receiveRequest(message, source, local);
  }
  /** Answers what no parser accepts, as far as there is an address to answer to; RFC 4475 names the statuses. */
  malformed(problem, source) {
    const { request } = problem;
    if (this.#closed || request === void 0 || request.method === "ACK") return;
    let destination = source;
    try {
      destination = responseDestination(request.via, source);
    } catch {
    }
    const reason = problem.status === 400 ? `Bad Request - ${problem.where}: ${problem.what}` : void 0;
    this.sendStateless(responseTo(request, problem.status, { toTag: this.newTag(), ...reason === void 0 ? {} : { reason } }), destination);
  }
  #receiveResponse(response, source) {
    const transaction = this.#client.get(clientKeyOf(response));
    if (transaction === void 0) this.user?.strayResponse?.(response, source);
    else transaction.receive(response);
  }
  #receiveAck(ack, source) {
    const answered = this.#unacknowledged.acknowledge(ackKey(ack));
    if (answered !== void 0) {
      answered.events.acknowledged?.(ack, source);
      return;
    }
    const transaction = this.#server.get(serverKey(ack));
    if (transaction instanceof InviteServerTransaction) transaction.acknowledged();
    else this.user?.strayAck?.(ack, source);
  }
  #receiveCancel(cancel, source) {
    const destination = responseDestination(cancel.via, source);
    const invite = this.#server.get(serverKey(cancel, "INVITE"));
    if (invite === void 0) {
      this.sendStateless(responseTo(cancel, 481, { toTag: this.newTag() }), destination);
      return;
    }
    this.sendStateless(responseTo(cancel, 200, { toTag: invite.localTag }), destination);
    if (invite.answered !== void 0) return;
    if (this.#options.answerCancelled !== false) invite.respond(responseTo(invite.request, 487, { toTag: invite.localTag }));
    invite.events.cancelled?.(cancel);
  }
  #receiveRequest(request, source, local) {
    const key2 = serverKey(request);
    const known = this.#server.get(key2);
    if (known !== void 0) {
      known.repeated();
      return;
    }
    const make = request.method === "INVITE" ? InviteServerTransaction : NonInviteServerTransaction;
    const surroundings = {
      clock: this.clock,
      context: this.#context(source),
      destination: responseDestination(request.via, source),
      unansweredMs: request.method === "INVITE" ? this.#options.unansweredMs ?? 6e5 : 64 * this.timers.t1,
      tryingAfterMs: this.#options.tryingAfterMs ?? 200,
      send: (bytes, to, failed) => {
        this.transport.send(bytes, to, failed);
      },
      passUp: () => {
        if (this.user === void 0) transaction.respond(responseTo(request, 503, { toTag: transaction.localTag }));
        else this.user.request(transaction);
      },
      repeatUntilAck: (response, repeat) => {
        this.#unacknowledged.add(ackKey(response), transaction, repeat, () => transaction.events.unacknowledged?.());
      },
      stopRepeating: (response) => {
        this.#unacknowledged.acknowledge(ackKey(response));
      },
      remove: () => this.#server.delete(key2)
    };
    const transaction = new make(request, source, local, request.toTag ?? this.newTag(), surroundings);
    this.#server.set(key2, transaction);
    transaction.start();
  }
  /** Drops every transaction and timer without a message. The transport is its opener's to close. */
  close() {
    this.#closed = true;
    for (const transaction of [...this.#client.values(), ...this.#server.values()]) transaction.drop();
    this.#client.clear();
    this.#server.clear();
    this.#unacknowledged.stopAll();
  }
};

// src/embedded/listening.ts
var ListenFailure = class extends Error {
  name = "ListenFailure";
};
function listenFailure(error, where) {
  const code = error.code;
  const place = `${where.what} ${where.address}:${where.port}`;
  if (code === "EADDRINUSE") return new ListenFailure(`${place} is taken by another program; set another port`);
  if (code === "EADDRNOTAVAIL") return new ListenFailure(`${place}: this machine does not have the address ${where.address}; set one that it has`);
  if (code === "EACCES") return new ListenFailure(`${place}: not permitted; set a port above 1023`);
  return new ListenFailure(`${place}: ${error instanceof Error ? error.message : String(error)}`);
}
function listen(server, where) {
  return new Promise((resolve, reject) => {
    const failed = (error) => reject(listenFailure(error, where));
    server.once("error", failed);
    server.listen(where.port, where.address, () => {
      server.removeListener("error", failed);
      server.on("error", () => void 0);
      const bound = server.address();
      resolve({ address: where.address, port: typeof bound === "object" && bound !== null ? bound.port : where.port });
    });
  });
}
function closeServer(server) {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
  });
}

// src/embedded/drachtio/app-connection.ts
import { randomUUID } from "node:crypto";

// src/embedded/drachtio/app-message.ts
function parseAppFrame(text2) {
  const lineEnd = text2.indexOf("\r\n");
  const meta = lineEnd < 0 ? text2 : text2.slice(0, lineEnd);
  const [id = "", ...fields] = meta.split("|");
  if (lineEnd < 0) return { id, fields, startLine: "", headers: [], body: "" };
  const rest = text2.slice(lineEnd + 2);
  const headEnd2 = rest.indexOf("\r\n\r\n");
  const head = headEnd2 < 0 ? rest : rest.slice(0, headEnd2);
  const body = headEnd2 < 0 ? "" : rest.slice(headEnd2 + 4);
  const [startLine2 = "", ...lines] = head.split("\r\n");
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    return colon <= 0 || !/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(name) ? [] : [[name, line.slice(colon + 1).trim()]];
  });
  return { id, fields, startLine: startLine2, headers, body };
}
function printMeta(meta) {
  return `${meta.source}|${meta.bytes}|${meta.protocol}|${meta.address}|${meta.port}|${timeOfDay()}`;
}
function timeOfDay() {
  const now = performance.timeOrigin + performance.now();
  const micros = Math.floor(now % 1 * 1e3);
  return `${new Date(now).toISOString().slice(11, 23)}${`${micros}`.padStart(3, "0")}`;
}

// src/embedded/drachtio/frame-reader.ts
var FrameError = class extends Error {
  name = "FrameError";
};
var MAX_LENGTH_DIGITS = 5;
var FrameReader = class {
  #buffer = Buffer.alloc(0);
  /** @throws FrameError when the length is not a number from 1 to 99999 */
  push(chunk) {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const frames = [];
    for (; ; ) {
      const hash2 = this.#buffer.subarray(0, MAX_LENGTH_DIGITS + 1).indexOf(35);
      if (hash2 < 0) {
        if (this.#buffer.length > MAX_LENGTH_DIGITS || !/^\d*$/.test(this.#buffer.toString("latin1"))) throw new FrameError("invalid message length specifier");
        return frames;
      }
      const digits = this.#buffer.toString("latin1", 0, hash2);
      if (!/^\d+$/.test(digits) || Number(digits) === 0) throw new FrameError("invalid message length specifier");
      const end = hash2 + 1 + Number(digits);
      if (this.#buffer.length < end) return frames;
      frames.push(this.#buffer.toString("utf8", hash2 + 1, end));
      this.#buffer = this.#buffer.subarray(end);
    }
  }
};
function frame(payload) {
  return `${Buffer.byteLength(payload)}#${payload}`;
}

// src/embedded/drachtio/app-connection.ts
var MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
var AppConnection = class {
  /** Words by which outbound routing may choose among applications. */
  tags = /* @__PURE__ */ new Set();
  #socket;
  #server;
  #faults;
  #reader = new FrameReader();
  #authenticated = false;
  #closed = false;
  #corked = false;
  constructor(socket, server, faults) {
    this.#socket = socket;
    this.#server = server;
    this.#faults = faults;
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on("data", (chunk) => {
      this.#read(chunk);
    });
    socket.on("error", () => {
      socket.destroy();
    });
    socket.on("close", () => {
      if (this.#closed) return;
      this.#closed = true;
      server.closed(this);
    });
  }
  get open() {
    return !this.#closed && !this.#socket.destroyed;
  }
  /** @param payload everything behind the message's own number, which is made here */
  send(payload) {
    const text2 = frame(`${randomUUID()}|${payload}`);
    this.#faults.pass("app", text2, () => {
      this.#write(text2);
    });
  }
  /** Answers a message of the application's: `OK` or `NOK`, then what there is to say. */
  answer(id, result, detail) {
    this.send(`response|${id}|${result}${detail === void 0 ? "" : `|${detail}`}`);
  }
  destroy() {
    this.#socket.destroy();
  }
  #write(text2) {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.writableLength > MAX_BACKLOG_BYTES) {
      this.#server.log("application does not read; connection cut");
      this.#socket.destroy();
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(text2);
  }
  #read(chunk) {
    let frames;
    try {
      frames = this.#reader.push(chunk);
    } catch (error) {
      this.#server.log(`application disconnected: ${error.message}`);
      this.#socket.destroy();
      return;
    }
    for (const text2 of frames) {
      if (!this.open) return;
      if (!this.#obey(parseAppFrame(text2))) {
        this.#socket.end();
        return;
      }
    }
  }
  /** @returns false when the connection is to be closed */
  #obey(message) {
    const [verb, argument = ""] = message.fields;
    if (verb === void 0) {
      this.answer(message.id, "NO", "Invalid message format");
      return false;
    }
    if (verb === "authenticate") return this.#authenticate(message.id, argument, message.fields[2] ?? "");
    if (!this.#authenticated) {
      this.answer(message.id, "NO", "client must authenticate first");
      return false;
    }
    switch (verb) {
      case "ping":
        this.answer(message.id, "OK", "pong");
        return true;
      case "route":
        return this.#reply(message.id, this.#server.route(this, argument), "Route request includes unsupported verb");
      case "remove_route":
        return this.#reply(message.id, this.#server.removeRoute(this, argument), "Remove route request includes unsupported verb");
      case "sip":
        if (message.fields.length < 3) {
          this.answer(message.id, "NO", "Invalid message format");
          return false;
        }
        this.#server.sip(this, message);
        return true;
      case "proxy":
        this.answer(message.id, "NOK", "proxying is not supported");
        return true;
      default:
        this.answer(message.id, "NO", "Unknown message type");
        return false;
    }
  }
  #authenticate(id, secret, tags) {
    if (secret !== this.#server.secret) {
      this.answer(id, "NO", "incorrect secret");
      return false;
    }
    for (const tag of tags.split(",")) if (tag !== "") this.tags.add(tag);
    this.#authenticated = true;
    this.answer(id, "OK", `${this.#server.hostports}|${this.#server.version}|${this.#server.localHostports}`);
    this.#server.authenticated(this);
    return true;
  }
  #reply(id, ok, refusal) {
    if (ok) this.answer(id, "OK");
    else this.answer(id, "NO", refusal);
    return ok;
  }
};

// src/embedded/drachtio/app-dialogs.ts
function dialogId(request) {
  return `${request.callId};from-tag=${request.fromTag ?? ""}`;
}
function key(callId, localTag, remoteTag) {
  return `${callId}|${localTag}|${remoteTag}`;
}
var AppDialogs = class {
  #byId = /* @__PURE__ */ new Map();
  #byTags = /* @__PURE__ */ new Map();
  get size() {
    return this.#byId.size;
  }
  add(dialog) {
    this.#byId.set(dialog.id, dialog);
    this.#byTags.set(key(dialog.sip.callId, dialog.sip.localTag, dialog.sip.remoteTag), dialog);
  }
  remove(dialog) {
    dialog.timer?.stop();
    dialog.timer = void 0;
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    const tags = key(dialog.sip.callId, dialog.sip.localTag, dialog.sip.remoteTag);
    if (this.#byTags.get(tags) === dialog) this.#byTags.delete(tags);
  }
  byId(id) {
    return this.#byId.get(id);
  }
  byCallId(callId) {
    for (const dialog of this.#byId.values()) if (dialog.sip.callId === callId) return dialog;
    return void 0;
  }
  /** The dialog that a request of the other side belongs to. */
  ofRequest(request) {
    const { toTag } = request;
    return toTag === void 0 ? void 0 : this.#byTags.get(key(request.callId, toTag, request.fromTag ?? ""));
  }
  [Symbol.iterator]() {
    return this.#byId.values();
  }
};

// src/embedded/drachtio/app-routes.ts
var VERBS = /* @__PURE__ */ new Set([
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "OPTIONS",
  "REGISTER",
  "INFO",
  "PRACK",
  "UPDATE",
  "MESSAGE",
  "SUBSCRIBE",
  "NOTIFY",
  "REFER",
  "PUBLISH",
  "CDR:ATTEMPT",
  "CDR:START",
  "CDR:STOP"
]);
var AppRoutes = class {
  #byVerb = /* @__PURE__ */ new Map();
  /** @returns false when there is no such method */
  add(app, verb) {
    const name = verb.toUpperCase();
    if (!VERBS.has(name)) return false;
    const route = this.#byVerb.get(name) ?? { apps: [], next: 0 };
    if (!route.apps.includes(app)) route.apps.push(app);
    this.#byVerb.set(name, route);
    return true;
  }
  /** @returns false when the application had not asked for it */
  remove(app, verb) {
    const route = this.#byVerb.get(verb.toUpperCase());
    const at = route?.apps.indexOf(app) ?? -1;
    if (at < 0) return false;
    route?.apps.splice(at, 1);
    return true;
  }
  removeAll(app) {
    for (const verb of this.#byVerb.keys()) this.remove(app, verb);
  }
  /** The next application in turn. */
  choose(verb) {
    const route = this.#byVerb.get(verb.toUpperCase());
    if (!route || route.apps.length === 0) return void 0;
    if (route.next >= route.apps.length) route.next = 0;
    return route.apps[route.next++];
  }
};

// src/embedded/drachtio/call-records.ts
var CallRecords = class {
  #routes;
  constructor(routes) {
    this.#routes = routes;
  }
  post(record2, message) {
    const app = this.#routes.choose(`cdr:${record2.kind}`);
    if (!app) return;
    const detail = record2.kind === "start" ? `|${record2.role}` : record2.kind === "stop" ? `|${record2.reason}` : "";
    app.send(`cdr:${record2.kind}|${record2.source}|${timeOfDay()}${detail}\r
${printMessage(message).toString("utf8")}`);
  }
};

// src/embedded/drachtio/dialog-requests.ts
import { randomUUID as randomUUID3 } from "node:crypto";

// src/sip/resolve.ts
import { lookup } from "node:dns";
import { isIP } from "node:net";
function resolveUri(text2, done) {
  const uri = parseUri(text2);
  if (uri === void 0) {
    done({ why: "badUri", detail: `not a SIP URI: ${text2.slice(0, 200)}` });
    return;
  }
  const transport = (uri.params.get("transport") ?? "udp").toLowerCase();
  if (uri.scheme === "sips" || transport !== "udp" && transport !== "tcp") {
    done({ why: "unresolved", detail: `no transport for ${text2.slice(0, 200)}` });
    return;
  }
  const host = hostForSocket(uri.params.get("maddr") ?? uri.host);
  const port2 = uri.port ?? 5060;
  if (isIP(host) !== 0) {
    done({ protocol: transport, address: host, port: port2 });
    return;
  }
  lookup(host, { family: 4 }, (error, address2) => {
    if (error !== null) done({ why: "unresolved", detail: `no address for ${host}: ${error.code ?? error.message}` });
    else done({ protocol: transport, address: address2, port: port2 });
  });
}
function isUnresolved(result) {
  return "why" in result;
}
function isPrivateAddress(host) {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|127\.|169\.254\.)/.test(host);
}

// src/sip/session-timer.ts
var MIN_SESSION_SECONDS = 90;
function sessionExpiresOf(message) {
  const text2 = message.headers.get("Session-Expires");
  if (text2 === void 0) return void 0;
  const semicolon = text2.indexOf(";");
  const seconds = parseDecimal((semicolon < 0 ? text2 : text2.slice(0, semicolon)).trim(), 2 ** 31);
  if (seconds === void 0 || seconds === 0) return void 0;
  const refresher = parseParams(semicolon < 0 ? "" : text2.slice(semicolon))?.get("refresher")?.toLowerCase();
  return { seconds, refresher: refresher === "uac" || refresher === "uas" ? refresher : void 0 };
}
function answerSessionTimer(request) {
  const asked = sessionExpiresOf(request);
  if (asked === void 0) return { kind: "none" };
  const peerKnows = request.headers.lists("Supported", "timer") || request.headers.lists("Require", "timer");
  if (asked.seconds < MIN_SESSION_SECONDS && peerKnows) return { kind: "tooSmall" };
  const seconds = Math.max(asked.seconds, MIN_SESSION_SECONDS);
  return { kind: "timed", seconds, refresher: peerKnows ? asked.refresher ?? "uac" : "uas" };
}
function sessionTimerDelay(seconds, weRefresh) {
  return weRefresh ? seconds / 2 * 1e3 : (seconds - Math.min(32, seconds / 3)) * 1e3;
}
function addSessionTimer(response, timer) {
  if (timer.kind !== "timed") return;
  response.headers.add("Session-Expires", `${timer.seconds};refresher=${timer.refresher}`);
  if (timer.refresher === "uac") response.headers.add("Require", "timer");
}

// src/embedded/drachtio/app-headers.ts
var SERVERS_OWN = /* @__PURE__ */ new Set(["via", "route", "rseq", "record-route", "content-length"]);
var DIALOG_HEADERS = /* @__PURE__ */ new Set(["from", "to", "call-id", "cseq", "max-forwards"]);
var LOCALHOST_HEADERS = /* @__PURE__ */ new Set(["from", "to", "contact", "p-asserted-identity"]);
function appHeader(headers, name) {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}
function withRealHost(value, host, port2) {
  if (!value.includes("@localhost")) return value;
  const address2 = parseNameAddr(value);
  const uri = address2 && parseUri(address2.uri);
  if (!address2 || uri?.host !== "localhost") return value;
  return printNameAddr({ ...address2, uri: printUri({ ...uri, host: hostForUri(host), port: port2 }) });
}
function copyAppHeaders(headers, message, at) {
  for (const [name, value] of headers) {
    const key2 = name.toLowerCase();
    if (SERVERS_OWN.has(key2) || DIALOG_HEADERS.has(key2) || value === "") continue;
    const shown = CANONICAL.get(key2) ?? name;
    message.headers.add(shown, LOCALHOST_HEADERS.has(key2) ? withRealHost(value, at.host, at.port) : value);
  }
}
function setAppBody(message, headers, body) {
  if (body === "") return true;
  const type = appHeader(headers, "content-type") ?? (body.startsWith("v=0") ? "application/sdp" : void 0);
  if (type === void 0) return false;
  message.setBody(type, body);
  return true;
}
var CANONICAL = new Map(
  [
    "Accept",
    "Alert-Info",
    "Allow",
    "Allow-Events",
    "Authorization",
    "Call-Info",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Type",
    "Date",
    "Diversion",
    "Error-Info",
    "Event",
    "Expires",
    "Min-Expires",
    "Min-SE",
    "Organization",
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "RAck",
    "Reason",
    "Refer-To",
    "Referred-By",
    "Remote-Party-ID",
    "Replaces",
    "Require",
    "Retry-After",
    "Server",
    "Session-Expires",
    "Subject",
    "Subscription-State",
    "Supported",
    "Unsupported",
    "User-Agent",
    "WWW-Authenticate",
    "Warning"
  ].map((name) => [name.toLowerCase(), name])
);

// src/embedded/drachtio/outgoing-requests.ts
import { randomUUID as randomUUID2 } from "node:crypto";

// src/sip/dialog.ts
var Dialog = class _Dialog {
  callId;
  localTag;
  remoteTag;
  local;
  remote;
  /** We made the Call-ID: decides how long to wait after a 491 (RFC 3261 14.1). */
  ownsCallId;
  state = "early";
  #remoteTarget;
  #routeSet;
  #localSequence;
  #remoteSequence;
  constructor(parts2) {
    this.callId = parts2.callId;
    this.localTag = parts2.localTag;
    this.remoteTag = parts2.remoteTag;
    this.local = parts2.local;
    this.remote = parts2.remote;
    this.ownsCallId = parts2.ownsCallId;
    this.#remoteTarget = parts2.remoteTarget;
    this.#routeSet = parts2.routeSet;
    this.#localSequence = parts2.localSequence;
    this.#remoteSequence = parts2.remoteSequence;
  }
  /** The dialog that a 101-299 to our request makes (RFC 3261 12.1.2). */
  static ofClient(request, response) {
    return new _Dialog({
      callId: request.callId,
      localTag: request.fromTag ?? "",
      remoteTag: response.toTag ?? "",
      local: request.from,
      remote: response.to,
      remoteTarget: response.contacts[0]?.uri ?? request.uri,
      routeSet: response.headers.values("Record-Route").reverse(),
      localSequence: request.cseq.sequence,
      remoteSequence: void 0,
      ownsCallId: true
    });
  }
  /** The dialog that our answer makes (RFC 3261 12.1.1). @param localTag the To tag of our response */
  static ofServer(request, localTag) {
    return new _Dialog({
      callId: request.callId,
      localTag,
      remoteTag: request.fromTag ?? "",
      local: withTag(request.to, localTag),
      remote: request.from,
      remoteTarget: request.contacts[0]?.uri ?? request.from.uri,
      routeSet: request.headers.values("Record-Route"),
      localSequence: 0,
      remoteSequence: request.cseq.sequence,
      ownsCallId: false
    });
  }
  /** `call-id|local tag|remote tag`: how a dialog is told on our side. */
  get key() {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }
  get remoteTarget() {
    return this.#remoteTarget;
  }
  get routeSet() {
    return this.#routeSet;
  }
  /** The 2xx to our INVITE: confirms the dialog, and replaces route set and target of the early one (RFC 3261 13.2.2.4). */
  confirm(response) {
    this.state = "confirmed";
    this.#routeSet = response.headers.values("Record-Route").reverse();
    this.refreshTarget(response);
  }
  /** Takes the Contact of a target refresh: INVITE, UPDATE and their 2xx (RFC 3261 12.2, RFC 3311 5). */
  refreshTarget(message) {
    const contact = message.contacts[0];
    if (contact !== void 0) this.#remoteTarget = contact.uri;
  }
  /** Checks and notes the CSeq of a request of the other side. A lower one than before gets 500 (RFC 3261 12.2.2). */
  checkSequence(request) {
    const { sequence } = request.cseq;
    if (this.#remoteSequence !== void 0 && sequence <= this.#remoteSequence) return "outOfOrder";
    this.#remoteSequence = sequence;
    return "inOrder";
  }
  /** A request inside the dialog with the next CSeq: RFC 3261 12.2.1.1. Via and Contact are still to come. */
  request(method) {
    return this.#build(method, ++this.#localSequence);
  }
  /** The ACK for a 2xx to the INVITE with that CSeq number: RFC 3261 13.2.2.4. */
  ack(sequence) {
    return this.#build("ACK", sequence);
  }
  /** The same request again with the next CSeq, for a retry with credentials or a longer session interval. */
  again(request) {
    const copy = request.clone();
    copy.headers.remove("Via");
    copy.headers.set("CSeq", `${++this.#localSequence} ${request.method}`);
    return copy;
  }
  #build(method, sequence) {
    const first = this.#routeSet[0];
    const firstUri = first === void 0 ? void 0 : parseNameAddr(first)?.uri;
    const strict = firstUri !== void 0 && parseUri(firstUri)?.params.has("lr") !== true;
    const request = new SipRequest(method, strict ? firstUri : this.#remoteTarget);
    const { headers } = request;
    const routes = strict ? [...this.#routeSet.slice(1), `<${this.#remoteTarget}>`] : this.#routeSet;
    for (const route of routes) headers.add("Route", route);
    headers.add("Max-Forwards", "70");
    headers.add("From", printNameAddr(withTag(this.local, this.localTag)));
    headers.add("To", printNameAddr(this.remoteTag === "" ? this.remote : withTag(this.remote, this.remoteTag)));
    headers.add("Call-ID", this.callId);
    headers.add("CSeq", `${sequence} ${method}`);
    return request;
  }
  /** The URI to resolve for the next request: the first route, else the target. */
  get nextHop() {
    const first = this.#routeSet[0];
    return (first === void 0 ? void 0 : parseNameAddr(first)?.uri) ?? this.#remoteTarget;
  }
  /**
   * Where to send instead of resolving `nextHop`, when the Contact names a private address that is not the one packets come from: the
   * phone sits behind a NAT that does not rewrite SIP.
   */
  behindNat(source) {
    if (source === void 0 || this.#routeSet.length > 0) return void 0;
    const host = parseUri(this.#remoteTarget)?.host;
    return host !== void 0 && host !== source.address && isPrivateAddress(host) ? source : void 0;
  }
};
function dialogKey(callId, localTag, remoteTag) {
  return `${callId}|${localTag}|${remoteTag}`;
}

// src/embedded/drachtio/nat.ts
import { isIP as isIP2 } from "node:net";
function routeAround(message, peer) {
  if (message.headers.has("Record-Route")) return void 0;
  const contact = parseUri(message.contacts[0]?.uri ?? "");
  if (contact === void 0) return void 0;
  const host = hostForSocket(contact.host);
  const sameHost = isIP2(host) === 0 || host === peer.address;
  if (message.kind === "response") {
    return sameHost ? void 0 : peer;
  }
  if (peer.protocol === "tcp") return peer;
  return sameHost && isIP2(host) !== 0 && (contact.port === void 0 || contact.port === peer.port) ? void 0 : peer;
}

// src/embedded/drachtio/surroundings.ts
function tellFromNetwork(app, message, source, more) {
  const text2 = printMessage(message).toString("utf8");
  const meta = printMeta({ source: "network", bytes: Buffer.byteLength(text2), protocol: source.protocol, address: source.address, port: source.port });
  const place = more.receivedOn === void 0 ? "" : `${more.receivedOn.address}|${more.receivedOn.port}|`;
  app.send(`sip|${meta}|${more.transactionId}|${more.dialogId ?? ""}|${place}\r
${text2}`);
}
function tellUnsolicited(app, request, own, dialogId2) {
  const text2 = printMessage(request).toString("utf8");
  const meta = printMeta({ source: "application", bytes: Buffer.byteLength(text2), protocol: own.protocol, address: own.address, port: own.port });
  app.send(`sip|${meta}|unsolicited|${dialogId2}|\r
${text2}`);
}
function echoRequest(app, messageId, request, own, transactionId) {
  const text2 = printMessage(request).toString("utf8");
  const meta = printMeta({ source: "application", bytes: Buffer.byteLength(text2), protocol: own.protocol, address: own.address, port: own.port });
  app.answer(messageId, "OK", `${meta}|${transactionId}|Msg sent:|\r
${text2}`);
}
function echoResponse(app, messageId, response, peer, ids) {
  const text2 = printMessage(response).toString("utf8");
  const meta = printMeta({ source: "application", bytes: Buffer.byteLength(text2), protocol: peer.protocol, address: peer.address, port: peer.port });
  app.answer(messageId, "OK", `${meta}|${ids.transactionId}|${ids.dialogId}||Msg sent:|\r
${text2}`);
}

// src/embedded/drachtio/outgoing-requests.ts
var START_LINE = /^([A-Z]+) (\S+) SIP\/2\.0$/;
var OutgoingRequests = class {
  #around;
  #invites = /* @__PURE__ */ new Map();
  constructor(around) {
    this.#around = around;
  }
  /** `sip|||[route url]` with a request. */
  send(app, frame3, routeUrl) {
    const [, method, uri] = START_LINE.exec(frame3.startLine) ?? [];
    if (method === void 0 || uri === void 0 || parseUri(uri) === void 0 && routeUrl === "") {
      app.answer(frame3.id, "NOK", `invalid request-uri: ${frame3.startLine}`);
      return;
    }
    resolveUri((routeUrl === "" ? uri : routeUrl).replace(/^\s*<|>.*$/g, ""), (result) => {
      if (isUnresolved(result)) app.answer(frame3.id, "NOK", result.why === "badUri" ? `invalid request-uri: ${frame3.startLine}` : "requested protocol/transport not available");
      else if (!this.#around.layer.transport.listeners.some(({ protocol }) => protocol === result.protocol)) {
        app.answer(frame3.id, "NOK", "requested protocol/transport not available");
      } else this.#sendTo(app, frame3, method, uri, result);
    });
  }
  /** `sip|<transaction id>|` with CANCEL. */
  cancel(app, frame3, transactionId) {
    const invite = this.#invites.get(transactionId);
    if (!invite) {
      app.answer(frame3.id, "NOK", `unable to cancel unknown transaction id: ${transactionId}`);
      return;
    }
    invite.cancelled = true;
    const headers = {};
    for (const [name, value] of frame3.headers) if (/^(reason|x-.*)$/i.test(name)) headers[name] = value;
    echoRequest(app, frame3.id, cancelFor(invite.client.request, headers), this.#own(invite.client.destination), randomUUID2());
    invite.client.cancel(headers);
  }
  /** The application is gone: nobody waits for what it was ringing. */
  appGone(app) {
    for (const invite of this.#invites.values()) if (invite.app === app) invite.client.cancel();
  }
  /** Cancels everything (the switch is stopping). */
  cancelAll() {
    for (const invite of this.#invites.values()) invite.client.cancel();
  }
  #sendTo(app, frame3, method, uri, destination) {
    if (this.#around.isOwn(destination)) {
      app.answer(frame3.id, "NOK", "can not send request to myself");
      return;
    }
    const request = this.#build(frame3, method, uri, destination);
    if (request === void 0) {
      app.answer(frame3.id, "NOK", "missing content-type");
      return;
    }
    const transactionId = randomUUID2();
    const client = method === "INVITE" || method === "SUBSCRIBE" ? this.#invite(app, request, destination, transactionId) : this.#other(app, request, destination, transactionId);
    echoRequest(app, frame3.id, client.request, this.#own(destination), transactionId);
    if (method === "INVITE") this.#around.records.post({ kind: "attempt", source: "application" }, client.request);
  }
  #build(frame3, method, uri, destination) {
    const { layer } = this.#around;
    const at = layer.transport.advertised(destination);
    const request = new SipRequest(method, uri);
    const ownContact = this.#around.contactFor(destination);
    const from = parseNameAddr(withRealHost(appHeader(frame3.headers, "from") ?? ownContact, at.host, at.port)) ?? nameAddr(`sip:${at.host}:${at.port}`);
    const to = parseNameAddr(withRealHost(appHeader(frame3.headers, "to") ?? `<${uri}>`, at.host, at.port)) ?? nameAddr(uri);
    const sequence = Number.parseInt(appHeader(frame3.headers, "cseq") ?? "", 10);
    request.headers.add("Max-Forwards", appHeader(frame3.headers, "max-forwards") ?? "70").add("From", printNameAddr(tagOf(from) === void 0 ? withTag(from, layer.newTag()) : from)).add("To", printNameAddr(to)).add("Call-ID", appHeader(frame3.headers, "call-id") ?? randomUUID2()).add("CSeq", `${Number.isNaN(sequence) ? Math.floor(Math.random() * 1e8) + 1 : sequence} ${method}`);
    if ((method === "INVITE" || method === "SUBSCRIBE") && appHeader(frame3.headers, "contact") === void 0) request.headers.add("Contact", ownContact);
    copyAppHeaders(frame3.headers, request, at);
    return setAppBody(request, frame3.headers, frame3.body) ? request : void 0;
  }
  #other(app, request, destination, transactionId) {
    const tell = (response) => {
      if (app.open && response.status > 100) tellFromNetwork(app, response, destination, { transactionId });
    };
    return this.#around.layer.send(request, destination, {
      provisional: tell,
      final: tell,
      failed: (why) => {
        tell(madeUp(request, why));
      }
    });
  }
  #invite(app, request, destination, transactionId) {
    const id = dialogId(request);
    const client = this.#around.layer.send(request, destination, {
      provisional: (response) => {
        this.#provisional(transactionId, response);
      },
      final: (response) => {
        this.#final(transactionId, response);
      },
      failed: (why) => {
        this.#over(transactionId);
        if (app.open) tellFromNetwork(app, madeUp(request, why), destination, { transactionId, dialogId: id });
      },
      ended: () => {
        this.#over(transactionId);
      }
    });
    this.#invites.set(transactionId, { app, client, contact: request.headers.get("Contact") ?? "", cancelled: false, dialog: void 0 });
    return client;
  }
  #provisional(transactionId, response) {
    const invite = this.#invites.get(transactionId);
    if (!invite || response.status === 100) return;
    if (response.headers.has("RSeq") && invite.dialog === void 0) this.#makeDialog(invite, response);
    if (invite.app.open) tellFromNetwork(invite.app, response, invite.client.destination, { transactionId, dialogId: dialogId(invite.client.request) });
  }
  #final(transactionId, response) {
    const invite = this.#invites.get(transactionId);
    if (!invite) return;
    const { request, destination } = invite.client;
    const id = dialogId(request);
    if (response.status >= 300) {
      this.#over(transactionId);
      if (invite.dialog) this.#around.dialogs.remove(invite.dialog);
      if (request.method === "INVITE") this.#around.records.post({ kind: "stop", source: "network", reason: response.status === 487 ? "call-canceled" : "call-rejected" }, response);
    } else if (!this.#established(invite, response)) return;
    else if (request.method !== "INVITE") this.#over(transactionId);
    if (invite.app.open) tellFromNetwork(invite.app, response, destination, { transactionId, dialogId: id });
  }
  /** @returns false when nobody is to be told of this 2xx: it has been acknowledged and ended */
  #established(invite, response) {
    const early = invite.dialog;
    const forked = early !== void 0 && early.sip.remoteTag !== response.toTag;
    if (forked && early.sip.state === "confirmed") {
      this.#refuse(invite.client, response);
      return false;
    }
    if (forked) this.#around.dialogs.remove(early);
    const dialog = early !== void 0 && !forked ? early : this.#makeDialog(invite, response);
    dialog.sip.confirm(response);
    dialog.route = routeAround(response, invite.client.destination);
    if (invite.client.request.method !== "INVITE") return true;
    if (!invite.app.open) {
      this.#around.dialogs.remove(dialog);
      this.#refuse(invite.client, response);
      return false;
    }
    dialog.unacknowledged = { client: invite.client, sequence: invite.client.request.cseq.sequence };
    dialog.endAfterAck = invite.cancelled;
    const expires = sessionExpiresOf(response);
    if (expires) this.#around.startSessionTimer(dialog, expires.seconds, expires.refresher === "uas" ? "them" : "us");
    this.#around.records.post({ kind: "start", source: "network", role: "uac" }, response);
    return true;
  }
  #makeDialog(invite, response) {
    const { request } = invite.client;
    const sip = Dialog.ofClient(request, response);
    const dialog = {
      id: dialogId(request),
      sip,
      app: invite.app,
      role: "uac",
      method: request.method === "INVITE" ? "INVITE" : "SUBSCRIBE",
      contact: invite.contact,
      localSdp: request.sdp,
      route: routeAround(response, invite.client.destination),
      unacknowledged: void 0,
      offering: void 0,
      offered: void 0,
      endAfterAck: false,
      timer: void 0,
      waiting: /* @__PURE__ */ new Set()
    };
    invite.dialog = dialog;
    this.#around.dialogs.add(dialog);
    return dialog;
  }
  /** ACK and BYE for a 2xx that nobody wants (a second fork, an application that has gone). */
  #refuse(client, response) {
    const sip = Dialog.ofClient(client.request, response);
    sip.confirm(response);
    client.acknowledge(sip.ack(client.request.cseq.sequence), client.destination);
    const bye = sip.request("BYE");
    bye.headers.add("Reason", 'SIP ;cause=200 ;text="ACK-BYE due to cancel race condition"');
    this.#around.layer.send(bye, client.destination, { final: () => void 0, failed: () => void 0 });
  }
  #over(transactionId) {
    this.#invites.delete(transactionId);
  }
  #own(destination) {
    const { host, port: port2 } = this.#around.layer.transport.advertised(destination);
    return { protocol: destination.protocol, address: host, port: port2 };
  }
};
function madeUp(request, why) {
  return responseTo(request, why === "timeout" ? 408 : 503, { toTag: "none" });
}

// src/embedded/drachtio/dialog-requests.ts
var START_LINE2 = /^([A-Z]+) (\S+) SIP\/2\.0$/;
var ACK_UNWANTED = "Server error: ACK for non-success final response is automatically generated by server";
var NO_DIALOG = "Server error: unable to find dialog for dialog id provided";
var DialogRequests = class {
  #around;
  constructor(around) {
    this.#around = around;
  }
  send(app, frame3, id) {
    const [, method, uri] = START_LINE2.exec(frame3.startLine) ?? [];
    const dialog = this.#around.dialogs.byId(id);
    if (method === void 0 || uri === void 0) {
      app.answer(frame3.id, "NOK", `Server error: invalid or missing method supplied on start line: ${frame3.startLine}`);
      return;
    }
    if (dialog === void 0) {
      app.answer(frame3.id, "NOK", method === "ACK" ? ACK_UNWANTED : NO_DIALOG);
      return;
    }
    this.resolve(dialog, (destination) => {
      if (destination === void 0) app.answer(frame3.id, "NOK", `Server error: unable to find route when sending request inside dialog for dialog id ${id}`);
      else this.#sendTo(app, frame3, dialog, method, uri, destination);
    });
  }
  /** Where the dialog's requests go: at once, or after a name has been looked up. Undefined: nowhere. */
  resolve(dialog, done) {
    if (dialog.route) done(dialog.route);
    else resolveUri(dialog.sip.nextHop, (result) => done(isUnresolved(result) ? void 0 : result));
  }
  #sendTo(app, frame3, dialog, method, uri, destination) {
    if (method === "ACK") {
      this.#acknowledge(app, frame3, dialog, destination);
      return;
    }
    const request = dialog.sip.request(method);
    if (!uri.includes("placeholder")) request.uri = uri;
    if (["INVITE", "SUBSCRIBE", "REFER", "UPDATE"].includes(method) && appHeader(frame3.headers, "contact") === void 0) request.headers.add("Contact", dialog.contact);
    copyAppHeaders(frame3.headers, request, this.#around.layer.transport.advertised(destination));
    if (!setAppBody(request, frame3.headers, frame3.body)) {
      app.answer(frame3.id, "NOK", "Server error: missing content-type");
      return;
    }
    if (method === "BYE") dialog.offering?.cancel();
    if (method === "INVITE" && request.sdp !== void 0) dialog.localSdp = request.sdp;
    const transactionId = randomUUID3();
    const client = this.#around.layer.send(request, destination, {
      provisional: (response) => {
        if (response.status > 100) this.#tell(app, response, destination, transactionId, dialog);
      },
      final: (response) => {
        this.#final(dialog, request, response);
        if (request.method === "INVITE" && response.status < 300) dialog.unacknowledged = { client, sequence: request.cseq.sequence };
        this.#tell(app, response, destination, transactionId, dialog);
      },
      failed: (why) => {
        const response = madeUp(request, why);
        this.#final(dialog, request, response);
        this.#tell(app, response, destination, transactionId, dialog);
      }
    });
    if (method === "INVITE") dialog.offering = client;
    echoRequest(app, frame3.id, client.request, this.#own(destination), transactionId);
    if (method === "BYE") this.#around.records.post({ kind: "stop", source: "application", reason: "normal-release" }, client.request);
  }
  #final(dialog, request, response) {
    if (request.method === "INVITE") {
      dialog.offering = void 0;
      if (response.status < 300) {
        dialog.sip.refreshTarget(response);
        const expires = sessionExpiresOf(response);
        if (expires) this.#around.startSessionTimer(dialog, expires.seconds, expires.refresher === "uas" ? "them" : "us");
      }
    }
    const ended = request.method === "BYE" || dialog.method === "SUBSCRIBE" && request.method === "NOTIFY" && /^\s*terminated/i.test(request.headers.get("Subscription-State") ?? "");
    if (ended && response.status !== 401 && response.status !== 407) this.#around.dialogs.remove(dialog);
  }
  #tell(app, response, source, transactionId, dialog) {
    if (app.open) tellFromNetwork(app, response, source, { transactionId, dialogId: dialog.id });
    else if (response.status >= 200 && response.status < 300 && dialog.unacknowledged) {
      const { client, sequence } = dialog.unacknowledged;
      dialog.unacknowledged = void 0;
      client.acknowledge(dialog.sip.ack(sequence), source);
    }
  }
  #acknowledge(app, frame3, dialog, destination) {
    const waiting = dialog.unacknowledged;
    if (waiting === void 0) {
      app.answer(frame3.id, "NOK", ACK_UNWANTED);
      return;
    }
    dialog.unacknowledged = void 0;
    const ack = dialog.sip.ack(waiting.sequence);
    copyAppHeaders(frame3.headers, ack, this.#around.layer.transport.advertised(destination));
    if (!setAppBody(ack, frame3.headers, frame3.body)) {
      app.answer(frame3.id, "NOK", "Server error: missing content-type");
      return;
    }
    if (ack.sdp !== void 0) dialog.localSdp = ack.sdp;
    waiting.client.acknowledge(ack, destination);
    echoRequest(app, frame3.id, ack, this.#own(destination), randomUUID3());
    if (dialog.endAfterAck) this.#around.endDialog(dialog, "ACK-BYE due to cancel race condition");
  }
  #own(destination) {
    const { host, port: port2 } = this.#around.layer.transport.advertised(destination);
    return { protocol: destination.protocol, address: host, port: port2 };
  }
};

// src/embedded/drachtio/incoming-requests.ts
import { randomUUID as randomUUID4 } from "node:crypto";

// src/embedded/drachtio/reliable-provisional.ts
var ReliableProvisional = class {
  rseq;
  #timer;
  constructor(rseq, t1Ms, on) {
    this.rseq = rseq;
    const wait2 = (ms, leftMs) => {
      this.#timer = setTimeout(() => {
        if (leftMs <= ms) {
          on.gaveUp();
          return;
        }
        on.repeat();
        wait2(ms * 2, leftMs - ms);
      }, ms);
    };
    wait2(t1Ms, 64 * t1Ms);
  }
  stop() {
    clearTimeout(this.#timer);
  }
};

// src/embedded/drachtio/incoming-requests.ts
var OUTSIDE = /* @__PURE__ */ new Set(["INVITE", "REGISTER", "MESSAGE", "OPTIONS", "INFO", "NOTIFY", "SUBSCRIBE", "PUBLISH", "REFER"]);
var STATUS_LINE = /^SIP\/2\.0 (\d{3})(?: (.*))?$/;
var UNKNOWN_TRANSACTION = "Response not sent due to unknown transaction";
var IncomingRequests = class {
  #around;
  #dial;
  #unanswered = /* @__PURE__ */ new Map();
  constructor(around, dial) {
    this.#around = around;
    this.#dial = dial;
  }
  /** A new request, neither ACK nor CANCEL. */
  take(server) {
    const { request } = server;
    if (request.method === "PRACK") {
      this.#prack(server);
      return;
    }
    const dialog = this.#around.dialogs.ofRequest(request);
    if (dialog !== void 0) {
      this.#inside(server, dialog);
      return;
    }
    const { toTag } = request;
    if (toTag !== void 0 && ["INVITE", "BYE", "UPDATE", "REFER", "NOTIFY"].includes(request.method)) refuse2(server, 481);
    else if (request.method === "BYE" || request.method === "UPDATE") refuse2(server, 481);
    else if (!OUTSIDE.has(request.method)) refuse2(server, 501);
    else this.#outside(server);
  }
  /** `sip|<transaction id>|` with a response. */
  respond(app, frame3, transactionId) {
    const match = STATUS_LINE.exec(frame3.startLine);
    const status2 = Number(match?.[1]);
    const waiting = this.#unanswered.get(transactionId);
    if (!match || waiting === void 0 || status2 < 101) {
      const cancel = /\bCANCEL\b/.test(appHeader(frame3.headers, "cseq") ?? "");
      app.answer(frame3.id, "NOK", cancel ? "200 OK to incoming CANCEL is automatically generated by the stack" : UNKNOWN_TRANSACTION);
      return;
    }
    const chosenTag = /;\s*tag=([^;\s]+)/i.exec(appHeader(frame3.headers, "to") ?? "")?.[1];
    if (chosenTag !== void 0 && waiting.dialog === void 0) waiting.localTag = chosenTag;
    const { server } = waiting;
    const response = responseTo(server.request, status2, { toTag: waiting.localTag, ...match[2] === void 0 ? {} : { reason: match[2] } });
    this.#addHeaders(waiting, response, frame3);
    const reliable = status2 < 200 && server.request.method === "INVITE" && response.headers.lists("Require", "100rel");
    if (reliable && !supportsReliable(server.request)) {
      app.answer(frame3.id, "NOK", "Remote endpoint does not support 100rel");
      return;
    }
    if (reliable) response.headers.add("RSeq", `${++waiting.rseq}`);
    if (server.request.method === "INVITE" || server.request.method === "SUBSCRIBE") this.#beforeInviteAnswer(waiting, response, reliable);
    if (!server.respond(response)) {
      app.answer(frame3.id, "NOK", UNKNOWN_TRANSACTION);
      return;
    }
    if (reliable) this.#repeatUntilPrack(waiting, response);
    echoResponse(app, frame3.id, response, server.source, { transactionId, dialogId: this.#dialogIdOf(waiting) });
    if (status2 >= 200) this.#answered(waiting, response);
  }
  /** The ACK for a 2xx. */
  #acknowledged(waiting, ack) {
    const { dialog } = waiting;
    if (dialog === void 0) return;
    if (ack.sdp !== void 0 && waiting.server.request.sdp === void 0) dialog.offered = void 0;
    if (waiting.app.open) tellFromNetwork(waiting.app, ack, waiting.server.source, { transactionId: waiting.id, dialogId: dialog.id });
  }
  /** An application has gone: what it had not answered is answered for it. */
  appGone(app) {
    for (const waiting of [...this.#unanswered.values()]) {
      if (waiting.app !== app) continue;
      this.#unanswered.delete(waiting.id);
      waiting.reliable?.stop();
      refuse2(waiting.server, waiting.dialog === void 0 ? 503 : waiting.server.request.method === "BYE" ? 200 : 481, waiting.localTag);
    }
  }
  /** Refuses what has not been answered (the switch is stopping). */
  refuseAll() {
    for (const waiting of this.#unanswered.values()) {
      waiting.reliable?.stop();
      refuse2(waiting.server, 503, waiting.localTag);
    }
    this.#unanswered.clear();
  }
  #outside(server) {
    const { request } = server;
    if (this.#dial) {
      this.#dial(request, {
        ready: (app2) => {
          this.#hand(server, app2);
        },
        failed: () => {
          refuse2(server, 480);
        }
      });
      return;
    }
    const app = this.#around.routes.choose(request.method);
    if (request.method === "INVITE") this.#around.records.post({ kind: "attempt", source: "network" }, request);
    if (app === void 0) {
      this.#around.log(`no application for ${request.method} from ${server.source.address}:${server.source.port}`);
      const response = refuse2(server, 503);
      if (request.method === "INVITE") this.#around.records.post({ kind: "stop", source: "application", reason: "call-rejected" }, response);
      return;
    }
    this.#hand(server, app);
  }
  #hand(server, app) {
    if (server.answered !== void 0) return;
    const waiting = this.#await(server, app, void 0);
    if (server.request.method === "INVITE") {
      server.events.cancelled = (cancel) => {
        this.#cancelled(waiting, cancel);
      };
    }
    tellFromNetwork(app, server.request, server.source, { transactionId: waiting.id, receivedOn: server.local });
  }
  #await(server, app, dialog) {
    const waiting = { id: randomUUID4(), server, app, dialog, localTag: dialog?.sip.localTag ?? server.localTag, reliable: void 0, rseq: 0, rang: false };
    this.#unanswered.set(waiting.id, waiting);
    dialog?.waiting.add(waiting.id);
    server.events = {
      ended: () => {
        if (server.answered === void 0 || server.request.method !== "INVITE") this.#forget(waiting);
      },
      failed: (detail) => {
        this.#around.log(`response to ${server.request.method} not sent: ${detail}`);
      },
      acknowledged: (ack) => {
        this.#acknowledged(waiting, ack);
      },
      unacknowledged: () => {
        if (waiting.dialog && (server.answered?.status ?? 0) < 300) this.#around.endDialog(waiting.dialog, "ACK timeout");
      }
    };
    return waiting;
  }
  #forget(waiting) {
    waiting.reliable?.stop();
    this.#unanswered.delete(waiting.id);
    waiting.dialog?.waiting.delete(waiting.id);
  }
  #cancelled(waiting, cancel) {
    this.#forget(waiting);
    if (waiting.dialog) this.#around.dialogs.remove(waiting.dialog);
    this.#around.records.post({ kind: "stop", source: "network", reason: "call-canceled" }, waiting.server.request);
    if (!waiting.app.open) return;
    const known = waiting.rang ? dialogId(waiting.server.request) : void 0;
    tellFromNetwork(waiting.app, cancel, waiting.server.source, { transactionId: waiting.id, dialogId: known });
  }
  #dialogIdOf(waiting) {
    if (waiting.dialog) return this.#around.dialogs.byId(waiting.dialog.id) === waiting.dialog ? waiting.dialog.id : "";
    return ["INVITE", "SUBSCRIBE"].includes(waiting.server.request.method) ? dialogId(waiting.server.request) : "";
  }
  #addHeaders(waiting, response, frame3) {
    const { request, source } = waiting.server;
    const makesDialog = request.method === "INVITE" || request.method === "SUBSCRIBE";
    const hasContact = appHeader(frame3.headers, "contact") !== void 0;
    if (makesDialog && !hasContact && (response.status >= 200 && response.status < 300 || response.status < 200)) {
      const wanted = response.status >= 200 || /100rel/i.test(appHeader(frame3.headers, "require") ?? "");
      if (wanted) response.headers.add("Contact", waiting.dialog?.contact ?? this.#around.contactFor(source));
    }
    copyAppHeaders(frame3.headers, response, this.#around.layer.transport.advertised(source));
    setAppBody(response, frame3.headers, frame3.body);
  }
  #beforeInviteAnswer(waiting, response, reliable) {
    const { server } = waiting;
    const { request } = server;
    const success = response.status >= 200 && response.status < 300;
    if (response.status < 200) waiting.rang = true;
    if ((success || reliable) && waiting.dialog === void 0) this.#makeDialog(waiting, response);
    const { dialog } = waiting;
    if (dialog === void 0) return;
    if (response.sdp !== void 0) dialog.localSdp = response.sdp;
    if (!success) return;
    if (dialog.sip.state === "early") dialog.sip.state = "confirmed";
    const contact = response.headers.get("Contact");
    if (contact !== void 0) dialog.contact = contact;
    if (request.method === "INVITE") this.#answerTimer(dialog, request, response);
  }
  #answerTimer(dialog, request, response) {
    const own = sessionExpiresOf(response);
    if (own) {
      this.#around.startSessionTimer(dialog, Math.max(MIN_SESSION_SECONDS, own.seconds), own.refresher === "uas" ? "us" : "them");
      return;
    }
    const answer = answerSessionTimer(request);
    if (answer.kind !== "timed") return;
    response.headers.add("Session-Expires", `${answer.seconds};refresher=${answer.refresher}`);
    if (answer.refresher === "uac") response.headers.add("Require", "timer");
    this.#around.startSessionTimer(dialog, answer.seconds, answer.refresher === "uas" ? "us" : "them");
  }
  #makeDialog(waiting, response) {
    const { server, app, localTag } = waiting;
    const { request } = server;
    const dialog = {
      id: dialogId(request),
      sip: Dialog.ofServer(request, localTag),
      app,
      role: "uas",
      method: request.method === "INVITE" ? "INVITE" : "SUBSCRIBE",
      contact: response.headers.get("Contact") ?? this.#around.contactFor(server.source),
      localSdp: response.sdp,
      route: routeAround(request, server.source),
      unacknowledged: void 0,
      offering: void 0,
      offered: void 0,
      endAfterAck: false,
      timer: void 0,
      waiting: /* @__PURE__ */ new Set()
    };
    waiting.dialog = dialog;
    this.#around.dialogs.add(dialog);
  }
  #answered(waiting, response) {
    this.#forget(waiting);
    const { server, dialog } = waiting;
    if (dialog?.offered === server) dialog.offered = void 0;
    const inside = server.request.toTag !== void 0;
    if (server.request.method !== "INVITE" || inside) return;
    if (response.status >= 300) {
      if (dialog) this.#around.dialogs.remove(dialog);
      this.#around.records.post({ kind: "stop", source: "application", reason: "call-rejected" }, response);
    } else this.#around.records.post({ kind: "start", source: "application", role: "uas" }, response);
  }
  #repeatUntilPrack(waiting, response) {
    waiting.reliable?.stop();
    waiting.reliable = new ReliableProvisional(waiting.rseq, this.#around.layer.timers.t1, {
      repeat: () => void waiting.server.respond(response),
      gaveUp: () => {
        this.#forget(waiting);
        if (waiting.dialog) this.#around.dialogs.remove(waiting.dialog);
        refuse2(waiting.server, 504, waiting.localTag);
      }
    });
  }
  #prack(server) {
    const dialog = this.#around.dialogs.ofRequest(server.request);
    const [rseq, sequence] = (server.request.headers.get("RAck") ?? "").trim().split(/\s+/);
    for (const waiting of this.#unanswered.values()) {
      if (waiting.dialog === void 0 || waiting.dialog !== dialog || waiting.reliable?.rseq !== Number(rseq)) continue;
      if (waiting.server.request.cseq.sequence !== Number(sequence)) continue;
      waiting.reliable.stop();
      waiting.reliable = void 0;
      dialog.sip.checkSequence(server.request);
      this.#handInside(server, dialog);
      return;
    }
    refuse2(server, 481);
  }
  #inside(server, dialog) {
    const { request } = server;
    if (dialog.sip.checkSequence(request) === "outOfOrder") {
      refuse2(server, 500, dialog.sip.localTag);
      return;
    }
    if (request.method === "INVITE" || request.method === "UPDATE") {
      const refusal = offerRefusal(server, dialog);
      if (refusal !== void 0) {
        server.respond(refusal);
        return;
      }
      dialog.sip.refreshTarget(request);
      if (dialog.route) dialog.route = routeAround(request, server.source);
      if (request.method === "INVITE") dialog.offered = server;
    }
    if (!dialog.app.open) {
      if (request.method === "BYE") this.#around.dialogs.remove(dialog);
      refuse2(server, 481, dialog.sip.localTag);
      return;
    }
    this.#handInside(server, dialog);
    const terminated = request.method === "NOTIFY" && dialog.method === "SUBSCRIBE" && /^\s*terminated/i.test(request.headers.get("Subscription-State") ?? "");
    if (request.method === "BYE" || terminated) {
      dialog.offering?.cancel();
      this.#around.dialogs.remove(dialog);
      this.#dropWaiting(dialog, server);
      if (request.method === "BYE") this.#around.records.post({ kind: "stop", source: "network", reason: "normal-release" }, request);
    }
  }
  #handInside(server, dialog) {
    const waiting = this.#await(server, dialog.app, dialog);
    tellFromNetwork(dialog.app, server.request, server.source, { transactionId: waiting.id, dialogId: dialog.id });
  }
  /** What else the other side had asked for is over with its BYE: 487 for a re-INVITE (RFC 3261 15.1.2). */
  #dropWaiting(dialog, but) {
    for (const id of [...dialog.waiting]) {
      const waiting = this.#unanswered.get(id);
      if (waiting === void 0 || waiting.server === but) continue;
      this.#forget(waiting);
      refuse2(waiting.server, waiting.server.request.method === "INVITE" ? 487 : 481, waiting.localTag);
    }
  }
};
function refuse2(server, status2, localTag = server.localTag) {
  const response = responseTo(server.request, status2, { toTag: localTag });
  server.respond(response);
  return response;
}
function offerRefusal(server, dialog) {
  const { request } = server;
  const answer = (status2) => responseTo(request, status2, { toTag: dialog.sip.localTag });
  if (request.method === "INVITE" && dialog.offering) return answer(491);
  if (request.method === "INVITE" && dialog.offered) {
    const response = answer(500);
    response.headers.add("Retry-After", `${1 + Math.floor(Math.random() * 10)}`);
    return response;
  }
  if (answerSessionTimer(request).kind === "tooSmall") {
    const response = answer(422);
    response.headers.add("Min-SE", `${MIN_SESSION_SECONDS}`);
    return response;
  }
  return void 0;
}
function supportsReliable(request) {
  return request.headers.lists("Supported", "100rel") || request.headers.lists("Require", "100rel");
}

// src/embedded/drachtio/session-timer.ts
var SessionTimer = class {
  seconds;
  refresher;
  #due;
  #timer;
  constructor(seconds, refresher, on) {
    this.seconds = seconds;
    this.refresher = refresher;
    this.#due = refresher === "us" ? on.refresh : on.expired;
    this.#timer = setTimeout(this.#due, sessionTimerDelay(seconds, refresher === "us"));
  }
  /** It could not be done now (another offer is under way): comes again after so many ms. */
  again(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#due, ms);
  }
  stop() {
    clearTimeout(this.#timer);
  }
};

// src/embedded/drachtio/drachtio-role.ts
var DRACHTIO_VERSION = "v0.9.10-ringround";
var OUTBOUND_MS = 4e3;
var REFRESH_AGAIN_MS = 3e3;
var DrachtioRole = class {
  secret;
  version = DRACHTIO_VERSION;
  layer;
  routes = new AppRoutes();
  dialogs = new AppDialogs();
  records = new CallRecords(this.routes);
  #settings;
  #transport;
  #faults;
  #server;
  #apps = /* @__PURE__ */ new Set();
  #incoming;
  #outgoing;
  #inside;
  #ready = /* @__PURE__ */ new Map();
  #logLine;
  /** @param transport bound already; the role closes it */
  constructor(settings3, transport, faults, log2) {
    this.#settings = settings3;
    this.secret = settings3.secret;
    this.#transport = transport;
    this.#faults = faults;
    this.#logLine = log2;
    this.layer = new TransactionLayer({ transport, tryingAfterMs: 0, ...settings3.t1Ms === void 0 ? {} : { timers: { t1: settings3.t1Ms } } });
    this.#incoming = new IncomingRequests(this, settings3.outbound ? this.#dialler(settings3.outbound) : void 0);
    this.#outgoing = new OutgoingRequests(this);
    this.#inside = new DialogRequests(this);
    this.layer.user = {
      request: (transaction) => {
        this.#incoming.take(transaction);
      }
    };
    this.#server = createServer2({ noDelay: true }, (socket) => {
      this.#apps.add(new AppConnection(socket, this, faults));
    });
  }
  /** @throws ListenFailure */
  start() {
    return listen(this.#server, { ...this.#settings.app, what: "drachtio application port" });
  }
  /** BYE to every dialog, CANCEL to what rings, 503 to what waits; then everything is closed, after `graceMs` at most. */
  async stop(graceMs) {
    this.#incoming.refuseAll();
    this.#outgoing.cancelAll();
    for (const dialog of [...this.dialogs]) this.endDialog(dialog, "server is stopping");
    this.layer.user = void 0;
    const until = Date.now() + graceMs;
    while (this.layer.counts.client > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
    this.#apps.forEach((app) => app.destroy());
    this.layer.close();
    await closeServer(this.#server);
    await this.#transport.close();
  }
  get appCount() {
    return this.#apps.size;
  }
  get transactions() {
    const { client, server, unacknowledged } = this.layer.counts;
    return client + server + unacknowledged;
  }
  /** Cuts every application's connection (fault). */
  cutApps() {
    this.#apps.forEach((app) => app.destroy());
  }
  get hostports() {
    return [...this.#transport.listeners].sort((a, b) => a.protocol.localeCompare(b.protocol)).map(({ protocol, address: address2, port: port2 }) => {
      const { host } = this.#transport.advertised({ protocol, address: address2, port: port2 });
      return `${protocol}/${hostForUri(host)}:${port2}`;
    }).join(",");
  }
  get localHostports() {
    return [...this.#transport.listeners].sort((a, b) => a.protocol.localeCompare(b.protocol)).map(({ protocol, address: address2, port: port2 }) => `${protocol}/${hostForUri(address2)}:${port2}`).join(",");
  }
  route(app, verb) {
    return this.routes.add(app, verb);
  }
  removeRoute(app, verb) {
    return this.routes.remove(app, verb);
  }
  authenticated(app) {
    const ready = this.#ready.get(app);
    this.#ready.delete(app);
    ready?.();
  }
  sip(app, frame3) {
    const [, transactionId = "", id = "", routeUrl = ""] = frame3.fields;
    if (frame3.startLine.startsWith("SIP/")) {
      if (transactionId === "") app.answer(frame3.id, "NO", "transaction id missing");
      else this.#incoming.respond(app, frame3, transactionId);
    } else if (id !== "") this.#inside.send(app, frame3, id);
    else if (transactionId !== "") {
      if (frame3.startLine.startsWith("CANCEL ")) this.#outgoing.cancel(app, frame3, transactionId);
      else app.answer(frame3.id, "NOK", `unable to send ${frame3.startLine.split(" ", 1)[0] ?? ""} within transaction id: ${transactionId}`);
    } else {
      const callId = frame3.headers.find(([name]) => name.toLowerCase() === "call-id")?.[1];
      const dialog = callId === void 0 ? void 0 : this.dialogs.byCallId(callId);
      if (dialog) this.#inside.send(app, frame3, dialog.id);
      else this.#outgoing.send(app, frame3, routeUrl);
    }
  }
  closed(app) {
    this.#apps.delete(app);
    this.#ready.delete(app);
    this.routes.removeAll(app);
    this.#incoming.appGone(app);
    this.#outgoing.appGone(app);
  }
  log(line) {
    this.#logLine(line);
  }
  contactFor(peer) {
    const { host, port: port2 } = this.#transport.advertised(peer);
    return `<sip:${hostForUri(host)}:${port2}${peer.protocol === "udp" ? "" : ";transport=tcp"}>`;
  }
  isOwn(endpoint) {
    return this.#transport.listeners.some(({ protocol, address: address2, port: port2 }) => {
      if (protocol !== endpoint.protocol || port2 !== endpoint.port) return false;
      return address2 === endpoint.address || this.#transport.advertised(endpoint).host === endpoint.address;
    });
  }
  endDialog(dialog, reason) {
    this.dialogs.remove(dialog);
    dialog.offering?.cancel();
    this.#inside.resolve(dialog, (destination) => {
      if (destination === void 0) return;
      const bye = dialog.sip.request("BYE");
      bye.headers.add("Reason", `SIP ;cause=200 ;text="${reason}"`);
      const { host, port: port2 } = this.#transport.advertised(destination);
      const sent = this.layer.send(bye, destination, { final: () => void 0, failed: () => void 0 });
      this.records.post({ kind: "stop", source: "application", reason: reason === "Session timer expired" ? "session-expired" : "system-initiated-termination" }, bye);
      if (dialog.app.open) tellUnsolicited(dialog.app, sent.request, { protocol: destination.protocol, address: host, port: port2 }, dialog.id);
    });
  }
  startSessionTimer(dialog, seconds, refresher) {
    dialog.timer?.stop();
    dialog.timer = new SessionTimer(seconds, refresher, {
      refresh: () => {
        this.#refresh(dialog, seconds);
      },
      expired: () => {
        this.endDialog(dialog, "Session timer expired");
      }
    });
  }
  /** Refreshes a session by a re-INVITE with the description that stands. The application does not hear of it. */
  #refresh(dialog, seconds) {
    if (dialog.offering) {
      dialog.timer?.again(REFRESH_AGAIN_MS);
      return;
    }
    this.#inside.resolve(dialog, (destination) => {
      if (destination === void 0) {
        this.endDialog(dialog, "Session timer expired");
        return;
      }
      const request = dialog.sip.request("INVITE");
      request.headers.add("Contact", dialog.contact).add("Session-Expires", `${seconds};refresher=uac`).add("Min-SE", "90").add("Supported", "timer");
      if (dialog.localSdp !== void 0) request.setBody("application/sdp", dialog.localSdp);
      const client = this.layer.send(request, destination, {
        final: (response) => {
          dialog.offering = void 0;
          if (response.status < 300) {
            dialog.sip.refreshTarget(response);
            client.acknowledge(dialog.sip.ack(request.cseq.sequence), destination);
            this.startSessionTimer(dialog, seconds, "us");
          } else if (response.status === 491) dialog.timer?.again(REFRESH_AGAIN_MS);
          else this.endDialog(dialog, "Session timer expired");
        },
        failed: () => {
          dialog.offering = void 0;
          this.endDialog(dialog, "Session timer expired");
        }
      });
      dialog.offering = client;
    });
  }
  #dialler(target) {
    return (_request, on) => {
      const socket = connect({ host: target.address, port: target.port, noDelay: true });
      let settled = false;
      const timer = setTimeout(() => {
        fail2();
      }, OUTBOUND_MS);
      const fail2 = () => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        socket.destroy();
        on.failed();
      };
      socket.once("error", fail2);
      socket.once("close", fail2);
      socket.once("connect", () => {
        const app = new AppConnection(socket, this, this.#faults);
        this.#apps.add(app);
        this.#ready.set(app, () => {
          if (settled) return;
          settled = true;
          clearTimeout(timer);
          on.ready(app);
        });
      });
    };
  }
};

// src/embedded/faulty-transport.ts
var FaultyTransport = class {
  #inner;
  #faults;
  #stream;
  constructor(inner, faults, stream) {
    this.#inner = inner;
    this.#faults = faults;
    this.#stream = stream;
  }
  get listeners() {
    return this.#inner.listeners;
  }
  get user() {
    return this.#inner.user;
  }
  set user(user) {
    this.#inner.user = user;
  }
  send(bytes, to, failed) {
    if (!this.#faults.watching) {
      this.#inner.send(bytes, to, failed);
      return;
    }
    this.#faults.pass(this.#stream, bytes.toString("utf8"), () => {
      this.#inner.send(bytes, to, failed);
    });
  }
  advertised(to) {
    return this.#inner.advertised(to);
  }
  close() {
    return this.#inner.close();
  }
};

// src/embedded/faults.ts
var SEND = { kind: "send" };
var Faults = class {
  #armed = [];
  neverBye = false;
  refuseChannels = false;
  packetLoss = 0;
  /** True when some message fault is armed: only then is a message worth rendering for the question. */
  get watching() {
    return this.#armed.length > 0;
  }
  /** Puts a fault in force. `disconnect` is not kept: the owner of the connections carries it out. */
  arm(fault) {
    switch (fault.kind) {
      case "drop":
      case "delay":
        this.#armed.push({ fault, seen: 0, used: 0 });
        return;
      case "neverBye":
        this.neverBye = true;
        return;
      case "losePackets":
        this.packetLoss = Math.min(1, Math.max(0, fault.share));
        return;
      case "refuseChannels":
        this.refuseChannels = true;
        return;
      case "none":
        this.#armed.length = 0;
        this.neverBye = false;
        this.refuseChannels = false;
        this.packetLoss = 0;
        return;
      case "disconnect":
        return;
    }
  }
  /** @param text the message as it would be sent, for `matching` */
  judge(stream, text2) {
    if (this.#armed.length === 0) return SEND;
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.stream !== stream) continue;
      if (fault.matching !== void 0 && !text2.includes(fault.matching)) continue;
      armed.seen++;
      if (armed.seen < fault.nth || armed.used >= (fault.times ?? 1)) continue;
      armed.used++;
      return fault.kind === "drop" ? { kind: "drop" } : { kind: "delay", ms: fault.ms };
    }
    return SEND;
  }
  /** Sends through `write`, unless a fault says otherwise. */
  pass(stream, text2, write2) {
    if (this.#armed.length === 0) {
      write2();
      return;
    }
    const verdict = this.judge(stream, text2);
    if (verdict.kind === "send") write2();
    else if (verdict.kind === "delay") setTimeout(write2, verdict.ms).unref();
  }
};

// src/embedded/freeswitch/freeswitch-role.ts
import { randomUUID as randomUUID9 } from "node:crypto";

// src/sip/sdp.ts
var STATIC_FORMATS = {
  0: ["PCMU", 8e3],
  3: ["GSM", 8e3],
  4: ["G723", 8e3],
  8: ["PCMA", 8e3],
  9: ["G722", 8e3],
  13: ["CN", 8e3],
  15: ["G728", 8e3],
  18: ["G729", 8e3]
};
var DIRECTIONS = /* @__PURE__ */ new Set(["sendrecv", "sendonly", "recvonly", "inactive"]);
function parseSdp(text2) {
  const lines = text2.split(/\r\n|\n|\r/);
  let origin;
  let sessionName = "-";
  let connection;
  let timing = "0 0";
  const sessionLines = [];
  const media = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const fail2 = (what) => ({ ok: false, what, line: index + 1 });
    if (line.charAt(1) !== "=") return fail2("every line must be <letter>=<value>");
    const value = line.slice(2).trim();
    const current = media.at(-1);
    switch (line.charAt(0)) {
      case "v":
        if (value !== "0") return fail2("the version must be 0");
        break;
      case "o":
        origin = value.split(/\s+/);
        if (origin.length !== 6) return fail2("o= must have six fields");
        break;
      case "s":
        sessionName = value;
        break;
      case "t":
        timing = value;
        break;
      case "c":
        if (addressOf(value) === void 0) return fail2("c= must be IN IP4|IP6 <address>");
        if (current === void 0) connection = value;
        else current.connection ??= value;
        break;
      case "m": {
        const head = value.split(/\s+/);
        if (head.length < 4) return fail2("m= must have kind, port, profile and formats");
        if (!/^\d+(\/\d+)?$/.test(head[1] ?? "") || Number.parseInt(head[1] ?? "", 10) > 65535) return fail2("the port of m= is malformed");
        media.push({ line: index + 1, head, connection: void 0, lines: [] });
        break;
      }
      default:
        ;
        (current?.lines ?? sessionLines).push(line.trim());
    }
  }
  if (origin === void 0) return { ok: false, what: "there is no o= line", line: 1 };
  const sessionDirection = directionOf(sessionLines) ?? "sendrecv";
  const session = addressOf(connection ?? "") ?? "";
  return {
    ok: true,
    sdp: {
      username: origin[0] ?? "-",
      sessionId: origin[1] ?? "0",
      version: origin[2] ?? "0",
      originAddress: origin[5] ?? "",
      sessionName,
      address: session,
      timing,
      lines: sessionLines,
      media: media.map((section) => readMedia(section, session, sessionDirection))
    }
  };
}
function addressOf(connection) {
  const match = /^IN\s+IP[46]\s+([^\s/]+)/i.exec(connection);
  return match?.[1];
}
function directionOf(lines) {
  for (const line of lines) {
    const name = line.slice(2);
    if (line.startsWith("a=") && DIRECTIONS.has(name)) return name;
  }
  return void 0;
}
function attribute(lines, name) {
  const prefix = `a=${name}:`;
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length).trim();
}
function readMedia(section, sessionAddress, sessionDirection) {
  const [kind = "", port2 = "0", profile = "", ...formatList] = section.head;
  const { lines } = section;
  const address2 = addressOf(section.connection ?? "") ?? sessionAddress;
  const direction = directionOf(lines) ?? sessionDirection;
  const portNumber = Number.parseInt(port2, 10);
  const ptime = Number(attribute(lines, "ptime"));
  const rtcp = Number.parseInt(attribute(lines, "rtcp") ?? "", 10);
  return {
    kind: kind.toLowerCase(),
    port: portNumber,
    profile,
    formatList,
    formats: /^(?:RTP|UDP\/TLS\/RTP)\//i.test(profile) ? readFormats(formatList, lines) : [],
    address: address2,
    direction: address2 === "0.0.0.0" && direction === "sendrecv" ? "sendonly" : address2 === "0.0.0.0" && direction === "recvonly" ? "inactive" : direction,
    ptimeMs: Number.isFinite(ptime) && ptime > 0 ? ptime : void 0,
    rtcpPort: Number.isInteger(rtcp) && rtcp > 0 && rtcp < 65536 ? rtcp : portNumber + 1,
    rtcpMux: lines.includes("a=rtcp-mux"),
    connection: section.connection,
    lines
  };
}
function readFormats(formatList, lines) {
  const maps = /* @__PURE__ */ new Map();
  const parameters = /* @__PURE__ */ new Map();
  for (const line of lines) {
    const map = /^a=rtpmap:(\d+)\s+([^/\s]+)\/(\d+)(?:\/(\d+))?/i.exec(line);
    if (map !== null) maps.set(Number(map[1]), [(map[2] ?? "").toUpperCase(), Number(map[3]), Number(map[4] ?? 1)]);
    const fmtp = /^a=fmtp:(\d+)\s+(.*)$/i.exec(line);
    if (fmtp !== null) parameters.set(Number(fmtp[1]), fmtp[2] ?? "");
  }
  return formatList.flatMap((text2) => {
    if (!/^\d{1,3}$/.test(text2) || Number(text2) > 127) return [];
    const payloadType = Number(text2);
    const fallback = STATIC_FORMATS[payloadType];
    const [encoding, clockRate, channels] = maps.get(payloadType) ?? [fallback?.[0] ?? "", fallback?.[1] ?? 0, 1];
    return [{ payloadType, encoding, clockRate, channels, parameters: parameters.get(payloadType) ?? "" }];
  });
}
function connectionText(address2) {
  return `IN ${address2.includes(":") ? "IP6" : "IP4"} ${address2}`;
}

// src/sip/offer-answer.ts
var PAYLOAD_TYPE = { PCMU: 0, PCMA: 8 };
var OUR_TELEPHONE_EVENT = 101;
var DEFAULT_CODECS = ["PCMA", "PCMU"];
var PLAIN_PROFILES = /* @__PURE__ */ new Set(["RTP/AVP", "RTP/AVPF"]);
function audioOffer(end) {
  const codecs = end.codecs ?? DEFAULT_CODECS;
  const formats = codecs.map((codec) => [PAYLOAD_TYPE[codec], codec]);
  return ourSdp(end, [audioSection(end, formats, end.telephoneEvent === false ? void 0 : OUR_TELEPHONE_EVENT, end.direction ?? "sendrecv", "RTP/AVP")]);
}
function answerAudio(offer, end) {
  const parsed = parseSdp(offer);
  if (!parsed.ok) return { ok: false, status: 400, why: `line ${parsed.line}: ${parsed.what}` };
  const { media } = parsed.sdp;
  let agreement;
  const sections = [];
  for (const stream of media) {
    const common = agreement === void 0 ? agree(stream, end, end.codecs ?? DEFAULT_CODECS) : void 0;
    if (common === void 0) {
      sections.push([`m=${stream.kind} 0 ${stream.profile} ${stream.formatList.join(" ")}`]);
      continue;
    }
    agreement = common;
    sections.push(audioSection(end, [[common.payloadType, common.codec]], common.telephoneEvent, common.direction, stream.profile, stream.rtcpMux));
  }
  if (agreement === void 0) return { ok: false, status: 488, why: media.length === 0 ? "the offer has no media" : "no audio stream with a codec of ours" };
  return { ok: true, answer: ourSdp(end, sections), agreement };
}
function readAudioAnswer(answer, end) {
  const parsed = parseSdp(answer);
  if (!parsed.ok) return { ok: false, why: `line ${parsed.line}: ${parsed.what}` };
  const stream = parsed.sdp.media[0];
  if (stream === void 0) return { ok: false, why: "the answer has no media" };
  if (stream.port === 0) return { ok: false, why: "the answer refuses the audio stream" };
  const codecs = stream.formats.flatMap((format) => codecOf(format) ?? []).filter((codec) => (end.codecs ?? DEFAULT_CODECS).includes(codec));
  const agreement = agree(stream, end, codecs);
  return agreement === void 0 ? { ok: false, why: "the answer has no codec of ours" } : { ok: true, agreement };
}
function answerDirection(offered, wanted = "sendrecv") {
  const send = (offered === "sendrecv" || offered === "recvonly") && (wanted === "sendrecv" || wanted === "sendonly");
  const receive = (offered === "sendrecv" || offered === "sendonly") && (wanted === "sendrecv" || wanted === "recvonly");
  return send ? receive ? "sendrecv" : "sendonly" : receive ? "recvonly" : "inactive";
}
function codecOf(format) {
  if (format.clockRate !== 8e3 || format.channels > 1) return void 0;
  return format.encoding === "PCMU" || format.encoding === "PCMA" ? format.encoding : void 0;
}
function agree(stream, end, codecs) {
  if (stream.kind !== "audio" || stream.port === 0 || !PLAIN_PROFILES.has(stream.profile.toUpperCase()) || stream.address === "") return void 0;
  for (const codec of codecs) {
    const format = stream.formats.find((candidate) => codecOf(candidate) === codec);
    if (format === void 0) continue;
    const event = end.telephoneEvent === false ? void 0 : stream.formats.find((candidate) => candidate.encoding === "TELEPHONE-EVENT" && candidate.clockRate === 8e3);
    return {
      codec,
      payloadType: format.payloadType,
      telephoneEvent: event?.payloadType,
      remoteAddress: stream.address,
      remotePort: stream.port,
      remoteRtcpPort: stream.rtcpMux ? stream.port : stream.rtcpPort,
      rtcpMux: stream.rtcpMux,
      direction: answerDirection(stream.direction, end.direction),
      ptimeMs: stream.ptimeMs ?? 20
    };
  }
  return void 0;
}
function audioSection(end, formats, telephoneEvent, direction, profile, rtcpMux = false) {
  const numbers = [...formats.map(([payloadType]) => payloadType), ...telephoneEvent === void 0 ? [] : [telephoneEvent]];
  return [
    `m=audio ${end.port} ${profile} ${numbers.join(" ")}`,
    ...formats.map(([payloadType, codec]) => `a=rtpmap:${payloadType} ${codec}/8000`),
    ...telephoneEvent === void 0 ? [] : [`a=rtpmap:${telephoneEvent} telephone-event/8000`, `a=fmtp:${telephoneEvent} 0-16`],
    ...end.rtcpPort === void 0 || rtcpMux ? [] : [`a=rtcp:${end.rtcpPort}`],
    ...rtcpMux ? ["a=rtcp-mux"] : [],
    `a=ptime:${end.ptimeMs ?? 20}`,
    `a=${direction}`
  ];
}
function ourSdp(end, sections) {
  const id = end.sessionId ?? "1";
  const lines = [
    "v=0",
    `o=${end.username ?? "-"} ${id} ${end.version ?? 1} ${connectionText(end.address)}`,
    `s=${end.sessionName ?? "-"}`,
    `c=${connectionText(end.address)}`,
    "t=0 0",
    ...sections.flat()
  ];
  return `${lines.join("\r\n")}\r
`;
}

// src/sip/digest.ts
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
function parseDigest(header3) {
  const match = /^\s*Digest\s+/i.exec(header3);
  if (match === null) return void 0;
  const fields = /* @__PURE__ */ new Map();
  let at = match[0].length;
  while (at < header3.length) {
    const equals = header3.indexOf("=", at);
    if (equals < 0) return header3.slice(at).trim() === "" ? fields : void 0;
    const name = header3.slice(at, equals).trim().toLowerCase();
    let start = equals + 1;
    while (header3.charCodeAt(start) === 32) start++;
    let end;
    if (header3.charCodeAt(start) === 34) {
      end = endOfQuoted(header3, start);
      if (end < 0) return void 0;
    } else {
      end = header3.indexOf(",", start);
      if (end < 0) end = header3.length;
    }
    fields.set(name, unquote(header3.slice(start, end).trim()));
    const comma = header3.indexOf(",", end);
    at = comma < 0 ? header3.length : comma + 1;
  }
  return fields;
}
function parseChallenge(header3) {
  const fields = parseDigest(header3);
  const realm = fields?.get("realm");
  const nonce = fields?.get("nonce");
  if (fields === void 0 || realm === void 0 || nonce === void 0) return void 0;
  const algorithm = algorithmOf(fields.get("algorithm"));
  if (algorithm === void 0) return void 0;
  const qop = fields.get("qop")?.split(",").map((item) => item.trim().toLowerCase());
  if (qop !== void 0 && !qop.includes("auth")) return void 0;
  return { realm, nonce, opaque: fields.get("opaque"), algorithm, qopAuth: qop !== void 0, stale: fields.get("stale")?.toLowerCase() === "true" };
}
function chooseChallenge(headers) {
  for (const header3 of headers) {
    const challenge = parseChallenge(header3);
    if (challenge !== void 0) return challenge;
  }
  return void 0;
}
function algorithmOf(text2) {
  switch ((text2 ?? "MD5").toUpperCase()) {
    case "MD5":
      return "MD5";
    case "SHA-256":
      return "SHA-256";
    default:
      return void 0;
  }
}
function hash(algorithm, text2) {
  return createHash(algorithm === "MD5" ? "md5" : "sha256").update(text2).digest("hex");
}
function digestSecret(algorithm, username, realm, password) {
  return hash(algorithm, `${username}:${realm}:${password}`);
}
function digestResponse(input) {
  const { algorithm, secret } = input;
  const request = hash(algorithm, `${input.method}:${input.uri}`);
  const middle = input.qop === void 0 ? input.nonce : `${input.nonce}:${input.qop.count}:${input.qop.clientNonce}:auth`;
  return hash(algorithm, `${secret}:${middle}:${request}`);
}
function authorization(challenge, credentials, request, count, clientNonce) {
  const qop = challenge.qopAuth ? { count: count.toString(16).padStart(8, "0"), clientNonce } : void 0;
  const { algorithm, realm, nonce } = challenge;
  const input = { algorithm, nonce, secret: digestSecret(algorithm, credentials.username, realm, credentials.password), ...request };
  const response = digestResponse(qop === void 0 ? input : { ...input, qop });
  return [
    `Digest username=${quote(credentials.username)}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${response}"`,
    `algorithm=${challenge.algorithm}`,
    ...qop === void 0 ? [] : ["qop=auth", `nc=${qop.count}`, `cnonce=${quote(clientNonce)}`],
    ...challenge.opaque === void 0 ? [] : [`opaque=${quote(challenge.opaque)}`]
  ].join(", ");
}

// src/sip/authenticator.ts
var Authenticator = class {
  #credentials;
  #newClientNonce;
  #known = /* @__PURE__ */ new Map();
  constructor(credentials, newClientNonce) {
    this.#credentials = credentials;
    this.#newClientNonce = newClientNonce;
  }
  /**
   * Takes in a 401 or 407.
   * @returns whether trying again makes sense: there is a challenge that we can answer, and we had not answered it, or only with an
   * outdated nonce
   */
  challenged(response) {
    if (response.status !== 401 && response.status !== 407) return false;
    const proxy = response.status === 407;
    const header3 = proxy ? "Proxy-Authorization" : "Authorization";
    const challenge = chooseChallenge(response.headers.lines(proxy ? "Proxy-Authenticate" : "WWW-Authenticate"));
    if (challenge === void 0) return false;
    const known = this.#known.get(header3);
    if (known !== void 0 && !challenge.stale && known.count <= 1) return false;
    this.#known.set(header3, { challenge, count: 0 });
    return true;
  }
  /** Puts credentials on a request for all challenges known so far. */
  sign(request) {
    for (const [header3, known] of this.#known) {
      known.count++;
      request.headers.set(header3, authorization(known.challenge, this.#credentials, request, known.count, this.#newClientNonce()));
    }
  }
};

// src/sip/agent-core.ts
var ALLOWED_METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";
var SUPPORTED_EXTENSIONS = "100rel, timer";
var AgentCore = class {
  constructor(layer, identity) {
    this.layer = layer;
    this.identity = identity;
  }
  layer;
  identity;
  /** By `Dialog.key`. */
  dialogs = /* @__PURE__ */ new Map();
  get clock() {
    return this.layer.clock;
  }
  authenticator(credentials) {
    return credentials === void 0 ? void 0 : new Authenticator(credentials, () => this.layer.newTag());
  }
  /** Our Contact as `to` can reach it. */
  contact(to) {
    const { host, port: port2 } = this.layer.transport.advertised(to);
    return printNameAddr({ displayName: "", params: /* @__PURE__ */ new Map(), uri: printUri(sipUri(this.identity.user, hostForUri(host), port2, to.protocol === "tcp" ? /* @__PURE__ */ new Map([["transport", "tcp"]]) : /* @__PURE__ */ new Map())) });
  }
  /** From of requests that we start a dialog with; still without a tag. */
  from(to) {
    const { host, port: port2 } = this.layer.transport.advertised(to);
    const uri = this.identity.addressOfRecord ?? printUri(sipUri(this.identity.user, hostForUri(host), port2));
    return { displayName: this.identity.displayName, uri, params: /* @__PURE__ */ new Map() };
  }
  /** User-Agent (or Server) and whatever the application adds; its own header of the same name wins. */
  decorate(message, extra = []) {
    const { userAgentHeader } = this.identity;
    if (userAgentHeader !== void 0) message.headers.set(message.kind === "request" ? "User-Agent" : "Server", userAgentHeader);
    const replaced = /* @__PURE__ */ new Set();
    for (const [name, value] of extra) {
      const key2 = name.toLowerCase();
      if (message.headers.has(name) && !replaced.has(key2)) message.headers.set(name, value);
      else message.headers.add(name, value);
      replaced.add(key2);
    }
  }
  /** Where a request outside any dialog goes. Calls back at once for IP literals. */
  locate(uri, done) {
    resolveUri(this.identity.outboundProxy ?? uri, done);
  }
  /** Where a request inside the dialog goes. @param source where the other side's packets come from */
  locateInDialog(dialog, source, done) {
    const direct = this.identity.natAware ? dialog.behindNat(source) : void 0;
    if (direct !== void 0) {
      done(direct);
      return;
    }
    const { nextHop } = dialog;
    resolveUri(nextHop, (place) => {
      const unnamed = parseUri(nextHop)?.params.has("transport") !== true;
      if (!isUnresolved(place) && source?.protocol === "tcp" && unnamed) done({ ...place, protocol: "tcp" });
      else done(place);
    });
  }
  /**
   * Sends a non-INVITE request and answers digest challenges.
   * @param again makes the same request with the next CSeq
   */
  transact(request, place, authenticator, again, done) {
    if (isUnresolved(place)) {
      done({ kind: "failed", why: place.why, detail: place.detail });
      return;
    }
    const retry = again;
    this.layer.send(request, place, {
      final: (response) => {
        if (authenticator?.challenged(response) !== true) {
          done({ kind: "answered", response });
          return;
        }
        const next = retry(request);
        authenticator.sign(next);
        this.transact(next, place, authenticator, retry, done);
      },
      failed: (why, detail) => done({ kind: "failed", why, detail })
    });
  }
};

// src/sip/reliable-provisionals.ts
var ReliableProvisionals = class {
  /**
   * @param first the RSeq to begin with (1 to 2^31-1, RFC 3262 3)
   * @param send puts a response on the wire
   * @param gaveUp no PRACK came: the INVITE must be refused with 5xx
   */
  constructor(clock, timers, first, send, gaveUp) {
    this.clock = clock;
    this.timers = timers;
    this.send = send;
    this.gaveUp = gaveUp;
    this.#next = first;
  }
  clock;
  timers;
  send;
  gaveUp;
  #queue = [];
  #next;
  #waiting;
  #stop = () => void 0;
  #whenEmpty = [];
  push(response) {
    this.#queue.push(response);
    if (this.#waiting === void 0) this.#sendNext();
  }
  #sendNext() {
    const response = this.#queue.shift();
    if (response === void 0) {
      const waiting = this.#whenEmpty;
      this.#whenEmpty = [];
      for (const action of waiting) action();
      return;
    }
    const rseq = this.#next++;
    response.headers.add("Require", "100rel");
    response.headers.add("RSeq", String(rseq));
    this.#waiting = { rseq, response };
    this.send(response);
    const stopDeadline = this.clock.after(64 * this.timers.t1, () => {
      this.stop();
      this.gaveUp();
    });
    this.#repeat(response, this.timers.t1, stopDeadline);
  }
  #repeat(response, intervalMs, stopDeadline) {
    const stopRepeat = this.clock.after(intervalMs, () => {
      this.send(response);
      this.#repeat(response, intervalMs * 2, stopDeadline);
    });
    this.#stop = () => {
      stopRepeat();
      stopDeadline();
    };
  }
  /** Whether the RAck of that PRACK names the response that waits; else the PRACK gets 481. */
  isWaitingFor(prack, invite) {
    const [rseq, sequence, method] = (prack.headers.get("RAck") ?? "").trim().split(/\s+/);
    return this.#waiting !== void 0 && rseq === String(this.#waiting.rseq) && sequence === String(invite.cseq.sequence) && method === "INVITE";
  }
  /** The PRACK for the response that waits came: on to the next. */
  acknowledged() {
    this.#stop();
    this.#waiting = void 0;
    this.#sendNext();
  }
  /** Calls back when nothing waits for its PRACK any more: a 2xx must not overtake a provisional with SDP (RFC 3262 3). */
  afterAll(action) {
    if (this.#waiting === void 0) action();
    else this.#whenEmpty.push(action);
  }
  stop() {
    this.#stop();
    this.#waiting = void 0;
    this.#queue.length = 0;
    this.#whenEmpty = [];
  }
};

// src/sip/session-offers.ts
var MAX_GLARE_RETRIES = 5;
var SessionOffers = class {
  localSdp;
  remoteSdp;
  #core;
  #session;
  #authenticator;
  #refresh;
  /** Our own re-INVITE or UPDATE with an offer is out. */
  #offering = false;
  /** Cancels the wait before a re-INVITE that met glare. */
  #stopRetry;
  /** Their INVITE or UPDATE that we have not answered yet. */
  #answering;
  /** The INVITE whose 2xx waits for its ACK. */
  #awaitingAck;
  /** That 2xx held our offer: the answer comes with the ACK. */
  #awaitingAnswer;
  #onAcknowledged = [];
  constructor(core, session, parts2) {
    this.#core = core;
    this.#session = session;
    this.#authenticator = parts2.authenticator;
    this.#refresh = parts2.refresh;
    this.localSdp = parts2.localSdp;
    this.remoteSdp = parts2.remoteSdp;
    this.#awaitingAck = parts2.awaitingAck;
    this.#awaitingAnswer = parts2.awaitingAck !== void 0 && parts2.remoteSdp === void 0;
  }
  /** The ACK of a 2xx came, or will never come. */
  acknowledged() {
    this.#awaitingAck = void 0;
    this.#awaitingAnswer = false;
    const waiting = this.#onAcknowledged;
    this.#onAcknowledged = [];
    for (const action of waiting) action();
  }
  /** Calls back when no 2xx of ours waits for its ACK any more: at once, or when the ACK comes or is given up. */
  afterAck(action) {
    if (this.#awaitingAck === void 0) action();
    else this.#onAcknowledged.push(action);
  }
  /** Something came that only one who has our 2xx can send. */
  stopRepeating() {
    this.#awaitingAck?.stopRepeating();
  }
  /** The session is over: what they asked gets 487, what we wanted fails. */
  end() {
    this.#stopRetry?.();
    if (this.#answering !== void 0) this.#session.respond(this.#answering, 487);
    this.#answering = void 0;
  }
  /** Their INVITE or UPDATE. */
  receive(transaction) {
    const { request } = transaction;
    const isInvite = request.method === "INVITE";
    const hasOffer = request.sdp !== void 0;
    if ((this.#offering || this.#awaitingAnswer) && (isInvite || hasOffer)) {
      this.#session.respond(transaction, 491);
      return;
    }
    if (this.#answering !== void 0 && (isInvite || hasOffer)) {
      this.#session.respond(transaction, 500, (response) => response.headers.add("Retry-After", "2"));
      return;
    }
    if (answerSessionTimer(request).kind === "tooSmall") {
      this.#session.respond(transaction, 422, (response) => response.headers.add("Min-SE", String(MIN_SESSION_SECONDS)));
      return;
    }
    this.#session.dialog.refreshTarget(request);
    if (!isInvite && !hasOffer) {
      this.#accept(transaction, void 0);
      return;
    }
    this.#answering = transaction;
    transaction.events.cancelled = () => {
      if (this.#answering === transaction) this.#answering = void 0;
    };
    const decide = (decision2) => {
      if (this.#answering !== transaction) return;
      this.#answering = void 0;
      if ("reject" in decision2) this.#session.respond(transaction, decision2.reject);
      else this.#accept(transaction, decision2.answer);
    };
    const decision = this.#session.handlers.offer?.(request.sdp) ?? this.#defaultDecision(request.sdp);
    if (decision instanceof Promise) decision.then(decide, () => decide({ reject: 500 }));
    else decide(decision);
  }
  #defaultDecision(offer) {
    return offer === void 0 && this.localSdp !== void 0 ? { answer: this.localSdp } : { reject: 488 };
  }
  /** 200 to a re-INVITE or UPDATE. */
  #accept(transaction, sdp) {
    const { request } = transaction;
    const isInvite = request.method === "INVITE";
    if (sdp !== void 0) this.localSdp = sdp;
    if (request.sdp !== void 0) this.remoteSdp = request.sdp;
    const timer = answerSessionTimer(request);
    if (isInvite) {
      this.#awaitingAck?.stopRepeating();
      this.#awaitingAck = transaction;
      this.#awaitingAnswer = request.sdp === void 0;
      transaction.events.acknowledged = (ack) => {
        if (request.sdp === void 0 && ack.sdp !== void 0) {
          this.remoteSdp = ack.sdp;
          this.#session.handlers.answered?.(ack.sdp);
        }
        if (this.#awaitingAck === transaction) this.acknowledged();
      };
      transaction.events.unacknowledged = () => {
        if (this.#awaitingAck !== transaction) return;
        this.acknowledged();
        this.#session.lose("no ACK for our answer");
      };
    }
    this.#session.respond(transaction, 200, (response) => {
      response.headers.add("Contact", this.#core.contact(transaction.source));
      response.headers.add("Allow", ALLOWED_METHODS);
      response.headers.add("Supported", SUPPORTED_EXTENSIONS);
      addSessionTimer(response, timer);
      if (sdp !== void 0) response.setBody("application/sdp", sdp);
    });
    if (timer.kind === "timed") this.#session.timed(timer.seconds, timer.refresher === "uas");
  }
  /** re-INVITE with a new offer. Never rejects. Only one change at a time: a second one fails. */
  reinvite(sdp, signal) {
    if (this.#offering || this.#stopRetry !== void 0) return Promise.resolve({ kind: "failed", why: "another change is under way" });
    return new Promise((resolve) => {
      this.#tryInvite(sdp, signal, 0, resolve);
    });
  }
  #tryInvite(sdp, signal, attempt, done) {
    if (this.#session.isOver || signal?.aborted === true) {
      done({ kind: "failed", why: this.#session.isOver ? "the session is over" : "cancelled" });
      return;
    }
    if (this.#offering || this.#answering !== void 0 || this.#awaitingAck !== void 0) {
      this.#waitForRetry(sdp, signal, attempt, done);
      return;
    }
    this.#sendInvite(this.#offerRequest("INVITE", sdp), sdp, signal, attempt, done);
  }
  #offerRequest(method, sdp) {
    const request = this.#session.dialog.request(method);
    request.headers.add("Contact", this.#core.contact(this.#session.source));
    request.headers.add("Allow", ALLOWED_METHODS);
    request.headers.add("Supported", SUPPORTED_EXTENSIONS);
    this.#refresh.ask(request);
    this.#core.decorate(request);
    this.#authenticator?.sign(request);
    if (sdp !== void 0 && sdp !== "") request.setBody("application/sdp", sdp);
    return request;
  }
  #sendInvite(request, sdp, signal, attempt, done) {
    this.#offering = true;
    this.#core.locateInDialog(this.#session.dialog, this.#session.source, (place) => {
      if (isUnresolved(place)) {
        this.#offering = false;
        done({ kind: "failed", why: place.detail });
        return;
      }
      const onAbort = () => {
        transaction.cancel();
      };
      const settled = () => {
        this.#offering = false;
        signal?.removeEventListener("abort", onAbort);
      };
      const transaction = this.#core.layer.send(request, place, {
        final: (response) => {
          settled();
          if (response.status < 300) {
            this.#session.dialog.refreshTarget(response);
            transaction.acknowledge(this.#session.dialog.ack(request.cseq.sequence), place);
            this.#changed(response, sdp, done);
          } else if (response.status === 491 && attempt < MAX_GLARE_RETRIES) {
            this.#waitForRetry(sdp, signal, attempt, done);
          } else if (this.#authenticator?.challenged(response) === true) {
            const next = this.#session.dialog.again(request);
            this.#authenticator.sign(next);
            this.#sendInvite(next, sdp, signal, attempt, done);
          } else done(this.#session.refused(response));
        },
        failed: (why, detail) => {
          settled();
          this.#session.lose(`re-INVITE: ${detail}`);
          done({ kind: "failed", why });
        }
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
  #changed(response, sdp, done) {
    if (sdp !== void 0 && sdp !== "") this.localSdp = sdp;
    if (response.sdp !== void 0) this.remoteSdp = response.sdp;
    this.#session.timedBy(response);
    done(this.#session.isOver ? { kind: "failed", why: "the session is over" } : { kind: "answered", sdp: response.sdp, response });
  }
  /** RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
  #waitForRetry(sdp, signal, attempt, done) {
    const steps = this.#core.layer.randomBelow(this.#session.dialog.ownsCallId ? 191 : 201);
    const cancel = this.#core.clock.after((this.#session.dialog.ownsCallId ? 2100 : 0) + steps * 10, () => {
      this.#stopRetry = void 0;
      this.#tryInvite(sdp, signal, attempt + 1, done);
    });
    this.#stopRetry = () => {
      cancel();
      this.#stopRetry = void 0;
      done({ kind: "failed", why: "the session is over" });
    };
  }
  /** UPDATE (RFC 3311), with or without an offer. Never rejects. */
  update(sdp) {
    if (this.#session.isOver) return Promise.resolve({ kind: "failed", why: "the session is over" });
    if (sdp !== void 0 && (this.#offering || this.#stopRetry !== void 0 || this.#answering !== void 0 || this.#awaitingAnswer)) return Promise.resolve({ kind: "failed", why: "another change is under way" });
    if (sdp !== void 0) this.#offering = true;
    return new Promise((resolve) => {
      this.#session.transact(this.#offerRequest("UPDATE", sdp), (outcome) => {
        if (sdp !== void 0) this.#offering = false;
        if (outcome.kind === "failed") {
          this.#session.lose(`UPDATE: ${outcome.detail}`);
          resolve({ kind: "failed", why: outcome.detail });
        } else if (outcome.response.status < 300) {
          this.#session.dialog.refreshTarget(outcome.response);
          this.#changed(outcome.response, sdp, resolve);
        } else resolve(this.#session.refused(outcome.response));
      });
    });
  }
};

// src/sip/session-refresh.ts
var SessionRefresh = class {
  constructor(clock, actions) {
    this.clock = clock;
    this.actions = actions;
  }
  clock;
  actions;
  #seconds;
  #weRefresh = false;
  #stopTimers = [];
  /** From now on: we refresh at half the interval, or the other side does; the session expires shortly before the end of it. */
  start(seconds, weRefresh) {
    this.stop();
    this.#seconds = seconds;
    this.#weRefresh = weRefresh;
    this.#stopTimers.push(this.clock.after(sessionTimerDelay(seconds, false), () => this.actions.expired()));
    if (weRefresh) this.#stopTimers.push(this.clock.after(sessionTimerDelay(seconds, true), () => this.actions.refresh()));
  }
  /** Takes what a 2xx to our request says; without Session-Expires the other side wants no timer (RFC 4028 7.2). */
  startFrom(response) {
    const said = sessionExpiresOf(response);
    if (said === void 0) this.stop();
    else this.start(said.seconds, said.refresher !== "uas");
  }
  /** Puts Session-Expires on a request of ours inside the session, so that it counts as a refresh and roles stay as they are. */
  ask(request) {
    if (this.#seconds !== void 0) request.headers.add("Session-Expires", `${this.#seconds};refresher=${this.#weRefresh ? "uac" : "uas"}`);
  }
  stop() {
    for (const stop2 of this.#stopTimers) stop2();
    this.#stopTimers = [];
  }
};

// src/sip/session.ts
var Session = class {
  dialog;
  /** Settles once, never rejects. */
  ended;
  handlers = {};
  source;
  #core;
  #authenticator;
  #refresh;
  #settleEnded;
  #peerAllowsUpdate;
  #end;
  #offers;
  #bye;
  #settleBye = () => void 0;
  constructor(core, parts2) {
    this.#core = core;
    this.dialog = parts2.dialog;
    this.source = parts2.source;
    this.#authenticator = parts2.authenticator;
    this.#peerAllowsUpdate = parts2.peer.headers.lists("Allow", "UPDATE");
    let settle = () => void 0;
    this.ended = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settleEnded = settle;
    this.#refresh = new SessionRefresh(core.clock, {
      refresh: () => {
        void (this.#peerAllowsUpdate ? this.update() : this.reinvite(this.localSdp ?? ""));
      },
      expired: () => this.lose("the session timer ran out")
    });
    const { authenticator, localSdp, remoteSdp, awaitingAck } = parts2;
    this.#offers = new SessionOffers(core, this, { authenticator, refresh: this.#refresh, localSdp, remoteSdp, awaitingAck });
    core.dialogs.set(this.dialog.key, this);
  }
  /** The last SDP that we sent in an offer or answer that stands. */
  get localSdp() {
    return this.#offers.localSdp;
  }
  /** The last SDP of the other side that stands. */
  get remoteSdp() {
    return this.#offers.remoteSdp;
  }
  /** The answer to the offer in our 2xx came with the ACK. */
  answeredLate(sdp) {
    this.#offers.remoteSdp = sdp;
  }
  get isOver() {
    return this.#end !== void 0;
  }
  /** Starts or restarts the session timer from a 2xx that was sent or received (RFC 4028 10). */
  timed(seconds, weRefresh) {
    if (!this.isOver) this.#refresh.start(seconds, weRefresh);
  }
  /** Takes the session timer of a 2xx to our request. */
  timedBy(response) {
    if (!this.isOver) this.#refresh.startFrom(response);
  }
  /** The ACK of a 2xx came, or will never come. */
  acknowledged() {
    this.#offers.acknowledged();
  }
  receive(transaction) {
    const { request } = transaction;
    if (this.isOver && request.method !== "BYE") {
      this.respond(transaction, 481);
      return;
    }
    if (this.dialog.checkSequence(request) === "outOfOrder") {
      this.respond(transaction, 500);
      return;
    }
    switch (request.method) {
      case "BYE":
        this.#receiveBye(transaction);
        break;
      case "INVITE":
      case "UPDATE":
        this.#offers.receive(transaction);
        break;
      case "INFO":
        this.respond(transaction, this.handlers.info?.(request) ?? 200);
        break;
      case "PRACK":
        this.respond(transaction, 481);
        break;
      default:
        this.#receiveOther(transaction);
    }
  }
  respond(transaction, status2, change = () => void 0) {
    const response = responseTo(transaction.request, status2, { toTag: this.dialog.localTag });
    if (status2 === 405) response.headers.add("Allow", ALLOWED_METHODS);
    this.#core.decorate(response);
    change(response);
    transaction.respond(response);
  }
  #receiveBye(transaction) {
    this.#offers.stopRepeating();
    this.respond(transaction, 200);
    this.#finish({ kind: "remote", request: transaction.request });
    this.acknowledged();
    this.#settleBye();
  }
  #receiveOther(transaction) {
    const response = this.handlers.request?.(transaction.request);
    if (response !== void 0) transaction.respond(response);
    else this.respond(transaction, transaction.request.method === "OPTIONS" ? 200 : 405);
  }
  /** re-INVITE with a new offer. Never rejects. Only one change at a time: a second one fails. */
  reinvite(sdp, signal) {
    return this.#offers.reinvite(sdp, signal);
  }
  /** UPDATE (RFC 3311), with or without an offer. Never rejects. */
  update(sdp) {
    return this.#offers.update(sdp);
  }
  /** INFO with a body. Never rejects. */
  info(contentType, body) {
    if (this.isOver) return Promise.resolve({ kind: "failed", why: "the session is over" });
    const request = this.dialog.request("INFO");
    this.#core.decorate(request);
    this.#authenticator?.sign(request);
    request.setBody(contentType, body);
    return new Promise((resolve) => {
      this.transact(request, (outcome) => {
        if (outcome.kind === "failed") resolve({ kind: "failed", why: outcome.detail });
        else if (outcome.response.status < 300) resolve({ kind: "answered", sdp: void 0, response: outcome.response });
        else resolve(this.refused(outcome.response));
      });
    });
  }
  /** Takes in a refusal. 481 and 408 mean that the other side has lost the dialog (RFC 3261 12.2.1.2). */
  refused(response) {
    if (response.status === 481 || response.status === 408) this.lose(`${response.status} inside the dialog`);
    return { kind: "refused", status: response.status, reason: response.reason };
  }
  /** A request of ours inside the dialog, with the answers to challenges. */
  transact(request, done) {
    this.#core.locateInDialog(this.dialog, this.source, (place) => {
      this.#core.transact(request, place, this.#authenticator, (again) => this.dialog.again(again), done);
    });
  }
  /**
   * Ends the session with BYE; before the ACK for our 2xx has come, as soon as it comes (RFC 3261 15).
   * Settles when the BYE is answered or has timed out. May be called twice; never rejects.
   */
  bye(headers = []) {
    if (this.#bye !== void 0) return this.#bye;
    if (this.isOver) return Promise.resolve();
    return this.#sendBye({ kind: "local" }, headers);
  }
  /** The session cannot go on: BYE is tried, `ended` says why. */
  lose(why) {
    if (!this.isOver) void this.#sendBye({ kind: "lost", why }, []);
  }
  #sendBye(end, headers) {
    this.#finish(end);
    this.#bye = new Promise((resolve) => {
      this.#settleBye = resolve;
      const send = () => {
        if (!this.#core.dialogs.has(this.dialog.key)) {
          resolve();
          return;
        }
        const request = this.dialog.request("BYE");
        this.#core.decorate(request, headers);
        this.#authenticator?.sign(request);
        this.transact(request, () => {
          this.#core.dialogs.delete(this.dialog.key);
          resolve();
        });
      };
      this.#offers.afterAck(send);
    });
    return this.#bye;
  }
  #finish(end) {
    if (end.kind === "remote") this.#core.dialogs.delete(this.dialog.key);
    if (this.#end !== void 0) return;
    this.#end = end;
    this.dialog.state = "terminated";
    this.#refresh.stop();
    this.#offers.end();
    this.#settleEnded(end);
  }
  /** Drops the session without a message: for closing the user agent. */
  drop() {
    this.#finish({ kind: "lost", why: "the user agent was closed" });
    this.#core.dialogs.delete(this.dialog.key);
    this.acknowledged();
  }
};

// src/sip/incoming-call.ts
var IncomingCall = class {
  request;
  source;
  offer;
  #core;
  #transaction;
  #dialog;
  #reliable;
  #abort = new AbortController();
  /** SDP that went out in a reliable provisional, and its answer from the PRACK where it was an offer. */
  #earlySdp;
  #earlyAnswer;
  #session;
  #finished = false;
  /** @param ended the transaction of the INVITE is gone */
  constructor(core, transaction, ended) {
    const { request } = transaction;
    this.#core = core;
    this.#transaction = transaction;
    this.request = request;
    this.source = transaction.source;
    this.offer = request.sdp;
    this.#dialog = Dialog.ofServer(request, transaction.localTag);
    if (request.headers.lists("Require", "100rel")) {
      const first = 1 + core.layer.randomBelow(2 ** 30);
      const send = (response) => void transaction.respond(response);
      this.#reliable = new ReliableProvisionals(core.clock, core.layer.timers, first, send, () => this.reject(504, { reason: "No PRACK" }));
    }
    core.dialogs.set(this.#dialog.key, this);
    transaction.events = {
      cancelled: () => this.#over(),
      ended: () => {
        ended();
        if (this.#session === void 0) this.#over();
      }
    };
  }
  get signal() {
    return this.#abort.signal;
  }
  get session() {
    return this.#session;
  }
  ring(headers = []) {
    this.#provisional(180, void 0, headers);
  }
  progress(sdp, headers = []) {
    this.#provisional(183, sdp, headers);
  }
  #provisional(status2, sdp, headers) {
    if (this.#finished) return;
    const response = this.#response(status2, void 0, headers);
    if (sdp !== void 0) {
      response.setBody("application/sdp", sdp);
      if (this.#reliable !== void 0) this.#earlySdp = sdp;
    }
    if (this.#reliable === void 0) this.#transaction.respond(response);
    else this.#reliable.push(response);
  }
  #response(status2, reason, headers) {
    const response = responseTo(this.request, status2, { toTag: this.#dialog.localTag, ...reason === void 0 ? {} : { reason } });
    if (status2 < 300) {
      response.headers.add("Contact", this.#core.contact(this.source));
      response.headers.add("Allow", ALLOWED_METHODS);
      response.headers.add("Supported", SUPPORTED_EXTENSIONS);
    }
    this.#core.decorate(response, headers);
    return response;
  }
  answer(sdp, headers = []) {
    if (this.#finished) return Promise.resolve({ kind: "cancelled" });
    return new Promise((resolve) => {
      const cancelled = () => resolve({ kind: "cancelled" });
      this.signal.addEventListener("abort", cancelled, { once: true });
      const send = () => {
        this.signal.removeEventListener("abort", cancelled);
        if (!this.#finished) this.#sendAnswer(sdp, headers, resolve);
      };
      if (this.#reliable === void 0) send();
      else this.#reliable.afterAll(send);
    });
  }
  #sendAnswer(sdp, headers, done) {
    const timer = answerSessionTimer(this.request);
    if (timer.kind === "tooSmall") {
      this.reject(422, { headers: [["Min-SE", String(MIN_SESSION_SECONDS)]] });
      done({ kind: "cancelled" });
      return;
    }
    this.#finished = true;
    this.#reliable?.stop();
    const response = this.#response(200, void 0, headers);
    addSessionTimer(response, timer);
    if (this.#earlySdp === void 0) response.setBody("application/sdp", sdp);
    this.#dialog.state = "confirmed";
    const session = new Session(this.#core, {
      dialog: this.#dialog,
      source: this.source,
      authenticator: void 0,
      peer: this.request,
      localSdp: this.#earlySdp ?? sdp,
      remoteSdp: this.offer ?? this.#earlyAnswer,
      awaitingAck: this.#transaction
    });
    this.#session = session;
    let settled = false;
    const settle = (result) => {
      if (settled) return;
      settled = true;
      done(result);
    };
    this.#transaction.events = {
      ...this.#transaction.events,
      acknowledged: (ack) => {
        const lateAnswer = this.offer === void 0 ? this.#earlyAnswer ?? ack.sdp : void 0;
        if (lateAnswer !== void 0) session.answeredLate(lateAnswer);
        session.acknowledged();
        if (this.offer === void 0 && lateAnswer === void 0) session.lose("the ACK brought no answer to our offer");
        settle({ kind: "answered", session, lateAnswer });
      },
      unacknowledged: () => {
        session.acknowledged();
        session.lose("no ACK for our answer");
        settle({ kind: "unacknowledged" });
      }
    };
    void session.ended.then((end) => {
      if (end.kind !== "local") settle({ kind: "answered", session, lateAnswer: void 0 });
    });
    this.#transaction.respond(response);
    if (timer.kind === "timed") session.timed(timer.seconds, timer.refresher === "uas");
  }
  reject(status2, options = {}) {
    if (this.#finished) return;
    this.#finished = true;
    this.#reliable?.stop();
    this.#core.dialogs.delete(this.#dialog.key);
    this.#transaction.respond(this.#response(status2, options.reason, options.headers ?? []));
  }
  /** Requests inside the dialog before the answer: PRACK, UPDATE, a BYE of an impatient caller. */
  receive(transaction) {
    const { request } = transaction;
    if (this.#dialog.checkSequence(request) === "outOfOrder") {
      this.#respondInDialog(transaction, 500);
      return;
    }
    switch (request.method) {
      case "PRACK": {
        const known = this.#reliable?.isWaitingFor(request, this.request) === true;
        if (known && request.sdp !== void 0 && this.offer === void 0 && this.#earlySdp !== void 0) this.#earlyAnswer = request.sdp;
        this.#respondInDialog(transaction, known ? 200 : 481);
        if (known) this.#reliable.acknowledged();
        break;
      }
      case "BYE":
        this.#respondInDialog(transaction, 200);
        this.reject(487);
        this.#over();
        break;
      case "UPDATE":
        this.#respondInDialog(transaction, request.sdp === void 0 ? 200 : 500);
        break;
      case "INVITE":
        this.#respondInDialog(transaction, 500);
        break;
      default:
        this.#respondInDialog(transaction, ["INFO", "OPTIONS"].includes(request.method) ? 200 : 405);
    }
  }
  #respondInDialog(transaction, status2) {
    const response = responseTo(transaction.request, status2, { toTag: this.#dialog.localTag });
    if (status2 === 405) response.headers.add("Allow", ALLOWED_METHODS);
    if (status2 === 500) response.headers.add("Retry-After", String(this.#core.layer.randomBelow(10)));
    this.#core.decorate(response);
    transaction.respond(response);
  }
  #over() {
    this.#finished = true;
    this.#reliable?.stop();
    if (this.#session !== void 0) return;
    this.#core.dialogs.delete(this.#dialog.key);
    this.#abort.abort();
  }
  /** Refuses the call because the user agent closes. */
  close() {
    this.reject(503);
    this.#over();
  }
};

// src/sip/incoming-requests.ts
var SUPPORTED = new Set(SUPPORTED_EXTENSIONS.split(", "));
var IN_DIALOG_ONLY = /* @__PURE__ */ new Set(["BYE", "PRACK", "UPDATE", "INFO"]);
var IncomingRequests2 = class {
  onInvite;
  onRequest;
  #core;
  #calls = /* @__PURE__ */ new Map();
  #closed = false;
  constructor(core) {
    this.#core = core;
  }
  request(transaction) {
    const { request } = transaction;
    if (request.toTag !== void 0) {
      const owner = this.#core.dialogs.get(dialogKey(request.callId, request.toTag, request.fromTag ?? ""));
      if (owner === void 0) this.#refuse(transaction, 481);
      else owner.receive(transaction);
      return;
    }
    if (this.#closed) this.#refuse(transaction, 503);
    else if (!this.#refusedByForm(transaction)) this.#take(transaction);
  }
  /** RFC 3261 8.2.2: what cannot be served whatever it wants. */
  #refusedByForm(transaction) {
    const { request } = transaction;
    if (!/^sips?:/i.test(request.uri)) return this.#refuse(transaction, 416);
    const unknown = request.headers.values("Require").filter((tag) => !SUPPORTED.has(tag.toLowerCase()));
    if (unknown.length > 0) return this.#refuse(transaction, 420, (response) => response.headers.add("Unsupported", unknown.join(", ")));
    if (IN_DIALOG_ONLY.has(request.method)) return this.#refuse(transaction, 481);
    if (request.method !== "INVITE") return false;
    if (this.#calls.has(mergeKey(request))) return this.#refuse(transaction, 482);
    if (request.body.length > 0 && request.sdp === void 0) {
      return this.#refuse(transaction, 415, (response) => response.headers.add("Accept", "application/sdp"));
    }
    return false;
  }
  #take(transaction) {
    const { request } = transaction;
    if (request.method !== "INVITE") {
      const response = this.onRequest?.(request, transaction.source);
      if (response !== void 0) transaction.respond(response);
      else if (request.method === "OPTIONS") this.#refuse(transaction, 200);
      else this.#refuse(transaction, 405);
      return;
    }
    if (this.onInvite === void 0) {
      this.#refuse(transaction, 480);
      return;
    }
    const key2 = mergeKey(request);
    const call = new IncomingCall(this.#core, transaction, () => this.#calls.delete(key2));
    this.#calls.set(key2, call);
    this.onInvite(call);
  }
  #refuse(transaction, status2, change = () => void 0) {
    const response = responseTo(transaction.request, status2, { toTag: transaction.localTag });
    if (status2 === 405 || status2 === 200) response.headers.add("Allow", ALLOWED_METHODS);
    if (status2 === 200) response.headers.add("Accept", "application/sdp").add("Supported", SUPPORTED_EXTENSIONS);
    this.#core.decorate(response);
    change(response);
    transaction.respond(response);
    return true;
  }
  /** Refuses whatever has no final answer yet, and whatever comes from now on. */
  close() {
    this.#closed = true;
    for (const call of [...this.#calls.values()]) call.close();
  }
};
function mergeKey(request) {
  return `${request.callId}|${request.fromTag ?? ""}|${request.cseq.sequence}|${request.method}`;
}

// src/sip/outgoing-call.ts
var OutgoingCall = class {
  /** Settles when the other side owes us nothing more: it has refused, answered, or not answered in time. */
  released;
  #core;
  #options;
  #release;
  #authenticator;
  #forks = /* @__PURE__ */ new Map();
  #done;
  #transaction;
  #settled = false;
  #cancelled = false;
  #answered = false;
  #raisedInterval = false;
  constructor(core, options, done) {
    this.#core = core;
    this.#options = options;
    this.#authenticator = core.authenticator(options.auth);
    this.#done = done;
    let release = () => void 0;
    this.released = new Promise((resolve) => {
      release = resolve;
    });
    this.#release = release;
  }
  start(uri) {
    const { signal, destination } = this.#options;
    if (signal?.aborted === true) {
      this.#settle({ kind: "cancelled" });
      return;
    }
    signal?.addEventListener("abort", this.cancel, { once: true });
    const begin = (place) => {
      if (!this.#settled) this.#send(this.#invite(uri, place), place);
    };
    if (destination !== void 0) begin(destination);
    else
      this.#core.locate(uri, (place) => {
        if (isUnresolved(place)) this.#settle({ kind: "failed", why: place.why, detail: place.detail });
        else begin(place);
      });
  }
  /** CANCEL, or what comes to the same at the moment. */
  cancel = () => {
    if (this.#settled) return;
    this.#cancelled = true;
    this.#transaction?.cancel();
    this.#settle({ kind: "cancelled" });
  };
  #settle(result) {
    if (this.#settled) return;
    this.#settled = true;
    this.#options.signal?.removeEventListener("abort", this.cancel);
    if (this.#transaction === void 0 || result.kind !== "cancelled") this.#release();
    this.#done(result);
  }
  #invite(uri, place) {
    const { layer, identity } = this.#core;
    const request = new SipRequest("INVITE", uri);
    const { headers } = request;
    const reliable = this.#options.reliableProvisionals ?? "supported";
    headers.add("Max-Forwards", "70");
    headers.add("From", printNameAddr(withTag(this.#options.from ?? this.#core.from(place), layer.newTag())));
    headers.add("To", `<${uri}>`);
    headers.add("Call-ID", layer.newCallId());
    headers.add("CSeq", "1 INVITE");
    headers.add("Contact", this.#core.contact(place));
    headers.add("Allow", ALLOWED_METHODS);
    headers.add("Supported", reliable === "none" ? "timer" : SUPPORTED_EXTENSIONS);
    if (reliable === "required") headers.add("Require", "100rel");
    if (identity.sessionExpiresSeconds !== void 0) {
      headers.add("Session-Expires", String(Math.max(identity.sessionExpiresSeconds, MIN_SESSION_SECONDS)));
      headers.add("Min-SE", String(MIN_SESSION_SECONDS));
    }
    this.#core.decorate(request, this.#options.headers);
    if (this.#options.sdp !== void 0) request.setBody("application/sdp", this.#options.sdp);
    return request;
  }
  #send(request, place) {
    this.#transaction = this.#core.layer.send(request, place, {
      provisional: (response) => this.#provisional(request, response, place),
      final: (response) => this.#final(request, response, place),
      failed: (why, detail) => {
        this.#endForks();
        this.#release();
        this.#settle({ kind: "failed", why, detail });
      },
      // Forks that never became a call live as long as the transaction, so that their late 2xx can be released.
      ended: () => this.#endForks()
    });
  }
  #again(request, place) {
    const next = request.clone();
    next.headers.remove("Via");
    next.headers.set("CSeq", `${request.cseq.sequence + 1} INVITE`);
    this.#authenticator?.sign(next);
    this.#forks.clear();
    this.#send(next, place);
  }
  #provisional(request, response, place) {
    if (response.status === 100) return;
    const fork = this.#forkOf(request, response);
    if (fork !== void 0 && response.headers.lists("Require", "100rel")) {
      const rseq = parseDecimal(response.headers.get("RSeq") ?? "", 2 ** 32 - 1);
      if (rseq === void 0 || fork.lastRSeq !== void 0 && rseq !== fork.lastRSeq + 1) return;
      fork.lastRSeq = rseq;
      this.#acknowledgeReliable(request, response, rseq, fork, place);
    }
    if (!this.#settled) {
      this.#options.onProvisional?.({ status: response.status, reason: response.reason, sdp: response.sdp, response });
    }
  }
  #forkOf(request, response) {
    const tag = response.toTag;
    if (tag === void 0) return void 0;
    let fork = this.#forks.get(tag);
    if (fork === void 0) {
      fork = { dialog: Dialog.ofClient(request, response), lastRSeq: void 0, localSdp: void 0, remoteSdp: void 0 };
      this.#forks.set(tag, fork);
      this.#core.dialogs.set(fork.dialog.key, earlyOwner(this.#core, fork.dialog, () => this.#endedEarly()));
    }
    return fork;
  }
  /** A BYE from somebody whose 2xx has never reached us: no ACK came there, so the call is over before it began. */
  #endedEarly() {
    this.#transaction?.cancel();
    this.#settle({ kind: "failed", why: "timeout", detail: "the other side ended the call; its answer never arrived" });
  }
  #acknowledgeReliable(request, response, rseq, fork, place) {
    const prack = fork.dialog.request("PRACK");
    prack.headers.add("RAck", `${rseq} ${request.cseq.sequence} INVITE`);
    this.#core.decorate(prack);
    this.#authenticator?.sign(prack);
    if (response.sdp !== void 0 && fork.remoteSdp === void 0) {
      fork.remoteSdp = response.sdp;
      if (this.#options.sdp !== void 0) fork.localSdp = this.#options.sdp;
      else {
        fork.localSdp = this.#options.answerOffer?.(response.sdp);
        if (fork.localSdp !== void 0) prack.setBody("application/sdp", fork.localSdp);
      }
    }
    this.#core.locateInDialog(fork.dialog, place, (next) => {
      this.#core.transact(prack, next, this.#authenticator, (again) => fork.dialog.again(again), () => void 0);
    });
  }
  #final(request, response, place) {
    if (response.status < 300) this.#accepted(request, response, place);
    else this.#refused(request, response, place);
  }
  #refused(request, response, place) {
    this.#endForks();
    if (this.#settled) {
      this.#release();
      return;
    }
    if (this.#authenticator?.challenged(response) === true) {
      this.#again(request, place);
      return;
    }
    const minSe = parseDecimal(response.headers.get("Min-SE") ?? "", 2 ** 31);
    if (response.status === 422 && minSe !== void 0 && !this.#raisedInterval) {
      this.#raisedInterval = true;
      request.headers.set("Session-Expires", String(minSe)).set("Min-SE", String(minSe));
      this.#again(request, place);
      return;
    }
    this.#settle({ kind: "refused", status: response.status, reason: response.reason, response });
  }
  #accepted(request, response, place) {
    const fork = this.#forks.get(response.toTag ?? "");
    this.#forks.delete(response.toTag ?? "");
    const dialog = fork?.dialog ?? Dialog.ofClient(request, response);
    dialog.confirm(response);
    const { localSdp, remoteSdp } = this.#agreed(response, fork);
    const session = new Session(this.#core, { dialog, source: place, authenticator: this.#authenticator, peer: response, localSdp, remoteSdp });
    const ack = dialog.ack(request.cseq.sequence);
    this.#core.decorate(ack);
    if (this.#options.sdp === void 0 && fork?.remoteSdp === void 0 && localSdp !== void 0) ack.setBody("application/sdp", localSdp);
    this.#core.locateInDialog(dialog, place, (next) => {
      this.#transaction?.acknowledge(ack, isUnresolved(next) ? place : next);
      const good = localSdp !== void 0 && remoteSdp !== void 0;
      if (this.#cancelled || this.#answered || !good) void session.bye().then(this.#release);
      if (this.#cancelled || this.#answered) return;
      this.#answered = true;
      if (!good) this.#settle({ kind: "failed", why: "badAnswer", detail: remoteSdp === void 0 ? "the 2xx has no SDP" : "the offer in the 2xx could not be answered" });
      else {
        session.timedBy(response);
        this.#settle({ kind: "answered", session, response });
      }
    });
  }
  #agreed(response, fork) {
    if (fork?.remoteSdp !== void 0) return { localSdp: fork.localSdp, remoteSdp: fork.remoteSdp };
    const remoteSdp = response.sdp;
    if (this.#options.sdp !== void 0) return { localSdp: this.#options.sdp, remoteSdp };
    if (this.#cancelled || remoteSdp === void 0) return { localSdp: void 0, remoteSdp };
    return { localSdp: this.#options.answerOffer?.(remoteSdp), remoteSdp };
  }
  #endForks() {
    for (const { dialog } of this.#forks.values()) this.#core.dialogs.delete(dialog.key);
    this.#forks.clear();
  }
};
function earlyOwner(core, dialog, endedEarly) {
  return {
    receive(transaction) {
      const { request } = transaction;
      const inOrder = dialog.checkSequence(request) === "inOrder";
      const status2 = !inOrder ? 500 : request.method === "UPDATE" && request.sdp !== void 0 ? 491 : ["BYE", "UPDATE", "INFO", "OPTIONS", "NOTIFY"].includes(request.method) ? 200 : 405;
      const response = responseTo(request, status2, { toTag: dialog.localTag });
      response.headers.add("Contact", core.contact(transaction.source));
      if (status2 === 405) response.headers.add("Allow", ALLOWED_METHODS);
      core.decorate(response);
      transaction.respond(response);
      if (request.method === "BYE" && inOrder) endedEarly();
    }
  };
}

// src/sip/registration.ts
var RETRY_MS = 1e4;
var Registration = class {
  #core;
  #options;
  #callId;
  #sequence = 0;
  #stopRefresh = () => void 0;
  #over = false;
  #registered = false;
  #askedSeconds;
  #authenticator;
  constructor(core, options) {
    this.#core = core;
    this.#options = options;
    this.#callId = core.layer.newCallId();
    this.#askedSeconds = options.expiresSeconds ?? 300;
    this.#authenticator = core.authenticator(options.auth);
  }
  start() {
    return this.#register(this.#askedSeconds);
  }
  #register(seconds) {
    return new Promise((resolve) => {
      this.#core.locate(this.#options.registrar, (place) => {
        const protocolPlace = "why" in place ? void 0 : place;
        const request = this.#request(seconds, protocolPlace);
        this.#authenticator?.sign(request);
        this.#core.transact(request, place, this.#authenticator, (again) => this.#again(again), (outcome) => {
          if (outcome.kind === "failed") resolve({ kind: "failed", why: outcome.detail });
          else this.#answered(request, outcome.response, seconds, resolve);
        });
      });
    });
  }
  #request(seconds, place) {
    const to = place ?? { protocol: "udp", address: "127.0.0.1", port: 5060 };
    const uri = parseUri(this.#options.registrar);
    const request = new SipRequest("REGISTER", uri === void 0 ? this.#options.registrar : this.#options.registrar.replace(/^(sips?:)[^@]*@/i, "$1"));
    const from = this.#core.from(to);
    const address2 = this.#options.addressOfRecord === void 0 ? from : { ...from, uri: this.#options.addressOfRecord };
    const { headers } = request;
    headers.add("Max-Forwards", "70");
    headers.add("From", printNameAddr(withTag(address2, this.#core.layer.newTag())));
    headers.add("To", printNameAddr(address2));
    headers.add("Call-ID", this.#callId);
    headers.add("CSeq", `${++this.#sequence} REGISTER`);
    headers.add("Contact", this.#core.contact(to));
    headers.add("Expires", String(seconds));
    this.#core.decorate(request);
    return request;
  }
  #again(request) {
    const copy = request.clone();
    copy.headers.remove("Via");
    copy.headers.set("CSeq", `${++this.#sequence} REGISTER`);
    return copy;
  }
  #answered(request, response, seconds, done) {
    if (response.status >= 300) {
      const minimum = parseDecimal(response.headers.get("Min-Expires") ?? "", 2 ** 31);
      if (response.status === 423 && minimum !== void 0 && minimum > seconds && !this.#over) {
        this.#askedSeconds = minimum;
        void this.#register(minimum).then(done);
        return;
      }
      done({ kind: "refused", status: response.status, reason: response.reason, response });
      return;
    }
    const granted = this.#granted(request, response, seconds);
    if (!this.#over && seconds > 0) {
      this.#registered = true;
      this.#refreshAfter(Math.max(granted - Math.min(30, granted / 4), 1) * 1e3);
    }
    done({ kind: "registered", expiresSeconds: granted, unregister: () => this.unregister() });
  }
  /** The registrar's word: the expires of our own Contact, or Expires, or what we asked (RFC 3261 10.2.4). */
  #granted(request, response, seconds) {
    const own = parseNameAddr(request.headers.get("Contact") ?? "")?.uri;
    const contact = response.contacts.find((candidate) => candidate.uri === own);
    return parseDecimal(contact?.params.get("expires") ?? response.headers.get("Expires") ?? "", 2 ** 31) ?? seconds;
  }
  #refreshAfter(ms) {
    this.#stopRefresh();
    if (this.#over) return;
    this.#stopRefresh = this.#core.clock.after(ms, () => {
      void this.#register(this.#askedSeconds).then((result) => {
        if (this.#over || result.kind === "registered") {
          if (!this.#over && !this.#registered) this.#options.onChange?.(true, "");
          return;
        }
        this.#registered = false;
        this.#options.onChange?.(false, result.kind === "refused" ? `${result.status} ${result.reason}` : result.why);
        this.#refreshAfter(RETRY_MS);
      });
    });
  }
  /** Takes the binding away and stops refreshing it. Settles when the registrar has answered, or not in time. */
  async unregister() {
    if (this.#over) return;
    this.stop();
    await this.#register(0);
  }
  /** Stops refreshing, without a message. */
  stop() {
    this.#over = true;
    this.#stopRefresh();
  }
};

// src/sip/user-agent.ts
var UserAgent = class {
  layer;
  #core;
  #inbox;
  #outgoing = /* @__PURE__ */ new Set();
  #registrations = /* @__PURE__ */ new Set();
  #closed = false;
  constructor(options) {
    this.layer = new TransactionLayer(options);
    this.#core = new AgentCore(this.layer, {
      user: options.user ?? "",
      displayName: options.displayName ?? "",
      addressOfRecord: options.addressOfRecord,
      userAgentHeader: options.userAgentHeader,
      outboundProxy: options.outboundProxy,
      natAware: options.natAware ?? true,
      sessionExpiresSeconds: options.sessionExpiresSeconds
    });
    this.#inbox = new IncomingRequests2(this.#core);
    this.layer.user = this.#inbox;
  }
  /** Takes incoming INVITEs; without a handler they are refused with 480. */
  set onInvite(handler) {
    this.#inbox.onInvite = handler;
  }
  /** Any other request outside a dialog (REGISTER, MESSAGE, ...): return a response, or undefined for the default (OPTIONS 200, else 405). */
  set onRequest(handler) {
    this.#inbox.onRequest = handler;
  }
  /** Sessions that are not over, or whose BYE is still under way. */
  get sessions() {
    return [...this.#core.dialogs.values()].filter((owner) => owner instanceof Session);
  }
  /** Dialogs of every state; zero when everything has ended. */
  get dialogCount() {
    return this.#core.dialogs.size;
  }
  /** Places a call. Never rejects. */
  invite(uri, options) {
    if (this.#closed) return Promise.resolve({ kind: "cancelled" });
    return new Promise((resolve) => {
      const call = new OutgoingCall(this.#core, options, resolve);
      this.#outgoing.add(call);
      void call.released.then(() => this.#outgoing.delete(call));
      call.start(uri);
    });
  }
  /** REGISTER with digest, refreshed until `unregister` of the result. Never rejects. */
  async register(options) {
    const registration = new Registration(this.#core, options);
    this.#registrations.add(registration);
    const result = await registration.start();
    if (result.kind === "registered") return result;
    registration.stop();
    this.#registrations.delete(registration);
    return result;
  }
  /** A request outside any dialog (OPTIONS, MESSAGE, ...). Never rejects. */
  request(method, uri, options = {}) {
    return new Promise((resolve) => {
      const send = (place) => {
        const near = isUnresolved(place) ? { protocol: "udp", address: "127.0.0.1", port: 5060 } : place;
        const request = new SipRequest(method, uri);
        const { headers } = request;
        headers.add("Max-Forwards", "70");
        headers.add("From", printNameAddr(withTag(this.#core.from(near), this.layer.newTag())));
        headers.add("To", `<${uri}>`);
        headers.add("Call-ID", this.layer.newCallId());
        headers.add("CSeq", `1 ${method}`);
        headers.add("Contact", this.#core.contact(near));
        this.#core.decorate(request, options.headers);
        if (options.body !== void 0) request.setBody(options.body.type, options.body.content);
        const again = (sent) => {
          const copy = sent.clone();
          copy.headers.remove("Via").set("CSeq", `${sent.cseq.sequence + 1} ${method}`);
          return copy;
        };
        this.#core.transact(request, place, this.#core.authenticator(options.auth), again, resolve);
      };
      if (options.destination !== void 0) send(options.destination);
      else this.#core.locate(uri, send);
    });
  }
  /** BYE to every session, CANCEL to what rings, 503 to what wants in; then everything is dropped, after `graceMs` at the latest. */
  async close(graceMs = 1e3) {
    if (this.#closed) return;
    this.#closed = true;
    for (const registration of this.#registrations) registration.stop();
    this.#inbox.close();
    for (const call of this.#outgoing) call.cancel();
    const byes = [...this.sessions.map((session) => session.bye()), ...[...this.#outgoing].map((call) => call.released)];
    let stopWaiting = () => void 0;
    const grace = new Promise((resolve) => {
      stopWaiting = this.layer.clock.after(graceMs, resolve);
    });
    await Promise.race([Promise.all(byes), grace]);
    stopWaiting();
    for (const session of this.sessions) session.drop();
    this.#core.dialogs.clear();
    this.layer.close();
  }
};

// src/embedded/eventsocket/event-bus.ts
var EventBus = class {
  #general = /* @__PURE__ */ new Set();
  #byUuid = /* @__PURE__ */ new Map();
  #place = /* @__PURE__ */ new Map();
  /** Adds the listener, or files it anew after its subscription has changed. */
  file(listener) {
    this.remove(listener);
    const uuid = listener.subscription.onlyUuid;
    this.#place.set(listener, uuid);
    if (uuid === void 0) {
      this.#general.add(listener);
      return;
    }
    const sameChannel = this.#byUuid.get(uuid);
    if (sameChannel) sameChannel.add(listener);
    else this.#byUuid.set(uuid, /* @__PURE__ */ new Set([listener]));
  }
  remove(listener) {
    if (!this.#place.has(listener)) return;
    const uuid = this.#place.get(listener);
    this.#place.delete(listener);
    this.#general.delete(listener);
    if (uuid === void 0) return;
    const sameChannel = this.#byUuid.get(uuid);
    sameChannel?.delete(listener);
    if (sameChannel?.size === 0) this.#byUuid.delete(uuid);
  }
  /** Sends an event to all who want it. `build` is called only when somebody may. */
  publish(about, build) {
    let event;
    const offer = (listener) => {
      if (!listener.subscription.mayWant(about.name, about.subclass, about.uuid)) return;
      event ??= build();
      if (listener.subscription.passes(event)) listener.deliver(event);
    };
    if (about.uuid !== void 0) this.#byUuid.get(about.uuid)?.forEach(offer);
    this.#general.forEach(offer);
  }
};

// src/embedded/eventsocket/event-socket-server.ts
import { connect as connect2, createServer as createServer3 } from "node:net";

// src/embedded/eventsocket/event-socket-connection.ts
import { randomUUID as randomUUID5 } from "node:crypto";

// src/embedded/eventsocket/command-reader.ts
var CommandSyntaxError = class extends Error {
  name = "CommandSyntaxError";
};
var MAX_HEAD_BYTES = 1024 * 1024;
var MAX_BODY_BYTES = 8 * 1024 * 1024;
var CommandReader = class {
  #buffer = Buffer.alloc(0);
  /** Up to here no end of a head has been found. */
  #searched = 0;
  #head;
  /** @throws CommandSyntaxError when a command is longer than any real one */
  push(chunk) {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const commands = [];
    for (; ; ) {
      const command = this.#next();
      if (command === void 0) return commands;
      commands.push(command);
    }
  }
  #next() {
    if (this.#head === void 0) {
      const end = this.#endOfHead();
      if (end === void 0) return void 0;
      this.#head = parseHead(this.#buffer.toString("utf8", 0, end.text));
      this.#buffer = this.#buffer.subarray(end.next);
      this.#searched = 0;
    }
    const head = this.#head;
    if (this.#buffer.length < head.bodyBytes) return void 0;
    this.#head = void 0;
    const body = this.#buffer.toString("utf8", 0, head.bodyBytes);
    this.#buffer = this.#buffer.subarray(head.bodyBytes);
    return { line: head.line, headers: head.headers, body };
  }
  #endOfHead() {
    let skip = 0;
    while (skip < this.#buffer.length && (this.#buffer[skip] === 10 || this.#buffer[skip] === 13)) skip++;
    if (skip > 0) this.#buffer = this.#buffer.subarray(skip);
    for (let at = this.#buffer.indexOf(10, this.#searched); at !== -1; at = this.#buffer.indexOf(10, at + 1)) {
      if (this.#buffer[at + 1] === 10) return { text: at, next: at + 2 };
      if (this.#buffer[at + 1] === 13 && this.#buffer[at + 2] === 10) return { text: at, next: at + 3 };
    }
    this.#searched = Math.max(0, this.#buffer.length - 3);
    if (this.#buffer.length > MAX_HEAD_BYTES) throw new CommandSyntaxError("command without end");
    return void 0;
  }
};
function parseHead(text2) {
  const [line = "", ...rest] = text2.split(/\r?\n/);
  const headers = /* @__PURE__ */ new Map();
  for (const header3 of rest) {
    const colon = header3.indexOf(":");
    if (colon > 0) headers.set(header3.slice(0, colon).trim().toLowerCase(), header3.slice(colon + 1).trim());
  }
  const length = headers.get("content-length") ?? "";
  const bodyBytes = /^\d+$/.test(length) ? Number(length) : 0;
  if (bodyBytes > MAX_BODY_BYTES) throw new CommandSyntaxError("body too long");
  return { line: line.trim(), headers, bodyBytes };
}

// src/embedded/eventsocket/event-names.ts
var NAMES = `CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP
CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE
CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID
API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH UNPUBLISH TALK NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD DTMF
MESSAGE PRESENCE_IN NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB
DETECTED_SPEECH DETECTED_TONE PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML
NOTIFY PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT
CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT RECORD_START
RECORD_STOP PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP CONFERENCE_DATA_QUERY
CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE TEXT SHUTDOWN_REQUESTED ALL`;
var KNOWN = new Set(NAMES.split(/\s+/));
function eventNameOf(word) {
  const name = word.toUpperCase().replace(/^SWITCH_EVENT_/, "");
  return KNOWN.has(name) ? name : void 0;
}

// src/embedded/eventsocket/subscription.ts
var Subscription = class {
  format = "plain";
  #enabled = false;
  #all = false;
  #names = /* @__PURE__ */ new Set();
  #nixed = /* @__PURE__ */ new Set();
  #subclasses = /* @__PURE__ */ new Set();
  #filters = [];
  /** `myevents`: only events of this channel. */
  ownUuid;
  /** The one channel that this connection can hear of, when a filter says so: spares asking it about all others. */
  get onlyUuid() {
    if (this.ownUuid !== void 0) return this.ownUuid;
    const [filter, ...more] = this.#filters;
    return filter !== void 0 && more.length === 0 && filter.header === "unique-id" && /^[\w-]+$/.test(filter.value) ? filter.value : void 0;
  }
  get enabled() {
    return this.#enabled;
  }
  /**
   * `event <format> <names>`. After `CUSTOM` every word is a subclass.
   * @returns false when no known event name was among the words (`-ERR no keywords supplied`)
   */
  add(words3) {
    let known = 0;
    let custom = false;
    words3.forEach((word, index) => {
      const format = index === 0 ? word.toLowerCase() : "";
      if (format === "plain" || format === "json") this.format = format;
      else if (custom) this.#subclasses.add(word);
      else {
        const name = eventNameOf(word);
        if (name === void 0) return;
        known++;
        if (name === "CUSTOM") custom = true;
        if (name === "ALL") {
          this.#all = true;
          this.#nixed.clear();
        } else {
          this.#names.add(name);
          this.#nixed.delete(name);
        }
      }
    });
    if (known > 0) this.#enabled = true;
    return known > 0;
  }
  /** `nixevent <names>`. @returns false when no known event name was among the words */
  remove(words3) {
    let known = 0;
    let custom = false;
    for (const word of words3) {
      if (custom) {
        this.#subclasses.delete(word);
        continue;
      }
      const name = eventNameOf(word);
      if (name === void 0) continue;
      known++;
      if (name === "CUSTOM") custom = true;
      else if (name === "ALL") {
        this.#all = false;
        this.#names.clear();
      } else {
        this.#names.delete(name);
        this.#nixed.add(name);
      }
    }
    return known > 0;
  }
  /** `noevents`. @returns false when nothing was listened for */
  clear() {
    const was = this.#enabled;
    this.#enabled = false;
    this.#all = false;
    this.#names.clear();
    this.#nixed.clear();
    this.#subclasses.clear();
    return was;
  }
  addFilter(header3, value) {
    this.#filters.push({ header: header3.toLowerCase(), value });
  }
  /** `filter delete <header> [<value>]`; `all` deletes every filter. */
  deleteFilter(header3, value) {
    const name = header3.toLowerCase();
    for (let index = this.#filters.length - 1; index >= 0; index--) {
      const filter = this.#filters[index];
      if (filter !== void 0 && (name === "all" || filter.header === name && (value === void 0 || filter.value === value))) this.#filters.splice(index, 1);
    }
  }
  /** Whether an event of this name (and channel) could interest the connection: asked before the event is built. */
  mayWant(name, subclass, uuid) {
    if (!this.#enabled) return false;
    if (subclass !== void 0 ? !(this.#all || this.#subclasses.has(subclass)) : !(this.#all ? !this.#nixed.has(name) : this.#names.has(name))) return false;
    const only = this.onlyUuid;
    return only === void 0 || only === uuid;
  }
  /**
   * Filters, as FreeSWITCH applies them: with any filter, an event passes when at least one matches; a value that begins
   * with `-` excludes what it matches; `/.../` is a regular expression. Comparison without regard to case.
   */
  passes(event) {
    if (this.ownUuid !== void 0 && event.uuid !== this.ownUuid) return false;
    if (this.#filters.length === 0) return true;
    let send = false;
    for (const { header: header3, value } of this.#filters) {
      const actual = event.header(header3);
      if (actual === void 0) continue;
      const positive2 = !value.startsWith("-");
      if (send && positive2) continue;
      if (matches(actual, value.replace(/^[-+]/, ""))) send = positive2;
    }
    return send;
  }
};
function matches(actual, wanted) {
  const pattern = /^\/(.*)\/$/.exec(wanted)?.[1];
  if (pattern === void 0) return actual.toLowerCase() === wanted.toLowerCase();
  try {
    return new RegExp(pattern).test(actual);
  } catch {
    return false;
  }
}

// src/embedded/eventsocket/event-socket-connection.ts
var GOODBYE = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";
var MAX_BACKLOG_BYTES2 = 16 * 1024 * 1024;
var LINGER_FOR_EVER_SECONDS = 600;
var EventSocketConnection = class {
  subscription = new Subscription();
  #socket;
  #host;
  #faults;
  #reader = new CommandReader();
  #controlled;
  #onClosed;
  #authenticated;
  #closing = false;
  #closed = false;
  #corked = false;
  #lingerSeconds;
  #lingerTimer;
  constructor(socket, options) {
    this.#socket = socket;
    this.#host = options.host;
    this.#faults = options.faults;
    this.#controlled = options.controlled;
    this.#authenticated = options.controlled !== void 0;
    this.#onClosed = options.onClosed;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#read(chunk);
    });
    socket.on("end", () => {
      this.#farewell();
    });
    socket.on("error", () => {
      socket.destroy();
    });
    socket.on("close", () => {
      this.#over();
    });
    if (!this.#authenticated) this.#write("Content-Type: auth/request\n\n");
    this.#host.bus.file(this);
  }
  deliver(event) {
    if (this.#closing) return;
    this.#write(event.frame(this.subscription.format));
  }
  /** The channel is over: the notice, then the end; with `linger` the end comes later. */
  channelGone() {
    if (this.#closing || this.#lingerTimer) return;
    if (this.#lingerSeconds === void 0) {
      this.#farewell();
      return;
    }
    const channel = this.#controlled;
    this.#write(
      `Content-Type: text/disconnect-notice
Controlled-Session-UUID: ${channel?.uuid ?? ""}
Content-Disposition: linger
Channel-Name: ${channel?.name ?? ""}
Linger-Time: ${this.#lingerSeconds}
Content-Length: 0

`
    );
    this.#lingerTimer = setTimeout(() => {
      this.#farewell();
    }, this.#lingerSeconds * 1e3);
  }
  /** Cuts the connection without a word (fault, or the switch is stopping). */
  destroy() {
    this.#socket.destroy();
  }
  #read(chunk) {
    let commands;
    try {
      commands = this.#reader.push(chunk);
    } catch (error) {
      this.#host.log(`event socket: ${error.message}`);
      this.#socket.destroy();
      return;
    }
    for (const command of commands) {
      if (this.#closing) return;
      this.#answer(command);
    }
  }
  #answer(command) {
    const space = command.line.indexOf(" ");
    const word = (space < 0 ? command.line : command.line.slice(0, space)).toLowerCase();
    const rest = space < 0 ? "" : command.line.slice(space + 1).trim();
    if (word === "exit" || word === "...") {
      this.#reply("+OK bye");
      this.#farewell();
    } else if (!this.#authenticated) this.#authenticate(word, rest);
    else this.#obey(word, rest, command);
  }
  #authenticate(word, password) {
    if (word !== "auth" || password === "") {
      this.#reply("-ERR command not found");
      return;
    }
    if (password === this.#host.password) {
      this.#authenticated = true;
      this.#reply("+OK accepted");
      return;
    }
    this.#reply("-ERR invalid");
    this.#farewell();
  }
  #obey(word, rest, command) {
    switch (word) {
      case "api":
        this.#api(rest);
        return;
      case "bgapi":
        this.#backgroundApi(rest, command);
        return;
      case "sendmsg":
        this.#sendMessage(rest, command);
        return;
      case "sendevent":
        this.#sendEvent(rest, command);
        return;
      case "event":
        this.#reply(this.subscription.add(words(rest)) ? `+OK event listener enabled ${this.subscription.format}` : "-ERR no keywords supplied");
        this.#host.bus.file(this);
        return;
      case "nixevent":
        this.#reply(this.subscription.remove(words(rest)) ? "+OK events nixed" : "-ERR no keywords supplied");
        return;
      case "noevents":
        this.#reply(this.subscription.clear() ? "+OK no longer listening for events" : "-ERR not listening for events");
        return;
      case "filter":
        this.#filter(rest);
        return;
      case "myevents":
        this.#myEvents(rest);
        return;
      case "connect":
        if (this.#controlled) this.#write(connectReply(this.#controlled));
        else this.#reply("-ERR command not found");
        return;
      case "getvar":
        this.#reply(this.#controlled ? (this.#controlled.variable(rest) ?? "") || "-ERR command not found" : "-ERR command not found");
        return;
      case "resume":
        this.#reply(this.#controlled ? "+OK" : "-ERR command not found");
        return;
      case "linger":
        this.#linger(rest);
        return;
      case "nolinger":
        if (this.#controlled) this.#lingerSeconds = void 0;
        this.#reply(this.#controlled ? "+OK will not linger" : "-ERR not controlling a session");
        return;
      case "divert_events":
        this.#divert(rest);
        return;
      case "log":
        this.#reply(`+OK log level ${rest} [7]`);
        return;
      case "nolog":
        this.#reply("-ERR not loging");
        return;
      default:
        this.#reply("-ERR command not found");
    }
  }
  #api(rest) {
    const [name, argument] = split(rest);
    this.#writeApiReply(this.#host.api(name, argument) ?? `-ERR ${name} Command not found!
`);
  }
  #backgroundApi(rest, command) {
    const [name, argument] = split(rest);
    const uuid = command.headers.get("job-uuid") ?? randomUUID5();
    this.#write(`Content-Type: command/reply
Reply-Text: +OK Job-UUID: ${uuid}
Job-UUID: ${uuid}

`);
    const reply = this.#host.api(name, argument) ?? `-ERR ${name} Command not found!
`;
    this.#host.backgroundJob({ uuid, command: name, argument, reply });
  }
  #sendMessage(rest, command) {
    const uuid = rest !== "" ? rest : command.headers.get("session-id") ?? this.#controlled?.uuid ?? "";
    const channel = this.#controlled !== void 0 && this.#controlled.uuid === uuid ? this.#controlled : this.#host.channel(uuid);
    if (channel === void 0) {
      this.#reply(`-ERR invalid session id [${uuid}]`);
      return;
    }
    this.#reply("+OK");
    channel.message({ headers: command.headers, body: command.body });
  }
  #sendEvent(name, command) {
    const uuid = randomUUID5();
    this.#host.clientEvent(name === "" ? "CLONE" : name.toUpperCase(), { headers: command.headers, body: command.body }, uuid);
    this.#reply(`+OK ${uuid}`);
  }
  #filter(rest) {
    const [first, second, ...more] = words(rest);
    if (first === void 0 || second === void 0) {
      this.#reply("-ERR invalid syntax");
      return;
    }
    const verb = first.toLowerCase();
    if (verb === "delete") {
      const value = more.length > 0 ? more.join(" ") : void 0;
      this.subscription.deleteFilter(second, value);
      this.#reply(`+OK filter deleted. [${second}][${value ?? ""}]`);
    } else {
      const header3 = verb === "add" ? second : first;
      const value = verb === "add" ? more.join(" ") : [second, ...more].join(" ");
      this.subscription.addFilter(header3, value);
      this.#reply(`+OK filter added. [${header3}]=[${value}]`);
    }
    this.#host.bus.file(this);
  }
  #myEvents(rest) {
    const args = words(rest);
    const uuid = this.#controlled?.uuid ?? args[0];
    if (uuid === void 0 || this.#controlled === void 0 && this.#host.channel(uuid) === void 0) {
      this.#reply(uuid === void 0 ? "-ERR command not found" : "-ERR invalid uuid");
      return;
    }
    if (this.subscription.ownUuid !== void 0) {
      this.#reply("-ERR aready enabled.");
      return;
    }
    this.subscription.ownUuid = uuid;
    if (args.some((arg) => arg.toLowerCase() === "json")) this.subscription.format = "json";
    this.subscription.add(MY_EVENTS);
    this.#host.bus.file(this);
    this.#reply("+OK Events Enabled");
  }
  #linger(rest) {
    if (!this.#controlled) {
      this.#reply("-ERR not controlling a session");
      return;
    }
    const seconds = /^\d+/.exec(rest)?.[0];
    this.#lingerSeconds = seconds === void 0 ? LINGER_FOR_EVER_SECONDS : Number(seconds);
    this.#reply(seconds === void 0 ? "+OK will linger" : `+OK will linger ${Number(seconds)} seconds`);
  }
  #divert(rest) {
    if (!this.#controlled) this.#reply("-ERR not controlling a session.");
    else if (rest === "") this.#reply("-ERR missing value.");
    else this.#reply(rest.toLowerCase() === "on" ? "+OK events diverted" : "+OK events not diverted");
  }
  #reply(text2) {
    this.#write(`Content-Type: command/reply
Reply-Text: ${text2}

`);
  }
  #writeApiReply(text2) {
    const reply = text2 === "" ? "-ERR no reply\n" : text2;
    this.#write(`Content-Type: api/response
Content-Length: ${Buffer.byteLength(reply)}

${reply}`);
  }
  /** One write per turn of the loop: events come in bursts, and each write is a system call. */
  #write(text2) {
    this.#faults.pass(this.#controlled ? "event-socket-out" : "event-socket-in", text2, () => {
      if (this.#socket.destroyed || !this.#socket.writable) return;
      if (this.#socket.writableLength > MAX_BACKLOG_BYTES2) {
        this.#host.log("event socket: client does not read; connection cut");
        this.#socket.destroy();
        return;
      }
      if (!this.#corked) {
        this.#corked = true;
        this.#socket.cork();
        process.nextTick(() => {
          this.#corked = false;
          this.#socket.uncork();
        });
      }
      this.#socket.write(text2);
    });
  }
  #farewell() {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#lingerTimer);
    const session = this.#controlled ? `Controlled-Session-UUID: ${this.#controlled.uuid}
Content-Disposition: disconnect
` : "";
    this.#write(`Content-Type: text/disconnect-notice
${session}Content-Length: ${GOODBYE.length}

${GOODBYE}`);
    this.#socket.end();
  }
  #over() {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing = true;
    clearTimeout(this.#lingerTimer);
    this.#host.bus.remove(this);
    this.#onClosed(this);
  }
};
var MY_EVENTS = [
  "CHANNEL_ANSWER",
  "CHANNEL_APPLICATION",
  "CHANNEL_BRIDGE",
  "CHANNEL_CREATE",
  "CHANNEL_DATA",
  "CHANNEL_DESTROY",
  "CHANNEL_EXECUTE",
  "CHANNEL_EXECUTE_COMPLETE",
  "CHANNEL_HANGUP",
  "CHANNEL_HANGUP_COMPLETE",
  "CHANNEL_ORIGINATE",
  "CHANNEL_UUID",
  "CHANNEL_OUTGOING",
  "CHANNEL_PARK",
  "CHANNEL_PROGRESS",
  "CHANNEL_PROGRESS_MEDIA",
  "CHANNEL_STATE",
  "CHANNEL_UNBRIDGE",
  "CHANNEL_UNPARK",
  "DETECTED_SPEECH",
  "DTMF",
  "NOTALK",
  "TALK"
];
function words(text2) {
  return text2.split(/\s+/).filter((word) => word !== "");
}
function split(text2) {
  const space = text2.indexOf(" ");
  return space < 0 ? [text2, ""] : [text2.slice(0, space), text2.slice(space + 1)];
}
function connectReply(channel) {
  return `${channel.connectData()}Content-Type: command/reply
Reply-Text: %2BOK%0A
Socket-Mode: async
Control: full

`;
}

// src/embedded/eventsocket/event-socket-server.ts
var EventSocketServer = class {
  #host;
  #faults;
  #server;
  #inbound = /* @__PURE__ */ new Set();
  #outbound = /* @__PURE__ */ new Set();
  #dialling = /* @__PURE__ */ new Set();
  constructor(host, faults) {
    this.#host = host;
    this.#faults = faults;
    this.#server = createServer3({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#inbound.add(
        new EventSocketConnection(socket, {
          host,
          faults,
          onClosed: (connection) => {
            this.#inbound.delete(connection);
          }
        })
      );
    });
  }
  /** @throws ListenFailure */
  listen(address2, port2) {
    return listen(this.#server, { address: address2, port: port2, what: "event socket" });
  }
  get count() {
    return this.#inbound.size + this.#outbound.size;
  }
  /**
   * Dials an application for a channel (`socket <address>:<port> async full`).
   * @param onClosed called once when the connection is over, `undefined` when it could not be made
   */
  dial(target, channel, on) {
    const socket = connect2({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true });
    this.#dialling.add(socket);
    socket.once("connect", () => {
      this.#dialling.delete(socket);
      socket.removeListener("error", failed);
      const connection = new EventSocketConnection(socket, {
        host: this.#host,
        faults: this.#faults,
        controlled: channel,
        onClosed: (self) => {
          this.#outbound.delete(self);
          on.closed(true);
        }
      });
      this.#outbound.add(connection);
      on.open(connection);
    });
    const failed = (error) => {
      this.#dialling.delete(socket);
      socket.destroy();
      this.#host.log(`event socket: cannot reach ${target.address}:${target.port} for channel ${channel.uuid}: ${error.message}`);
      on.closed(false);
    };
    socket.once("error", failed);
  }
  /** Cuts connections without a word. */
  cut(which) {
    if (which !== "outbound") this.#inbound.forEach((connection) => connection.destroy());
    if (which !== "inbound") this.#outbound.forEach((connection) => connection.destroy());
  }
  async close() {
    this.cut("all");
    this.#dialling.forEach((socket) => socket.destroy());
    await closeServer(this.#server);
  }
};

// src/embedded/eventsocket/header-block.ts
var UNSAFE = /[\x00-\x20"#%&+:;<=>?@[\\\]^`{|}\x7f-\u{10ffff}]/gu;
function encodeValue(value) {
  if (!UNSAFE.test(value)) return value;
  UNSAFE.lastIndex = 0;
  return value.replace(UNSAFE, (char) => {
    let encoded = "";
    for (const byte of Buffer.from(char, "utf8")) encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    return encoded;
  });
}
var HeaderBlock = class {
  pairs;
  #json;
  #plain;
  constructor(pairs) {
    this.pairs = pairs;
  }
  /** `"Name":"value",...` without the braces; empty for an empty block. */
  get json() {
    this.#json ??= this.pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",");
    return this.#json;
  }
  /** `Name: value\n...`, values percent-encoded. */
  get plain() {
    this.#plain ??= this.pairs.map(([name, value]) => `${name}: ${encodeValue(value)}
`).join("");
    return this.#plain;
  }
  /** First value of a header; names are compared without regard to case. */
  get(name) {
    const wanted = name.toLowerCase();
    return this.pairs.find(([other]) => other.toLowerCase() === wanted)?.[1];
  }
};

// src/embedded/media/audio-clip.ts
import { open } from "node:fs/promises";

// src/rtp/resample.ts
var CROSSINGS = 16;
var PASS = 0.92;
var KAISER_BETA = 7.5;
var Resampler = class {
  #up;
  #down;
  #taps;
  #phases;
  /** Input not yet out of reach; its first sample has index `#first` in the whole input. */
  #input;
  #length = 0;
  #first;
  #consumed = 0;
  #produced = 0;
  constructor(fromRate, toRate) {
    const divisor = greatestCommonDivisor(fromRate, toRate);
    this.#up = toRate / divisor;
    this.#down = fromRate / divisor;
    const stretch = Math.max(1, fromRate / toRate);
    const half = Math.ceil(CROSSINGS * stretch);
    this.#taps = half * 2;
    this.#first = -half;
    this.#input = new Float64Array(this.#taps * 2);
    this.#length = half;
    const cutoff = PASS / stretch;
    this.#phases = Array.from({ length: this.#up }, (_, phase) => {
      const taps = Float64Array.from({ length: this.#taps }, (_unused, tap) => {
        const distance = tap - half + 1 - phase / this.#up;
        return sinc(distance * cutoff) * kaiser(distance / half);
      });
      const sum = taps.reduce((total, tap) => total + tap, 0);
      return taps.map((tap) => tap / sum);
    });
  }
  /** The output that the input so far decides. */
  push(samples) {
    this.#append(samples);
    this.#consumed += samples.length;
    return this.#produce(Math.floor((this.#first + this.#length - this.#taps / 2) * this.#up / this.#down));
  }
  /** The rest, once all input is in. */
  end() {
    this.#append(new Float64Array(this.#taps));
    return this.#produce(Math.ceil(this.#consumed * this.#up / this.#down));
  }
  #append(samples) {
    if (this.#length + samples.length > this.#input.length) {
      const larger = new Float64Array((this.#length + samples.length) * 2);
      larger.set(this.#input.subarray(0, this.#length));
      this.#input = larger;
    }
    this.#input.set(samples, this.#length);
    this.#length += samples.length;
  }
  /** Output samples up to (not including) index `until`. */
  #produce(until) {
    const output = new Int16Array(Math.max(0, until - this.#produced));
    const input = this.#input;
    for (let index = 0; index < output.length; index++) {
      const position = (this.#produced + index) * this.#down;
      const base = Math.floor(position / this.#up);
      const taps = this.#phases[position - base * this.#up] ?? new Float64Array();
      const start = base - this.#taps / 2 + 1 - this.#first;
      let sum = 0;
      for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (input[start + tap] ?? 0);
      output[index] = Math.max(-32768, Math.min(32767, Math.round(sum)));
    }
    this.#produced += output.length;
    const spent = Math.min(this.#length, Math.max(0, Math.floor(this.#produced * this.#down / this.#up) - this.#taps / 2 + 1 - this.#first));
    input.copyWithin(0, spent, this.#length);
    this.#length -= spent;
    this.#first += spent;
    return output;
  }
};
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
function kaiser(x) {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

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
var MULAW_SILENCE = 255;
var ALAW_SILENCE = 213;
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
function encodeG711(table, from, fromAt, count, into, intoAt = 0) {
  for (let index = 0; index < count; index++) into[intoAt + index] = table[(from[fromAt + index] ?? 0) & 65535] ?? 0;
}
function mapOctets(table, data, start, end) {
  for (let index = start; index < end; index++) data[index] = table[data[index] ?? 0] ?? 0;
}

// src/rtp/wav.ts
var WavError = class extends Error {
  constructor(message) {
    super(message);
    this.name = "WavError";
  }
};
var WAV_HEADER_BYTES = 44;
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
function pickChannel(interleaved, channels, channel) {
  if (channels === 1) return interleaved;
  const samples = new Int16Array(Math.floor(interleaved.length / channels));
  for (let index = 0; index < samples.length; index++) {
    if (channel !== void 0) {
      samples[index] = interleaved[index * channels + channel] ?? 0;
      continue;
    }
    let sum = 0;
    for (let one = 0; one < channels; one++) sum += interleaved[index * channels + one] ?? 0;
    samples[index] = Math.round(sum / channels);
  }
  return samples;
}
function wavHeader(channels, rate, dataBytes) {
  const header3 = Buffer.alloc(WAV_HEADER_BYTES);
  header3.write("RIFF", 0, "latin1");
  header3.writeUInt32LE(Math.min(4294967295, dataBytes + WAV_HEADER_BYTES - 8), 4);
  header3.write("WAVEfmt ", 8, "latin1");
  header3.writeUInt32LE(16, 16);
  header3.writeUInt16LE(1, 20);
  header3.writeUInt16LE(channels, 22);
  header3.writeUInt32LE(rate, 24);
  header3.writeUInt32LE(rate * channels * 2, 28);
  header3.writeUInt16LE(channels * 2, 32);
  header3.writeUInt16LE(16, 34);
  header3.write("data", 36, "latin1");
  header3.writeUInt32LE(Math.min(4294967295, dataBytes), 40);
  return header3;
}

// src/embedded/media/audio-clip.ts
var HEAD_BYTES = 64 * 1024;
var PORTION_BYTES = 32 * 1024;
var KEPT_SAMPLES = 16 * 1024 * 1024;
var MAX_SAMPLES = 90 * 60 * 8e3;
var ClipError = class extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
    this.name = "ClipError";
  }
  kind;
};
var AudioClip = class {
  samples;
  /** Samples that are there. */
  available = 0;
  complete = false;
  constructor(samples) {
    this.samples = new Int16Array(samples);
  }
};
var ClipLibrary = class {
  /** In the order of use, the oldest first. */
  #kept = /* @__PURE__ */ new Map();
  /**
   * The clip, as soon as its first portion is there. A file that has changed since is read anew.
   * @throws ClipError (rejects)
   */
  async open(path) {
    const file = await open(path, "r").catch((error) => {
      const code = error.code;
      throw new ClipError(code === "ENOENT" || code === "ENOTDIR" ? "notFound" : "unreadable", error.message);
    });
    let handedOn = false;
    try {
      const state = await file.stat();
      if (!state.isFile()) throw new ClipError("unreadable", `${path} is not a file`);
      const version = `${state.mtimeMs}/${state.size}`;
      const known = this.#kept.get(path);
      this.#kept.delete(path);
      if (known?.version === version) {
        this.#kept.set(path, known);
        return await known.clip;
      }
      handedOn = true;
      const kept = { version, clip: this.#read(file, path, state.size), samples: 0 };
      this.#kept.set(path, kept);
      const clip = await kept.clip.catch((error) => {
        if (this.#kept.get(path) === kept) this.#kept.delete(path);
        throw error instanceof WavError ? new ClipError("unreadable", `${path}: ${error.message}`) : error;
      });
      kept.samples = clip.samples.length;
      this.#forgetOldest();
      return clip;
    } finally {
      if (!handedOn) await file.close();
    }
  }
  #forgetOldest() {
    let total = 0;
    for (const kept of this.#kept.values()) total += kept.samples;
    for (const [path, kept] of this.#kept) {
      if (total <= KEPT_SAMPLES) return;
      total -= kept.samples;
      this.#kept.delete(path);
    }
  }
  /** Resolves with the first portion decoded; goes on reading, and closes the file. */
  async #read(file, path, size) {
    try {
      const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
      await file.read(head, 0, head.length, 0);
      const format = readWavFormat(head, size);
      const frames = format.dataBytes / (bytesPerSample(format.encoding) * format.channels);
      const samples = Math.ceil(frames * 8e3 / format.rate);
      if (samples > MAX_SAMPLES) throw new ClipError("unreadable", `${path} is longer than ${MAX_SAMPLES / 8e3 / 60} minutes`);
      const clip = new AudioClip(samples);
      const decoder = new PortionDecoder(format, clip);
      const rest = await decoder.portion(file, 0);
      if (rest === 0) {
        decoder.finish();
        await file.close();
      } else {
        void this.#readOn(file, path, decoder, rest);
      }
      return clip;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
  /** A file that cannot be read further ends where it is. */
  async #readOn(file, path, decoder, from) {
    try {
      for (let at = from; at !== 0; ) at = await decoder.portion(file, at);
    } catch {
      this.#kept.delete(path);
    } finally {
      decoder.finish();
      await file.close().catch(() => void 0);
    }
  }
};
var PortionDecoder = class {
  #format;
  #clip;
  #resampler;
  #portion;
  constructor(format, clip) {
    this.#format = format;
    this.#clip = clip;
    this.#resampler = format.rate === 8e3 ? void 0 : new Resampler(format.rate, 8e3);
    const frameBytes = bytesPerSample(format.encoding) * format.channels;
    this.#portion = Buffer.alloc(Math.floor(PORTION_BYTES / frameBytes) * frameBytes);
  }
  /** Reads what follows `at` (bytes into the samples). @returns where the next portion begins, 0 at the end */
  async portion(file, at) {
    const wanted = Math.min(this.#portion.length, this.#format.dataBytes - at);
    if (wanted === 0) return 0;
    const { bytesRead } = await file.read(this.#portion, 0, wanted, this.#format.dataStart + at);
    const mono = pickChannel(decodeSamples(this.#format.encoding, this.#portion.subarray(0, bytesRead)), this.#format.channels);
    this.#add(this.#resampler ? this.#resampler.push(mono) : mono);
    return bytesRead < wanted || at + wanted === this.#format.dataBytes ? 0 : at + wanted;
  }
  finish() {
    if (this.#resampler) this.#add(this.#resampler.end());
    this.#clip.complete = true;
  }
  #add(samples) {
    const room = this.#clip.samples.length - this.#clip.available;
    this.#clip.samples.set(samples.subarray(0, room), this.#clip.available);
    this.#clip.available += Math.min(samples.length, room);
  }
};

// src/embedded/media/frame-scheduler.ts
var FRAME_MS = 20;
var SLOTS = 4;
var SLOT_MS = FRAME_MS / SLOTS;
var FrameScheduler = class {
  #slots = Array.from({ length: SLOTS }, () => /* @__PURE__ */ new Set());
  #origin = performance.now();
  #timer;
  /** The last slot step that was run. */
  #step = 0;
  #worstDelayMs = 0;
  add(client) {
    let quietest = this.#slots[0];
    for (const slot of this.#slots) if (quietest === void 0 || slot.size < quietest.size) quietest = slot;
    quietest?.add(client);
    if (this.#timer === void 0) {
      this.#step = this.#stepAt(performance.now());
      this.#arm();
    }
  }
  remove(client) {
    let left = 0;
    for (const slot of this.#slots) {
      slot.delete(client);
      left += slot.size;
    }
    if (left === 0) {
      clearTimeout(this.#timer);
      this.#timer = void 0;
    }
  }
  /** Worst lateness of a beat since the last call of this method, ms. */
  takeWorstDelay() {
    const worst = this.#worstDelayMs;
    this.#worstDelayMs = 0;
    return worst;
  }
  #stepAt(now) {
    return Math.floor((now - this.#origin) / SLOT_MS);
  }
  #arm() {
    const wait2 = this.#origin + (this.#step + 1) * SLOT_MS - performance.now();
    this.#timer = setTimeout(this.#onTimer, Math.max(1, wait2));
  }
  #onTimer = () => {
    const now = performance.now();
    const step = this.#stepAt(now);
    const first = this.#step + 1;
    if (step >= first) {
      this.#worstDelayMs = Math.max(this.#worstDelayMs, now - (this.#origin + first * SLOT_MS));
      this.#step = step;
      const last = Math.min(step, first + SLOTS - 1);
      for (let one = first; one <= last; one++) {
        const due = Math.floor((step - one) / SLOTS) + 1;
        for (const client of this.#slots[one % SLOTS] ?? []) client.onFrame(due, now);
      }
    }
    clearTimeout(this.#timer);
    this.#timer = void 0;
    if (this.#slots.some((slot) => slot.size > 0)) this.#arm();
  };
};

// src/embedded/media/udp-socket.ts
import { createSocket as createSocket3 } from "node:dgram";
import { isIP as isIP3 } from "node:net";
var RECEIVE_BUFFER_BYTES = 64 * 1024;
var SEND_BUFFER_BYTES = 64 * 1024;
function openUdpSocket(address2, port2) {
  return new Promise((resolve, reject) => {
    const socket = createSocket3({
      type: isIP3(address2) === 6 ? "udp6" : "udp4",
      // Every address here is an IP address: the resolver, and its trip through the thread pool, is never needed.
      lookup: (host, family, callback) => {
        callback(null, host, Number(family));
      },
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      sendBufferSize: SEND_BUFFER_BYTES
    });
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: address2, port: port2, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
function closeUdpSocket(socket) {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      resolve();
    }
  });
}

// src/embedded/media/port-pairs.ts
var PortsExhausted = class extends Error {
  constructor(from, to) {
    super(`no free RTP port pair between ${from} and ${to}`);
    this.from = from;
    this.to = to;
    this.name = "PortsExhausted";
  }
  from;
  to;
  code = "PORTS_EXHAUSTED";
};
var ANY_PORT_TRIES = 50;
var PortPairs = class {
  #address;
  #from;
  #to;
  #taken = /* @__PURE__ */ new Set();
  #cursor;
  /** `[0, 0]`: any free pair of the system. */
  constructor(address2, [from, to]) {
    this.#address = address2;
    this.#from = from + (from & 1);
    this.#to = to;
    this.#cursor = this.#from;
  }
  /** @throws PortsExhausted (rejects), or another error of the operating system (`EADDRNOTAVAIL`: not an address of this machine) */
  async take() {
    if (this.#from === 0) return this.#takeAny();
    const pairs = Math.max(0, Math.floor((this.#to - this.#from + 1) / 2));
    for (let tries = 0; tries < pairs; tries++) {
      const port2 = this.#cursor;
      this.#cursor = port2 + 3 > this.#to ? this.#from : port2 + 2;
      if (this.#taken.has(port2)) continue;
      this.#taken.add(port2);
      const pair = await this.#bind(port2).catch((error) => {
        this.#taken.delete(port2);
        throw error;
      });
      if (pair) return pair;
      this.#taken.delete(port2);
    }
    throw new PortsExhausted(this.#from, this.#to);
  }
  /** Closes both sockets; the pair is free when this settles. */
  async release(pair) {
    await Promise.all([closeUdpSocket(pair.rtp), closeUdpSocket(pair.rtcp)]);
    this.#taken.delete(pair.port);
  }
  async #takeAny() {
    for (let tries = 0; tries < ANY_PORT_TRIES; tries++) {
      const probe = await openUdpSocket(this.#address, 0);
      const { port: port2 } = probe.address();
      await closeUdpSocket(probe);
      const even = port2 - (port2 & 1);
      const pair = await this.#bind(even);
      if (pair) return pair;
    }
    throw new PortsExhausted(0, 0);
  }
  /** @returns undefined when somebody else has one of the two */
  async #bind(port2) {
    const inUse = (error) => {
      if (error.code === "EADDRINUSE") return void 0;
      throw error;
    };
    const rtp = await openUdpSocket(this.#address, port2).catch(inUse);
    if (!rtp) return void 0;
    const rtcp = await openUdpSocket(this.#address, port2 + 1).catch(async (error) => {
      await closeUdpSocket(rtp);
      return inUse(error);
    });
    return rtcp && { port: port2, rtp, rtcp };
  }
};

// src/embedded/media/random.ts
import { randomFillSync } from "node:crypto";
var POOL = 256;
function randomSource(seed) {
  if (seed === void 0) {
    const pool = new Uint32Array(POOL);
    let used = POOL;
    return () => {
      if (used === POOL) {
        randomFillSync(pool);
        used = 0;
      }
      return pool[used++] ?? 0;
    };
  }
  let state = seed >>> 0;
  return () => {
    state = state + 1831565813 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return (mixed ^ mixed >>> 14) >>> 0;
  };
}

// src/embedded/media/rtp-channel.ts
import { EventEmitter } from "node:events";
import { isIP as isIP4 } from "node:net";

// src/rtp/level.ts
var FULL_SCALE_DBM0 = 3.14;
function amplitudeOf(dbm0) {
  return 32767 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20);
}

// src/rtp/oscillator.ts
var Oscillator = class {
  #coefficient;
  #previous;
  #current;
  /** Starts at phase 0: the first sample is 0, so that a tone begins without a click. */
  constructor(frequencyHz, rate = 8e3) {
    const step = 2 * Math.PI * frequencyHz / rate;
    this.#coefficient = 2 * Math.cos(step);
    this.#previous = -Math.sin(step);
    this.#current = 0;
  }
  /** -1..1 */
  next() {
    const value = this.#current;
    this.#current = this.#coefficient * value - this.#previous;
    this.#previous = value;
    return value;
  }
};

// src/rtp/dtmf-tones.ts
var DTMF_LOW_HZ = [697, 770, 852, 941];
var DTMF_HIGH_HZ = [1209, 1336, 1477, 1633];
var DTMF_GRID = "123A456B789C*0#D";
function dtmfFrequencies(digit) {
  const at = digit.length === 1 ? DTMF_GRID.indexOf(digit.toUpperCase()) : -1;
  const low = DTMF_LOW_HZ[at >> 2];
  const high = DTMF_HIGH_HZ[at & 3];
  if (at < 0 || low === void 0 || high === void 0) throw new TypeError(`not a key: ${JSON.stringify(digit)}`);
  return [low, high];
}
function dtmfTone(digit, options) {
  const { durationMs, lowDbm0 = -9, twistDb = 2, detune = 0, rate = 8e3 } = options;
  const [lowHz, highHz] = dtmfFrequencies(digit);
  const low = new Oscillator(lowHz * (1 + detune), rate);
  const high = new Oscillator(highHz * (1 + detune), rate);
  const lowAmplitude = amplitudeOf(lowDbm0);
  const highAmplitude = amplitudeOf(lowDbm0 + twistDb);
  const samples = new Int16Array(Math.round(durationMs * rate / 1e3));
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.max(-32768, Math.min(32767, Math.round(low.next() * lowAmplitude + high.next() * highAmplitude)));
  }
  return samples;
}

// src/rtp/packet.ts
var RTP_HEADER_BYTES = 12;
function emptyRtpHeader() {
  return { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 };
}
function readRtpHeader(data, into) {
  const length = data.length;
  if (length < RTP_HEADER_BYTES) return false;
  const first = data[0] ?? 0;
  if (first >> 6 !== 2) return false;
  const second = data[1] ?? 0;
  if (second >= 200 && second <= 204) return false;
  let start = RTP_HEADER_BYTES + (first & 15) * 4;
  let end = length;
  if (first & 16) {
    if (start + 4 > length) return false;
    start += 4 + ((data[start + 2] ?? 0) << 8 | (data[start + 3] ?? 0)) * 4;
  }
  if (first & 32) {
    const padding = data[length - 1] ?? 0;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  into.marker = second >= 128;
  into.payloadType = second & 127;
  into.sequence = (data[2] ?? 0) << 8 | (data[3] ?? 0);
  into.timestamp = readUint32(data, 4);
  into.ssrc = readUint32(data, 8);
  into.payloadStart = start;
  into.payloadEnd = end;
  return true;
}
function writeRtpHeader(into, marker, payloadType, sequence, timestamp, ssrc) {
  into[0] = 128;
  into[1] = (marker ? 128 : 0) | payloadType;
  into[2] = sequence >> 8;
  into[3] = sequence;
  writeUint32(into, 4, timestamp);
  writeUint32(into, 8, ssrc);
}
function sequenceDistance(a, b) {
  return a - b << 16 >> 16;
}
function timestampDistance(a, b) {
  return a - b | 0;
}
function readUint32(data, at) {
  return ((data[at] ?? 0) << 24 | (data[at + 1] ?? 0) << 16 | (data[at + 2] ?? 0) << 8 | (data[at + 3] ?? 0)) >>> 0;
}
function writeUint32(into, at, value) {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

// src/rtp/reception.ts
var MAX_DROPOUT = 3e3;
var Reception = class {
  ssrc = 0;
  received = 0;
  /** Of the last packet: a telephone event, whose own timestamp stands still, is counted with it. */
  lastTimestamp = 0;
  #base = -1;
  #cycles = 0;
  #highest = 0;
  #counted = 0;
  #jitter = 0;
  #transit = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  /** Losses of senders (SSRCs) that this one replaced. */
  #lostBefore = 0;
  /**
   * @param arrival in timestamp units, from any fixed start
   * @returns how far this packet is ahead of the highest seen: 1 in order, 0 a duplicate, below 0 late, above 1 after a gap; 1 for the first
   */
  packet(ssrc, sequence, timestamp, arrival) {
    this.received++;
    this.lastTimestamp = timestamp;
    const transit = arrival - timestamp | 0;
    const ahead = this.#base === -1 || ssrc !== this.ssrc ? MAX_DROPOUT : sequenceDistance(sequence, this.#highest);
    if (ahead >= MAX_DROPOUT || ahead <= -MAX_DROPOUT) {
      this.#restart(ssrc, sequence, transit);
      return 1;
    }
    this.#counted++;
    if (ahead > 0) {
      if (sequence < this.#highest) this.#cycles += 65536;
      this.#highest = sequence;
    }
    const change = Math.abs(transit - this.#transit | 0);
    this.#transit = transit;
    if (change < 8e3) this.#jitter += (change - this.#jitter) / 16;
    return ahead;
  }
  get lost() {
    return this.#lostBefore + Math.max(0, this.#expected - this.#counted);
  }
  /** Timestamp units. */
  get jitter() {
    return this.#jitter;
  }
  /** The report since the last call of this method; undefined while nothing was received. */
  report() {
    if (this.#base === -1) return void 0;
    const expected = this.#expected;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#counted - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#counted;
    return {
      ssrc: this.ssrc,
      fractionLost: expectedNow > 0 && lostNow > 0 ? lostNow / expectedNow : 0,
      cumulativeLost: expected - this.#counted,
      highestSequence: this.#cycles + this.#highest >>> 0,
      jitter: Math.floor(this.#jitter)
    };
  }
  get #expected() {
    return this.#base === -1 ? 0 : this.#cycles + this.#highest - this.#base + 1;
  }
  #restart(ssrc, sequence, transit) {
    this.#lostBefore = this.lost;
    this.ssrc = ssrc;
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#counted = 1;
    this.#jitter = 0;
    this.#transit = transit;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
  }
};

// src/rtp/telephone-event.ts
var DTMF_DIGITS = "0123456789*#ABCD";
function parseTelephoneEvent(payload, at = 0, end = payload.length) {
  if (end - at < 4) return void 0;
  const second = payload[at + 1] ?? 0;
  return { event: payload[at] ?? 0, end: (second & 128) !== 0, volume: second & 63, duration: (payload[at + 2] ?? 0) << 8 | (payload[at + 3] ?? 0) };
}
function writeTelephoneEvent(into, at, event) {
  into[at] = event.event;
  into[at + 1] = (event.end ? 128 : 0) | event.volume;
  into[at + 2] = event.duration >> 8;
  into[at + 3] = event.duration;
}
var END_COPIES = 3;
var MAX_DURATION = 65535;
var TelephoneEventSender = class {
  #event;
  #total;
  #step;
  #volume;
  #elapsed = 0;
  #endsSent = 0;
  #started = false;
  /** @throws TypeError when `digit` is not one of `0-9 * # A-D`. Durations over 8 s are cut to that: one segment is all that a key needs. */
  constructor(digit, options = {}) {
    this.#event = digit.length === 1 ? DTMF_DIGITS.indexOf(digit.toUpperCase()) : -1;
    if (this.#event < 0) throw new TypeError(`not a key: ${JSON.stringify(digit)}`);
    this.#step = (options.packetMs ?? 20) * 8;
    this.#total = Math.max(this.#step, Math.min(MAX_DURATION, Math.round((options.durationMs ?? 100) * 8)));
    this.#volume = options.volume ?? 10;
  }
  /** The next packet, to be called once every packet time; undefined when all are out. */
  next() {
    if (this.#endsSent === END_COPIES) return void 0;
    const marker = !this.#started;
    this.#started = true;
    this.#elapsed = Math.min(this.#total, this.#elapsed + this.#step);
    const end = this.#elapsed === this.#total && !marker;
    if (end) this.#endsSent++;
    return { event: this.#event, end, volume: this.#volume, duration: this.#elapsed, marker, last: this.#endsSent === END_COPIES };
  }
};
var LOST_END_MS = 150;
var LATE_LIMIT = 32e3;
var SEGMENT_DURATION = 61440;
var TelephoneEventReceiver = class {
  #onDigit;
  #event = -1;
  #timestamp = 0;
  #ssrc = 0;
  #duration = 0;
  /** Durations of the earlier segments of this event. */
  #earlier = 0;
  #start = 0;
  #open = false;
  #seenAt = 0;
  constructor(onDigit) {
    this.#onDigit = onDigit;
  }
  /** A key is down, or its end has not been heard of. */
  get open() {
    return this.#open;
  }
  /** @param now monotonic ms */
  packet(ssrc, timestamp, event, now) {
    if (event.event >= DTMF_DIGITS.length) return;
    if (this.#event >= 0 && ssrc === this.#ssrc) {
      const ahead = timestampDistance(timestamp, this.#timestamp);
      if (ahead < 0 && ahead > -LATE_LIMIT) return;
      if (ahead === 0 && event.event === this.#event) {
        if (!this.#open) return;
        this.#duration = Math.max(this.#duration, event.duration);
        this.#seenAt = now;
        if (event.end) this.#report();
        return;
      }
      if (this.#open && event.event === this.#event && this.#duration >= SEGMENT_DURATION && ahead <= MAX_DURATION + 8e3) {
        this.#earlier += ahead;
        this.#timestamp = timestamp;
        this.#duration = event.duration;
        this.#seenAt = now;
        if (event.end) this.#report();
        return;
      }
    }
    if (this.#open) this.#report();
    this.#event = event.event;
    this.#ssrc = ssrc;
    this.#timestamp = timestamp;
    this.#start = timestamp;
    this.#duration = event.duration;
    this.#earlier = 0;
    this.#seenAt = now;
    this.#open = true;
    if (event.end) this.#report();
  }
  /** Reports a key whose end packets were all lost. To be called now and then (every 20 to 100 ms) while `open`. */
  poll(now) {
    if (this.#open && now - this.#seenAt >= LOST_END_MS) this.#report();
  }
  #report() {
    this.#open = false;
    this.#onDigit({ digit: DTMF_DIGITS.charAt(this.#event), duration: this.#earlier + this.#duration, timestamp: this.#start });
  }
};

// src/embedded/media/digit-sender.ts
var DEFAULT_DURATION_MS = 100;
var DEFAULT_GAP_MS = 100;
var MIN_DURATION_MS = 40;
var MAX_DURATION_MS = 8e3;
var DigitSender = class {
  #queue = [];
  #event;
  #pauseMs = 0;
  /** A key is being sent as an event: audio waits. */
  get sendingEvent() {
    return this.#event !== void 0;
  }
  get idle() {
    return this.#queue.length === 0 && !this.#event && this.#pauseMs <= 0;
  }
  /** @throws TypeError for a character that is no key and no pause */
  add(digits, durationMs = DEFAULT_DURATION_MS, gapMs = DEFAULT_GAP_MS) {
    const length = Math.max(MIN_DURATION_MS, Math.min(MAX_DURATION_MS, durationMs));
    const items = Array.from(digits, (character) => {
      if (character === "w") return [{ kind: "pause", ms: 500 }];
      if (character === "W") return [{ kind: "pause", ms: 1e3 }];
      const digit = character.toUpperCase();
      if (!DTMF_DIGITS.includes(digit)) throw new TypeError(`not a key: ${JSON.stringify(character)}`);
      return [
        { kind: "key", digit, durationMs: length },
        { kind: "pause", ms: gapMs }
      ];
    }).flat();
    this.#queue.push(...items);
    return new Promise((resolve) => this.#queue.push({ kind: "end", settle: resolve }));
  }
  /**
   * To be asked once every packet time. @returns the event packet to send instead of audio, if any
   * @param sound plays the key's tones, where the party takes no events; `undefined` where it does
   */
  next(packetMs, sound) {
    if (this.#event) return this.#packet(this.#event);
    if (this.#pauseMs > 0) {
      this.#pauseMs -= packetMs;
      return void 0;
    }
    for (let item = this.#queue.shift(); item; item = this.#queue.shift()) {
      switch (item.kind) {
        case "end":
          item.settle("sent");
          continue;
        case "pause":
          this.#pauseMs = item.ms - packetMs;
          return void 0;
        case "key":
          if (sound) {
            sound(item.digit, item.durationMs);
            this.#pauseMs = item.durationMs - packetMs;
            return void 0;
          }
          this.#event = new TelephoneEventSender(item.digit, { durationMs: item.durationMs, packetMs });
          return this.#packet(this.#event);
      }
    }
    return void 0;
  }
  stop() {
    for (const item of this.#queue.splice(0)) if (item.kind === "end") item.settle("stopped");
    this.#event = void 0;
    this.#pauseMs = 0;
  }
  #packet(event) {
    const packet = event.next();
    if (!packet || packet.last) this.#event = void 0;
    return packet;
  }
};

// src/rtp/tone-stream.ts
var ToneSyntaxError = class extends Error {
  constructor(message) {
    super(message);
    this.name = "ToneSyntaxError";
  }
};
var MIN_DBM0 = -63;
var MAX_DBM0 = 0;
var MAX_FREQUENCIES = 18;
function parseToneStream(text2, rate = 8e3) {
  const samples = (ms) => Math.max(0, Math.round(ms * rate / 1e3));
  const loopsAt = /;\s*loops=(-?\d+)/i.exec(text2);
  const script = loopsAt ? text2.slice(0, loopsAt.index) : text2;
  const instructions = [];
  let dbm0 = -7;
  let onMs = 2e3;
  let offMs = 500;
  let repeats = 1;
  let scriptRuns = 1;
  let fadeEveryMs = 0;
  let fadeSign = 0;
  let fadeDb = 1;
  const add = (on, off, frequenciesHz) => {
    const fade = { everySamples: fadeSign === 0 ? 0 : Math.max(1, samples(fadeEveryMs)), stepDb: fadeSign * fadeDb };
    instructions.push({ onSamples: samples(on), offSamples: samples(off), frequenciesHz, dbm0, repeats, fade });
    repeats = 1;
  };
  const assign2 = (name, value) => {
    const number = Number.parseFloat(value);
    if (Number.isNaN(number)) throw new ToneSyntaxError(`${name}= needs a number, not ${JSON.stringify(value)}`);
    switch (name) {
      case "v":
        if (number >= MIN_DBM0 && number <= MAX_DBM0) dbm0 = number;
        return;
      case "d":
        onMs = number;
        return;
      case "w":
        offMs = number;
        return;
      case "l":
        repeats = number < 0 ? Infinity : Math.max(1, number);
        return;
      case "L":
        scriptRuns = Math.max(1, number);
        return;
      case ">":
      case "<":
        fadeSign = name === ">" ? -1 : 1;
        fadeEveryMs = number;
        return;
      case "+":
        fadeDb = number;
        return;
      case "c":
      case "r":
        return;
    }
  };
  for (const part2 of script.split(";")) {
    const instruction = part2.trim();
    const assignment = /^([crdvlLw><+])=(.*)$/s.exec(instruction);
    if (assignment) {
      assign2(assignment[1] ?? "", assignment[2] ?? "");
      continue;
    }
    let at = 0;
    while (at < instruction.length) {
      const rest = instruction.slice(at);
      const chord = /^\s*([%0-9*#A-D])(?:\(([^)]*)\))?/.exec(rest);
      if (!chord || chord[1] === "%" && chord[2] === void 0) throw new ToneSyntaxError(`not a tone: ${JSON.stringify(rest.trim().slice(0, 40))}`);
      at += chord[0].length;
      const numbers = chord[2]?.split(",").map(Number) ?? [];
      if (numbers.some((number) => Number.isNaN(number) || number < 0)) throw new ToneSyntaxError(`not numbers: (${chord[2] ?? ""})`);
      const [on = onMs, off = offMs, ...frequencies] = numbers;
      if (chord[1] === "%") {
        if (frequencies.length === 0 || frequencies.length > MAX_FREQUENCIES) throw new ToneSyntaxError(`%(on,off,frequency...) needs 1 to ${MAX_FREQUENCIES} frequencies`);
        add(on, off, frequencies);
      } else {
        if (numbers.length !== 0 && numbers.length !== 2) throw new ToneSyntaxError("a key takes (on,off)");
        add(on, off, dtmfFrequencies(chord[1] ?? ""));
      }
    }
  }
  if (instructions.length === 0) throw new ToneSyntaxError("no tones");
  const loops = loopsAt ? Number(loopsAt[1]) : 1;
  return { instructions, loops: (loops < 0 ? Infinity : Math.max(1, loops)) * scriptRuns };
}
var ToneStream = class {
  #program;
  #rate;
  #loop = 0;
  #index = 0;
  #repeat = 0;
  #position = 0;
  #oscillators = [];
  #amplitude = 0;
  #dbm0 = 0;
  /** @throws ToneSyntaxError when given a text that is none */
  constructor(program, rate = 8e3) {
    this.#program = typeof program === "string" ? parseToneStream(program, rate) : program;
    this.#rate = rate;
    if (this.#program.instructions.every((instruction) => instruction.onSamples + instruction.offSamples === 0)) this.#loop = this.#program.loops;
    this.#enter();
  }
  /** Writes up to `count` samples at `at`. @returns how many; fewer only at the end */
  read(into, at, count) {
    let done = 0;
    while (done < count) {
      const instruction = this.#current;
      if (!instruction) break;
      const length = instruction.onSamples + instruction.offSamples;
      if (this.#position >= length) {
        this.#advance(instruction);
        continue;
      }
      const toned = Math.min(count - done, instruction.onSamples - this.#position);
      if (toned > 0) {
        this.#render(instruction, into, at + done, toned);
        done += toned;
        this.#position += toned;
        continue;
      }
      const silent = Math.min(count - done, length - this.#position);
      into.fill(0, at + done, at + done + silent);
      done += silent;
      this.#position += silent;
    }
    return done;
  }
  get #current() {
    return this.#loop < this.#program.loops ? this.#program.instructions[this.#index] : void 0;
  }
  #advance(instruction) {
    if (++this.#repeat >= instruction.repeats || instruction.onSamples + instruction.offSamples === 0) {
      this.#repeat = 0;
      if (++this.#index >= this.#program.instructions.length) {
        this.#index = 0;
        this.#loop++;
      }
    }
    this.#enter();
  }
  #enter() {
    this.#position = 0;
    const instruction = this.#current;
    if (!instruction) return;
    this.#oscillators = instruction.frequenciesHz.map((frequency) => new Oscillator(frequency, this.#rate));
    this.#setLevel(instruction.dbm0, instruction.frequenciesHz.length);
  }
  #setLevel(dbm0, tones) {
    this.#dbm0 = dbm0;
    this.#amplitude = amplitudeOf(dbm0) / tones;
  }
  #render(instruction, into, at, count) {
    const { everySamples, stepDb } = instruction.fade;
    for (let index = 0; index < count; index++) {
      if (everySamples > 0 && (this.#position + index + 1) % everySamples === 0) {
        const next = this.#dbm0 + stepDb;
        if (next >= MIN_DBM0 && next <= MAX_DBM0) this.#setLevel(next, instruction.frequenciesHz.length);
      }
      let sum = 0;
      for (const oscillator of this.#oscillators) sum += oscillator.next();
      into[at + index] = sum * this.#amplitude;
    }
  }
};

// src/embedded/media/frame-source.ts
async function openFrameSource(source, clips) {
  switch (source.kind) {
    case "toneStream":
      try {
        return new ToneSource(new ToneStream(source.tones));
      } catch (error) {
        return { kind: "badTones", message: error.message };
      }
    case "silenceStream":
      return new SilenceSource(source.ms > 0 ? source.ms * 8 : Infinity);
    case "file":
      try {
        return new ClipSource(await clips.open(source.path), source.loops ?? 1);
      } catch (error) {
        return { kind: error instanceof ClipError ? error.kind : "unreadable", message: error.message };
      }
    case "sequence": {
      const opened = await Promise.all(source.sources.map((part2) => openFrameSource(part2, clips)));
      const playable = opened.filter((part2) => "read" in part2);
      const failed = opened.find((part2) => !("read" in part2));
      if (playable.length === 0 && failed) return failed;
      return new SequenceSource(playable);
    }
  }
}
var SampleSource = class {
  #samples;
  #position = 0;
  constructor(samples) {
    this.#samples = samples;
  }
  ended() {
    return this.#position >= this.#samples.length;
  }
  read(into, at, count) {
    const take = Math.min(count, this.#samples.length - this.#position);
    into.set(this.#samples.subarray(this.#position, this.#position + take), at);
    this.#position += take;
    return take;
  }
};
var ToneSource = class {
  #tones;
  #ended = false;
  constructor(tones) {
    this.#tones = tones;
  }
  read(into, at, count) {
    const done = this.#tones.read(into, at, count);
    if (done < count) this.#ended = true;
    return done;
  }
  ended() {
    return this.#ended;
  }
};
var SilenceSource = class {
  #left;
  constructor(samples) {
    this.#left = samples;
  }
  ended() {
    return this.#left <= 0;
  }
  read(into, at, count) {
    const take = Math.min(count, this.#left);
    into.fill(0, at, at + take);
    this.#left -= take;
    return take;
  }
};
var ClipSource = class {
  #clip;
  #position = 0;
  #loopsLeft;
  constructor(clip, loops) {
    this.#clip = clip;
    this.#loopsLeft = loops < 0 ? Infinity : Math.max(1, loops);
  }
  ended() {
    return this.#clip.complete && this.#position >= this.#clip.available && (this.#loopsLeft <= 1 || this.#clip.available === 0);
  }
  read(into, at, count) {
    let done = 0;
    while (done < count) {
      const take = Math.min(count - done, this.#clip.available - this.#position);
      if (take > 0) {
        into.set(this.#clip.samples.subarray(this.#position, this.#position + take), at + done);
        this.#position += take;
        done += take;
        continue;
      }
      if (!this.#clip.complete || this.ended()) return done;
      this.#loopsLeft--;
      this.#position = 0;
    }
    return done;
  }
};
var SequenceSource = class {
  #parts;
  constructor(parts2) {
    this.#parts = parts2;
  }
  ended() {
    return this.#parts.every((part2) => part2.ended());
  }
  read(into, at, count) {
    let done = 0;
    for (let part2 = this.#parts[0]; part2 && done < count; part2 = this.#parts[0]) {
      done += part2.read(into, at + done, count - done);
      if (!part2.ended()) break;
      this.#parts.shift();
    }
    return done;
  }
};

// src/rtp/goertzel-dtmf.ts
var BLOCK = 102;
var HOP = BLOCK / 2;
var RATE = 8e3;
var MIN_TONE_DBM0 = -32;
var MIN_SHARE = 0.72;
var MAX_TWIST = 10 ** (8 / 10);
var MIN_TWIST = 10 ** (-10 / 10);
var MIN_LEAD = 10 ** (1 / 10);
var MAX_DETUNE = 0.025;
var HITS_TO_START = 3;
var MISSES_TO_END = 3;
var WINDOW = Float64Array.from({ length: BLOCK }, (_, index) => 0.5 - 0.5 * Math.cos(2 * Math.PI * (index + 0.5) / BLOCK));
var WINDOW_SUM = WINDOW.reduce((sum, weight) => sum + weight, 0);
var WINDOW_ENERGY = WINDOW.reduce((sum, weight) => sum + weight * weight, 0);
var FREQUENCIES = [...DTMF_LOW_HZ, ...DTMF_HIGH_HZ];
var STEPS = Float64Array.from(FREQUENCIES, (frequency) => 2 * Math.PI * frequency / RATE);
var COEFFICIENTS = STEPS.map((step) => 2 * Math.cos(step));
var COSINES = STEPS.map(Math.cos);
var SINES = STEPS.map(Math.sin);
var MIN_POWER = (amplitudeOf(MIN_TONE_DBM0) * WINDOW_SUM / 2) ** 2;
var GoertzelDtmf = class {
  #onDigit;
  /** The last block's worth of samples; the second half is filled next. */
  #samples = new Float64Array(BLOCK);
  #filled = HOP;
  #power = new Float64Array(8);
  #phase = new Float64Array(8);
  #phaseBefore = new Float64Array(8);
  /** Grid index of the block before, -1 for none; and how often in a row. */
  #candidate = -1;
  #hits = 0;
  #key = -1;
  #keyHops = 0;
  #misses = 0;
  constructor(onDigit) {
    this.#onDigit = onDigit;
  }
  /** Linear samples at 8 kHz, in any portion. */
  push(samples, from = 0, count = samples.length - from) {
    for (let index = from; index < from + count; index++) {
      this.#samples[this.#filled++] = samples[index] ?? 0;
      if (this.#filled === BLOCK) {
        this.#judge(this.#analyse());
        this.#samples.copyWithin(0, HOP);
        this.#filled = HOP;
      }
    }
  }
  /** Tells a key that is still sounding when the audio ends. */
  flush() {
    this.#end();
  }
  /** @returns the grid index of the key in this block, -1 for none */
  #analyse() {
    let energy = 0;
    const windowed = scratch;
    for (let index = 0; index < BLOCK; index++) {
      const value = (this.#samples[index] ?? 0) * (WINDOW[index] ?? 0);
      windowed[index] = value;
      energy += value * value;
    }
    this.#phaseBefore.set(this.#phase);
    if (energy < MIN_POWER / BLOCK) return -1;
    for (let tone = 0; tone < 8; tone++) this.#filter(tone, windowed);
    const low = this.#strongest(0);
    const high = this.#strongest(4);
    const lowPower = this.#power[low] ?? 0;
    const highPower = this.#power[high] ?? 0;
    if (lowPower < MIN_POWER || highPower < MIN_POWER) return -1;
    if (highPower > lowPower * MAX_TWIST || highPower < lowPower * MIN_TWIST) return -1;
    const share = 2 * (lowPower + highPower) / (WINDOW_SUM * WINDOW_SUM) * (WINDOW_ENERGY / energy);
    if (share < MIN_SHARE) return -1;
    if (!this.#leads(low, 0) || !this.#leads(high, 4)) return -1;
    if (!this.#onFrequency(low) || !this.#onFrequency(high)) return -1;
    return low * 4 + (high - 4);
  }
  #filter(tone, windowed) {
    const coefficient = COEFFICIENTS[tone] ?? 0;
    let s1 = 0;
    let s2 = 0;
    for (let index = 0; index < BLOCK; index++) {
      const s0 = (windowed[index] ?? 0) + coefficient * s1 - s2;
      s2 = s1;
      s1 = s0;
    }
    const real = s1 - s2 * (COSINES[tone] ?? 0);
    const imaginary = s2 * (SINES[tone] ?? 0);
    this.#power[tone] = real * real + imaginary * imaginary;
    this.#phase[tone] = Math.atan2(imaginary, real);
  }
  #strongest(first) {
    let best = first;
    for (let tone = first + 1; tone < first + 4; tone++) if ((this.#power[tone] ?? 0) > (this.#power[best] ?? 0)) best = tone;
    return best;
  }
  #leads(tone, first) {
    const power = this.#power[tone] ?? 0;
    for (let other = first; other < first + 4; other++) if (other !== tone && power < (this.#power[other] ?? 0) * MIN_LEAD) return false;
    return true;
  }
  /** Whether the tone's phase turned since the block before as its nominal frequency would have it, within the limit. */
  #onFrequency(tone) {
    const turned = (this.#phase[tone] ?? 0) - (this.#phaseBefore[tone] ?? 0) - (STEPS[tone] ?? 0) * HOP;
    const wrapped = turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI));
    const offsetHz = wrapped / HOP * (RATE / (2 * Math.PI));
    return Math.abs(offsetHz) <= (FREQUENCIES[tone] ?? 0) * MAX_DETUNE;
  }
  #judge(found) {
    if (found >= 0 && found === this.#candidate) this.#hits++;
    else this.#hits = found >= 0 ? 1 : 0;
    this.#candidate = found;
    if (this.#key >= 0) {
      this.#keyHops++;
      if (found === this.#key) this.#misses = 0;
      else if (++this.#misses >= MISSES_TO_END || this.#hits >= HITS_TO_START && found !== this.#key) this.#end();
    }
    if (this.#key < 0 && this.#hits >= HITS_TO_START) {
      this.#key = found;
      this.#keyHops = this.#hits;
      this.#misses = 0;
    }
  }
  #end() {
    if (this.#key < 0) return;
    const digit = DTMF_GRID.charAt(this.#key);
    const durationMs = Math.round((this.#keyHops - this.#misses + 1) * HOP * 1e3 / RATE);
    this.#key = -1;
    this.#misses = 0;
    this.#onDigit({ digit, durationMs });
  }
};
var scratch = new Float64Array(BLOCK);

// src/rtp/jitter-buffer.ts
var RESTART_DISTANCE = 1e3;
var JitterBuffer = class {
  #slots;
  #delayFrames;
  #next = -1;
  #depth = 0;
  #primed = false;
  late = 0;
  lost = 0;
  /** @param maxFrameBytes longer payloads are cut */
  constructor(options = {}) {
    this.#delayFrames = options.delayFrames ?? 3;
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(options.capacity ?? 16, this.#delayFrames * 4)));
    this.#slots = Array.from({ length: capacity }, () => ({ sequence: -1, timestamp: 0, length: 0, data: new Uint8Array(options.maxFrameBytes ?? 480) }));
  }
  /** Frames that wait. */
  get depth() {
    return this.#depth;
  }
  /** Takes a copy of the payload. @returns false when it came too late or twice */
  push(sequence, timestamp, payload, from = 0, to = payload.length) {
    if (this.#next < 0) this.#next = sequence;
    let ahead = sequenceDistance(sequence, this.#next);
    if (Math.abs(ahead) > RESTART_DISTANCE) {
      this.reset();
      this.#next = sequence;
      ahead = 0;
    }
    if (ahead < 0) {
      if (this.#primed || ahead <= -this.#delayFrames) {
        this.late++;
        return false;
      }
      this.#next = sequence;
      ahead = 0;
    }
    while (ahead >= this.#slots.length) {
      this.#skip();
      ahead--;
    }
    const slot = this.#slot(sequence);
    if (slot.sequence === sequence) return false;
    slot.sequence = sequence;
    slot.timestamp = timestamp;
    slot.length = Math.min(to - from, slot.data.length);
    for (let index = 0; index < slot.length; index++) slot.data[index] = payload[from + index] ?? 0;
    this.#depth++;
    return true;
  }
  /** For a consumer that keeps time. `waiting`: not enough has come yet (at the start, after a pause). `lost`: this frame is missing. */
  pop() {
    if (!this.#primed) {
      if (this.#depth < this.#delayFrames) return "waiting";
      this.#primed = true;
    }
    if (this.#depth === 0) {
      this.#primed = false;
      this.#next = -1;
      return "waiting";
    }
    if (this.#depth > this.#delayFrames * 2) this.#skip();
    return this.#take() ?? "lost";
  }
  /** For a consumer that only wants order: every frame that can be given out now. */
  drain(onFrame) {
    this.#primed = true;
    while (this.#depth > 0) {
      if (this.#slot(this.#next).sequence !== this.#next && this.#depth < this.#delayFrames) return;
      const frame3 = this.#take();
      if (frame3) onFrame(frame3);
    }
  }
  reset() {
    for (const slot of this.#slots) slot.sequence = -1;
    this.#depth = 0;
    this.#next = -1;
    this.#primed = false;
  }
  #slot(sequence) {
    return this.#slots[sequence % this.#slots.length];
  }
  #take() {
    const slot = this.#slot(this.#next);
    const found = slot.sequence === this.#next;
    this.#next = this.#next + 1 & 65535;
    if (!found) {
      this.lost++;
      return void 0;
    }
    this.#depth--;
    const frame3 = { sequence: slot.sequence, timestamp: slot.timestamp, data: slot.data.subarray(0, slot.length) };
    slot.sequence = -1;
    return frame3;
  }
  #skip() {
    this.#take();
  }
};

// src/embedded/media/inband-listener.ts
var longest = new Int16Array(480);
var InbandListener = class {
  #order = new JitterBuffer();
  #detector;
  constructor(onDigit) {
    this.#detector = new GoertzelDtmf(onDigit);
  }
  packet(sequence, timestamp, table, data, from, to) {
    if (!this.#order.push(sequence, timestamp, data, from, to)) return;
    this.#order.drain((frame3) => {
      for (let index = 0; index < frame3.data.length; index++) longest[index] = table[frame3.data[index] ?? 0] ?? 0;
      this.#detector.push(longest, 0, frame3.data.length);
    });
  }
};

// src/embedded/media/inbound-timeline.ts
var WINDOW_PACKETS = 50;
var STEADILY_LATE = 480;
var STEADILY_EARLY = -320;
var JUMP_EARLY = -1600;
var JUMP_LATE = 4e3;
var TALK_LATE = 480;
var InboundTimeline = class {
  /** Changes whenever positions are anchored anew. */
  generation = 0;
  #ssrc = 0;
  #anchored = false;
  #timestamp = 0;
  #position = 0;
  #earliest = Infinity;
  #packets = 0;
  /** Place (samples on the engine's clock) of an audio packet. @param arrival the engine's clock now */
  position(ssrc, timestamp, arrival, marker) {
    if (!this.#anchored || ssrc !== this.#ssrc) return this.#anchor(ssrc, timestamp, arrival);
    const position = this.#position + timestampDistance(timestamp, this.#timestamp);
    const late = arrival - position;
    if (late < JUMP_EARLY || late > JUMP_LATE || marker && late > TALK_LATE) return this.#anchor(ssrc, timestamp, arrival);
    if (late < this.#earliest) this.#earliest = late;
    this.#timestamp = timestamp;
    this.#position = position;
    if (++this.#packets >= WINDOW_PACKETS) {
      if (this.#earliest > STEADILY_LATE || this.#earliest < STEADILY_EARLY) {
        this.#position += Math.round(this.#earliest);
        this.generation++;
      }
      this.#earliest = Infinity;
      this.#packets = 0;
    }
    return position;
  }
  /** Place of a telephone event's start, whose packets come ever later after it: tells nothing of the sender's clock. */
  eventPosition(ssrc, timestamp, arrival) {
    if (!this.#anchored || ssrc !== this.#ssrc) return this.#anchor(ssrc, timestamp, arrival);
    return this.#position + timestampDistance(timestamp, this.#timestamp);
  }
  #anchor(ssrc, timestamp, arrival) {
    this.#anchored = true;
    this.#ssrc = ssrc;
    this.#timestamp = timestamp;
    this.#position = Math.round(arrival);
    this.#earliest = Infinity;
    this.#packets = 0;
    this.generation++;
    return this.#position;
  }
};

// src/embedded/media/law.ts
var LAWS = {
  PCMU: { codec: "PCMU", staticPayloadType: 0, toLinear: MULAW_TO_LINEAR, fromLinear: LINEAR_TO_MULAW, toOther: MULAW_TO_ALAW, silence: MULAW_SILENCE },
  PCMA: { codec: "PCMA", staticPayloadType: 8, toLinear: ALAW_TO_LINEAR, fromLinear: LINEAR_TO_ALAW, toOther: ALAW_TO_MULAW, silence: ALAW_SILENCE }
};

// src/embedded/media/outbound-stream.ts
var SOURCE_RESTART = 500;
var REORDER_WINDOW = 100;
var OutboundStream = class {
  ssrc;
  /** Number of the packet that `own` or `relay` has just placed. */
  sequence = 0;
  timestamp = 0;
  marker = false;
  #base;
  #nextSequence;
  #nextTimestamp = 0;
  /** Something was left out, or another source was heard: the next packet of our own is not to lag behind the clock. */
  #skipped = true;
  #started = false;
  #afterRelay = false;
  // The relayed source in force; `#source` undefined: the next relayed packet starts a new mapping.
  #source;
  #sourceSsrc = 0;
  #sourceGeneration = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #lastSourceSequence = 0;
  #firstSourceSequence = 0;
  /** @param random 32-bit random numbers (RFC 3550 section 5.1 wants SSRC, first sequence number and first timestamp unpredictable) */
  constructor(random) {
    this.ssrc = random() >>> 0;
    this.#nextSequence = random() & 65535;
    this.#base = random() >>> 0;
  }
  /** How far the stream is ahead of the clock, samples; negative: behind. */
  lead(position) {
    return this.#started ? timestampDistance(this.#nextTimestamp, this.timestampAt(position)) : 0;
  }
  timestampAt(position) {
    return this.#base + Math.floor(position) >>> 0;
  }
  /** The place, on the clock, of the packet that was just placed. */
  placedAt(position) {
    return position + timestampDistance(this.timestamp, this.timestampAt(position));
  }
  /** A frame's time passes without a packet: the next one catches up with the clock. */
  skip() {
    this.#skipped = true;
  }
  /**
   * Places a packet that we make ourselves: right after the one before, however late it comes, unless there was a pause. `startsTalk`: the first
   * of a play, which a receiver may use to settle its buffer anew.
   */
  own(position, samples, startsTalk) {
    const paused = this.#catchUp(position);
    this.marker = paused || startsTalk || this.#afterRelay;
    this.#afterRelay = false;
    this.#source = void 0;
    this.sequence = this.#nextSequence;
    this.timestamp = this.#nextTimestamp;
    this.#nextSequence = this.#nextSequence + 1 & 65535;
    this.#nextTimestamp = this.#nextTimestamp + samples >>> 0;
  }
  /** Starts a telephone event: its packets share one timestamp. `eventPacket` places each of them. */
  beginEvent(position) {
    this.#catchUp(position);
    this.#source = void 0;
    this.#afterRelay = false;
    return this.#nextTimestamp;
  }
  /** @param start what `beginEvent` gave. @param samples time that passes with this packet */
  eventPacket(start, marker, samples) {
    this.marker = marker;
    this.sequence = this.#nextSequence;
    this.timestamp = start;
    this.#nextSequence = this.#nextSequence + 1 & 65535;
    this.#nextTimestamp = this.#nextTimestamp + samples >>> 0;
  }
  /**
   * Places a packet of another party's stream. Gaps and order of the source are kept, so that the receiver sees loss as loss.
   * @param source identity of the sending channel. @param generation changes when the source's positions were anchored anew
   * @param samples duration; 0 for a telephone event
   * @returns false when it must be dropped: it belongs before what has been sent since
   */
  relay(source, ssrc, generation, sequence, position, samples, marker) {
    const known = source === this.#source && ssrc === this.#sourceSsrc && generation === this.#sourceGeneration;
    const ahead = known ? sequenceDistance(sequence, this.#lastSourceSequence) : 0;
    if (!known || ahead > SOURCE_RESTART || ahead < -SOURCE_RESTART) {
      this.#source = source;
      this.#sourceSsrc = ssrc;
      this.#sourceGeneration = generation;
      this.#sequenceOffset = this.#nextSequence - sequence;
      this.#firstSourceSequence = sequence;
      this.#lastSourceSequence = sequence;
      const overlap = this.lead(position);
      this.#timestampOffset = overlap > 0 ? overlap : 0;
      this.#started = true;
      this.#afterRelay = true;
      this.#skipped = true;
      marker = true;
      this.#nextTimestamp = this.timestampAt(position + this.#timestampOffset);
    } else {
      if (sequenceDistance(sequence, this.#firstSourceSequence) < 0) return false;
      if (ahead > 0) {
        this.#lastSourceSequence = sequence;
        if (sequenceDistance(sequence, this.#firstSourceSequence) > REORDER_WINDOW) this.#firstSourceSequence = sequence - REORDER_WINDOW & 65535;
      }
    }
    this.marker = marker;
    this.sequence = sequence + this.#sequenceOffset & 65535;
    this.timestamp = this.timestampAt(position + this.#timestampOffset);
    if (sequenceDistance(this.sequence, this.#nextSequence) >= 0) this.#nextSequence = this.sequence + 1 & 65535;
    const end = this.timestamp + samples >>> 0;
    if (timestampDistance(end, this.#nextTimestamp) > 0) this.#nextTimestamp = end;
    return true;
  }
  /** After a pause brings the timestamp to now, unless the stream is ahead of the clock. @returns whether it jumped */
  #catchUp(position) {
    const jumps = !this.#started || this.#skipped && this.lead(position) < 0;
    this.#skipped = false;
    if (jumps) this.#nextTimestamp = this.timestampAt(position);
    this.#started = true;
    return jumps;
  }
};

// src/embedded/media/player.ts
var Play = class {
  started;
  ended;
  /** Undefined while it is being opened. */
  source;
  samples = 0;
  over = false;
  #settleStarted;
  #settleEnded;
  #onOver;
  constructor(onOver) {
    this.#onOver = onOver;
    let settleStarted = () => void 0;
    let settleEnded = () => void 0;
    this.started = new Promise((resolve) => settleStarted = resolve);
    this.ended = new Promise((resolve) => settleEnded = resolve);
    this.#settleStarted = settleStarted;
    this.#settleEnded = settleEnded;
  }
  /** So many samples of it are on their way. @returns true the first time */
  sent(samples) {
    const first = this.samples === 0 && samples > 0;
    this.samples += samples;
    if (first) this.#settleStarted(true);
    return first;
  }
  stop() {
    this.finish("stopped");
  }
  finish(reason, error) {
    if (this.over) return;
    this.over = true;
    this.source = void 0;
    this.#onOver(this);
    this.#settleStarted(false);
    this.#settleEnded({ reason, playedMs: this.samples / 8, lastSample: this.samples, ...error && { error } });
  }
};
var Player = class {
  #clips;
  #onReady;
  #stack = [];
  /** @param onReady there is something to be heard where there was nothing */
  constructor(clips, onReady) {
    this.#clips = clips;
    this.#onReady = onReady;
  }
  /** Something is to be heard (or about to be: a play that is being opened lets the one below it sound on). */
  get active() {
    for (const play of this.#stack) if (play.source) return true;
    return false;
  }
  get count() {
    return this.#stack.length;
  }
  play(source) {
    const play = this.#push();
    void openFrameSource(source, this.#clips).then((opened) => {
      if (play.over) return;
      if (!("read" in opened)) {
        play.finish("error", opened);
        return;
      }
      const first = !this.active;
      play.source = opened;
      if (first) this.#onReady();
    });
    return play;
  }
  /** Plays what is open already, from the next frame on. */
  playNow(source) {
    const play = this.#push();
    play.source = source;
    return play;
  }
  stopAll() {
    const plays = [...this.#stack];
    for (const play of plays) play.stop();
    return plays.length;
  }
  /**
   * Fills one frame from the top of the stack; a play that ends within it is followed by the one below at once.
   * @returns 0: nothing to play; 1: audio; 2: audio, and a play began with it
   */
  fill(frame3, samples) {
    let filled = 0;
    let began = false;
    for (let index = this.#stack.length - 1; index >= 0 && filled < samples; index--) {
      const play = this.#stack[index];
      if (!play?.source) continue;
      if (!play.source.ended()) {
        const done = play.source.read(frame3, filled, samples - filled);
        if (done > 0 && play.sent(done)) began = true;
        filled += done;
        if (!play.source.ended()) {
          frame3.fill(0, filled, samples);
          return began ? 2 : 1;
        }
        if (filled >= samples) break;
      }
      play.finish("done");
    }
    if (filled === 0) return 0;
    frame3.fill(0, filled, samples);
    return began ? 2 : 1;
  }
  #push() {
    const play = new Play((over) => {
      const at = this.#stack.indexOf(over);
      if (at >= 0) this.#stack.splice(at, 1);
    });
    this.#stack.push(play);
    return play;
  }
};

// src/rtp/wav-spool-writer.ts
import { close, open as open2, write } from "node:fs";
var MAX_WAITING = 30;
var spare = /* @__PURE__ */ new Map();
var MAX_SPARE = 64;
var WavSpoolWriter = class _WavSpoolWriter {
  path;
  #fd;
  #channels;
  #rate;
  #portionBytes;
  #onError;
  #waiting = [];
  #portion;
  #filled = 0;
  /** Bytes of samples handed over to be written, dropped ones included (they become a hole of silence). */
  #accepted = 0;
  /** Bytes of samples that are in the file. */
  #written = 0;
  #writing = false;
  #error;
  #ended;
  #onIdle;
  constructor(path, fd, options) {
    this.path = path;
    this.#fd = fd;
    this.#channels = options.channels;
    this.#rate = options.rate ?? 8e3;
    const frames = Math.max(1, Math.round(this.#rate * (options.portionMs ?? 1e3) / 1e3));
    this.#portionBytes = frames * this.#channels * 2;
    this.#onError = options.onError;
  }
  /** Creates the file (or empties it) with a header of length 0. @throws Error (rejects) of the operating system */
  static async open(path, options) {
    const fd = await new Promise((resolve, reject) => {
      open2(path, "w", (error2, opened) => error2 ? reject(error2) : resolve(opened));
    });
    const writer = new _WavSpoolWriter(path, fd, options);
    const error = await writer.#writeAt(wavHeader(options.channels, writer.#rate, 0), WAV_HEADER_BYTES, 0);
    if (error) {
      await writer.#close();
      throw error;
    }
    return writer;
  }
  /** Samples accepted so far, a channel. */
  get samples() {
    return (this.#accepted + this.#filled) / (2 * this.#channels);
  }
  get error() {
    return this.#error;
  }
  /** Takes a copy of interleaved samples. After an error or `end()` they are forgotten. */
  append(samples, from = 0, count = samples.length - from) {
    if (this.#error ?? this.#ended) return;
    let at = samples.byteOffset + from * 2;
    const end = at + count * 2;
    while (at < end) {
      this.#portion ??= spare.get(this.#portionBytes)?.pop() ?? Buffer.allocUnsafeSlow(this.#portionBytes);
      const bytes = Math.min(end - at, this.#portionBytes - this.#filled);
      this.#portion.set(new Uint8Array(samples.buffer, at, bytes), this.#filled);
      at += bytes;
      this.#filled += bytes;
      if (this.#filled === this.#portionBytes) this.#handOver();
    }
  }
  /** Writes the rest, corrects the header, closes the file. May be called twice. Never rejects. */
  end() {
    this.#ended ??= this.#finish();
    return this.#ended;
  }
  async #finish() {
    if (!this.#error) this.#handOver();
    if (this.#writing) await new Promise((resolve) => this.#onIdle = resolve);
    this.#release();
    await this.#close();
    const samples = this.#written / (2 * this.#channels);
    return this.#error ? { samples, error: this.#error.message } : { samples };
  }
  #handOver() {
    const buffer = this.#portion;
    const bytes = this.#filled;
    if (!buffer || bytes === 0) return;
    this.#portion = void 0;
    this.#filled = 0;
    const at = this.#accepted;
    this.#accepted += bytes;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#fail(new Error(`the disk does not keep up: ${MAX_WAITING} portions are waiting for ${this.path}`));
      return;
    }
    this.#waiting.push({ buffer, bytes, at });
    if (!this.#writing) this.#writeNext();
  }
  #writeNext() {
    const next = this.#waiting.shift();
    if (!next || this.#error) {
      this.#writing = false;
      this.#onIdle?.();
      return;
    }
    this.#writing = true;
    void this.#writePortion(next.buffer, next.bytes, next.at).then(() => this.#writeNext());
  }
  async #writePortion(buffer, bytes, at) {
    let error = await this.#writeAt(buffer, bytes, WAV_HEADER_BYTES + at);
    if (!error) {
      error = await this.#writeAt(wavHeader(this.#channels, this.#rate, at + bytes), WAV_HEADER_BYTES, 0);
      this.#written = at + bytes;
    }
    const buffers = spare.get(buffer.length) ?? [];
    if (buffers.length < MAX_SPARE) buffers.push(buffer);
    spare.set(buffer.length, buffers);
    if (error) this.#fail(error);
  }
  /** All of it, however many calls the system needs. @returns the error; a short write that makes no progress is one */
  #writeAt(buffer, bytes, position, from = 0) {
    return new Promise((resolve) => {
      write(this.#fd, buffer, from, bytes - from, position, (error, done) => {
        if (error) resolve(error);
        else if (from + done >= bytes) resolve(void 0);
        else if (done === 0) resolve(new Error(`ENOSPC: nothing was written to ${this.path}`));
        else resolve(this.#writeAt(buffer, bytes, position + done, from + done));
      });
    });
  }
  #fail(error) {
    if (this.#error) return;
    this.#error = error;
    this.#waiting.length = 0;
    this.#onError?.(error);
  }
  #release() {
    this.#portion = void 0;
    this.#filled = 0;
  }
  #close() {
    return new Promise((resolve) => {
      close(this.#fd, (error) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
  }
};

// src/embedded/media/recorder.ts
var RING = 16384;
var MASK = RING - 1;
var NOTHING = -32768;
var LATENESS = 4e3;
var CONCEALED = 480;
var REPEATED = 160;
var PORTION = 8e3;
var portion = new Int16Array(PORTION * 2);
var Recorder = class _Recorder {
  path;
  ended;
  #writer;
  #stereo;
  #swap;
  /** Interleaved: left at even places. */
  #ring = new Int16Array(RING * 2).fill(NOTHING);
  /** Position of the recording's first sample, and of the first one not yet in the file. */
  #start;
  #flushed;
  #missing = [CONCEALED, CONCEALED];
  #now;
  #onOver;
  #settle = () => void 0;
  #stopping = false;
  constructor(path, writer, options, now, onOver) {
    this.path = path;
    this.#writer = writer;
    this.#stereo = options.stereo ?? false;
    this.#swap = options.swapChannels ?? false;
    this.#now = now;
    this.#onOver = onOver;
    this.#start = Math.floor(now());
    this.#flushed = this.#start;
    this.ended = new Promise((resolve) => this.#settle = resolve);
  }
  /** @param now the engine's clock in samples. @throws Error (rejects) when the file cannot be made */
  static async open(path, options, now, onOver) {
    const writer = await WavSpoolWriter.open(path, { channels: options.stereo ? 2 : 1, onError: options.onError });
    return new _Recorder(path, writer, options, now, onOver);
  }
  /** Puts decoded G.711 in its place. @param side 0: left, 1: right */
  octets(side, position, table, octets, from, count) {
    const ring = this.#ring;
    const earliest = Math.max(0, this.#flushed - position);
    const latest = Math.min(count, this.#flushed + RING - position);
    for (let index = earliest; index < latest; index++) ring[(position + index & MASK) << 1 | side] = table[octets[from + index] ?? 0] ?? 0;
  }
  /** Puts linear samples in their place. */
  samples(side, position, samples, count) {
    const ring = this.#ring;
    const earliest = Math.max(0, this.#flushed - position);
    const latest = Math.min(count, this.#flushed + RING - position);
    for (let index = earliest; index < latest; index++) ring[(position + index & MASK) << 1 | side] = samples[index] ?? 0;
  }
  silence(side, position, count) {
    const ring = this.#ring;
    const earliest = Math.max(0, this.#flushed - position);
    const latest = Math.min(count, this.#flushed + RING - position);
    for (let index = earliest; index < latest; index++) ring[(position + index & MASK) << 1 | side] = 0;
  }
  /** To be called every frame: hands full portions over. @param position the engine's clock */
  advance(position) {
    while (position - LATENESS - this.#flushed >= PORTION) this.#flush(PORTION);
  }
  stop() {
    if (!this.#stopping) {
      this.#stopping = true;
      const end = Math.floor(this.#now());
      while (this.#flushed < end) this.#flush(Math.min(PORTION, end - this.#flushed));
      this.#onOver();
      void this.#writer.end().then(({ samples, error }) => this.#settle({ path: this.path, samples, durationMs: samples / 8, ...error !== void 0 && { error } }));
    }
    return this.ended;
  }
  #flush(count) {
    const from = this.#flushed & MASK;
    this.#conceal(0, from, count);
    this.#conceal(1, from, count);
    const first = Math.min(count, RING - from);
    this.#handOver(from, first);
    if (first < count) this.#handOver(0, count - first);
    this.#clear(from - REPEATED & MASK, count);
    this.#flushed += count;
  }
  /** Gives a stretch of the ring (that does not wrap) to the writer, which copies it. */
  #handOver(from, count) {
    const ring = this.#ring;
    if (this.#stereo && !this.#swap) {
      this.#writer.append(ring, from * 2, count * 2);
      return;
    }
    if (this.#stereo) {
      for (let index = 0; index < count * 2; index += 2) {
        portion[index] = ring[from * 2 + index + 1] ?? 0;
        portion[index + 1] = ring[from * 2 + index] ?? 0;
      }
      this.#writer.append(portion, 0, count * 2);
      return;
    }
    for (let index = 0; index < count; index++) {
      const at = (from + index) * 2;
      portion[index] = Math.max(-32768, Math.min(32767, (ring[at] ?? 0) + (ring[at + 1] ?? 0)));
    }
    this.#writer.append(portion, 0, count);
  }
  #clear(from, count) {
    const first = Math.min(count, RING - from);
    this.#ring.fill(NOTHING, from * 2, (from + first) * 2);
    if (first < count) this.#ring.fill(NOTHING, 0, (count - first) * 2);
  }
  /** Fills holes: short ones with the fading repetition of what was before, the rest with silence. */
  #conceal(side, from, count) {
    const ring = this.#ring;
    let missing = this.#missing[side];
    for (let index = from; index < from + count; index++) {
      const at = (index & MASK) << 1 | side;
      if (ring[at] !== NOTHING) {
        missing = 0;
        continue;
      }
      if (missing >= CONCEALED) {
        ring[at] = 0;
        continue;
      }
      const before = ring[(index - REPEATED & MASK) << 1 | side] ?? 0;
      ring[at] = before === NOTHING ? 0 : Math.round(before * (1 - missing / CONCEALED));
      missing++;
    }
    this.#missing[side] = missing;
  }
};

// src/rtp/rtcp.ts
var SENDER_REPORT = 200;
var RECEIVER_REPORT = 201;
var SOURCE_DESCRIPTION = 202;
var GOODBYE2 = 203;
var CNAME = 1;
var NTP_OFFSET = 2208988800;
function header(count, packetType, bytes) {
  const data = Buffer.alloc(bytes);
  data[0] = 128 | count;
  data[1] = packetType;
  data.writeUInt16BE(bytes / 4 - 1, 2);
  return data;
}
function writeReports(data, at, reports) {
  for (const report of reports) {
    writeUint32(data, at, report.ssrc);
    writeUint32(data, at + 4, Math.min(255, Math.floor(report.fractionLost * 256)) << 24 | Math.max(-8388608, Math.min(8388607, report.cumulativeLost)) & 16777215);
    writeUint32(data, at + 8, report.highestSequence);
    writeUint32(data, at + 12, report.jitter);
    writeUint32(data, at + 16, report.lastSenderReport);
    writeUint32(data, at + 20, report.delaySinceLast);
    at += 24;
  }
}
function buildSenderReport(ssrc, sender, reports = []) {
  const data = header(reports.length, SENDER_REPORT, 28 + reports.length * 24);
  writeUint32(data, 4, ssrc);
  const seconds = Math.floor(sender.wallClockMs / 1e3);
  writeUint32(data, 8, seconds + NTP_OFFSET >>> 0);
  writeUint32(data, 12, Math.floor((sender.wallClockMs - seconds * 1e3) / 1e3 * 4294967296) >>> 0);
  writeUint32(data, 16, sender.timestamp);
  writeUint32(data, 20, sender.packets);
  writeUint32(data, 24, sender.octets);
  writeReports(data, 28, reports);
  return data;
}
function buildReceiverReport(ssrc, reports = []) {
  const data = header(reports.length, RECEIVER_REPORT, 8 + reports.length * 24);
  writeUint32(data, 4, ssrc);
  writeReports(data, 8, reports);
  return data;
}
function buildSourceDescription(ssrc, cname) {
  const name = Buffer.from(cname, "utf8").subarray(0, 255);
  const data = header(1, SOURCE_DESCRIPTION, Math.ceil((4 + 4 + 2 + name.length + 1) / 4) * 4);
  writeUint32(data, 4, ssrc);
  data[8] = CNAME;
  data[9] = name.length;
  name.copy(data, 10);
  return data;
}
function buildGoodbye(ssrc, reason = "") {
  const text2 = Buffer.from(reason, "utf8").subarray(0, 255);
  const data = header(1, GOODBYE2, text2.length === 0 ? 8 : Math.ceil((8 + 1 + text2.length) / 4) * 4);
  writeUint32(data, 4, ssrc);
  if (text2.length > 0) {
    data[8] = text2.length;
    text2.copy(data, 9);
  }
  return data;
}
function readReports(data, at, count) {
  if (at + count * 24 > data.length) return void 0;
  return Array.from({ length: count }, (_, index) => {
    const start = at + index * 24;
    return {
      ssrc: readUint32(data, start),
      fractionLost: data.readUInt8(start + 4) / 256,
      cumulativeLost: data.readIntBE(start + 5, 3),
      highestSequence: readUint32(data, start + 8),
      jitter: readUint32(data, start + 12),
      lastSenderReport: readUint32(data, start + 16),
      delaySinceLast: readUint32(data, start + 20)
    };
  });
}
function readOne(data, packetType, count) {
  switch (packetType) {
    case SENDER_REPORT: {
      const reports = data.length >= 28 ? readReports(data, 28, count) : void 0;
      if (!reports) return void 0;
      const seconds = readUint32(data, 8);
      const fraction = readUint32(data, 12);
      const wallClockMs = (seconds - NTP_OFFSET) * 1e3 + fraction / 4294967296 * 1e3;
      const ntpMiddle = ((seconds & 65535) << 16 | fraction >>> 16) >>> 0;
      return {
        kind: "senderReport",
        ssrc: readUint32(data, 4),
        sender: { wallClockMs, timestamp: readUint32(data, 16), packets: readUint32(data, 20), octets: readUint32(data, 24), ntpMiddle },
        reports
      };
    }
    case RECEIVER_REPORT: {
      const reports = data.length >= 8 ? readReports(data, 8, count) : void 0;
      return reports && { kind: "receiverReport", ssrc: readUint32(data, 4), reports };
    }
    case SOURCE_DESCRIPTION: {
      const chunks = [];
      let at = 4;
      for (let chunk = 0; chunk < count; chunk++) {
        if (at + 4 > data.length) return void 0;
        const ssrc = readUint32(data, at);
        at += 4;
        let cname = "";
        while (at < data.length && data[at] !== 0) {
          const length = data[at + 1];
          if (length === void 0 || at + 2 + length > data.length) return void 0;
          if (data[at] === CNAME) cname = data.toString("utf8", at + 2, at + 2 + length);
          at += 2 + length;
        }
        at = (at & ~3) + 4;
        chunks.push({ ssrc, cname });
      }
      return { kind: "sourceDescription", chunks };
    }
    case GOODBYE2: {
      if (data.length < 4 + count * 4) return void 0;
      const ssrcs = Array.from({ length: count }, (_, index) => readUint32(data, 4 + index * 4));
      const at = 4 + count * 4;
      const reason = at < data.length ? data.toString("utf8", at + 1, Math.min(data.length, at + 1 + data.readUInt8(at))) : "";
      return { kind: "goodbye", ssrcs, reason };
    }
    default:
      return { kind: "other", packetType };
  }
}
function parseRtcp(datagram) {
  const data = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length);
  const packets = [];
  let at = 0;
  while (at < data.length) {
    if (at + 4 > data.length) return void 0;
    const first = data.readUInt8(at);
    const end = at + (data.readUInt16BE(at + 2) + 1) * 4;
    if (first >> 6 !== 2 || end > data.length) return void 0;
    const packet = readOne(data.subarray(at, end), data.readUInt8(at + 1), first & 31);
    if (!packet) return void 0;
    packets.push(packet);
    at = end;
  }
  return packets.length > 0 ? packets : void 0;
}

// src/embedded/media/rtcp-session.ts
var INTERVAL_MS = 5e3;
var RtcpSession = class {
  #cname;
  #random;
  #dueAt = 0;
  #lastSenderReport = 0;
  #lastSenderReportAt = 0;
  #packetsBefore = 0;
  /** @param cname random text, not a name: it would follow the person from call to call (RFC 7022) */
  constructor(cname, random) {
    this.#cname = cname;
    this.#random = random;
  }
  /** Takes a datagram that came to the RTCP port; what is malformed is ignored. @param now monotonic ms */
  received(datagram, now) {
    for (const packet of parseRtcp(datagram) ?? []) {
      if (packet.kind !== "senderReport") continue;
      this.#lastSenderReport = packet.sender.ntpMiddle;
      this.#lastSenderReportAt = now;
    }
  }
  /** A report to be sent now, or undefined when it is not time yet. To be asked every half second or so. */
  due(now, sent, reception) {
    if (this.#dueAt === 0) this.#dueAt = now + INTERVAL_MS * (0.25 + this.#share() / 2);
    if (now < this.#dueAt) return void 0;
    this.#dueAt = now + INTERVAL_MS * (0.5 + this.#share());
    return this.#report(now, sent(), reception);
  }
  goodbye(now, sent, reception) {
    return Buffer.concat([this.#report(now, sent, reception), buildGoodbye(sent.ssrc)]);
  }
  #report(now, sent, reception) {
    const heard = reception.report();
    const delay = this.#lastSenderReport === 0 ? 0 : Math.round((now - this.#lastSenderReportAt) * 65536 / 1e3);
    const reports = heard ? [{ ...heard, lastSenderReport: this.#lastSenderReport, delaySinceLast: delay }] : [];
    const description = buildSourceDescription(sent.ssrc, this.#cname);
    const active = sent.packets > this.#packetsBefore;
    this.#packetsBefore = sent.packets;
    const first = active ? buildSenderReport(sent.ssrc, { wallClockMs: Date.now(), timestamp: sent.timestamp, packets: sent.packets, octets: sent.octets }, reports) : buildReceiverReport(sent.ssrc, reports);
    return Buffer.concat([first, description]);
  }
  #share() {
    return this.#random() / 4294967296;
  }
};

// src/embedded/media/source-latch.ts
var SILENT_MS = 1e3;
var SourceLatch = class {
  #signalled;
  #latched;
  #heardAt = 0;
  /** Where to send: the latched source, else the signalled address, unless that is none (`0.0.0.0`, port 0). */
  get remote() {
    return this.#latched ?? this.#signalled;
  }
  get latched() {
    return this.#latched !== void 0;
  }
  /** What SDP says now. The same address again changes nothing; another one forgets the latch. */
  signal(address2, port2) {
    const usable = port2 !== 0 && address2 !== "0.0.0.0" && address2 !== "::" ? { address: address2, port: port2 } : void 0;
    if (usable?.address === this.#signalled?.address && usable?.port === this.#signalled?.port) return;
    this.#signalled = usable;
    this.#latched = void 0;
  }
  /** @returns whether a valid packet from there is to be taken */
  accepts(address2, port2, now) {
    const latched = this.#latched;
    if (latched === void 0 || latched.port !== port2 || latched.address !== address2) {
      const signalled = this.#signalled?.port === port2 && this.#signalled.address === address2;
      if (latched !== void 0 && !signalled && now - this.#heardAt < SILENT_MS) return false;
      this.#latched = { address: address2, port: port2 };
    }
    this.#heardAt = now;
    return true;
  }
};

// src/embedded/media/rtp-channel.ts
var RATE2 = 8;
var RELAY_SILENT_MS = 200;
var CATCH_UP = 2;
var AHEAD_SAMPLES = 120;
var GIVE_UP_SAMPLES = 1600;
var HOUSEKEEPING_BEATS = 25;
var PTIMES = [10, 20, 30, 40, 60];
var COMFORT_NOISE = 13;
var SCRATCH_PACKETS = 4;
var header2 = emptyRtpHeader();
var frame2 = new Int16Array(480);
var eventPayload = new Uint8Array(4);
var RtpChannel = class extends EventEmitter {
  id;
  localAddress;
  localPort;
  #house;
  #ports;
  #latch = new SourceLatch();
  #outbound;
  #reception = new Reception();
  #timeline = new InboundTimeline();
  #player;
  #digits = new DigitSender();
  #rtcp;
  #recorders = /* @__PURE__ */ new Set();
  #events;
  #inband;
  #configured;
  #peer;
  #closing;
  #packetsIn = 0;
  #packetsOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #dropped = 0;
  #heardAt = 0;
  #timeoutMs;
  #timeoutTold = false;
  #eventsHeard = false;
  #relayedAt = -Infinity;
  #owed = 0;
  #beats = 0;
  #scratchNext = 0;
  #eventStart = 0;
  constructor(id, address2, ports, house) {
    super();
    this.id = id;
    this.localAddress = address2;
    this.localPort = ports.port;
    this.#house = house;
    this.#ports = ports;
    this.#timeoutMs = house.mediaTimeoutMs;
    this.#outbound = new OutboundStream(house.random);
    this.#player = new Player(house.clips, this.#startAtOnce);
    this.#rtcp = new RtcpSession(house.random().toString(36) + house.random().toString(36), house.random);
    this.#events = new TelephoneEventReceiver(({ digit, duration }) => this.#onEventDigit(digit, duration / RATE2));
    ports.rtp.on("message", this.#onRtp);
    ports.rtcp.on("message", (message) => {
      if (this.#configured) this.#rtcp.received(message, performance.now());
    });
    let told = "";
    const onError = (error) => {
      if (error.message !== told) house.fault("socket", id, error.message);
      told = error.message;
    };
    ports.rtp.on("error", onError);
    ports.rtcp.on("error", onError);
  }
  get remote() {
    return this.#configured && this.#latch.remote;
  }
  get closed() {
    return this.#closing !== void 0;
  }
  get peer() {
    return this.#peer;
  }
  get plays() {
    return this.#player.count;
  }
  get recordings() {
    return this.#recorders.size;
  }
  get stats() {
    return {
      packetsIn: this.#packetsIn,
      packetsOut: this.#packetsOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      lost: this.#reception.lost,
      jitterMs: this.#reception.jitter / RATE2,
      dropped: this.#dropped,
      ssrcOut: this.#outbound.ssrc
    };
  }
  configure(media) {
    const { ptimeMs = 20, codec, payloadType = LAWS[codec].staticPayloadType, telephoneEventPayloadType } = media;
    if (isIP4(media.remoteAddress) !== isIP4(this.localAddress)) throw new TypeError(`not an address of this channel's family: ${JSON.stringify(media.remoteAddress)}`);
    if (!Number.isInteger(media.remotePort) || media.remotePort < 0 || media.remotePort > 65535) throw new TypeError(`not a port: ${media.remotePort}`);
    if (!PTIMES.includes(ptimeMs)) throw new TypeError(`not a packet time: ${ptimeMs} ms (one of ${PTIMES.join(", ")})`);
    for (const type of [payloadType, telephoneEventPayloadType]) {
      if (type !== void 0 && (!Number.isInteger(type) || type < 0 || type > 127)) throw new TypeError(`not a payload type: ${type}`);
    }
    if (this.closed) return;
    this.#latch.signal(media.remoteAddress, media.remotePort);
    const ptimeSamples = ptimeMs * RATE2;
    const kept = this.#configured?.ptimeSamples === ptimeSamples ? this.#configured.scratch : void 0;
    this.#configured = {
      media,
      law: LAWS[codec],
      payloadType,
      ptimeMs,
      ptimeSamples,
      sends: media.direction === "sendrecv" || media.direction === "sendonly",
      receives: media.direction === "sendrecv" || media.direction === "recvonly",
      scratch: kept ?? Array.from({ length: SCRATCH_PACKETS }, () => Buffer.alloc(RTP_HEADER_BYTES + ptimeSamples))
    };
    this.#heardAt = performance.now();
    this.#timeoutTold = false;
  }
  play(source) {
    const handle = this.#player.play(source);
    if (this.closed) handle.stop();
    return handle;
  }
  stopPlaying() {
    return this.#player.stopAll();
  }
  async sendDigits(digits, options = {}) {
    const done = this.#digits.add(digits, options.durationMs, options.gapMs);
    if (this.closed) this.#digits.stop();
    return done;
  }
  setInbandDetection(on) {
    if (!on) this.#inband = void 0;
    else this.#inband ??= new InbandListener(({ digit, durationMs }) => {
      if (!this.#eventsHeard) this.emit("digit", { digit, durationMs, source: "INBAND_AUDIO" });
    });
  }
  setMediaTimeout(ms) {
    this.#timeoutMs = ms;
    this.#timeoutTold = false;
  }
  async startRecording(path, options = {}) {
    const onError = (error) => this.#house.fault("recording", this.id, error.message);
    const recorder = await Recorder.open(path, { ...options, onError }, () => performance.now() * RATE2, () => this.#recorders.delete(recorder));
    if (this.closed) void recorder.stop();
    else this.#recorders.add(recorder);
    return recorder;
  }
  /** Makes two channels each other's peer. Whoever was theirs before has none afterwards. */
  static join(a, b) {
    if (a.#peer === b) return;
    a.part();
    b.part();
    a.#peer = b;
    b.#peer = a;
  }
  part() {
    const peer = this.#peer;
    if (!peer) return;
    this.#peer = void 0;
    peer.#peer = void 0;
    this.#relayedAt = -Infinity;
    peer.#relayedAt = -Infinity;
  }
  close() {
    this.#closing ??= this.#shut();
    return this.#closing;
  }
  async #shut() {
    this.part();
    this.#player.stopAll();
    this.#digits.stop();
    this.#inband = void 0;
    const recordings = [...this.#recorders].map((recorder) => recorder.stop());
    await this.#sayGoodbye();
    this.#ports.rtp.off("message", this.#onRtp);
    await Promise.all(recordings);
  }
  // ---- the 20 ms beat ----
  onFrame(due, now) {
    const configured = this.#configured;
    const position = Math.floor(now * RATE2);
    for (const recorder of this.#recorders) recorder.advance(position);
    if (!configured || this.closed) return;
    this.#beats += due;
    if (this.#beats >= HOUSEKEEPING_BEATS) {
      this.#beats = 0;
      this.#keepHouse(configured, now);
    }
    if (this.#events.open) this.#events.poll(now);
    this.#owed += due * 20 * RATE2;
    if (this.#owed > GIVE_UP_SAMPLES) {
      this.#owed = configured.ptimeSamples;
      this.#outbound.skip();
    }
    const most = CATCH_UP * Math.max(1, Math.floor(20 * RATE2 / configured.ptimeSamples));
    for (let sent = 0; sent < most && this.#owed >= configured.ptimeSamples; sent++) {
      this.#owed -= configured.ptimeSamples;
      this.#sendFrame(configured, now, position);
    }
  }
  #sendFrame(configured, now, position) {
    const { ptimeSamples, media } = configured;
    if (!this.#digits.idle) {
      const sound = media.telephoneEventPayloadType === void 0 ? this.#soundKey : void 0;
      const event = this.#digits.next(configured.ptimeMs, sound);
      if (event) {
        this.#sendEvent(configured, event, position);
        return;
      }
    }
    const filled = this.#player.fill(frame2, ptimeSamples);
    if (filled > 0) {
      this.#sendOwn(configured, position, filled === 2);
      return;
    }
    const relayed = now - this.#relayedAt < RELAY_SILENT_MS;
    const ahead = this.#outbound.lead(position) >= AHEAD_SAMPLES;
    if (relayed || ahead || !this.#house.silenceWhenIdle) this.#outbound.skip();
    else this.#sendOwn(configured, position, void 0);
  }
  /**
   * A prompt does not wait for the next beat when only silence was being sent: its first frame goes out now, and the stream runs one
   * frame ahead of the clock until a silence is left out.
   */
  #startAtOnce = () => {
    const configured = this.#configured;
    if (!configured || this.closed || !this.#digits.idle) return;
    const now = performance.now();
    const position = Math.floor(now * RATE2);
    if (now - this.#relayedAt < RELAY_SILENT_MS || this.#outbound.lead(position) > configured.ptimeSamples) return;
    this.#sendFrame(configured, now, position);
  };
  #soundKey = (digit, durationMs) => {
    this.#player.playNow(new SampleSource(dtmfTone(digit, { durationMs })));
  };
  /** Sends what is in `frame`, or silence when `startsTalk` is undefined. */
  #sendOwn(configured, position, startsTalk) {
    const { ptimeSamples, law } = configured;
    const remote = this.#latch.remote;
    if (!configured.sends || !remote) {
      this.#outbound.skip();
      return;
    }
    const packet = configured.scratch[this.#scratchNext++ % SCRATCH_PACKETS];
    if (!packet) return;
    this.#outbound.own(position, ptimeSamples, startsTalk ?? false);
    const place = this.#outbound.placedAt(position);
    if (startsTalk === void 0) {
      packet.fill(law.silence, RTP_HEADER_BYTES);
      for (const recorder of this.#recorders) recorder.silence(1, place, ptimeSamples);
    } else {
      encodeG711(law.fromLinear, frame2, 0, ptimeSamples, packet, RTP_HEADER_BYTES);
      for (const recorder of this.#recorders) recorder.samples(1, place, frame2, ptimeSamples);
    }
    this.#send(packet, configured.payloadType, remote.port, remote.address);
  }
  #sendEvent(configured, event, position) {
    const remote = this.#latch.remote;
    const type = configured.media.telephoneEventPayloadType;
    if (!configured.sends || !remote || type === void 0) return;
    if (event.marker) this.#eventStart = this.#outbound.beginEvent(position);
    this.#outbound.eventPacket(this.#eventStart, event.marker, configured.ptimeSamples);
    writeTelephoneEvent(eventPayload, 0, event);
    const packet = Buffer.alloc(RTP_HEADER_BYTES + eventPayload.length);
    packet.set(eventPayload, RTP_HEADER_BYTES);
    this.#send(packet, type, remote.port, remote.address);
  }
  #keepHouse(configured, now) {
    const silentMs = now - this.#heardAt;
    if (this.#timeoutMs > 0 && configured.receives && !this.#timeoutTold && silentMs >= this.#timeoutMs) {
      this.#timeoutTold = true;
      this.emit("mediaTimeout", { silentMs });
    }
    const remote = this.#latch.remote;
    if (!remote || remote.port === 65535) return;
    const report = this.#rtcp.due(now, this.#sentSoFar, this.#reception);
    if (report) this.#ports.rtcp.send(report, remote.port + 1, remote.address);
  }
  #sentSoFar = () => ({
    ssrc: this.#outbound.ssrc,
    timestamp: this.#outbound.timestampAt(performance.now() * RATE2),
    packets: this.#packetsOut,
    octets: this.#bytesOut
  });
  async #sayGoodbye() {
    const remote = this.#configured && this.#latch.remote;
    if (!remote || remote.port === 65535 || this.#packetsOut === 0) return;
    const goodbye = this.#rtcp.goodbye(performance.now(), this.#sentSoFar(), this.#reception);
    await new Promise((resolve) => this.#ports.rtcp.send(goodbye, remote.port + 1, remote.address, () => resolve()));
  }
  // ---- packets of the party ----
  #onRtp = (data, from) => {
    const configured = this.#configured;
    if (!configured || this.closed) return;
    const { loss } = this.#house;
    if (loss.in > 0 && this.#house.random() / 4294967296 < loss.in) return;
    if (!readRtpHeader(data, header2)) {
      this.#dropped++;
      return;
    }
    const law = lawOf(configured, header2.payloadType);
    const isEvent = !law && header2.payloadType === configured.media.telephoneEventPayloadType;
    const now = performance.now();
    if (!law && !isEvent && header2.payloadType !== COMFORT_NOISE || !this.#latch.accepts(from.address, from.port, now)) {
      this.#dropped++;
      return;
    }
    this.#heardAt = now;
    this.#timeoutTold = false;
    const arrival = now * RATE2;
    this.#bytesIn += header2.payloadEnd - header2.payloadStart;
    this.#reception.packet(header2.ssrc, header2.sequence, isEvent ? this.#reception.lastTimestamp : header2.timestamp, arrival);
    if (++this.#packetsIn === 1) this.emit("firstRtp");
    if (!configured.receives) return;
    if (law) this.#onAudio(law, data, now, arrival);
    else if (isEvent) this.#onEvent(data, now, arrival);
  };
  #onAudio(law, data, now, arrival) {
    const { ssrc, timestamp, payloadStart, payloadEnd } = header2;
    const position = this.#timeline.position(ssrc, timestamp, arrival, header2.marker);
    for (const recorder of this.#recorders) recorder.octets(0, position, law.toLinear, data, payloadStart, payloadEnd - payloadStart);
    this.#inband?.packet(header2.sequence, timestamp, law.toLinear, data, payloadStart, payloadEnd);
    const peer = this.#peer;
    if (peer) peer.#relayAudio(this, this.#timeline.generation, law, data, position, now);
  }
  #onEvent(data, now, arrival) {
    const event = parseTelephoneEvent(data, header2.payloadStart, header2.payloadEnd);
    if (!event) {
      this.#dropped++;
      return;
    }
    this.#eventsHeard = true;
    const position = this.#timeline.eventPosition(header2.ssrc, header2.timestamp, arrival);
    const peer = this.#peer;
    if (peer) peer.#relayEvent(this, this.#timeline.generation, data, position, now);
    this.#events.packet(header2.ssrc, header2.timestamp, event, now);
  }
  #onEventDigit(digit, durationMs) {
    const peer = this.#peer;
    const hearsTones = peer !== void 0 && peer.#configured !== void 0 && peer.#configured.media.telephoneEventPayloadType === void 0;
    if (hearsTones) peer.#soundKey(digit, Math.min(1e3, Math.max(80, durationMs)));
    this.emit("digit", { digit, durationMs, source: "RTP" });
  }
  // ---- packets of the bridged peer, to the party ----
  /** The packet is in `header` and `data`; `data` is changed. */
  #relayAudio(source, generation, law, data, position, now) {
    const configured = this.#configured;
    const remote = this.#latch.remote;
    if (!configured?.sends || !remote || this.#digits.sendingEvent || this.#player.active) return;
    const { payloadStart, payloadEnd } = header2;
    const count = payloadEnd - payloadStart;
    if (!this.#outbound.relay(source, header2.ssrc, generation, header2.sequence, position, count, header2.marker)) return;
    this.#relayedAt = now;
    for (const recorder of this.#recorders) recorder.octets(1, position, law.toLinear, data, payloadStart, count);
    if (law !== configured.law) mapOctets(law.toOther, data, payloadStart, payloadEnd);
    this.#send(withoutExtras(data), configured.payloadType, remote.port, remote.address);
  }
  #relayEvent(source, generation, data, position, now) {
    const configured = this.#configured;
    const remote = this.#latch.remote;
    const type = configured?.media.telephoneEventPayloadType;
    if (!configured?.sends || !remote || type === void 0 || this.#digits.sendingEvent || this.#player.active) return;
    if (!this.#outbound.relay(source, header2.ssrc, generation, header2.sequence, position, 0, header2.marker)) return;
    this.#relayedAt = now;
    this.#send(withoutExtras(data), type, remote.port, remote.address);
  }
  /** Sends a packet whose payload is in place, with the numbers that `#outbound` has just given. */
  #send(packet, payloadType, port2, address2) {
    const { loss } = this.#house;
    if (loss.out > 0 && this.#house.random() / 4294967296 < loss.out) return;
    const out = this.#outbound;
    writeRtpHeader(packet, out.marker, payloadType, out.sequence, out.timestamp, out.ssrc);
    this.#packetsOut++;
    this.#bytesOut += packet.length - RTP_HEADER_BYTES;
    this.#ports.rtp.send(packet, port2, address2);
  }
};
function lawOf(configured, payloadType) {
  if (payloadType === configured.payloadType) return configured.law;
  if (payloadType === LAWS.PCMU.staticPayloadType) return LAWS.PCMU;
  return payloadType === LAWS.PCMA.staticPayloadType ? LAWS.PCMA : void 0;
}
function withoutExtras(data) {
  if (header2.payloadStart === RTP_HEADER_BYTES && header2.payloadEnd === data.length) return data;
  const plain = Buffer.allocUnsafe(RTP_HEADER_BYTES + header2.payloadEnd - header2.payloadStart);
  data.copy(plain, RTP_HEADER_BYTES, header2.payloadStart, header2.payloadEnd);
  return plain;
}

// src/embedded/media/media-engine.ts
var MediaEngine = class {
  constructor(options) {
    this.options = options;
    this.#ports = new PortPairs(options.address, options.portRange);
    this.#house = {
      clips: new ClipLibrary(),
      silenceWhenIdle: options.silenceWhenIdle ?? true,
      random: randomSource(options.seed),
      loss: this.#loss,
      fault: (kind, channelId, message) => options.onFault?.({ kind, channelId, message }),
      mediaTimeoutMs: options.mediaTimeoutMs ?? 0
    };
  }
  options;
  #ports;
  #scheduler = new FrameScheduler();
  #channels = /* @__PURE__ */ new Map();
  /** Ids of channels whose ports are being bound. */
  #opening = /* @__PURE__ */ new Set();
  #house;
  #loss = { in: 0, out: 0 };
  #closed = false;
  /**
   * Binds a port pair. The channel sends nothing until it is configured.
   * @throws PortsExhausted (rejects); Error when the engine is closed or the id is in use
   */
  async createChannel({ id }) {
    if (this.#closed) throw new Error("the media engine is closed");
    if (this.#channels.has(id) || this.#opening.has(id)) throw new Error(`a media channel ${id} exists already`);
    this.#opening.add(id);
    try {
      const ports = await this.#ports.take();
      if (this.#isClosed()) {
        await this.#ports.release(ports);
        throw new Error("the media engine is closed");
      }
      const channel = new EngineChannel(id, this.options.address, ports, this.#house, async () => {
        this.#scheduler.remove(channel);
        this.#channels.delete(id);
        await this.#ports.release(ports);
      });
      this.#channels.set(id, channel);
      this.#scheduler.add(channel);
      return channel;
    } finally {
      this.#opening.delete(id);
    }
  }
  channel(id) {
    return this.#channels.get(id);
  }
  /**
   * Lets two channels hear each other, at once: the next packet of either goes to the other. Plays that are running are not stopped:
   * stop them first. A channel that is bridged already is taken from its old peer.
   * @throws Error when one is closed, both are the same, or one is not of this engine
   */
  bridge(a, b) {
    const [one, other] = [this.#own(a), this.#own(b)];
    if (!one || !other || one === other) throw new Error(`cannot bridge ${a.id} and ${b.id}: two open channels of this engine are needed`);
    RtpChannel.join(one, other);
  }
  /** Takes two apart. @returns false when they were not bridged to each other */
  unbridge(a, b) {
    const one = this.#own(a);
    if (!one?.peer || one.peer !== this.#own(b)) return false;
    one.part();
    return true;
  }
  /** The channel's bridged peer. */
  peerOf(channel) {
    return this.#own(channel)?.peer;
  }
  /** Loses packets on purpose, both shares 0..1, for tests. `{ in: 0, out: 0 }` ends it. */
  losePackets(share) {
    this.#loss.in = share.in;
    this.#loss.out = share.out;
  }
  get stats() {
    let bridged = 0;
    let recordings = 0;
    let plays = 0;
    let packetsIn = 0;
    let packetsOut = 0;
    for (const channel of this.#channels.values()) {
      if (channel.peer) bridged++;
      recordings += channel.recordings;
      plays += channel.plays;
      const stats = channel.stats;
      packetsIn += stats.packetsIn;
      packetsOut += stats.packetsOut;
    }
    return { channels: this.#channels.size, bridges: bridged / 2, recordings, plays, packetsIn, packetsOut, worstTickDelayMs: this.#scheduler.takeWorstDelay() };
  }
  /** Closes every channel. May be called twice. */
  async close() {
    this.#closed = true;
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }
  #isClosed() {
    return this.#closed;
  }
  #own(channel) {
    const own = this.#channels.get(channel.id);
    return own === channel ? own : void 0;
  }
};
var EngineChannel = class extends RtpChannel {
  #release;
  #released;
  constructor(id, address2, ports, house, release) {
    super(id, address2, ports, house);
    this.#release = release;
  }
  close() {
    this.#released ??= super.close().then(this.#release);
    return this.#released;
  }
};

// src/embedded/freeswitch/api-commands.ts
import { randomUUID as randomUUID7 } from "node:crypto";
import { hostname as hostname2 } from "node:os";

// src/embedded/media/play-source.ts
function parsePlaySource(text2) {
  const scheme = /^([a-z_]+):\/\/(.*)$/s.exec(text2);
  if (!scheme) return { kind: "file", path: text2 };
  const [, name, rest = ""] = scheme;
  switch (name) {
    case "tone_stream":
      return { kind: "toneStream", tones: rest };
    case "silence_stream": {
      const ms = Number.parseInt(rest, 10);
      return { kind: "silenceStream", ms: Number.isNaN(ms) ? 0 : ms };
    }
    case "file_string":
      return { kind: "sequence", sources: rest.split("!").filter((part2) => part2 !== "").map(parsePlaySource) };
    case "file":
    case "playback":
      return { kind: "file", path: rest };
    default:
      return { kind: "file", path: text2 };
  }
}

// src/embedded/freeswitch/playback.ts
var STREAM_TYPES = /* @__PURE__ */ new Set(["tone_stream", "local_stream", "file_string"]);
function playbackFileType(path) {
  const scheme = /^([a-z_]+):\/\//.exec(path)?.[1];
  return scheme !== void 0 && STREAM_TYPES.has(scheme) ? scheme : void 0;
}
var Playback = class {
  #host;
  #paths;
  #onEnd;
  #current;
  #outcome = "played";
  #breaking = false;
  #over = false;
  #timeout;
  constructor(host, text2, onEnd) {
    this.#host = host;
    this.#onEnd = onEnd;
    const delimiter = host.variable("playback_delimiter");
    this.#paths = delimiter !== void 0 && delimiter !== "" && !text2.startsWith("file_string://") ? text2.split(delimiter) : [text2];
    const seconds = Number(host.variable("playback_timeout_sec") ?? "");
    if (seconds > 0) {
      this.#timeout = setTimeout(() => {
        this.#paths.length = 0;
        this.#current?.handle.stop();
      }, seconds * 1e3);
    }
    this.#next();
  }
  /** Ends it now; `onEnd('played')` follows when the audio has stopped. */
  break() {
    if (this.#over) return;
    this.#breaking = true;
    this.#paths.length = 0;
    this.#current?.handle.stop();
  }
  /** Ends it now and tells the stop; `onEnd` is not called. */
  abandon() {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timeout);
    const current = this.#current;
    if (!current) return;
    current.handle.stop();
    if (current.startedAt !== void 0) {
      const ms = Math.floor((Date.now() - current.startedAt) / 20) * 20;
      this.#tellStop(current.path, { playedMs: ms, lastSample: ms * 8 }, "done");
    }
  }
  #next() {
    const path = this.#paths.shift();
    if (path === void 0) {
      this.#end();
      return;
    }
    const handle = this.#host.media.play(parsePlaySource(path));
    const current = { path, handle, startedAt: void 0 };
    this.#current = current;
    void handle.started.then((started) => {
      if (!started || this.#over) return;
      current.startedAt = Date.now();
      this.#host.playbackStarted(path);
    });
    void handle.ended.then((end) => {
      if (this.#over) return;
      if (end.reason === "error") this.#outcome = end.error?.kind === "notFound" ? "notFound" : "failed";
      else {
        this.#outcome = "played";
        if (current.startedAt !== void 0) this.#tellStop(path, end, this.#breaking ? "break" : "done");
      }
      this.#next();
    });
  }
  #tellStop(path, end, status2) {
    this.#host.setVariable("playback_last_offset_pos", `${end.lastSample}`);
    this.#host.setVariable("playback_seconds", `${Math.floor(end.playedMs / 1e3)}`);
    this.#host.setVariable("playback_ms", `${Math.round(end.playedMs)}`);
    this.#host.setVariable("playback_samples", `${Math.round(end.playedMs * 8)}`);
    this.#host.playbackStopped(path, status2);
  }
  #end() {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timeout);
    this.#onEnd(this.#outcome);
  }
};

// src/embedded/freeswitch/digit-collector.ts
function parseCollectArguments(text2) {
  const words3 = text2.split(" ").filter((word) => word !== "");
  const number = (index) => Number.parseInt(words3[index] ?? "", 10) || 0;
  const min = Math.max(0, number(0));
  const firstMs = Math.max(1e3, number(3));
  return {
    min,
    max: Math.max(min, number(1)),
    tries: number(2),
    firstMs,
    digitMs: number(9) > 0 ? number(9) : firstMs,
    terminators: words3[4] ?? "#",
    prompt: words3[5] ?? "",
    invalid: words3[6] ?? "",
    variable: words3[7] ?? "",
    pattern: expression(words3[8])
  };
}
function expression(text2) {
  if (text2 === void 0) return void 0;
  try {
    return new RegExp(text2);
  } catch {
    return /(?!)/;
  }
}
var DigitCollector = class {
  #host;
  #args;
  #done;
  #phase = "prompt";
  #playback;
  #timer;
  #digits = "";
  #terminator;
  #triesLeft;
  constructor(host, args, done) {
    this.#host = host;
    this.#args = args;
    this.#done = done;
    this.#triesLeft = args.tries;
    if (args.variable !== "") host.setVariable(`${args.variable}_invalid`, void 0);
    this.#try();
  }
  key(digit) {
    if (this.#phase === "prompt") {
      this.#digits += digit;
      this.#playback?.break();
    } else if (this.#phase === "collect") {
      this.#take(digit);
    }
    return true;
  }
  break() {
    if (this.#phase === "collect") this.#judge("broken");
    else this.#playback?.break();
  }
  abandon() {
    this.#phase = "over";
    clearTimeout(this.#timer);
    this.#playback?.abandon();
    this.#host.setVariable("read_result", "failure");
    return void 0;
  }
  #try() {
    if (this.#triesLeft <= 0) {
      this.#over();
      return;
    }
    this.#digits = "";
    this.#terminator = void 0;
    this.#host.setVariable("read_result", void 0);
    if (this.#args.variable !== "") this.#host.setVariable(this.#args.variable, void 0);
    this.#phase = "prompt";
    if (this.#args.prompt === "" || this.#args.prompt.toLowerCase() === "silence") {
      this.#collect();
      return;
    }
    this.#playback = new Playback(this.#host, this.#args.prompt, (outcome) => {
      if (this.#phase !== "prompt") return;
      if (outcome === "played") this.#collect();
      else this.#judge("failed");
    });
  }
  #collect() {
    this.#phase = "collect";
    const pressed = this.#digits;
    this.#digits = "";
    if (pressed.length >= this.#args.max && this.#args.max > 0) {
      this.#digits = this.#args.max === 1 && this.#args.terminators.includes(pressed) ? "" : pressed.slice(0, this.#args.max);
      this.#judge("enough");
      return;
    }
    this.#wait(this.#args.firstMs);
    for (const digit of pressed) this.#take(digit);
  }
  #take(digit) {
    if (this.#phase !== "collect") return;
    if (this.#args.terminators.includes(digit)) {
      this.#terminator = digit;
      this.#judge("enough");
      return;
    }
    this.#digits += digit;
    if (this.#digits.length >= this.#args.max) this.#judge("enough");
    else this.#wait(this.#args.digitMs);
  }
  #wait(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#judge("timeout");
    }, ms);
  }
  #judge(why) {
    clearTimeout(this.#timer);
    const { min, variable, pattern } = this.#args;
    const tooFew = this.#digits.length < min;
    this.#host.setVariable("read_terminator_used", this.#terminator);
    this.#host.setVariable("read_result", tooFew || why === "failed" || why === "broken" ? "failure" : why === "timeout" ? "timeout" : "success");
    if (variable !== "" && this.#digits !== "") this.#host.setVariable(variable, this.#digits);
    if (min === 0 && this.#digits === "" && this.#terminator !== void 0) {
      this.#over();
      return;
    }
    if (!tooFew && this.#digits !== "") {
      if (pattern === void 0 || pattern.test(this.#digits)) {
        this.#over();
        return;
      }
      if (variable !== "") {
        this.#host.setVariable(variable, void 0);
        this.#host.setVariable(`${variable}_invalid`, this.#digits);
      }
    }
    this.#invalid();
  }
  #invalid() {
    this.#phase = "invalid";
    this.#playback = void 0;
    const next = () => {
      if (this.#phase !== "invalid") return;
      this.#triesLeft--;
      this.#try();
    };
    if (this.#args.invalid === "") next();
    else this.#playback = new Playback(this.#host, this.#args.invalid, next);
  }
  #over() {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#done();
  }
};

// src/embedded/freeswitch/applications.ts
var OUTCOMES = { played: "FILE PLAYED", notFound: "FILE NOT FOUND", failed: "PLAYBACK ERROR" };
function assign(channel, text2) {
  const equals = text2.indexOf("=");
  if (equals <= 0) return;
  const value = text2.slice(equals + 1);
  channel.setVariable(text2.slice(0, equals).trim(), value === "" ? void 0 : value);
}
function endedBy(channel, digit) {
  const terminators = channel.variable("playback_terminators") ?? "none";
  if (terminators === "none" || !(terminators === "any" || terminators.includes(digit))) return false;
  channel.setVariable("playback_terminator_used", digit);
  return true;
}
function list(text2) {
  const own = /^\^\^(.)/.exec(text2)?.[1];
  return own === void 0 ? text2.split(" ") : text2.slice(3).split(own);
}
function playback(channel, argument, done) {
  channel.setVariable("playback_terminator_used", void 0);
  const player = new Playback(channel, argument, (outcome) => {
    done(OUTCOMES[outcome]);
  });
  return {
    key: (digit) => {
      const ends2 = endedBy(channel, digit);
      if (ends2) player.break();
      return ends2;
    },
    break: () => {
      player.break();
    },
    abandon: () => {
      player.abandon();
      return OUTCOMES.played;
    }
  };
}
function wait(done, ms) {
  const timer = ms === void 0 ? void 0 : setTimeout(() => {
    done();
  }, ms);
  return {
    break: () => {
      clearTimeout(timer);
      done();
    },
    abandon: () => {
      clearTimeout(timer);
      return void 0;
    }
  };
}
var SHORT = { break: () => void 0, abandon: () => void 0 };
function isWav(path) {
  return path.toLowerCase().endsWith(".wav");
}
async function startRecording(channel, path, limitSeconds, stereo) {
  if (!isWav(path)) {
    channel.log(`invalid file format for ${path}: only .wav is recorded`);
    return void 0;
  }
  let handle;
  try {
    handle = await channel.media.startRecording(path, { stereo, swapChannels: channel.variable("RECORD_STEREO_SWAP") === "true" });
  } catch (error) {
    channel.log(`Error opening ${path}: ${error instanceof Error ? error.message : String(error)}`);
    return void 0;
  }
  channel.recordings.set(path, handle);
  channel.publish("RECORD_START", channel.data.full(), [["Record-File-Path", path]]);
  const limit = limitSeconds > 0 ? setTimeout(() => void handle.stop(), limitSeconds * 1e3) : void 0;
  void handle.ended.then((result) => {
    clearTimeout(limit);
    channel.recordings.delete(path);
    noteRecording(channel, result, stereo ? 4 : 2);
    channel.publish("RECORD_STOP", channel.data.full(), [["Record-File-Path", path]]);
  });
  return handle;
}
function noteRecording(channel, result, bytesPerSample2) {
  const ms = Math.round(result.durationMs);
  channel.data.setVariable("record_file_size", `${result.samples * bytesPerSample2 + 44}`);
  channel.data.setVariable("record_samples", `${result.samples}`);
  channel.data.setVariable("record_seconds", `${Math.floor(ms / 1e3)}`);
  channel.data.setVariable("record_ms", `${ms}`);
  channel.data.setVariable("record_completion_cause", result.error === void 0 ? "success-maxtime" : "uri-failure");
}
function recordSession(channel, argument, done) {
  const [path = "", limit = ""] = argument.split(" ");
  void startRecording(channel, path, limit.startsWith("+") ? Number(limit.slice(1)) || 0 : 0, channel.variable("RECORD_STEREO") === "true").then(() => {
    done();
  });
  return SHORT;
}
async function stopRecordings(channel, path) {
  const handles = path === "all" ? [...channel.recordings.values()] : [channel.recordings.get(path)].filter((handle) => handle !== void 0);
  await Promise.all(handles.map((handle) => handle.stop()));
  return handles.length > 0;
}
function record(channel, argument, done) {
  const [path = "", limit = ""] = argument.split(" ");
  const seconds = Number(limit.replace(/^\+/, "")) || 0;
  let handle;
  let broken = false;
  channel.setVariable("playback_terminator_used", void 0);
  void startRecording(channel, path, seconds, false).then((started) => {
    handle = started;
    if (started === void 0) {
      done();
      channel.hangup("DESTINATION_OUT_OF_ORDER", "application");
      return;
    }
    if (broken) void started.stop();
    void started.ended.then(() => {
      done();
    });
  });
  const stop2 = () => {
    broken = true;
    void handle?.stop();
  };
  return {
    key: (digit) => {
      const ends2 = endedBy(channel, digit);
      if (ends2) stop2();
      return ends2;
    },
    break: stop2,
    abandon: () => void 0
  };
}
function sendDigits(channel, argument) {
  const [digits = "", ms] = argument.split("@");
  const durationMs = Number(ms);
  try {
    void channel.media.sendDigits(digits, durationMs > 0 ? { durationMs } : {});
  } catch (error) {
    channel.log(`send_dtmf: ${error instanceof Error ? error.message : String(error)}`);
  }
}
function once3(work) {
  return (channel, argument) => {
    work(channel, argument);
    return void 0;
  };
}
var TABLE = [
  ["answer", once3(() => void 0)],
  ["pre_answer", once3(() => void 0)],
  ["set", once3(assign)],
  ["multiset", once3((channel, argument) => list(argument).forEach((item) => assign(channel, item)))],
  ["unset", once3((channel, argument) => channel.setVariable(argument.trim(), void 0))],
  ["multiunset", once3((channel, argument) => list(argument).forEach((name) => channel.setVariable(name.trim(), void 0)))],
  [
    "export",
    once3((channel, argument) => {
      assign(channel, argument);
      const name = argument.split("=", 1)[0]?.trim() ?? "";
      const before = channel.variable("export_vars");
      channel.setVariable("export_vars", before === void 0 ? name : `${before},${name}`);
    })
  ],
  ["playback", playback],
  ["play_and_get_digits", (channel, argument, done) => new DigitCollector(channel, parseCollectArguments(argument), done)],
  ["record_session", recordSession],
  [
    "stop_record_session",
    (channel, argument, done) => {
      void stopRecordings(channel, argument.trim()).then(() => {
        done();
      });
      return SHORT;
    }
  ],
  ["record", record],
  ["start_dtmf", once3((channel) => channel.media.setInbandDetection(true))],
  ["stop_dtmf", once3((channel) => channel.media.setInbandDetection(false))],
  ["send_dtmf", once3(sendDigits)],
  ["queue_dtmf", once3(sendDigits)],
  ["sleep", (_, argument, done) => wait(done, Math.max(0, Number(argument) || 0))],
  ["park", (_, __, done) => wait(done)],
  ["break", once3((channel) => channel.break())],
  ["hangup", once3((channel, argument) => channel.hangup(argument === "" ? "NORMAL_CLEARING" : argument, "application"))]
];
var APPLICATIONS = new Map(TABLE);

// src/embedded/freeswitch/bridging.ts
function bridge(engine, originator, originatee) {
  if (originator.over || originatee.over || originator === originatee) return false;
  for (const channel of [originator, originatee]) {
    const { peer } = channel;
    if (peer && peer !== originator && peer !== originatee) part(engine, channel, peer);
  }
  originator.setVariable("uuid_bridge", originatee.uuid);
  note(originator, originatee, "originatee", originator.uuid);
  note(originatee, originator, "originator", originator.uuid);
  originator.redirect();
  originatee.redirect();
  originator.setVariable("uuid_bridge", void 0);
  originator.peer = originatee;
  originatee.peer = originator;
  engine.bridge(originator.media, originatee.media);
  begun(originatee, originator);
  begun(originator, originatee);
  originatee.data.setState("CS_EXCHANGE_MEDIA");
  originator.publish("CHANNEL_BRIDGE", [ends(originator, originatee), ...originator.data.full()]);
  return true;
}
function part(engine, channel, peer) {
  engine.unbridge(channel.media, peer.media);
  channel.peer = void 0;
  peer.peer = void 0;
  channel.publish("CHANNEL_UNBRIDGE", [ends(channel, peer), ...channel.data.full()]);
  channel.setVariable("last_bridge_to", peer.uuid);
  peer.setVariable("last_bridge_to", channel.uuid);
  channel.setVariable("signal_bond", void 0);
  peer.setVariable("signal_bond", void 0);
}
function ends(a, b) {
  return new HeaderBlock([["Bridge-A-Unique-ID", a.uuid], ["Bridge-B-Unique-ID", b.uuid]]);
}
function note(channel, other, type, callUuid) {
  channel.setVariable("bridge_channel", other.name);
  channel.setVariable("bridge_uuid", other.uuid);
  channel.setVariable("signal_bond", other.uuid);
  channel.data.bridged(type, other.data, callUuid);
}
function begun(channel, other) {
  channel.data.setState("CS_SOFT_EXECUTE");
  channel.publish("CHANNEL_EXECUTE", channel.data.full(), [["Application", "uuid_bridge"], ["Application-Data", other.uuid]]);
}

// src/embedded/freeswitch/event-factory.ts
import { randomUUID as randomUUID6 } from "node:crypto";
import { hostname } from "node:os";

// src/embedded/eventsocket/switch-event.ts
var SwitchEvent = class {
  name;
  /** `Event-Subclass` of a CUSTOM event. */
  subclass;
  /** `Unique-ID` of the channel that it is about. */
  uuid;
  #blocks;
  #body;
  #json;
  #plain;
  constructor(event) {
    this.name = event.name;
    this.subclass = event.subclass;
    this.uuid = event.uuid;
    this.#blocks = event.blocks;
    this.#body = event.body;
  }
  header(name) {
    for (const block of this.#blocks) {
      const value = block.get(name);
      if (value !== void 0) return value;
    }
    return void 0;
  }
  /** The frame for the event socket, its header included. */
  frame(format) {
    return format === "json" ? this.#json ??= this.#printJson() : this.#plain ??= this.#printPlain();
  }
  /** The headers alone in plain form: the answer to `connect` and the body of `uuid_dump`. */
  plainHeaders() {
    return this.#blocks.map((block) => block.plain).join("");
  }
  #printJson() {
    const members = this.#blocks.map((block) => block.json).filter((json) => json !== "");
    if (this.#body !== void 0) {
      members.push(`"Content-Length":"${Buffer.byteLength(this.#body)}"`, `"_body":${JSON.stringify(this.#body)}`);
    }
    const text2 = `{${members.join(",")}}`;
    return `Content-Length: ${Buffer.byteLength(text2)}
Content-Type: text/event-json

${text2}`;
  }
  #printPlain() {
    let text2 = this.plainHeaders();
    text2 += this.#body === void 0 ? "\n" : `Content-Length: ${Buffer.byteLength(this.#body)}

${this.#body}`;
    return `Content-Length: ${Buffer.byteLength(text2)}
Content-Type: text/event-plain

${text2}`;
  }
};

// src/embedded/freeswitch/event-factory.ts
var FREESWITCH_VERSION = "1.11.1-ringround~64bit";
var EventFactory = class _EventFactory {
  /** One per life of the switch; clients notice a restart by it. */
  coreUuid = randomUUID6();
  startedAt = Date.now();
  #identity;
  #sequence = 0;
  /** @param address IPv4 address of the media */
  constructor(address2) {
    const host = hostname();
    this.#identity = new HeaderBlock([
      ["Core-UUID", this.coreUuid],
      ["FreeSWITCH-Hostname", host],
      ["FreeSWITCH-Switchname", host],
      ["FreeSWITCH-IPv4", address2],
      ["FreeSWITCH-IPv6", "::1"]
    ]);
  }
  /** @param blocks everything after `Event-Sequence` */
  build(event) {
    const names = event.subclass === void 0 ? [["Event-Name", event.name]] : [["Event-Subclass", event.subclass], ["Event-Name", event.name]];
    return new SwitchEvent({ ...event, blocks: [new HeaderBlock(names), this.#identity, this.#stamp(event.name), ...event.blocks] });
  }
  /** Microseconds since the epoch, as the real server counts time. */
  static microseconds(at = Date.now()) {
    return `${Math.round(at * 1e3)}`;
  }
  #stamp(name) {
    const now = /* @__PURE__ */ new Date();
    return new HeaderBlock([
      ["Event-Date-Local", localDate(now)],
      ["Event-Date-GMT", now.toUTCString()],
      ["Event-Date-Timestamp", _EventFactory.microseconds(now.getTime())],
      ["Event-Calling-File", "embedded"],
      ["Event-Calling-Function", name.toLowerCase()],
      ["Event-Calling-Line-Number", "0"],
      ["Event-Sequence", `${++this.#sequence}`]
    ]);
  }
};
function localDate(date) {
  const two = (value) => `${value}`.padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

// src/embedded/freeswitch/api-commands.ts
var NO_CHANNEL = "-ERR No such channel!\n";
function words2(text2) {
  return text2.split(" ").filter((word) => word !== "");
}
function onChannel(usage, least, run, missing = NO_CHANNEL) {
  return (around, argument) => {
    const [uuid, ...args] = words2(argument);
    if (uuid === void 0 || args.length < least) return `-USAGE: ${usage}
`;
    const channel = around.channel(uuid);
    return channel === void 0 ? missing : run(channel, args, around);
  };
}
function uuidBridge(around, argument) {
  const [first, ...others] = words2(argument);
  if (first === void 0 || others[0] === void 0) return "-USAGE: <uuid> <other_uuid>\n";
  const a = around.channel(first);
  for (const other of others.slice(0, 2)) {
    const b = around.channel(other);
    if (a && b && bridge(around.engine, a, b)) return `+OK ${other}
`;
  }
  return "-ERR Invalid uuid\n";
}
function uuidTransfer(channel, args, around) {
  const option = args[0]?.startsWith("-") ? args.shift() : void 0;
  const [destination, dialplan] = args;
  if (destination === void 0) return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n";
  const { peer } = channel;
  const moved = option === "-both" && peer ? [peer, channel] : option === "-bleg" && peer ? [peer] : [channel];
  if (peer) {
    part(around.engine, channel, peer);
    for (const left of [channel, peer]) if (!moved.includes(left)) left.data.setState("CS_PARK");
  }
  for (const target of moved) transfer(target, destination, dialplan);
  return "+OK\n";
}
function transfer(channel, destination, dialplan) {
  channel.redirect();
  channel.data.transferred(destination.split(/[:,]/, 1)[0] ?? "", dialplan ?? "XML");
  channel.data.setState("CS_ROUTING");
  channel.setCallState("RINGING");
  channel.data.setState("CS_EXECUTE");
  channel.setCallState("ACTIVE");
  if (dialplan !== "inline") {
    channel.hangup("NO_ROUTE_DESTINATION", "application");
    return;
  }
  for (const step of destination.split(",")) {
    const colon = step.indexOf(":");
    const application = colon < 0 ? step : step.slice(0, colon);
    if (application === "park") channel.waitIn("park");
    else channel.execute(application, colon < 0 ? "" : step.slice(colon + 1), randomUUID7());
  }
}
function uuidPark(channel, _, around) {
  if (channel.peer) part(around.engine, channel, channel.peer);
  channel.redirect();
  channel.data.setState("CS_PARK");
  channel.publish("CHANNEL_PARK", channel.data.full());
  return "+OK\n";
}
function uuidRecord(channel, args) {
  const [action, path = "", limit = "0"] = args;
  if (action === "start") {
    if (!path.toLowerCase().endsWith(".wav")) return "-ERR Cannot record session!\n";
    void startRecording(channel, path, Number(limit) || 0, channel.variable("RECORD_STEREO") === "true");
    return "+OK Success\n";
  }
  if (action === "stop") {
    if (path !== "all" && !channel.recordings.has(path)) return "-ERR Cannot stop record session!\n";
    void stopRecordings(channel, path);
    return "+OK Success\n";
  }
  return "-USAGE: <uuid> [start|stop] <path> [<limit>]\n";
}
function uuidSendDtmf(channel, args) {
  const [digits = "", ms] = (args[0] ?? "").split("@");
  try {
    void channel.media.sendDigits(digits, Number(ms) > 0 ? { durationMs: Number(ms) } : {});
    return `+OK ${channel.uuid} sent DTMF ${args[0] ?? ""}.
`;
  } catch {
    return "-ERR Operation failed\n";
  }
}
function uuidRecvDtmf(channel, args) {
  const digits = args[0] ?? "";
  for (const digit of digits.replace(/@.*$/, "")) channel.keyPressed(digit, 0, "APP");
  return `+OK ${channel.uuid} received DTMF ${digits}.
`;
}
function uuidBroadcast(channel, args) {
  const [path = "", which = "aleg"] = args;
  const targets = [which.includes("aleg") || which.includes("both") ? channel : void 0, which.includes("bleg") || which.includes("both") ? channel.peer : void 0];
  const application = /^([a-z_]+)::(.*)$/s.exec(path);
  for (const target of targets) target?.execute(application?.[1] ?? "playback", application?.[2] ?? path, randomUUID7());
  return "+OK Message sent\n";
}
function uuidBuglist(channel) {
  const bugs = [...channel.recordings.keys()].map(
    (path) => ` <media-bug>
  <function>session_record</function>
  <target>${path}</target>
  <thread-locked>0</thread-locked>
 </media-bug>
`
  );
  return `<media-bugs>
${bugs.join("")}</media-bugs>
`;
}
function uuidSetMediaStats(channel) {
  const { stats } = channel.media;
  const set = (name, value) => channel.data.setVariable(`rtp_audio_${name}`, `${Math.round(value)}`);
  set("in_raw_bytes", stats.bytesIn);
  set("in_media_bytes", stats.bytesIn);
  set("in_packet_count", stats.packetsIn);
  set("in_media_packet_count", stats.packetsIn);
  set("in_skip_packet_count", stats.lost);
  set("out_raw_bytes", stats.bytesOut);
  set("out_media_bytes", stats.bytesOut);
  set("out_packet_count", stats.packetsOut);
  set("out_media_packet_count", stats.packetsOut);
  return "+OK:\n";
}
function sofia(around, argument) {
  const [verb, kind, name] = words2(argument);
  if (verb !== "status") return "-ERR Unknown command!\n";
  if (kind === void 0) return sofiaStatus(around);
  if (kind !== "profile" || name === void 0) return "Invalid Syntax!\n";
  return name === around.profile ? sofiaProfile(around) : "Invalid Profile!\n";
}
var RULE = "=".repeat(97);
function sofiaStatus(around) {
  const row2 = (name, type, data, state) => `${name.padStart(25)}	${type.padStart(7)}	${data.padStart(42)}	${state}
`;
  return row2("Name", "   Type", "Data", "State") + `${RULE}
` + row2(around.profile, "profile", `sip:mod_sofia@${around.sipAddress}`, "RUNNING (0)") + `${RULE}
1 profile 0 aliases
`;
}
function sofiaProfile(around) {
  const calls = [...around.channels()].length;
  const row2 = (name, value) => `${name.padEnd(16)}	${value}
`;
  return `${RULE}
` + row2("Name", around.profile) + row2("Domain Name", "N/A") + row2("Auto-NAT", "false") + row2("DBName", `sofia_reg_${around.profile}`) + row2("Dialplan", "XML") + row2("Context", "mrf") + row2("URL", `sip:mod_sofia@${around.sipAddress}`) + row2("BIND-URL", `sip:mod_sofia@${around.sipAddress};transport=udp`) + row2("CODECS IN", "PCMU,PCMA") + row2("CODECS OUT", "PCMU,PCMA") + row2("TEL-EVENT", "101") + row2("DTMF-MODE", "rfc2833") + row2("CALLS-IN", `${calls}`) + row2("REGISTRATIONS", "0") + `${RULE}
`;
}
function upTime(ms) {
  const unit = (value, name) => `${value} ${name}${value === 1 ? "" : "s"}`;
  const seconds = Math.floor(ms / 1e3);
  return [
    unit(Math.floor(seconds / 31536e3), "year"),
    unit(Math.floor(seconds % 31536e3 / 86400), "day"),
    unit(Math.floor(seconds % 86400 / 3600), "hour"),
    unit(Math.floor(seconds % 3600 / 60), "minute"),
    unit(seconds % 60, "second"),
    unit(Math.floor(ms % 1e3), "millisecond"),
    unit(0, "microsecond")
  ].join(", ");
}
function status(around) {
  const count = [...around.channels()].length;
  return `UP ${upTime(Date.now() - around.startedAt)}
FreeSWITCH (Version ${FREESWITCH_VERSION}) is ready
${around.sessionsMade} session(s) since startup
${count} session(s) - peak ${count}, last 5min ${count}
0 session(s) per Sec out of max ${around.maxSessions}, peak 0, last 5min 0
${around.maxSessions} session(s) max
min idle cpu 0.00/100.00
`;
}
function show(around, argument) {
  const [what, ...rest] = words2(argument);
  if (what !== "channels" && what !== "calls") return `-USAGE: show channels [count] [as json]|calls [count]
`;
  const channels = [...around.channels()].filter((channel) => what === "channels" || !channel.peer || channel.uuid < channel.peer.uuid);
  if (rest.includes("json")) {
    if (rest.includes("count")) return JSON.stringify({ row_count: channels.length });
    const rows2 = channels.map((channel) => row(channel));
    return JSON.stringify(rows2.length === 0 ? { row_count: 0 } : { row_count: rows2.length, rows: rows2 });
  }
  if (rest.includes("count") || channels.length === 0) return `
${channels.length} total.
`;
  const rows = channels.map((channel) => row(channel));
  const columns = Object.keys(rows[0] ?? {});
  return `${columns.join(",")}
${rows.map((entry) => Object.values(entry).join(",")).join("\n")}

${channels.length} total.
`;
}
function row(channel) {
  return {
    uuid: channel.uuid,
    direction: "inbound",
    created_epoch: `${Math.floor(Number(channel.data.createdAt) / 1e6)}`,
    name: channel.name,
    state: channel.data.state,
    application: channel.variable("current_application") ?? "",
    application_data: channel.variable("current_application_data") ?? "",
    dialplan: "XML",
    context: "mrf",
    read_codec: channel.variable("read_codec") ?? "",
    hostname: hostname2(),
    callstate: channel.data.callState,
    call_uuid: channel.peer ? channel.peer.uuid : ""
  };
}
function hangUpAll(around, argument) {
  const cause = argument.trim() === "" ? "MANAGER_REQUEST" : argument.trim();
  for (const channel of [...around.channels()]) channel.hangup(cause, "api");
  return `+OK hangup all channels with cause ${cause}
`;
}
var API_COMMANDS = /* @__PURE__ */ new Map([
  ["create_uuid", () => randomUUID7()],
  ["echo", (_, argument) => argument],
  ["hostname", () => hostname2()],
  ["hupall", hangUpAll],
  [
    "reloadxml",
    (around) => {
      around.reloadXml();
      return "+OK [Success]\n";
    }
  ],
  ["show", show],
  ["sofia", sofia],
  ["status", status],
  ["uptime", (around) => `${Math.floor((Date.now() - around.startedAt) / 1e3)}
`],
  ["version", () => `FreeSWITCH Version ${FREESWITCH_VERSION}
`],
  ["uuid_bridge", uuidBridge],
  [
    "uuid_break",
    onChannel("<uuid> [all]", 0, (channel, args) => {
      channel.break();
      if (args[0]?.includes("both")) channel.peer?.break();
      return "+OK\n";
    })
  ],
  ["uuid_broadcast", onChannel("<uuid> <path> [aleg|bleg|holdb|both]", 1, uuidBroadcast, "-ERR invalid uuid\n")],
  ["uuid_buglist", onChannel("<uuid>", 0, uuidBuglist, "-ERR Cannot locate session!\n")],
  ["uuid_dump", onChannel("<uuid> [format]", 0, (channel) => channel.dump())],
  ["uuid_exists", (around, argument) => around.channel(argument.trim()) === void 0 ? "false" : "true"],
  ["uuid_getvar", onChannel("<uuid> <var>", 1, (channel, args) => channel.variable(args[0] ?? "") ?? "_undef_")],
  [
    "uuid_kill",
    onChannel("<uuid> [cause]", 0, (channel, args) => {
      channel.hangup(args[0] ?? "NORMAL_CLEARING", "api");
      return "+OK\n";
    })
  ],
  ["uuid_park", onChannel("<uuid>", 0, uuidPark)],
  ["uuid_record", onChannel("<uuid> [start|stop] <path> [<limit>]", 2, uuidRecord, "-ERR Cannot locate session!\n")],
  ["uuid_recv_dtmf", onChannel("<uuid> <dtmf_data>", 1, uuidRecvDtmf, "-ERR Cannot locate session!\n")],
  ["uuid_send_dtmf", onChannel("<uuid> <dtmf_data>", 1, uuidSendDtmf, "-ERR Cannot locate session!\n")],
  ["uuid_set_media_stats", (around, argument) => onChannel("<uuid>", 0, uuidSetMediaStats, `-ERR No such channel ${argument.trim()}!
`)(around, argument)],
  [
    "uuid_setvar",
    onChannel("<uuid> <var> [value]", 1, (channel, args) => {
      const value = args.slice(1).join(" ");
      channel.setVariable(args[0] ?? "", value === "" ? void 0 : value);
      return "+OK\n";
    })
  ],
  [
    "uuid_setvar_multi",
    onChannel("<uuid> <var>=<value>;<var>=<value>...", 1, (channel, args) => {
      for (const item of args.join(" ").split(";")) {
        const equals = item.indexOf("=");
        if (equals > 0) channel.setVariable(item.slice(0, equals), item.slice(equals + 1));
      }
      return "+OK\n";
    })
  ],
  ["uuid_transfer", onChannel("<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]", 1, uuidTransfer)]
]);

// src/embedded/freeswitch/call-set-up.ts
function outboundSocket(request) {
  const match = /^\s*(\[[0-9a-fA-F:]+\]|[^\s:]+):(\d{1,5})\s*$/.exec(request.headers.get("X-esl-outbound") ?? "");
  const address2 = match?.[1]?.replace(/^\[|\]$/g, "");
  const port2 = Number(match?.[2]);
  return address2 === void 0 || port2 < 1 || port2 > 65535 ? void 0 : { address: address2, port: port2 };
}
function parts(text2, nobody) {
  const uri = parseUri(text2);
  const user = uri === void 0 || uri.user === "" ? nobody : uri.user;
  const host = uri?.host ?? "";
  const port2 = uri?.port === void 0 ? "" : `${uri.port}`;
  return { user, host, port: port2, uri: `${user}@${host}${port2 === "" ? "" : `:${port2}`}` };
}
function channelFacts(request, source, uuid, profile) {
  const from = parts(request.from.uri, "nobody");
  return {
    uuid,
    name: `sofia/${profile}/${from.uri}`,
    networkAddress: source.address,
    destination: parts(request.uri, "").user,
    callerNumber: from.user === "nobody" ? void 0 : from.user
  };
}
function setUpVariables(request, source, more) {
  const from = parts(request.from.uri, "nobody");
  const to = parts(request.to.uri, "");
  const target = parts(request.uri, "");
  const contact = request.contacts[0];
  const contactParts = contact ? parts(contact.uri, "nobody") : void 0;
  const custom = {};
  for (const { name, value } of request.headers) if (/^X-/i.test(name)) custom[`sip_h_${name}`] = value;
  return {
    direction: "inbound",
    uuid: more.facts.uuid,
    session_id: `${more.sessionId}`,
    sip_from_user: from.user,
    sip_from_port: from.port,
    sip_from_uri: from.uri,
    sip_from_host: from.host,
    video_media_flow: "disabled",
    text_media_flow: "disabled",
    channel_name: more.facts.name,
    sip_call_id: request.callId,
    sip_local_network_addr: more.localAddress,
    sip_network_ip: source.address,
    sip_network_port: `${source.port}`,
    sip_invite_stamp: EventFactory.microseconds(),
    sip_received_ip: source.address,
    sip_received_port: `${source.port}`,
    sip_via_protocol: source.protocol,
    sip_from_tag: request.fromTag,
    sip_cseq: `${request.cseq.sequence}`,
    sofia_profile_name: more.profile,
    sofia_profile_url: `sip:mod_sofia@${more.sipAddress}`,
    recovery_profile_name: more.profile,
    sip_full_via: request.headers.get("Via"),
    sip_full_from: request.headers.get("From"),
    sip_full_to: request.headers.get("To"),
    sip_req_user: target.user,
    sip_req_port: target.port,
    sip_req_uri: target.uri,
    sip_req_host: target.host,
    sip_to_user: to.user,
    sip_to_port: to.port,
    sip_to_uri: to.uri,
    sip_to_host: to.host,
    sip_contact_user: contactParts?.user,
    sip_contact_port: contactParts?.port,
    sip_contact_uri: contactParts?.uri,
    sip_contact_host: contactParts?.host,
    sip_user_agent: request.headers.get("User-Agent"),
    sip_via_host: request.via.host,
    sip_via_rport: `${source.port}`,
    max_forwards: request.headers.get("Max-Forwards"),
    ...custom,
    switch_r_sdp: request.sdp,
    call_uuid: more.facts.uuid,
    rtp_use_codec_string: "PCMU,PCMA",
    remote_video_media_flow: "inactive",
    remote_text_media_flow: "inactive",
    advertised_media_ip: more.localAddress,
    rtp_use_timer_name: "soft"
  };
}
var DIALPLAN_VARIABLES = {
  endpoint_disposition: "ANSWER",
  send_silence_when_idle: "-1",
  hangup_after_bridge: "false",
  park_after_bridge: "true",
  playback_terminators: "none"
};

// src/embedded/freeswitch/channel.ts
import { randomUUID as randomUUID8 } from "node:crypto";

// src/embedded/freeswitch/channel-states.ts
var CHANNEL_STATES = {
  CS_NEW: 0,
  CS_INIT: 1,
  CS_ROUTING: 2,
  CS_SOFT_EXECUTE: 3,
  CS_EXECUTE: 4,
  CS_EXCHANGE_MEDIA: 5,
  CS_PARK: 6,
  CS_HANGUP: 10
};
var CALL_STATES = { DOWN: 0, RINGING: 2, EARLY: 3, ACTIVE: 4, HANGUP: 7 };
var CAUSES = {
  NONE: 0,
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_DESTINATION: 3,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  SUBSCRIBER_ABSENT: 20,
  CALL_REJECTED: 21,
  DESTINATION_OUT_OF_ORDER: 27,
  INVALID_NUMBER_FORMAT: 28,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_CIRCUIT_CONGESTION: 34,
  NETWORK_OUT_OF_ORDER: 38,
  NORMAL_TEMPORARY_FAILURE: 41,
  SWITCH_CONGESTION: 42,
  INCOMPATIBLE_DESTINATION: 88,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  INTERWORKING: 127,
  ORIGINATOR_CANCEL: 487,
  LOSE_RACE: 502,
  MANAGER_REQUEST: 503,
  MEDIA_TIMEOUT: 604
};
function hangupCause(text2) {
  const wanted = text2.trim().toUpperCase();
  for (const [name, code] of Object.entries(CAUSES)) {
    if (name === wanted || /^\d+$/.test(wanted) && code === Number(wanted)) return { name, code };
  }
  return { name: "NORMAL_CLEARING", code: 16 };
}

// src/embedded/freeswitch/channel-data.ts
var ChannelData = class {
  facts;
  createdAt = EventFactory.microseconds();
  #state = "CS_INIT";
  #callState = "DOWN";
  #hangupCause;
  #codec = { name: "", rate: "8000", bitRate: "64000" };
  #answeredAt = "0";
  #bridgedAt = "0";
  #hungUpAt = "0";
  #callUuid;
  #profileIndex = 1;
  #otherLeg;
  #profile = { dialplan: "XML", destination: "" };
  #setup = /* @__PURE__ */ new Map();
  #later = /* @__PURE__ */ new Map();
  #basicBlock;
  #setupBlock;
  #laterBlock;
  constructor(facts) {
    this.facts = facts;
    this.#callUuid = facts.uuid;
    this.#profile.destination = facts.destination;
  }
  get state() {
    return this.#state;
  }
  get callState() {
    return this.#callState;
  }
  get hangupCause() {
    return this.#hangupCause;
  }
  setState(state) {
    this.#state = state;
    this.#basicBlock = void 0;
  }
  setCallState(state) {
    this.#callState = state;
    this.#basicBlock = void 0;
  }
  setCodec(name) {
    this.#codec = { name, rate: "8000", bitRate: "64000" };
    this.#basicBlock = void 0;
  }
  answered() {
    if (this.#answeredAt === "0") this.#answeredAt = EventFactory.microseconds();
    this.#basicBlock = void 0;
  }
  hungUp(cause) {
    this.#hangupCause = cause;
    this.#hungUpAt = EventFactory.microseconds();
    this.#basicBlock = void 0;
  }
  /** Notes the peer of a bridge: its caller profile is copied into every event until `transferred`. */
  bridged(type, other, callUuid) {
    this.#bridgedAt = EventFactory.microseconds();
    this.#profileIndex++;
    this.#callUuid = callUuid;
    const pairs = other.#callerPairs("Other-Leg").filter(([name]) => name !== "Other-Leg-Profile-Index");
    this.#otherLeg = { type, block: new HeaderBlock([["Other-Type", type], ...pairs]) };
    this.#basicBlock = void 0;
  }
  /** `uuid_transfer ... park inline`: a fresh caller profile, no peer. */
  transferred(destination, dialplan) {
    this.#otherLeg = void 0;
    this.#bridgedAt = "0";
    this.#profileIndex++;
    this.#profile = { dialplan, destination };
    this.#basicBlock = void 0;
  }
  variable(name) {
    return this.#setup.get(name) ?? this.#later.get(name);
  }
  /** Sets, or with undefined deletes, a variable. A variable set again moves to the end, as on the real server. */
  setVariable(name, value) {
    if (this.#setup.delete(name)) this.#setupBlock = void 0;
    this.#later.delete(name);
    if (value !== void 0) this.#later.set(name, value);
    this.#laterBlock = void 0;
  }
  /** Sets many of the variables which are known at set-up or change with the media. */
  setUp(variables2) {
    for (const [name, value] of Object.entries(variables2)) {
      if (value === void 0) this.#setup.delete(name);
      else {
        this.#setup.set(name, value);
        this.#later.delete(name);
      }
    }
    this.#setupBlock = void 0;
    this.#laterBlock = void 0;
  }
  /** The headers without variables (CHANNEL_CALLSTATE, DTMF, ...). */
  basic() {
    this.#basicBlock ??= new HeaderBlock(this.#basicPairs());
    return this.#otherLeg ? [this.#basicBlock, this.#otherLeg.block] : [this.#basicBlock];
  }
  /** The headers with all variables (CHANNEL_EXECUTE, PLAYBACK_STOP, ...). */
  full() {
    this.#setupBlock ??= variables(this.#setup);
    this.#laterBlock ??= variables(this.#later);
    return [...this.basic(), this.#setupBlock, this.#laterBlock];
  }
  /** The caller profile under `Channel-`, which the answer to `connect` has in addition. */
  profile() {
    return new HeaderBlock(this.#callerPairs("Channel"));
  }
  get answerState() {
    if (this.#hangupCause !== void 0) return "hangup";
    return this.#answeredAt === "0" ? "ringing" : "answered";
  }
  #basicPairs() {
    const pairs = [
      ["Channel-State", this.#state],
      ["Channel-Call-State", this.#callState],
      ["Channel-State-Number", `${CHANNEL_STATES[this.#state]}`],
      ["Channel-Name", this.facts.name],
      ["Unique-ID", this.facts.uuid],
      ["Call-Direction", "inbound"],
      ["Presence-Call-Direction", "inbound"],
      ["Channel-HIT-Dialplan", "true"],
      ["Channel-Call-UUID", this.#callUuid],
      ["Answer-State", this.answerState]
    ];
    if (this.#hangupCause !== void 0) pairs.push(["Hangup-Cause", this.#hangupCause]);
    if (this.#codec.name !== "") {
      for (const side of ["Read", "Write"]) {
        pairs.push([`Channel-${side}-Codec-Name`, this.#codec.name], [`Channel-${side}-Codec-Rate`, this.#codec.rate], [`Channel-${side}-Codec-Bit-Rate`, this.#codec.bitRate]);
      }
    }
    return [...pairs, ...this.#callerPairs("Caller")];
  }
  #callerPairs(prefix) {
    const { facts } = this;
    const caller = facts.callerNumber ?? "unknown";
    const pairs = [
      ["Direction", "inbound"],
      ["Logical-Direction", "inbound"],
      ["Dialplan", this.#profile.dialplan],
      ["Caller-ID-Name", caller]
    ];
    if (facts.callerNumber !== void 0) pairs.push(["Caller-ID-Number", facts.callerNumber]);
    pairs.push(
      ["Orig-Caller-ID-Name", caller],
      ["Network-Addr", facts.networkAddress],
      ["Destination-Number", this.#profile.destination],
      ["Unique-ID", facts.uuid],
      ["Source", "mod_sofia"],
      ["Context", "mrf"],
      ["Channel-Name", facts.name],
      ["Profile-Index", `${this.#profileIndex}`],
      ["Profile-Created-Time", this.createdAt],
      ["Channel-Created-Time", this.createdAt],
      ["Channel-Answered-Time", this.#answeredAt],
      ["Channel-Progress-Time", "0"],
      ["Channel-Progress-Media-Time", "0"],
      ["Channel-Hangup-Time", this.#hungUpAt],
      ["Channel-Transfer-Time", "0"],
      ["Channel-Resurrect-Time", "0"],
      ["Channel-Bridged-Time", this.#bridgedAt],
      ["Channel-Last-Hold", "0"],
      ["Channel-Hold-Accum", "0"],
      ["Screen-Bit", "true"],
      ["Privacy-Hide-Name", "false"],
      ["Privacy-Hide-Number", "false"]
    );
    return pairs.map(([name, value]) => [`${prefix}-${name}`, value]);
  }
};
function variables(map) {
  return new HeaderBlock([...map].map(([name, value]) => [`variable_${name}`, value]));
}
function callStateNumber(state) {
  return `${CALL_STATES[state]}`;
}

// src/embedded/freeswitch/channel.ts
var DEFAULT_KEY_MS = 250;
var Channel = class {
  data;
  media;
  recordings = /* @__PURE__ */ new Map();
  /** The bridged peer. */
  peer;
  /** The application's socket for this channel, once it is open. */
  connection;
  #around;
  #signalling;
  #frames = [];
  #underneath;
  #hangup;
  #depth = 0;
  constructor(facts, media, signalling, around) {
    this.data = new ChannelData(facts);
    this.media = media;
    this.#signalling = signalling;
    this.#around = around;
    media.on("digit", ({ digit, durationMs, source }) => {
      this.keyPressed(digit, durationMs, source);
    });
    media.on("mediaTimeout", () => {
      this.hangup("MEDIA_TIMEOUT", "media");
    });
  }
  get uuid() {
    return this.data.facts.uuid;
  }
  get name() {
    return this.data.facts.name;
  }
  get over() {
    return this.#hangup !== void 0;
  }
  connectData() {
    return this.#build("CHANNEL_DATA", [this.data.profile(), ...this.data.full()]).plainHeaders();
  }
  /** The body of `uuid_dump`. */
  dump() {
    return `${this.#build("CHANNEL_DATA", this.data.full()).plainHeaders()}
`;
  }
  variable(name) {
    return this.data.variable(name);
  }
  setVariable(name, value) {
    this.data.setVariable(name, value);
    if (value === void 0 || this.over) return;
    if (name === "rtp_timeout_sec") this.media.setMediaTimeout(Math.max(0, Number(value) || 0) * 1e3);
    else if (name === "media_timeout") this.media.setMediaTimeout(Math.max(0, Number(value) || 0));
  }
  /** `${name}` in an argument becomes the variable's value, or nothing. */
  expand(text2) {
    return text2.includes("${") ? text2.replace(/\$\{([^}]*)\}/g, (_, name) => this.variable(name) ?? "") : text2;
  }
  /** The INVITE has been answered: the channel goes to work. `argument` is that of the `socket` application, where there is one. */
  answered(underneath) {
    this.data.answered();
    this.data.setState("CS_EXECUTE");
    this.data.setCallState("ACTIVE");
    this.publish("CHANNEL_ANSWER", this.data.full());
    if (!underneath) return;
    this.#underneath = { ...underneath, uuid: randomUUID8() };
    this.data.setVariable("current_application_data", underneath.argument);
    this.data.setVariable("current_application", underneath.application);
    this.publish("CHANNEL_EXECUTE", this.data.full(), applicationHeaders(underneath.application, underneath.argument, { uuid: this.#underneath.uuid }));
  }
  /** `sendmsg`: `execute` and `hangup`. Other call-commands are ignored, as the real server ignores what it does not know. */
  message(message) {
    const { headers } = message;
    const command = headers.get("call-command");
    if (command === "hangup") this.hangup(headers.get("hangup-cause") ?? "NORMAL_CLEARING", "application");
    if (command !== "execute") return;
    const application = headers.get("execute-app-name") ?? "";
    let argument = headers.get("execute-app-arg") ?? "";
    if (argument === "" && headers.get("content-type")?.toLowerCase() === "text/plain") argument = message.body;
    if (application !== "") this.execute(application, argument, headers.get("event-uuid") ?? randomUUID8());
  }
  /** Runs an application. An unknown one ends the call with DESTINATION_OUT_OF_ORDER, as on the real server. */
  execute(application, rawArgument, uuid) {
    if (this.over) return;
    const run = this.#around.applications.get(application);
    if (run === void 0) {
      this.#around.log(`channel ${this.uuid}: Invalid Application ${application}`);
      this.hangup("DESTINATION_OUT_OF_ORDER", "application");
      return;
    }
    const argument = this.expand(rawArgument);
    this.data.setVariable("current_application_response", void 0);
    this.data.setVariable("current_application", application);
    this.data.setVariable("current_application_data", argument === "" ? void 0 : argument);
    this.publish("CHANNEL_EXECUTE", this.data.full(), applicationHeaders(application, argument, { uuid }));
    let completed = false;
    const done = (response) => {
      if (completed) return;
      completed = true;
      const at = this.#frames.findIndex((frame3) => frame3.uuid === uuid);
      if (at >= 0) this.#frames.splice(at, 1);
      if (response !== void 0) this.data.setVariable("current_application_response", response);
      this.#completed(application, argument, uuid);
    };
    this.#depth++;
    const running = run(this, argument, done);
    this.#depth--;
    if (running !== void 0 && !completed) this.#frames.push({ application, argument, uuid, running });
    else done();
    if (this.#hangup && this.#depth === 0) this.#finishHangup();
  }
  keyPressed(digit, durationMs, source) {
    if (this.over) return;
    const duration = Math.round((durationMs > 0 ? durationMs : DEFAULT_KEY_MS) * 8);
    this.publish("DTMF", this.data.basic(), [["DTMF-Digit", digit], ["DTMF-Duration", `${duration}`], ["DTMF-Source", source]]);
    for (let index = this.#frames.length - 1; index >= 0; index--) {
      const running = this.#frames[index]?.running;
      if (running?.key?.(digit) === true) return;
    }
  }
  /** `uuid_break`: everything that runs ends, the topmost first. */
  break() {
    for (const frame3 of [...this.#frames].reverse()) frame3.running.break();
  }
  playbackStarted(path) {
    this.publish("PLAYBACK_START", this.data.full(), playbackHeaders(path));
  }
  playbackStopped(path, status2) {
    this.publish("PLAYBACK_STOP", this.data.full(), [...playbackHeaders(path), ["Playback-Status", status2]]);
  }
  setCallState(state) {
    const before = this.data.callState;
    if (before === state) return;
    this.data.setCallState(state);
    this.publish("CHANNEL_CALLSTATE", [
      new HeaderBlock([["Original-Channel-Call-State", before], ["Channel-Call-State-Number", callStateNumber(state)]]),
      ...this.data.basic()
    ]);
  }
  /** Ends whatever runs and whatever waits underneath, because the channel goes elsewhere (bridge, transfer). */
  redirect() {
    this.#abandonFrames("PLAYBACK ERROR");
    this.#completeUnderneath();
  }
  /** Waits in `application` from now on (after `uuid_transfer`). */
  waitIn(application) {
    this.data.setState("CS_EXECUTE");
    const uuid = randomUUID8();
    this.#underneath = { application, argument: "", uuid };
    this.data.setVariable("current_application_response", void 0);
    this.data.setVariable("current_application_data", void 0);
    this.data.setVariable("current_application", application);
    this.publish("CHANNEL_EXECUTE", this.data.full(), applicationHeaders(application, "", { uuid }));
  }
  /** The client's socket is gone. While the `socket` application is what keeps the channel, that ends the call. */
  socketClosed() {
    this.connection = void 0;
    if (!this.over && this.#underneath?.application === "socket") this.hangup("NORMAL_CLEARING", "api");
  }
  /**
   * Ends the channel. May be called at any moment, from within an application too; the first call decides.
   *
   * The order in which the client hears of it is the real server's: when the channel itself found out (application, media), the
   * events come before the disconnect notice; when another did it (`uuid_kill`, BYE), the notice comes first, and what the client
   * was waiting for on this socket never completes.
   */
  hangup(cause, origin) {
    if (this.#hangup) return;
    this.#hangup = { cause: hangupCause(cause), origin, finished: false };
    this.data.hungUp(this.#hangup.cause.name);
    if (origin !== "farEnd") this.#signalling.bye(this.#hangup.cause);
    if (this.#depth === 0) this.#finishHangup();
  }
  #finishHangup() {
    const ending = this.#hangup;
    if (!ending || ending.finished) return;
    ending.finished = true;
    const told = ending.origin === "application" || ending.origin === "media";
    if (!told) this.connection?.channelGone();
    this.#abandonFrames(void 0);
    this.#completeUnderneath();
    const { peer } = this;
    this.peer = void 0;
    if (peer) this.#unbridgedEvent(peer);
    this.data.setState("CS_HANGUP");
    this.setCallState("HANGUP");
    this.publish("CHANNEL_HANGUP", this.data.full());
    if (told) this.connection?.channelGone();
    this.publish("CHANNEL_HANGUP_COMPLETE", this.data.full());
    this.publish("CHANNEL_DESTROY", this.data.basic());
    peer?.peerGone(this);
    void this.media.close();
    this.#around.ended(this);
  }
  /** The bridge is over because the peer hung up: stays, parked, unless its variables say otherwise. */
  peerGone(peer) {
    if (this.peer !== peer || this.over) return;
    this.peer = void 0;
    this.data.setVariable("last_bridge_to", peer.uuid);
    this.#unbridgedEvent(peer);
    if (this.variable("hangup_after_bridge") === "true" || this.variable("park_after_bridge") !== "true") {
      this.hangup("NORMAL_CLEARING", "media");
      return;
    }
    this.data.setState("CS_PARK");
    this.publish("CHANNEL_PARK", this.data.full());
  }
  /** Publishes an event about this channel. */
  publish(name, blocks, extra = []) {
    this.#around.bus.publish({ name, uuid: this.uuid }, () => this.#build(name, extra.length > 0 ? [...blocks, new HeaderBlock(extra)] : blocks));
  }
  log(line) {
    this.#around.log(`channel ${this.uuid}: ${line}`);
  }
  #build(name, blocks) {
    return this.#around.events.build({ name, uuid: this.uuid, blocks });
  }
  #unbridgedEvent(peer) {
    this.publish("CHANNEL_UNBRIDGE", [new HeaderBlock([["Bridge-A-Unique-ID", this.uuid], ["Bridge-B-Unique-ID", peer.uuid]]), ...this.data.full()]);
  }
  #abandonFrames(response) {
    for (const frame3 of this.#frames.splice(0).reverse()) {
      const own = frame3.running.abandon();
      const said = own === void 0 ? void 0 : response ?? own;
      if (said !== void 0) this.data.setVariable("current_application_response", said);
      this.#completed(frame3.application, frame3.argument, frame3.uuid);
    }
  }
  #completeUnderneath() {
    const waiting = this.#underneath;
    if (!waiting) return;
    this.#underneath = void 0;
    this.#completed(waiting.application, waiting.argument, waiting.uuid);
  }
  #completed(application, argument, uuid) {
    const response = this.data.variable("current_application_response") ?? "_none_";
    this.publish("CHANNEL_EXECUTE_COMPLETE", this.data.full(), applicationHeaders(application, argument, { uuid, response }));
  }
};
function applicationHeaders(application, argument, more) {
  const pairs = [["Application", application]];
  if (argument !== "") pairs.push(["Application-Data", argument]);
  if (more.response !== void 0) pairs.push(["Application-Response", more.response]);
  pairs.push(["Application-UUID", more.uuid]);
  return pairs;
}
function playbackHeaders(path) {
  const type = playbackFileType(path);
  return type === void 0 ? [["Playback-File-Path", path]] : [["Playback-File-Type", type], ["Playback-File-Path", path]];
}

// src/embedded/freeswitch/info-key.ts
var KEYS = "0123456789*#ABCD";
function keyOfInfo(request) {
  const body = request.body.toString("utf8");
  let signal;
  let durationMs = 0;
  if (request.contentType === "application/dtmf-relay") {
    signal = /^\s*Signal\s*=\s*(\S+)/im.exec(body)?.[1];
    durationMs = Number(/^\s*Duration\s*=\s*(\d+)/im.exec(body)?.[1] ?? 0);
  } else if (request.contentType === "application/dtmf") signal = body.trim();
  if (signal === void 0) return void 0;
  const digit = signal === "10" ? "*" : signal === "11" ? "#" : signal.toUpperCase();
  return digit.length === 1 && KEYS.includes(digit) ? { digit, durationMs } : void 0;
}

// src/embedded/freeswitch/negotiated-media.ts
var LocalAudio = class {
  #address;
  #port;
  #sessionId;
  #version;
  constructor(address2, port2) {
    this.#address = address2;
    this.#port = port2;
    const seconds = Math.floor(Date.now() / 1e3);
    this.#sessionId = `${seconds}`;
    this.#version = seconds;
  }
  /** What the next offer or answer is made of. PCMU first, as on a server whose callers mostly bring it. */
  next() {
    this.#version++;
    return {
      address: this.#address,
      port: this.#port,
      codecs: ["PCMU", "PCMA"],
      username: "drachtio-mrf",
      sessionName: "drachtio-mrf",
      sessionId: this.#sessionId,
      version: this.#version
    };
  }
  /** Whether this is our own description come back: what drachtio-srf acknowledges a late offer with. Nothing may be sent there. */
  isMirrored(agreement) {
    return agreement.remoteAddress === this.#address && agreement.remotePort === this.#port;
  }
};
function applyAgreement(media, agreement, local) {
  const mirrored = local.isMirrored(agreement);
  media.configure({
    remoteAddress: mirrored ? "0.0.0.0" : agreement.remoteAddress,
    remotePort: mirrored ? 0 : agreement.remotePort,
    codec: agreement.codec,
    payloadType: agreement.payloadType,
    ...agreement.telephoneEvent === void 0 ? {} : { telephoneEventPayloadType: agreement.telephoneEvent },
    direction: agreement.direction,
    ptimeMs: [10, 20, 30, 40, 60].includes(agreement.ptimeMs) ? agreement.ptimeMs : 20
  });
}
var MIRROR = { sendrecv: "sendrecv", sendonly: "recvonly", recvonly: "sendonly", inactive: "inactive" };
function noteOffer(channel) {
  noteCodec(channel, { codec: "PCMU", payloadType: 0, ptimeMs: 20 });
  channel.data.setUp({ dtmf_type: "rfc2833", rtp_2833_send_payload: "101", rtp_2833_recv_payload: "101" });
}
function noteCodec(channel, { codec, payloadType, ptimeMs }) {
  channel.data.setCodec(codec);
  channel.data.setUp({
    rtp_audio_recv_pt: `${payloadType}`,
    rtp_use_codec_name: codec,
    rtp_use_codec_rate: "8000",
    rtp_use_codec_ptime: `${ptimeMs}`,
    rtp_use_codec_channels: "1",
    rtp_last_audio_codec_string: `${codec}@8000h@${ptimeMs}i@1c`,
    read_codec: codec,
    original_read_codec: codec,
    read_rate: "8000",
    original_read_rate: "8000",
    write_codec: codec,
    write_rate: "8000",
    rtp_use_pt: `${payloadType}`,
    rtp_use_ssrc: `${channel.media.stats.ssrcOut}`,
    ep_codec_string: `CORE_PCM_MODULE.${codec}@8000h@${ptimeMs}i@64000b`
  });
}
function noteAgreement(channel, agreement) {
  noteCodec(channel, agreement);
  channel.data.setUp({
    remote_audio_media_flow: MIRROR[agreement.direction],
    audio_media_flow: agreement.direction,
    dtmf_type: agreement.telephoneEvent === void 0 ? "none" : "rfc2833",
    rtp_2833_send_payload: agreement.telephoneEvent === void 0 ? void 0 : `${agreement.telephoneEvent}`,
    rtp_2833_recv_payload: agreement.telephoneEvent === void 0 ? void 0 : `${agreement.telephoneEvent}`,
    remote_media_ip: agreement.remoteAddress,
    remote_media_port: `${agreement.remotePort}`
  });
}

// src/embedded/freeswitch/freeswitch-role.ts
var DEFAULT_PROFILE = "drachtio_mrf";
var DEFAULT_MAX_SESSIONS = 1e3;
var DEFAULT_HEARTBEAT_SECONDS = 20;
var ANSWER_HEADERS = [["Accept", "application/sdp"], ["Allow-Events", "talk, hold, conference, refer"], ["Content-Disposition", "session"]];
var FreeswitchRole = class {
  password;
  bus = new EventBus();
  applications = APPLICATIONS;
  events;
  engine;
  profile;
  sipAddress;
  maxSessions;
  sessionsMade = 0;
  #settings;
  #transport;
  #agent;
  #sockets;
  #faults;
  #channels = /* @__PURE__ */ new Map();
  #logLine;
  #setting = 0;
  #peak = 0;
  #heartbeat;
  /** @param transport of the SIP profile, bound already; the role closes it */
  constructor(settings3, transport, faults, log2) {
    this.#settings = settings3;
    this.#transport = transport;
    this.#faults = faults;
    this.#logLine = log2;
    this.password = settings3.password;
    this.profile = settings3.profile ?? DEFAULT_PROFILE;
    this.maxSessions = settings3.maxSessions ?? DEFAULT_MAX_SESSIONS;
    const [listener] = transport.listeners;
    this.sipAddress = listener ? `${hostForUri(listener.address)}:${listener.port}` : "";
    this.events = new EventFactory(settings3.rtp.address);
    this.engine = new MediaEngine({
      address: settings3.rtp.address,
      portRange: [settings3.rtp.firstPort, settings3.rtp.lastPort],
      mediaTimeoutMs: (settings3.mediaTimeoutSeconds ?? 0) * 1e3,
      onFault: (fault) => {
        this.log(`media ${fault.kind} of channel ${fault.channelId}: ${fault.message}`);
      }
    });
    this.#sockets = new EventSocketServer(this, faults);
    this.#agent = new UserAgent({ transport, user: "drachtio", userAgentHeader: "drachtio-mrf media gateway", natAware: false, tryingAfterMs: 0 });
    this.#agent.onInvite = (invite) => {
      void this.#take(invite);
    };
  }
  get startedAt() {
    return this.events.startedAt;
  }
  get eventSockets() {
    return this.#sockets.count;
  }
  get transactions() {
    const { client, server, unacknowledged } = this.#agent.layer.counts;
    return client + server + unacknowledged;
  }
  /** @throws ListenFailure */
  async start() {
    const bound = await this.#sockets.listen(this.#settings.eventSocket.address, this.#settings.eventSocket.port);
    const seconds = this.#settings.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS;
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, seconds * 1e3);
    return bound;
  }
  async stop() {
    clearInterval(this.#heartbeat);
    this.#agent.onInvite = (invite) => {
      invite.reject(503);
    };
    await this.#sockets.close();
    await this.#agent.close(0);
    await this.engine.close();
    await this.#transport.close();
    this.#channels.clear();
  }
  /** Cuts event sockets (fault). */
  cutSockets(which) {
    this.#sockets.cut(which);
  }
  channels() {
    return this.#channels.values();
  }
  channel(uuid) {
    return this.#channels.get(uuid);
  }
  get channelCount() {
    return this.#channels.size + this.#setting;
  }
  api(command, argument) {
    return API_COMMANDS.get(command)?.(this, argument);
  }
  reloadXml() {
    this.bus.publish({ name: "RELOADXML" }, () => this.events.build({ name: "RELOADXML", blocks: [] }));
  }
  backgroundJob(job) {
    this.bus.publish({ name: "BACKGROUND_JOB" }, () => {
      const pairs = [["Job-UUID", job.uuid], ["Job-Command", job.command]];
      if (job.argument !== "") pairs.push(["Job-Command-Arg", job.argument]);
      return this.events.build({ name: "BACKGROUND_JOB", blocks: [new HeaderBlock(pairs)], body: job.reply });
    });
  }
  clientEvent(name, message, eventUuid) {
    const subclass = message.headers.get("event-subclass");
    const uuid = message.headers.get("unique-id");
    const about = { name, ...subclass === void 0 ? {} : { subclass }, ...uuid === void 0 ? {} : { uuid } };
    this.bus.publish(
      about,
      () => this.events.build({
        ...about,
        blocks: [new HeaderBlock([...message.headers].filter(([header3]) => header3 !== "content-length" && header3 !== "event-subclass")), new HeaderBlock([["Event-UUID", eventUuid]])],
        ...message.body === "" ? {} : { body: message.body }
      })
    );
  }
  log(line) {
    this.#logLine(line);
  }
  ended(channel) {
    this.#channels.delete(channel.uuid);
  }
  /** One INVITE: audio, answer, socket. */
  async #take(invite) {
    const target = outboundSocket(invite.request);
    if (target === void 0) {
      invite.reject(404);
      return;
    }
    if (this.#faults.refuseChannels || this.channelCount >= this.maxSessions) {
      invite.reject(503);
      return;
    }
    const uuid = randomUUID9();
    this.#setting++;
    let media;
    try {
      media = await this.engine.createChannel({ id: uuid });
    } catch (error) {
      this.log(`no channel: ${error instanceof Error ? error.message : String(error)}`);
      invite.reject(503);
      return;
    } finally {
      this.#setting--;
    }
    if (invite.signal.aborted) {
      await media.close();
      return;
    }
    await this.#answer(invite, uuid, media, target);
  }
  async #answer(invite, uuid, media, target) {
    const address2 = this.#settings.rtp.externalAddress ?? media.localAddress;
    const local = new LocalAudio(address2, media.localPort);
    const facts = channelFacts(invite.request, invite.source, uuid, this.profile);
    const signalling = new EndpointSignalling(this.#faults);
    let sdp;
    const channel = new Channel(facts, media, signalling, this);
    channel.data.setUp(
      setUpVariables(invite.request, invite.source, { facts, profile: this.profile, sipAddress: this.sipAddress, sessionId: ++this.sessionsMade, localAddress: address2 })
    );
    channel.data.setUp({ local_media_ip: address2, local_media_port: `${media.localPort}` });
    if (invite.offer === void 0) {
      sdp = audioOffer(local.next());
      noteOffer(channel);
    } else {
      const reply = answerAudio(invite.offer, local.next());
      if (!reply.ok) {
        invite.reject(reply.status);
        await media.close();
        return;
      }
      sdp = reply.answer;
      applyAgreement(media, reply.agreement, local);
      noteAgreement(channel, reply.agreement);
    }
    channel.data.setUp({ rtp_local_sdp_str: sdp, ...DIALPLAN_VARIABLES, socket_host: target.address });
    this.#channels.set(uuid, channel);
    this.#peak = Math.max(this.#peak, this.#channels.size);
    channel.publish("CHANNEL_CREATE", channel.data.full());
    const answered = invite.answer(sdp, ANSWER_HEADERS);
    channel.answered({ application: "socket", argument: `${target.address}:${target.port} async full` });
    this.#dial(channel, target);
    const result = await answered;
    if (result.kind !== "answered") {
      channel.hangup(result.kind === "cancelled" ? "ORIGINATOR_CANCEL" : "RECOVERY_ON_TIMER_EXPIRE", "farEnd");
      return;
    }
    if (result.lateAnswer !== void 0) this.#lateAnswer(channel, local, result.lateAnswer);
    this.#serve(channel, local, result.session);
    signalling.established(result.session);
  }
  #dial(channel, target) {
    this.#sockets.dial(target, channel, {
      open: (connection) => {
        channel.connection = connection;
        if (channel.over) connection.channelGone();
      },
      closed: () => {
        channel.socketClosed();
      }
    });
  }
  #serve(channel, local, session) {
    session.handlers = {
      offer: (offer) => this.#renegotiate(channel, local, offer),
      answered: (sdp) => {
        this.#lateAnswer(channel, local, sdp);
      },
      info: (request) => {
        const key2 = keyOfInfo(request);
        if (key2) channel.keyPressed(key2.digit, key2.durationMs, "ENDPOINT");
        return 200;
      }
    };
    void session.ended.then((end) => {
      if (end.kind !== "local") channel.hangup(end.kind === "remote" ? "NORMAL_CLEARING" : "RECOVERY_ON_TIMER_EXPIRE", "farEnd");
    });
  }
  #renegotiate(channel, local, offer) {
    if (offer === void 0) {
      const sdp = audioOffer(local.next());
      channel.data.setUp({ rtp_local_sdp_str: sdp });
      return { answer: sdp };
    }
    const reply = answerAudio(offer, local.next());
    if (!reply.ok) return { reject: reply.status };
    applyAgreement(channel.media, reply.agreement, local);
    noteAgreement(channel, reply.agreement);
    channel.data.setUp({ switch_r_sdp: offer, rtp_local_sdp_str: reply.answer });
    return { answer: reply.answer };
  }
  #lateAnswer(channel, local, sdp) {
    const reply = readAudioAnswer(sdp, local.next());
    channel.data.setUp({ switch_r_sdp: sdp });
    if (!reply.ok) {
      this.log(`channel ${channel.uuid}: late answer not understood: ${reply.why}`);
      channel.hangup("INCOMPATIBLE_DESTINATION", "application");
      return;
    }
    applyAgreement(channel.media, reply.agreement, local);
    noteAgreement(channel, reply.agreement);
  }
  #beat() {
    this.bus.publish({ name: "HEARTBEAT" }, () => {
      const upMs = Date.now() - this.startedAt;
      return this.events.build({
        name: "HEARTBEAT",
        blocks: [
          new HeaderBlock([
            ["Event-Info", "System Ready"],
            ["Up-Time", upTime(upMs)],
            ["FreeSWITCH-Version", FREESWITCH_VERSION],
            ["Uptime-msec", `${upMs}`],
            ["Session-Count", `${this.#channels.size}`],
            ["Max-Sessions", `${this.maxSessions}`],
            ["Session-Per-Sec", `${this.maxSessions}`],
            ["Session-Per-Sec-Last", "0"],
            ["Session-Per-Sec-Max", "0"],
            ["Session-Per-Sec-FiveMin", "0"],
            ["Session-Since-Startup", `${this.sessionsMade}`],
            ["Session-Peak-Max", `${this.#peak}`],
            ["Session-Peak-FiveMin", `${this.#peak}`],
            ["Idle-CPU", "100.000000"]
          ])
        ]
      });
    });
  }
};
var EndpointSignalling = class {
  #faults;
  #session;
  #pending;
  constructor(faults) {
    this.#faults = faults;
  }
  bye(cause) {
    if (this.#session) this.#send(this.#session, cause);
    else this.#pending = cause;
  }
  established(session) {
    this.#session = session;
    if (this.#pending) this.#send(session, this.#pending);
  }
  #send(session, cause) {
    if (this.#faults.neverBye) return;
    void session.bye([["Reason", `Q.850;cause=${cause.code};text="${cause.name}"`]]);
  }
};

// src/embedded/many-transport.ts
var MAX_REMEMBERED = 1e4;
var ManyTransport = class {
  #inner;
  #byPeer = /* @__PURE__ */ new Map();
  #user;
  /** @param inner at least one, bound already; this transport closes them */
  constructor(inner) {
    this.#inner = inner;
  }
  get listeners() {
    return this.#inner.flatMap((transport) => [...transport.listeners]);
  }
  get user() {
    return this.#user;
  }
  set user(user) {
    this.#user = user;
    for (const transport of this.#inner) {
      if (user === void 0) {
        transport.user = void 0;
        continue;
      }
      transport.user = {
        received: (received) => {
          this.#remember(received.source, transport);
          user.received(received);
        },
        malformed: (problem, source, local) => {
          this.#remember(source, transport);
          user.malformed?.(problem, source, local);
        }
      };
    }
  }
  send(bytes, to, failed) {
    this.#choose(to)?.send(bytes, to, failed);
  }
  advertised(to) {
    return this.#choose(to)?.advertised(to) ?? { host: "127.0.0.1", port: 5060 };
  }
  async close() {
    await Promise.all(this.#inner.map((transport) => transport.close()));
  }
  #remember(peer, transport) {
    const key2 = endpointKey(peer);
    this.#byPeer.delete(key2);
    this.#byPeer.set(key2, transport);
    if (this.#byPeer.size > MAX_REMEMBERED) {
      const oldest = this.#byPeer.keys().next().value;
      if (oldest !== void 0) this.#byPeer.delete(oldest);
    }
  }
  #choose(to) {
    const known = this.#byPeer.get(endpointKey(to));
    if (known) return known;
    const able = this.#inner.filter((transport) => transport.listeners.some(({ protocol }) => protocol === to.protocol));
    const loopback = isLoopback(to.address);
    return able.find((transport) => transport.listeners.some(({ address: address2 }) => isLoopback(address2) === loopback)) ?? able[0];
  }
};
function isLoopback(address2) {
  return address2.startsWith("127.") || address2 === "::1";
}

// src/embedded/embedded-switch.ts
var GRACE_MS = 500;
var EmbeddedSwitch = class {
  settings;
  #faults = new Faults();
  #log;
  #running;
  #stopping;
  /** @param log takes diagnostic lines for the operator; default: nowhere */
  constructor(settings3, log2 = () => void 0) {
    this.settings = settings3;
    this.#log = log2;
  }
  /** Binds every port. Rejects with `ListenFailure` (one line, says which port and what to change) and leaves nothing open. */
  async start() {
    const { drachtio, freeswitch } = this.settings;
    const opened = [];
    try {
      const worldTransports = [];
      for (const listener of drachtio.sip) {
        const transport = await openTransport(listener, "SIP");
        opened.push(transport);
        worldTransports.push(transport);
      }
      const mediaTransport = await openTransport({ ...freeswitch.sip, protocols: ["udp"] }, "SIP of the media server");
      opened.push(mediaTransport);
      const [only] = worldTransports;
      const world = worldTransports.length === 1 && only !== void 0 ? only : new ManyTransport(worldTransports);
      const running = {
        drachtio: new DrachtioRole(drachtio, new FaultyTransport(world, this.#faults, "sip"), this.#faults, this.#log),
        freeswitch: new FreeswitchRole(freeswitch, new FaultyTransport(mediaTransport, this.#faults, "media-sip"), this.#faults, this.#log)
      };
      opened.unshift({ close: () => running.drachtio.stop(0) }, { close: () => running.freeswitch.stop() });
      const app = await running.drachtio.start();
      const eventSocket = await running.freeswitch.start();
      this.#running = running;
      const [mediaSip] = mediaTransport.listeners;
      return {
        drachtio: { sip: world.listeners.map(({ protocol, address: address2, port: port2 }) => ({ protocol, address: address2, port: port2 })), app },
        freeswitch: { sip: { address: mediaSip?.address ?? "", port: mediaSip?.port ?? 0 }, eventSocket }
      };
    } catch (error) {
      for (const thing of opened) await thing.close();
      throw error;
    }
  }
  /** Ends every call (BYE, CANCEL, 503), waits for the answers half a second at most, closes everything. May be called twice. */
  stop() {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }
  async #stop() {
    const running = this.#running;
    if (!running) return;
    await running.drachtio.stop(GRACE_MS);
    await running.freeswitch.stop();
  }
  /** Puts a fault in force (tests). */
  fault(fault) {
    this.#faults.arm(fault);
    const running = this.#running;
    if (!running) return;
    if (fault.kind === "losePackets" || fault.kind === "none") {
      const share = this.#faults.packetLoss;
      running.freeswitch.engine.losePackets({ in: share, out: share });
    }
    if (fault.kind === "disconnect") {
      if (fault.stream === "app") running.drachtio.cutApps();
      else running.freeswitch.cutSockets(fault.stream === "event-socket-in" ? "inbound" : "outbound");
    }
  }
  load() {
    const running = this.#running;
    return {
      channels: running?.freeswitch.channelCount ?? 0,
      dialogs: running?.drachtio.dialogs.size ?? 0,
      transactions: (running?.drachtio.transactions ?? 0) + (running?.freeswitch.transactions ?? 0),
      apps: running?.drachtio.appCount ?? 0,
      eventSockets: running?.freeswitch.eventSockets ?? 0
    };
  }
};
async function openTransport(listener, what) {
  try {
    return await SocketTransport.open({
      address: listener.address,
      port: listener.port,
      protocols: listener.protocols,
      ...listener.externalAddress === void 0 ? {} : { publicAddress: listener.externalAddress }
    });
  } catch (error) {
    throw listenFailure(error, { address: listener.address, port: listener.port, what: error instanceof ListenError ? `${what} (${error.endpoint.protocol})` : what });
  }
}

// src/embedded/read-settings.ts
function wrong(path, expected) {
  throw new Error(`setting ${path}: expected ${expected}`);
}
var text = (value, path) => {
  if (typeof value !== "string" || value === "") wrong(path, "a text");
};
var port = (value, path) => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 65535) wrong(path, "a port from 0 to 65535");
};
var positive = (value, path) => {
  if (typeof value !== "number" || !(value >= 0)) wrong(path, "a number, 0 or more");
};
var protocols = (value, path) => {
  if (!Array.isArray(value) || value.length === 0 || value.some((one) => one !== "udp" && one !== "tcp")) wrong(path, 'a list of "udp" and "tcp"');
};
function optional(check) {
  return (value, path) => {
    if (value !== void 0) check(value, path);
  };
}
function object(fields) {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(path, "an object");
    const given = value;
    for (const name of Object.keys(given)) if (!(name in fields)) wrong(`${path}.${name}`, `one of ${Object.keys(fields).join(", ")}`);
    for (const [name, check] of Object.entries(fields)) check(given[name], `${path}.${name}`);
  };
}
function list2(check) {
  return (value, path) => {
    if (!Array.isArray(value) || value.length === 0) wrong(path, "a list with at least one entry");
    value.forEach((one, index) => check(one, `${path}[${index}]`));
  };
}
var address = object({ address: text, port });
var settings = object({
  drachtio: object({
    sip: list2(object({ address: text, port, protocols, externalAddress: optional(text) })),
    app: address,
    secret: text,
    outbound: optional(address),
    t1Ms: optional(positive)
  }),
  freeswitch: object({
    sip: address,
    profile: optional(text),
    eventSocket: address,
    password: text,
    rtp: object({ address: text, externalAddress: optional(text), firstPort: port, lastPort: port }),
    maxSessions: optional(positive),
    mediaTimeoutSeconds: optional(positive),
    heartbeatSeconds: optional(positive)
  })
});
function readSettings(json) {
  let value;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`the settings are not JSON: ${error.message}`, { cause: error });
  }
  settings(value, "settings");
  const read = value;
  const { firstPort, lastPort } = read.freeswitch.rtp;
  if (lastPort < firstPort) wrong("settings.freeswitch.rtp.lastPort", `at least firstPort (${firstPort})`);
  return read;
}

// src/embedded/main.ts
function fail(line) {
  process.stderr.write(`${line}
`);
  process.exit(1);
}
function settings2() {
  const text2 = process.argv[2] ?? process.env.RINGROUND_SWITCH;
  if (text2 === void 0) fail("embedded switch: no settings; give them as JSON in the first argument or in RINGROUND_SWITCH");
  try {
    return readSettings(text2);
  } catch (error) {
    fail(`embedded switch: ${error.message}`);
  }
}
function log(line) {
  process.stderr.write(`${line}
`);
}
var embedded = new EmbeddedSwitch(settings2(), log);
process.on("uncaughtException", (error) => {
  log(`embedded switch: fault: ${error.stack ?? error.message}`);
});
process.on("unhandledRejection", (reason) => {
  log(`embedded switch: fault: ${reason instanceof Error ? reason.stack ?? reason.message : String(reason)}`);
});
var stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  embedded.stop().then(
    () => process.exit(0),
    () => process.exit(1)
  );
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
if (process.send) {
  process.on("disconnect", stop);
  process.on("message", (message) => {
    const control = message;
    if ("fault" in control) embedded.fault(control.fault);
    else process.send?.({ load: embedded.load() });
  });
} else {
  process.stdin.on("end", stop).on("error", stop).resume();
}
embedded.start().then(
  (ready) => process.stdout.write(`${JSON.stringify({ ready })}
`),
  (error) => fail(`embedded switch: ${error instanceof Error ? error.message : String(error)}`)
);
//# sourceMappingURL=main.js.map
