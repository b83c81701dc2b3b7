//! `pstacks` of SOS: the stacks of all threads merged where they are the same.
//!
//! ```text
//! ________________________________________________
//!            ~~~~ 7034
//!               1 System.Threading.Monitor.Wait(Object, Int32, Boolean)
//!            ~~~~ 9c6c,4020
//!               2 Contoso.Orders.Program.Run(Object)
//!          3 System.Threading.Tasks.Task.InnerInvoke()
//! ==> 3 threads with 1 roots
//! ```
//!
//! A frame stands below the branches that it calls, five blanks further left. So a thread's stack is its own branch and
//! the frames left of it further down; [`Tree`] puts it together.

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format {
    commands: &["pstacks", "parallelstacks"],
    columns: &["count", "threads"],
    ..Format::of_threads(Dialect::ParallelStacks, line, |text| text.trim_start().starts_with("~~~~ "))
};

fn line(text: &str) -> Option<Line<'_>> {
    match part(text)? {
        Part::Threads(..) => Some(Line::Begin(Begin::default())),
        Part::Frame { method, .. } => Some(Line::Frame(FrameLine::of(method))),
        Part::Rule => Some(Line::Header),
    }
}

/// What a line of the tree is.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// `~~~~ 9c6c,4020`: a branch begins; the first of the threads that stand in it, and all of them as printed. Long
    /// lists are cut by the tool and end in `...`.
    Threads(ThreadRef, &'t str),
    Frame {
        /// How many threads stand here.
        count: &'t str,
        /// How far right the branch stands.
        column: usize,
        method: &'t str,
    },
    /// A line or the count of threads: the tree is complete.
    Rule,
}

/// Reads a line of the tree.
pub fn part(text: &str) -> Option<Part<'_>> {
    let trimmed = text.trim();
    if let Some(ids) = trimmed.strip_prefix("~~~~ ") {
        let thread = |id: &str| {
            let os_id = hex_value(id.trim().trim_start_matches("0x"))?;
            Some(ThreadRef { os_id: Some(os_id), ..ThreadRef::default() })
        };
        return ids.split(',').next().and_then(thread).map(|first| Part::Threads(first, ids.trim()));
    }
    let rule = trimmed.len() > 20 && trimmed.bytes().all(|byte| byte == b'_');
    if rule || trimmed.starts_with("==> ") {
        return Some(Part::Rule);
    }
    let (count, method) = trimmed.split_once(' ')?;
    let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let method = method.trim();
    let column = text.len() - text.trim_start().len() + count.len();
    (is_count && method.contains(['.', '(']) && !method.is_empty()).then_some(Part::Frame { count, column, method })
}

/// The stacks of a tree, frame by frame.
#[derive(Debug)]
pub struct Tree<F> {
    leaves: Vec<Leaf<F>>,
}

impl<F> Default for Tree<F> {
    fn default() -> Self {
        Tree { leaves: Vec::new() }
    }
}

/// A group of threads, named by its first, and their frames so far, innermost first.
#[derive(Debug)]
pub struct Leaf<F> {
    pub thread: ThreadRef,
    /// The line of the threads.
    pub line: u32,
    pub frames: Vec<F>,
    /// Where its last frame stands.
    column: usize,
    /// Frames further right belong to other branches.
    limit: usize,
}

impl<F: Copy> Tree<F> {
    /// A branch begins: those before it are complete as far right as they stand.
    pub fn begin(&mut self, thread: ThreadRef, line: u32) {
        for leaf in &mut self.leaves {
            leaf.limit = leaf.limit.min(leaf.column.saturating_sub(1));
        }
        self.leaves.push(Leaf { thread, line, frames: Vec::new(), column: usize::MAX, limit: usize::MAX });
    }

    pub fn frame(&mut self, column: usize, frame: F) {
        for leaf in self.leaves.iter_mut().filter(|leaf| leaf.limit >= column) {
            leaf.frames.push(frame);
            leaf.column = column;
        }
    }

    /// All stacks, and an empty tree again.
    pub fn finish(&mut self) -> Vec<Leaf<F>> {
        std::mem::take(&mut self.leaves)
    }

    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_gives_whole_stacks() {
        let text = "\
           ~~~~ 1
              1 X.A()
           ~~~~ 2,3
              2 X.B()
         3 X.C()
           ~~~~ 4
              1 X.D()
         1 X.E()
    4 X.F()
~~~~ 5
    1 X.G()
";
        let mut tree = Tree::default();
        let mut names = Vec::new();
        for line in text.lines() {
            match part(line) {
                Some(Part::Threads(thread, _)) => tree.begin(thread, 0),
                Some(Part::Frame { column, method, .. }) => {
                    names.push(method);
                    tree.frame(column, names.len() - 1);
                }
                _ => panic!("{line}"),
            }
        }
        let stacks: Vec<String> = tree
            .finish()
            .iter()
            .map(|leaf| {
                let frames: String = leaf.frames.iter().map(|&at| &names[at][2..3]).collect();
                format!("{} {frames}", leaf.thread.os_id.unwrap_or_default())
            })
            .collect();
        assert_eq!(stacks, ["1 ACF", "2 BCF", "4 DEF", "5 G"]);
    }
}
