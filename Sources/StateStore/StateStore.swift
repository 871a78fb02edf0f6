/// Where a state is kept: users' records, which are compared and set, lines that are only added to, and small documents.
///
/// A port, small enough for a key-value store. A store knows nothing of what it keeps: contents are bytes of the journal's making.
/// It promises that
/// - a commit is all or nothing, is on stable storage when it returns, and is seen by every later reading;
/// - of two commits with the same expected version one succeeds, and the other one throws `conflict` and changes nothing;
/// - what throws anything but `uncertain` has changed nothing;
/// - leases and the age of documents go by a clock of its own, the same for all who use it: that of a worker may be wrong.
public protocol StateStore: Sendable {
    /// For error texts: `/var/lib/keyturn/state.db`.
    var place: String { get }

    /// Whether many machines may use it.
    var isShared: Bool { get }
    /// What may be lost of what it has confirmed, in a sentence; nil: nothing.
    func concern() async throws(StoreError) -> String?
    /// Changes when commits that had succeeded may be gone, as after a switch to a standby; nil: it cannot lose any, or does not know.
    func epoch() async throws(StoreError) -> String?

    /// The time by its clock, in milliseconds since 1970; nil: it goes by this machine's own.
    func time() async throws(StoreError) -> Int64?

    /// What is kept of a user; nil: nothing.
    func user(_ name: String) async throws(StoreError) -> StoredUser?
    /// The version of what is kept of each user, by their names: shows what has changed since the last reading.
    func versions() async throws(StoreError) -> [String: Int64]
    /// What is kept of all users, by their names.
    func users() async throws(StoreError) -> [String: StoredUser]
    /// Changes what is kept of one user.
    ///
    /// - Throws: `conflict` where the user's version is not the expected one.
    func commit(_ change: UserChange) async throws(StoreError)
    /// Lines of history.
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine]
    /// Documents whose names begin so, by their names.
    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument]
    /// Writes a document.
    ///
    /// - Parameters:
    ///   - content: what it says; nil: it is deleted.
    ///   - version: the one that it must have; 0: it must not be there.
    /// - Throws: `conflict` where it has another one.
    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError)
    /// Sees to it that nothing that was overwritten or deleted is left on the disk, as far as that is the store's affair. What keeps
    /// it from that for now, such as a reader, makes it the next call's.
    func scrub() async
}

/// What is kept of one user.
public struct StoredUser: Hashable, Sendable {
    /// Grows by one with every commit.
    public var version: Int64
    /// Who is at work on it; nil: no one is.
    public var lease: StoredLease?
    /// The record.
    public var record: [UInt8]
    /// What belongs to the record, by name.
    public var parts: [String: [UInt8]]

    /// What is kept of a user.
    public init(version: Int64, lease: StoredLease?, record: [UInt8], parts: [String: [UInt8]] = [:]) {
        (self.version, self.lease, self.record, self.parts) = (version, lease, record, parts)
    }
}

/// Who is at work on a user.
public struct StoredLease: Hashable, Sendable {
    /// The process.
    public var owner: String
    /// How long it lasts unless renewed, from the moment of the writing or the reading, in milliseconds; 0 or less: it is over.
    public var milliseconds: Int64

    /// A lease.
    public init(owner: String, milliseconds: Int64) { (self.owner, self.milliseconds) = (owner, milliseconds) }
}

/// One commit.
public struct UserChange: Hashable, Sendable {
    /// Whose.
    public var user: String
    /// The version that must be found; 0: nothing must be kept of the user yet. It is one more afterwards.
    public var version: Int64
    /// The lease afterwards; nil: none.
    public var lease: StoredLease?
    /// The record afterwards; nil: as it is. A first commit needs one.
    public var record: [UInt8]?
    /// Parts to write; nil within: to delete.
    public var parts: [String: [UInt8]?] = [:]
    /// Lines to add, numbered on from the last one.
    public var lines: [StoredLine] = []
    /// Lines up to this number are deleted; nil: none.
    public var lastDeletedLine: Int64?

    /// A commit that changes the lease only.
    public init(_ user: String, version: Int64, lease: StoredLease?, record: [UInt8]? = nil) {
        (self.user, self.version, self.lease, self.record) = (user, version, lease, record)
    }
}

/// One line of history.
public struct StoredLine: Hashable, Sendable {
    /// Whose.
    public var user: String
    /// Counts up from 1 for each user.
    public var number: Int64
    /// When, in milliseconds since 1970; never before that of the user's line before it.
    public var at: Int64
    /// What the journal makes of it.
    public var content: [UInt8]

    /// A line.
    public init(user: String, number: Int64, at: Int64, content: [UInt8]) {
        (self.user, self.number, self.at, self.content) = (user, number, at, content)
    }
}

/// Which lines are wanted.
public enum LineQuery: Hashable, Sendable {
    /// Those of one user after that number, oldest first, at most N.
    case following(user: String, number: Int64, limit: Int)
    /// The newest first, of one user or, as nil, of all; before a line that was given, and within times; at most N.
    ///
    /// Lines of the same moment come by user and number, the last first.
    case newest(user: String?, before: StoredLine?, since: Int64?, until: Int64?, limit: Int)
}

/// A small document.
public struct StoredDocument: Hashable, Sendable {
    /// Grows by one with every writing; the first is 1.
    public var version: Int64
    /// What it says.
    public var content: [UInt8]
    /// How long ago it was written, in milliseconds.
    public var age: Int64

    /// A document.
    public init(version: Int64, content: [UInt8], age: Int64) {
        (self.version, self.content, self.age) = (version, content, age)
    }
}

/// Why a store did not do something. Texts never hold what is kept.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers distinguish.
    public enum Code: Hashable, Sendable {
        /// What is there is not a state of keyturn.
        case foreign
        /// It is one, and damaged.
        case corrupt
        /// It was laid out by a newer keyturn.
        case newer
        /// It cannot be opened, read or written.
        case unavailable
        /// Its server cannot be reached at the moment.
        case unreachable
        /// Its server does not let this process in.
        case denied
        /// The version is not the expected one.
        case conflict
        /// No one knows whether it was written.
        case uncertain
    }

    /// What callers distinguish.
    public var code: Code
    /// One sentence for people.
    public var description: String

    /// An error with its sentence.
    public init(_ code: Code, _ description: String) { (self.code, self.description) = (code, description) }
}
