//! The state of reading reports: which part of one the lines stand in, and so of what a figure is said.

mod labelled;

use super::draft::{Draft, Finished, Of, Warning, module_of};
use super::figures::{Figure, Measure};
use super::sentences::{self, Sentence};
use super::titles::{self, Title};
use super::{labels, may_begin};
use crate::model::LeakOwnerKind;

/// What a line is to the report being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Understood {
    /// Nothing of a report's own.
    No,
    Figure,
    Title,
    /// Part of a report, but no figure of it.
    Detail,
    /// One cell, whose value or caption may stand on the next line.
    Half,
    /// A line of a call stack sample, which the dialect reads.
    Stack,
}

/// What stands below the last title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Labels,
    Graph(LeakOwnerKind),
    /// Words came between the rows: only what is in cells is believed to be another.
    BrokenGraph(LeakOwnerKind),
    Sample,
    /// The frames of a sample, each cell on its own line.
    FrameCells,
}

/// The state of reading reports, one after the other.
#[derive(Default)]
pub struct LeakReading {
    draft: Option<Draft>,
    warnings: Vec<Warning>,
    finished: Vec<Finished>,
    part: Part,
    /// The module whose details are printed, and the function.
    module: Option<String>,
    function: Option<String>,
    /// The owner that labels speak of; its figures are complete with the leak probability.
    owner: Option<usize>,
    owner_is_complete: bool,
    /// `Dump 1` and `Module Name   GdiPlus`, which may stand above the first figure.
    title: Option<(u32, String)>,
    named_module: Option<(u32, String)>,
    /// `Process Image   C:\\Windows\\System32\\inetsrv\\w3wp.exe` and `Process ID   4312`, which may stand there as well.
    named_image: Option<(u32, String)>,
    named_id: Option<(u32, u64)>,
}

/// Lines between the name of a process and the figures of its report.
const NEAR: u32 = 20;

impl LeakReading {
    pub fn is_open(&self) -> bool {
        self.draft.is_some() || !self.warnings.is_empty()
    }

    /// Reports that are complete.
    pub fn take_finished(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }

    /// What a line is. A report begins only with what nothing else looks like.
    pub fn line(&mut self, text: &str, line: u32) -> Understood {
        let text = text.trim();
        if !self.is_open() && !may_begin(text) && !text.starts_with("Process I") {
            return Understood::No;
        }
        if let Some(title) = titles::of(text) {
            return self.title_line(title, text, line);
        }
        if let Some(sentence) = sentences::of(text) {
            self.sentence(sentence, line);
            return Understood::Figure;
        }
        if let Some((label, value)) = labels::split(text) {
            let understood = self.labelled(label, value, line);
            if understood != Understood::No {
                return understood;
            }
        }
        match self.part {
            Part::Graph(kind) | Part::BrokenGraph(kind) => self.row(kind, text, line),
            Part::FrameCells if titles::is_function(text) => Understood::Half,
            Part::FrameCells if titles::cells(text).is_some_and(|(function, _)| titles::is_function(function)) => {
                Understood::Stack
            }
            _ => match labels::alone(text) {
                Some(label) if self.is_open() || label.begins_report() => Understood::Half,
                _ => Understood::No,
            },
        }
    }

    fn title_line(&mut self, title: Title<'_>, text: &str, line: u32) -> Understood {
        match title {
            Title::Summary => self.close(false),
            Title::Report(dump) => {
                let same = self.draft.as_ref().is_some_and(|draft| draft.dump.as_deref() == Some(dump));
                if !same || self.draft.as_ref().is_some_and(Draft::has_figures) {
                    self.close(false);
                    self.draft = Some(Draft::new(line, Some(dump.to_string()), self.warnings.len()));
                }
            }
            Title::Dump => {
                let open = self.is_open();
                self.close(false);
                self.title = Some((line, text.trim_end_matches(':').to_string()));
                return if open { Understood::Title } else { Understood::No };
            }
            Title::Leaks => {
                if self.draft.as_ref().is_some_and(Draft::has_figures) {
                    self.close(false);
                }
                self.open(line);
                self.leave_details();
            }
            Title::Details => {
                self.open(line);
                self.leave_details();
            }
            Title::Module(module) => {
                self.open(line);
                self.enter_module(module, line);
            }
            Title::Graph(kind) => {
                self.open(line);
                self.part = Part::Graph(kind);
                return Understood::Title;
            }
            // A sample without its report is a stack like others.
            Title::Sample => {
                self.part = Part::Sample;
                return if self.is_open() { Understood::Stack } else { Understood::No };
            }
            Title::Part if self.is_open() => {}
            Title::Part => return Understood::No,
        }
        self.part = Part::Labels;
        Understood::Title
    }

    fn sentence(&mut self, sentence: Sentence<'_>, line: u32) {
        self.part = Part::Labels;
        match sentence {
            Sentence::Module(module, figure) => {
                let figures = vec![(LeakOwnerKind::Module, module.to_string(), line, figure)];
                self.warnings.push(Warning { dump: None, figures });
            }
            Sentence::Function(function, figure) => {
                if self.warnings.is_empty() {
                    self.warnings.push(Warning::default());
                }
                let figure = (LeakOwnerKind::Function, function.to_string(), line, figure);
                self.warnings.last_mut().into_iter().for_each(|warning| warning.figures.push(figure.clone()));
            }
            Sentence::Detected(dump) => {
                if let Some(warning) = self.warnings.last_mut() {
                    warning.dump = Some(dump.to_string());
                }
            }
            Sentence::Takes(function, count, size) => {
                let owner = self.named_owner(LeakOwnerKind::Function, function, line);
                self.state(Of::Owner(owner, Measure::Allocations), line, count);
                self.state(Of::Owner(owner, Measure::Size), line, size);
            }
        }
    }

