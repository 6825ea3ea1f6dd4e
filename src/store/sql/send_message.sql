-- Sends a message, as eram_notify does for transactions of the application.
SELECT eram_notify($1::text)
