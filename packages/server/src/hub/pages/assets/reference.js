/* global console, document, fetch, localStorage, location, matchMedia, Scalar */
// The interactive API reference: Scalar draws the OpenAPI document of this server. It is large, so that the plain list of
// operations stands first; who chose the interactive one, or follows a link into it, gets it at once. Fonts, telemetry and
// other servers stay off.
{
  const root = document.documentElement;
  const place = document.getElementById('reference');
  const frame = document.querySelector('.frame');
  const isDark = () =>
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark';

  const choice = {
    get: () => {
      try {
        return localStorage.getItem('reference');
      } catch {
        return null;
      }
    },
    set: (value) => {
      try {
        localStorage.setItem('reference', value);
      } catch {
        // It holds for this page then.
      }
    },
  };

  const draw = (content) => {
    const configure = () => ({
      content,
      withDefaultFonts: false,
      telemetry: false,
      theme: 'none',
      forceDarkModeState: isDark() ? 'dark' : 'light',
      hideDarkModeToggle: true,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
      documentDownloadType: 'direct',
    });
    const app = Scalar.createApiReference(place, configure());
    document.addEventListener('themechange', () => app.updateConfiguration(configure()));
  };

  const load = (source) =>
    new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = source;
      script.addEventListener('load', resolve);
      script.addEventListener('error', () => reject(new Error(`${source} could not be loaded.`)));
      document.head.append(script);
    });

  const button = document.querySelector('.open-reference');

  let drawn;
  const show = async (isInteractive) => {
    button.disabled = true;
    try {
      if (isInteractive)
        drawn ??= Promise.all([
          fetch('/openapi.json').then((answer) => answer.json()),
          load(place.dataset.script),
        ]).then(([content]) => draw(content));
      await drawn;
      place.hidden = !isInteractive;
      frame.hidden = isInteractive;
      choice.set(isInteractive ? 'interactive' : 'list');
    } catch (error) {
      drawn = undefined;
      console.error(error);
    }
    button.disabled = false;
    button.textContent = place.hidden ? 'Open the interactive reference' : 'Show the plain list';
    if (place.hidden) document.querySelector('article h1 + p').after(button);
    else place.before(button);
  };
  const isLinkedInto = /^#(?:tag|model|description|webhook)/.test(location.hash);
  button.addEventListener('click', () => void show(place.hidden));
  if (choice.get() === 'interactive' || isLinkedInto) void show(true);
}
