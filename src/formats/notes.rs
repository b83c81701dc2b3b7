//! Notes on the input, gathered while it is read; of each kind only the first few in full.

use crate::model::{Note, NoteCode, Stack};

/// Notes of one kind beyond this number are only counted: a log of a thousand cut stacks needs no thousand notes.
const IN_FULL: usize = 20;

#[derive(Debug, Default)]
pub struct Notes {
    notes: Vec<Note>,
    beyond: Vec<(NoteCode, u32, usize)>,
}

impl Notes {
    pub fn add(&mut self, code: NoteCode, line: u32, message: impl FnOnce() -> String) {
        if self.notes.iter().filter(|note| note.code == code).count() < IN_FULL {
            self.notes.push(Note { code, line, message: message() });
            return;
        }
        match self.beyond.iter_mut().find(|(beyond, _, _)| *beyond == code) {
            Some((_, _, count)) => *count += 1,
            None => self.beyond.push((code, line, 1)),
        }
    }

    /// All notes by line; what was only counted comes last.
    pub fn finish(mut self) -> Vec<Note> {
        self.notes.sort_by_key(|note| (note.line, note.code));
        for (code, line, count) in self.beyond {
            let message = format!("{count} more notes like the {IN_FULL} notes {} above", code.code());
            self.notes.push(Note { code, line, message });
        }
        self.notes
    }
}

/// Names the frames missing from a stack: `frames 11, 15, 17, 1b-49`.
pub fn missing_frames(stack: &Stack) -> String {
    let mut ranges = Vec::new();
    let mut unknown = 0;
    for hole in &stack.holes {
        let below = stack.frames.get(hole.before).and_then(|frame| frame.number());
        match (hole.missing, below) {
            (Some(1), Some(below)) => ranges.push(format!("{:02x}", below - 1)),
            (Some(missing), Some(below)) => ranges.push(format!("{:02x}-{:02x}", below - missing, below - 1)),
            // Only what is said to be repeated has a count and no numbers.
            (Some(missing), None) => ranges.push(format!("{missing} that come back")),
            (None, _) => unknown += 1,
        }
    }
    if unknown > 0 {
        ranges.push(format!("an unknown number in {}", plural(unknown, "place")));
    }
    ranges.join(", ")
}

pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
