//! One stack against all rules.

mod one_rule;

use std::num::NonZero;

use super::classes::{ClassId, Classes};
use super::matcher::Stance;
use super::names::{NameId, Names};
use super::sieve::Sieve;
use crate::facts::FrameName;
use crate::model::{CallSites, SiteId, Stack};
use crate::rules::{Pattern, RuleSet, Subject, Suppression};

/// What the rules say of one stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackResult {
    /// A role rule that explains the thread as idle: nothing is reported on it.
    pub role: Option<usize>,
    /// All role rules that hold.
    pub roles: Vec<usize>,
    /// Those of them that are certain.
    pub certain_roles: Vec<usize>,
    /// Role rules that match, and hold where few enough threads are like this one.
    pub roles_of_few: Vec<Hit>,
    pub hits: Vec<Hit>,
    /// Rules that match and ask for a role that the stack does not show; another view of the thread may.
    pub lacking: Vec<Hit>,
    /// It may be another for a stack whose frames have other names, though no pattern tells these frames apart.
    pub by_names: bool,
}

/// A rule that matches a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub rule: usize,
    /// Frames in explicit gaps: the fewer, the tighter the match.
    pub skipped: u32,
    /// Positions of the frames that pattern lines matched.
    pub frames: Vec<usize>,
    /// What the match rests on without having seen it.
    pub doubts: Vec<Doubt>,
    /// Positions of frames whose names the pattern keeps, in the order of its captures. Stacks with other names at these
    /// positions share the hit, so a name is looked up only where one is needed: [`Evaluator::name_kept`].
    pub captures: Vec<Option<usize>>,
    /// Position of the first of these frames.
    pub kept: Option<usize>,
    /// How often frames repeat, and how many of them.
    pub cycle: Option<(usize, usize)>,
    /// The suppression, by index, that settings have for it.
    pub suppressed: Option<usize>,
}

impl Hit {
    /// Whether it is uncertain, and how many frames it skips: the less, the better it shows the pattern.
    pub fn cost(&self) -> (bool, u32) {
        (!self.doubts.is_empty(), self.skipped)
    }
}

/// Why a match is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Position of a hole that the match crosses where it matters.
    Hole(usize),
    /// Position of a frame without symbols, which may be what the pattern excludes.
    Unreadable(usize),
    /// The pattern reaches the bottom, which is not in the text.
    OpenBelow,
    /// Something that would take the match back may be hidden.
    Unless,
    /// The thread's role rests on what was not seen.
    Role,
}

/// What is known of a call site.
#[derive(Clone, Copy, Debug)]
struct SiteAnswers {
    class: ClassId,
    /// Number of its name, counted from 1.
    name: Option<NonZero<u32>>,
}

impl SiteAnswers {
    fn name(self) -> Option<NameId> {
        self.name.map(|name| NameId(name.get() - 1))
    }
}

/// A rule set made ready to be run over stacks.
pub struct Evaluator<'r> {
    pub(super) rules: &'r RuleSet,
    pub(super) sieve: &'r Sieve,
    pub(super) classes: Classes<'r>,
    pub(super) of_frame: Vec<ClassId>,
    /// Names of frames are kept.
    needs_names: bool,
    /// Per rule: whether it compares names.
    compares_names: Vec<bool>,
    /// So often at the least must a name stand on a stack for any rule that looks for recursion.
    fewest_repeats: Option<usize>,
    names: Names,
    /// By call site; small, since it is looked up for every frame. `None` where it was not asked yet.
    of_site: Vec<Option<SiteAnswers>>,
    name_of_frame: Vec<Option<NameId>>,
    /// Some name stands so often on the stack that was classified last.
    has_repeats: bool,
    /// By name, while they are counted; zero before and after.
    repeats: Vec<u32>,
}

impl<'r> Evaluator<'r> {
    pub fn new(rules: &'r RuleSet, sieve: &'r Sieve) -> Self {
        let by_names = |suppression: &Suppression| suppression.pattern.as_ref().is_some_and(Pattern::compares_names);
        let suppressed_by_names = rules.suppressions.iter().any(by_names);
        let repeats = rules.rules.iter().filter_map(|rule| rule.cycle.as_ref().map(|cycle| cycle.repeats as usize));
        Evaluator {
            rules,
            sieve,
            classes: Classes::new(rules, sieve),
            of_frame: Vec::new(),
            needs_names: rules.needs_names(),
            compares_names: rules.rules.iter().map(|rule| rule.compares_names() || suppressed_by_names).collect(),
            fewest_repeats: repeats.min(),
            names: Names::default(),
            of_site: Vec::new(),
            name_of_frame: Vec::new(),
            has_repeats: false,
            repeats: Vec::new(),
        }
    }

