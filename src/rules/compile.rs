//! Rules as written to rules as used: lists resolved, atoms shared, every mistake reported.

mod conditions;
mod copies;
mod ladder;
mod lists;
mod locks;
mod patterns;
mod references;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::thread;

use super::rule_set::{Rule, RuleSet, Test, TestId};
use super::written::{RuleFile, Spot, WrittenLimits, WrittenRule, WrittenSuppression};
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
        let same = threads.as_ref().and_then(|threads| threads.same);
        // What is stuck is compared from the frame on that is kept.
        let all = written.stuck.as_ref().map_or(0, |_| pattern.captures.len());
        pattern.compare_too((0..all).chain(same));
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

    fn mistake(&mut self, code: Code, source: usize, span: Span, message: impl Into<String>) {
        self.diagnostics.add(code, source, span, message);
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
