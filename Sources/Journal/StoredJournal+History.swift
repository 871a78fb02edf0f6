internal import Rotation
internal import StateStore

extension StoredJournal {
    /// Lines that are read, or taken away, at once.
    private static let page = 1_000

    /// The history, oldest first.
    public func history(_ filter: HistoryFilter) async throws(JournalError) -> [HistoryLine] {
        var (found, last) = ([HistoryLine](), StoredLine?.none)
        let isNarrowed = filter.target != nil || filter.key != nil
        while found.count < filter.limit {
            let limit = isNarrowed ? Self.page : min(Self.page, filter.limit - found.count)
            let query = LineQuery.newest(
                user: filter.user, before: last, since: filter.since?.milliseconds, until: filter.until?.milliseconds,
                limit: limit)
            let lines = try await explain { () throws(StoreError) in try await store.lines(query) }
            for line in lines where found.count < filter.limit {
                let line = try located { () throws(JournalError) in try HistoryLine(line) }
                if filter.accepts(line) { found.append(line) }
            }
            guard lines.count == limit else { break }
            last = lines.last
        }
        return found.reversed()
    }

    /// What was done to the record or the end of the history since keyturn wrote them; nil: nothing.
    ///
    /// It is written down as a line of its own, and work goes on, for pipelines need their keys; `history verify` finds that line
    /// for as long as it is kept.
    func finding(
        _ seal: Seal, _ user: String, _ head: ChainHead, _ json: [UInt8], _ code: String
    ) async throws(JournalError) -> (text: String, lastLine: Int64)? {
        let query = LineQuery.newest(user: user, before: nil, since: nil, until: nil, limit: 1)
        let last = try await explain { () throws(StoreError) in try await store.lines(query) }.first
        let number = last?.number ?? 0
        // A number is never given twice, whoever wrote it.
        if !seal.accepts(code, for: json, of: user) {
            return (
                "the record, with the end of the chain at line \(head.line), was not written with this seal key", number
            )
        }
        // Lines that were pruned are no longer there, and all may be.
        if number < head.line, head.line > head.prunedLine {
            return ("lines \(max(number, head.prunedLine) + 1) to \(head.line) were removed", number)
        }
        if number > head.line { return ("lines \(head.line + 1) to \(number) were not written by keyturn", number) }
        return nil
    }

    /// Takes the oldest lines of a user away, and leaves a line that says so. Lines wait for each other, a tenth of the time that
    /// they are kept or a day, so that the line that says so is rare.
    ///
    /// - Returns: the last line that goes; nil: none does, also where the chain does not hold: nothing that is evidence goes.
    func prune(_ history: inout HistoryWriter, at now: Timestamp) async throws(JournalError) -> Int64? {
        guard let retention, let oldest = history.head.oldestAt,
            now - oldest > retention + min(retention / 10, .seconds(86_400))
        else { return nil }
        let (user, first, moment) = (history.user, history.head.prunedLine, now - retention)
        let query = LineQuery.following(user: user, number: first, limit: Self.page + 1)
        let lines = try await explain { () throws(StoreError) in try await store.lines(query) }
        var hash = history.head.prunedHash
        var last = StoredLine?.none
        for (index, line) in lines.prefix(Self.page).enumerated() {
            guard line.at < moment.milliseconds else { break }
            let (stored, json) = Coding.split(line.content)
            hash = ChainHead.hash(after: hash, json)
            guard line.number == first + Int64(index) + 1, hash == stored else { break }
            (last, history.head.prunedHash) = (line, hash)
        }
        guard let last else { return nil }
        history.head.prunedLine = last.number
        history.head.prunedAt = Timestamp(milliseconds: last.at)
        history.head.oldestAt = lines.first { $0.number > last.number }.map { Timestamp(milliseconds: $0.at) }
        history.append([HistoryEvent(.historyPruned, detail: Self.checkpoint(history.head))], at: now)
        return last.number
    }

    static func checkpoint(_ head: ChainHead) -> String {
        "every line up to \(head.prunedLine), which had the hash \(head.prunedHash)"
    }

    /// Follows the chain of each user's history from its beginning to its end.
    ///
    /// - Parameter mark: a head that was noted earlier, which must be part of it.
    public func verifyHistory(holding mark: HistoryVerdict.Mark?) async throws(JournalError) -> HistoryVerdict {
        var verdict = HistoryVerdict()
        verdict.isEndChecked = seal != nil
        let stored = try await explain { () throws(StoreError) in try await store.users() }
        var (heads, sought) = (HeadOverAll(), HeadOverAll())
        for (user, entry) in stored.sorted(by: { $0.key < $1.key }) {
            let (code, json) = Coding.split(entry.record)
            let record = try located { () throws(JournalError) in try Coding.read(UserRecord.self, json) }
            if let seal, let id = record.sealKey, !seal.knows(id) {
                verdict.add(
                    user, nil,
                    "the record has the seal key \(id), which is not configured: whether lines are missing at the end is not known"
                )
            } else if let seal, !seal.accepts(code, for: json, of: user) {
                verdict.add(
                    user, nil,
                    "the record, with the end of the chain at line \(record.chain.line), was not written with this seal key: "
                        + "lines may be missing after it")
            }
            var walk = ChainWalk(user, record.chain, upTo: mark?.at)
            var number = record.chain.prunedLine
            var isOver = false
            while !isOver {
                let query = LineQuery.following(user: user, number: walk.lines == 0 ? 0 : number, limit: Self.page)
                let lines = try await explain { () throws(StoreError) in try await store.lines(query) }
                for line in lines { walk.take(line, &verdict) }
                isOver = lines.count < Self.page
                number = lines.last?.number ?? number
            }
            walk.end(&verdict)
            verdict.prunedLines += record.chain.prunedLine
            heads.add(user, walk.last)
            sought.add(user, walk.lastUpTo)
            if let mark, record.chain.prunedLine > 0, record.chain.prunedAt > mark.at {
                verdict.isMarkPruned = true
            }
        }
        verdict.head = heads.mark
        if let mark { verdict.judge(mark, sought.mark) }
        return verdict
    }
}
