/** Calls back for each whole line, with the bytes that it had. Returns what followed the last newline: it may be half a line. */
export async function eachLine(
  stream: ReadableStream<Uint8Array>,
  line: (text: string, bytes: number) => void,
): Promise<string> {
  let parts: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const whole = Buffer.concat([...parts, chunk.subarray(start, end)]);
      line(whole.toString("utf8"), whole.length + 1);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  return Buffer.concat(parts).toString("utf8");
}
