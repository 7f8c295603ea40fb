//! The statements without a block.

use super::program::{Mode, Start, Statement};
use super::record::{During, Fail, Handle, Outcome, Record, State, error_words, words};
use super::run::Task;
use roundelay::task::{GatherError, TaskGroup, wait_first_error};
use roundelay::{
    WaitMode, gather_handles, shield, sleep, spawn, task, timeout, try_gather, wait, yield_now,
};
use std::future::poll_fn;
use std::rc::Rc;

impl Task {
    /// Runs a statement. `group` is the one that it stands in directly.
    pub async fn statement(
        &self,
        statement: &Statement,
        group: Option<&TaskGroup<Fail>>,
    ) -> Result<(), Fail> {
        let things = &self.run.things;
        match statement {
            Statement::Say(word) => self.say(format!("says {word}")),
            Statement::Yield(times) => {
                for _ in 0..*times {
                    yield_now().await;
                }
                self.say("yielded");
            }
            Statement::Sleep(ms) => {
                sleep(self.duration(*ms)).await;
                self.say(format!("slept {ms}"));
            }
            Statement::Spawn(start) => {
                let (record, task) = self.create(start, State::Here);
                let handle = spawn(task.run_body(start.body));
                record.handle.replace(Handle::Task(handle));
                self.say(format!("spawn {} {}", start.slot, record.name));
            }
            Statement::Start(start) => {
                let group = group.expect("`start` stands directly in a group");
                let (record, task) = self.create(start, State::Member);
                let handle = group.spawn(task.run_body(start.body));
                record.handle.replace(Handle::Member(handle));
                self.say(format!("start {} {}", start.slot, record.name));
            }
            Statement::Join(slot, limit) => self.join(slot, *limit).await,
            Statement::Shield(slot) => self.shield(slot).await,
            Statement::Wait(mode, slots, limit) => self.wait(*mode, slots, *limit).await,
            Statement::Gather(members) => self.gather(members).await,
            Statement::Settle(slots) => self.settle(slots).await,
            Statement::Cancel(slot) => self.cancel(slot),
            Statement::Uncancel => self.say(format!("uncancel {}", task::uncancel())),
            Statement::Fail(word) => {
                self.say(format!("raises {word}"));
                return Err(Fail(word.clone()));
            }
            Statement::Return(_) => unreachable!("`return` ends a body"),
            Statement::Put(queue, value) => {
                let put = things.queues[queue].put(*value).await;
                put.expect("nobody shuts a queue down");
                self.say(format!("put {queue} {value}"));
            }
            Statement::Get(queue) => {
                let got = things.queues[queue].get().await;
                let value = got.expect("nobody shuts a queue down");
                things.owed[queue].update(|owed| owed + 1);
                self.say(format!("get {queue} {value}"));
            }
            Statement::Done(queue) => self.done(queue),
            Statement::Drain(queue) => {
                things.queues[queue].join().await;
                self.say(format!("drained {queue}"));
            }
            Statement::Set(event) => {
                things.events[event].set();
                self.say(format!("set {event}"));
            }
            Statement::Clear(event) => {
                things.events[event].clear();
                self.say(format!("clear {event}"));
            }
            Statement::Until(event) => {
                things.events[event].wait().await;
                self.say(format!("until {event}"));
            }
            Statement::Fulfil(promise, value) => match things.promises[promise].set(*value) {
                Ok(()) => self.say(format!("fulfil {promise} {value}")),
                Err(_) => self.say(format!("fulfil {promise} already")),
            },
            Statement::Revoke(promise) => {
                let revoked = things.promises[promise].cancel();
                self.say(format!("revoke {promise} {revoked}"));
            }
            Statement::Await(promise) => match things.promises[promise].wait().await {
                Ok(value) => self.say(format!("await {promise} value {value}")),
                Err(_) => self.say(format!("await {promise} cancelled")),
            },
            Statement::Notice(condition) => {
                let mut guard = things.conditions[condition].lock().await;
                self.say(format!("notice {condition} waits"));
                guard.wait().await;
                self.say(format!("notice {condition} noticed"));
            }
            Statement::Notify(condition, count) => {
                let guard = things.conditions[condition].lock().await;
                guard.notify(*count);
                self.say(format!("notify {condition} {count}"));
            }
            Statement::Meet(barrier) => {
                let met = things.barriers[barrier].wait().await;
                let position = met.expect("nobody breaks a barrier");
                self.say(format!("meet {barrier} {position}"));
            }
            block => self.block_statement(block).await?,
        }
        Ok(())
    }

    /// Makes the record of a new task, and its code.
    fn create(&self, start: &Start, state: State) -> (Rc<Record>, Task) {
        let record = self.run.create(start.body, state, Some(&start.slot));
        let task = Task::new(&self.run, &record);
        (record, task)
    }

    /// The record whose handle lies in a slot, or why it cannot be awaited.
    fn awaitable(&self, slot: &str) -> Result<Rc<Record>, String> {
        let record = self.run.slot(slot).ok_or("none")?;
        match record.state.get() {
            State::Here => Ok(record),
            state => Err(state.to_string()),
        }
    }

