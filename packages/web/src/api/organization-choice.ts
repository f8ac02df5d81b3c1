const storageKey = 'turnpike-organization';

function stored(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

/** This tab's own choice goes on when another tab chooses differently. */
let chosen = stored();

/** The organisation that requests are about; undefined: the server chooses. */
export function chosenOrganization(): string | undefined {
  return chosen;
}

export function chooseOrganization(id: string | undefined): void {
  chosen = id;
  try {
    if (id === undefined) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, id);
  } catch {
    // Storage may be switched off: the choice then lasts as long as the tab.
  }
}
