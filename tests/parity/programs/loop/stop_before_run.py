# stop() before run_forever() gives exactly one turn, with the timers that are due.
import virtual_time

loop = virtual_time.Loop()
loop.call_soon(lambda: (print("soon"), loop.call_soon(print, "second turn")))
loop.call_later(0, print, "due timer")
loop.call_later(0.010, print, "timer that is not due")
loop.stop()
print("first run")
loop.run_forever()
loop.stop()
print("second run")
loop.run_forever()
loop.call_later(0.020, loop.stop)
print("third run")
loop.run_forever()
print("end at", round(loop.time() * 1000))
loop.close()
