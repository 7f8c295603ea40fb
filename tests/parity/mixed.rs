//! Small programs as people write them, from several primitives.

use super::harness::{Out, check, ms, wait_all};
use roundelay::sync::{Barrier, Condition, Event, Lock, PriorityQueue, Queue, Semaphore};
use roundelay::task::{GroupError, SharedHandle};
use roundelay::{
    ContextVar, Handle, WaitMode, as_completed, catch_cancel, gather, gather_handles, shield,
    sleep, spawn, task_group, timeout, wait, yield_now,
};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

fn describe(error: &GroupError<String>) -> String {
    let errors: Vec<String> = error.errors().iter().map(ToString::to_string).collect();
    format!("group of {}", errors.join(" "))
}

#[test]
fn bounded_buffer() {
    struct Buffer {
        items: RefCell<VecDeque<String>>,
        room: usize,
        changed: Condition,
    }
    impl Buffer {
        async fn put(&self, item: String) {
            let mut changed = self.changed.lock().await;
            changed
                .wait_for(|| self.items.borrow().len() < self.room)
                .await;
            self.items.borrow_mut().push_back(item);
            changed.notify_all();
        }
        async fn get(&self) -> String {
            let mut changed = self.changed.lock().await;
            changed.wait_for(|| !self.items.borrow().is_empty()).await;
            let item = self.items.borrow_mut().pop_front();
            changed.notify_all();
            item.unwrap()
        }
    }
    async fn producer(out: Out, name: &str, buffer: Rc<Buffer>) {
        for n in 0..3 {
            buffer.put(format!("{name}{n}")).await;
            out.say(format!("{name} put {n}"));
        }
    }
    async fn consumer(out: Out, buffer: Rc<Buffer>, count: usize) {
        for _ in 0..count {
            out.say(format!("got {}", buffer.get().await));
        }
    }
    check("mixed/bounded_buffer", |out| async move {
        let buffer = Rc::new(Buffer {
            items: RefCell::default(),
            room: 2,
            changed: Condition::new(),
        });
        let producer = |name| producer(out.clone(), name, buffer.clone());
        let consumer = consumer(out.clone(), buffer.clone(), 6);
        let all = gather((producer("a"), producer("b"), consumer));
        all.await.unwrap();
    });
}

#[test]
fn cache_of_running_calls() {
    struct Cache {
        out: Out,
        calls: RefCell<HashMap<&'static str, SharedHandle<String>>>,
    }
    impl Cache {
        async fn get(&self, key: &'static str) -> String {
            let call = {
                let mut calls = self.calls.borrow_mut();
                let start = || spawn(Cache::load(self.out.clone(), key)).shared();
                calls.entry(key).or_insert_with(start).clone()
            };
            shield(call).await.unwrap()
        }
        async fn load(out: Out, key: &str) -> String {
            out.say(format!("load {key}"));
            sleep(ms(20)).await;
            key.to_uppercase()
        }
    }
    async fn caller(out: Out, name: &str, delay: u64, key: &'static str, cache: Rc<Cache>) {
        sleep(ms(delay)).await;
        let got = cache.get(key);
        let got = out.note_cancel(format!("{name} is cancelled"), got).await;
        out.say(format!("{name} got {got}"));
    }
    check("mixed/cache_of_running_calls", |out| async move {
        let cache = Rc::new(Cache {
            out: out.clone(),
            calls: RefCell::default(),
        });
        let callers = [("a", 0, "x"), ("b", 5, "x"), ("c", 7, "y"), ("d", 50, "x")];
        let tasks = callers
            .map(|(name, delay, key)| spawn(caller(out.clone(), name, delay, key, cache.clone())));
        sleep(ms(10)).await;
        tasks[0].cancel();
        wait_all(tasks).await;
    });
}

#[test]
fn consumer_gives_its_item_back() {
    async fn consumer(out: Out, name: &str, queue: Rc<Queue<&str>>, delay: u64) {
        loop {
            let item = queue.get().await.unwrap();
            out.say(format!("{name} takes {item}"));
            if let Err(cancelled) = catch_cancel(sleep(ms(delay))).await {
                queue.try_put(item).unwrap();
                out.say(format!("{name} gives back {item}"));
                queue.task_done();
                cancelled.resume().await;
            }
            queue.task_done();
            out.say(format!("{name} did {item}"));
        }
    }
    check("mixed/consumer_gives_its_item_back", |out| async move {
        let queue = Rc::new(Queue::unbounded());
        for item in ["x", "y", "z"] {
            queue.try_put(item).unwrap();
        }
        let slow = spawn(consumer(out.clone(), "slow", queue.clone(), 1000));
        let quick = spawn(consumer(out.clone(), "quick", queue.clone(), 10));
        sleep(ms(15)).await;
        slow.cancel();
        queue.join().await;
        out.say(format!("joined at {}", out.now()));
        quick.cancel();
        wait_all([slow, quick]).await;
    });
}

