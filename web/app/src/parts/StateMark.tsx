/** A state as a coloured mark and a word: colour alone never carries it. */
export function StateMark({ tone, word }: { tone: string; word: string }) {
  return (
    <span className={`mark tone-${tone}`}>
      <i aria-hidden="true" />
      {word}
    </span>
  );
}
