/** Words that make a question of something, and say nothing about what it is about. Stop words are PostgreSQL's. */
const fillers = new Set(
  (
    'tell explain show give want need please know find help work works mean means like use used using get make thing way exactly really hello hi hey thanks question anything something can could would should able possible happen happens describe example ' +
    'bitte erkläre erklär erklären zeig zeige gib gibt geben sag sage sagen brauche brauchen möchte will wissen hilfe helfen funktioniert funktionieren geht gehen bedeutet bedeuten heißt passiert geschieht machen mache macht mach eigentlich genau hallo danke frage kann kannst könnte beispiel warum wieso weshalb wofür'
  ).split(' '),
);

const longestQueryCharacters = 1_000;
const mostWords = 40;

/** The words of a question that are worth looking up, in order; all of them when they are all fillers. */
export function searchWords(question: string): string[] {
  // Dots and slashes divide words here as they do in the index.
  const words =
    question
      .slice(0, longestQueryCharacters)
      .toWellFormed()
      .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*/gu) ?? [];
  const telling = words.filter((word) => !fillers.has(word.toLowerCase()));
  return [...new Set(telling.length === 0 ? words : telling)].slice(0, mostWords);
}