#[test]
fn dining() {
    async fn philosopher(out: Out, name: &str, low: Rc<Lock>, high: Rc<Lock>) {
        for meal in [1, 2] {
            let _low = low.lock().await;
            let _high = high.lock().await;
            out.say(format!("{name} eats meal {meal}"));
            yield_now().await;
        }
        out.say(format!("{name} is full"));
    }
    check("mixed/dining", |out| async move {
        let forks = [(); 3].map(|()| Rc::new(Lock::new(())));
        let philosophers = [("a", 0, 1), ("b", 1, 2), ("c", 0, 2)].map(|(name, low, high)| {
            philosopher(out.clone(), name, forks[low].clone(), forks[high].clone())
        });
        gather(philosophers).await.unwrap();
        let held = forks.iter().filter(|fork| fork.is_locked()).count();
        out.say(format!("forks held: {held}"));
    });
}

#[test]
fn failing_worker_stops_the_pool() {
    async fn producer(out: Out, queue: Rc<Queue<u32>>) -> Result<(), String> {
        let n = Cell::new(0);
        let body = async {
            loop {
                n.set(n.get() + 1);
                queue.put(n.get()).await.unwrap();
                sleep(ms(10)).await;
            }
        };
        let ended = catch_cancel(body).await;
        out.say(format!("producer stops at {}", n.get()));
        match ended {
            Ok(never) => never,
            Err(cancelled) => cancelled.resume().await,
        }
    }
    async fn worker(out: Out, name: &str, queue: Rc<Queue<u32>>, delay: u64) -> Result<(), String> {
        let mut done = 0;
        let body = async {
            loop {
                let n = queue.get().await.unwrap();
                if n == 4 {
                    return Err("item 4".to_owned());
                }
                sleep(ms(delay)).await;
                out.say(format!("{name} did {n}"));
                done += 1;
            }
        };
        match catch_cancel(body).await {
            Ok(ended) => ended,
            Err(cancelled) => {
                sleep(ms(1)).await;
                out.say(format!("{name} is cancelled after {done}"));
                cancelled.resume().await
            }
        }
    }
    check("mixed/failing_worker_stops_the_pool", |out| async move {
        let queue = Rc::new(Queue::bounded(2));
        let group = task_group(async |group| {
            group.spawn(producer(out.clone(), queue.clone()));
            group.spawn(worker(out.clone(), "a", queue.clone(), 17));
            group.spawn(worker(out.clone(), "b", queue.clone(), 23));
            Ok(())
        });
        if let Err(error) = group.await {
            out.say(describe(&error));
        }
    });
}

#[test]
fn first_answer_wins() {
    async fn ask(out: Out, name: &str, delay: u64, good: bool) -> Result<String, String> {
        let line = format!("{name} is called off");
        out.note_cancel(line, sleep(ms(delay))).await;
        if !good {
            out.say(format!("{name} fails"));
            return Err(name.to_owned());
        }
        Ok(format!("answer of {name}"))
    }
    check("mixed/first_answer_wins", |out| async move {
        let asked = [("near", 10, false), ("middle", 20, true), ("far", 30, true)];
        let ask = |(name, delay, good)| spawn(ask(out.clone(), name, delay, good));
        let mut pending = Vec::from(asked.map(ask));
        let mut answer = None;
        while !pending.is_empty() && answer.is_none() {
            let done;
            (done, pending) = wait(pending, WaitMode::FirstCompleted).await;
            for task in done {
                if let Ok(Ok(good)) = task.await {
                    answer = Some(good);
                }
            }
        }
        for task in &pending {
            task.cancel();
        }
        wait_all(pending).await;
        out.say(answer.unwrap());
    });
}

