//! A copy of the built-in pack that is loaded beside it is one mistake, and not as many as it has rules.

use super::Compiler;

/// Fewer rules and lists than these were given a name of the built-in pack one by one.
const COPY: usize = 20;

impl Compiler {
    /// Keeps the first of the messages on rules and lists that are built in, when they are a copy of the pack.
    pub(super) fn fold_copies(&mut self) {
        let (count, Some(&first)) = (self.copies.len(), self.copies.first()) else { return };
        if count < COPY {
            return;
        }
        let mistake = &mut self.diagnostics.list[first];
        mistake.message = format!(
            "{count} rules and lists of these files are those of the built-in pack, which is loaded already; this is the \
             first"
        );
        mistake.help = Some(
            "leave the copy out; keep files of your own for what you change, each rule with `extends: ID` below its id and \
             only what differs"
                .to_string(),
        );
        let mut at = 0;
        self.diagnostics.list.retain(|_| {
            at += 1;
            at - 1 == first || self.copies.binary_search(&(at - 1)).is_err()
        });
        self.copies.clear();
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Code;
    use crate::rules::{Origin, builtin_sources, compile};

    #[test]
    fn a_copy_of_the_pack_is_one_mistake() {
        let builtin = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
        let copy = builtin_sources().into_iter().map(|source| (source, Origin::User));
        let found = compile(builtin.chain(copy).collect()).diagnostics.list;
        let twice: Vec<_> = found.iter().filter(|found| found.code == Code::DuplicateId).collect();
        assert_eq!(twice.len(), 1);
        assert!(twice[0].message.contains("rules and lists"), "{}", twice[0].message);
        assert!(found.iter().all(|found| found.code == Code::DuplicateId), "{:?}", found.last());
    }
}