    /// Keeps the names of frames, whether rules compare them or not.
    pub fn with_names(mut self) -> Self {
        self.needs_names = true;
        self
    }

    /// Call site numbers have become void.
    pub fn forget_sites(&mut self) {
        self.of_site.clear();
    }

    pub fn evaluate(&mut self, stack: &Stack, sites: &CallSites) -> StackResult {
        self.classify(stack, sites);
        self.evaluate_classified(stack)
    }

    /// Looks up the class of every frame, and the name where rules use it.
    pub fn classify(&mut self, stack: &Stack, sites: &CallSites) {
        self.of_frame.clear();
        self.name_of_frame.clear();
        if self.of_site.len() < sites.len() {
            self.of_site.resize(sites.len(), None);
        }
        for frame in &stack.frames {
            let answers = match self.of_site[frame.site.0 as usize] {
                Some(known) => known,
                None => self.ask(frame.site, sites),
            };
            self.of_frame.push(answers.class);
            if self.needs_names {
                self.name_of_frame.push(answers.name());
            }
        }
        let fewest = self.fewest_repeats.filter(|&fewest| fewest <= stack.frames.len());
        self.has_repeats = fewest.is_some_and(|fewest| self.repeats_so_often(fewest));
    }

    /// Asks a call site that was not seen before.
    #[cold]
    fn ask(&mut self, id: SiteId, sites: &CallSites) -> SiteAnswers {
        let site = sites.get(id);
        let answers = if site.is_unreadable() {
            SiteAnswers { class: self.classes.of_unreadable(&site), name: None }
        } else {
            let name = FrameName::of(&site, &self.rules.aliases);
            let class = self.classes.of_name(&name);
            let name = if self.needs_names { self.names.of(&site, &name) } else { None };
            SiteAnswers { class, name: name.and_then(|name| NonZero::new(name.0 + 1)) }
        };
        self.of_site[id.0 as usize] = Some(answers);
        answers
    }

    fn repeats_so_often(&mut self, fewest: usize) -> bool {
        self.repeats.resize(self.names.len(), 0);
        let mut most = 0;
        for name in self.name_of_frame.iter().flatten() {
            let count = &mut self.repeats[name.0 as usize];
            *count += 1;
            most = most.max(*count);
        }
        // Only what was counted: there are many more names than frames.
        self.name_of_frame.iter().flatten().for_each(|name| self.repeats[name.0 as usize] = 0);
        most as usize >= fewest
    }

    /// Adds all that rules can tell of the stack that was classified last if they compare no names: the classes of its
    /// frames, which of those that a pattern may keep have no name, its holes, and whether the bottom is missing.
    pub(super) fn write_key(&self, stack: &Stack, key: &mut Vec<u32>) {
        key.push(u32::from(self.has_repeats) | (Subject::of(stack.kind) as u32) << 1);
        key.extend(self.of_frame.iter().map(|class| class.0));
        for (frame, name) in self.name_of_frame.iter().enumerate() {
            if name.is_none() && self.classes.get(self.of_frame[frame]).is_kept {
                key.extend([u32::MAX - 3, frame as u32]);
            }
        }
        for hole in &stack.holes {
            key.extend([u32::MAX, hole.before as u32, hole.missing.unwrap_or(u32::MAX)]);
        }
        if stack.cut_off {
            key.push(u32::MAX - 1);
        }
    }

    /// Adds the names that rules can tell apart.
    pub(super) fn write_names(&self, key: &mut Vec<u32>) {
        let is_compared = |class: &ClassId| self.has_repeats || self.classes.get(*class).is_kept;
        for (class, name) in self.of_frame.iter().zip(&self.name_of_frame) {
            key.push(name.filter(|_| is_compared(class)).map_or(u32::MAX, |name| name.0));
        }
        // No other key ends like this.
        key.push(u32::MAX - 2);
    }

    /// The names of the frames of the stack that was classified last; none where no rule compares names.
    pub(super) fn names_of_frames(&self) -> &[Option<NameId>] {
        &self.name_of_frame
    }

    /// The name of its first frame that is the application's.
    pub(super) fn application<'s>(&'s self, stack: &Stack, sites: &'s CallSites) -> Option<&'s str> {
        let position = self.of_frame.iter().position(|&class| self.classes.get(class).is_application)?;
        match self.name_of_frame.get(position) {
            Some(name) => name.map(|name| self.names.shown(name)),
            None => sites.get(stack.frames.get(position)?.site).function(),
        }
    }

    /// The name of a frame of the stack that was classified last.
    pub(super) fn name_of(&self, frame: usize) -> Option<(NameId, &str)> {
        let name = self.name_of_frame.get(frame).copied().flatten()?;
        Some((name, self.names.shown(name)))
    }

