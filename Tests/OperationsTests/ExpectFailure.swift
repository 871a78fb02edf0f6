import Foundation
import Operations
import Testing

/// Swift Testing has a type of that name.
typealias ExitStatus = Operations.ExitStatus

/// Expects an operation to fail with that status and a sentence that has these words, and to leave no state.
///
/// - Returns: the sentence.
@discardableResult
func expectFailure(
    _ status: ExitStatus, _ words: String..., of directory: Directory,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (OperationContext) async throws -> Void
) async -> String {
    var sentence = ""
    do {
        try await body(directory.context)
        Issue.record("it did not fail", sourceLocation: sourceLocation)
    } catch let failure as OperationFailure {
        #expect(failure.status == status, "\(failure.message)", sourceLocation: sourceLocation)
        sentence = failure.message
    } catch { Issue.record("it failed with \(error)", sourceLocation: sourceLocation) }
    for word in words { #expect(sentence.contains(word), sourceLocation: sourceLocation) }
    #expect(!sentence.contains("\n"), sourceLocation: sourceLocation)
    #expect((try? directory.stateFiles.isEmpty) == true, "a state was made", sourceLocation: sourceLocation)
    return sentence
}

/// Expects a rotation to be refused because of the configuration, before anything is asked or made.
@discardableResult
func expectMistake(
    _ directory: Directory, _ words: String..., line: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation
) async -> String {
    let sentence = await expectFailure(.configuration, of: directory, sourceLocation: sourceLocation) { context in
        var rotations = try await Rotations(context, isTimed: false)
        _ = try await rotations.rotate([], toTheEnd: false, despiteFreeze: false, display: nil)
    }
    for word in words { #expect(sentence.contains(word), sourceLocation: sourceLocation) }
    if let line {
        #expect(sentence.contains("keyturn.yaml:\(line): "), "\(sentence)", sourceLocation: sourceLocation)
    }
    return sentence
}
