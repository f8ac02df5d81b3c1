/** Tells, piece by piece and without keeping the text, when a JSON object that arrives in pieces is whole. */
export class JsonEnd {
  #depth = 0;
  #begun = false;
  #inString = false;
  #escaped = false;

  get reached(): boolean {
    return this.#begun && this.#depth === 0;
  }

  feed(text: string): void {
    for (const character of text) {
      if (this.#inString) this.#inText(character);
      else if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') {
        this.#depth += 1;
        this.#begun = true;
      } else if (character === '}' || character === ']') this.#depth -= 1;
    }
  }

  #inText(character: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') this.#inString = false;
  }
}
