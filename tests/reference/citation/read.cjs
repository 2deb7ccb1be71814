// Reads {style, locales, items, texts} on standard input; writes what each reader makes of them.
const fs = require('fs');
const { loadFromString } = require('html-metadata');
const { Cite } = require('@citation-js/core');
require('@citation-js/plugin-bibtex');
require('@citation-js/plugin-ris');
const CSL = require('citeproc');

const { style, locales, items, texts } = JSON.parse(fs.readFileSync(0, 'utf8'));

function read(text) {
  const { _graph, ...item } = new Cite(text).data[0];
  return item;
}

function gbt7714(item) {
  // The standard's fields that CSL-JSON has under other names: carrier, edition, day of reading.
  const given = { ...item };
  if (!('publisher' in item)) given.medium = 'OL';
  if ('version' in item) given.edition = `Version ${item.version}`;
  if ('URL' in item || 'DOI' in item) given.accessed = item.issued;
  const language = item.language.startsWith('zh') ? 'zh-CN' : 'en-US';
  const engine = new CSL.Engine({ retrieveLocale: () => locales[language], retrieveItem: () => given }, style, language, true);
  engine.setOutputFormat('text');
  engine.updateItems([item.id]);
  return engine.makeBibliography()[1][0].trim().replace(/^\[1\]\s*/, '');
}

(async () => {
  const results = {};
  for (const [name, item] of Object.entries(items)) {
    const { bibtex, ris, head } = texts[name];
    results[name] = { given: texts[name], bibtex: read(bibtex), ris: read(ris), gbt7714: gbt7714(item) };
    if (head) {
      const { highwirePress, dublinCore } = await loadFromString(`<html><head>${head}</head><body></body></html>`);
      results[name].head = { highwirePress, dublinCore };
    }
  }
  console.log(JSON.stringify(results));
})();
