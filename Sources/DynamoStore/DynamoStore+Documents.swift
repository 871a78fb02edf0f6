internal import AWS
internal import FoundationEssentials
public import StateStore

extension DynamoStore {
    /// Documents whose names begin so.
    public func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        var found: [String: StoredDocument] = [:]
        let start = try Key.documentSort("")
        let range = Table.Range(partition: Key.documents, prefix: try Key.documentSort(prefix))
        try await table.read(range) { item throws(StoreError) in
            guard let name = (item.text(Key.sortName)?.dropFirst(start.utf8.count)).flatMap(Key.unescape),
                let version = item.number(Head.version), let at = item.number(Head.at),
                let content = item.bytes(Part.content)
            else { throw StoreError(.corrupt, "a document cannot be read") }
            found[name] = StoredDocument(version: version, content: content, age: max(now - at, 0))
            return true
        }
        return found
    }

    /// Writes a document.
    public func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        let id = UUID().uuidString
        var update = ItemUpdate(try Key.document(name))
        if let content {
            update.set(Head.version, version + 1)
            update.set(Head.write, id)
            update.set(Head.at, now)
            update.set(Part.content, content)
        }
        if version == 0, content != nil {
            update.mustBeAbsent()
        } else {
            update.require(Head.version, equals: version)
        }
        guard update.size <= Table.limits.item else {
            throw StoreError(
                .unavailable,
                "the document \(name) has \(update.size) bytes, and DynamoDB takes \(Table.limits.item); nothing was changed"
            )
        }
        let action = content == nil ? update.deletion(table.name) : update.action(table.name)
        let reasons: [Table.Reason]?
        do throws(AWSError) { reasons = try await table.transact([action], token: id) } catch {
            guard error.code == .lost else { throw table.explain(error) }
            return try await findOut(name, id, isDeletion: content == nil, version, error)
        }
        guard let first = reasons?.first, let reasons else { return }
        guard first.code == "ConditionalCheckFailed" else { throw refusal(reasons, "the document \(name)") }
        if first.item?.text(Head.write) == id { return }
        throw conflict(name)
    }

    private func conflict(_ name: String) -> StoreError {
        StoreError(.conflict, "another process has changed the document \(name)")
    }

    /// Reads whether a document was written where all answers were lost. Whether it was this call that deleted one
    /// cannot be read.
    private func findOut(
        _ name: String, _ id: String, isDeletion: Bool, _ version: Int64, _ error: AWSError
    ) async throws(StoreError) {
        let uncertain = StoreError(
            .uncertain, "it is not known whether the document \(name) was written: \(error.description)")
        guard !isDeletion else { throw uncertain }
        let found: Item?
        do throws(StoreError) { found = try await table.item(try Key.document(name)) } catch { throw uncertain }
        if found?.text(Head.write) == id { return }
        if found?.number(Head.version) == version + 1 { throw conflict(name) }
        throw uncertain
    }
}
