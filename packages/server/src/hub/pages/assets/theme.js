/* global document, localStorage */
// Before the page is painted: the reader's own choice of light or dark, and that scripts run.
{
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  } catch {
    // Storage may be switched off; the system's setting then decides.
  }
}
