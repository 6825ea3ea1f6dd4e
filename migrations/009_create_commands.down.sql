DROP FUNCTION eram_notify(text, jsonb);
DROP FUNCTION eram_notify(text);
DROP TABLE eram_messages;
DROP TABLE eram_commands;
