/** Finding a line in a text: what an import's error is about. */

/** The line an error names, from 1: as a field of its own, or in its words. */
export function faultLine(problem: {
  line?: number | null;
  detail?: string | null;
}): number | undefined {
  if (problem.line != null) return problem.line;
  const named = /\bline (\d+)/i.exec(problem.detail ?? "");
  return named ? Number(named[1]) : undefined;
}

/** A line, and two before and after it. */
export function around(text: string, line: number): { number: number; text: string }[] {
  const lines = text.split("\n");
  const first = Math.max(1, line - 2);
  return lines
    .slice(first - 1, line + 2)
    .map((content, index) => ({ number: first + index, text: content }));
}

/** Where a line begins and ends in the text. */
export function lineRange(text: string, line: number): { start: number; end: number } {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, before) => sum + before.length + 1, 0);
  return { start, end: start + (lines[line - 1]?.length ?? 0) };
}
