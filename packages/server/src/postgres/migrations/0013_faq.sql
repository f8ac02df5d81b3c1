-- Typos are found by the trigrams of words.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Questions and answers of the preset. Built from a file at start; may be emptied at any time.
CREATE TABLE faq_entries (
  id text NOT NULL,
  language text NOT NULL CHECK (language IN ('en', 'de')),
  question text NOT NULL,
  answer text NOT NULL,
  page text,
  content_hash text NOT NULL,
  PRIMARY KEY (id, language)
);

-- Each way to ask, and the answer, by itself: a question is compared with one at a time.
CREATE TABLE faq_wordings (
  entry_id text NOT NULL,
  language text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('question', 'answer')),
  wording text NOT NULL,
  search tsvector NOT NULL GENERATED ALWAYS AS (
    to_tsvector(CASE language WHEN 'de' THEN 'german'::regconfig ELSE 'english'::regconfig END, translate(wording, './', '  '))
  ) STORED,
  FOREIGN KEY (entry_id, language) REFERENCES faq_entries (id, language) ON DELETE CASCADE
);
CREATE INDEX faq_wordings_entry ON faq_wordings (language, entry_id);

-- The words of all wordings and how much each tells: the rarer the more.
CREATE TABLE faq_words (
  language text NOT NULL,
  lexeme text NOT NULL,
  weight real NOT NULL,
  PRIMARY KEY (language, lexeme)
);
