DELETE FROM eram_settings WHERE key = 'environment'