#[test]
fn graceful_stop() {
    async fn worker(out: Out, name: &str, delay: u64, stop: Rc<Event>) {
        let body = async {
            while !stop.is_set() {
                sleep(ms(delay)).await;
                out.say(format!("{name} finished a piece at {}", out.now()));
            }
            out.say(format!("{name} stops well"));
        };
        if let Err(cancelled) = catch_cancel(body).await {
            out.say(format!("{name} is cancelled at {}", out.now()));
            cancelled.resume().await;
        }
    }
    check("mixed/graceful_stop", |out| async move {
        let stop = Rc::new(Event::new());
        let tasks = [("quick", 9), ("slow", 100)].map(|(name, delay)| {
            let task = spawn(worker(out.clone(), name, delay, stop.clone()));
            task.set_name(name);
            task
        });
        let timer = stop.clone();
        Handle::current().call_later(ms(20), move || timer.set());
        stop.wait().await;
        out.say(format!("stop at {}", out.now()));
        let ended = wait(Vec::from(tasks), WaitMode::All).timeout(ms(25));
        let (done, pending) = ended.await;
        let mut names: Vec<String> = done.iter().map(|task| task.name()).collect();
        names.sort();
        out.say(format!("done {}", names.join(" ")));
        for task in &pending {
            task.cancel();
        }
        wait_all(pending).await;
    });
}

#[test]
fn latch() {
    struct Latch {
        count: Cell<u32>,
        changed: Condition,
    }
    impl Latch {
        async fn count_down(&self) {
            let changed = self.changed.lock().await;
            self.count.set(self.count.get() - 1);
            if self.count.get() == 0 {
                changed.notify_all();
            }
        }
        async fn wait(&self) {
            let mut changed = self.changed.lock().await;
            changed.wait_for(|| self.count.get() == 0).await;
        }
    }
    async fn part(out: Out, name: &str, delay: u64, latch: Rc<Latch>) {
        sleep(ms(delay)).await;
        out.say(format!("{name} is ready"));
        latch.count_down().await;
    }
    async fn waiter(out: Out, name: &str, latch: Rc<Latch>) {
        latch.wait().await;
        out.say(format!("{name} goes on at {}", out.now()));
    }
    check("mixed/latch", |out| async move {
        let latch = Rc::new(Latch {
            count: Cell::new(3),
            changed: Condition::new(),
        });
        let part = |name, delay| part(out.clone(), name, delay, latch.clone());
        let waiter = |name| waiter(out.clone(), name, latch.clone());
        let all = gather((
            waiter("first"),
            part("a", 30),
            part("b", 10),
            waiter("second"),
            part("c", 20),
        ));
        all.await.unwrap();
        waiter("late").await;
    });
}

#[test]
fn limited_fan_out() {
    #[derive(Default)]
    struct State {
        now: Cell<u32>,
        most: Cell<u32>,
    }
    async fn job(n: usize, delay: u64, gate: Rc<Semaphore>, state: Rc<State>) -> usize {
        let _permit = gate.acquire().await;
        state.now.set(state.now.get() + 1);
        state.most.set(state.most.get().max(state.now.get()));
        sleep(ms(delay)).await;
        state.now.set(state.now.get() - 1);
        n
    }
    check("mixed/limited_fan_out", |out| async move {
        let gate = Rc::new(Semaphore::new(3));
        let state = Rc::new(State::default());
        let delays = [11, 23, 5, 17, 7, 29, 3, 19];
        let jobs = delays.into_iter().enumerate();
        let mut tasks =
            as_completed(jobs.map(|(n, delay)| job(n, delay, gate.clone(), state.clone())));
        while let Some(slot) = tasks.next().await {
            out.say(format!("result {}", slot.unwrap()));
        }
        out.say(format!("most at a time: {}", state.most.get()));
    });
}

