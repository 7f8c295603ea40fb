# stop() inside a callback lets the rest of the batch run; what the batch queued waits for the next run.
import virtual_time

loop = virtual_time.Loop()
loop.call_soon(print, "one")
loop.call_soon(lambda: (print("two stops"), loop.stop(), loop.call_soon(print, "queued by two")))
loop.call_soon(lambda: (print("three stops again"), loop.stop()))
loop.call_soon(print, "four")
print("first run")
loop.run_forever()
print("second run")
loop.call_soon(lambda: (print("five stops"), loop.stop()))
loop.run_forever()
print("end")
loop.close()
