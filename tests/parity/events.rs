//! `Event`: who is woken, when, and in which order.

use super::harness::{Out, check, ms};
use roundelay::sync::Event;
use roundelay::{Handle, WaitMode, gather, spawn, timeout, wait, yield_now};
use std::rc::Rc;

#[test]
fn wakes_all_in_order() {
    async fn waiter(out: Out, name: &str, event: Rc<Event>) {
        out.say(format!("{name} waits"));
        event.wait().await;
        out.say(format!("{name} wakes"));
    }
    check("events/wakes_all_in_order", |out| async move {
        let event = Rc::new(Event::new());
        let tasks = ["a", "b", "c"].map(|name| spawn(waiter(out.clone(), name, event.clone())));
        yield_now().await;
        event.set();
        out.say("main has set");
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn set_event_takes_no_turn() {
    check("events/set_event_takes_no_turn", |out| async move {
        let event = Event::new();
        event.set();
        out.say_soon("callback");
        event.wait().await;
        out.say("main goes on");
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn set_by_callback() {
    async fn ticker(out: Out) {
        for n in 1..5 {
            out.say(format!("turn {n}"));
            yield_now().await;
        }
    }
    check("events/set_by_callback", |out| async move {
        let event = Rc::new(Event::new());
        let ticks = spawn(ticker(out.clone()));
        let setter = Rc::clone(&event);
        Handle::current().call_soon(move || setter.set());
        event.wait().await;
        out.say("main wakes");
        ticks.await.unwrap();
    });
}

#[test]
fn clear_does_not_take_back() {
    async fn waiter(out: Out, name: &str, event: Rc<Event>) {
        event.wait().await;
        let state = if event.is_set() { "set" } else { "clear" };
        out.say(format!("{name} wakes, event is {state}"));
    }
    check("events/clear_does_not_take_back", |out| async move {
        let event = Rc::new(Event::new());
        let tasks = ["a", "b"].map(|name| spawn(waiter(out.clone(), name, event.clone())));
        yield_now().await;
        event.set();
        event.clear();
        let late = spawn(waiter(out.clone(), "late", Rc::clone(&event)));
        wait(tasks.into(), WaitMode::All).await;
        out.say(match late.is_finished() {
            true => "late is done",
            false => "late still waits",
        });
        event.set();
        late.await.unwrap();
    });
}

/// A waiter that says so when it is cancelled.
async fn waiter(out: Out, name: &str, event: Rc<Event>) {
    out.note_cancel(format_args!("{name} is cancelled"), event.wait())
        .await;
    out.say(format!("{name} wakes"));
}

#[test]
fn cancelled_waiter() {
    check("events/cancelled_waiter", |out| async move {
        let event = Rc::new(Event::new());
        let tasks = ["a", "b", "c"].map(|name| spawn(waiter(out.clone(), name, event.clone())));
        yield_now().await;
        tasks[1].cancel();
        yield_now().await;
        event.set();
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn set_then_cancelled() {
    check("events/set_then_cancelled", |out| async move {
        let event = Rc::new(Event::new());
        let tasks = ["a", "b"].map(|name| spawn(waiter(out.clone(), name, event.clone())));
        yield_now().await;
        event.set();
        tasks[0].cancel();
        wait(tasks.into(), WaitMode::All).await;
        out.say(match event.is_set() {
            true => "event is set",
            false => "event is clear",
        });
    });
}

#[test]
fn time_limit() {
    check("events/time_limit", |out| async move {
        let event = Rc::new(Event::new());
        let setter = Rc::clone(&event);
        Handle::current().call_later(ms(15), move || setter.set());
        for limit in [10, 20] {
            match timeout(ms(limit), event.wait()).await {
                Ok(()) => out.say(format!("event came at {}", out.now())),
                Err(_) => out.say(format!("TimeoutError at {}", out.now())),
            }
        }
    });
}

#[test]
fn ping_pong() {
    async fn player(out: Out, name: &str, mine: Rc<Event>, other: Rc<Event>, rounds: u32) {
        for n in 0..rounds {
            mine.wait().await;
            mine.clear();
            out.say(format!("{name} {n}"));
            other.set();
        }
    }
    check("events/ping_pong", |out| async move {
        let (ping, pong) = (Rc::new(Event::new()), Rc::new(Event::new()));
        ping.set();
        let players = (
            player(out.clone(), "ping", ping.clone(), pong.clone(), 3),
            player(out.clone(), "pong", pong, ping, 3),
        );
        gather(players).await.unwrap();
    });
}
