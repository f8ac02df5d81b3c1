/* global Event, document, localStorage, matchMedia, navigator, setTimeout, IntersectionObserver */
// Comforts of a page that reads well without them: copy buttons, the theme switch, where one is on the page.
{
  const root = document.documentElement;
  const german = root.lang === 'de';

  const addCopyButton = (figure) => {
    const button = document.createElement('button');
    const words = german ? ['Kopieren', 'Kopiert'] : ['Copy', 'Copied'];
    button.type = 'button';
    button.textContent = words[0];
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(figure.querySelector('code').textContent);
        button.textContent = words[1];
      } catch {
        const range = document.createRange();
        range.selectNodeContents(figure.querySelector('code'));
        const selection = document.getSelection();
        selection.removeAllRanges();
        selection.addRange(range);
      }
      setTimeout(() => (button.textContent = words[0]), 2000);
    });
    figure.querySelector('figcaption').append(button);
  };
  if (navigator.clipboard !== undefined) document.querySelectorAll('figure.code').forEach(addCopyButton);

  const themeButton = document.querySelector('button.theme');
  if (themeButton !== null) {
    const isDark = () =>
      root.dataset.theme === undefined
        ? matchMedia('(prefers-color-scheme: dark)').matches
        : root.dataset.theme === 'dark';
    const name = () => {
      themeButton.textContent = isDark() ? 'Light' : 'Dark';
      themeButton.setAttribute('aria-label', isDark() ? 'Light theme' : 'Dark theme');
    };
    themeButton.hidden = false;
    themeButton.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      try {
        localStorage.setItem('theme', root.dataset.theme);
      } catch {
        // It holds for this page then.
      }
      name();
      document.dispatchEvent(new Event('themechange'));
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', name);
    name();
  }

  const entries = new Map(
    [...document.querySelectorAll('.toc a')].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
  );
  if (entries.size > 0) {
    let current;
    const watcher = new IntersectionObserver(
      (seen) => {
        const entry = seen.find(({ isIntersecting }) => isIntersecting);
        if (entry === undefined) return;
        current?.removeAttribute('aria-current');
        current = entries.get(entry.target.id);
        current?.setAttribute('aria-current', 'true');
      },
      { rootMargin: '0px 0px -70% 0px' },
    );
    document.querySelectorAll('article h2[id]').forEach((heading) => watcher.observe(heading));
  }
}
