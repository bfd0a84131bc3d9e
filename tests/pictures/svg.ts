/** A run of characters that look alike. */
interface Span {
  readonly text: string;
  readonly style: Style;
}

interface Style {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
  readonly foreground: string | undefined;
  readonly background: string | undefined;
}

const PLAIN: Style = { bold: false, dim: false, inverse: false, foreground: undefined, background: undefined };
const PAPER = "#16181d";
const INK = "#d5d8de";
const COLOURS = ["#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d5d8de"] as const;

/** Pixels of a character cell, and round the screen. */
const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;

/** A screen as `tmux capture-pane -e -p` prints it, drawn as SVG. Other escapes than colours and weight are not understood. */
export function svg(screen: string, columns: number): string {
  const lines = screen.replace(/\n+$/, "").split("\n").map(spans);
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = lines.length * CELL.height + 2 * MARGIN;
  const rows = lines.map((line, row) => drawn(line, MARGIN + row * CELL.height)).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="${INK}" xml:space="preserve">
${rows}</g>
</svg>
`;
}

function spans(line: string): readonly Span[] {
  const found: Span[] = [];
  let style = PLAIN;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the escapes that colour a terminal.
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
    const codes = /^\x1b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) style = codes.split(";").reduce((now, code) => styled(now, Number(code)), style);
    else if (part !== "") found.push({ text: part, style });
  }
  return found;
}

function styled(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 27) return { ...style, inverse: false };
  if (code === 39) return { ...style, foreground: undefined };
  if (code === 49) return { ...style, background: undefined };
  const [tens, ones] = [Math.floor(code / 10), code % 10];
  if (tens === 3 || tens === 9) return { ...style, foreground: COLOURS[ones] };
  if (tens === 4 || tens === 10) return { ...style, background: COLOURS[ones] };
  throw new Error(`SGR ${code} is not one that is drawn`);
}

function drawn(line: readonly Span[], top: number): string {
  let column = 0;
  let out = "";
  for (const { text, style } of line) {
    const x = round(MARGIN + column * CELL.width);
    const length = [...text].length;
    column += length;
    const [ink, paper] = style.inverse
      ? [style.background ?? PAPER, style.foreground ?? INK]
      : [style.foreground, style.background];
    const box = `x="${x}" y="${top}" width="${round(length * CELL.width)}" height="${CELL.height}"`;
    if (paper !== undefined) out += `<rect ${box} fill="${paper}"/>\n`;
    const looks = [ink && `fill="${ink}"`, style.bold && 'font-weight="bold"', style.dim && 'opacity="0.6"'];
    const attributes = looks.filter((look) => look).map((look) => ` ${look}`);
    const fitted = `textLength="${round(length * CELL.width)}"`;
    if (text.trim() !== "") {
      out += `<text x="${x}" y="${top + 13}" ${fitted}${attributes.join("")}>${escaped(text)}</text>\n`;
    }
  }
  return out;
}

const round = (figure: number) => Math.round(figure * 10) / 10;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
