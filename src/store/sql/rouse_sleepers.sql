SELECT eram_rouse_sleepers()
