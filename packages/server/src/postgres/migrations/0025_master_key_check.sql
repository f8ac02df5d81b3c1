-- A word sealed with the master key: a process that holds another key is told so when it starts, not by failures later.
CREATE TABLE master_key_check (
  id integer PRIMARY KEY CHECK (id = 1),
  sealed bytea NOT NULL
);
