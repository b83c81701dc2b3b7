//! A hit made into a finding: evidence with lines, the stack as it is shown, and why the confidence is lower.

use super::evaluate::{Doubt, Evaluator, Hit};
use super::exceptions::{Exception, without_unknown_site};
use super::names::shown_name;
use crate::facts::{FrameName, Generics};
use crate::finding::{Confidence, Evidence, EvidenceKind, Finding, ShownRow, ShownStack, Verdict};
use crate::model::{CallSites, Hole, Stack, StackKind};
use crate::rules::RuleSet;

/// A finding without proof yet.
pub fn empty_finding(rule: usize) -> Finding {
    Finding {
        rule,
        confidence: Confidence::Low,
        verdict: Verdict::Suspected,
        lowered_because: None,
        message: None,
        group: None,
        fingerprint: String::new(),
        stacks: 0,
        threads: Vec::new(),
        evidence: Vec::new(),
        rungs: Vec::new(),
        behind: Vec::new(),
        folded: Vec::new(),
        ask: Vec::new(),
        shown: ShownStack::default(),
    }
}

/// The finding of a hit on the stack that the evaluator classified last, of the source with this index.
pub fn finding(evaluator: &Evaluator<'_>, hit: &Hit, stack: &Stack, sites: &CallSites, source: usize) -> Finding {
    let rules = evaluator.rules;
    let rule = &rules.rules[hit.rule];
    let certain = hit.doubts.is_empty();
    let confidence = if certain { rule.confidence } else { rule.confidence.lowered() };
    let evidence = hit.frames.iter().map(|&position| {
        let frame = &stack.frames[position];
        let number = frame.number().unwrap_or(position as u32);
        let text = sites.get(frame.site).text.to_string();
        Evidence { kind: EvidenceKind::Frame, source, line: frame.line, frame: Some(number), text }
    });
    Finding {
        rule: hit.rule,
        confidence,
        verdict: Verdict::of_stack(confidence),
        lowered_because: (!certain).then(|| reasons(&hit.doubts, stack)),
        fingerprint: fingerprint(rules, hit, stack, sites),
        message: rules.rules[hit.rule].message.as_ref().map(|message| filled(message, evaluator, hit, stack, sites)),
        group: evaluator.group_of(hit).map(str::to_string),
        evidence: evidence.collect(),
        shown: ShownStack {
            kind: stack.kind,
            dialect: stack.dialect,
            thread: stack.thread.clone(),
            source,
            line: stack.line,
            rows: shown_rows(stack, &hit.frames),
            view: None,
        },
        ..empty_finding(hit.rule)
    }
}

/// The finding of a rule that asks for an exception only.
pub fn exception_finding(rules: &RuleSet, index: usize, exception: &Exception) -> Finding {
    let rule = &rules.rules[index];
    let thrown = exception.thrown.as_ref();
    let site = thrown.map(|thrown| Evidence {
        kind: EvidenceKind::Frame,
        source: thrown.source,
        line: thrown.line,
        frame: Some(0),
        text: thrown.call_site.clone(),
    });
    let evidence: Vec<Evidence> = [exception_evidence(exception)].into_iter().chain(site).collect();
    let shown = ShownStack {
        kind: StackKind::Exception,
        dialect: thrown.map(|thrown| thrown.dialect).unwrap_or_default(),
        source: exception.source,
        line: exception.line,
        rows: (0..evidence.len()).map(ShownRow::Matched).collect(),
        ..ShownStack::default()
    };
    Finding {
        confidence: rule.confidence,
        verdict: Verdict::of_stack(rule.confidence),
        fingerprint: format!("{}-{}", rule.id, exception.name.to_ascii_lowercase()),
        message: rule
            .message
            .as_ref()
            .map(|message| filled_in(without_unknown_site(message, exception), |name| exception.figure(name)).0),
        evidence,
        shown,
        ..empty_finding(index)
    }
}

pub fn exception_evidence(exception: &Exception) -> Evidence {
    let text = match exception.message.is_empty() {
        true => exception.name.clone(),
        false => format!("{}: {}", exception.name, exception.message),
    };
    Evidence { kind: EvidenceKind::Exception, source: exception.source, line: exception.line, frame: None, text }
}

/// A frame that the pattern keeps, below the last one in the text.
const UNSEEN: &str = "a function that the text does not show";

