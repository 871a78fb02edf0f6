import Journal
import Testing

/// Expects a journal's error with that code, and gives its sentence.
@discardableResult
func expectCode(
    _ code: JournalError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> String {
    let error = await #expect(throws: JournalError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    return error?.description ?? ""
}
