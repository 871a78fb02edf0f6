internal import AWS
internal import FoundationEssentials
internal import JSON
public import StateStore

extension DynamoStore {
    /// Changes what is kept of one user.
    public func commit(_ change: UserChange) async throws(StoreError) {
        let id = UUID().uuidString
        let actions = try actions(of: change, id: id)
        let outcome: Result<[Table.Reason]?, AWSError>
        do throws(AWSError) { outcome = .success(try await table.transact(actions, token: id)) } catch {
            outcome = .failure(error)
        }
        switch outcome {
        case .success(nil): break
        case .success(let reasons?): try judge(reasons, change, id)
        case .failure(let error):
            guard error.code == .lost else { throw table.explain(error) }
            try await findOut(change, id, error)
        }
        if let last = change.lastDeletedLine { await purge(change.user, upTo: last) }
    }

    /// Why a transaction was cancelled.
    private func judge(_ reasons: [Table.Reason], _ change: UserChange, _ id: String) throws(StoreError) {
        guard let first = reasons.first else { return }
        if first.code == "ConditionalCheckFailed" {
            // Where the token did not help, the head is the proof that this very commit was done.
            if first.item?.text(Head.write) == id { return }
            guard (first.item?.number(Head.version) ?? 0) == change.version, let line = change.lines.first else {
                throw StoreError(.conflict, "another process has changed what is kept of \(change.user)")
            }
            throw StoreError(.unavailable, "the history of \(change.user) has a line \(line.number) already")
        }
        throw refusal(reasons, "what is kept of \(change.user)")
    }

    func refusal(_ reasons: [Table.Reason], _ subject: String) -> StoreError {
        let reason = reasons.first { $0.code != "None" }
        let words = reason.map { reason in reason.code + (reason.message.map { ": \($0)" } ?? "") }
        return StoreError(
            .unavailable, "DynamoDB did not take a change of \(subject): \(words ?? "it does not say why")")
    }

    /// Reads whether a commit was done whose answers were all lost.
    private func findOut(_ change: UserChange, _ id: String, _ error: AWSError) async throws(StoreError) {
        let uncertain = StoreError(
            .uncertain, "it is not known whether \(change.user) was written: \(error.description)")
        let found: Head?
        do throws(StoreError) {
            found = try await table.item(try Key.head(change.user)).map { item throws(StoreError) in try Head(item) }
        } catch { throw uncertain }
        if let found, found.write == id { return }
        // The next version is another's: this commit was not the one. A later one may have come after it.
        if let found, found.version == change.version + 1 {
            throw StoreError(.conflict, "another process has changed what is kept of \(change.user)")
        }
        // What was sent may still arrive.
        throw uncertain
    }

    /// What a commit writes.
    private func actions(of change: UserChange, id: String) throws(StoreError) -> [JSONValue] {
        var updates = [try headUpdate(change, id)]
        let version = change.version + 1
        if let record = change.record ?? (change.version == 0 ? [] : nil) {
            var update = ItemUpdate(try Key.record(change.user))
            update.set(Head.version, version)
            update.set(Part.content, record)
            updates.append(update)
        }
        for (bucket, parts) in Self.buckets(change) {
            var update = ItemUpdate(try Key.bucket(bucket, of: change.user))
            update.set(Head.version, version)
            for (name, content) in parts {
                if let content {
                    update.set(Part.attribute(name), content)
                } else {
                    update.remove(Part.attribute(name))
                }
            }
            updates.append(update)
        }
        for item in PackedLines.pack(change.lines) {
            var update = ItemUpdate(try Key.line(item.first, of: change.user))
            update.set(PackedLines.last, item.last)
            update.set(PackedLines.content, item.content)
            update.mustBeAbsent()
            updates.append(update)
        }
        try check(updates, change.user)
        return updates.map { $0.action(table.name) }
    }

    private static func buckets(_ change: UserChange) -> [Bucket: [(String, [UInt8]?)]] {
        Dictionary(grouping: change.parts.map { ($0.key, $0.value) }) { Bucket(of: $0.0) }
    }

    private func headUpdate(_ change: UserChange, _ id: String) throws(StoreError) -> ItemUpdate {
        let version = change.version + 1
        var update = ItemUpdate(try Key.head(change.user))
        update.set(Head.version, version)
        update.set(Head.write, id)
        if let lease = change.lease {
            update.set(Head.owner, lease.owner)
            update.set(Head.until, now + lease.milliseconds)
        } else {
            update.remove(Head.owner)
            update.remove(Head.until)
        }
        if change.record != nil || change.version == 0 { update.set(Head.record, version) }
        for bucket in Self.buckets(change).keys { update.set(bucket.name, version) }
        if let last = change.lastDeletedLine { update.set(Head.deleted, last) }
        if change.version == 0 {
            update.mustBeAbsent()
        } else {
            update.require(Head.version, equals: change.version)
        }
        guard let first = change.lines.first, let last = change.lines.last else {
            if change.version == 0 { update.set(Head.line, 0) }
            return update
        }
        let isAscending = zip(change.lines, change.lines.dropFirst()).allSatisfy { $0.number < $1.number }
        guard isAscending, first.number > 0, change.lines.allSatisfy({ $0.user == change.user }) else {
            throw StoreError(.unavailable, "lines of the history of \(change.user) are not numbered on")
        }
        update.set(Head.line, last.number)
        update.set(Head.at, last.at)
        if change.version > 0 { update.require(Head.line, isBelow: first.number) }
        return update
    }

    /// DynamoDB's limits, where they can be seen before.
    private func check(_ updates: [ItemUpdate], _ user: String) throws(StoreError) {
        let (limits, size) = (Table.limits, updates.reduce(0) { $0 + $1.size })
        guard updates.count <= limits.items, size <= limits.bytes else {
            throw StoreError(
                .unavailable,
                "a change of \(user) has \(size) bytes in \(updates.count) items, and DynamoDB takes \(limits.bytes) bytes in "
                    + "\(limits.items) items at once; nothing was changed. Fewer targets for one user, or another store"
            )
        }
        let largest = updates.map(\.size).max() ?? 0
        guard largest <= limits.item, updates.allSatisfy({ $0.expression.utf8.count <= ItemUpdate.longestExpression })
        else {
            throw StoreError(
                .unavailable,
                "a change of \(user) has an item of \(largest) bytes, and DynamoDB takes \(limits.item) bytes; nothing was "
                    + "changed. Fewer targets for one user, or another store")
        }
    }

    /// Deletes items whose lines are all deleted already, by the head's mark. Nothing depends on it: what is left,
    /// since DynamoDB does not answer or the process ends, is never read, and disappears with the next deletion.
    private func purge(_ user: String, upTo last: Int64) async {
        do throws(StoreError) {
            var keys: [Key] = []
            let range = Table.Range(
                partition: try Key.lines(user), sorts: Key.line(0)...Key.line(last),
                attributes: [Key.sortName, PackedLines.last])
            try await table.read(range) { item throws(StoreError) in
                guard let sort = item.text(Key.sortName), let end = item.number(PackedLines.last), end <= last else {
                    return false
                }
                keys.append(Key(partition: range.partition, sort: sort))
                return keys.count < Self.deletedAtOnce
            }
            try await table.delete(keys)
        } catch {}
    }

    /// Items of lines that one commit deletes at most: the journal takes a thousand lines away at once.
    private static let deletedAtOnce = 1_000
}
