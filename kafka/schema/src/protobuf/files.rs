//! Schemas from `.proto` texts and descriptor sets.

use crate::registry::Reference;
use ouzel_dsl::schema::nearest;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use prost_reflect::{DescriptorPool, FieldDescriptor, FileDescriptor, MessageDescriptor};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

/// The name of the file that payloads are of, which no import has.
const MAIN: &str = "ouzel-payload.proto";

/// The message with a full name.
pub(super) fn message(pool: &DescriptorPool, name: &str) -> Result<MessageDescriptor, String> {
    pool.get_message_by_name(name.trim_start_matches('.')).ok_or_else(|| {
        let all: Vec<MessageDescriptor> = pool.all_messages().collect();
        match nearest(name, all.iter().map(|m| m.full_name())) {
            Some(near) => format!("there is no message `{name}`: is it `{near}`?"),
            None => format!(
                "there is no message `{name}`, which is to be named with its package; there are {}",
                list(&all)
            ),
        }
    })
}

fn list(messages: &[MessageDescriptor]) -> String {
    let own = |m: &&MessageDescriptor| !m.full_name().starts_with("google.protobuf.");
    let names: Vec<String> =
        messages.iter().filter(own).take(20).map(|m| format!("`{}`", m.full_name())).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The message at a place in a file, outermost first.
///
/// As in the text, from which Confluent's own serializer counts: entries of maps do not count.
pub(super) fn at(file: &FileDescriptor, indexes: &[usize]) -> Option<MessageDescriptor> {
    let (first, rest) = indexes.split_first()?;
    rest.iter().try_fold(file.messages().nth(*first)?, |message, index| {
        message.child_messages().filter(|m| !m.is_map_entry()).nth(*index)
    })
}

/// The same message for writing: floats that cannot be absent are taken for such as can.
///
/// On the wire they are the same, but a field without presence is left out where it equals 0.0, as
/// -0.0 does, which would lose its sign. [`never_absent`] tells these fields from those of the schema.
pub(super) fn for_writing(message: &MessageDescriptor) -> Result<MessageDescriptor, String> {
    let pool = message.parent_pool();
    let mut file: Vec<FileDescriptorProto> = pool.file_descriptor_protos().cloned().collect();
    for file in file.iter_mut().filter(|f| f.syntax() == "proto3") {
        file.message_type.iter_mut().for_each(mark);
    }
    let pool = DescriptorPool::from_file_descriptor_set(FileDescriptorSet { file })
        .map_err(|e| format!("the descriptor set: {e}"))?;
    self::message(&pool, message.full_name())
}

fn mark(message: &mut DescriptorProto) {
    message.nested_type.iter_mut().for_each(mark);
    for field in &mut message.field {
        if matches!(field.r#type(), Type::Float | Type::Double)
            && field.label() != Label::Repeated
            && field.oneof_index.is_none()
        {
            field.proto3_optional = Some(true);
        }
    }
}

/// Whether the field only has presence for [`for_writing`]: the schema's own is that of a oneof.
pub(super) fn never_absent(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().proto3_optional() && field.containing_oneof().is_none()
}

/// Compiles a text. Imports are among the references, or are well-known types.
pub(super) fn compile(text: &str, references: &[Reference]) -> Result<FileDescriptor, String> {
    let texts = Texts { main: text.into(), references: references.to_vec() };
    let mut resolver = ChainFileResolver::new();
    resolver.add(texts);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    let told = |e: &protox::Error| format!("not a Protobuf schema: {e}");
    compiler.open_file(MAIN).map_err(|e| told(&e))?;
    let pool = compiler.descriptor_pool();
    pool.get_file_by_name(MAIN).ok_or_else(|| "the Protobuf schema was lost".into())
}

/// Texts by the names that they are imported by.
struct Texts {
    main: String,
    references: Vec<Reference>,
}

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == MAIN {
            return File::from_source(name, &self.main);
        }
        match self.references.iter().find(|r| r.name == name) {
            Some(reference) => File::from_source(name, &reference.text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}
