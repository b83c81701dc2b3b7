//! From a text with stacks to a draft that holds: which stack is meant, which of its lines are the example, and whether
//! the draft compiles, matches the paste and leaves healthy threads alone.

use super::doubts::HEALTHY;
use super::draft::{Shape, write_draft};
use super::draft_root::write_root_draft;
use super::examples::{ExampleOutcome, run_examples};
use super::sift::{Share, sift};
use crate::engine::{Evaluator, Sieve};
use crate::formats::{Sink, read_example};
use crate::model::{CallSites, Capture, Stack, StackKind};
use crate::rules::{Loaded, Origin, RuleSet, builtin_sources, compile};
use crate::text::Source;

/// Frames added at most to a draft that matches healthy threads.
const MORE_FRAMES: usize = 6;

/// Why there is no draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDraft {
    #[error("no call stack of a thread or an exception was found in this text")]
    NoStack,
    #[error("there is no stack of thread {0} in this text")]
    NoSuchThread(String),
    #[error("this thread waits for work as it should (`{0}`): no rule is reported on it")]
    Idle(String),
    #[error("no frame of this stack has a name that a rule could look for")]
    NoNames,
    #[error("no pattern was found that matches this stack and no healthy thread; write one by hand")]
    NoPattern,
    #[error("the built-in lists have mistakes")]
    Broken,
}

/// The built-in lists, noise and roles, with which a draft is tried.
pub struct Drafting {
    rules: RuleSet,
}

/// A stack of a text, chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its index in the capture.
    pub stack: usize,
    /// How many other stacks a rule could be drafted from.
    pub others: usize,
}

impl Drafting {
    pub fn new() -> Result<Self, NoDraft> {
        compile_with(None).rules.map(|rules| Drafting { rules }).ok_or(NoDraft::Broken)
    }

    /// Chooses the stack with most frames of the application among those that rules are matched with; threads that wait
    /// for work are left out. `thread` is the debugger's index or, with `0x`, the system's number of a thread.
    pub fn choose(&self, capture: &Capture, thread: Option<&str>) -> Result<Chosen, NoDraft> {
        let mut idle = None;
        let mut best: Option<((usize, usize), usize)> = None;
        let mut found = 0;
        for (index, stack) in capture.stacks.iter().enumerate() {
            let is_meant = thread.is_none_or(|thread| is_thread(stack, thread));
            if !is_meant || stack.frames.is_empty() || !stack.is_judged() || stack.kind == StackKind::Allocation {
                continue;
            }
            if let Some(role) = idle_role(&self.rules, stack, &capture.sites) {
                idle = idle.or(Some(role));
                continue;
            }
            found += 1;
            let frames = sift(stack, &capture.sites, &self.rules);
            let count = |share: Share| frames.iter().filter(|frame| frame.share == share).count();
            // What keeps an object alive is meant where there is nothing else.
            let weight = match stack.kind {
                StackKind::Root => (0, 0),
                _ => (count(Share::Application) + 1, count(Share::Api)),
            };
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, index));
            }
        }
        match (best, idle, thread) {
            (Some((_, stack)), ..) => Ok(Chosen { stack, others: found - 1 }),
            (None, Some(role), _) => Err(NoDraft::Idle(role)),
            (None, None, Some(thread)) => Err(NoDraft::NoSuchThread(thread.to_string())),
            (None, None, None) => Err(NoDraft::NoStack),
        }
    }

    /// Drafts a rule from a stack. `text` is what the capture was read from. What comes out is YAML without mistakes,
    /// whose rule matches its own example and none of the idle threads in the built-in pack.
    pub fn draft(&self, capture: &Capture, stack: usize, text: &str) -> Result<String, NoDraft> {
        let stack = &capture.stacks[stack];
        let frames = sift(stack, &capture.sites, &self.rules);
        let example = example_of(stack, &capture.sites, text);
        let is_taken = |id: &str| self.rules.find(id).is_some() || is_builtin_rule(id);
        if stack.kind == StackKind::Root {
            let draft = write_root_draft(stack, &capture.sites, &example, is_taken).ok_or(NoDraft::NoNames)?;
            return is_good(&draft).then_some(draft).ok_or(NoDraft::NoPattern);
        }
        let tight = (0..=MORE_FRAMES).map(|more| Shape::Telling { more });
        for shape in tight.chain([Shape::Loose, Shape::One]) {
            let draft = write_draft(stack.kind, &frames, shape, &example, is_taken).ok_or(NoDraft::NoNames)?;
            if is_good(&draft) {
                return Ok(draft);
            }
        }
        Err(NoDraft::NoPattern)
    }
}

