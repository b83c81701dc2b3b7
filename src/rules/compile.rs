//! Rules as written to rules as used: lists resolved, atoms shared, every mistake reported.

mod conditions;
mod copies;
mod ladder;
mod lists;
mod locks;
mod references;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::thread;

use super::pattern::{self, Alternative, Line};
use super::rule_set::{Pattern, Rule, RuleSet, Step, Test, TestId};
use super::written::{Block, RuleFile, Spot, WrittenLimits, WrittenRule, WrittenSuppression};
use super::{
    Atom, AtomId, BlockedBehindCondition, DeadlockCondition, ExceptionCondition, Explains, Glob, StuckCondition,
    documents, extends, read,
};
use crate::diagnostic::{Code, Diagnostics};
use crate::finding::{Confidence, Severity};
use crate::text::{Source, Span};
use lists::List;

/// Threads that read rule files, and the files that are worth a thread.
const MOST_WORKERS: usize = 8;
const FEWEST_FILES: usize = 16;

/// Where a rule file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Part of the program. Its lists, noise, aliases and roles are always there; its rules can be left out.
    Builtin {
        with_rules: bool,
    },
    User,
}

/// The result of compiling: rules when there is no mistake, and everything there is to say.
#[derive(Debug, Default)]
pub struct Loaded {
    pub rules: Option<RuleSet>,
    pub diagnostics: Diagnostics,
}

/// What settings say of rules.
#[derive(Debug, Default)]
pub struct InSettings {
    /// The settings file and what has been found wrong in it already.
    pub read: Diagnostics,
    /// Ids of rules, or globs, that are selected or ignored.
    pub named: Vec<Spot<String>>,
    /// Frames that are the application's.
    pub app: Vec<Spot<String>>,
    pub suppressions: Vec<WrittenSuppression>,
    pub limits: Vec<WrittenLimits>,
}

/// Compiles rule files together.
pub fn compile(files: Vec<(Source, Origin)>) -> Loaded {
    compile_with(files, InSettings::default())
}

/// Compiles rule files together with what settings say of rules.
pub fn compile_with(files: Vec<(Source, Origin)>, mut settings: InSettings) -> Loaded {
    let (mut written, diagnostics) = read_side_by_side(files);
    let mut compiler = Compiler { diagnostics, ..Compiler::default() };
    let in_settings = compiler.settings_source(std::mem::take(&mut settings.read));
    compiler.lists(&written);
    for (file, origin) in &written {
        compiler.origins.push(*origin);
        for (canonical, names) in &file.aliases {
            names.iter().for_each(|name| compiler.rules.aliases.add(canonical, name));
        }
    }
    compiler.app(in_settings, &settings.app);
    compiler.noise(&written);
    compiler.counters(&written);
    extends::resolve(&mut written, &mut compiler.diagnostics);
    compiler.all_rules(&written);
    compiler.fold_copies();
    compiler.rules.asks_of_locks = compiler.rules.rules.iter().any(Rule::asks_of_locks);
    compiler.rules.app = compiler.list(lists::APP).unwrap_or_default();
    compiler.settings(in_settings, settings);
    let Compiler { mut diagnostics, rules, .. } = compiler;
    diagnostics.sort();
    let rules = (!diagnostics.has_mistakes()).then_some(rules);
    Loaded { rules, diagnostics }
}

