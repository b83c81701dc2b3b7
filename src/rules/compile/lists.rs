//! Named lists of frames, and noise: one alternative a line; a line `not X` takes frames away.

use super::{Compiler, Origin};
use crate::diagnostic::Code;
use crate::rules::nearest::nearest;
use crate::rules::pattern::{self, Line};
use crate::rules::written::{Block, RuleFile, Spot};
use crate::rules::{Atom, AtomId, ExceptAtom};
use crate::text::Span;

/// More lists than these are not all named where one is missed.
const LISTS_NAMED: usize = 12;

/// The list of frames that are the application's.
pub const APP: &str = "app";

pub struct List {
    pub source: usize,
    pub block: Block,
    pub name: Span,
    pub state: ListState,
}

pub enum ListState {
    Unread,
    BeingRead,
    Read(Vec<AtomId>),
}

impl Compiler {
    pub(super) fn lists(&mut self, written: &[(RuleFile, Origin)]) {
        for (source, (file, _)) in written.iter().enumerate() {
            for (name, block) in &file.lists {
                if let Some(other) = self.lists.get(&name.value) {
                    let is_builtin = matches!(written[other.source].1, Origin::Builtin { .. });
                    self.copies.extend(is_builtin.then_some(self.diagnostics.list.len()));
                    self.mistake(Code::DuplicateId, source, name.span, format!("there are two lists `{}`", name.value));
                    continue;
                }
                let list = List { source, block: block.clone(), name: name.span, state: ListState::Unread };
                self.lists.insert(name.value.clone(), list);
            }
        }
    }

    pub(super) fn noise(&mut self, written: &[(RuleFile, Origin)]) {
        for (source, (file, _)) in written.iter().enumerate() {
            let Some(block) = &file.noise else { continue };
            let atoms = self.alternatives_block(source, block);
            self.rules.noise.extend(atoms);
        }
    }

    /// What settings say of the application is in `@app`, whatever the list itself says.
    pub(super) fn app(&mut self, source: usize, lines: &[Spot<String>]) {
        let Some(written) = lines.first() else { return };
        let mut atoms = self.list(APP).unwrap_or_default();
        let lines = lines.iter().flat_map(|line| app_frames(&line.value).map(|value| Spot { value, span: line.span }));
        let block = Block { span: written.span, lines: lines.collect() };
        atoms.extend(self.alternatives_block(source, &block));
        if let Some(list) = self.lists.get_mut(APP) {
            list.state = ListState::Read(sorted(atoms));
        }
    }

    /// The atoms of a list, or `None` when there is no such list.
    pub(super) fn list(&mut self, name: &str) -> Option<Vec<AtomId>> {
        let list = self.lists.get_mut(name)?;
        let (source, name_span) = (list.source, list.name);
        match std::mem::replace(&mut list.state, ListState::BeingRead) {
            ListState::Read(atoms) => {
                list.state = ListState::Read(atoms.clone());
                Some(atoms)
            }
            ListState::BeingRead => {
                self.mistake(Code::ListCycle, source, name_span, format!("the list `{name}` uses itself"));
                Some(Vec::new())
            }
            ListState::Unread => {
                let block = list.block.clone();
                let atoms = self.alternatives_block(source, &block);
                if let Some(list) = self.lists.get_mut(name) {
                    list.state = ListState::Read(atoms.clone());
                }
                Some(atoms)
            }
        }
    }

    /// A list's block: one alternative (or several with `or`) a line. What `not` lines say is not in the list; where all
    /// lines are such, the list is everything else.
    pub(super) fn alternatives_block(&mut self, source: usize, block: &Block) -> Vec<AtomId> {
        let (mut atoms, mut without) = (Vec::new(), Vec::new());
        for line in &block.lines {
            let text = line.value.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match pattern::parse(text) {
                Ok(Some(Line::Frames { negated, alternatives, min: 1, max: Some(1) })) => {
                    let of_line = self.alternatives(source, line.span, &alternatives);
                    if negated { without.extend(of_line) } else { atoms.extend(of_line) }
                }
                Ok(_) => {
                    let message = "a list holds frames, one a line; gaps, anchors and counts belong into patterns";
                    self.mistake(Code::BadPatternLine, source, line.span, message);
                }
                Err(refused) => {
                    self.diagnostics.add(Code::BadPatternLine, source, line.span, refused.message).help(refused.help);
                }
            }
        }
        if !without.is_empty() {
            if atoms.is_empty() {
                atoms = self.frame(source, block.span, "*");
            }
            let except = ExceptAtom { of: sorted(atoms), without: sorted(without) };
            return vec![self.intern(Atom::Except(except))];
        }
        sorted(atoms)
    }

    pub(super) fn unknown_list(&mut self, source: usize, span: Span, name: &str) {
        let names: Vec<String> = self.lists.keys().map(|name| format!("@{name}")).collect();
        let help = match nearest(name, self.lists.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `@{near}`?"),
            None if names.is_empty() => "define it under `lists:`".to_string(),
            None if names.len() > LISTS_NAMED => {
                "define it under `lists:`; none of the lists there are has a name like it".to_string()
            }
            None => format!("define it under `lists:`; there are {}", names.join(", ")),
        };
        self.diagnostics.add(Code::UnknownList, source, span, format!("there is no list `@{name}`")).help(help);
    }
}

/// A plain name is that of a module or a namespace; whatever has a mark of the language is a frame.
fn app_frames(written: &str) -> impl Iterator<Item = String> {
    let name = written.trim();
    let is_name = !name.is_empty() && !name.contains(['*', '!', '/', '[', '@', '(', '{']);
    let both = [format!("{name}!*"), format!("{name}.*")];
    let frames = if is_name { both.to_vec() } else { vec![name.to_string()] };
    frames.into_iter()
}

fn sorted(mut atoms: Vec<AtomId>) -> Vec<AtomId> {
    atoms.sort();
    atoms.dedup();
    atoms
}
