public import StateStore
internal import Synchronization

/// A change that waits for its transaction, and whoever asked for it.
struct WaitingCommit {
    let change: UserChange
    let asker: CheckedContinuation<Result<Void, StoreError>, Never>
}

/// Changes of many users that are asked for at the same moment share a transaction: what costs time is to wait for the disk, once for
/// each transaction.
extension SQLiteStore {
    /// Changes in one transaction.
    private static let transactionLimit = 64

    /// Changes what is kept of one user.
    public nonisolated func commit(_ change: UserChange) async throws(StoreError) {
        asked.withLock { $0 += 1 }
        try await join(change)
    }

    /// Whoever comes last writes for all. One that was counted is on its way here, and comes without waiting for anything.
    private func join(_ change: UserChange) async throws(StoreError) {
        if waiting.isEmpty, asked.withLock({ $0 == 1 }) {
            asked.withLock { $0 -= 1 }
            return try write(change)
        }
        let result = await withCheckedContinuation { asker in
            waiting.append(WaitingCommit(change: change, asker: asker))
            if waiting.count >= min(asked.withLock { $0 }, Self.transactionLimit) { writeWaiting() }
        }
        try result.get()
    }

    private func writeWaiting() {
        let batch = waiting
        waiting = []
        asked.withLock { $0 -= batch.count }
        for (commit, result) in zip(batch, writeTogether(batch.map(\.change))) {
            commit.asker.resume(returning: result)
        }
    }

    /// All in one transaction. A change whose version is another one has changed nothing, and leaves the others alone; whatever else
    /// goes wrong is found out of each by itself.
    private func writeTogether(_ changes: [UserChange]) -> [Result<Void, StoreError>] {
        let (connection, now) = (connection, now())
        do throws(StoreError) {
            return try connection.transact(.beginWriting) { () throws(StoreError) in
                var results: [Result<Void, StoreError>] = []
                for change in changes {
                    do throws(StoreError) {
                        try Self.set(change, connection, now)
                    } catch {
                        guard error.code == .conflict else { throw error }
                        results.append(.failure(error))
                        continue
                    }
                    try Self.writeRest(of: change, connection)
                    results.append(.success(()))
                }
                return results
            }
        } catch {
            return changes.map { change in
                Result { () throws(StoreError) in try write(change) }
            }
        }
    }

    private func write(_ change: UserChange) throws(StoreError) {
        let (connection, now) = (connection, now())
        try connection.transact(.beginWriting) { () throws(StoreError) in
            try Self.set(change, connection, now)
            try Self.writeRest(of: change, connection)
        }
    }

    /// Compares and sets.
    private static func set(_ change: UserChange, _ connection: Connection, _ now: Int64) throws(StoreError) {
        let lease: [Statement.Value] =
            change.lease.map { [.text($0.owner), .number(now + $0.milliseconds)] } ?? [.null, .null]
        let record = change.record.map { Statement.Value.bytes($0) }
        if change.version == 0 {
            try connection.statement(.insertUser).run(lease + [record ?? .bytes([]), .text(change.user)])
        } else {
            try connection.statement(record == nil ? .updateLease : .updateUser).run(
                lease + (record.map { [$0] } ?? []) + [.text(change.user), .number(change.version)])
        }
        guard connection.changes == 1 else {
            throw StoreError(.conflict, "another process has changed what is kept of \(change.user)")
        }
    }

    private static func writeRest(of change: UserChange, _ connection: Connection) throws(StoreError) {
        for (name, content) in change.parts {
            if let content {
                try connection.statement(.writePart).run([.text(change.user), .text(name), .bytes(content)])
            } else {
                try connection.statement(.deletePart).run([.text(change.user), .text(name)])
            }
        }
        if let last = change.lastDeletedLine {
            try connection.statement(.permitDeletion).run([.number(last), .text(change.user)])
            try connection.statement(.deleteLines).run([.text(change.user), .number(last)])
        }
        for line in change.lines {
            try connection.statement(.writeLine)
                .run([.text(line.user), .number(line.number), .number(line.at), .bytes(line.content)])
        }
    }
}
