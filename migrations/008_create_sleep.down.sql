DROP FUNCTION eram_rouse_sleepers();
DROP FUNCTION eram_end_sleep();
DROP FUNCTION eram_begin_sleep();
DROP TRIGGER eram_jobs_inserted ON eram_jobs;
DROP FUNCTION eram_jobs_inserted();
DROP TRIGGER eram_producers_added ON eram_producers;
DROP FUNCTION eram_producers_added();
DROP FUNCTION eram_rouse();
ALTER TABLE eram_producers DROP COLUMN resting;
