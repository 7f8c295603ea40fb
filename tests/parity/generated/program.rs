//! The text of a program, read into statements.

use std::str::{FromStr, SplitWhitespace};

/// A program.
pub struct Program {
    /// The primitives, in the order of the text.
    pub primitives: Vec<Primitive>,
    /// The bodies of tasks, by number.
    pub bodies: Vec<Block>,
}

/// The declaration of a primitive.
pub struct Primitive {
    pub kind: String,
    pub name: String,
    /// The bound, the permits or the parties; 0 where there is none.
    pub number: usize,
}

pub type Block = Vec<Statement>;

/// A statement; LANGUAGE.md says what each does. Times are milliseconds.
pub enum Statement {
    Say(String),
    Yield(u32),
    Sleep(u64),
    Spawn(Start),
    Start(Start),
    Join(String, Option<u64>),
    Shield(String),
    Wait(Mode, Vec<String>, Option<u64>),
    Gather(Vec<Start>),
    Settle(Vec<String>),
    Cancel(String),
    Uncancel,
    Fail(String),
    Return(u64),
    Put(String, u64),
    Get(String),
    Done(String),
    Drain(String),
    Set(String),
    Clear(String),
    Until(String),
    Fulfil(String, u64),
    Revoke(String),
    Await(String),
    Notice(String),
    Notify(String, usize),
    Meet(String),
    Except {
        body: Block,
        handler: Block,
        reraises: bool,
    },
    Finally {
        body: Block,
        handler: Block,
    },
    Timeout(u64, Block),
    Lock(String, Block),
    Semaphore(String, Block),
    Group(Block),
    Attempt(Block),
    Repeat(u32, Block),
}

/// What a `wait` waits for.
#[derive(Clone, Copy)]
pub enum Mode {
    First,
    All,
    Error,
}

/// A new task: the number of its body, and the slot of its handle.
pub struct Start {
    pub body: usize,
    pub slot: String,
}

impl Program {
    /// Reads a program. Panics if it is not in the language.
    pub fn parse(text: &str) -> Program {
        let mut lines = Lines(text.lines());
        let mut program = Program {
            primitives: Vec::new(),
            bodies: Vec::new(),
        };
        while let Some((word, mut words)) = lines.next() {
            match word {
                "program" => {}
                "task" => {
                    assert_eq!(words.number::<usize>(), program.bodies.len(), "bodies");
                    let (body, _) = lines.block();
                    program.bodies.push(body);
                }
                "queue" | "lock" | "semaphore" | "event" | "promise" | "condition" | "barrier" => {
                    program.primitives.push(Primitive {
                        kind: word.to_owned(),
                        name: words.text(),
                        number: words.0.next().map_or(0, parse),
                    });
                }
                // `references`: there is no way to cancel a task without its handle.
                _ => panic!("what is `{word}` outside of a task?"),
            }
        }
        program
    }
}

/// The lines that have not been read.
struct Lines<'a>(std::str::Lines<'a>);

impl<'a> Lines<'a> {
    /// The first word of the next line, and the others.
    fn next(&mut self) -> Option<(&'a str, Words<'a>)> {
        let mut words = Words(self.0.next()?.split_whitespace());
        Some((words.word(), words))
    }

    /// Reads up to the end of a block; gives its last line, too.
    fn block(&mut self) -> (Block, (&'a str, Words<'a>)) {
        let mut block = Block::new();
        loop {
            let (word, words) = self.next().expect("the block's end");
            match word {
                "end" | "except" | "finally" => return (block, (word, words)),
                _ => block.push(self.statement(word, words)),
            }
        }
    }

    fn statement(&mut self, word: &str, mut words: Words<'_>) -> Statement {
        let words = &mut words;
        match word {
            "say" => Statement::Say(words.text()),
            "yield" => Statement::Yield(words.number()),
            "sleep" => Statement::Sleep(words.number()),
            "spawn" => Statement::Spawn(words.start()),
            "start" => Statement::Start(words.start()),
            "join" => Statement::Join(words.text(), words.limit()),
            "shield" => Statement::Shield(words.text()),
            "wait" => Statement::Wait(words.mode(), words.slots(), words.limit()),
            "gather" => Statement::Gather(words.members()),
            "settle" => Statement::Settle(words.slots()),
            "cancel" => Statement::Cancel(words.text()),
            "uncancel" => Statement::Uncancel,
            "fail" => Statement::Fail(words.text()),
            "return" => Statement::Return(words.number()),
            "put" => Statement::Put(words.text(), words.number()),
            "get" => Statement::Get(words.text()),
            "done" => Statement::Done(words.text()),
            "drain" => Statement::Drain(words.text()),
            "set" => Statement::Set(words.text()),
            "clear" => Statement::Clear(words.text()),
            "until" => Statement::Until(words.text()),
            "fulfil" => Statement::Fulfil(words.text(), words.number()),
            "revoke" => Statement::Revoke(words.text()),
            "await" => Statement::Await(words.text()),
            "notice" => Statement::Notice(words.text()),
            "notify" => Statement::Notify(words.text(), words.number()),
            "meet" => Statement::Meet(words.text()),
            "try" => self.attempt_with_handler(),
            "timeout" => Statement::Timeout(words.number(), self.block().0),
            "lock" => Statement::Lock(words.text(), self.block().0),
            "semaphore" => Statement::Semaphore(words.text(), self.block().0),
            "group" => Statement::Group(self.block().0),
            "attempt" => Statement::Attempt(self.block().0),
            "repeat" => Statement::Repeat(words.number(), self.block().0),
            _ => panic!("what is `{word}`?"),
        }
    }

    fn attempt_with_handler(&mut self) -> Statement {
        let (body, (middle, _)) = self.block();
        let (handler, (_, mut ending)) = self.block();
        match middle {
            "finally" => Statement::Finally { body, handler },
            _ => Statement::Except {
                body,
                handler,
                reraises: ending.word() == "reraise",
            },
        }
    }
}

/// The words of a line that have not been read.
struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn word(&mut self) -> &'a str {
        self.0.next().expect("another word")
    }

    fn text(&mut self) -> String {
        self.word().to_owned()
    }

    fn number<N: FromStr>(&mut self) -> N {
        parse(self.word())
    }

    /// `B as H`
    fn start(&mut self) -> Start {
        let body = self.number();
        assert_eq!(self.word(), "as");
        let slot = self.text();
        Start { body, slot }
    }

    /// `within MS`, or nothing.
    fn limit(&mut self) -> Option<u64> {
        (self.0.next()? == "within").then(|| self.number())
    }

    fn mode(&mut self) -> Mode {
        match self.word() {
            "first" => Mode::First,
            "all" => Mode::All,
            "error" => Mode::Error,
            other => panic!("what is `{other}`?"),
        }
    }

    /// `H...`, up to a `within`.
    fn slots(&mut self) -> Vec<String> {
        let mut slots = Vec::new();
        while let Some(slot) = self.0.clone().next().filter(|word| *word != "within") {
            slots.push(slot.to_owned());
            self.0.next();
        }
        slots
    }

    /// `B=H...`
    fn members(&mut self) -> Vec<Start> {
        let members = self.0.by_ref().map(|member| {
            let (body, slot) = member.split_once('=').expect("BODY=SLOT");
            Start {
                body: parse(body),
                slot: slot.to_owned(),
            }
        });
        members.collect()
    }
}

fn parse<N: FromStr>(word: &str) -> N {
    let number = word.parse();
    number.unwrap_or_else(|_| panic!("`{word}` is no number"))
}
