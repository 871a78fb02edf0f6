internal import Journal

/// `history verify --json`.
package struct VerdictDocument: Encodable, Sendable {
    package struct Fault: Encodable, Sendable {
        package var user: String?
        package var line: Int64?
        package var text: String
    }

    package var ok: Bool
    package var lines: Int
    package var head: String?
    package var prunedLines: Int64
    package var isEndChecked: Bool
    package var faults: [Fault]
    package var moreFaults: Int

    init(_ verdict: HistoryVerdict) {
        ok = verdict.faults.isEmpty
        lines = verdict.lines
        head = verdict.head?.description
        prunedLines = verdict.prunedLines
        isEndChecked = verdict.isEndChecked
        faults = verdict.faults.map { Fault(user: $0.user, line: $0.line, text: $0.text) }
        moreFaults = verdict.moreFaults
    }

    private enum CodingKeys: String, CodingKey {
        case ok, lines, head, faults
        case prunedLines = "pruned-lines"
        case isEndChecked = "is-end-checked"
        case moreFaults = "more-faults"
    }
}

extension VerdictDocument {
    /// Whether a text is a head as it is printed.
    package static func isHead(_ text: String) -> Bool { HistoryVerdict.Mark(text) != nil }

    /// Checks the history of every user.
    ///
    /// - Parameters:
    ///   - head: one that was printed earlier, which must still be part of the history.
    ///   - withSealKey: whether the ends are checked too.
    package init(_ context: OperationContext, head: String?, withSealKey: Bool) async throws {
        let state = StateAccess(try LoadedConfiguration(context), for: withSealKey ? .checking : .looking)
        let journal = try await state.read()
        do throws(JournalError) {
            self.init(try await journal.verifyHistory(holding: head.flatMap { HistoryVerdict.Mark($0) }))
        } catch { throw OperationFailure(error) }
    }
}
