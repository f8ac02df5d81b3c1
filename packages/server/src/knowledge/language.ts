/** Languages the index has a full-text configuration for. */
export type Language = 'en' | 'de';

const german = new Set(
  'aber als am an auch auf aus bedeutet bei bin bis bitte da damit dann das dass dein dem den denn der des die dies diese dieser doch du durch ein eine einem einen einer es für gegen gibt habe haben hat hier ich ihr im in ist ja jede jeder kann kannst kein keine können man mehr mein meine meinen mich mir mit muss nach nicht noch nur ob oder ohne schon sein sich sie sind so soll über um und uns unter vom von vor war warum was welche welcher welches wenn wer werden wie wieder wir wird wo wofür worauf wozu wurde zu zum zur'.split(
    ' ',
  ),
);
const english = new Set(
  'a about after all am an and any are as at be before but by can could did do does for from had has have how i if in into is it its just may me more must my no not of on only or our should so some than that the their them then there these they this to under until up us we were what when where which who why will with without would you your'.split(
    ' ',
  ),
);

/** Is it a word that says little by itself, in either language? */
export function isSmallWord(word: string): boolean {
  return german.has(word) || english.has(word);
}

/** Which of the two a text is in: by its small words, German letters counting for one. English when nothing tells. */
export function detectLanguage(text: string): Language {
  let balance = 0;
  for (const word of text
    .slice(0, 20_000)
    .toLowerCase()
    .match(/\p{L}+/gu) ?? []) {
    if (german.has(word) || /[äöüß]/.test(word)) balance += 1;
    if (english.has(word)) balance -= 1;
  }
  return balance > 0 ? 'de' : 'en';
}