    /// Whether a frame of it is noise.
    pub(super) fn is_noise(&self, frame: usize) -> bool {
        self.classes.get(self.of_frame[frame]).is_noise
    }

    /// Evaluates the stack that was classified last.
    pub fn evaluate_classified(&self, stack: &Stack) -> StackResult {
        let candidates = self.sieve.candidates(&self.of_frame, &self.classes);
        let mut result = StackResult::default();
        let mut held = Vec::new();
        // Roles first: rules may ask for them.
        let asked = candidates.into_iter().filter(|&rule| self.rules.rules[rule].is_asked_of(stack));
        let (roles, findings): (Vec<usize>, Vec<usize>) =
            asked.partition(|&rule| self.rules.rules[rule].role.is_some());
        result.by_names = self.depend_on_names(&roles);
        let (of_few, roles) = self.role_hits(roles, stack).into_iter().partition(|hit| self.is_for_few(hit));
        result.roles_of_few = of_few;
        for hit in &roles {
            let hit: &Hit = hit;
            held.push(hit.rule);
            result.roles.push(hit.rule);
            if hit.doubts.is_empty() {
                result.certain_roles.push(hit.rule);
            }
            if self.rules.rules[hit.rule].is_idle() {
                result.role = result.role.or(Some(hit.rule));
            }
        }
        if result.role.is_some() {
            return result;
        }
        result.by_names |= self.depend_on_names(&findings);
        for rule in findings {
            let Some(hit) = self.hit(rule, stack, &roles) else {
                result.lacking.extend(self.hit_lacking_role(rule, stack, &roles));
                continue;
            };
            result.hits.push(hit);
        }
        for hit in result.hits.iter_mut().chain(&mut result.lacking) {
            hit.suppressed = self.suppression(hit.rule, stack);
        }
        // A rule of which the case decides takes no other rule's place yet.
        let is_decided = |hit: &&Hit| hit.suppressed.is_some() || !self.rules.rules[hit.rule].is_decided_in_case();
        held.extend(result.hits.iter().filter(is_decided).map(|hit| hit.rule));
        let yields =
            |rule: usize, held: &[usize]| self.rules.rules[rule].yields_to.iter().any(|other| held.contains(other));
        // Where it gives way itself, what yields to it does too.
        while let Some(hit) = result.hits.iter().find(|hit| !held.contains(&hit.rule) && yields(hit.rule, &held)) {
            held.push(hit.rule);
        }
        result.hits.retain(|hit| !yields(hit.rule, &held));
        result.lacking.retain(|hit| !yields(hit.rule, &held));
        result
    }

    /// The first suppression that a rule has on this stack. What is not certain suppresses nothing.
    fn suppression(&self, rule: usize, stack: &Stack) -> Option<usize> {
        let suppressions = self.rules.suppressions.iter().zip(&self.sieve.naming.suppressions);
        suppressions.into_iter().position(|(suppression, naming)| {
            let on_stack = |pattern: &Pattern| {
                let tape = self.tape(pattern, naming, stack);
                self.best(pattern, &tape, Stance::Proof).is_some_and(|found| !found.uncertain)
            };
            suppression.rules.contains(&rule) && suppression.pattern.as_ref().is_none_or(on_stack)
        })
    }

    /// The role rules that hold on the stack that was classified last.
    pub(super) fn roles(&self, stack: &Stack) -> Vec<Hit> {
        self.role_hits(self.role_candidates(), stack).into_iter().filter(|hit| !self.is_for_few(hit)).collect()
    }

    /// Evaluates only the role rules.
    pub(super) fn evaluate_roles(&self, stack: &Stack) -> StackResult {
        let by_names = self.depend_on_names(&self.role_candidates());
        let roles = self.roles(stack).iter().map(|hit| hit.rule).collect();
        StackResult { roles, by_names, ..StackResult::default() }
    }

    fn role_candidates(&self) -> Vec<usize> {
        let candidates = self.sieve.candidates(&self.of_frame, &self.classes);
        candidates.into_iter().filter(|&rule| self.rules.rules[rule].role.is_some()).collect()
    }

    /// Whether what these rules say of a stack can follow from the names of its frames.
    fn depend_on_names(&self, rules: &[usize]) -> bool {
        let may =
            |&rule: &usize| self.compares_names[rule] || (self.has_repeats && self.rules.rules[rule].cycle.is_some());
        rules.iter().any(may)
    }

    fn role_hits(&self, rules: Vec<usize>, stack: &Stack) -> Vec<Hit> {
        rules.into_iter().filter_map(|rule| self.hit(rule, stack, &[])).collect()
    }

    /// A role that only few threads can have: whether they are few is known when all threads are.
    fn is_for_few(&self, hit: &Hit) -> bool {
        self.rules.rules[hit.rule].threads.is_some()
    }
}