/// A message with the names that the pattern kept, as they stand on this stack, and how often frames repeat.
fn filled(message: &str, evaluator: &Evaluator<'_>, hit: &Hit, stack: &Stack, sites: &CallSites) -> String {
    let names = &evaluator.rules.rules[hit.rule].pattern.captures;
    let captured = |name: &str| {
        let kept = hit.captures.get(names.iter().position(|known| known == name)?)?;
        let shown = |position: usize| shown_name(&sites.get(stack.frames[position].site));
        Some(kept.map_or_else(|| UNSEEN.to_string(), shown))
    };
    let value = |name: &str| match (captured(name), name, hit.cycle) {
        (Some(captured), ..) => Some(captured),
        (None, "repeats", Some((repeats, _))) => Some(repeats.to_string()),
        (None, "period", Some((_, period))) => Some(period.to_string()),
        _ => None,
    };
    filled_in(message, value).0
}

/// A text with `{{name}}` replaced where there is a value, and whether there was one for each.
pub fn filled_in(message: &str, value: impl Fn(&str) -> Option<String>) -> (String, bool) {
    let (mut text, mut rest, mut all) = (String::new(), message, true);
    // What a name brings in is not looked into again.
    while let Some((before, name, behind)) = braces(rest) {
        let value = value(name.trim());
        all &= value.is_some();
        text.push_str(before);
        text.push_str(value.as_deref().unwrap_or(&rest[before.len()..rest.len() - behind.len()]));
        rest = behind;
    }
    (text + rest, all)
}

/// What stands before `{{name}}`, the name, and what stands behind.
fn braces(text: &str) -> Option<(&str, &str, &str)> {
    let (before, behind) = text.split_once("{{")?;
    let (name, behind) = behind.split_once("}}")?;
    Some((before, name, behind))
}

/// The whole stack as matched frames, counts of other frames, and holes.
pub fn shown_rows(stack: &Stack, matched: &[usize]) -> Vec<ShownRow> {
    let mut rows = Vec::new();
    let mut skipped = 0;
    let flush = |rows: &mut Vec<ShownRow>, skipped: &mut usize| {
        if *skipped > 0 {
            rows.push(ShownRow::Skipped(std::mem::take(skipped)));
        }
    };
    let mut holes = stack.holes.iter().peekable();
    for position in 0..=stack.frames.len() {
        while let Some(hole) = holes.next_if(|hole| hole.before == position) {
            flush(&mut rows, &mut skipped);
            rows.push(ShownRow::Missing(hole.missing));
        }
        match matched.iter().position(|&frame| frame == position) {
            Some(evidence) => {
                flush(&mut rows, &mut skipped);
                rows.push(ShownRow::Matched(evidence));
            }
            None => skipped += usize::from(position < stack.frames.len()),
        }
    }
    flush(&mut rows, &mut skipped);
    rows
}

/// Why the confidence is lower, in words. At most one step is taken off, whatever the number of reasons.
pub fn reasons(doubts: &[Doubt], stack: &Stack) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for doubt in doubts {
        let reason = match doubt {
            Doubt::Hole(hole) => missing_between(&stack.holes[*hole], stack),
            Doubt::Unreadable(frame) => format!("frame {} has no symbol", frame_label(stack, *frame)),
            Doubt::Role => "a role of the thread, which the rule asks for, is not certain".to_string(),
            Doubt::OpenBelow => "the bottom of the stack is not in the text".to_string(),
            Doubt::Unless => {
                "frames that would make it harmless may be among those missing or without symbols".to_string()
            }
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}

pub fn missing_between(hole: &Hole, stack: &Stack) -> String {
    let what = match hole.missing {
        Some(1) => "1 frame is missing".to_string(),
        Some(count) => format!("{count} frames are missing"),
        None => "frames are missing".to_string(),
    };
    let above = hole.before.checked_sub(1).map(|above| frame_label(stack, above));
    let below = (hole.before < stack.frames.len()).then(|| frame_label(stack, hole.before));
    match (above, below) {
        (Some(above), Some(below)) => format!("{what} between {above} and {below}"),
        (Some(above), None) => format!("{what} below {above}"),
        (None, Some(below)) => format!("{what} above {below}"),
        (None, None) => what,
    }
}

fn frame_label(stack: &Stack, position: usize) -> String {
    match stack.frames[position].number() {
        Some(number) => format!("{number:02x}"),
        None => format!("frame {position}"),
    }
}

/// Rule and names of the matched frames, hashed: the same over runs, machines and offsets. FNV-1a, 64 bits.
fn fingerprint(rules: &RuleSet, hit: &Hit, stack: &Stack, sites: &CallSites) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    add(&rules.rules[hit.rule].id);
    for &position in &hit.frames {
        let name = FrameName::of(&sites.get(stack.frames[position].site), &rules.aliases);
        add(name.canonical.as_deref().unwrap_or_default());
        add(&name.function.map(|function| function.view(Generics::Ignored, false).into_owned()).unwrap_or_default());
    }
    format!("{hash:016x}")
}
