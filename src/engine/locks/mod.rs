//! Locks: what stacks show of threads that wait, put together with the tables that name owners.

mod fold;
mod report;

use std::sync::Arc;

use super::evaluate::Evaluator;
use super::proof::shown_rows;
use crate::facts::locks::{LockTables, LockWait, ThreadView};
use crate::finding::{Evidence, EvidenceKind, Finding, ShownStack};
use crate::model::{CallSites, FrameKind, Stack, StackKind, Table};
use crate::rules::{RuleSet, Truth};

pub use fold::fold;

/// Threads kept.
const VIEWS: usize = 50_000;
/// Frames from the top that are looked at.
const FRAMES: usize = 64;
/// Functions that wait for locks are small: farther from its start lies another function, of which the debugger knows no
/// name.
const REACH: u64 = 0x1000;

/// Takes in what a case shows of locks.
#[derive(Default)]
pub struct LockCollection {
    tables: LockTables,
    views: Vec<ThreadView>,
    /// Of each view that shows a thread which waits.
    proofs: Vec<Option<WaitProof>>,
    /// Stacks on which the pattern of a rule for owners matches: rule, view, and the finding it would be.
    owners: Vec<(usize, usize, Finding)>,
}

/// The frames that show a wait.
#[derive(Clone, Debug, Default)]
struct WaitProof {
    evidence: Vec<Evidence>,
    shown: ShownStack,
}

/// What equal stacks have in common, as far as locks go.
#[derive(Clone)]
pub struct LockSigns<'r> {
    place: Option<WaitPlace<'r>>,
    has_managed: bool,
    has_unreadable: bool,
    names: Arc<[u32]>,
}

impl LockSigns<'_> {
    /// Whether the evaluator must know the stack when it is looked at.
    pub fn waits(&self) -> bool {
        self.place.is_some()
    }
}

/// Where on a stack a thread waits for a lock.
#[derive(Clone)]
struct WaitPlace<'r> {
    kind: &'r str,
    frame: usize,
    /// What called it, where the debugger knows its name.
    method: Option<usize>,
    /// What called it, with a name or without: its variables are printed all the same.
    caller: Option<usize>,
}

impl LockCollection {
    pub fn table(&mut self, source: usize, table: &Table) {
        self.tables.add(source, table);
    }

    /// Whether tables of locks were printed.
    pub fn has_tables(&self) -> bool {
        !self.tables.printed.is_empty()
    }

    /// Stacks that show a thread which waits for a lock.
    pub fn waiting(&self) -> usize {
        self.views.iter().filter(|view| view.wait.is_some()).count()
    }

    /// Keeps a thread's stack. Of one that waits, the evaluator must have classified it last.
    pub fn stack(
        &mut self,
        evaluator: &Evaluator<'_>,
        signs: &LockSigns<'_>,
        stack: &Stack,
        sites: &CallSites,
        source: usize,
        is_idle: bool,
    ) -> Option<usize> {
        if !evaluator.rules.asks_of_locks || stack.kind != StackKind::Thread || self.views.len() >= VIEWS {
            return None;
        }
        let place = signs.place.as_ref();
        self.views.push(ThreadView {
            thread: stack.thread.clone(),
            source,
            line: stack.line,
            is_managed: stack.dialect.is_managed(),
            is_idle,
            has_managed: signs.has_managed,
            has_unreadable: signs.has_unreadable,
            names: Arc::clone(&signs.names),
            wait: place.map(|place| lock_wait(place, evaluator, stack)),
        });
        self.proofs.push(place.map(|place| proof(place, stack, sites, source)));
        Some(self.views.len() - 1)
    }

    /// The pattern of an owner matches on the stack of this view.
    pub fn owner(&mut self, rule: usize, view: usize, finding: Finding) {
        if self.owners.len() < VIEWS {
            self.owners.push((rule, view, finding));
        }
    }
}

/// Looks at the stack that the evaluator classified last.
pub fn signs<'r>(evaluator: &Evaluator<'r>, stack: &Stack, sites: &CallSites, is_idle: bool) -> LockSigns<'r> {
    let top = stack.frames.len().min(FRAMES);
    let site = |frame: usize| sites.get(stack.frames[frame].site);
    let in_dialect = stack.dialect.is_managed();
    let is_managed = |frame: usize| {
        let site = site(frame);
        let kind = site.kind();
        !site.is_unreadable() && (in_dialect && kind != FrameKind::Runtime || kind == FrameKind::Managed)
    };
    // Markers of the runtime come and go; the rest is what two views of a thread have in common.
    let names = (0..top).filter(|&frame| !evaluator.is_noise(frame)).filter_map(|frame| evaluator.name_of(frame));
    LockSigns {
        place: if is_idle { None } else { wait_place(evaluator, stack, sites) },
        has_managed: (0..top).any(is_managed),
        has_unreadable: (0..top).any(|frame| site(frame).is_unreadable()),
        names: names.map(|(name, _)| name.0).collect(),
    }
}

