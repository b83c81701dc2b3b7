//! One stack against all rules.

use std::num::NonZero;

use super::bits::FewBits;
use super::captures::best_captured_match;
use super::classes::{ClassId, Classes};
use super::cycle;
use super::matcher::{Match, Stance, best_match};
use super::names::{NameId, Names};
use super::sieve::Sieve;
use super::tape::{Item, Tape};
use crate::facts::FrameName;
use crate::model::{CallSites, SiteId, Stack};
use crate::rules::{CycleCondition, Pattern, Rule, RuleSet, Step, Suppression, TestId, Truth};

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
        key.push(u32::from(self.has_repeats));
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
        let (roles, findings): (Vec<usize>, Vec<usize>) =
            candidates.into_iter().partition(|&rule| self.rules.rules[rule].role.is_some());
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

    /// The rule on this stack, whose thread has the roles of these hits.
    pub(super) fn hit(&self, index: usize, stack: &Stack, roles: &[Hit]) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        if !rule.asks_of_stacks() {
            return None;
        }
        let by_role = role_doubts(self.rules, rule, roles)?;
        self.hit_by_pattern(index, stack, by_role)
    }

    /// The rule on this stack, which lacks a role that the rule asks for, and has none that it excludes.
    fn hit_lacking_role(&self, index: usize, stack: &Stack, roles: &[Hit]) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        let is_lacking = rule.on.iter().any(|name| surest(self.rules, name, roles).is_none());
        let is_excluded = rule.unless_roles.iter().any(|name| surest(self.rules, name, roles) == Some(true));
        if !is_lacking || is_excluded || !rule.asks_of_stacks() {
            return None;
        }
        self.hit_by_pattern(index, stack, None)
    }

    fn hit_by_pattern(&self, index: usize, stack: &Stack, by_role: Option<Doubt>) -> Option<Hit> {
        let rule = &self.rules.rules[index];
        let (naming, unless_naming) = &self.sieve.naming.rules[index];
        let tape = self.tape(&rule.pattern, naming, stack);
        let found = self.best(&rule.pattern, &tape, Stance::Proof)?;
        let mut doubts = if found.uncertain { self.doubts(&rule.pattern, &tape, &found) } else { Vec::new() };
        doubts.extend(by_role);
        for (pattern, naming) in rule.unless.iter().zip(unless_naming) {
            let tape = self.tape(pattern, naming, stack);
            match self.best(pattern, &tape, Stance::Possibility) {
                Some(veto) if !veto.uncertain => return None,
                Some(_) if !doubts.contains(&Doubt::Unless) => doubts.push(Doubt::Unless),
                _ => {}
            }
        }
        let mut frames = matched_frames(&rule.pattern, &tape, &found);
        let mut captures = self.captured(&rule.pattern, &tape, &found);
        let mut cycle = None;
        if let Some(condition) = &rule.cycle {
            cycle = Some(self.add_cycle(condition, &tape, &mut frames, &mut captures)?);
        }
        let kept = first_kept(&rule.pattern, &tape, &found);
        Some(Hit { rule: index, skipped: found.skipped, frames, doubts, captures, kept, cycle, suppressed: None })
    }

    /// Adds the first round of the frames that repeat; returns how often they do and how many they are.
    fn add_cycle(
        &self,
        condition: &CycleCondition,
        tape: &Tape,
        frames: &mut Vec<usize>,
        captures: &mut [Option<usize>],
    ) -> Option<(usize, usize)> {
        let truth = self.truth();
        let wanted = |item: &Item| match (condition.contains, item) {
            (Some((test, _)), Item::Frame(frame)) => truth(test, *frame) == Truth::Yes,
            (None, _) => true,
            _ => false,
        };
        if !self.has_repeats {
            return None;
        }
        let (repeats, period) = (condition.repeats as usize, condition.period as usize);
        let name = |frame: usize| self.name_of_frame[frame];
        let found = cycle::find(tape, name, repeats, period, |round| round.iter().any(wanted))?;
        let round = &tape.items[found.start..found.start + found.period];
        for item in round {
            if let Item::Frame(frame) = item {
                frames.push(*frame);
            }
        }
        frames.sort_unstable();
        frames.dedup();
        if let Some((_, Some(capture))) = condition.contains
            && let Some(Item::Frame(frame)) = round.iter().find(|item| wanted(item))
        {
            captures[capture] = Some(*frame).filter(|&frame| self.name_of_frame[frame].is_some());
        }
        Some((found.repeats, found.period))
    }

    /// The best match of a pattern, by names that it keeps where it keeps some.
    pub(super) fn best(&self, pattern: &Pattern, tape: &Tape, stance: Stance) -> Option<Match> {
        if pattern.captures.is_empty() {
            return best_match(pattern, tape, stance, self.truth());
        }
        best_captured_match(pattern, tape, stance, self.rules, self.truth(), |frame| self.name_of_frame[frame])
    }

    /// Where the names stand that the pattern keeps.
    fn captured(&self, pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<Option<usize>> {
        let mut positions = vec![None; pattern.captures.len()];
        for (step, bounds) in pattern.steps.iter().zip(found.bounds.windows(2)) {
            let Some(capture) = step.capture.filter(|&capture| positions[capture].is_none()) else { continue };
            for item in &tape.items[bounds[0]..bounds[1]] {
                if let Item::Frame(frame) = item
                    && self.name_of_frame[*frame].is_some()
                {
                    positions[capture] = Some(*frame);
                }
            }
        }
        positions
    }

    /// The name that a hit on the stack that was classified last keeps for a capture; empty where no frame has it.
    pub fn name_kept(&self, hit: &Hit, capture: usize) -> Option<&str> {
        let frame = *hit.captures.get(capture)?;
        Some(frame.and_then(|frame| self.name_of(frame)).map_or("", |(_, shown)| shown))
    }

    /// The name that the rule of a hit groups threads by.
    pub(super) fn group_of(&self, hit: &Hit) -> Option<&str> {
        self.name_kept(hit, self.rules.rules[hit.rule].threads.as_ref()?.same?)
    }

    pub(super) fn tape(&self, pattern: &Pattern, naming: &FewBits, stack: &Stack) -> Tape {
        Tape::new(stack, pattern, |frame| {
            let class = self.classes.get(self.of_frame[frame]);
            class.is_noise && !pattern.strict && !class.says_yes_to_any(naming)
        })
    }

    pub(super) fn truth(&self) -> impl Fn(TestId, usize) -> Truth {
        |test, frame| self.classes.get(self.of_frame[frame]).truth(test)
    }

    fn doubts(&self, pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        let truth = self.truth();
        for (index, (step, bounds)) in pattern.steps.iter().zip(found.bounds.windows(2)).enumerate() {
            let mut run = &tape.items[bounds[0]..bounds[1]];
            if index == 0 && !pattern.from_top {
                run = without_hole_above(run, step);
            }
            for item in run {
                match item {
                    Item::Hole(hole) if !step.is_free && !doubts.contains(&Doubt::Hole(*hole)) => {
                        doubts.push(Doubt::Hole(*hole));
                    }
                    Item::Frame(frame) if truth(step.test, *frame) == Truth::Unknown => {
                        doubts.push(Doubt::Unreadable(*frame));
                    }
                    _ => {}
                }
            }
        }
        if pattern.to_bottom {
            let rest = &tape.items[found.bounds[found.bounds.len() - 1]..];
            doubts.extend(rest.iter().filter_map(|item| match item {
                Item::Hole(hole) => Some(Doubt::Hole(*hole)),
                Item::Frame(_) => None,
            }));
            if tape.open_below {
                doubts.push(Doubt::OpenBelow);
            }
        }
        doubts
    }
}