fn is_thread(stack: &Stack, thread: &str) -> bool {
    match thread.strip_prefix("0x") {
        Some(digits) => stack.thread.os_id.is_some() && stack.thread.os_id == u64::from_str_radix(digits, 16).ok(),
        None => stack.thread.index.is_some() && stack.thread.index == thread.parse().ok(),
    }
}

/// The built-in lists, noise and roles, and a draft.
fn compile_with(draft: Option<&str>) -> Loaded {
    let builtin = Origin::Builtin { with_rules: false };
    let mut files: Vec<_> = builtin_sources().into_iter().map(|source| (source, builtin)).collect();
    files.extend(draft.map(|draft| (Source::new("draft.yml", draft), Origin::User)));
    compile(files)
}

fn is_builtin_rule(id: &str) -> bool {
    let ending = format!("/{id}.yml");
    builtin_sources().iter().any(|source| source.name.ends_with(&ending))
}

/// The id of the role rule that explains why the thread waits.
fn idle_role(rules: &RuleSet, stack: &Stack, sites: &CallSites) -> Option<String> {
    let sieve = Sieve::new(rules);
    let role = Evaluator::new(rules, &sieve).evaluate(stack, sites).role?;
    let rule = &rules.rules[role];
    (rule.is_idle()).then(|| rule.id.clone())
}

/// Whether a draft has no mistake, matches its example, and does not match the healthy threads in the pack.
fn is_good(draft: &str) -> bool {
    let Some(mut rules) = compile_with(Some(draft)).rules else { return false };
    let mut healthy = vec![HEALTHY.to_string()];
    // What waits as it should is healthy; and only the draft's own example is to be run.
    for rule in rules.rules.iter_mut().filter(|rule| rule.is_builtin) {
        let examples = std::mem::take(&mut rule.examples);
        if rule.is_idle() {
            healthy.extend(examples.matching.into_iter().map(|example| example.text));
        }
    }
    let outcomes: Vec<ExampleOutcome> = run_examples(&rules).iter().map(|result| result.outcome).collect();
    if outcomes != [ExampleOutcome::Right] {
        return false;
    }
    // Without the roles, which would hide what the draft matches.
    let mut alone = rules;
    alone.rules.retain(|rule| !rule.is_builtin);
    let sieve = Sieve::new(&alone);
    let mut watch = Watch { evaluator: Evaluator::new(&alone, &sieve), hits: 0 };
    for text in &healthy {
        watch.evaluator.forget_sites();
        read_example(text, &mut watch);
    }
    watch.hits == 0
}

struct Watch<'r> {
    evaluator: Evaluator<'r>,
    hits: usize,
}

impl Sink for Watch<'_> {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        self.hits += self.evaluator.evaluate(stack, sites).hits.len();
    }
}

/// The lines of the text that are this stack; where they do not read as the same frames when they stand alone, its call
/// sites one a line.
fn example_of(stack: &Stack, sites: &CallSites, text: &str) -> String {
    let names: Vec<&str> = stack.frames.iter().map(|frame| sites.get(frame.site).text).collect();
    let last = stack.frames.iter().map(|frame| frame.line).max().unwrap_or(stack.line) as usize;
    let first = (stack.line as usize).max(1);
    let lines: Vec<&str> = text.lines().collect();
    // A wrapped last frame goes on below its line.
    for end in last..=last + 4 {
        let Some(slice) = lines.get(first - 1..end) else { break };
        let slice = slice.join("\n");
        if reads_as(&slice, &names) {
            return slice;
        }
    }
    names.join("\n")
}

fn reads_as(text: &str, names: &[&str]) -> bool {
    let mut found = Found::default();
    read_example(text, &mut found);
    found.stacks == 1 && found.names == names
}

#[derive(Default)]
struct Found {
    stacks: usize,
    names: Vec<String>,
}

impl Sink for Found {
    fn stack(&mut self, stack: &Stack, sites: &CallSites) {
        if !stack.frames.is_empty() {
            self.stacks += 1;
            self.names.extend(stack.frames.iter().map(|frame| sites.get(frame.site).text.to_string()));
        }
    }
}
