//! The rules of the house that no compiler checks: which way imports point, where `unsafe` may stand, how a file
//! begins, how long it gets, and that what DESIGN.md names exists.
//!
//! Each rule is a function from text to complaints. Each is tried on made-up text that breaks it, too: a check that
//! cannot fail says nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `runtime/`, those that may import most first. One may import from the rows below its own, and from
/// itself. DESIGN.md draws the same.
const LAYERS: &[&[&str]] = &[
    &["bin"],
    &["testing"],
    &["runner"],
    &["hyper"],
    &["net"],
    &["pool"],
    &["handle"],
    &["task"],
    &["io", "time", "sync", "context", "trace"],
    &["event_loop"],
    &["sys", "error"],
];

/// Imports that point the wrong way, known and to be turned: from, to. One that is gone must be struck off here.
const WRONG_WAY: &[(&str, &str)] = &[];

/// A file that is longer is hard to understand in one sitting.
const LONGEST_FILE: usize = 650;

/// So many lines above an `unsafe` may lie its reason: other lines of the same statement or attributes between them.
const NEAR: usize = 8;

/// One file of the runtime.
struct Source {
    /// The path below `runtime/`.
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The modules from the crate's root down to this file's.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs");
        let path = path.strip_suffix("/mod").unwrap_or(path);
        path.split('/').filter(|&part| part != "lib").collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a directory, in order.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("an entry of it can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn runtime() -> Vec<Source> {
    let directory = root().join("runtime");
    let sources: Vec<Source> = rust_files(&directory)
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&directory).expect("it was found there");
            let text = fs::read_to_string(path).expect("a source can be read");
            Source::new(&name.to_string_lossy(), &text)
        })
        .collect();
    assert!(sources.len() > 20, "the runtime was not found");
    sources
}

/// Blanks comments and what stands in quotes, and keeps every line where it is.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest),
            'r' if !code.ends_with(is_word) && raw_quote(rest).is_some() => {
                raw_quote(rest).unwrap_or(rest.len())
            }
            '\'' if rest[1..].starts_with('\\') => rest[2..].find('\'').map_or(2, |end| end + 3),
            '\'' if rest[1..].chars().nth(1) == Some('\'') => rest
                .char_indices()
                .nth(3)
                .map_or(rest.len(), |(end, _)| end),
            _ => {
                code.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        code.extend(rest[..length].chars().filter(|&c| c == '\n'));
        code.push(' ');
        rest = &rest[length..];
    }
    code
}

/// The length of the quoted text that `text` begins with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (place, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return place + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of the raw quoted text that `text` begins with, if it does.
fn raw_quote(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|&byte| byte == b'#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text.len() - inside.len() + inside.find(&end)? + end.len())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The word that `text` begins with.
fn word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}

/// The places in `code` where `wanted` stands as a word of its own, or as the end of a path.
fn places<'a>(code: &'a str, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(wanted)
        .map(|(place, _)| place)
        .filter(|&place| !code[..place].ends_with(is_word))
        .filter(move |&place| {
            !wanted.ends_with(is_word) || !code[place + wanted.len()..].starts_with(is_word)
        })
}

fn line_of(code: &str, place: usize) -> usize {
    code[..place].matches('\n').count()
}

