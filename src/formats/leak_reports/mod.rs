//! Leak reports of DebugDiag's memory analysis, made from what LeakTrack.dll recorded in the process.
//!
//! ```text
//! Report for w3wp__LabelForms__PID__4312__Date__03_11_2016__Time_10_15_41AM__417__Manual Dump.dmp
//! Outstanding allocation summary
//! Number of allocations   13,155 allocations
//! Top 9 modules by allocation size
//! GdiPlus   1.17 GBytes
//! Module Name   GdiPlus
//! Allocation Count   1370 allocation(s)
//! Function   GdiPlus!GpMemoryBitmap::AllocBitmapData+c2
//! Call stack sample 1
//! ```
//!
//! A line is a title, a sentence, a label with its value, or the row of a graph. [`LeakReading`] knows in which part of
//! the report it stands, and so of what a figure is said. Call stack samples are a dialect of stacks, `leaktrack`.
//!
//! | file | what it reads |
//! |---|---|
//! | `titles` | the parts of a report; graphs and their rows |
//! | `labels` | what the values of a table are called |
//! | `sentences` | warnings, and sentences on one function |
//! | `figures` | sizes, counts, durations, in the separators of any language |
//! | `identity` | the process, by the name of its dump |
//! | `draft` | all statements of one report, put together |

mod draft;
mod figures;
mod identity;
mod labels;
mod sentences;
mod titles;

use draft::{Draft, Of, Total, Warning, module_of};
use figures::{Figure, Measure};
use labels::Label;
use sentences::Sentence;
use titles::Title;