/// Reads files on all processors. Until their rules are joined, no file has to do with another.
fn read_side_by_side(files: Vec<(Source, Origin)>) -> (Vec<(RuleFile, Origin)>, Diagnostics) {
    let indexed: Vec<(usize, &(Source, Origin))> = files.iter().enumerate().collect();
    let workers = thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    let share = files.len().div_ceil(workers).max(FEWEST_FILES);
    let read: Vec<(Vec<RuleFile>, Diagnostics)> = thread::scope(|scope| {
        let parts: Vec<_> = indexed.chunks(share).map(|part| scope.spawn(|| read_files(part))).collect();
        parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut diagnostics = Diagnostics::default();
    let mut written = Vec::new();
    for (files, found) in read {
        written.extend(files);
        diagnostics.list.extend(found.list);
    }
    let (sources, origins): (Vec<Source>, Vec<Origin>) = files.into_iter().unzip();
    diagnostics.sources = sources;
    (written.into_iter().zip(origins).collect(), diagnostics)
}

fn read_files(files: &[(usize, &(Source, Origin))]) -> (Vec<RuleFile>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let mut written = Vec::new();
    for (index, (source, origin)) in files {
        let documents = documents::of_file(source, *origin, *index, &mut diagnostics);
        written.push(read::rule_file(&documents, source, *index, &mut diagnostics));
    }
    (written, diagnostics)
}

#[derive(Default)]
struct Compiler {
    diagnostics: Diagnostics,
    origins: Vec<Origin>,
    rules: RuleSet,
    atom_ids: HashMap<Atom, AtomId>,
    test_ids: HashMap<Test, TestId>,
    /// Atoms a line of text compiled to before.
    frames: HashMap<String, Vec<AtomId>>,
    lists: BTreeMap<String, List>,
    /// Ids of built-in rules that are not wanted.
    left_out: Vec<String>,
    /// Positions of the messages on rules and lists that are built in too, in their order.
    copies: Vec<usize>,
}

impl Compiler {
    fn all_rules(&mut self, written: &[(RuleFile, Origin)]) {
        // Lists that no rule uses are checked all the same.
        for name in self.lists.keys().cloned().collect::<Vec<_>>() {
            self.list(&name);
        }
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        let mut compiled = Vec::new();
        for (source, (file, origin)) in written.iter().enumerate() {
            for rule in &file.rules {
                let id = rule.id.value.as_str();
                if let Some(&other) = ids.get(id) {
                    let (file, line) = place_of(&compiled, other, &self.diagnostics);
                    let message = format!("there are two rules `{id}`; the other is in {file}, line {line}");
                    let is_builtin = matches!(compiled[other].1, Origin::Builtin { .. });
                    self.copies.extend(is_builtin.then_some(self.diagnostics.list.len()));
                    let mistake = self.diagnostics.add(Code::DuplicateId, source, rule.id.span, message);
                    if is_builtin {
                        mistake.help(format!(
                            "to change the built-in rule, write `extends: {id}` below the id and only what differs; for \
                             another rule choose another id"
                        ));
                    }
                } else if !id.is_empty() {
                    ids.insert(id, compiled.len());
                }
                compiled.push((source, *origin, rule, self.rule(source, *origin, rule)));
            }
        }
        let categories: BTreeSet<String> = compiled.iter().map(|(.., rule)| rule.category.clone()).collect();
        for (source, _, written, rule) in &mut compiled {
            rule.yields_to = self.yields_to(*source, &written.yields_to, &ids);
            rule.explains = self.explains(*source, &written.explains, &ids, &categories);
        }
        self.lock_waits();
        self.ladders(&mut compiled, &ids);
        self.refuse_yield_cycles(&mut compiled);
        self.refuse_unknown_roles(&compiled);
        self.keep_wanted(compiled.into_iter().map(|(_, origin, _, rule)| (origin, rule)).collect());
    }

    /// Leaves out the built-in rules that are not wanted, and renumbers what refers to rules.
    fn keep_wanted(&mut self, compiled: Vec<(Origin, Rule)>) {
        let wanted = |origin: &Origin, rule: &Rule| match origin {
            Origin::Builtin { with_rules } => *with_rules || rule.role.is_some(),
            Origin::User => true,
        };
        let mut new_index = Vec::new();
        let mut kept = 0;
        for (origin, rule) in &compiled {
            let keep = wanted(origin, rule);
            new_index.push(keep.then_some(kept));
            kept += usize::from(keep);
        }
        for (origin, mut rule) in compiled {
            if wanted(&origin, &rule) {
                rule.yields_to = rule.yields_to.iter().filter_map(|&index| new_index[index]).collect();
                rule.explains.rules = rule.explains.rules.iter().filter_map(|&index| new_index[index]).collect();
                rule.ladder.iter_mut().for_each(|ladder| ladder.renumber(&new_index));
                self.rules.rules.push(rule);
            } else {
                self.left_out.push(rule.id);
            }
        }
    }

    fn rule(&mut self, source: usize, origin: Origin, written: &WrittenRule) -> Rule {
        let strict = written.strict.unwrap_or(false);
        let mut pattern = self.pattern(source, &written.pattern, strict);
        let unless = written.unless.iter().map(|block| self.pattern(source, block, strict)).collect();
        let cycle = written.cycle.as_ref().map(|cycle| self.cycle(source, cycle, &mut pattern.captures));
        let threads = written.threads.as_ref().map(|threads| self.threads(source, threads, &pattern));
        if let Some(same) = threads.as_ref().and_then(|threads| threads.same) {
            pattern.compared.push(same);
            let of_same = pattern.steps.iter_mut().filter(|step| step.capture == Some(same));
            of_same.for_each(|step| step.is_open_end = false);
        }
        let exception = written.exception.as_ref().map(|exception| ExceptionCondition {
            types: exception.types.iter().map(|name| Glob::new(&name.to_ascii_lowercase())).collect(),
            messages: exception.messages.iter().map(|text| Glob::new(&text.to_lowercase())).collect(),
            codes: exception.codes.clone(),
            at: exception.at.iter().map(|text| Glob::new(&text.to_ascii_lowercase())).collect(),
            unhandled: exception.unhandled,
        });
        let stuck = written.stuck.as_ref().map(|stuck| StuckCondition {
            captures: stuck.captures,
            cpu: stuck.cpu,
            once: stuck.once,
        });
        self.refuse_unknown_captures(source, written, &pattern);
        let ask = self.ask(source, written);
        Rule {
            id: written.id.value.clone(),
            title: written.title.clone(),
            role: written.role.as_ref().map(|role| role.value.clone()),
            severity: written.severity.unwrap_or(Severity::Info),
            confidence: written.confidence.unwrap_or(Confidence::Medium),
            category: written.category.clone(),
            tags: written.tags.clone(),
            pattern,
            subject: written.subject,
            unless,
            unless_roles: written.unless_roles.iter().map(|role| role.value.clone()).collect(),
            on: written.on.iter().map(|role| role.value.clone()).collect(),
            threads,
            exception,
            cycle,
            deadlock: written.deadlock.as_ref().map(|deadlock| DeadlockCondition { via: deadlock.via.clone() }),
            blocked_behind: written.blocked_behind.as_ref().map(|blocked| BlockedBehindCondition {
                waiters: blocked.waiters,
                via: blocked.via.clone(),
                owner: blocked.owner,
            }),
            explains: Explains::default(),
            ask,
            stuck,
            // Its rules have numbers only when all are compiled.
            ladder: None,
            yields_to: Vec::new(),
            message: written.message.as_ref().map(|message| message.value.clone()),
            why: written.why.clone(),
            fix: written.fix.clone(),
            notes: written.notes.clone(),
            links: written.links.clone(),
            examples: written.examples.clone(),
            file: self.diagnostics.sources[source].name.clone(),
            is_builtin: matches!(origin, Origin::Builtin { .. }),
            pattern_spans: written.pattern.lines.iter().map(|line| line.span).collect(),
            span: written.id.span,
        }
    }

    fn pattern(&mut self, source: usize, block: &Block, strict: bool) -> Pattern {
        let written: Vec<&str> = block.lines.iter().map(|line| line.value.as_str()).collect();
        let mut pattern = Pattern { strict, text: written.join("\n"), ..Pattern::default() };
        let mut mistakes = false;
        let last = block.lines.iter().rposition(|line| matches!(pattern::parse(&line.value), Ok(Some(_))));
        for (number, line) in block.lines.iter().enumerate() {
            let parsed = match pattern::parse(&line.value) {
                Ok(Some(parsed)) => parsed,
                Ok(None) => continue,
                Err(refused) => {
                    self.diagnostics.add(Code::BadPatternLine, source, line.span, refused.message).help(refused.help);
                    mistakes = true;
                    continue;
                }
            };
            match parsed {
                Line::Top if pattern.steps.is_empty() && !pattern.from_top => pattern.from_top = true,
                Line::Bottom if Some(number) == last => pattern.to_bottom = true,
                Line::Top | Line::Bottom => {
                    self.mistake(
                        Code::BadPatternLine,
                        source,
                        line.span,
                        "`<top>` comes first and `<bottom>` comes last",
                    );
                    mistakes = true;
                }
                Line::Gap { max, without } => {
                    let atoms = self.alternatives(source, line.span, &without);
                    let is_free = max.is_none() && atoms.is_empty();
                    let test = self.test(Test { atoms, negated: true, capture: None });
                    let step = Step { test, negated: true, min: 0, max, is_gap: true, is_free, ..Step::frame(number) };
                    pattern.steps.push(step);
                }
                Line::Frames { negated, alternatives, min, max } => {
                    let atoms = self.alternatives(source, line.span, &alternatives);
                    let test = self.test(Test { atoms, negated, capture: None });
                    pattern.steps.push(Step { test, negated, min, max, ..Step::frame(number) });
                }
                Line::Capture { name, alternatives } => {
                    let atoms = self.alternatives(source, line.span, &alternatives);
                    let capture = capture_number(&mut pattern.captures, &name);
                    if capture >= CAPTURES {
                        let message = "a pattern keeps two names at most";
                        self.mistake(Code::BadPatternLine, source, line.span, message);
                        mistakes = true;
                    }
                    let test = self.test(Test { atoms, negated: false, capture: Some(capture) });
                    pattern.steps.push(Step { test, capture: Some(capture), ..Step::frame(number) });
                }
            }
        }
        self.open_end(&mut pattern);
        let names_a_frame = |step: &Step| step.is_required() && !self.takes_anything(step.test);
        // The same name twice is something that few stacks have.
        let kept: Vec<usize> = pattern.steps.iter().filter_map(|step| step.capture).collect();
        let keeps_twice = (1..kept.len()).any(|at| kept[..at].contains(&kept[at]));
        let selects = keeps_twice || pattern.steps.iter().any(names_a_frame);
        if !mistakes && !block.lines.is_empty() && !selects {
            let message = "this pattern has no frame that must be there, so it would match nearly every stack";
            self.mistake(Code::MatchesEverything, source, block.span, message);
        }
        pattern
    }

    /// Notes which names are compared, and whether the last line takes any frame.
    fn open_end(&self, pattern: &mut Pattern) {
        let kept: Vec<usize> = pattern.steps.iter().filter_map(|step| step.capture).collect();
        let is_twice = |capture: &usize| kept.iter().filter(|other| *other == capture).count() > 1;
        pattern.compared = (0..pattern.captures.len()).filter(is_twice).collect();
        let [.., _, last] = pattern.steps.as_slice() else { return };
        let is_alone = last.capture.is_some_and(|capture| !pattern.compared.contains(&capture));
        let is_open_end = is_alone && !pattern.to_bottom && self.takes_anything(last.test);
        pattern.steps.iter_mut().next_back().into_iter().for_each(|last| last.is_open_end = is_open_end);
    }

    /// Whether a test says yes to every frame: `*`.
    fn takes_anything(&self, test: TestId) -> bool {
        let atoms = &self.rules.tests[test.0 as usize].atoms;
        atoms.iter().any(|atom| self.rules.atoms[atom.0 as usize].takes_anything())
    }

    fn alternatives(&mut self, source: usize, span: Span, alternatives: &[Alternative]) -> Vec<AtomId> {
        let mut atoms = Vec::new();
        for alternative in alternatives {
            match alternative {
                Alternative::List(name) => match self.list(name) {
                    Some(list) => atoms.extend(list),
                    None => self.unknown_list(source, span, name),
                },
                Alternative::Regex(regex) => match Atom::regex(regex) {
                    Ok(atom) => atoms.push(self.intern(atom)),
                    Err(reason) => {
                        self.mistake(Code::BadRegex, source, span, format!("bad regular expression: {reason}"))
                    }
                },
                Alternative::Frame(frame) => atoms.extend(self.frame(source, span, frame)),
            }
        }
        atoms.sort();
        atoms.dedup();
        atoms
    }

    fn frame(&mut self, source: usize, span: Span, frame: &str) -> Vec<AtomId> {
        if let Some(known) = self.frames.get(frame) {
            return known.clone();
        }
        match Atom::frame(frame, &self.rules.aliases) {
            Ok(atoms) => {
                let ids: Vec<AtomId> = atoms.into_iter().map(|atom| self.intern(atom)).collect();
                self.frames.insert(frame.to_string(), ids.clone());
                ids
            }
            Err(reason) => {
                self.mistake(Code::BadPatternLine, source, span, reason);
                Vec::new()
            }
        }
    }

    fn test(&mut self, test: Test) -> TestId {
        let next = TestId(self.rules.tests.len() as u32);
        let id = *self.test_ids.entry(test.clone()).or_insert(next);
        if id == next {
            self.rules.tests.push(test);
        }
        id
    }

    fn intern(&mut self, atom: Atom) -> AtomId {
        let next = AtomId(self.rules.atoms.len() as u32);
        if let Some(&known) = self.atom_ids.get(&atom) {
            return known;
        }
        self.atom_ids.insert(atom.clone(), next);
        self.rules.atoms.push(atom);
        next
    }

    fn mistake(&mut self, code: Code, source: usize, span: Span, message: impl Into<String>) {
        self.diagnostics.add(code, source, span, message);
    }
}

/// Names that a pattern may keep: each more would multiply the time of a match.
const CAPTURES: usize = 2;

fn capture_number(captures: &mut Vec<String>, name: &str) -> usize {
    match captures.iter().position(|known| known == name) {
        Some(known) => known,
        None => {
            captures.push(name.to_string());
            captures.len() - 1
        }
    }
}

/// File and line of a rule.
fn place_of(
    compiled: &[(usize, Origin, &WrittenRule, Rule)],
    rule: usize,
    diagnostics: &Diagnostics,
) -> (String, usize) {
    let (source, _, written, _) = &compiled[rule];
    let source = &diagnostics.sources[*source];
    (source.name.clone(), source.position(written.id.span.start).0)
}