#[test]
fn phases() {
    type Log = Rc<Queue<(u32, &'static str)>>;
    async fn worker(
        name: &'static str,
        delay: u64,
        barrier: Rc<Barrier>,
        log: Log,
    ) -> Result<(), String> {
        for phase in [1, 2, 3] {
            sleep(ms(delay)).await;
            let position = barrier.wait().await.unwrap();
            if position == 0 {
                log.try_put((phase, name)).unwrap();
            }
        }
        Ok(())
    }
    check("mixed/phases", |out| async move {
        let barrier = Rc::new(Barrier::new(3));
        let log = Log::new(Queue::unbounded());
        let group = task_group(async |group| {
            for (name, delay) in [("a", 7), ("b", 3), ("c", 5)] {
                group.spawn(worker(name, delay, barrier.clone(), log.clone()));
            }
            for _ in 0..3 {
                let (phase, name) = log.get().await.unwrap();
                let now = out.now();
                out.say(format!("phase {phase} first was {name} at {now}"));
            }
            Ok(())
        });
        group.await.unwrap();
        out.say("all phases are over");
    });
}

#[test]
fn pipeline() {
    type Items = Rc<Queue<Option<u32>>>;
    async fn produce(out: Out, to: Items) {
        for n in 1..6 {
            to.put(Some(n)).await.unwrap();
            out.say(format!("made {n}"));
        }
        to.put(None).await.unwrap();
        out.say("producer is over");
    }
    async fn square(out: Out, source: Items, to: Items) {
        while let Some(n) = source.get().await.unwrap() {
            sleep(ms(10)).await;
            to.put(Some(n * n)).await.unwrap();
        }
        to.put(None).await.unwrap();
        out.say("squarer is over");
    }
    async fn consume(out: Out, source: Items) -> u32 {
        let mut total = 0;
        while let Some(n) = source.get().await.unwrap() {
            out.say(format!("took {n}"));
            total += n;
        }
        total
    }
    check("mixed/pipeline", |out| async move {
        let (first, second) = (Items::new(Queue::bounded(1)), Items::new(Queue::bounded(2)));
        let stages = gather((
            produce(out.clone(), first.clone()),
            square(out.clone(), first, second.clone()),
            consume(out.clone(), second),
        ));
        let ((), (), total) = stages.await.unwrap();
        out.say(format!("total {total}"));
    });
}

#[test]
fn priority_with_deadline() {
    type Jobs = Rc<PriorityQueue<(u32, &'static str)>>;
    async fn client(out: Out, queue: Jobs) {
        let jobs = [
            (0, 5, "report"),
            (4, 1, "alarm"),
            (2, 3, "mail"),
            (1, 4, "backup"),
        ];
        for (delay, urgency, job) in jobs {
            sleep(ms(delay)).await;
            queue.put((urgency, job)).await.unwrap();
            out.say(format!("asked for {job}"));
        }
    }
    async fn server(out: Out, queue: Jobs) {
        loop {
            let (_urgency, job) = queue.get().await.unwrap();
            out.note_cancel(format!("gave up {job}"), sleep(ms(10)))
                .await;
            out.say(format!("did {job}"));
        }
    }
    check("mixed/priority_with_deadline", |out| async move {
        let queue = Jobs::new(PriorityQueue::unbounded());
        let asking = spawn(client(out.clone(), queue.clone()));
        let served = timeout(ms(35), server(out.clone(), queue.clone()));
        if served.await.is_err() {
            out.say(format!("time is over at {}", out.now()));
        }
        asking.await.unwrap();
        out.say(format!("left {}", queue.len()));
    });
}

#[test]
fn readers_and_writer() {
    #[derive(Default)]
    struct ReadWrite {
        readers: Cell<u32>,
        counting: Lock,
        resource: Lock,
    }
    impl ReadWrite {
        async fn start_reading(&self) {
            let _counting = self.counting.lock().await;
            self.readers.set(self.readers.get() + 1);
            if self.readers.get() == 1 {
                self.resource.acquire().await;
            }
        }
        async fn stop_reading(&self) {
            let _counting = self.counting.lock().await;
            self.readers.set(self.readers.get() - 1);
            if self.readers.get() == 0 {
                self.resource.release();
            }
        }
    }
    async fn reader(out: Out, name: &str, delay: u64, book: Rc<ReadWrite>) {
        book.start_reading().await;
        out.say(format!("{name} reads with {}", book.readers.get()));
        sleep(ms(delay)).await;
        out.say(format!("{name} has read"));
        book.stop_reading().await;
    }
    async fn writer(out: Out, name: &str, book: Rc<ReadWrite>) {
        let _resource = book.resource.lock().await;
        out.say(format!("{name} writes"));
        sleep(ms(5)).await;
        out.say(format!("{name} has written"));
    }
    check("mixed/readers_and_writer", |out| async move {
        let book = Rc::new(ReadWrite::default());
        let reader = |name, delay| reader(out.clone(), name, delay, book.clone());
        let writer = writer(out.clone(), "w1", book.clone());
        let all = gather((reader("r1", 10), reader("r2", 12), writer, reader("r3", 14)));
        all.await.unwrap();
    });
}

#[test]
fn request_ids() {
    static REQUEST: ContextVar<u32> = ContextVar::new();
    fn log(out: &Out, words: &str) {
        let number = REQUEST.get().map_or("none".to_owned(), |n| n.to_string());
        out.say(format!("request {number}: {words}"));
    }
    async fn query(out: Out, name: &str, delay: u64) {
        sleep(ms(delay)).await;
        log(&out, &format!("has {name}"));
    }
    async fn handle(out: Out, number: u32, delay: u64) {
        REQUEST.set(number);
        log(&out, "starts");
        let user = query(out.clone(), "user", delay);
        let items = query(out.clone(), "items", 2 * delay);
        gather((user, items)).await.unwrap();
        log(&out, "ends");
    }
    check("mixed/request_ids", |out| async move {
        let requests = [(1, 10), (2, 7), (3, 3)];
        let requests = requests.map(|(number, delay)| handle(out.clone(), number, delay));
        gather(requests).await.unwrap();
        log(&out, "all are over");
    });
}

#[test]
fn retries_with_growing_limit() {
    async fn call(out: Out, delay: u64) -> &'static str {
        if let Err(cancelled) = catch_cancel(sleep(ms(delay))).await {
            out.say(format!("call is given up at {}", out.now()));
            cancelled.resume().await;
        }
        "value"
    }
    check("mixed/retries_with_growing_limit", |out| async move {
        let mut limit = ms(10);
        for attempt in 1..6 {
            match timeout(limit, call(out.clone(), 50)).await {
                Err(_) => {
                    out.say(format!("attempt {attempt} was too slow"));
                    limit *= 2;
                    sleep(ms(5)).await;
                }
                Ok(value) => {
                    let now = out.now();
                    out.say(format!("attempt {attempt} gave {value} at {now}"));
                    break;
                }
            }
        }
    });
}

#[test]
fn save_before_leaving() {
    async fn save(out: Out, name: &str, delay: u64) {
        sleep(ms(delay)).await;
        out.say(format!("{name} is saved at {}", out.now()));
    }
    async fn session(out: Out, name: &'static str, delay: u64, limit: u64) {
        if let Err(cancelled) = catch_cancel(sleep(ms(100_000))).await {
            let saved = timeout(ms(limit), async {
                shield(spawn(save(out.clone(), name, delay))).await
            });
            if saved.await.is_err() {
                out.say(format!("{name} does not wait longer"));
            }
            cancelled.resume().await;
        }
    }
    check("mixed/save_before_leaving", |out| async move {
        let tasks = [
            spawn(session(out.clone(), "quick", 10, 20)),
            spawn(session(out.clone(), "slow", 30, 25)),
        ];
        yield_now().await;
        for task in &tasks {
            task.cancel();
        }
        for task in tasks {
            if task.await.is_err_and(|error| error.is_cancelled()) {
                out.say(format!("cancelled at {}", out.now()));
            }
        }
        sleep(ms(20)).await;
    });
}

#[test]
fn supervisor() {
    async fn worker(out: Out, life: u64) -> Result<(), String> {
        out.say(format!("life {life} starts"));
        sleep(ms(10 * life)).await;
        Err(format!("life {life}"))
    }
    async fn heartbeat(out: Out) -> Result<(), String> {
        let beats = Cell::new(0);
        let body = async {
            loop {
                sleep(ms(13)).await;
                beats.set(beats.get() + 1);
                out.say(format!("beat {}", beats.get()));
            }
        };
        let ended = catch_cancel(body).await;
        out.say(format!("heart stops after {}", beats.get()));
        match ended {
            Ok(never) => never,
            Err(cancelled) => cancelled.resume().await,
        }
    }
    async fn supervise(out: Out) -> Result<(), String> {
        for life in [1, 2, 3] {
            if let Err(error) = spawn(worker(out.clone(), life)).await.unwrap() {
                out.say(format!("lost {error}"));
            }
        }
        Err("gave up".to_owned())
    }
    check("mixed/supervisor", |out| async move {
        let group = task_group(async |group| {
            group.spawn(heartbeat(out.clone()));
            group.spawn(supervise(out.clone()));
            Ok(())
        });
        if let Err(error) = group.await {
            out.say(describe(&error));
        }
    });
}

#[test]
fn worker_pool() {
    async fn worker(out: Out, name: &str, queue: Rc<Queue<(&str, u64)>>) {
        let mut handled = 0;
        let body = async {
            loop {
                let (job, delay) = queue.get().await.unwrap();
                sleep(ms(delay)).await;
                out.say(format!("{name} did {job}"));
                handled += 1;
                queue.task_done();
            }
        };
        match catch_cancel(body).await {
            Ok(never) => never,
            Err(cancelled) => {
                out.say(format!("{name} stops after {handled}"));
                cancelled.resume().await
            }
        }
    }
    check("mixed/worker_pool", |out| async move {
        let queue = Rc::new(Queue::unbounded());
        let jobs = [
            ("j1", 30),
            ("j2", 10),
            ("j3", 5),
            ("j4", 25),
            ("j5", 8),
            ("j6", 1),
        ];
        for job in jobs {
            queue.try_put(job).unwrap();
        }
        let workers = ["a", "b"].map(|name| spawn(worker(out.clone(), name, queue.clone())));
        queue.join().await;
        out.say(format!("all jobs are done at {}", out.now()));
        for task in &workers {
            task.cancel();
        }
        let results = gather_handles(workers).settled().await;
        out.say(format!("stopped {}", results.len()));
    });
}