/// The items of a use group such as `{a, b::{c, d}}`, only the first word of each; or the one word that stands there.
fn first_words(text: &str) -> Vec<&str> {
    let Some(group) = text.trim_start().strip_prefix('{') else {
        return vec![word(text.trim_start())];
    };
    let (mut depth, mut begin, mut words) = (0, 0, Vec::new());
    for (place, character) in group.char_indices() {
        let ends_item = depth == 0 && matches!(character, ',' | '}');
        if ends_item {
            words.push(word(group[begin..place].trim_start()));
            begin = place + 1;
        }
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    words
}

/// What `lib.rs` offers under names of its own: name and module.
fn re_exports(lib: &str) -> Vec<(String, String)> {
    let code = code_of(lib);
    let mut found = Vec::new();
    for place in places(&code, "pub use") {
        let path = code[place + "pub use".len()..].trim_start();
        let end = path.find(';').unwrap_or(path.len());
        let module = word(path);
        for name in path[..end].split(|c| !is_word(c)).skip(1) {
            found.push((name.to_owned(), module.to_owned()));
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The imports between modules of the crate: line, from, to.
fn imports(source: &Source, re_exports: &[(String, String)]) -> Vec<(usize, String, String)> {
    let module = source.module();
    let Some(&from) = module.first() else {
        return Vec::new();
    };
    let code = code_of(&source.text);
    let up = "super::".repeat(module.len());
    let mut found = Vec::new();
    for prefix in ["crate::", up.as_str()] {
        for place in places(&code, prefix) {
            // A longer chain of `super` is that of a module within the file, and ends where this one does.
            if code[..place].ends_with("super::") {
                continue;
            }
            for name in first_words(&code[place + prefix.len()..]) {
                let known = re_exports.iter().find(|(own, _)| own == name);
                let to = known.map_or(name, |(_, module)| module);
                if to != from && (prefix == "crate::" || layer(to).is_some()) {
                    found.push((line_of(&code, place), from.to_owned(), to.to_owned()));
                }
            }
        }
    }
    found
}

/// Complaints about imports that do not point downwards.
fn wrong_imports(
    sources: &[Source],
    lib: &str,
    excused: &[(&str, &str)],
) -> Result<(), Vec<String>> {
    let re_exports = re_exports(lib);
    let mut complaints = Vec::new();
    let mut used = Vec::new();
    for source in sources {
        for (line, from, to) in imports(source, &re_exports) {
            let place = format!("runtime/{}:{}", source.path, line + 1);
            match (layer(&from), layer(&to)) {
                (Some(own), Some(other)) if own < other => {}
                (Some(_), Some(_)) if excused.contains(&(&from, &to)) => used.push((from, to)),
                (Some(_), Some(_)) => complaints.push(format!(
                    "{place}: `{from}` imports from `{to}`, which is not below it"
                )),
                _ => complaints.push(format!(
                    "{place}: `{from}` or `{to}` has no row in the layers of tests/layout.rs"
                )),
            }
        }
    }
    for &(from, to) in excused {
        if !used
            .iter()
            .any(|(a, b)| (a.as_str(), b.as_str()) == (from, to))
        {
            complaints.push(format!(
                "`{from}` no longer imports from `{to}`: strike it off the known ones"
            ));
        }
    }
    result(complaints)
}

fn result(complaints: Vec<String>) -> Result<(), Vec<String>> {
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints)
    }
}

/// Complaints about `unsafe` in a wrong place or without its reason.
fn wrong_unsafe(sources: &[Source]) -> Result<(), Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources {
        let code = code_of(&source.text);
        let lines: Vec<&str> = source.text.lines().collect();
        let allowed = ["sys/", "event_loop/"]
            .iter()
            .any(|directory| source.path.starts_with(directory));
        for place in places(&code, "unsafe") {
            let what = code[place + "unsafe".len()..].trim_start();
            let place = line_of(&code, place);
            let named = format!("runtime/{}:{}", source.path, place + 1);
            if !allowed {
                complaints.push(format!("{named}: `unsafe` outside of sys and event_loop"));
            }
            // A function pointer's type promises nothing by itself.
            let is_type = what.starts_with("fn(") || what.starts_with("extern \"C\" fn(");
            if !is_type && !has_reason(&lines, place, what.starts_with("fn")) {
                complaints.push(format!("{named}: `unsafe` without a word on why it holds"));
            }
        }
    }
    result(complaints)
}

/// Whether the `unsafe` in a line has its reason: a comment a little above it that no blank line parts from it; for a
/// function its `# Safety`, or, for one that is private to a table of functions, a comment at its head.
fn has_reason(lines: &[&str], line: usize, is_function: bool) -> bool {
    let above = lines[line.saturating_sub(NEAR)..line].iter().rev();
    let mut above = above.take_while(|line| !line.trim().is_empty());
    if is_function {
        let docs = lines[..line].iter().rev();
        let mut docs = docs.take_while(|line| line.trim().starts_with(['/', '#']));
        let end = lines.len().min(line + 4);
        docs.any(|line| line.contains("# Safety"))
            || lines[line + 1..end]
                .iter()
                .any(|line| line.contains("SAFETY:"))
    } else {
        lines[line].contains("SAFETY:") || above.any(|line| line.contains("// SAFETY:"))
    }
}

/// Complaints about a file's first line, and its length.
fn wrong_shape(sources: &[Source]) -> Result<(), Vec<String>> {
    let mut complaints = Vec::new();
    for source in sources {
        if !source.text.starts_with("//! ") {
            complaints.push(format!(
                "runtime/{}: the first line does not say the file's job",
                source.path
            ));
        }
        let length = source.text.lines().count();
        if length > LONGEST_FILE {
            complaints.push(format!(
                "runtime/{}: {length} lines are too many to read in one sitting",
                source.path
            ));
        }
    }
    result(complaints)
}

/// The headings, or parts of them, whose tables name files and tests.
const NAMING: &[&str] = &["Invariants", "Reading order", "Myths"];

/// Complaints about files and tests that the tables under such a heading name and that are not there.
fn missing_names(
    design: &str,
    has_file: impl Fn(&str) -> bool,
    has_test: impl Fn(&str) -> bool,
) -> Result<(), Vec<String>> {
    let (mut complaints, mut names, mut inside) = (Vec::new(), 0, false);
    for line in design.lines() {
        if line.starts_with('#') {
            inside = NAMING.iter().any(|heading| line.contains(heading));
        }
        if !inside || !line.starts_with('|') {
            continue;
        }
        for name in line.split('`').skip(1).step_by(2) {
            let is_file = name.contains(".rs") || name.contains('/');
            let is_test = name.matches('_').count() >= 3 && name.chars().all(is_word);
            names += usize::from(is_file || is_test);
            if is_file && !has_file(name) {
                complaints.push(format!(
                    "DESIGN.md names the file {name}, which is not there"
                ));
            }
            if is_test && !has_test(name) {
                complaints.push(format!(
                    "DESIGN.md names the test {name}, which is not there"
                ));
            }
        }
    }
    if names == 0 {
        complaints.push("DESIGN.md names no file and no test".to_owned());
    }
    result(complaints)
}

/// Complaints about constants for which DESIGN.md gives another value than the code, as in "`NAME` = 8".
fn wrong_values(design: &str, sources: &[Source]) -> Result<(), Vec<String>> {
    let (mut complaints, mut values) = (Vec::new(), 0);
    let text = design.split_whitespace().collect::<Vec<_>>().join(" ");
    for (place, _) in text.match_indices("` = ") {
        let name = text[..place].rsplit('`').next().unwrap_or_default();
        let value = text[place + "` = ".len()..].trim_start_matches('`');
        let value = &value[..value.bytes().take_while(u8::is_ascii_digit).count()];
        if value.is_empty() {
            continue;
        }
        values += 1;
        let is_so = |line: &str| {
            let declared = line.trim().split_once("const ").map(|(_, rest)| rest);
            declared
                .is_some_and(|rest| word(rest) == name && rest.ends_with(&format!(" = {value};")))
        };
        if !sources.iter().any(|source| source.text.lines().any(is_so)) {
            complaints.push(format!(
                "DESIGN.md says {name} = {value}, the code does not"
            ));
        }
    }
    if values == 0 {
        complaints.push("DESIGN.md gives no constant's value".to_owned());
    }
    result(complaints)
}

/// Complaints about code that may stand in a number of files only, once in each.
fn wrong_homes(sources: &[Source], code: &str, homes: &[&str]) -> Result<(), Vec<String>> {
    let mut found = Vec::new();
    for source in sources {
        let text = code_of(&source.text);
        found.extend(places(&text, code).map(|_| source.path.as_str()));
    }
    found.sort_unstable();
    result(if found == homes {
        Vec::new()
    } else {
        vec![format!(
            "`{code}` is to be in {homes:?}, and is in {found:?}"
        )]
    })
}

/// The words of a rule's complaints, for tests that want one of them.
fn complaints(result: Result<(), Vec<String>>) -> String {
    result.err().unwrap_or_default().join("\n")
}

#[track_caller]
fn hold(result: Result<(), Vec<String>>) {
    if let Err(complaints) = result {
        panic!("{}", complaints.join("\n"));
    }
}

#[test]
fn imports_point_one_way() {
    let sources = runtime();
    let lib = sources.iter().find(|source| source.path == "lib.rs");
    let lib = &lib.expect("the crate has a root").text;
    hold(wrong_imports(&sources, lib, WRONG_WAY));
}

#[test]
fn imports_that_point_upwards_are_found() {
    let lib = "pub use task::{JoinHandle, spawn};\npub use time::sleep;";
    let found = |path, text| complaints(wrong_imports(&[Source::new(path, text)], lib, &[]));

    assert_eq!(found("task/join.rs", "use crate::time::Sleep;"), "");
    assert_eq!(
        found("task/join.rs", "use super::wait::Wait; // crate::net"),
        ""
    );
    assert!(found("time.rs", "\nuse crate::task::spawn;").contains("runtime/time.rs:2"));
    assert!(found("time.rs", "fn f() { crate::spawn(g()) }").contains("imports from `task`"));
    assert!(found("time.rs", "use crate::{error::E, task::{a, b}};").contains("`task`"));
    assert!(found("sync/queue.rs", "use super::super::time::sleep;").contains("`time`"));
    assert!(found("sync/mod.rs", "use super::time::sleep;").contains("`time`"));
    assert!(found("event_loop/mod.rs", "use crate::io::AsyncFd;").contains("`io`"));
    assert!(found("sys/mod.rs", "use crate::error::E;").contains("`error`"));
    assert!(found("novelty.rs", "use crate::error::E;").contains("has no row"));

    let excused = [("time", "task")];
    let time = [Source::new("time.rs", "use crate::spawn;")];
    assert!(wrong_imports(&time, lib, &excused).is_ok());
    assert!(complaints(wrong_imports(&[], lib, &excused)).contains("strike it off"));
}

#[test]
fn unsafe_code_has_its_place_and_its_reason() {
    hold(wrong_unsafe(&runtime()));
}

#[test]
fn unsafe_code_without_place_or_reason_is_found() {
    let found = |path, text| complaints(wrong_unsafe(&[Source::new(path, text)]));
    let block = "// SAFETY: it is ours.\nlet x = unsafe { *p };";
    let function = "/// Reads.\n///\n/// # Safety\n/// `p` is valid.\n#[inline]\nunsafe fn f() {}";
    let entry = "unsafe fn f(p: P) {\n    // SAFETY: the caller says so.\n    unsafe { p.g() }\n}";

    assert_eq!(found("sys/a.rs", block), "");
    assert_eq!(found("event_loop/a.rs", function), "");
    assert_eq!(found("event_loop/a.rs", entry), "");
    assert_eq!(found("sys/a.rs", "struct T { f: unsafe fn(P) }"), "");
    assert_eq!(
        found("net/a.rs", "// unsafe {}\nlet s = \"unsafe {}\";"),
        ""
    );
    assert_eq!(found("net/a.rs", "#![forbid(unsafe_code)]"), "");
    assert!(found("net/a.rs", block).contains("runtime/net/a.rs:2: `unsafe` outside"));
    assert!(found("sys/a.rs", "let x = unsafe { *p };").contains("without a word"));
    assert!(found("sys/a.rs", "// SAFETY: far.\n\nunsafe impl Send for A {}").contains("a word"));
    assert!(found("sys/a.rs", "/// Reads.\npub unsafe fn f() {}").contains("without a word"));
    assert!(found("sys/a.rs", "let c = 'a'; let q = '\"'; unsafe { f() }").contains("a word"));
    assert!(found("sys/a.rs", "let r = r#\"\"\"#; unsafe { f() }").contains("without a word"));
}

#[test]
fn every_file_says_its_job_first_and_is_short() {
    hold(wrong_shape(&runtime()));
}

#[test]
fn a_file_without_a_job_or_of_great_length_is_found() {
    let found = |text: &str| complaints(wrong_shape(&[Source::new("a.rs", text)]));
    assert_eq!(found("//! Does a thing.\n"), "");
    assert!(found("use std::fs;\n//! Late.\n").contains("does not say"));
    assert!(found(&"//! Long.\n".repeat(LONGEST_FILE + 1)).contains("651 lines"));
}

#[test]
fn the_loop_polls_futures_in_one_place() {
    let sources = runtime();
    hold(wrong_homes(
        &sources,
        "vtable.poll)",
        &["event_loop/cell.rs"],
    ));
    hold(wrong_homes(
        &sources,
        "cell.poll(",
        &["event_loop/tasks.rs"],
    ));
}

#[test]
fn the_engine_room_blocks_in_the_reactor_only() {
    let mut sources = runtime();
    hold(wrong_homes(
        &sources,
        ".poll(&mut events",
        &["event_loop/reactor.rs"],
    ));
    sources.retain(|source| source.path.starts_with("event_loop/"));
    for blocks in [
        "sleep(",
        "park(",
        "Condvar",
        "mpsc",
        "recv(",
        "block_on(",
        "join()",
    ] {
        // The loop's own `park` is the step that polls the reactor.
        let homes: &[&str] = match blocks {
            "park(" => &["event_loop/mod.rs", "event_loop/mod.rs"],
            _ => &[],
        };
        hold(wrong_homes(&sources, blocks, homes));
    }
}

#[test]
fn code_outside_of_its_home_is_found() {
    let sources = [
        Source::new("a.rs", "f(x); g(x)"),
        Source::new("b.rs", "f(y)"),
    ];
    let found = |code, homes| complaints(wrong_homes(&sources, code, homes));
    assert_eq!(found("g(", &["a.rs"]), "");
    assert_eq!(found("f(", &["a.rs", "b.rs"]), "");
    assert!(found("f(", &["a.rs"]).contains("b.rs"));
    assert!(found("h(", &["a.rs"]).contains("is in []"));
}

#[test]
fn the_constants_in_design_are_those_of_the_code() {
    let design = fs::read_to_string(root().join("DESIGN.md")).expect("DESIGN.md is there");
    hold(wrong_values(&design, &runtime()));
}

#[test]
fn a_constant_with_another_value_is_found() {
    let code = [Source::new("a.rs", "    pub const MOST: usize = 16;\n")];
    let found = |design| complaints(wrong_values(design, &code));
    assert_eq!(found("after `MOST`\n= 16 of them"), "");
    assert!(found("after `MOST` = 17").contains("MOST = 17"));
    assert!(found("after `LEAST` = 16").contains("LEAST = 16"));
    assert!(found("no word of it").contains("no constant"));
}

#[test]
fn what_the_tables_in_design_name_exists() {
    let design = fs::read_to_string(root().join("DESIGN.md")).expect("DESIGN.md is there");
    let mut files = Vec::new();
    for directory in ["runtime", "tests", "benches", "examples"] {
        files.extend(rust_files(&root().join(directory)));
    }
    let texts: Vec<String> = files
        .iter()
        .map(|path| fs::read_to_string(path).expect("a source can be read"))
        .collect();
    let has_file =
        |name: &str| root().join(name).exists() || files.iter().any(|path| path.ends_with(name));
    let has_test = |name: &str| {
        texts
            .iter()
            .any(|text| text.contains(&format!("fn {name}(")))
    };
    hold(missing_names(&design, has_file, has_test));
}

#[test]
fn names_of_things_that_do_not_exist_are_found() {
    let design = "## Invariants\n| a rule | `a.rs` | `a_test_of_it` |\n## Other\n| `b.rs` |\n";
    let found = |file: &str, test: &str| {
        complaints(missing_names(
            design,
            |name| name == file,
            |name| name == test,
        ))
    };
    assert_eq!(found("a.rs", "a_test_of_it"), "");
    assert!(found("b.rs", "a_test_of_it").contains("the file a.rs"));
    assert!(found("a.rs", "another_test_of_it").contains("the test a_test_of_it"));
    for heading in NAMING {
        let design = format!("## {heading}\n| a thing | `a_test_of_it` |\n");
        assert!(complaints(missing_names(&design, |_| false, |_| false)).contains("the test"));
    }
    assert!(complaints(missing_names("", |_| true, |_| true)).contains("names no file"));
}
