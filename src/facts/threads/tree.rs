//! Stacks merged from their first frame on: what many threads have in common stands there once, and the tree branches
//! where their calls do.

use foldhash::HashMap;

use super::Threads;

/// Frames without a branch between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeNode {
    /// `None` for a tree's root.
    pub parent: Option<usize>,
    /// How many nodes lie above it.
    pub depth: usize,
    /// Threads that run through it.
    pub count: u64,
    /// Numbers of frames, callers first.
    pub frames: Vec<u32>,
    /// Threads whose innermost call is its last frame.
    pub threads: Vec<usize>,
}

/// The nodes with each parent before its children, those of most threads first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallTree {
    pub nodes: Vec<TreeNode>,
}

/// One frame below its callers.
struct Call {
    frame: u32,
    count: u64,
    children: Vec<usize>,
    threads: Vec<usize>,
}

impl CallTree {
    /// The tree of these threads, by index. Threads without frames are in none.
    pub fn new(threads: &Threads, of: impl Iterator<Item = usize>) -> Self {
        let calls = calls(threads, of);
        let mut nodes: Vec<TreeNode> = Vec::new();
        let name = |call: usize| threads.frames[calls[call].frame as usize].shown.as_str();
        let ordered = |children: &[usize]| {
            let mut ordered = children.to_vec();
            ordered.sort_by(|&a, &b| {
                let (more, less) = (calls[b].count, calls[a].count);
                more.cmp(&less).then_with(|| name(a).cmp(name(b))).then(a.cmp(&b))
            });
            ordered
        };
        // No recursion: a stack may be a hundred thousand frames deep.
        let mut waiting: Vec<(usize, Option<usize>)> =
            ordered(&calls[0].children).into_iter().rev().map(|root| (root, None)).collect();
        while let Some((first, parent)) = waiting.pop() {
            let mut last = first;
            let mut frames = vec![calls[first].frame];
            while let ([only], true) = (calls[last].children.as_slice(), calls[last].threads.is_empty()) {
                last = *only;
                frames.push(calls[last].frame);
            }
            let depth = parent.map_or(0, |parent: usize| nodes[parent].depth + 1);
            let (count, threads) = (calls[first].count, calls[last].threads.clone());
            nodes.push(TreeNode { parent, depth, count, frames, threads });
            let here = nodes.len() - 1;
            waiting.extend(ordered(&calls[last].children).into_iter().rev().map(|child| (child, Some(here))));
        }
        CallTree { nodes }
    }
}

/// All calls; the first stands for none, and its children are the roots.
fn calls(threads: &Threads, of: impl Iterator<Item = usize>) -> Vec<Call> {
    let call = |frame: u32| Call { frame, count: 0, children: Vec::new(), threads: Vec::new() };
    let mut calls = vec![call(u32::MAX)];
    let mut below: HashMap<(usize, u32), usize> = HashMap::default();
    for index in of {
        let thread = &threads.threads[index];
        let Some(shape) = thread.shape().map(|shape| &threads.shapes[shape]).filter(|shape| !shape.frames.is_empty())
        else {
            continue;
        };
        let mut at = 0;
        for &frame in shape.frames.iter().rev() {
            at = match below.get(&(at, frame)) {
                Some(&child) => child,
                None => {
                    let child = calls.len();
                    below.insert((at, frame), child);
                    calls[at].children.push(child);
                    calls.push(call(frame));
                    child
                }
            };
            calls[at].count += thread.count;
        }
        calls[at].threads.push(index);
    }
    calls
}
