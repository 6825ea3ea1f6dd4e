SELECT eram_end_sleep()
