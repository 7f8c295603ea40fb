# A timer that stops the loop: other timers of its batch fire still, later ones keep their deadlines.
import virtual_time

loop = virtual_time.Loop()


def fire(name):
    print(name, "at", round(loop.time() * 1000))


loop.call_later(0.010, fire, "first")
loop.call_later(0.020, lambda: (fire("stops"), loop.stop()))
loop.call_later(0.030, fire, "third")
loop.run_forever()
fire("between")
loop.call_later(0.030, loop.stop)
loop.run_forever()
fire("end")
loop.close()
