public import Rotation
public import Secrets

/// What was intended and what was done. A port: SQLite stands behind it, and other stores can follow.
///
/// Every writing operation compares and sets the version of one user's record, so a process that was overtaken changes
/// nothing.
public protocol Journal: Sendable {
    /// The record of a user; nil: there is none.
    func record(of user: String) throws(JournalError) -> JournalRecord?
    /// The records of all users.
    func records() throws(JournalError) -> [String: JournalRecord]
    /// Takes a user up for a while, and makes its record if there is none.
    ///
    /// - Returns: the record, and the pair that is being delivered; nil: none is kept.
    /// - Throws: `leased` while another living process holds the user.
    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) throws(JournalError) -> (record: JournalRecord, pair: KeyPair?)
    /// Gives a user back. Does nothing where the lease is not this one any more.
    func release(_ user: String, lease: Lease) throws(JournalError)
    /// Writes one transition, all or nothing, synced to disk before it returns.
    ///
    /// - Returns: the record's new version.
    /// - Throws: `overtaken` if the record's version or lease is not the given one.
    func commit(_ entry: JournalEntry) throws(JournalError) -> Int64
    /// The pair that is being delivered; nil: none is kept.
    func pendingPair(of user: String) throws(JournalError) -> KeyPair?
    /// The history, oldest first.
    func history(_ filter: HistoryFilter) throws(JournalError) -> [HistoryLine]
}

/// One user's rotation as the journal holds it.
public struct JournalRecord: Sendable {
    /// Grows with every commit.
    public var version: Int64
    /// Where the rotation stands.
    public var rotation: Rotation
    /// Who is at work on it.
    public var lease: Lease?
}

/// The right of one process to work on one user, until it ends or expires.
public struct Lease: Hashable, Sendable {
    /// The process.
    public var owner: LeaseOwner
    /// When it ends unless renewed.
    public var until: Timestamp

    /// A lease to ask for.
    public init(owner: LeaseOwner, until: Timestamp) {
        self.owner = owner
        self.until = until
    }

    /// Whether somebody who asks for that lease now has to wait for this one.
    ///
    /// Of a process of this machine and boot it can be seen whether it lives. Of another one, only the clock tells; and no
    /// lease lasts twice as long as the one that is asked for, unless the clock was set back since.
    func binds(_ asked: Lease, at now: Timestamp) -> Bool {
        guard owner != asked.owner, until > now else { return false }
        if owner.boot == asked.owner.boot { return !owner.isGone(asSeenBy: asked.owner) }
        return until - now <= (asked.until - now) * 2
    }
}

/// One transition of one user's rotation.
public struct JournalEntry: Sendable {
    /// What becomes of the sealed pair.
    public enum Pair: Sendable {
        case keep
        case seal(KeyPair)
        case wipe
    }

    /// Whose rotation.
    public var user: String
    /// The version that the record must have.
    public var version: Int64
    /// The lease that the record must have; its end is renewed to this one's.
    public var lease: Lease
    /// The rotation after the transition.
    public var rotation: Rotation
    /// What is to be written beside the rotation itself.
    public var transition: Transition
    /// What becomes of the sealed pair.
    public var pair: Pair
    /// When it happened.
    public var at: Timestamp

    /// One transition.
    public init(
        user: String, version: Int64, lease: Lease, rotation: Rotation, transition: Transition, pair: Pair,
        at: Timestamp
    ) {
        self.user = user
        self.version = version
        self.lease = lease
        self.rotation = rotation
        self.transition = transition
        self.pair = pair
        self.at = at
    }
}

/// One line of history.
public struct HistoryLine: Hashable, Sendable {
    /// Counts up over all users.
    public var id: Int64
    /// When.
    public var at: Timestamp
    /// Whose key; empty: it is about the state itself.
    public var user: String
    /// In which rotation.
    public var rotation: Int
    /// What.
    public var note: Note
    /// Who wrote it; nil: nobody noted that, before lines were chained.
    public var author: Author?
    /// What it is chained by, in hexadecimal digits; nil: it was written before lines were chained.
    public var hash: String?
}
