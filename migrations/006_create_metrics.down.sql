DROP FUNCTION eram_queue_latency(text);
DROP FUNCTION eram_queue_depth(text);
DROP TABLE eram_metrics;
