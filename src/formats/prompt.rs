//! Prompts and the commands typed behind them: `0:057> kL`, `(lldb) clrstack`, `1: kd> !thread`.
//!
//! The command tells what the lines below are; that is surer than their shape, since `dps` prints lines that look like
//! frames.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, value, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::tokens::{blanks0, decimal, hex_number, hex_value};
use super::{stacks, tables};
use crate::model::Dialect;

/// A prompt line.
#[derive(Debug, PartialEq, Eq)]
pub struct Prompt<'a> {
    /// The debugger's index of the current thread.
    pub thread: Option<u32>,
    /// System and process, by the debugger's numbers: `||1:0:003>`. A prompt without a system is of the first.
    pub target: Option<(u32, u32)>,
    /// What was typed; may be empty.
    pub command: &'a str,
}

/// What a command prints, as far as it matters for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Stacks of a dialect.
    Stacks(Dialect),
    /// A table, by its name.
    Table(&'static str),
    /// Something that is neither, though its lines may look like frames.
    NoStack,
    /// Not known: its lines are judged by their shape.
    Unknown,
}

/// Reads a prompt, or gives `None` when the line is none.
pub fn parse(line: &str) -> Option<Prompt<'_>> {
    // Most lines are none, and this is asked of many.
    if !line.trim_start().starts_with(|c: char| c.is_ascii_digit() || "kl(>|:".contains(c)) {
        return None;
    }
    let (mut command, mut place) = preceded(blanks0, prompt).parse(line).ok()?;
    // A prompt without a command leaves the next one on the same line.
    while let Ok((rest, next)) = preceded(blanks0, prompt).parse(command) {
        (command, place) = (rest, next.or(place));
    }
    // `**!htrace -diff**` in a copy of a page written in Markdown
    let command = command.trim().trim_matches('*').trim();
    let (target, thread) = (place.map(|place| (place.system, place.process)), place.map(|place| place.thread));
    Some(Prompt { thread, target, command })
}

/// Where a debugger of user-mode targets stands.
#[derive(Clone, Copy)]
struct Place {
    system: u32,
    process: u32,
    thread: u32,
}

fn prompt(input: &str) -> IResult<&str, Option<Place>> {
    alt((user_mode, cut_user_mode, kernel_mode, lldb, dotnet_dump)).parse(input)
}

/// `0:057>`, `||1:0:000:x86>`: the system where there are several, process, decimal thread index, and the machine type when
/// it is not the native one.
fn user_mode(input: &str) -> IResult<&str, Option<Place>> {
    let system = delimited(tag("||"), decimal, char(':'));
    let machine = preceded(char(':'), take_while1(|c: char| c.is_ascii_alphanumeric()));
    (opt(system), decimal, char(':'), decimal, opt(machine), char('>'))
        .map(|(system, process, _, thread, _, _)| Some(Place { system: system.unwrap_or_default(), process, thread }))
        .parse(input)
}

/// `:057>`: who copies from the middle of a line leaves out the process.
fn cut_user_mode(input: &str) -> IResult<&str, Option<Place>> {
    let thread = verify(take_while1(|c: char| c.is_ascii_digit()), |digits: &str| digits.len() == 3);
    let (rest, thread) = delimited(char(':'), thread, char('>')).parse(input)?;
    Ok((rest, thread.parse().ok().map(|thread| Place { system: 0, process: 0, thread })))
}

/// `kd>`, `1: kd>`, `0:kd>`, `lkd>`.
fn kernel_mode(input: &str) -> IResult<&str, Option<Place>> {
    let processor = opt((decimal, char(':'), blanks0));
    value(None, (processor, alt((tag("lkd"), tag("kd"))), char('>'))).parse(input)
}

fn lldb(input: &str) -> IResult<&str, Option<Place>> {
    value(None, alt((tag("(lldb)"), tag("(gdb)"), tag("(rr)")))).parse(input)
}

/// dotnet-dump prints a bare `> `, as mail clients do for a quotation: only before a command that it knows.
fn dotnet_dump(input: &str) -> IResult<&str, Option<Place>> {
    let (rest, _) = tag("> ").parse(input)?;
    match output(rest) {
        // `> Handle tracing ...` is quoted prose; the commands of dotnet-dump have small letters.
        _ if !rest.starts_with(|c: char| c.is_ascii_lowercase()) => {
            Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify)))
        }
        Output::Unknown => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify))),
        _ => Ok((rest, None)),
    }
}

