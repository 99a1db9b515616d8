//! Messages to chunks: payloads by their format, and what else a record takes from its message.

use crate::native::Message;
use ouzel_connectors::{MessageFormat, Messages};
use ouzel_dsl::Result;
use ouzel_dsl::connector::{Chunk, Request};

/// What a job asks of messages.
pub struct Shape {
    format: MessageFormat,
    payload: Request,
}

impl Shape {
    /// Checks the record against the format.
    pub fn new(format: &MessageFormat, request: &Request) -> Result<Shape> {
        let shape = Shape { format: format.clone(), payload: request.clone() };
        shape.decoder(0)?;
        Ok(shape)
    }

    /// A decoder of the messages of one partition.
    pub fn decoder(&self, partition: u32) -> Result<Decoder> {
        Ok(Decoder { messages: Messages::new(&self.format, &self.payload)?, partition })
    }
}

/// Decodes the messages of one partition.
pub struct Decoder {
    messages: Messages,
    partition: u32,
}

impl Decoder {
    /// Takes a message on.
    #[inline]
    pub fn push(&mut self, message: &Message) {
        match message.payload() {
            Some(payload) => self.messages.push(message.offset(), payload),
            None => self.messages.reject(
                message.offset(),
                message.key().unwrap_or_default(),
                "the message has no value: it is a tombstone, which removes a row".to_owned(),
            ),
        }
    }

    /// Whether there is enough for a chunk.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.messages.is_full()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Takes what there is.
    pub fn take(&mut self) -> Result<Chunk> {
        let partition = self.partition;
        Ok(Chunk { partition, ..self.messages.take()? })
    }
}
