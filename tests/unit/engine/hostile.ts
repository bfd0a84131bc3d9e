// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
/** Text that breaks whoever splices it into a shell line. Every one is valid UTF-8 without NUL. */
const PIECES: readonly string[] = [
  ..."'\"`$\\!*?[]{}()<>|&;~#%^=, \n\r\t\u0007\u001b\u007f",
  ...["$(touch /tmp/owned)", "`touch /tmp/owned`", "${HOME}", "$'\\n'", "\\x00", "\\0", "\\n", "\\c", "%s%n", "%00"],
  ...[
    "-n",
    "-e",
    "--",
    "--help",
    "*",
    "/etc/*",
    "~root",
    "{a,b}",
    "!!",
    "a=b",
    "$IFS",
    "$((1+1))",
    "<(id)",
    "&&",
    "||",
  ],
  ...[
    "EOF",
    "\nEOF\n",
    "'\\''",
    "\\'",
    '"; id; "',
    "';id;'",
    "\n}\nid\n",
    "\r\n",
    "@agw\t0\tend\tcomplete",
    "\n@agw\t0\tbye\n",
  ],
  ...["é", "ß", "日本", "🙂", "👩‍💻", "\u202e", "\u00a0", "\ufeff", "\u0085", "\u2028", "ı", "İ", "\ufffd"],
];

const WHOLE: readonly string[] = [
  ...[
    "",
    " ",
    "\n",
    "\n\n",
    "a\n",
    "\na",
    "\t",
    "'",
    "''",
    '"',
    "\\",
    "\\\\",
    "$",
    "-",
    "--",
    "-n",
    "!",
    "*",
    "~",
    "#",
  ],
  ...["x".repeat(4096), "'".repeat(4096), "\\\n".repeat(2048), "🙂".repeat(1024)],
];

/** `count` strings, the same ones at each call. */
export function hostileStrings(count: number): readonly string[] {
  const random = generator(20_241);
  const pick = () => PIECES[Math.floor(random() * PIECES.length)] ?? "";
  const made = Array.from({ length: count - WHOLE.length }, () =>
    Array.from({ length: 1 + Math.floor(random() * 9) }, pick).join(random() < 0.3 ? "a" : ""),
  );
  return [...WHOLE, ...made];
}

/** mulberry32: small, and the same everywhere. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
