//! What a rule asks besides its pattern, and the names that the pattern keeps for it.

use super::Compiler;
use super::patterns::capture_number;
use crate::diagnostic::Code;
use crate::rules::ladder::{COUNTER_FIGURES, LEAK_FIGURES, TABLE_FIGURES};
use crate::rules::nearest::nearest;
use crate::rules::pattern::{self, Line};
use crate::rules::rule_set::{Pattern, Test};
use crate::rules::written::{WrittenCycle, WrittenQuestion, WrittenRule, WrittenThreads};
use crate::rules::{CYCLE_FIGURES, CycleCondition, EXCEPTION_FIGURES, STUCK_FIGURES, ThreadsCondition};
use crate::text::Span;

impl Compiler {
    pub(super) fn threads(&mut self, source: usize, written: &WrittenThreads, pattern: &Pattern) -> ThreadsCondition {
        let same = written.same.as_ref().map(|name| {
            let known = pattern.captures.iter().position(|capture| *capture == name.value);
            if known.is_none() {
                let text = format!("the pattern has no capture `{}`", name.value);
                let mistake = self.diagnostics.add(Code::UnknownCapture, source, name.span, text);
                mistake.help(format!("write `{{{{{}}}}}` on a line of the pattern to keep a frame's name", name.value));
            }
            known.unwrap_or_default()
        });
        ThreadsCondition { at_least: written.at_least, at_most: written.at_most, share: written.share, same }
    }

    pub(super) fn cycle(
        &mut self,
        source: usize,
        written: &WrittenCycle,
        captures: &mut Vec<String>,
    ) -> CycleCondition {
        let mut contains = None;
        if let Some(line) = &written.contains {
            match pattern::parse(&line.value) {
                Ok(Some(Line::Capture { name, alternatives })) => {
                    let atoms = self.alternatives(source, line.span, &alternatives);
                    let capture = capture_number(captures, &name);
                    contains = Some((self.test(Test { atoms, negated: false, capture: None }), Some(capture)));
                }
                Ok(Some(Line::Frames { negated: false, alternatives, min: 1, max: Some(1) })) => {
                    let atoms = self.alternatives(source, line.span, &alternatives);
                    contains = Some((self.test(Test { atoms, negated: false, capture: None }), None));
                }
                Err(refused) => {
                    self.diagnostics.add(Code::BadPatternLine, source, line.span, refused.message).help(refused.help);
                }
                Ok(_) => {
                    let message = "`contains` takes one frame, as in `MyApp!*` or `{{f=MyApp!*}}`";
                    self.mistake(Code::BadPatternLine, source, line.span, message);
                }
            }
        }
        CycleCondition { repeats: written.repeats, period: written.period, contains }
    }

    /// `{{name}}` in a message stands for the frame that the pattern keeps under this name.
    pub(super) fn refuse_unknown_captures(&mut self, source: usize, written: &WrittenRule, pattern: &Pattern) {
        let Some(message) = &written.message else { return };
        for part in message.value.split("{{").skip(1) {
            let name = part.split("}}").next().unwrap_or(part).trim();
            let figures = super::locks::figures(written);
            if figures.contains(&name) {
                continue;
            }
            if !figures.is_empty() && pattern.captures.is_empty() {
                let text = format!("there is no figure `{name}`");
                let help = match nearest(name, figures.iter().copied()) {
                    Some(near) => format!("did you mean `{{{{{near}}}}}`?"),
                    None => format!("the figures are: {}", figures.join(", ")),
                };
                self.diagnostics.add(Code::UnknownCapture, source, message.span, text).help(help);
                continue;
            }
            if !written.ladder.rungs.is_empty() {
                self.refuse_unknown_figure(source, written, name, message.span);
            } else if written.cycle.is_some() && CYCLE_FIGURES.contains(&name)
                || written.stuck.is_some() && STUCK_FIGURES.contains(&name)
                || written.exception.is_some() && EXCEPTION_FIGURES.contains(&name)
            {
                continue;
            } else if !pattern.captures.iter().any(|capture| capture == name) {
                let text = format!("the pattern has no capture `{name}`");
                let mistake = self.diagnostics.add(Code::UnknownCapture, source, message.span, text);
                mistake.help(format!("write `{{{{{name}}}}}` on a line of the pattern to keep a frame's name"));
            }
        }
    }

    /// `{{owner.share}}`: a figure of a part of the evidence.
    fn refuse_unknown_figure(&mut self, source: usize, written: &WrittenRule, name: &str, span: Span) {
        let (rung, figure) = name.split_once('.').unwrap_or((name, ""));
        let found = written.ladder.rungs.iter().find(|known| known.name.value == rung);
        let figures: &[&str] = match found.map(|rung| &rung.question) {
            Some(WrittenQuestion::Leak(_)) => LEAK_FIGURES,
            Some(WrittenQuestion::Counter(_)) => COUNTER_FIGURES,
            Some(WrittenQuestion::Table(_)) => TABLE_FIGURES,
            _ => &[],
        };
        if figures.contains(&figure) {
            return;
        }
        let known =
            if figures.is_empty() { "a part of the evidence, as in `owner.share`" } else { &figures.join(", ") };
        let text = format!("there is no figure `{name}`");
        let rungs = written.ladder.rungs.iter().map(|rung| rung.name.value.as_str());
        let near =
            nearest(rung, rungs).filter(|_| found.is_none()).map(|near| format!("did you mean `{near}.{figure}`?"));
        let near = near
            .or_else(|| nearest(figure, figures.iter().copied()).map(|near| format!("did you mean `{rung}.{near}`?")));
        let help = near.unwrap_or_else(|| format!("the figures are: {known}"));
        self.diagnostics.add(Code::UnknownCapture, source, span, text).help(help);
    }
}
