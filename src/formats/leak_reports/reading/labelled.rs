//! Labels with their values: what each says, by the part of the report it stands in.

use super::super::draft::{Of, Total};
use super::super::figures::{self, Figure, Measure};
use super::super::labels::Label;
use super::super::titles;
use super::{LeakReading, Part, Understood};
use crate::model::LeakOwnerKind;

impl LeakReading {
    pub(super) fn labelled(&mut self, label: Label, value: &str, line: u32) -> Understood {
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
            Label::ProcessId => match value.parse() {
                Ok(id) => self.process_id(id, line),
                Err(_) => Understood::No,
            },
            Label::ProcessImage => self.process_image(value, line),
            Label::Sample if in_sample => Understood::Stack,
            Label::Sample => Understood::No,
            Label::Other if self.draft.is_some() => Understood::Detail,
            Label::Other => Understood::No,
        }
    }

    /// The process of the report at hand, or of one that begins below: the process comes before the figures.
    fn process_id(&mut self, id: u64, line: u32) -> Understood {
        match &mut self.draft {
            Some(draft) if !draft.has_figures() || draft.has_process_id(id) => {
                draft.process_id(line, id);
                Understood::Figure
            }
            Some(_) => {
                self.close(false);
                self.named_id = Some((line, id));
                Understood::Detail
            }
            None => {
                self.named_id = Some((line, id));
                Understood::No
            }
        }
    }

    fn process_image(&mut self, image: &str, line: u32) -> Understood {
        match &mut self.draft {
            Some(draft) if !draft.has_figures() || draft.has_image(image) => {
                draft.image(image);
                Understood::Figure
            }
            Some(_) => {
                self.close(false);
                self.named_image = Some((line, image.to_string()));
                Understood::Detail
            }
            None => {
                self.named_image = Some((line, image.to_string()));
                Understood::No
            }
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
}

fn whole_size(value: &str) -> Option<Figure> {
    figures::size(value).filter(|(_, rest)| rest.is_empty() || rest.starts_with('(')).map(|(figure, _)| figure)
}
