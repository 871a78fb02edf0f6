//! keyturn_pusher.h, version 1.0, in Rust. That header has every rule.
#![allow(dead_code)]

use std::os::raw::c_void;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct KtString {
    pub data: *const u8,
    pub length: u64,
}

/// `kt_bytes` has the same layout.
pub type KtBytes = KtString;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct KtHeader {
    pub name: KtString,
    pub value: KtString,
}

pub type KtOutcome = i32;
pub const OK: KtOutcome = 0;
pub const UNCHANGED: KtOutcome = 1;
pub const RETRYABLE: KtOutcome = 2;
pub const RATE_LIMITED: KtOutcome = 3;
pub const UNAUTHORIZED: KtOutcome = 4;
pub const NOT_FOUND: KtOutcome = 5;
pub const CONFLICT: KtOutcome = 6;
pub const INVALID_CONFIG: KtOutcome = 7;
pub const CANCELLED: KtOutcome = 8;
pub const TIMED_OUT: KtOutcome = 9;
pub const UNSUPPORTED: KtOutcome = 10;
pub const INTERNAL: KtOutcome = 11;

pub const EVIDENCE_NONE: i32 = 0;
pub const EVIDENCE_READ_BACK: i32 = 1;

#[repr(C)]
pub struct KtReport {
    pub size: u32,
    pub evidence: i32,
    pub retry_after_ms: i64,
    pub message: KtString,
    pub key_id: KtString,
    pub changed_at: KtString,
}

#[repr(C)]
pub struct KtCall {
    pub size: u32,
    pub reserved: u32,
    pub context: *mut c_void,
    pub report: Option<unsafe extern "C" fn(*const KtCall, *const KtReport)>,
}

#[repr(C)]
pub struct KtTarget {
    pub size: u32,
    pub reserved: u32,
    pub name: KtString,
    pub fields: KtString,
}

#[repr(C)]
pub struct KtKeyPair {
    pub size: u32,
    pub reserved: u32,
    pub access_key_id: KtString,
    pub secret_access_key: KtString,
}

#[repr(C)]
pub struct KtHost {
    pub size: u32,
    pub abi_minor: u32,
    pub context: *mut c_void,
    pub service: Option<unsafe extern "C" fn(*const KtHost, KtString) -> *const c_void>,
}

pub const HTTP_OK: i32 = 0;
pub const HTTP_REFUSED: i32 = 1;
pub const HTTP_TIMED_OUT: i32 = 4;
pub const HTTP_CANCELLED: i32 = 6;

#[repr(C)]
pub struct KtHttpRequest {
    pub size: u32,
    pub timeout_ms: u32,
    pub method: KtString,
    pub url: KtString,
    pub headers: *const KtHeader,
    pub header_count: u64,
    pub body: KtBytes,
}

#[repr(C)]
pub struct KtHttpResponse {
    pub size: u32,
    pub error: i32,
    pub status: u32,
    pub reserved: u32,
    pub headers: *const KtHeader,
    pub header_count: u64,
    pub body: KtBytes,
    pub error_text: KtString,
}

#[repr(C)]
pub struct KtHttp {
    pub size: u32,
    pub reserved: u32,
    pub send: unsafe extern "C" fn(*const KtCall, *const KtHttpRequest) -> *const KtHttpResponse,
}

#[repr(C)]
pub struct KtAwsRequest {
    pub size: u32,
    pub timeout_ms: u32,
    pub operation: KtString,
    pub region: KtString,
    pub body: KtBytes,
}

#[repr(C)]
pub struct KtAws {
    pub size: u32,
    pub reserved: u32,
    pub send: unsafe extern "C" fn(*const KtCall, *const KtAwsRequest) -> *const KtHttpResponse,
}

pub const LOG_WARNING: i32 = 2;

#[repr(C)]
pub struct KtLog {
    pub size: u32,
    pub reserved: u32,
    pub write: unsafe extern "C" fn(*const KtCall, i32, KtString),
}

#[repr(C)]
pub struct KtSecret {
    pub size: u32,
    pub reserved: u32,
    pub allocate: unsafe extern "C" fn(u64) -> *mut c_void,
    pub release: unsafe extern "C" fn(*mut c_void, u64),
    pub wipe: unsafe extern "C" fn(*mut c_void, u64),
}