    fn row(&mut self, kind: LeakOwnerKind, text: &str, line: u32) -> Understood {
        let broken = self.part == Part::BrokenGraph(kind);
        if let Some((caption, measure, figure)) = titles::row(kind, text)
            && (!broken || titles::cells(text).is_some())
        {
            let caption = caption.to_string();
            let owner = self.named_owner(kind, &caption, line);
            self.state(Of::Owner(owner, measure), line, figure);
            self.part = Part::Graph(kind);
            return Understood::Figure;
        }
        if labels::alone(text).is_some() || (!broken && titles::is_caption(kind, text)) {
            return Understood::Half;
        }
        self.part = Part::BrokenGraph(kind);
        Understood::No
    }

    /// The two halves of a line, the label or caption above and the value below.
    pub fn joined(&mut self, text: &str, line: u32) -> Understood {
        let header = text.eq_ignore_ascii_case("Function\tDestination");
        if self.part == Part::FrameCells && !header {
            return match text.split_once('\t') {
                Some((_, target)) if is_target(target) => Understood::Stack,
                _ => Understood::No,
            };
        }
        if header && self.is_open() {
            self.part = Part::FrameCells;
            return Understood::Stack;
        }
        match self.line(text, line) {
            Understood::Half => Understood::No,
            understood => understood,
        }
    }

    /// The end of the text, or of what one prompt printed.
    pub fn finish(&mut self) {
        self.close(true);
        for warning in std::mem::take(&mut self.warnings) {
            // Two warnings of one dump are one report.
            let line = warning.figures.first().map_or(0, |(_, _, line, _)| *line);
            let same = self.draft.as_ref().is_some_and(|draft| draft.dump == warning.dump);
            if !same {
                self.give_out();
                self.draft = Some(Draft::new(line, warning.dump.clone(), 0));
            }
            self.draft
                .iter_mut()
                .for_each(|draft| draft.warn(Warning { dump: None, figures: warning.figures.clone() }));
        }
        self.give_out();
        *self = LeakReading { finished: std::mem::take(&mut self.finished), ..LeakReading::default() };
    }

    /// Ends the report at hand. Warnings that name no dump belong to the report that follows them; at the end all that
    /// are left belong to the last.
    fn close(&mut self, last: bool) {
        self.leave_details();
        let Some(draft) = &mut self.draft else { return };
        if draft.has_figures() {
            let before = draft.warnings_before;
            let mut kept = Vec::new();
            for (at, warning) in std::mem::take(&mut self.warnings).into_iter().enumerate() {
                let own = match (&warning.dump, &draft.dump) {
                    (Some(named), Some(dump)) => dump.ends_with(named.as_str()) || named.ends_with(dump.as_str()),
                    (Some(_), None) => false,
                    (None, _) => last || at < before,
                };
                if own {
                    draft.warn(warning);
                } else {
                    kept.push(warning);
                }
            }
            self.warnings = kept;
        }
        self.give_out();
    }

    fn give_out(&mut self) {
        self.finished.extend(self.draft.take().and_then(Draft::finish));
        self.part = Part::Labels;
        self.title = None;
    }

    fn open(&mut self, line: u32) {
        if self.draft.is_none() {
            let title = self.title.take();
            let mut draft = Draft::new(line, title.map(|(_, title)| title), self.warnings.len());
            let is_near = |above: u32| line.saturating_sub(above) <= NEAR;
            if let Some((_, image)) = self.named_image.take().filter(|(above, _)| is_near(*above)) {
                draft.image(&image);
            }
            if let Some((above, id)) = self.named_id.take().filter(|(above, _)| is_near(*above)) {
                draft.process_id(above, id);
            }
            self.draft = Some(draft);
        }
    }

    fn state(&mut self, of: Of, line: u32, figure: Figure) {
        self.open(line);
        if let Some(draft) = &mut self.draft {
            draft.state(of, line, figure);
        }
    }

    fn named_owner(&mut self, kind: LeakOwnerKind, name: &str, line: u32) -> usize {
        self.open(line);
        // Sizes and heaps are printed for each function, types of handles for each module.
        let (part, module) = match kind {
            LeakOwnerKind::Module | LeakOwnerKind::Function => (None, module_of(kind, name).map(str::to_string)),
            LeakOwnerKind::BlockSize | LeakOwnerKind::Heap => {
                (self.function.as_deref().or(self.module.as_deref()), self.module.clone())
            }
            LeakOwnerKind::MemoryManager | LeakOwnerKind::HandleType => (self.module.as_deref(), self.module.clone()),
        };
        let part = part.unwrap_or_default();
        self.draft.as_mut().map_or(0, |draft| draft.owner(kind, part, module.as_deref(), name, line))
    }

    fn enter_module(&mut self, module: &str, line: u32) {
        self.leave_details();
        self.owner = Some(self.named_owner(LeakOwnerKind::Module, module, line));
        self.module = Some(module.to_string());
    }

    fn leave_details(&mut self) {
        self.part = Part::Labels;
        self.module = None;
        self.function = None;
        self.owner = None;
        self.owner_is_complete = false;
        self.named_module = None;
    }
}

/// What a frame calls: a symbol, which has no offset, or an address where there are no symbols.
fn is_target(text: &str) -> bool {
    titles::is_function(text) && !(text.contains('!') && text.contains('+'))
}
