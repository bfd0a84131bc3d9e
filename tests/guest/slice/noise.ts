/** A string of characters that mean something to some parser; the same for the same seed. */
export function noise(seed: number): string {
  const alphabet = [
    "\\",
    '"',
    "'",
    "$",
    "`",
    "\n",
    "\t",
    " ",
    "#",
    ";",
    "=",
    "%",
    "{",
    "}",
    "é",
    "漢",
    "😀",
    "a",
    "\\n",
  ];
  let state = seed * 7919 + 17;
  return Array.from({ length: 40 }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return alphabet[Math.floor((state / 2147483648) * alphabet.length)] ?? "";
  }).join("");
}