#[repr(C)]
pub struct KtClock {
    pub size: u32,
    pub reserved: u32,
    pub now_ms: unsafe extern "C" fn() -> i64,
    pub remaining_ms: unsafe extern "C" fn(*const KtCall) -> i64,
    pub cancelled: unsafe extern "C" fn(*const KtCall) -> i32,
    pub sleep_ms: unsafe extern "C" fn(*const KtCall, i64) -> i32,
}

#[repr(C)]
pub struct KtFoundPlace {
    pub size: u32,
    pub reserved: u32,
    pub place: KtString,
    pub fields: KtString,
    pub key_id: KtString,
    pub changed_at: KtString,
    pub names: KtString,
    pub audience: KtString,
    pub state: KtString,
    pub level: i32,
    pub reserved_2: u32,
}

#[repr(C)]
pub struct KtScope {
    pub size: u32,
    pub reserved: u32,
    pub name: KtString,
    pub fields: KtString,
}

#[repr(C)]
pub struct KtFoundGap {
    pub size: u32,
    pub outcome: KtOutcome,
    pub part: KtString,
    pub message: KtString,
}

#[repr(C)]
pub struct KtFound {
    pub size: u32,
    pub reserved: u32,
    pub place: unsafe extern "C" fn(*const KtCall, *const KtFoundPlace),
    pub scope: unsafe extern "C" fn(*const KtCall, *const KtScope),
    pub gap: unsafe extern "C" fn(*const KtCall, *const KtFoundGap),
}

#[repr(C)]
pub struct KtFind {
    pub size: u32,
    pub reserved: u32,
    pub around: Option<unsafe extern "C" fn(*mut c_void, *const KtCall, *const KtTarget, *const KtFound) -> KtOutcome>,
    pub below: Option<unsafe extern "C" fn(*mut c_void, *const KtCall, *const KtScope, *const KtFound) -> KtOutcome>,
}

#[repr(C)]
pub struct KtPusher {
    pub size: u32,
    pub abi_minor: u32,
    pub id: KtString,
    pub version: KtString,
    pub summary: KtString,
    pub manifest: KtString,
    pub open: unsafe extern "C" fn(*const KtHost, *const KtCall, KtString, *mut *mut c_void) -> KtOutcome,
    pub close: unsafe extern "C" fn(*mut c_void),
    pub check: unsafe extern "C" fn(*mut c_void, *const KtCall, *const KtTarget) -> KtOutcome,
    pub push: unsafe extern "C" fn(*mut c_void, *const KtCall, *const KtTarget, *const KtKeyPair) -> KtOutcome,
    pub inspect: Option<unsafe extern "C" fn(*mut c_void, *const KtCall, *const KtTarget) -> KtOutcome>,
    pub extension: Option<unsafe extern "C" fn(KtString) -> *const c_void>,
}

// The table is static and never written; its pointers lead to static text.
unsafe impl Sync for KtPusher {}

impl KtString {
    pub const fn new(text: &'static str) -> KtString {
        KtString { data: text.as_ptr(), length: text.len() as u64 }
    }

    /// Lends bytes to the host, which copies them before it returns.
    pub fn lend(bytes: &[u8]) -> KtString {
        KtString { data: bytes.as_ptr(), length: bytes.len() as u64 }
    }

    /// What the host lends.
    ///
    /// # Safety
    /// Valid until the function to which it was given returns.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.data.is_null() || self.length == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.length as usize)
    }
}

const _: () = assert!(std::mem::size_of::<KtFoundPlace>() == 128);
const _: () = assert!(std::mem::size_of::<KtFind>() == 24);
const _: () = assert!(std::mem::size_of::<KtAwsRequest>() == 56);
const _: () = assert!(std::mem::size_of::<KtReport>() == 64);
const _: () = assert!(std::mem::size_of::<KtHttpRequest>() == 72);
const _: () = assert!(std::mem::size_of::<KtHttpResponse>() == 64);
const _: () = assert!(std::mem::size_of::<KtPusher>() == 120);
