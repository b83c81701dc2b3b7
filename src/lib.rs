pub mod text;
pub mod model;
pub mod formats;