/// What the command prints. Of several (`r; k`) the one that prints stacks counts, then one that prints a table.
pub fn output(command: &str) -> Output {
    let rank = |output: Output| match output {
        Output::Stacks(_) => 3,
        Output::Table(_) => 2,
        Output::NoStack => 1,
        Output::Unknown => 0,
    };
    let mut found = Output::Unknown;
    for part in command.split(';') {
        let output = single_output(part);
        if rank(output) > rank(found) {
            found = output;
        }
    }
    found
}

/// The thread a command is about: `~5k`, `~5 kb`, `~5e !clrstack`, `!mex.t 22`; `thread select 3` of lldb is told by its own output.
pub fn commanded_thread(command: &str) -> Option<u32> {
    // `!mex.t 22 -l`
    if let Some(arguments) = command.strip_prefix("!mex.t ").or_else(|| command.strip_prefix("!t ")) {
        return arguments.split_whitespace().next()?.parse().ok();
    }
    preceded(char('~'), decimal).parse(command).ok().map(|(_, thread)| thread)
}

/// The thread of the system that a command is about: `~~[1a2c]kL`.
pub fn commanded_os_id(command: &str) -> Option<u64> {
    let (id, _) = command.trim_start().strip_prefix("~~[")?.split_once(']')?;
    hex_value(id.trim_start_matches("0x"))
}

fn single_output(command: &str) -> Output {
    let command = command.trim();
    let bare = without_thread_prefix(command);
    let (word, arguments) = bare.split_once([' ', '\t']).unwrap_or((bare, ""));
    if word.is_empty() {
        return if command.is_empty() { Output::Unknown } else { Output::Table("threads") };
    }
    if is_k(word) {
        return Output::Stacks(Dialect::K);
    }
    let name = word.trim_start_matches('!').to_ascii_lowercase();
    let name = name.rsplit('.').next().unwrap_or_default();
    if name == "clrstack" {
        return Output::Stacks(Dialect::Clrstack);
    }
    let prints = |command: &str| match command.split_once(' ') {
        Some((first, second)) => first == name && arguments.trim_start().starts_with(second),
        None => command == name,
    };
    if let Some(format) = stacks::FORMATS.iter().find(|format| format.commands.iter().any(|command| prints(command))) {
        return Output::Stacks(format.dialect);
    }
    match tables::of_command(name, arguments) {
        Some(table) => Output::Table(table.name),
        None if NO_STACK.contains(&name) => Output::NoStack,
        None => Output::Unknown,
    }
}

/// `~*`, `~5`, `~*e `, `~~[1a2c]`, `~.` and `~#` before a command.
fn without_thread_prefix(command: &str) -> &str {
    let rest = match thread_prefix(command) {
        Ok((rest, ())) => rest.trim_start(),
        Err(_) => return command,
    };
    // `~*e !clrstack`: the e means "for each", unless a command begins with it.
    match rest.strip_prefix('e') {
        Some(each) if each.starts_with([' ', '!', '~']) => each.trim_start(),
        _ => rest,
    }
}

fn thread_prefix(input: &str) -> IResult<&str, ()> {
    let by_id = value((), delimited(tag("~["), (opt(tag("0x")), hex_number), char(']')));
    let by_mark = value((), alt((char('*'), char('.'), char('#'))));
    let thread = alt((by_id, by_mark, value((), decimal)));
    value((), (char('~'), opt(thread))).parse(input)
}

/// `k`, `kb`, `kPn`, `kL5`; `kd` dumps raw words and is none.
fn is_k(word: &str) -> bool {
    let Some(flags) = word.strip_prefix('k') else { return false };
    flags != "d" && flags.chars().all(|c| "bcfnpPvLMNts".contains(c) || c.is_ascii_digit())
}

