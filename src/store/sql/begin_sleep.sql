SELECT eram_begin_sleep()