/// The lowest of the topmost frames that waits for a lock, where nothing lies above it but the wait itself.
fn wait_place<'r>(evaluator: &Evaluator<'r>, stack: &Stack, sites: &CallSites) -> Option<WaitPlace<'r>> {
    let rules: &'r RuleSet = evaluator.rules;
    let truth = evaluator.truth();
    let kind_at = |frame: usize| {
        let found = rules.lock_waits.iter().find(|known| truth(known.test, frame) == Truth::Yes)?;
        let site = sites.get(stack.frames[frame].site);
        let is_near = site.kind() == FrameKind::Managed || site.offset().is_none_or(|offset| offset < REACH);
        is_near.then_some(found.kind.as_str())
    };
    let mut place: Option<WaitPlace<'r>> = None;
    for frame in 0..stack.frames.len().min(FRAMES) {
        let hole = frame > 0 && stack.holes.iter().any(|hole| hole.before == frame);
        if hole {
            break;
        }
        if let Some(kind) = kind_at(frame) {
            place = Some(WaitPlace { kind, frame, method: None, caller: None });
            continue;
        }
        // Code without symbols may be the wait itself.
        let lies_above = rules.above_lock_waits.is_some_and(|test| truth(test, frame) != Truth::No);
        if !lies_above && !evaluator.is_noise(frame) {
            break;
        }
    }
    let mut place = place?;
    let below = place.frame + 1..stack.frames.len().min(FRAMES);
    let has_hole = |frame: usize| stack.holes.iter().any(|hole| hole.before > place.frame && hole.before <= frame);
    let caller = below.into_iter().find(|&frame| !evaluator.is_noise(frame));
    place.caller = caller.filter(|&frame| !has_hole(frame));
    place.method = place.caller.filter(|&frame| evaluator.name_of(frame).is_some());
    Some(place)
}

fn lock_wait(place: &WaitPlace<'_>, evaluator: &Evaluator<'_>, stack: &Stack) -> LockWait {
    let method = place.method.and_then(|frame| evaluator.name_of(frame));
    // Only SOS prints the arguments and variables of a method; what `kb` shows is its callees'.
    let of_method = |frame: u32| stack.dialect.is_managed() && place.caller == Some(frame as usize);
    let values = stack.values.iter().filter(|value| of_method(value.frame));
    let own = stack.values.iter().filter(|value| value.frame as usize <= place.frame);
    LockWait {
        kind: place.kind.to_string(),
        method: method.map(|(_, shown)| without_generics(shown)),
        method_name: method.map(|(name, _)| name.0),
        values: values.map(|value| (value.place, value.value)).collect(),
        own_values: own.map(|value| value.value).filter(|&value| value != 0).collect(),
    }
}

/// `Repository`2.GetOrAdd` of `Repository`2[[System.__Canon, mscorlib]].GetOrAdd`, and of Mono's `Repository`2<K, V>.GetOrAdd`:
/// people know the method without.
fn without_generics(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut depth = 0usize;
    let mut after_arity = false;
    for c in name.chars() {
        match c {
            '[' | '<' if depth > 0 || after_arity => depth += 1,
            ']' | '>' if depth > 0 => depth -= 1,
            _ if depth == 0 => short.push(c),
            _ => {}
        }
        after_arity = c == '`' || after_arity && c.is_ascii_digit();
    }
    short
}

fn proof(place: &WaitPlace<'_>, stack: &Stack, sites: &CallSites, source: usize) -> WaitProof {
    let positions: Vec<usize> = [Some(place.frame), place.method].into_iter().flatten().collect();
    let evidence = positions.iter().map(|&position| {
        let frame = &stack.frames[position];
        Evidence {
            kind: EvidenceKind::Frame,
            source,
            line: frame.line,
            frame: Some(frame.number().unwrap_or(position as u32)),
            text: sites.get(frame.site).text.to_string(),
        }
    });
    let shown = ShownStack {
        view: None,
        kind: stack.kind,
        dialect: stack.dialect,
        thread: stack.thread.clone(),
        source,
        line: stack.line,
        rows: shown_rows(stack, &positions),
    };
    WaitProof { evidence: evidence.collect(), shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_without_generics() {
        for (name, want) in [
            (
                "N.R`2+Nested`1[[System.__Canon, mscorlib],[System.Nullable`1[[System.Int32]], m]].Touch",
                "N.R`2+Nested`1.Touch",
            ),
            ("N.R`2<TKey_REF, TValue_REF>.GetOrAdd", "N.R`2.GetOrAdd"),
            ("N.Program+<>c__DisplayClass3_0.<Main>b__0", "N.Program+<>c__DisplayClass3_0.<Main>b__0"),
        ] {
            assert_eq!(without_generics(name), want);
        }
    }
}
