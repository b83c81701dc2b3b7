//! Model to what rules may ask about: names in the one form in which they are compared.

mod aliases;
mod function_name;
mod name;

pub use aliases::Aliases;
pub use function_name::{FunctionName, Generics};
pub use name::{FrameName, is_managed, normal_function, normal_module, plain_module};
