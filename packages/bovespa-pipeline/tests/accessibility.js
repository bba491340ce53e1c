// What a test asks of the page about those who read it otherwise: an object of questions.
({
  // Of each text, its contrast with what lies behind it (WCAG 2.2, 1.4.3), and which it is.
  contrast: () => {
    const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((one, i) => one * a + under[i] * (1 - a));
    const light = (rgb) => rgb.map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
      .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => element
      ? over(parts(getComputedStyle(element).backgroundColor), ground(element.parentElement))
      : [255, 255, 255];
    const dialog = document.querySelector('dialog[open]');
    const texts = [...(dialog || document.body).querySelectorAll('*')].filter((element) =>
      element.checkVisibility() && !element.closest('noscript, script') &&
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
    return texts.map((element) => {
      const behind = ground(element);
      const own = over(parts(getComputedStyle(element).color), behind);
      const [dark, bright] = [light(own), light(behind)].sort((one, other) => one - other);
      const ratio = (bright + 0.05) / (dark + 0.05);
      return [ratio, `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`];
    });
  },
  // The controls that a screen reader has no name for.
  nameless: () => [...document.querySelectorAll('button, input, select, a[href], dialog, [role]')]
    .filter((element) => element.checkVisibility())
    .filter((element) => {
      const by = (element.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean);
      const named = by.map((id) => document.getElementById(id)?.textContent).join('');
      const labels = [...(element.labels || [])].map((label) => label.textContent).join('');
      const text = element.matches('[role], dialog') ? '' : element.textContent;
      return !(element.getAttribute('aria-label') || named || labels || text).trim()
        && element.getAttribute('role') !== 'status';
    }).map((element) => element.outerHTML.slice(0, 80)),
  // How the page is built for who cannot see it.
  structure: () => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const ids = all('[id]').map((one) => one.id);
    return {
      unscoped: all('th:not([scope])').length,
      headless: all('#grid tbody tr').filter((row) => !row.querySelector('th')).length,
      twice: ids.filter((id, place) => ids.indexOf(id) !== place),
      titles: all('h1').length,
      landmarks: ['header', 'nav', 'main'].filter((one) => all(one).length === 1),
      stops: all('#grid tbody [tabindex="0"]').length,
      captions: all('#grid caption').filter((one) => one.textContent).length,
    };
  },
})
