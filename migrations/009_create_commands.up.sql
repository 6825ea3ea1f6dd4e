-- What nodes tell each other to do, and what applications tell each other. Every role that may connect
-- can notify and overhear notifications, so a notification only says: look. What is to be done, or
-- delivered, is a row, under the grants of its table.

-- Commands to nodes. A node obeys each once, if it reads it within a minute.
CREATE TABLE eram_commands (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- By which a node tells what it has not read yet: ids do not commit in their order.
  xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  inserted_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  -- '*': every node that serves queues.
  node text NOT NULL,
  action text NOT NULL,
  queue text NOT NULL,
  -- Of a queue to start: those that another node may set.
  options jsonb,
  -- Of a queue to stop, in milliseconds.
  grace bigint,
  CONSTRAINT eram_commands_node CHECK (pg_catalog.length(node) BETWEEN 1 AND 255),
  CONSTRAINT eram_commands_action CHECK (action IN ('start', 'stop')),
  CONSTRAINT eram_commands_queue CHECK (pg_catalog.length(queue) BETWEEN 1 AND 127),
  CONSTRAINT eram_commands_options CHECK ((action = 'start') = (options IS NOT NULL) AND pg_catalog.jsonb_typeof(options) = 'object'),
  CONSTRAINT eram_commands_grace CHECK (grace IS NULL OR grace BETWEEN 0 AND 86400000 AND action = 'stop')
) WITH (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Messages of applications, and events of jobs ('*events'), of the last minutes. Unlogged: a crash of
-- the server loses them, as it loses notifications.
CREATE UNLOGGED TABLE eram_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  sent_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  channel text NOT NULL,
  node text,
  payload json NOT NULL,
  CONSTRAINT eram_messages_channel CHECK (channel ~ '^([A-Za-z0-9_.:/-]{1,63}|[*]events)$'),
  CONSTRAINT eram_messages_node CHECK (pg_catalog.octet_length(node) <= 255),
  CONSTRAINT eram_messages_payload CHECK (pg_catalog.octet_length(payload::text) <= 8000)
) WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);

-- Read by each look: what is newer than the last one.
CREATE INDEX eram_messages_xid_index ON eram_messages (xid);

-- Sends a message to every node when the current transaction commits. The engine builds the text.
CREATE FUNCTION eram_notify(message text) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  whole json := message;
  name text := pg_catalog.json_extract_path_text(whole, 'channel');
BEGIN
  INSERT INTO eram_messages (channel, node, payload)
  VALUES (name, pg_catalog.json_extract_path_text(whole, 'node'), pg_catalog.json_extract_path(whole, 'payload'));
  PERFORM pg_catalog.pg_notify(eram_channel(CASE WHEN name = '*events' THEN 'events' ELSE 'message' END), '');
  RETURN '';
END
$$;

-- The same for triggers and psql: SELECT eram_notify('prices', '{"changed": true}').
CREATE FUNCTION eram_notify(channel text, payload jsonb) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF channel !~ '^[A-Za-z0-9_.:/-]{1,63}$' THEN
    RAISE EXCEPTION 'eram: channel: expected 1 to 63 letters, digits and "_.:/-", got %', pg_catalog.to_json(channel)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF pg_catalog.octet_length(payload::text) > 7500 THEN
    RAISE EXCEPTION 'eram: payload: expected at most 7500 bytes of JSON, got %', pg_catalog.octet_length(payload::text)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN eram_notify(pg_catalog.json_build_object('channel', channel, 'node', NULL, 'payload', payload)::text);
END
$$;
