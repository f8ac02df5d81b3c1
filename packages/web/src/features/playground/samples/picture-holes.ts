/** A picture of a request: in a sample it is read from a file, not written out. */
export interface Picture {
  readonly file: string;
  /** `data:image/png;base64,` */
  readonly head: string;
}

/** A request as JSON with a mark in the place of each picture. */
export interface Holed {
  readonly json: string;
  /** What stands in the JSON, without quotes: nothing else in it looks like it. */
  readonly markOf: (place: number) => string;
  readonly pictures: readonly Picture[];
}

const dataUrl = /^(data:image\/([a-z0-9]+)[^,]*;base64,)[\s\S]*$/i;

/** Takes the pictures out of a request. */
export function withoutPictures(request: object, indent?: number): Holed {
  const plain = JSON.stringify(request);
  let mark = 'PICTURE';
  while (plain.includes(mark)) mark += '_';
  const markOf = (place: number) => `${mark}${String(place + 1)}`;
  const pictures: Picture[] = [];
  const json = JSON.stringify(
    request,
    (_name, value: unknown) => {
      const found = typeof value === 'string' ? dataUrl.exec(value) : null;
      if (found === null) return value;
      const [, head = '', kind = 'png'] = found;
      pictures.push({ file: `picture-${String(pictures.length + 1)}.${kind.toLowerCase()}`, head });
      return markOf(pictures.length - 1);
    },
    indent,
  );
  return { json, markOf, pictures };
}

/** Puts an expression of a language in the place of each picture. @param quoted the mark as the language writes a text */
export function fillHoles(
  code: string,
  { pictures, markOf }: Omit<Holed, 'json'>,
  expression: (picture: Picture) => string,
): string {
  // From the last: PICTURE1 begins PICTURE10 too, but for the quotes around it.
  return pictures.reduce(
    (text, picture, place) => text.replaceAll(JSON.stringify(markOf(place)), () => expression(picture)),
    code,
  );
}