pub use draft::Finished;

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
}

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
        if !self.is_open() && !may_begin(text) {
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

    fn labelled(&mut self, label: Label, value: &str, line: u32) -> Understood {
        let in_sample = matches!(self.part, Part::Sample | Part::FrameCells);
        let counted = figures::count(value).filter(|(.., rest)| rest.is_empty() || rest.starts_with('('));
        match label {
            Label::Allocations => match counted {
                Some((Measure::Allocations, figure, _)) => self.first_total(figure, line),
                _ => Understood::No,
            },
            Label::Handles => match counted {
                Some((Measure::Handles, figure, _)) => self.total(Total::Handles, figure, line),
                _ => Understood::No,
            },
            Label::Size => match whole_size(value) {
                Some(figure) => self.total(Total::Size, figure, line),
                None => Understood::No,
            },
            Label::Tracking => match figures::duration(value) {
                Some(figure) if self.is_open() => self.total(Total::Tracking, figure, line),
                _ => Understood::No,
            },
            Label::Module => self.module_named(value, line),
            Label::AllocationCount | Label::HandleCount => {
                let want = if label == Label::HandleCount { Measure::Handles } else { Measure::Allocations };
                match counted {
                    Some((measure, figure, _)) if measure == want => self.of_owner(measure, figure, line),
                    Some(_) => Understood::No,
                    None if self.is_open() => match figures::bare_count(value) {
                        Some(figure) => self.of_owner(want, figure, line),
                        None => Understood::No,
                    },
                    None => Understood::No,
                }
            }
            Label::AllocationSize if in_sample => Understood::Stack,
            Label::AllocationSize => match whole_size(value) {
                Some(figure) if self.is_open() => self.of_owner(Measure::Size, figure, line),
                _ => Understood::No,
            },
            Label::Probability => match figures::percentage(value) {
                Some(figure) if self.is_open() => {
                    let understood = self.of_owner(Measure::Probability, figure, line);
                    self.owner_is_complete = true;
                    understood
                }
                _ => Understood::No,
            },
            Label::Function => self.function(value, line),
            Label::AllocationType => {
                let what = value.strip_suffix(" allocation(s)").or_else(|| value.strip_suffix(" handle(s)"));
                let (Some(what), Some(owner), Some(draft)) = (what, self.owner, &mut self.draft) else {
                    return Understood::No;
                };
                draft.allocated(owner, what);
                Understood::Figure
            }
            Label::ProcessId => match (&mut self.draft, value.parse()) {
                (Some(draft), Ok(id)) => {
                    draft.process_id(line, id);
                    Understood::Figure
                }
                _ => Understood::No,
            },
            Label::ProcessImage => match &mut self.draft {
                Some(draft) => {
                    draft.image(value);
                    Understood::Figure
                }
                None => Understood::No,
            },
            Label::Sample if in_sample => Understood::Stack,
            Label::Sample => Understood::No,
            Label::Other if self.draft.is_some() => Understood::Detail,
            Label::Other => Understood::No,
        }
    }

    /// The first of the totals: where there is another one already, another report begins.
    fn first_total(&mut self, figure: Figure, line: u32) -> Understood {
        if self.draft.as_ref().is_some_and(|draft| draft.begins_again(Total::Allocations, &figure)) {
            self.close(false);
        }
        self.leave_details();
        self.total(Total::Allocations, figure, line)
    }

    fn total(&mut self, total: Total, figure: Figure, line: u32) -> Understood {
        self.state(Of::Total(total), line, figure);
        self.part = Part::Labels;
        Understood::Figure
    }

    fn module_named(&mut self, module: &str, line: u32) -> Understood {
        if !titles::is_module(module) {
            return Understood::No;
        }
        if !self.is_open() {
            self.named_module = Some((line, module.to_string()));
            return Understood::No;
        }
        self.enter_module(module, line);
        Understood::Figure
    }

    /// `Function   svc!f+1e` of a block; in the header of a sample's frames another header stands there.
    fn function(&mut self, value: &str, line: u32) -> Understood {
        if !self.is_open() {
            return Understood::No;
        }
        if value == "Destination" || value.starts_with("Source") {
            return Understood::Stack;
        }
        if !titles::is_function(value) {
            return Understood::No;
        }
        self.owner = Some(self.named_owner(LeakOwnerKind::Function, value, line));
        self.owner_is_complete = false;
        self.function = Some(value.to_string());
        self.part = Part::Labels;
        Understood::Figure
    }

    fn of_owner(&mut self, measure: Measure, figure: Figure, line: u32) -> Understood {
        if let Some((at, module)) = self.named_module.take() {
            self.open(at);
            self.enter_module(&module, at);
        }
        // What follows the probability belongs to a sample whose title is lost; without an owner nobody's figure it is.
        match self.owner.filter(|_| !self.owner_is_complete) {
            Some(owner) => {
                self.state(Of::Owner(owner, measure), line, figure);
                self.part = Part::Labels;
                Understood::Figure
            }
            None => Understood::No,
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
            self.draft = Some(Draft::new(line, title.map(|(_, title)| title), self.warnings.len()));
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

/// Whether a line is surely part of a report.
pub fn is_known(text: &str) -> bool {
    let text = text.trim();
    // Without its first quotation mark, a string in program code ends in one of these.
    if !may_begin(text) || text.ends_with(['"', ',', '\\']) {
        return false;
    }
    let total = |(label, value): (Label, &str)| label.begins_report() && figures::count(value).is_some();
    let part = matches!(titles::of(text), Some(Title::Report(_) | Title::Leaks | Title::Graph(_) | Title::Module(_)));
    part || sentences::of(text).is_some() || labels::split(text).is_some_and(total)
}

/// Asked of any line that nothing else knows: whether it is worth a closer look.
fn may_begin(text: &str) -> bool {
    const STARTS: [&str; 12] = [
        "Number of ",
        "Total ",
        "Top ",
        "Leak",
        "Outstanding allocation summary",
        "Detailed module report",
        "Module ",
        "Report for ",
        "Dump ",
        "Memory manager statistics",
        "Handle ",
        "Allocation ",
    ];
    let first = text.as_bytes().first().copied().unwrap_or_default();
    (b"NTLODMRHA".contains(&first) && STARTS.iter().any(|start| text.starts_with(start)))
        || text.contains("outstanding allocations")
        || text.contains(" takes ")
}

fn whole_size(value: &str) -> Option<Figure> {
    figures::size(value).filter(|(_, rest)| rest.is_empty() || rest.starts_with('(')).map(|(figure, _)| figure)
}

/// What a frame calls: a symbol, which has no offset, or an address where there are no symbols.
fn is_target(text: &str) -> bool {
    titles::is_function(text) && !(text.contains('!') && text.contains('+'))
}

#[cfg(test)]
mod tests;
