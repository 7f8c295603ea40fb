# Philosophers who take the lower fork first all eat.
import asyncio
import virtual_time


async def philosopher(name, low, high):
    for meal in (1, 2):
        async with low:
            async with high:
                print(name, "eats meal", meal)
                await asyncio.sleep(0)
    print(name, "is full")


async def main():
    forks = [asyncio.Lock() for _ in range(3)]
    await asyncio.gather(
        philosopher("a", forks[0], forks[1]),
        philosopher("b", forks[1], forks[2]),
        philosopher("c", forks[0], forks[2]),
    )
    print("forks held:", sum(fork.locked() for fork in forks))


virtual_time.run(main())
