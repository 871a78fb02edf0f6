public import Rotation

/// Which lines of history are wanted. What is nil does not narrow.
public struct HistoryFilter: Hashable, Sendable {
    /// One user's lines only.
    public var user: String?
    /// Lines about one target only.
    public var target: TargetName?
    /// Lines about one key only.
    public var key: AccessKeyID?
    /// Lines from then on.
    public var since: Timestamp?
    /// Lines before then.
    public var until: Timestamp?
    /// The newest so many.
    public var limit: Int

    /// Everybody's newest lines.
    public init(limit: Int) { self.limit = limit }

    var cells: [Cell] {
        [Cell(user), Cell(target?.rawValue), Cell(key?.rawValue), Cell(since), Cell(until), Cell(limit)]
    }
}

extension Journal {
    /// The history of one user, or of everybody, oldest first.
    ///
    /// - Parameter limit: the newest so many.
    public func history(of user: String?, limit: Int) throws(JournalError) -> [HistoryLine] {
        var filter = HistoryFilter(limit: limit)
        filter.user = user
        return try history(filter)
    }
}
