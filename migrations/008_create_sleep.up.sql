-- Engines that sleep: they make no statement, and rely on being notified.

-- A producer that rests holds no job, and claims none before its row says that it no longer rests. If
-- its engine sleeps, updated_at is the time of its next heartbeat.
ALTER TABLE eram_producers ADD COLUMN resting boolean NOT NULL DEFAULT false;

-- Wakes all engines. Sleeping nodes get the usual time to show that they are alive, and keep the others
-- awake until they have. Rows that are locked are being written by their engines, or by another call of
-- this.
CREATE FUNCTION eram_rouse() RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE eram_producers AS p
  SET updated_at = pg_catalog.now(), resting = false
  WHERE p.uuid IN (SELECT s.uuid FROM eram_producers AS s WHERE s.updated_at > pg_catalog.now() FOR UPDATE SKIP LOCKED);
  PERFORM pg_catalog.pg_notify(eram_channel('signal'), '{"action":"rouse"}');
END
$$;

-- A node that starts, of any version, wakes the others, because they are to notice if it dies.
CREATE FUNCTION eram_producers_added() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM eram_rouse();
  RETURN NULL;
END
$$;

CREATE TRIGGER eram_producers_added AFTER INSERT ON eram_producers
FOR EACH STATEMENT EXECUTE FUNCTION eram_producers_added();

-- Two advisory locks, each named by the table and a number:
--   1  in flight: held in shared mode by each transaction that has inserted jobs
--   2  asleep: held in shared mode by each sleeping engine, on the session that listens
-- If no engine sleeps now, none can fall asleep before this transaction has ended, so no notification
-- is needed. Try and release are one expression: no cancel comes between them. Two inserts that meet
-- at the lock try again.
CREATE FUNCTION eram_jobs_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF pg_catalog.pg_try_advisory_xact_lock_shared(TG_RELID::integer, 1) THEN
    FOR attempt IN 1..3 LOOP
      IF (CASE WHEN pg_catalog.pg_try_advisory_lock(TG_RELID::integer, 2) THEN pg_catalog.pg_advisory_unlock(TG_RELID::integer, 2) ELSE false END) THEN
        RETURN NULL;
      END IF;
    END LOOP;
  END IF;
  PERFORM pg_catalog.pg_notify(TG_TABLE_SCHEMA::text || '.eram_signal', '{"action":"rouse"}');
  RETURN NULL;
END
$$;

CREATE TRIGGER eram_jobs_inserted AFTER INSERT ON eram_jobs
FOR EACH STATEMENT EXECUTE FUNCTION eram_jobs_inserted();

-- Called on the session that listens. True: every transaction that inserts jobs, and is not over yet,
-- notifies. False: one is in flight that does not, or may not, notify; try again later.
CREATE FUNCTION eram_begin_sleep() RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  jobs integer := 'eram_jobs'::regclass::oid::integer;
BEGIN
  IF NOT pg_catalog.pg_try_advisory_lock_shared(jobs, 2) THEN
    RETURN false;
  END IF;
  IF (CASE WHEN pg_catalog.pg_try_advisory_lock(jobs, 1) THEN pg_catalog.pg_advisory_unlock(jobs, 1) ELSE false END) THEN
    RETURN true;
  END IF;
  PERFORM pg_catalog.pg_advisory_unlock_shared(jobs, 2);
  RETURN false;
END
$$;

-- Ends what eram_begin_sleep began, on the same session.
CREATE FUNCTION eram_end_sleep() RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  RETURN pg_catalog.pg_advisory_unlock_shared('eram_jobs'::regclass::oid::integer, 2);
END
$$;

-- Wakes the engines if one sleeps: for changes that are not inserts.
CREATE FUNCTION eram_rouse_sleepers() RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  jobs integer := 'eram_jobs'::regclass::oid::integer;
BEGIN
  IF NOT (CASE WHEN pg_catalog.pg_try_advisory_lock(jobs, 2) THEN pg_catalog.pg_advisory_unlock(jobs, 2) ELSE false END) THEN
    PERFORM pg_catalog.pg_notify(eram_channel('signal'), '{"action":"rouse"}');
  END IF;
END
$$;
