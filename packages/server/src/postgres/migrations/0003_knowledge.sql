-- The product's documentation in sections, for full-text search. Built from files at start; may be emptied at any time.
CREATE TABLE knowledge_passages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  position integer NOT NULL,
  anchor text NOT NULL,
  title text NOT NULL,
  heading_path text NOT NULL,
  body text NOT NULL,
  language text NOT NULL CHECK (language IN ('en', 'de')),
  -- Of the whole file: a file is indexed again when it changes.
  content_hash text NOT NULL,
  -- Dots and slashes are taken out so that the parser sees words, not hosts and paths ("/v1/models", "error.code").
  search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector(CASE language WHEN 'de' THEN 'german'::regconfig ELSE 'english'::regconfig END, translate(title, './', '  ')), 'A')
    || setweight(to_tsvector(CASE language WHEN 'de' THEN 'german'::regconfig ELSE 'english'::regconfig END, translate(heading_path, './', '  ')), 'B')
    || setweight(to_tsvector(CASE language WHEN 'de' THEN 'german'::regconfig ELSE 'english'::regconfig END, translate(body, './', '  ')), 'D')
  ) STORED,
  UNIQUE (source, position)
);
CREATE INDEX knowledge_passages_search ON knowledge_passages USING gin (search);