/// Whether the thread has a role; if so, whether the surest of the rules for it is certain.
fn surest(rules: &RuleSet, name: &str, roles: &[Hit]) -> Option<bool> {
    let of_name = roles.iter().filter(|hit| rules.rules[hit.rule].role.as_deref() == Some(name));
    of_name.map(|hit| hit.doubts.is_empty()).max()
}

/// Whether a thread with these roles is one that the rule looks at; if so, the doubt that a role casts.
pub fn role_doubts(rules: &RuleSet, rule: &Rule, roles: &[Hit]) -> Option<Option<Doubt>> {
    let held = |name: &str| surest(rules, name, roles);
    let mut doubtful = false;
    for name in &rule.on {
        doubtful |= !held(name)?;
    }
    for name in &rule.unless_roles {
        match held(name) {
            Some(true) => return None,
            Some(false) => doubtful = true,
            None => {}
        }
    }
    Some(doubtful.then_some(Doubt::Role))
}

/// The run of the first step: what is missing above its first frame casts no doubt on it.
fn without_hole_above<'t>(run: &'t [Item], step: &Step) -> &'t [Item] {
    let frames = run.iter().filter(|item| matches!(item, Item::Frame(_))).count();
    let first = run.iter().position(|item| matches!(item, Item::Frame(_)));
    match first {
        Some(first) if frames >= step.min as usize => &run[first..],
        _ => run,
    }
}

/// Position of the first frame whose name the pattern keeps.
fn first_kept(pattern: &Pattern, tape: &Tape, found: &Match) -> Option<usize> {
    let kept = pattern.steps.iter().zip(found.bounds.windows(2)).filter(|(step, _)| step.capture.is_some());
    let items = kept.flat_map(|(_, bounds)| &tape.items[bounds[0]..bounds[1]]);
    let frames = items.filter_map(|item| if let Item::Frame(frame) = item { Some(*frame) } else { None });
    frames.min()
}

fn matched_frames(pattern: &Pattern, tape: &Tape, found: &Match) -> Vec<usize> {
    let mut frames = Vec::new();
    for (step, bounds) in pattern.steps.iter().zip(found.bounds.windows(2)) {
        if !step.is_gap {
            frames.extend(tape.items[bounds[0]..bounds[1]].iter().filter_map(|item| match item {
                Item::Frame(frame) => Some(*frame),
                Item::Hole(_) => None,
            }));
        }
    }
    frames
}
