SELECT eram_rouse()