    fn cancel(&self, slot: &str) {
        let record = match slot {
            "self" => Some(Rc::clone(&self.me)),
            slot => self.run.slot(slot),
        };
        let answer = match record {
            None => "none".to_owned(),
            Some(record) => match record.state.get() {
                state @ (State::Away | State::Gone) => state.to_string(),
                _ => record.cancel().to_string(),
            },
        };
        self.say(format!("cancel {slot} {answer}"));
    }

    fn done(&self, queue: &str) {
        let owed = &self.run.things.owed[queue];
        if owed.get() == 0 {
            return self.say(format!("done {queue} none"));
        }
        owed.update(|owed| owed - 1);
        self.run.things.queues[queue].task_done();
        self.say(format!("done {queue}"));
    }

    async fn join(&self, slot: &str, limit: Option<u64>) {
        let record = match self.awaitable(slot) {
            Ok(record) => record,
            Err(problem) => return self.say(format!("join {slot} {problem}")),
        };
        let during = During::new(vec![Rc::clone(&record)], State::Joined, State::Here);
        let ended = poll_fn(|cx| record.poll(cx));
        let outcome = match limit {
            None => Ok(ended.await),
            // `wait_for` of a handle that stays where it lies.
            Some(limit) => timeout(self.duration(limit), ended).await,
        };
        match outcome {
            Ok(outcome) => {
                during.end(State::Gone);
                self.say(format!("join {slot} {}", words(&outcome)));
            }
            Err(_) => {
                during.end(State::Here);
                self.say(format!("join {slot} TimeoutError"));
            }
        }
    }

    async fn shield(&self, slot: &str) {
        let record = match self.awaitable(slot) {
            Ok(record) => record,
            Err(problem) => return self.say(format!("shield {slot} {problem}")),
        };
        let during = During::new(vec![Rc::clone(&record)], State::Away, State::Gone);
        let outcome: Outcome = shield(record.take()).await;
        drop(during);
        self.say(format!("shield {slot} {}", words(&outcome)));
    }

    /// The slots whose handles can be awaited, with their records.
    fn awaitables<'a>(&self, slots: &'a [String]) -> Vec<(&'a str, Rc<Record>)> {
        let usable = slots
            .iter()
            .filter_map(|slot| Some((slot.as_str(), self.awaitable(slot).ok()?)));
        usable.collect()
    }

    async fn wait(&self, mode: Mode, slots: &[String], limit: Option<u64>) {
        let taken = self.awaitables(slots);
        if taken.is_empty() {
            return self.say("wait none");
        }
        let records: Vec<Rc<Record>> = taken.iter().map(|(_, r)| Rc::clone(r)).collect();
        let handles: Vec<_> = records.iter().map(|record| record.take()).collect();
        let ids: Vec<_> = handles.iter().map(|handle| handle.id()).collect();
        let during = During::new(records, State::Away, State::Gone);
        let waiting = match mode {
            Mode::First => wait(handles, WaitMode::FirstCompleted),
            Mode::All => wait(handles, WaitMode::All),
            Mode::Error => wait_first_error(handles),
        };
        let (done, pending) = match limit {
            None => waiting.await,
            Some(limit) => waiting.timeout(self.duration(limit)).await,
        };
        during.end(State::Here);
        let done_ids: Vec<_> = done.iter().map(|handle| handle.id()).collect();
        for handle in done.into_iter().chain(pending) {
            let member = ids.iter().position(|id| *id == handle.id());
            let (_, record) = &taken[member.expect("every handle comes back")];
            record.handle.replace(Handle::Task(handle));
        }
        let mut line = "wait done".to_owned();
        for ((slot, _), _) in taken
            .iter()
            .zip(&ids)
            .filter(|(_, id)| done_ids.contains(id))
        {
            line += " ";
            line += slot;
        }
        self.say(line);
    }

    async fn gather(&self, members: &[Start]) {
        let mut records = Vec::new();
        let mut bodies = Vec::new();
        for start in members {
            let (record, task) = self.create(start, State::Away);
            records.push(record);
            bodies.push(task.run_body(start.body));
        }
        let gathering = try_gather(bodies);
        let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
        self.say(format!("gather {}", names.join(" ")));
        let during = During::new(records, State::Away, State::Gone);
        let outcome = gathering.await;
        drop(during);
        let text = match outcome {
            Ok(values) => {
                let values: Vec<_> = values
                    .iter()
                    .map(|value| format!("value {value}"))
                    .collect();
                values.join(", ")
            }
            Err(GatherError::Failed { error, .. }) => words(&Ok(Err(error))),
            Err(GatherError::Join { error, .. }) => error_words(&error),
        };
        self.say(format!("gathered {text}"));
    }

    async fn settle(&self, slots: &[String]) {
        let taken = self.awaitables(slots);
        if taken.is_empty() {
            return self.say("settle none");
        }
        let records: Vec<Rc<Record>> = taken.into_iter().map(|(_, record)| record).collect();
        let handles: Vec<_> = records.iter().map(|record| record.take()).collect();
        let during = During::new(records, State::Away, State::Gone);
        let outcomes = gather_handles(handles).settled().await;
        drop(during);
        let outcomes: Vec<String> = outcomes.iter().map(words).collect();
        self.say(format!("settled {}", outcomes.join(", ")));
    }
}