/// Commands whose output is no stack, by name without `!` and extension name.
const NO_STACK: &[&str] = &[
    "bl",
    "bp",
    "bu",
    "bm",
    "chain",
    "d",
    "da",
    "db",
    "dc",
    "dd",
    "dds",
    "do",
    "dp",
    "dps",
    "dpp",
    "dpu",
    "dq",
    "dqs",
    "du",
    "dumpobj",
    "dv",
    "dumparray",
    "dumpclass",
    "dumpdelegates",
    "dumpil",
    "dumpmd",
    "dumpmodule",
    "dumpmt",
    "dumpvc",
    "eb",
    "ed",
    "gchandleleaks",
    "gcwhere",
    "dumpheap",
    "dumpruntimetypes",
    "dumpassembly",
    "listnearobj",
    "lno",
    "help",
    "ip2md",
    "kd",
    "ln",
    "load",
    "loadby",
    "logopen",
    "logappend",
    "logclose",
    "name2ee",
    "objsize",
    "peb",
    "q",
    "r",
    "reload",
    "setclrpath",
    "sosstatus",
    "sympath",
    "symfix",
    "teb",
    "time",
    "u",
    "ub",
    "uf",
    "vmstat",
    "wt",
    "teb",
    "pte",
    "x",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_what_their_commands_print() {
        for (line, thread, command, prints) in [
            ("0:057> kL", Some(57), "kL", Output::Stacks(Dialect::K)),
            ("  0:000:x86> ~*kb", Some(0), "~*kb", Output::Stacks(Dialect::K)),
            ("0:000> ~*e !clrstack -a", Some(0), "~*e !clrstack -a", Output::Stacks(Dialect::Clrstack)),
            ("0:000> ~*e!ClrStack", Some(0), "~*e!ClrStack", Output::Stacks(Dialect::Clrstack)),
            ("0:012> ~4 kPn 20", Some(12), "~4 kPn 20", Output::Stacks(Dialect::K)),
            ("0:012> ~~[0x1b6c]kv", Some(12), "~~[0x1b6c]kv", Output::Stacks(Dialect::K)),
            ("0:000> !sos.clrstack", Some(0), "!sos.clrstack", Output::Stacks(Dialect::Clrstack)),
            ("0:000> ~2e r; k; kd", Some(0), "~2e r; k; kd", Output::Stacks(Dialect::K)),
            ("1: kd> !thread", None, "!thread", Output::Unknown),
            ("lkd> k", None, "k", Output::Stacks(Dialect::K)),
            ("(lldb) clrstack -f", None, "clrstack -f", Output::Stacks(Dialect::Clrstack)),
            ("> clrstack -all", None, "clrstack -all", Output::Stacks(Dialect::Clrstack)),
            ("0:000> dps @rsp L10", Some(0), "dps @rsp L10", Output::NoStack),
            ("0:000> kd", Some(0), "kd", Output::NoStack),
            ("0:000> ~", Some(0), "~", Output::Table("threads")),
            ("0:000> ~5s", Some(0), "~5s", Output::Unknown),
            ("0:000> .loadby sos clr", Some(0), ".loadby sos clr", Output::NoStack),
            ("0:000> !eestack -short", Some(0), "!eestack -short", Output::Stacks(Dialect::Dumpstack)),
            (":013> !clrstack", Some(13), "!clrstack", Output::Stacks(Dialect::Clrstack)),
            ("0:000>", Some(0), "", Output::Unknown),
            ("0:000> 0:001> k", Some(1), "k", Output::Stacks(Dialect::K)),
        ] {
            let parsed = parse(line).map(|prompt| (prompt.thread, prompt.command));
            assert_eq!(parsed, Some((thread, command)), "{line}");
            assert_eq!(output(command), prints, "{line}");
        }
    }

    #[test]
    fn targets() {
        for (line, target) in [
            ("0:057> kL", Some((0, 0))),
            ("1:003> k", Some((0, 1))),
            ("||1:0:003> k", Some((1, 0))),
            ("(lldb) bt", None),
            ("1: kd> k", None),
        ] {
            assert_eq!(parse(line).map(|prompt| prompt.target), Some(target), "{line}");
        }
    }

    #[test]
    fn what_is_no_prompt() {
        for line in ["> you wrote:", "00:01:02 started", "kd", "In 1:30> we see", "0:0x0>", "kernel> x"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
