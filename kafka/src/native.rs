//! The queue of one partition, emptied many messages at a time: `rdkafka` has no safe call for it,
//! and message by message a consumer takes up to 1.6 times as long.
#![allow(unsafe_code)]

use crate::client::Reading;
use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

/// The messages of one partition that a consumer has fetched.
pub struct Queue {
    queue: NonNull<sys::rd_kafka_queue_t>,
    /// Keeps what the queue, and each message, points into.
    consumer: Arc<BaseConsumer<Reading>>,
    taken: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: librdkafka's queues may be used from any thread; the pointers in `taken` are only of use
// within `take`, which has the queue for itself.
unsafe impl Send for Queue {}

impl Queue {
    /// Parts the messages of a partition from the consumer's others.
    pub fn of(consumer: &Arc<BaseConsumer<Reading>>, topic: &str, partition: i32) -> Option<Queue> {
        let topic = CString::new(topic).ok()?;
        // SAFETY: the client lives as long as `consumer`, and the topic's name is a C string. The
        // queue that is returned counts as one reference of ours, which `drop` gives up.
        let queue = unsafe {
            sys::rd_kafka_queue_get_partition(
                consumer.client().native_ptr(),
                topic.as_ptr(),
                partition,
            )
        };
        let queue = NonNull::new(queue)?;
        // SAFETY: the queue is live; without a target its messages stay in it.
        unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut()) };
        Some(Queue { queue, consumer: Arc::clone(consumer), taken: Vec::new() })
    }

    /// Takes up to `most` messages that are there, or come within a time.
    pub fn take(&mut self, most: usize, within: Duration) -> Vec<Message> {
        self.taken.clear();
        self.taken.resize(most, ptr::null_mut());
        let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is live, and `taken` has room for `most` pointers.
        let count = unsafe {
            sys::rd_kafka_consume_batch_queue(
                self.queue.as_ptr(),
                millis,
                self.taken.as_mut_ptr(),
                most,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        let taken = self.taken.iter().take(count);
        let message = |message: &*mut sys::rd_kafka_message_t| {
            let message = NonNull::new(*message)?;
            Some(Message { message, _consumer: Arc::clone(&self.consumer) })
        };
        taken.filter_map(message).collect()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: this is the reference that `of` has got, and nothing uses it afterwards.
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}

/// As whom a group knows a consumer at the moment.
pub fn member_id<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> String {
    let client = consumer.client().native_ptr();
    // SAFETY: the client is live; the text that is returned is ours until it is freed.
    let text = unsafe { sys::rd_kafka_memberid(client) };
    if text.is_null() {
        return String::new();
    }
    // SAFETY: it is a C string.
    let id = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    // SAFETY: it is ours, and not used any more.
    unsafe { sys::rd_kafka_mem_free(client, text.cast()) };
    id
}

/// A message, or what is told in the place of one.
pub struct Message {
    message: NonNull<sys::rd_kafka_message_t>,
    /// Outlives the message.
    _consumer: Arc<BaseConsumer<Reading>>,
}

// SAFETY: a message is owned by whoever took it, and librdkafka does not touch it any more; it may
// be read and destroyed on any thread.
unsafe impl Send for Message {}

impl Message {
    fn get(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: it is live until `drop`.
        unsafe { self.message.as_ref() }
    }

    /// Its offset; of the end of a partition, where that is.
    #[inline]
    pub fn offset(&self) -> u64 {
        u64::try_from(self.get().offset).unwrap_or(0)
    }

    /// What is told in the place of a message.
    #[inline]
    pub fn problem(&self) -> Option<RDKafkaErrorCode> {
        match self.get().err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => None,
            error => Some(error.into()),
        }
    }

    /// Its value; none of a tombstone. Of a problem, what it is in words.
    #[inline]
    pub fn payload(&self) -> Option<&[u8]> {
        // SAFETY: librdkafka gives the length with the pointer, and both are the message's own.
        unsafe { bytes(self.get().payload, self.get().len) }
    }

    /// Its key.
    #[inline]
    pub fn key(&self) -> Option<&[u8]> {
        // SAFETY: as of the payload.
        unsafe { bytes(self.get().key, self.get().key_len) }
    }

    /// When it was made, or appended to the log, in milliseconds since 1970.
    pub fn timestamp(&self) -> Option<i64> {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is live, and `kind` is written to.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.message.as_ptr(), &mut kind) };
        (millis >= 0).then_some(millis)
    }

    /// The value of its last header of a name.
    pub fn header(&self, name: &CStr) -> Option<&[u8]> {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is live; the headers stay its own.
        let found = unsafe { sys::rd_kafka_message_headers(self.message.as_ptr(), &mut headers) };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let (mut value, mut len) = (ptr::null(), 0);
        // SAFETY: the headers are live as long as the message; value and length are written to.
        let found =
            unsafe { sys::rd_kafka_header_get_last(headers, name.as_ptr(), &mut value, &mut len) };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        // SAFETY: they are a pair, and the message's own.
        unsafe { bytes(value, len) }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nothing uses it afterwards.
        unsafe { sys::rd_kafka_message_destroy(self.message.as_ptr()) };
    }
}

/// Bytes of a message.
///
/// # Safety
///
/// Where the pointer is not null, so many bytes are there for as long as the message is.
unsafe fn bytes<'a>(at: *const std::ffi::c_void, len: usize) -> Option<&'a [u8]> {
    let at = NonNull::new(at.cast_mut().cast::<u8>())?;
    // SAFETY: as promised.
    Some(unsafe { std::slice::from_raw_parts(at.as_ptr(), len) })
}
