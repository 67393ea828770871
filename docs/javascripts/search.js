// The search splits what is typed at hyphens, in a place that no setting reaches. In the index the
// hyphens of codes are non-breaking (tools/site/search.py), which is no place to split. So a word with
// hyphens is asked for twice: as a code, in one word, which counts a hundred times, and in its parts.
const HYPHENATED = /(^|\s)([a-z]+(?:-[a-z]+)+)(?=\s|$)/g;
const QUERY = 2; // the kind of message by which the page asks the search

const asked = (text) => text.replace(HYPHENATED, (_, before, word) => `${before}${word.replaceAll("-", "\u2011")}^100 ${word}`);

const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  const query = message?.type === QUERY && typeof message.data === "string";
  return post.call(this, query ? { ...message, data: asked(message.data) } : message, ...rest);
};
